"""What trace tells of goods to those who decide about them: whose hands, what harm, whether the sensor is believed."""

import pytest
from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Device, DeviceView
from ledger.modules.trace import messages as m
from ledger.modules.trace.evidence import Custody, Evidence, Suffered
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.messages.types import Band
from ledger.modules.trace.rules.devices import ATTACHMENTS_MAX
from ledger.modules.trace.rules.excursions import EXPOSURES_MAX, PARTS_MAX
from ledger.modules.trace.rules.late import LISTENERS_MAX
from ledger.modules.trace.rules.watches import FAULTS_MAX, WATCHES_MAX
from ledger.modules.trace.state import exposures, series
from tests.registry.chain import key_of
from tests.trace.world import DAY_MS, HOUR_MS, KG, MINUTE_MS, STORE, World, crate

CHILLED = complete_network_code("CHILLED1")
LIMIT = 60 * 1_000 * MINUTE_MS
"""An hour one degree too warm, in thousandths of a degree times ms."""

TRUCK = "vehicle:truck-1"


@pytest.fixture
def evidence() -> Evidence:
    """Over the registry of the world."""
    return Evidence(DeviceView())


@pytest.fixture
def loaded(world: World) -> World:
    """Lot C1 in crate 1 on truck-1 of the hub, shipped to the shop at `world.now`, with the logger `cold`."""
    band = Band("temperature", "CEL", -3, 0, 8_000, 300 * DAY_MS, LIMIT)
    world.accept("farm", m.RegisterProduct(CHILLED, "冷藏莓", "Chilled", "kg", 0, 0, band))
    world.accept("farm", m.Harvest("berry-2026", CHILLED, "C1", 10 * KG, world.now))
    world.wait(HOUR_MS)
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot_of("C1"), 10 * KG),)))
    world.accept("farm", m.Load(TRUCK, world.now, (crate(1),)))
    world.accept("farm", m.Ship("s1", "shop", world.now, (crate(1),), vehicle="truck-1", destination=STORE))
    return world


def lot_of(number: str) -> str:
    return f"{CHILLED}/{number}"


def suffered(world: World, evidence: Evidence) -> list[Suffered]:
    return evidence.suffered(world.context(), lot_of("C1"))


def hands(world: World, evidence: Evidence, *names: str) -> list[tuple[str, int, int]] | None:
    found = evidence.custody(world.context(), names, (lot_of("C1"),), world.now)
    return None if found is None else [(one.holder, one.from_ms, one.to_ms) for one in found]


def test_harm_beyond_what_the_product_bears_is_told_in_parts(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[900] * 60).code == 0
    assert suffered(loaded, evidence) == [], "exactly what it bears"
    assert loaded.read("cold", 1, start_ms + HOUR_MS, *[500] * 30, *[900] * 15).code == 0
    (found,) = suffered(loaded, evidence)
    assert (found.place, found.device, found.trusted) == (TRUCK, "cold", True)
    assert [part.to_ms - part.from_ms for part in found.parts] == [10 * MINUTE_MS] * 7 + [5 * MINUTE_MS]
    assert found.parts[6].from_ms == start_ms + 90 * MINUTE_MS
    assert sum(part.degree_ms for part in found.parts) == 75 * 1_000 * MINUTE_MS


def test_parts_are_bounded_and_none_of_the_harm_is_lost(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(40 * HOUR_MS)
    for sequence in range(PARTS_MAX + 3):
        assert loaded.read("cold", sequence, start_ms + sequence * HOUR_MS, 1_000, 1_000).code == 0
    (found,) = suffered(loaded, evidence)
    (row,) = exposures.get(loaded.context(), lot_of("C1")) or ()
    assert len(found.parts) == PARTS_MAX
    assert sum(part.degree_ms for part in found.parts) == row.degree_ms == (PARTS_MAX + 3) * 2 * 2_000 * MINUTE_MS
    assert found.parts[0].from_ms == start_ms
    assert found.parts[-1].to_ms == row.last_ms


def test_a_product_without_a_limit_of_degree_minutes_tells_nothing(world: World, evidence: Evidence) -> None:
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, 10 * KG),)))
    world.accept("farm", m.Load(TRUCK, world.now, (crate(1),)))
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, start_ms, *[2_000] * 60).code == 0
    assert evidence.suffered(world.context(), lot) == []
    assert evidence.allowed_degree_ms(world.context(), lot) is None
    assert evidence.allowed_degree_ms(world.context(), "nothing/1") is None
    assert evidence.metric(world.context(), lot) == "temperature"


def test_a_lost_wire_more_than_a_day_later_does_not_matter(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(60 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    assert suffered(loaded, evidence)[0].trusted
    assert loaded.read("cold", 2, start_ms + 25 * HOUR_MS + MINUTE_MS, -12_700).code == 0
    assert suffered(loaded, evidence)[0].trusted
    assert loaded.read("cold", 1, start_ms + 25 * HOUR_MS, -12_700).code == 0
    assert not suffered(loaded, evidence)[0].trusted, "a record that comes late counts by its own time"


@pytest.mark.parametrize("odd", [-12_700, 9_000])
def test_an_impossible_reading_nearby_convicts_no_one(loaded: World, evidence: Evidence, odd: int) -> None:
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    assert loaded.read("cold", 1, start_ms + 2 * HOUR_MS, 500, odd).code == 0
    assert [found.trusted for found in suffered(loaded, evidence)] == [False]


def test_a_wide_range_in_the_register_does_not_make_minus_127_believed(loaded: World, evidence: Evidence) -> None:
    loaded.add_device("hub", "wide", (Metric("temperature", "CEL", -2, -30_000, 30_000),))
    loaded.accept("hub", m.AttachDevice("wide", TRUCK, loaded.now))
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("wide", 0, start_ms, *[1_500] * 30, -12_700).code == 0
    assert [found.trusted for found in suffered(loaded, evidence)] == [False]


def test_what_a_probe_says_when_switched_on_is_not_believed(loaded: World, evidence: Evidence) -> None:
    loaded.add_device("hub", "wide", (Metric("temperature", "CEL", -2, -30_000, 30_000),))
    loaded.accept("hub", m.AttachDevice("wide", TRUCK, loaded.now))
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("wide", 0, start_ms, *[8_500] * 30).code == 0
    assert [found.trusted for found in suffered(loaded, evidence)] == [False]


def test_a_clock_that_was_set_makes_the_time_of_harm_unknown(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    assert loaded.read("cold", 1, start_ms + 2 * HOUR_MS, 500, clock_step_ms=5_000).code == 0
    assert [found.trusted for found in suffered(loaded, evidence)] == [False]


def test_readings_declared_wrong_convict_no_one(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    loaded.accept("hub", m.DeclareReadingsError("cold", 0, 0, "incorrect_data", "门未关"))
    assert [found.trusted for found in suffered(loaded, evidence)] == [False]


def test_readings_declared_wrong_elsewhere_do_not_matter(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    loaded.accept("hub", m.DetachDevice("cold", TRUCK, start_ms + HOUR_MS))
    loaded.accept("hub", m.RegisterVehicle("truck-2", "二号车", "Truck 2", refrigerated=True))
    loaded.accept("hub", m.AttachDevice("cold", "vehicle:truck-2", start_ms + HOUR_MS))
    assert loaded.read("cold", 1, start_ms + HOUR_MS, 1_500).code == 0
    loaded.accept("hub", m.DeclareReadingsError("cold", 1, 1, "incorrect_data", ""))
    assert [found.trusted for found in suffered(loaded, evidence)] == [True]


def test_calibration_must_cover_all_of_the_harm(loaded: World) -> None:
    """Readings outside of it are refused; a device whose calibrations are kept no longer is not believed either."""
    start_ms = loaded.now
    loaded.wait(3 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[1_500] * 60).code == 0

    class Forgetful(DeviceView):
        def get(self, ctx: Context, device: str) -> Device | None:
            row = super().get(ctx, device)
            return None if row is None else replace(row, calibrations=())

    assert [found.trusted for found in suffered(loaded, Evidence(Forgetful()))] == [False]


def test_a_lot_whose_readings_were_not_all_judged_is_not_whole(loaded: World, evidence: Evidence) -> None:
    assert evidence.whole(loaded.context(), lot_of("C1"))
    assert not evidence.whole(loaded.context(), lot_of("C2"))
    start_ms = loaded.now
    loaded.wait(2 * HOUR_MS)
    for number in range(EXPOSURES_MAX):
        name = f"probe-{number:02d}"
        loaded.add_device("hub", name, (Metric("temperature", "CEL", -2, -4_000, 8_500),))
        loaded.accept("hub", m.AttachDevice(name, TRUCK, start_ms))
        assert evidence.whole(loaded.context(), lot_of("C1"))
        assert loaded.read(name, 0, start_ms, 900).code == 0
    assert not evidence.whole(loaded.context(), lot_of("C1")), "older exposures may have gone"


def test_hands_follow_the_shipments(loaded: World, evidence: Evidence) -> None:
    shipped_ms = loaded.now - 1_000
    loaded.wait(2 * HOUR_MS)
    assert hands(loaded, evidence, "s1") == [("farm", 0, shipped_ms), ("hub", shipped_ms, loaded.now)]
    loaded.accept("shop", m.Receive("s1", shipped_ms + HOUR_MS))
    received_ms = shipped_ms + HOUR_MS
    at_shop = [("farm", 0, shipped_ms), ("hub", shipped_ms, received_ms), ("shop", received_ms, loaded.now)]
    assert hands(loaded, evidence, "s1") == at_shop
    loaded.accept("shop", m.Unload(TRUCK, loaded.now, (crate(1),)))
    loaded.accept("shop", m.Ship("s2", "platform", loaded.now, (crate(1),), origin=STORE))
    sent_ms = loaded.now - 1_000
    loaded.wait(HOUR_MS)
    loaded.accept("platform", m.Receive("s2", loaded.now))
    taken_ms = loaded.now - 1_000
    assert hands(loaded, evidence, "s1", "s2") == [
        ("farm", 0, shipped_ms),
        ("hub", shipped_ms, received_ms),
        ("shop", received_ms, taken_ms),
        ("platform", taken_ms, loaded.now),
    ], "shipped by its own means: in the shop's hands until received"
    assert sent_ms < taken_ms


def test_places_and_trips_belong_to_the_interval(loaded: World, evidence: Evidence) -> None:
    shipped_ms = loaded.now - 1_000
    loaded.wait(HOUR_MS)
    loaded.accept("shop", m.Receive("s1", loaded.now))
    received_ms = loaded.now - 1_000
    found = evidence.custody(loaded.context(), ("s1",), (lot_of("C1"),), loaded.now)
    assert found is not None
    farm, hub, shop = found
    inside = frozenset({f"unit:{crate(1)}", TRUCK})
    assert farm == Custody("farm", 0, shipped_ms, inside, ())
    assert (hub.places, shop.places) == (inside, inside | {f"site:{STORE}"})
    assert [(trip.from_ms, trip.to_ms, trip.places) for trip in hub.trips] == [(shipped_ms, received_ms, inside)]
    assert shop.trips == ()


def test_what_is_no_chain_says_nothing(loaded: World, evidence: Evidence) -> None:
    shipped_ms = loaded.now - 1_000
    loaded.wait(HOUR_MS)
    assert hands(loaded, evidence) is None
    assert hands(loaded, evidence, "s9") is None
    assert evidence.custody(loaded.context(), ("s1",), (lot_of("C2"),), loaded.now) is None
    assert evidence.custody(loaded.context(), ("s1",), (lot_of("C1"),), shipped_ms - 1) is None
    loaded.accept("shop", m.Receive("s1", shipped_ms + HOUR_MS))
    loaded.accept("farm", m.Harvest("berry-2026", CHILLED, "C2", 10 * KG, loaded.now))
    loaded.accept("farm", m.Ship("s2", "hub", loaded.now, (), (m.Portion(lot_of("C2"), KG),)))
    assert hands(loaded, evidence, "s1", "s2") is None, "the shop received, the farm gave on"
    assert hands(loaded, evidence, "s2", "s1") is None
    loaded.accept("hub", m.RefuseShipment("s2", loaded.now, "迟到"))
    assert evidence.custody(loaded.context(), ("s2",), (lot_of("C2"),), loaded.now) is None, "refused"


def test_shipped_on_before_it_was_received_is_no_chain(world: World, evidence: Evidence) -> None:
    lot = world.harvest("A1")
    portion = m.Portion(lot, KG)
    shipped_ms = world.now
    world.accept("farm", m.Ship("s1", "hub", shipped_ms, (), (portion,)))
    world.wait(HOUR_MS)
    world.accept("hub", m.Receive("s1", world.now))
    world.accept("hub", m.Ship("s2", "shop", shipped_ms + 1, (), (portion,)))
    assert evidence.custody(world.context(), ("s1", "s2"), (lot,), world.now) is None
    assert evidence.custody(world.context(), ("s1",), (lot,), world.now) is not None


def test_everybody_the_shipments_name_had_them(loaded: World, evidence: Evidence) -> None:
    assert evidence.handlers(loaded.context(), ("s1", "s9")) == {"farm", "hub", "shop"}
    assert evidence.handlers(loaded.context(), ()) == frozenset()


def test_who_had_them_before_another_than_the_producer_shipped_is_unknown(world: World, evidence: Evidence) -> None:
    lot = world.harvest("A1")
    world.hand_over("s0", "farm", "hub", lots=(m.Portion(lot, 10 * KG),))
    world.wait(HOUR_MS)
    world.hand_over("s1", "hub", "shop", lots=(m.Portion(lot, 10 * KG),))
    found = evidence.custody(world.context(), ("s1",), (lot,), world.now)
    assert found is not None
    assert [one.holder for one in found] == ["", "hub", "shop"]


def silence(world: World, evidence: Evidence, from_ms: int, to_ms: int) -> int | None:
    return evidence.silence_ms(world.context(), frozenset({TRUCK, f"unit:{crate(1)}"}), "temperature", from_ms, to_ms)


def test_silence_is_the_longest_time_without_a_reading(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(6 * HOUR_MS)
    end_ms = start_ms + 5 * HOUR_MS
    assert silence(loaded, evidence, start_ms, end_ms) == 5 * HOUR_MS
    assert loaded.read("cold", 0, start_ms + HOUR_MS, *[500] * 61).code == 0
    assert silence(loaded, evidence, start_ms, end_ms) == 3 * HOUR_MS
    assert silence(loaded, evidence, start_ms + HOUR_MS, start_ms + 2 * HOUR_MS) == 0
    assert loaded.read("cold", 2, start_ms + 4 * HOUR_MS, *[500] * 61).code == 0
    assert silence(loaded, evidence, start_ms, end_ms) == 2 * HOUR_MS
    assert loaded.read("cold", 1, start_ms + 3 * HOUR_MS, *[None] * 30, *[500] * 10).code == 0
    assert silence(loaded, evidence, start_ms, end_ms) == 90 * MINUTE_MS, "filled late, but for what was not read"


def test_offsets_may_hide_no_silence(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(6 * HOUR_MS)
    column = m.Column("temperature", (500, 500, 500))
    record = m.RecordReadings(0, start_ms, 0, (column,), (0, 2 * HOUR_MS, 3 * HOUR_MS))
    assert loaded.do(key_of("cold"), record).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + 3 * HOUR_MS) == 2 * HOUR_MS
    sparse = m.RecordReadings(1, start_ms + 4 * HOUR_MS, HOUR_MS, (m.Column("temperature", (500, 500)),))
    assert loaded.do(key_of("cold"), sparse).code == 0
    assert silence(loaded, evidence, start_ms + 4 * HOUR_MS, start_ms + 5 * HOUR_MS) == HOUR_MS


def test_a_logger_in_the_crate_breaks_the_silence_too(loaded: World, evidence: Evidence) -> None:
    loaded.accept("farm", m.AttachDevice("soil", "plot:tunnel-1", loaded.now))
    start_ms = loaded.now
    loaded.wait(2 * HOUR_MS)
    assert loaded.read("soil", 0, start_ms, *[500] * 61).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + HOUR_MS) == HOUR_MS, "of the field, not of the truck"
    loaded.accept("shop", m.Receive("s1", start_ms + HOUR_MS))
    loaded.accept("shop", m.Unload(TRUCK, loaded.now, (crate(1),)))
    loaded.add_device("shop", "room", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    loaded.accept("shop", m.AttachDevice("room", f"unit:{crate(1)}", start_ms))
    assert loaded.read("room", 0, start_ms, *[500] * 61).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + HOUR_MS) == 0


def test_a_faulty_sensor_is_not_silence(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(6 * HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[-12_700] * 5).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + 5 * HOUR_MS) is None


def test_silence_before_anything_was_noted_is_not_known(loaded: World, evidence: Evidence) -> None:
    assert silence(loaded, evidence, loaded.now - DAY_MS, loaded.now) is None, "no product minded then"
    places = frozenset({TRUCK})
    assert evidence.silence_ms(loaded.context(), places, "humidity", loaded.now, loaded.now + 1) is None


def test_old_watches_go_and_what_they_told_is_not_known_any_more(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[500] * 30).code == 0
    loaded.wait(8 * DAY_MS)
    assert silence(loaded, evidence, start_ms, start_ms + 29 * MINUTE_MS) == 0
    assert loaded.read("cold", 1, loaded.now, 500).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + 29 * MINUTE_MS) is None


def test_devices_that_are_no_longer_listed_leave_a_doubt(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(HOUR_MS)
    assert loaded.read("cold", 0, start_ms, *[500] * 30).code == 0
    assert silence(loaded, evidence, start_ms, start_ms + HOUR_MS) == 31 * MINUTE_MS
    for number in range(LISTENERS_MAX):
        loaded.add_device("hub", f"probe-{number}", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
        loaded.accept("hub", m.AttachDevice(f"probe-{number}", TRUCK, start_ms))
    assert silence(loaded, evidence, start_ms, start_ms + HOUR_MS) is None
    assert silence(loaded, evidence, start_ms + HOUR_MS, start_ms + 2 * HOUR_MS) == HOUR_MS


def test_associations_that_are_no_longer_kept_leave_a_doubt(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    for _ in range(ATTACHMENTS_MAX):
        loaded.accept("hub", m.DetachDevice("cold", TRUCK, loaded.now))
        loaded.accept("hub", m.AttachDevice("cold", TRUCK, loaded.now))
    assert silence(loaded, evidence, start_ms, loaded.now) is None
    assert silence(loaded, evidence, loaded.now, loaded.now + HOUR_MS) == HOUR_MS


def test_watches_are_bounded_and_keep_the_longest_silences(loaded: World, evidence: Evidence) -> None:
    start_ms = loaded.now
    loaded.wait(60 * HOUR_MS)
    at_ms = start_ms
    for sequence in range(WATCHES_MAX + 4):
        assert loaded.read("cold", sequence, at_ms, 500).code == 0
        at_ms += HOUR_MS * (5 if sequence == 3 else 1)
    (known,) = (series.get(loaded.context(), "cold") or pytest.fail("no series")).attachments
    assert len(known.watches) == WATCHES_MAX
    assert silence(loaded, evidence, start_ms, at_ms - HOUR_MS) == 5 * HOUR_MS


def test_faults_are_bounded_and_none_is_forgotten(loaded: World) -> None:
    start_ms = loaded.now
    loaded.wait(60 * HOUR_MS)
    for sequence in range(FAULTS_MAX + 2):
        assert loaded.read("cold", sequence, start_ms + sequence * HOUR_MS, -12_700).code == 0
    (known,) = (series.get(loaded.context(), "cold") or pytest.fail("no series")).attachments
    assert len(known.faults) == FAULTS_MAX
    assert (known.faults[0][0], known.faults[-1][1]) == (start_ms, start_ms + (FAULTS_MAX + 1) * HOUR_MS)
