"""Errors are declared, never overwritten, and the declaration stands in every journal the record stands in."""

from ledger.modules.registry.state import DOUBTFUL_MAX, devices
from ledger.modules.trace import messages as m
from ledger.modules.trace.state import lots, records
from tests.trace.world import BERRY, HOUR_MS, KG, World, crate


def test_a_declaration_joins_all_journals_of_the_record(world: World) -> None:
    wrong = world.accept("farm", m.Harvest("berry-2026", BERRY, "A1", 100 * KG, world.now))
    right = world.accept("farm", m.Harvest("berry-2026", BERRY, "A2", 90 * KG, world.now))
    before = lots.get(world.context(), f"{BERRY}/A1")
    declaration = m.DeclareRecordError(wrong.transaction_id, "incorrect_data", "称错", (right.transaction_id,))
    receipt = world.accept("farm", declaration)
    assert lots.get(world.context(), f"{BERRY}/A1") == before
    row = records.get(world.context(), wrong.transaction_id.hex())
    assert row is not None
    assert row.error == receipt.transaction_id
    assert len(row.subjects) == 5
    for subject in row.subjects:
        assert world.leaves_of(subject)[-1].tag == "trace.declare_error", subject
    foreign = m.DeclareRecordError(right.transaction_id, "incorrect_data", "", (b"\1" * 32,))
    assert world.do("farm", foreign).code == 2603


def test_a_wrong_loading_is_told_to_the_goods_inside(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, KG),)))
    loading = world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1),)))
    world.accept("farm", m.DeclareRecordError(loading.transaction_id, "did_not_occur", ""))
    assert world.leaves_of(f"lot:{lot}")[-1].tag == "trace.declare_error"


def test_wrong_readings_are_told_to_what_they_touched(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now))
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1),)))
    start_ms = world.now
    world.wait(3 * HOUR_MS)
    assert world.read("cold", 0, start_ms, 400, 400).code == 0
    assert world.read("cold", 1, start_ms + HOUR_MS, *[1_500] * 60).code == 0
    declaration = m.DeclareReadingsError("cold", 1, 1, "incorrect_data", "探头松动")
    assert world.do("farm", declaration).code == 2007
    world.accept("hub", declaration)
    for subject in ("device:cold", "vehicle:truck-1", f"lot:{lot}"):
        assert world.leaves_of(subject)[-1].tag == "trace.declare_readings_error", subject
    assert world.do("hub", declaration).code == 2605
    world.accept("hub", m.DeclareReadingsError("cold", 0, 0, "incorrect_data", ""))
    assert len(world.leaves_of(f"lot:{lot}")) == 4


def test_a_device_keeps_what_was_declared_wrong_in_its_row(world: World) -> None:
    """Declared long after the goods are gone, it joins no part of a journal that their journeys hold; the row can."""
    world.accept("hub", m.AttachDevice("cold", "vehicle:truck-1", world.now))
    world.wait(HOUR_MS)
    for number in range(DOUBTFUL_MAX + 2):
        assert world.read("cold", number, world.now - HOUR_MS + number * 1_000, 400).code == 0
    for number in range(DOUBTFUL_MAX):
        world.accept("hub", m.DeclareReadingsError("cold", number, number, "incorrect_data", ""))
    row = devices.get(world.context(), "cold")
    assert row is not None
    assert row.doubtful == tuple((number, number) for number in range(DOUBTFUL_MAX))
    for number in range(DOUBTFUL_MAX, DOUBTFUL_MAX + 2):
        world.accept("hub", m.DeclareReadingsError("cold", number, number, "incorrect_data", ""))
    row = devices.get(world.context(), "cold")
    assert row is not None
    assert len(row.doubtful) == DOUBTFUL_MAX
    assert row.doubtful[:2] == ((0, 2), (3, 3))
