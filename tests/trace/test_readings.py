"""Readings: order, gaps, late records, clock steps, outliers, and what they say about goods on the way."""

from ledger.modules.registry.messages import Metric
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.messages.types import Band
from ledger.modules.trace.rules.excursions import DEGREE_MS_MAX
from ledger.modules.trace.rules.series import GAPS_MAX
from ledger.modules.trace.state import Flag, Gap, exposures, lots, series
from tests.registry.chain import key_of
from tests.trace.world import HOUR_MS, KG, MINUTE_MS, SITE, STORE, World, crate


def riding(world: World, *numbers: str) -> list[str]:
    """Lots in crate 1 on the truck since now, with the cold logger tied since an hour ago."""
    world.wait(2 * HOUR_MS)
    found = [world.harvest(number) for number in numbers]
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    goods = tuple(m.Portion(lot, 10 * KG) for lot in found)
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, goods))
    world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1),)))
    return found


def events_of(world: World, name: str) -> list[list[object]]:
    """All events of that name on the device's journal, in order."""
    return [event for leaf in world.leaves_of("device:cold") for event in leaf.events if event[0] == name]


def flags_of(world: World, lot: str) -> int:
    row = lots.get(world.context(), lot)
    assert row is not None
    return row.flags


def test_gaps_are_named_remembered_and_filled(world: World) -> None:
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    start_ms = world.now - 50 * MINUTE_MS
    for sequence in (0, 4):
        assert world.read("cold", sequence, start_ms + sequence * 5 * MINUTE_MS, 400, 401).code == 0
    assert events_of(world, "gap") == [["gap", 1, 3]]
    assert world.read("cold", 2, start_ms + 10 * MINUTE_MS, 400, 401).code == 0
    row = series.get(world.context(), "cold")
    assert row is not None
    left = Gap(1, 1, start_ms + MINUTE_MS, start_ms + 10 * MINUTE_MS)
    right = Gap(3, 3, start_ms + 11 * MINUTE_MS, start_ms + 20 * MINUTE_MS)
    assert row.gaps == (left, right)
    assert world.read("cold", 3, start_ms + 15 * MINUTE_MS, 400).code == 0
    assert world.read("cold", 1, start_ms + 5 * MINUTE_MS, 400).code == 0
    row = series.get(world.context(), "cold")
    assert row is not None
    assert row.gaps == ()
    assert (row.attachments[0].first, row.attachments[0].last) == (0, 4)
    assert events_of(world, "late") == [["late", 2], ["late", 3], ["late", 1]]


def test_gaps_are_bounded_and_giving_one_up_is_said(world: World) -> None:
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    start_ms = world.now - HOUR_MS
    for number in range(GAPS_MAX + 1):
        assert world.read("cold", 2 * number + 1, start_ms + number * 1000, 400).code == 0
    assert events_of(world, "gap_given_up") == [["gap_given_up", 0, 0]]


def test_a_clock_set_back_is_accepted_when_declared(world: World) -> None:
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    start_ms = world.now - 10 * MINUTE_MS
    assert world.read("cold", 0, start_ms, 400, 400, 400).code == 0
    assert world.read("cold", 1, start_ms + MINUTE_MS, 400).code == 2506
    assert world.read("cold", 1, start_ms + MINUTE_MS, 400, clock_step_ms=-MINUTE_MS).code == 2506
    assert world.read("cold", 1, start_ms + MINUTE_MS, 400, clock_step_ms=-2 * MINUTE_MS).code == 0
    assert events_of(world, "clock_step") == [["clock_step", 1, -2 * MINUTE_MS]]


def test_silence_between_records_is_named(world: World) -> None:
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    start_ms = world.now - 50 * MINUTE_MS
    assert world.read("cold", 0, start_ms, 400).code == 0
    assert world.read("cold", 1, start_ms + 3 * MINUTE_MS, 400).code == 0
    assert world.read("cold", 2, start_ms + 7 * MINUTE_MS, 400).code == 0
    assert events_of(world, "time_gap") == [["time_gap", start_ms + 3 * MINUTE_MS, start_ms + 7 * MINUTE_MS]]


def test_outliers_and_missing_readings_are_named_and_never_an_excursion(world: World) -> None:
    (lot,) = riding(world, "A1")
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    values = [None if number % 10 == 5 else 20_000 for number in range(60)]
    assert world.read("cold", 0, start_ms, *values).code == 0
    assert events_of(world, "missing") == [["missing", "temperature", 6]]
    assert events_of(world, "outlier") == [["outlier", "temperature", 54, 20_000, -2, start_ms]]
    assert flags_of(world, lot) == 0
    assert world.read("cold", 1, start_ms + HOUR_MS, None, None).code == 0


def test_offsets_and_outlier_times(world: World) -> None:
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now - HOUR_MS))
    column = m.Column("temperature", (400, 401, -12_700))
    record = m.RecordReadings(0, world.now - MINUTE_MS, 0, (column,), (0, 7, 19))
    sent_ms = world.now
    assert world.do(key_of("cold"), record).code == 0
    assert events_of(world, "outlier") == [["outlier", "temperature", 1, -12_700, -2, sent_ms - MINUTE_MS + 19]]


def test_exposure_adds_up_over_records_of_one_stay(world: World) -> None:
    (lot,) = riding(world, "A1")
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, start_ms, *[900] * 20, *[500] * 5).code == 0
    assert flags_of(world, lot) == 0
    assert world.read("cold", 1, start_ms + HOUR_MS, *[1_100] * 10).code == 0
    assert flags_of(world, lot) == 0, "exactly what the product bears"
    assert world.read("cold", 2, start_ms + HOUR_MS + 10 * MINUTE_MS, -100).code == 0
    assert flags_of(world, lot) == Flag.EXCURSION
    (exposure,) = exposures.get(world.context(), lot) or ()
    assert exposure.outside_ms == 31 * MINUTE_MS
    assert exposure.peak == 1_100
    assert exposure.degree_ms == (20 * 1_000 + 10 * 3_000 + 1_000) * MINUTE_MS
    assert (exposure.first_ms, exposure.last_ms) == (start_ms, start_ms + HOUR_MS + 11 * MINUTE_MS)


def test_only_the_time_inside_counts_and_late_readings_find_it(world: World) -> None:
    (lot,) = riding(world, "A1")
    loaded_ms = world.now
    world.wait(HOUR_MS)
    world.accept("farm", m.Unload("vehicle:truck-1", loaded_ms + 20 * MINUTE_MS + 30_000, (crate(1),)))
    world.wait(24 * HOUR_MS)
    assert world.read("cold", 0, loaded_ms - 30 * MINUTE_MS, *[1_500] * 120).code == 0
    (exposure,) = exposures.get(world.context(), lot) or ()
    assert exposure.outside_ms == 20 * MINUTE_MS + 30_000
    assert flags_of(world, lot) == 0


def test_every_lot_in_the_crate_is_flagged_once(world: World) -> None:
    found = riding(world, "A1", "A2", "A3")
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    assert [flags_of(world, lot) for lot in found] == [Flag.EXCURSION] * 3
    assert len(events_of(world, "excursion")) == 3
    assert [world.leaves_of(f"lot:{lot}")[-1].tag for lot in found] == ["trace.record_readings"] * 3


def test_a_lot_in_two_crates_of_one_truck_is_exposed_once(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now))
    for number in (1, 2):
        world.accept("farm", m.PackUnit(crate(number), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1), crate(2))))
    start_ms = world.now
    world.wait(HOUR_MS)
    assert world.read("cold", 0, start_ms, *[1_500] * 20).code == 0
    (exposure,) = exposures.get(world.context(), lot) or ()
    assert exposure.outside_ms == 20 * MINUTE_MS
    assert flags_of(world, lot) == 0


def test_a_logger_in_the_crate_speaks_about_its_goods(world: World) -> None:
    lot = world.harvest("A1")
    portion = m.Portion(lot, 10 * KG)
    world.hand_over("s1", "farm", "hub", lots=(portion,))
    world.accept("hub", m.PackUnit(crate(1), "crate", world.now, (portion,)))
    world.accept("hub", m.AttachDevice("cold", f"unit:{crate(1)}", world.now))
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 0, start_ms, *[1_500] * 60).code == 0
    assert flags_of(world, lot) == Flag.EXCURSION
    world.accept("hub", m.DetachDevice("cold", f"unit:{crate(1)}", start_ms + HOUR_MS))
    assert world.read("cold", 1, start_ms + HOUR_MS, 1_500).code == 2501
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", start_ms + HOUR_MS))
    assert world.read("cold", 1, start_ms + HOUR_MS, 1_500).code == 0


def test_goods_in_a_store_share_its_air(world: World) -> None:
    world.add_device("shop", "room", (Metric("temperature", "CEL", -1, -400, 850),))
    world.accept("shop", m.AttachDevice("room", f"site:{STORE}", world.now))
    lot = world.harvest("A1")
    world.hand_over("s1", "farm", "shop", lots=(m.Portion(lot, 10 * KG),))
    world.accept("shop", m.Load(f"site:{STORE}", world.now, lots=(lot,)))
    start_ms = world.now
    world.wait(2 * HOUR_MS)
    assert world.read("room", 0, start_ms, *[90] * 60).code == 0
    assert flags_of(world, lot) == Flag.EXCURSION
    world.accept("shop", m.Unload(f"site:{STORE}", world.now, lots=(lot,)))


def test_the_finest_band_and_the_coarsest_probe_stay_within_integers(world: World) -> None:
    code = complete_network_code("FROZEN01")
    band = Band("temperature", "CEL", -9, 0, 1, 0, 10**18)
    world.accept("farm", m.RegisterProduct(code, "冻果", "Frozen", "kg", 0, 0, band))
    world.accept("farm", m.Harvest("berry-2026", code, "F1", KG, world.now))
    world.add_device("farm", "coarse", (Metric("temperature", "CEL", 9, -(10**15), 10**15),))
    world.accept("farm", m.AttachDevice("coarse", f"site:{SITE}", world.now))
    world.accept("farm", m.Load(f"site:{SITE}", world.now, (), (f"{code}/F1",)))
    start_ms = world.now
    world.wait(HOUR_MS)
    for sequence in range(2):
        assert world.read("coarse", sequence, start_ms + sequence * 10 * MINUTE_MS, 10**15, -(10**15)).code == 0
    (exposure,) = exposures.get(world.context(), f"{code}/F1") or ()
    assert exposure.degree_ms == DEGREE_MS_MAX
    assert flags_of(world, f"{code}/F1") == Flag.EXCURSION


def test_a_band_in_another_unit_is_not_compared_and_that_is_said(world: World) -> None:
    lot = world.harvest("A1")
    world.add_device("farm", "kelvin", (Metric("temperature", "KEL", -2, 0, 40_000),))
    world.accept("farm", m.AttachDevice("kelvin", f"site:{SITE}", world.now))
    world.accept("farm", m.Load(f"site:{SITE}", world.now, (), (lot,)))
    start_ms = world.now
    world.wait(HOUR_MS)
    assert world.read("kelvin", 0, start_ms, *[30_000] * 40).code == 0
    assert ["not_comparable", "temperature", "KEL", "CEL"] in world.leaves_of("device:kelvin")[-1].events
    assert flags_of(world, lot) == 0
