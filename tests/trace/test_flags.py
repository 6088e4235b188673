"""A fault that is found late reaches what was made of the lot meanwhile, and nothing that was made before it."""

from ledger.modules.trace import messages as m
from ledger.modules.trace.rules import flags
from ledger.modules.trace.state import Flag, inheritances
from tests.trace.test_readings import flags_of
from tests.trace.test_recalls import split
from tests.trace.world import BERRY, DAY_MS, HOUR_MS, KG, MINUTE_MS, World

TRUCK = "vehicle:truck-1"


def spray(world: World, at_ms: int) -> None:
    """Seven days must pass from `at_ms` to a harvest; recorded now."""
    operation = m.RecordOperation("planting:berry-2026", "spray", at_ms, "多杀霉素", "PD20101234", "20 ml", 7)
    world.accept("farm", operation)


def make(world: World, number: str, *inputs: str) -> str:
    """A lot of berries out of 1 kg of each input."""
    portions = tuple(m.Portion(lot, KG) for lot in inputs)
    world.accept("farm", m.Transform(portions, (m.Output(BERRY, number, len(inputs) * KG),), 0, world.now))
    return f"{BERRY}/{number}"


def test_a_spraying_recorded_after_packing_reaches_the_packs(world: World) -> None:
    bad, good = world.harvest("A1"), world.harvest("A2")
    mixed = make(world, "M", bad, good)
    pack = make(world, "P", mixed)
    other = make(world, "Q", good)
    world.wait(MINUTE_MS)
    world.accept("lab", m.Inspect(f"lot:{bad}", "fail", world.now))
    world.wait(1)
    assert [flags_of(world, lot) for lot in (bad, mixed, pack)] == [Flag.FAILED_INSPECTION] * 3
    assert [flags_of(world, lot) for lot in (good, other)] == [0, 0]
    spray(world, world.now - DAY_MS)
    world.wait(1)
    both = Flag.FAILED_INSPECTION | Flag.SAFETY_INTERVAL
    assert [flags_of(world, lot) for lot in (bad, mixed, pack)] == [both] * 3
    assert [flags_of(world, lot) for lot in (good, other)] == [Flag.SAFETY_INTERVAL] * 2
    (leaf,) = [leaf for leaf in world.leaves_of(f"lot:{pack}") if leaf.tag == "trace.inherit_flag"][-1:]
    assert leaf.events == [["inherited", f"lot:{pack}", f"lot:{mixed}", int(Flag.SAFETY_INTERVAL)]]


def test_only_what_was_made_after_a_warm_ride_began_is_flagged_for_it(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    before = make(world, "B", lot)
    world.wait(HOUR_MS)
    start_ms = world.now
    world.accept("farm", m.Load(TRUCK, start_ms, (), (lot,)))
    world.wait(HOUR_MS)
    after = make(world, "C", lot)
    portions, made = (m.Portion(lot, KG),), (m.Output(BERRY, "D", KG),)
    world.accept("farm", m.Transform(portions, made, 0, start_ms - MINUTE_MS))
    assert world.read("cold", 0, start_ms, *[1_500] * 40).code == 0
    world.wait(1)
    assert [flags_of(world, one) for one in (lot, after, f"{BERRY}/D")] == [Flag.EXCURSION] * 3
    assert flags_of(world, before) == 0


def test_an_earlier_fault_is_passed_on_although_a_later_one_was(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("hub", m.AttachDevice("cold", TRUCK, world.now))
    start_ms = world.now
    world.accept("farm", m.Load(TRUCK, start_ms, (), (lot,)))
    world.wait(HOUR_MS)
    first = make(world, "B", lot)
    world.wait(2 * HOUR_MS)
    assert world.read("cold", 1, start_ms + 2 * HOUR_MS, *[1_500] * 40).code == 0
    world.wait(1)
    assert (flags_of(world, lot), flags_of(world, first)) == (Flag.EXCURSION, 0)
    assert world.read("cold", 0, start_ms, *[1_500] * 40).code == 0
    world.wait(1)
    assert flags_of(world, first) == Flag.EXCURSION


def test_many_children_are_reached_block_by_block(world: World) -> None:
    root = world.harvest("A1", 1_000)
    made = split(world, root, "B", flags.LINKS_MAX + 10)
    last = make(world, "Z", made[-1])
    world.accept("lab", m.Inspect(f"lot:{root}", "fail", world.now))
    assert sum(flags_of(world, lot) for lot in made) == flags.LINKS_MAX * Flag.FAILED_INSPECTION
    world.wait(1)
    world.wait(1)
    assert {flags_of(world, lot) for lot in (*made, last)} == {Flag.FAILED_INSPECTION}


def test_a_web_of_lots_is_walked_once(world: World) -> None:
    """Ten layers of two lots, each made of both before it, have a thousand ways down and twenty lots."""
    layer = [world.harvest("L0.0"), world.harvest("L0.1")]
    for depth in range(1, 11):
        layer = [make(world, f"L{depth}.{number}", *layer) for number in range(2)]
    size = len(world.leaves)
    world.accept("lab", m.Inspect(f"lot:{BERRY}/L0.0", "fail", world.now))
    for _ in range(12):
        world.wait(1)
    assert {flags_of(world, lot) for lot in layer} == {Flag.FAILED_INSPECTION}
    assert len(inheritances.scan(world.context(), limit=100)) == 19
    assert sum(b"trace.inherit_flag" in leaf for leaf in world.leaves[size:]) == 19


def test_a_shortage_says_nothing_of_what_was_made_before(world: World) -> None:
    lot = world.harvest("A1")
    made = make(world, "B", lot)
    world.accept("farm", m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, 10 * KG),)))
    world.accept("hub", m.Receive("s1", world.now, (m.Portion(lot, KG),)))
    world.wait(1)
    assert (flags_of(world, lot), flags_of(world, made)) == (Flag.SHORTAGE, 0)


def test_ending_the_planting_first_does_not_hide_a_spraying_of_the_plot(world: World) -> None:
    lot = world.harvest("A1")
    taken_ms = world.now
    world.accept("farm", m.EndPlanting("berry-2026", world.now))
    world.accept("farm", m.StartPlanting("next", "tunnel-1", "草莓", "红颜", world.now))
    irrigation = m.RecordOperation("plot:tunnel-1", "irrigate", world.now)
    world.accept("farm", irrigation)
    assert world.leaves_of("planting:berry-2026")[-1].tag == "trace.end_planting", "that came after it"
    spraying = m.RecordOperation("plot:tunnel-1", "spray", taken_ms - DAY_MS, "多杀霉素", "PD1", "20 ml", 7)
    world.accept("farm", spraying)
    assert flags_of(world, lot) == Flag.SAFETY_INTERVAL
    assert world.leaves_of("planting:berry-2026")[-1].tag == "trace.record_operation"


def test_many_small_harvests_do_not_hide_an_earlier_one(world: World) -> None:
    taken_ms = world.now
    bad = world.harvest("A1")
    world.wait(DAY_MS)
    for number in range(70):
        world.harvest(f"D{number}", 1)
    spraying = m.RecordOperation("planting:berry-2026", "spray", taken_ms - DAY_MS, "多杀霉素", "PD1", "20 ml", 1)
    world.accept("farm", spraying)
    assert flags_of(world, bad) == 0, "the interval had passed"
    spraying = m.RecordOperation("planting:berry-2026", "spray", taken_ms - DAY_MS + 1, "多杀霉素", "PD1", "20 ml", 1)
    world.accept("farm", spraying)
    assert (flags_of(world, bad), flags_of(world, f"{BERRY}/D0")) == (Flag.SAFETY_INTERVAL, 0)
