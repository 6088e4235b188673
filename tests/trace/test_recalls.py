"""Recalls reach the whole descent, at once or block by block, and stop what they reach."""

from ledger.modules.trace import messages as m
from ledger.modules.trace.rules.recalls import REACH_MAX
from ledger.modules.trace.state import lots, recall_queue, recalls
from tests.trace.world import BERRY, HOUR_MS, KG, PUNNET, World, crate


def states(world: World) -> dict[str, str]:
    """Lot -> state."""
    return {key: row.state for key, row in lots.scan(world.context(), limit=5_000)}


def split(world: World, lot: str, name: str, parts: int) -> list[str]:
    """The farm makes `parts` lots of 1 kg out of `lot`, at most 32 a record."""
    made: list[str] = []
    while len(made) < parts:
        count = min(32, parts - len(made))
        outputs = tuple(m.Output(BERRY, f"{name}.{len(made) + number}", KG) for number in range(count))
        world.accept("farm", m.Transform((m.Portion(lot, count * KG),), outputs, 0, world.now))
        made += [f"{BERRY}/{output.number}" for output in outputs]
    return made


def test_a_recall_goes_through_a_mixed_descent(world: World) -> None:
    bad, good = world.harvest("A1"), world.harvest("A2")
    other = world.harvest("A3")
    mix = (m.Portion(bad, KG), m.Portion(good, KG))
    world.accept("farm", m.Transform(mix, (m.Output(BERRY, "M", 2 * KG),), 0, world.now))
    world.hand_over("s1", "farm", "hub", lots=(m.Portion(f"{BERRY}/M", KG),))
    made = m.Output(PUNNET, "P1", 4 * KG)
    world.accept("hub", m.Transform((m.Portion(f"{BERRY}/M", KG),), (made,), 0, world.now))
    world.accept("watch", m.Recall((bad,), "农残超标", "residues"))
    assert states(world) == {
        bad: "recalled",
        good: "active",
        other: "active",
        f"{BERRY}/M": "recalled",
        f"{PUNNET}/P1": "recalled",
    }
    (leaf,) = [leaf for leaf in world.leaves_of(f"lot:{PUNNET}/P1") if leaf.tag == "trace.recall"]
    assert leaf.events == [["recalled", 3, 1]]


def test_a_large_descent_is_reached_by_timers(world: World) -> None:
    root = world.harvest("A1", 1_000)
    first = split(world, root, "B", 300)
    second = split(world, first[0], "C", 1)
    world.accept("farm", m.Recall((root,), "农残", "residues"))
    reached = [state for state in states(world).values() if state == "recalled"]
    assert len(reached) == REACH_MAX
    world.wait(1)
    assert set(states(world).values()) == {"recalled"}
    (row,) = [row for _, row in recalls.scan(world.context())]
    assert (row.reached, row.complete) == (302, True)
    assert recall_queue.scan(world.context()) == []
    assert "trace.recall_spread" in {leaf.tag for lot in (*first, *second) for leaf in world.leaves_of(f"lot:{lot}")}


def test_recalled_goods_come_home_and_are_destroyed(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, 60 * KG),)))
    world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(1),)))
    world.accept("farm", m.Ship("s1", "hub", world.now, (crate(1),), (m.Portion(lot, 40 * KG),)))
    world.accept("farm", m.Recall((lot,), "农残", "residues"))
    world.wait(HOUR_MS)
    world.accept("hub", m.RefuseShipment("s1", world.now, "召回"))
    world.accept("hub", m.Unload("vehicle:truck-1", world.now, (crate(1),)))
    world.accept("farm", m.UnpackUnit(crate(1), world.now, (m.Portion(lot, 60 * KG),)))
    world.accept("farm", m.Destroy(lot, 100 * KG, world.now, "销毁"))
    row = lots.get(world.context(), lot)
    assert row is not None
    assert (row.state, row.destroyed, row.remaining) == ("recalled", 100 * KG, 0)
