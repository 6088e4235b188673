"""What those who sell goods may ask of them: descent, what a shipment carries; and that recalls are heard."""

import msgspec

from ledger.context import Context
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import messages as m
from ledger.modules.trace import trace_module
from ledger.modules.trace.ports import LINEAGE_MAX, Goods
from ledger.modules.trace.rules.recalls import REACH_MAX
from tests.registry.chain import START_MS, Chain
from tests.trace.test_recalls import split
from tests.trace.world import BERRY, KG, ORGANISATIONS, PUNNET, World, crate

GOODS = Goods()
PLANTING = "planting:berry-2026"


def mix(world: World, name: str, *lots: str) -> str:
    """The farm makes one lot out of a kilogram of each."""
    inputs = tuple(m.Portion(lot, KG) for lot in lots)
    world.accept("farm", m.Transform(inputs, (m.Output(BERRY, name, len(lots) * KG),), 0, world.now))
    return f"{BERRY}/{name}"


def test_what_is_grown_from_a_planting(world: World) -> None:
    first, second = world.harvest("A1"), world.harvest("A2")
    world.accept("farm", m.StartPlanting("other", "tunnel-1", "草莓", "红颜", START_MS))
    world.accept("farm", m.Harvest("other", BERRY, "B1", 100 * KG, world.now))
    foreign = f"{BERRY}/B1"
    pure, tainted = mix(world, "M1", first, second), mix(world, "M2", first, foreign)
    deep = mix(world, "M3", pure)
    ctx = world.context()
    for lot in (first, second, pure, deep):
        assert GOODS.grown_from(ctx, lot, {PLANTING})
    for lot in (foreign, tainted, f"{BERRY}/none"):
        assert not GOODS.grown_from(ctx, lot, {PLANTING})
    assert GOODS.grown_from(ctx, tainted, {PLANTING, "planting:other"})
    assert GOODS.grown_from(ctx, tainted, {PLANTING, f"lot:{foreign}"})
    assert GOODS.grown_from(ctx, tainted, {f"lot:{tainted}"})
    assert not GOODS.grown_from(ctx, tainted, {f"lot:{first}"})
    assert not GOODS.grown_from(ctx, first, {f"lot:{pure}"})
    assert not GOODS.grown_from(ctx, first, set())


def test_a_descent_too_wide_to_follow_is_unknown(world: World) -> None:
    parts = split(world, world.harvest("A1", 1_000), "B", LINEAGE_MAX)
    halves = [mix(world, f"H{half}", *parts[half * 32 : half * 32 + 32]) for half in range(2)]
    assert GOODS.grown_from(world.context(), halves[0], {PLANTING})
    assert not GOODS.grown_from(world.context(), mix(world, "ALL", *halves), {PLANTING})


def test_what_a_shipment_carries(world: World) -> None:
    loose, packed, other = world.harvest("A1"), world.harvest("A2"), world.harvest("A3")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(packed, KG),)))
    world.accept("farm", m.PackUnit(crate(2), "pallet", world.now, units=(crate(1),)))
    world.accept("farm", m.Ship("s1", "hub", world.now, (crate(2),), (m.Portion(loose, KG),)))
    ctx = world.context()
    assert GOODS.carries(ctx, "s1", {f"lot:{loose}"})
    assert GOODS.carries(ctx, "s1", {f"lot:{packed}"})
    assert not GOODS.carries(ctx, "s1", {f"lot:{other}"})
    assert not GOODS.carries(ctx, "s2", {f"lot:{loose}"})
    found = GOODS.shipment(ctx, "s1")
    assert found is not None
    assert (found.shipper, found.receiver) == ("farm", "hub")
    assert GOODS.shipment(ctx, "s2") is None


class Heard:
    """Remembers what it is told, in state as rules must: here in events."""

    def recalled(self, ctx: Context, lot: str) -> None:
        ctx.event("heard", lot)


class Listening(World):
    """A world in which somebody listens."""

    def __init__(self) -> None:
        module = trace_module(DeviceView(), OrganisationView(), (Heard(),))
        Chain.__init__(self, ORGANISATIONS, (module,))
        self.settle()

    def heard(self) -> list[str]:
        """All lots told of, in order."""
        outcomes = [msgspec.msgpack.decode(leaf)[3] for leaf in self.leaves]
        events = [event for outcome in outcomes for event in outcome[3] if isinstance(event, list)]
        return [str(event[1]) for event in events if event[:1] == ["heard"]]


def test_each_lot_of_a_recall_is_told_once_also_where_it_spreads() -> None:
    world = Listening()
    root = world.harvest("A1", 1_000)
    parts = split(world, root, "B", 300)
    punnets = m.Output(PUNNET, "P1", 4 * KG)
    world.accept("farm", m.Ship("s1", "hub", world.now, lots=(m.Portion(parts[0], KG),)))
    world.accept("hub", m.Receive("s1", world.now))
    world.accept("hub", m.Transform((m.Portion(parts[0], KG),), (punnets,), 0, world.now))
    world.accept("farm", m.Recall((root,), "农残", "residues"))
    assert len(world.heard()) == REACH_MAX
    world.wait(1)
    assert sorted(world.heard()) == sorted([root, *parts, f"{PUNNET}/P1"])
