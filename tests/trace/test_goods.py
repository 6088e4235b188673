"""Goods in hands: flags that are inherited, safety intervals in either order, pieces and kilograms, shortages,
terms.
"""

import pytest

from ledger.modules.trace import messages as m
from ledger.modules.trace.state import Flag, Lot, holdings, lots, shipments, shipping_terms, units
from ledger.transaction import make_transaction
from tests.registry.chain import START_MS, key_of
from tests.trace.world import BERRY, DAY_MS, KG, PUNNET, World, crate


def lot_of(world: World, lot: str) -> Lot:
    row = lots.get(world.context(), lot)
    assert row is not None
    return row


def spray(world: World, target: str, event_ms: int, days: int) -> None:
    world.accept("farm", m.RecordOperation(target, "spray", event_ms, "多杀霉素", "PD20101234", "20 ml", days))


@pytest.mark.parametrize("target", ["planting:berry-2026", "plot:tunnel-1"])
def test_a_harvest_inside_a_safety_interval_is_flagged(world: World, target: str) -> None:
    spray(world, target, START_MS - 2 * DAY_MS, 3)
    lot = world.harvest("A1")
    assert lot_of(world, lot).flags == Flag.SAFETY_INTERVAL
    assert ["safety_interval", f"lot:{lot}", "PD20101234", START_MS + DAY_MS] in world.leaves_of(f"lot:{lot}")[
        -1
    ].events
    world.wait(2 * DAY_MS)
    assert lot_of(world, world.harvest("A2")).flags == 0


@pytest.mark.parametrize("target", ["planting:berry-2026", "plot:tunnel-1"])
def test_a_spraying_recorded_after_the_harvest_flags_it_too(world: World, target: str) -> None:
    lot = world.harvest("A1")
    world.wait(DAY_MS)
    spray(world, target, world.now, 3)
    assert lot_of(world, lot).flags == 0, "sprayed after the harvest"
    spray(world, target, START_MS - DAY_MS, 3)
    assert lot_of(world, lot).flags == Flag.SAFETY_INTERVAL
    assert world.leaves_of(f"lot:{lot}")[-1].tag == "trace.record_operation"


def test_flags_are_inherited(world: World) -> None:
    bad, good = world.harvest("A1"), world.harvest("A2")
    world.accept("lab", m.Inspect(f"lot:{bad}", "fail", world.now))
    mix = (m.Portion(bad, KG), m.Portion(good, KG))
    world.accept("farm", m.Transform(mix, (m.Output(BERRY, "M", 2 * KG),), 0, world.now))
    assert lot_of(world, f"{BERRY}/M").flags == Flag.FAILED_INSPECTION
    assert lot_of(world, good).flags == 0


def test_kilograms_become_pieces_and_lots_are_spent(world: World) -> None:
    lot = world.harvest("A1", 10)
    world.hand_over("s1", "farm", "hub", lots=(m.Portion(lot, 10 * KG),))
    made = (m.Output(PUNNET, "P1", 20 * KG), m.Output(PUNNET, "P2", 16 * KG))
    world.accept("hub", m.Transform((m.Portion(lot, 10 * KG),), made, KG, world.now))
    assert lot_of(world, lot).state == "spent"
    assert lot_of(world, f"{PUNNET}/P2").produced == 16 * KG
    assert holdings.get(world.context(), f"{PUNNET}/P1/hub") == 20 * KG


def test_a_shortage_is_lost_and_flagged(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, 100 * KG),)))
    assert holdings.get(world.context(), f"{lot}/farm") is None
    world.accept("hub", m.Receive("s1", world.now, (m.Portion(lot, 3 * KG),), "少三公斤"))
    row = lot_of(world, lot)
    assert (row.lost, row.flags) == (3 * KG, Flag.SHORTAGE)
    assert holdings.get(world.context(), f"{lot}/hub") == 97 * KG


def test_a_withdrawn_shipment_comes_back(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("farm", m.Ship("s1", "hub", world.now, (crate(1),), (m.Portion(lot, KG),)))
    world.accept("farm", m.RefuseShipment("s1", world.now, "车坏了"))
    shipment = shipments.get(world.context(), "s1")
    unit = units.get(world.context(), crate(1))
    assert shipment is not None
    assert unit is not None
    assert (shipment.state, unit.state, unit.holder) == ("withdrawn", "at_rest", "farm")
    assert holdings.get(world.context(), f"{lot}/farm") == 99 * KG


def test_terms_of_a_shipment_are_restricted(world: World) -> None:
    lot = world.harvest("A1")
    terms = m.ShippingTerms("SO-77-秘密", 123_456)
    action = m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, KG),))
    raw = make_transaction(
        key_of("farm"), world.genesis.chain_id, action, b"n" * 16, world.now + 60_000, terms, salt=b"s" * 32
    )
    (receipt,) = world.run([raw])
    assert receipt.code == 0
    row = shipping_terms.get(world.context(), "s1")
    assert row is not None
    assert (row.document, row.price_fen) == (terms.document, terms.price_fen)
    hidden = "SO-77-秘密".encode()
    assert any(hidden in value for value in world.memory.hidden.values())
    assert not any(hidden in value for value in world.memory.values.values())
    assert not any(hidden in leaf for leaf in world.leaves)


def test_nested_units_change_hands_whole(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, KG),)))
    world.accept("farm", m.PackUnit(crate(2), "pallet", world.now, (), (crate(1),)))
    world.hand_over("s1", "farm", "hub", units=(crate(2),))
    world.accept("hub", m.UnpackUnit(crate(2), world.now, (), (crate(1),)))
    world.accept("hub", m.UnpackUnit(crate(1), world.now, (m.Portion(lot, KG),)))
    assert holdings.get(world.context(), f"{lot}/hub") == KG


def test_goods_loaded_at_two_stops_leave_the_truck_in_one_record(world: World) -> None:
    for number in (1, 2):
        lot = world.harvest(f"A{number}")
        world.accept("farm", m.PackUnit(crate(number), "crate", world.now, (m.Portion(lot, KG),)))
        world.accept("farm", m.Load("vehicle:truck-1", world.now, (crate(number),)))
    world.accept("hub", m.Unload("vehicle:truck-1", world.now, (crate(1), crate(2))))


def test_an_authorisation_can_be_taken_back(world: World) -> None:
    lot = world.harvest("A1")
    world.hand_over("s1", "farm", "hub", lots=(m.Portion(lot, 100 * KG),))
    sort = m.Transform((m.Portion(lot, KG),), (m.Output(BERRY, "S1", KG),), 0, world.now)
    world.accept("hub", sort)
    world.accept("farm", m.AuthoriseProducer(BERRY, "hub", allowed=False))
    sort = m.Transform((m.Portion(lot, KG),), (m.Output(BERRY, "S2", KG),), 0, world.now)
    assert world.do("hub", sort).code == 2008
