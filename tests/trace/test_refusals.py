"""Every refusal of the trace module is provoked through the real `execute`, and leaves nothing behind."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.crypto.encoding import encode
from ledger.errors import Refusal, WrongRole, all_refusals
from ledger.module import Action
from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import trace_code
from ledger.modules.trace.messages.types import Band
from ledger.text import TextForbidden
from tests.registry.chain import START_MS, key_of
from tests.trace.scans import ELSEWHERE
from tests.trace.world import BERRY, DAY_MS, KG, MINUTE_MS, PUNNET, SITE, World, crate

LOT = f"{BERRY}/A1"
ALL = (m.Portion(LOT, 100 * KG),)
FAR_MS = START_MS + 400 * DAY_MS

Signed = tuple[str, Action]
Make = Callable[[World], Signed]
CASES: list[tuple[type[Refusal], Make]] = [*ELSEWHERE]


def refused_with(refusal: type[Refusal]) -> Callable[[Make], Make]:
    """Declare a case: it prepares the world and returns who signs what is then refused."""

    def declare(make: Make) -> Make:
        CASES.append((refusal, make))
        return make

    return declare


def reads(world: World, sequence: int = 0, start_ms: int | None = None, **more: object) -> m.RecordReadings:
    """Three readings of the cold logger, a minute apart."""
    begin_ms = world.now - 3 * MINUTE_MS if start_ms is None else start_ms
    columns = more.pop("columns", (m.Column("temperature", (400, 400, 400)),))
    return m.RecordReadings(sequence, begin_ms, more.pop("interval_ms", MINUTE_MS), columns, **more)  # type: ignore[arg-type]


def tied(world: World) -> World:
    """The cold logger rides on the truck, since ten minutes ago."""
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - 10 * MINUTE_MS))
    return world


def in_transit(world: World) -> World:
    """A lot is on its way from farm to hub."""
    world.harvest("A1")
    world.accept("farm", m.Ship("s1", "hub", world.now, lots=ALL))
    return world


def packed(world: World) -> World:
    """A lot is in a crate at the farm."""
    world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, ALL))
    return world


@refused_with(e.IdentifierInvalid)
def wrong_check_digit(world: World) -> Signed:
    return "farm", m.RegisterProduct(BERRY[:-1] + str((int(BERRY[-1]) + 1) % 10), "草莓", "Berry", "kg", 0, 0)


@refused_with(e.IdentifierInvalid)
def shop_code(world: World) -> Signed:
    return "farm", m.RegisterProduct("02000000000008", "草莓", "Berry", "kg", 0, 0)


@refused_with(e.SubjectUnknown)
def unknown_plot(world: World) -> Signed:
    return "farm", m.StartPlanting("x", "nowhere", "草莓", "红颜", world.now)


@refused_with(e.LotUnknown)
def unknown_lot(world: World) -> Signed:
    return "farm", m.Destroy(LOT, 1, world.now, "")


@refused_with(e.ShipmentUnknown)
def unknown_shipment(world: World) -> Signed:
    return "hub", m.Receive("s9", world.now)


@refused_with(e.AlreadyRegistered)
def lot_number_used(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now)


@refused_with(e.CodeCollision)
def code_taken(world: World) -> Signed:
    world.registry.modules = tuple(replace(module, invariants=None) for module in world.registry.modules)
    world.memory.values[f"trace/code/{trace_code(LOT)}".encode()] = encode("lot:other")
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now)


@refused_with(e.NotOwner)
def foreign_plot(world: World) -> Signed:
    return "rival", m.StartPlanting("x", "tunnel-1", "草莓", "红颜", world.now)


@refused_with(e.NotProducer)
def counterfeit(world: World) -> Signed:
    world.accept("rival", m.RegisterPlot("theirs", "棚", "Tunnel", 10))
    world.accept("rival", m.StartPlanting("theirs", "theirs", "草莓", "红颜", world.now))
    return "rival", m.Harvest("theirs", BERRY, "A1", KG, world.now)


@refused_with(e.NetContentWrong)
def piece_without_content(world: World) -> Signed:
    return "farm", m.RegisterProduct("09520000000004", "盒", "Box", "piece", 0, 0)


@refused_with(e.BandEmpty)
def empty_band(world: World) -> Signed:
    band = Band("temperature", "CEL", -3, 5, 4, 0)
    return "farm", m.RegisterProduct("09520000000004", "草莓", "Berry", "kg", 0, 0, band)


@refused_with(e.NamedTwice)
def input_twice(world: World) -> Signed:
    world.harvest("A1")
    half = m.Portion(LOT, KG)
    return "hub", m.Transform((half, half), (m.Output(PUNNET, "P1", 8 * KG),), 0, world.now)


@refused_with(e.NothingNamed)
def pack_nothing(world: World) -> Signed:
    return "farm", m.PackUnit(crate(1), "crate", world.now)


@refused_with(e.TooMany)
def too_many_links(world: World) -> Signed:
    inputs = tuple(m.Portion(f"{BERRY}/I{number}", KG) for number in range(32))
    outputs = tuple(m.Output(BERRY, f"O{number}", KG) for number in range(32))
    return "farm", m.Transform(inputs, outputs, 0, world.now)


@refused_with(e.TooMany)
def too_many_plantings(world: World) -> Signed:
    for number in range(31):
        world.accept("farm", m.StartPlanting(f"p{number}", "tunnel-1", "草莓", "红颜", world.now))
    return "farm", m.StartPlanting("p31", "tunnel-1", "草莓", "红颜", world.now)


@refused_with(e.CertificateInvalid)
def certificate_for_other_goods(world: World) -> Signed:
    world.accept(
        "lab", m.IssueCertificate("c1", "gap", "1", "hub", (f"product:{PUNNET}",), START_MS, START_MS + DAY_MS)
    )
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now, ("c1",))


@refused_with(e.CertificateInvalid)
def certificate_revoked(world: World) -> Signed:
    world.accept(
        "lab", m.IssueCertificate("c1", "gap", "1", "farm", (f"product:{BERRY}",), START_MS, START_MS + DAY_MS)
    )
    world.accept("lab", m.RevokeCertificate("c1", "withdrawn"))
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now, ("c1",))


@refused_with(e.CertificateInvalid)
def certificate_not_yet_valid(world: World) -> Signed:
    scope = (f"product:{BERRY}",)
    world.accept("lab", m.IssueCertificate("c1", "gap", "1", "farm", scope, START_MS + DAY_MS, START_MS + 2 * DAY_MS))
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now, ("c1",))


@refused_with(e.CertificateInvalid)
def certificate_unknown(world: World) -> Signed:
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now, ("c1",))


@refused_with(e.VerdictContradicts)
def passing_a_failed_test(world: World) -> Signed:
    world.harvest("A1")
    failed = m.TestResult("Pb", "GB 5009.12", 9, -1, "mg/kg", 1, passed=False)
    return "lab", m.Inspect(f"lot:{LOT}", "pass", world.now, (failed,))


@refused_with(e.TransitionRefused)
def packing_a_loaded_crate(world: World) -> Signed:
    packed(world).accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1),)))
    world.harvest("A2")
    return "farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(f"{BERRY}/A2", KG),))


@refused_with(e.TransitionRefused)
def shipping_a_crate_out_of_its_pallet(world: World) -> Signed:
    packed(world).accept("farm", m.PackUnit(crate(2), "pallet", world.now, (), (crate(1),)))
    return "farm", m.Ship("s1", "hub", world.now, (crate(1),))


@refused_with(e.TransitionRefused)
def receiving_twice(world: World) -> Signed:
    in_transit(world).accept("hub", m.Receive("s1", world.now))
    return "hub", m.Receive("s1", world.now)


@refused_with(e.EventInFuture)
def tomorrows_harvest(world: World) -> Signed:
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now + DAY_MS)


@refused_with(e.EventInFuture)
def future_readings(world: World) -> Signed:
    return "cold", reads(tied(world), start_ms=world.now + MINUTE_MS)


@refused_with(e.EventOutOfOrder)
def harvest_before_planting(world: World) -> Signed:
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, START_MS - 40 * DAY_MS)


@refused_with(e.PlantingEnded)
def harvest_after_the_end(world: World) -> Signed:
    world.accept("farm", m.EndPlanting("berry-2026", world.now - MINUTE_MS))
    return "farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now)


@refused_with(e.PeriodEmpty)
def certificate_of_no_time(world: World) -> Signed:
    return "lab", m.IssueCertificate("c1", "gap", "1", "farm", (f"product:{BERRY}",), START_MS, START_MS)


@refused_with(e.QuantityOverdrawn)
def overdrawn(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Destroy(LOT, 100 * KG + 1, world.now, "")


@refused_with(e.MassGain)
def gain(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Transform(ALL, (m.Output(BERRY, "B1", 100 * KG + 1),), 0, world.now)


@refused_with(e.MassImbalance)
def imbalance(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Transform(ALL, (m.Output(BERRY, "B1", 95 * KG),), 4 * KG, world.now)


@refused_with(e.LossTooHigh)
def too_much_loss(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Transform(ALL, (m.Output(BERRY, "B1", 89 * KG),), 11 * KG, world.now)


@refused_with(e.NotInside)
def unload_what_was_not_loaded(world: World) -> Signed:
    return "farm", m.Unload("vehicle:truck-1", packed(world).now, (crate(1),))


@refused_with(e.NotInside)
def shipping_on_a_truck_it_is_not_in(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Ship("s1", "hub", world.now, lots=ALL, vehicle="truck-1")


@refused_with(e.AlreadyInside)
def loaded_twice(world: World) -> Signed:
    world.harvest("A1")
    world.accept("farm", m.Load(f"site:{SITE}", world.now, lots=(LOT,)))
    return "farm", m.Load(f"site:{SITE}", world.now, lots=(LOT,))


@refused_with(e.EnteredApart)
def leaving_a_store_in_one_record(world: World) -> Signed:
    for number in ("A1", "A2"):
        world.accept("farm", m.Load(f"site:{SITE}", world.now, lots=(world.harvest(number),)))
    return "farm", m.Unload(f"site:{SITE}", world.now, lots=(LOT, f"{BERRY}/A2"))


@refused_with(e.UnitInItself)
def crate_in_itself(world: World) -> Signed:
    return "farm", m.PackUnit(crate(1), "crate", packed(world).now, (), (crate(1),))


@refused_with(e.CustodyNotHeld)
def packing_into_a_foreign_crate(world: World) -> Signed:
    return "rival", m.UnpackUnit(crate(1), packed(world).now, ALL)


@refused_with(e.CustodyNotHeld)
def loading_a_foreign_crate(world: World) -> Signed:
    return "rival", m.Load("vehicle:truck-1", packed(world).now, (crate(1),))


@refused_with(e.NotParty)
def receiving_for_another(world: World) -> Signed:
    return "shop", m.Receive("s1", in_transit(world).now)


@refused_with(e.ShipmentToSelf)
def shipping_to_oneself(world: World) -> Signed:
    world.harvest("A1")
    return "farm", m.Ship("s1", "farm", world.now, lots=ALL)


@refused_with(e.RecalledGoods)
def shipping_recalled_goods(world: World) -> Signed:
    world.accept("farm", m.Recall((world.harvest("A1"),), "农残", "residues"))
    return "farm", m.Ship("s1", "hub", world.now, lots=ALL)


@refused_with(e.RecalledGoods)
def receiving_recalled_goods(world: World) -> Signed:
    in_transit(world).accept("watch", m.Recall((LOT,), "农残", "residues"))
    return "hub", m.Receive("s1", world.now)


@refused_with(e.RecalledGoods)
def loading_a_crate_with_recalled_goods(world: World) -> Signed:
    packed(world).accept("farm", m.Recall((LOT,), "农残", "residues"))
    return "farm", m.Load("vehicle:truck-1", world.now, (crate(1),))


@refused_with(e.RecalledGoods)
def making_something_of_recalled_goods(world: World) -> Signed:
    world.accept("farm", m.Recall((world.harvest("A1"),), "农残", "residues"))
    return "farm", m.Transform(ALL, (m.Output(BERRY, "B1", 100 * KG),), 0, world.now)


@refused_with(e.ShortageTooLarge)
def missing_more_than_was_sent(world: World) -> Signed:
    return "hub", m.Receive("s1", in_transit(world).now, (m.Portion(LOT, 101 * KG),))


@refused_with(e.ShortageTooLarge)
def missing_what_was_not_sent(world: World) -> Signed:
    return "hub", m.Receive("s1", in_transit(world).now, (m.Portion(f"{BERRY}/A2", 1),))


@refused_with(e.DeviceNotAssigned)
def untied_device(world: World) -> Signed:
    return "cold", reads(world)


@refused_with(e.DeviceNotAssigned)
def readings_from_before_the_truck(world: World) -> Signed:
    return "cold", reads(tied(world), start_ms=world.now - 11 * MINUTE_MS)


@refused_with(e.AlreadyAttached)
def tied_twice(world: World) -> Signed:
    return "hub", m.AttachDevice("cold", "vehicle:truck-1", tied(world).now)


@refused_with(e.NotAttached)
def untying_what_is_not_tied(world: World) -> Signed:
    return "hub", m.DetachDevice("cold", "vehicle:truck-1", world.now)


@refused_with(e.OutsideCalibration)
def after_the_calibration(world: World) -> Signed:
    tied(world).wait(FAR_MS - world.now)
    return "cold", reads(world)


@refused_with(e.SequenceRepeated)
def replayed(world: World) -> Signed:
    assert tied(world).do(key_of("cold"), reads(world)).code == 0
    return "cold", reads(world)


@refused_with(e.ReadingsOverlap)
def overlapping(world: World) -> Signed:
    assert tied(world).do(key_of("cold"), reads(world)).code == 0
    return "cold", reads(world, 1)


@refused_with(e.ReadingsTooOld)
def too_old(world: World) -> Signed:
    return "cold", reads(tied(world), start_ms=world.now - 8 * DAY_MS)


@refused_with(e.ReadingsMalformed)
def columns_of_different_length(world: World) -> Signed:
    return "cold", reads(tied(world), columns=(m.Column("temperature", (1, 2)), m.Column("latitude", (1,))))


@refused_with(e.ReadingsMalformed)
def no_interval(world: World) -> Signed:
    return "cold", reads(tied(world), interval_ms=0)


@refused_with(e.ReadingsMalformed)
def offsets_that_fall(world: World) -> Signed:
    return "cold", reads(tied(world), interval_ms=0, offsets_ms=(0, 20, 10))


@refused_with(e.ReadingsMalformed)
def too_few_offsets(world: World) -> Signed:
    return "cold", reads(tied(world), interval_ms=0, offsets_ms=(0, 20))


@refused_with(e.NamedTwice)
def metric_twice(world: World) -> Signed:
    return "cold", reads(tied(world), columns=(m.Column("temperature", (1,)), m.Column("temperature", (1,))))


@refused_with(e.MetricUnknown)
def unknown_metric(world: World) -> Signed:
    return "cold", reads(tied(world), columns=(m.Column("humidity", (1,)),))


@refused_with(e.LateOutsideGap)
def late_where_there_is_no_room(world: World) -> Signed:
    tied(world)
    for sequence, minutes in ((0, 9), (2, 3)):
        assert world.do(key_of("cold"), reads(world, sequence, world.now - minutes * MINUTE_MS)).code == 0
    return "cold", reads(world, 1, world.now - 4 * MINUTE_MS)


@refused_with(e.AlreadyRecalled)
def recalled_twice(world: World) -> Signed:
    world.accept("farm", m.Recall((world.harvest("A1"),), "农残", "residues"))
    return "watch", m.Recall((LOT,), "农残", "residues")


@refused_with(e.RecallNotAllowed)
def recalled_by_a_rival(world: World) -> Signed:
    return "rival", m.Recall((world.harvest("A1"),), "农残", "residues")


@refused_with(e.RecordUnknown)
def correcting_nothing(world: World) -> Signed:
    return "farm", m.DeclareRecordError(b"\0" * 32, "did_not_occur", "")


@refused_with(e.NotRecorder)
def correcting_others(world: World) -> Signed:
    receipt = world.accept("farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now))
    return "rival", m.DeclareRecordError(receipt.transaction_id, "did_not_occur", "")


def asserted(world: World, signed: m.PartnerSignature | None = None) -> m.AssertEvent:
    return m.AssertEvent(b"1" * 32, "event", b"2" * 32, 0, "ObjectEvent", "shipping", world.now, signed=signed)


@refused_with(e.EventCaptured)
def captured_twice(world: World) -> Signed:
    world.accept("farm", asserted(world))
    return "farm", asserted(world)


@refused_with(e.PartnerKeyUnknown)
def signed_by_a_stranger(world: World) -> Signed:
    return "hub", asserted(world, m.PartnerSignature("farm", 1, key_of("rival").public_key))


@refused_with(e.ErrorDeclared)
def correcting_twice(world: World) -> Signed:
    receipt = world.accept("farm", m.Harvest("berry-2026", BERRY, "A1", KG, world.now))
    declaration = m.DeclareRecordError(receipt.transaction_id, "did_not_occur", "")
    world.accept("farm", declaration)
    return "farm", declaration


@refused_with(e.RangeWrong)
def correcting_readings_never_taken(world: World) -> Signed:
    return "hub", m.DeclareReadingsError("cold", 0, 5, "incorrect_data", "")


@refused_with(WrongRole)
def readings_by_an_organisation(world: World) -> Signed:
    return "hub", reads(tied(world))


@refused_with(WrongRole)
def a_device_ships(world: World) -> Signed:
    world.harvest("A1")
    return "soil", m.Ship("s1", "hub", world.now, lots=ALL)


@refused_with(TextForbidden)
def a_name_that_hides_something(world: World) -> Signed:
    return "farm", m.RegisterPlot("p", "棚\u202e", "Tunnel", 10)


@pytest.mark.parametrize(
    ("refusal", "make"), [pytest.param(*one, id=f"{one[0].number}-{one[1].__name__}") for one in CASES]
)
def test_refused(world: World, refusal: type[Refusal], make: Make) -> None:
    signer, action = make(world)
    world.refuse(signer, action, refusal)


def test_every_refusal_has_its_case() -> None:
    declared = {refusal for refusal in all_refusals() if 2000 <= refusal.number < 3000}
    assert declared - {refusal for refusal, _ in CASES} == set()
