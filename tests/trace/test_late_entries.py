"""An entry recorded after the readings of its time: the readings are held against the goods all the same."""

from ledger.modules.registry.messages import Metric
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.messages.types import Band
from ledger.modules.trace.rules.late import HEARD_MAX, LISTENERS_MAX
from ledger.modules.trace.rules.stays import KEPT_MAX
from ledger.modules.trace.state import Flag, exposures, heard
from tests.registry.chain import key_of
from tests.trace.test_readings import flags_of
from tests.trace.world import HOUR_MS, KG, MINUTE_MS, World, crate

TRUCK = "vehicle:truck-1"


def warm_ride(world: World) -> tuple[str, int]:
    """A lot in a crate, and a truck whose logger has told of an hour at 15 degrees; returns lot and departure."""
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, 10 * KG),)))
    left_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, left_ms, *[1_500] * 60).code == 0
    assert world.read("cold", 1, left_ms + HOUR_MS, *[500] * 59).code == 0
    return lot, left_ms


def events_of(world: World, subject: str, name: str) -> list[list[object]]:
    """Events of that name on the last record of a subject."""
    return [event for event in world.leaves_of(subject)[-1].events if event[0] == name]


def test_loading_recorded_after_the_readings_does_not_hide_the_excursion(world: World) -> None:
    lot, left_ms = warm_ride(world)
    world.accept("farm", m.Load(TRUCK, left_ms, (crate(1),)))
    assert flags_of(world, lot) == Flag.EXCURSION
    (event,) = events_of(world, f"lot:{lot}", "excursion")
    assert event[3:] == [left_ms, left_ms + HOUR_MS, 1_500, -2, HOUR_MS]


def test_only_what_lies_within_the_stay_counts(world: World) -> None:
    lot, left_ms = warm_ride(world)
    world.accept("farm", m.Load(TRUCK, left_ms + 40 * MINUTE_MS, (crate(1),)))
    assert flags_of(world, lot) == 0
    (exposure,) = exposures.get(world.context(), lot) or ()
    assert exposure.outside_ms == 20 * MINUTE_MS


def test_a_late_entry_and_later_readings_add_up(world: World) -> None:
    lot, left_ms = warm_ride(world)
    world.accept("farm", m.Load(TRUCK, left_ms + 40 * MINUTE_MS, (crate(1),)))
    start_ms = world.now
    world.wait(HOUR_MS)
    assert world.read("cold", 2, start_ms, *[1_500] * 11).code == 0
    assert flags_of(world, lot) == Flag.EXCURSION


def test_a_prompt_entry_is_not_judged_by_what_was_before(world: World) -> None:
    lot, _ = warm_ride(world)
    world.accept("farm", m.Load(TRUCK, world.now, (crate(1),)))
    assert flags_of(world, lot) == 0
    assert exposures.get(world.context(), lot) is None


def test_packing_late_into_a_crate_with_a_logger_is_judged(world: World) -> None:
    first, second = world.harvest("A1"), world.harvest("A2")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(first, KG),)))
    world.add_device("farm", "tag", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
    world.accept("farm", m.AttachDevice("tag", f"unit:{crate(1)}", world.now))
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("tag", 0, start_ms, *[1_500] * 60).code == 0
    world.accept("farm", m.PackUnit(crate(1), "crate", start_ms, (m.Portion(second, KG),)))
    assert (flags_of(world, first), flags_of(world, second)) == (Flag.EXCURSION, Flag.EXCURSION)


def test_more_of_a_lot_that_is_inside_is_not_counted_twice(world: World) -> None:
    lot = world.harvest("A1")
    for number in (1, 2):
        world.accept("farm", m.PackUnit(crate(number), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    start_ms = world.now
    world.accept("farm", m.Load(TRUCK, start_ms, (crate(1),)))
    world.wait(HOUR_MS)
    assert world.read("cold", 0, start_ms, *[1_500] * 20).code == 0
    world.accept("farm", m.Load(TRUCK, start_ms, (crate(2),)))
    (exposure,) = exposures.get(world.context(), lot) or ()
    assert exposure.outside_ms == 20 * MINUTE_MS
    assert flags_of(world, lot) == 0


def test_what_is_kept_no_longer_is_said_to_be_unjudged(world: World) -> None:
    """A logger that floods its own memory, to have the warm hour forgotten, earns the goods another flag."""
    lot, left_ms = warm_ride(world)
    start_ms = left_ms + 2 * HOUR_MS - MINUTE_MS
    for number in range(HEARD_MAX):
        column = m.Column("temperature", (500,))
        assert world.do(key_of("cold"), m.RecordReadings(2 + number, start_ms + number, 0, (column,))).code == 0
    assert len(heard.scan(world.context(), f"{TRUCK}:cold:")) == HEARD_MAX
    world.accept("farm", m.Load(TRUCK, left_ms, (crate(1),)))
    assert flags_of(world, lot) == Flag.NOT_JUDGED
    assert events_of(world, f"lot:{lot}", "not_judged") == [["not_judged", TRUCK, left_ms]]


def test_jumping_numbers_do_not_make_a_logger_forget(world: World) -> None:
    lot, left_ms = warm_ride(world)
    column = m.Column("temperature", (500,))
    record = m.RecordReadings(HEARD_MAX, left_ms + 2 * HOUR_MS - MINUTE_MS, 0, (column,))
    assert world.do(key_of("cold"), record).code == 0
    world.accept("farm", m.Load(TRUCK, left_ms, (crate(1),)))
    assert flags_of(world, lot) == Flag.NOT_JUDGED


def test_crowding_out_a_logger_is_noticed(world: World) -> None:
    lot, left_ms = warm_ride(world)
    for number in range(LISTENERS_MAX):
        world.add_device("hub", f"decoy-{number}", (Metric("temperature", "CEL", -2, -4_000, 8_500),))
        world.accept("hub", m.AttachDevice(f"decoy-{number}", TRUCK, world.now))
    world.accept("farm", m.Load(TRUCK, left_ms, (crate(1),)))
    assert flags_of(world, lot) == Flag.NOT_JUDGED


def test_a_metric_that_no_product_minds_is_not_kept(world: World) -> None:
    world.accept("hub", m.AttachDevice("gps", TRUCK, world.now))
    world.wait(HOUR_MS)
    here = m.Column("latitude", (310_000_000,)), m.Column("longitude", (1_210_000_000,))
    assert world.do(key_of("gps"), m.RecordReadings(0, world.now - MINUTE_MS, 0, here)).code == 0
    assert heard.scan(world.context(), TRUCK) == []


def test_a_band_first_named_after_the_readings_cannot_be_judged_by_them(world: World) -> None:
    world.add_device("hub", "damp", (Metric("humidity", "P1", 0, 0, 100),))
    world.accept("hub", m.AttachDevice("damp", TRUCK, world.now))
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("damp", 0, start_ms, *[100] * 60, metric="humidity").code == 0
    code = complete_network_code("DRYFRUIT")
    world.accept("farm", m.RegisterProduct(code, "干果", "Dry", "kg", 0, 0, Band("humidity", "P1", 0, 0, 50, 0)))
    world.accept("farm", m.Harvest("berry-2026", code, "D1", KG, start_ms))
    world.accept("farm", m.Load(TRUCK, start_ms, (), (f"{code}/D1",)))
    assert flags_of(world, f"{code}/D1") == Flag.NOT_JUDGED


def test_readings_that_come_after_their_stay_was_forgotten_say_so(world: World) -> None:
    """A firm that cycles decoys through a truck, to have a stay forgotten before the logger's data comes in."""
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    start_ms = world.now
    world.accept("farm", m.Load(TRUCK, start_ms, (), (lot,)))
    world.wait(HOUR_MS)
    world.accept("farm", m.Unload(TRUCK, world.now, (), (lot,)))
    decoys = [world.harvest(f"D{number}", 1) for number in range(64)]
    for _ in range(KEPT_MAX // 64):
        world.accept("farm", m.Load(TRUCK, world.now, (), tuple(decoys)))
        world.accept("farm", m.Unload(TRUCK, world.now, (), tuple(decoys)))
    assert world.read("cold", 0, start_ms, *[1_500] * 40).code == 0
    assert flags_of(world, lot) == 0
    (event,) = events_of(world, "device:cold", "not_judged")
    assert event[1] == TRUCK
