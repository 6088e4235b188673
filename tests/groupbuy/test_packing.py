"""Packing by weight (多退少不补), and the way to the pickup point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import RestrictedNeeded
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.handling import LEGS_MAX, packed_worth
from ledger.modules.trace import messages as t
from ledger.modules.trace.messages import Portion
from tests.groupbuy.market import CAMPAIGN, ESCROW, HALF, Market
from tests.groupbuy.world import DAY_MS, HOUR_MS, PUNNET
from tests.trace.world import crate


def parcel(order: str, grams: int | None) -> m.Parcel:
    """A parcel of a hex order id."""
    return m.Parcel(bytes.fromhex(order), grams)


def test_a_lighter_parcel_pays_back_to_the_fen_and_a_heavier_one_costs_nothing_more(market: Market) -> None:
    # One unit is 500 g at 9.00 yuan. 483 g: 900 * 17 / 500 = 30.6, so 31 fen come back. Three units, 1,499 g of 1,500:
    # 2,700 / 1,500 = 1.8, so 2 fen. Six units, 3,100 g of 3,000: nothing.
    orders = market.allocated(1, 3, 6)
    light, lighter, heavy = orders
    market.pack("farm", parcel(light, 483), parcel(lighter, 1_499), parcel(heavy, 3_100))
    assert [market.line(order).charged_fen for order in orders] == [869, 2_698, 5_400]
    assert [market.line(order).packed_grams for order in orders] == [483, 1_499, 3_100]
    # A yuan a unit came back at the cut-off.
    assert [market.refunded(order) for order in orders] == [100 + 31, 300 + 2, 600]
    assert market.balance(ESCROW) == 869 + 2_698 + 5_400
    assert market.states(orders) == ["packed"] * 3


def test_packed_again_a_line_only_ever_costs_less(market: Market) -> None:
    (order,) = market.allocated(10)
    for grams, charged in ((4_990, 8_982), (4_980, 8_964), (5_000, 8_964), (4_990, 8_964), (4_800, 8_640)):
        market.pack("hub", parcel(order, grams))
        assert market.line(order).charged_fen == charged
        assert market.line(order).packed_grams == grams
        assert market.refunded(order) == 10_000 - charged
    assert market.balance(ESCROW) == 8_640


def test_the_tolerance_is_a_bound_to_the_gram(market: Market) -> None:
    orders = market.allocated(1, 9)
    market.refuse("farm", m.Handle(CAMPAIGN), e.TooLight, m.Pack((parcel(orders[0], 474),)))
    market.pack("farm", parcel(orders[0], 475))
    assert market.line(orders[0]).charged_fen == 900 - 45


def test_pieces_are_weighed_by_their_net_content(market: Market) -> None:
    # Two punnets of 250 g a unit: 500 g. A unit costs 9.00 yuan, 450 g of it 8.10.
    market.accept("hub", t.AuthoriseProducer(PUNNET, "farm", True))
    market.accept("mei", market.draft(product=PUNNET, unit_quantity=2_000_000, tolerance_bp=1_000))
    market.accept("farm", m.CommitSupply("planting:berry-2026", PUNNET, 2_000_000, 50))
    market.accept("farm", m.Open(CAMPAIGN))
    (order,) = [market.place(f"{CAMPAIGN} 0", 10)]
    market.cut()
    lot = market.lot("A1", 20)
    made = t.Output(PUNNET, "P1", 20_000_000)
    market.accept("farm", t.Transform((Portion(lot, 10 * HALF),), (made,), 0, market.now))
    market.accept("farm", m.Allocate(CAMPAIGN, (Portion(f"{PUNNET}/P1", 20_000_000),)))
    market.drain()
    market.pack("farm", parcel(order, 4_500))
    assert market.line(order).charged_fen == 8_100


def test_goods_sold_by_the_piece_are_not_weighed(market: Market) -> None:
    orders = market.allocated(6, 4, tolerance_bp=None)
    market.refuse("farm", m.Handle(CAMPAIGN), e.WeightUnwanted, m.Pack((parcel(orders[0], 3_000),)))
    market.pack("farm", parcel(orders[0], None))
    assert market.states(orders) == ["packed", "allotted"]
    assert market.balance(ESCROW) == 9_000


def test_who_packs_what_and_when(market: Market) -> None:
    orders = market.formed(6, 4)
    other = market.formed(10, campaign="c2")[0]
    pack = m.Pack((parcel(orders[0], 3_000),))
    market.refuse("farm", m.Handle(CAMPAIGN), e.CampaignStateRefused, pack)
    market.allocate({market.lot("A1", 6): 6})
    for stranger in ("rival", "platform", "mei"):
        market.refuse(stranger, m.Handle(CAMPAIGN), e.NotCampaignParty, pack)
    market.refuse("farm", m.Handle("c9"), e.CampaignUnknown, pack)
    market.refuse("farm", m.Handle(CAMPAIGN), RestrictedNeeded)
    market.refuse("farm", m.Handle(CAMPAIGN), e.ParcelRepeats, m.Pack((*pack.parcels, *pack.parcels)))
    market.refuse("farm", m.Handle(CAMPAIGN), e.WeightMissing, m.Pack((parcel(orders[0], None),)))
    market.refuse("farm", m.Handle(CAMPAIGN), e.OrderUnknown, m.Pack((parcel(other, 500),)))
    market.refuse("farm", m.Handle(CAMPAIGN), e.OrderUnknown, m.Pack((parcel("00" * 16, 500),)))
    market.ship()
    market.refuse("farm", m.Handle(CAMPAIGN), e.CampaignStateRefused, pack)


def test_an_order_that_was_left_out_is_not_packed(market: Market) -> None:
    orders = market.formed(9, 1)
    market.allocate({market.lot("A1", 1): 1})
    assert market.states(orders) == ["allotted", "refunded"]
    market.refuse("farm", m.Handle(CAMPAIGN), e.LineStateRefused, m.Pack((parcel(orders[1], 500),)))


def test_the_goods_travel_by_legs_of_those_who_had_them(market: Market) -> None:
    market.allocated(6, 4)
    market.refuse("farm", m.Ship("c9", ("x",)), e.CampaignUnknown)
    market.refuse("farm", m.Ship(CAMPAIGN, ("x",)), e.ShipmentMissing)
    first = market.trace_ship("s1")
    market.refuse("rival", m.Ship(CAMPAIGN, (first,)), e.NotCampaignParty)
    market.refuse("farm", m.Ship(CAMPAIGN, (first, first)), e.ShipmentRepeats)
    market.accept("farm", m.Ship(CAMPAIGN, (first,)))
    assert market.state() == "shipped"
    market.refuse("farm", m.Ship(CAMPAIGN, (first,)), e.ShipmentRepeats)
    market.trace_ship("s2", "hub", "shop")
    market.trace_ship("s3", "shop", "platform")
    market.trace_ship("s4", "platform", "shop")
    market.refuse("hub", m.Ship(CAMPAIGN, ("s4", "s2")), e.ShipmentForeign)
    market.accept("hub", m.Ship(CAMPAIGN, ("s2", "s3")))
    assert market.campaign().shipments == ("s1", "s2", "s3")


def test_a_leg_that_carries_none_of_the_goods_is_refused(market: Market) -> None:
    market.allocated(6, 4)
    lot = market.campaign().lots[0].lot
    other = market.lot("OTHER", 4)
    market.accept("farm", t.Ship("s1", "hub", market.now, lots=(Portion(other, HALF),)))
    market.refuse("farm", m.Ship(CAMPAIGN, ("s1",)), e.ShipmentWithoutGoods)
    market.accept("farm", t.Ship("s2", "hub", market.now, lots=(Portion(lot, HALF),)))
    market.accept("hub", t.RefuseShipment("s2", market.now, "坏了"))
    market.refuse("farm", m.Ship(CAMPAIGN, ("s2",)), e.ShipmentMissing)
    market.accept("farm", t.PackUnit(crate(1), "crate", market.now, (Portion(lot, HALF),)))
    market.accept("farm", t.Ship("s3", "hub", market.now, (crate(1),)))
    market.accept("farm", m.Ship(CAMPAIGN, ("s3",)))


def test_legs_are_bounded(market: Market) -> None:
    market.allocated(6, 4)
    names = [f"s{number}" for number in range(LEGS_MAX + 1)]
    for number, name in enumerate(names):
        market.trace_ship(name, *(("farm", "hub") if number % 2 == 0 else ("hub", "farm")))
    for start in range(0, LEGS_MAX, 8):
        market.accept("farm", m.Ship(CAMPAIGN, tuple(names[start : start + 8])))
    market.refuse("farm", m.Ship(CAMPAIGN, (names[LEGS_MAX],)), e.TooManyLegs)


def test_only_the_leader_says_that_the_goods_are_there(market: Market) -> None:
    market.allocated(6, 4)
    market.refuse("mei", m.Arrive(CAMPAIGN, market.now), e.CampaignStateRefused)
    market.ship()
    market.refuse("lan", m.Arrive(CAMPAIGN, market.now), e.NotCampaignParty)
    market.refuse("mei", m.Arrive("c9", market.now), e.CampaignUnknown)
    market.refuse("mei", m.Arrive(CAMPAIGN, market.now + HOUR_MS), e.ArrivalInFuture)
    market.arrive()
    row = market.campaign()
    assert (row.state, row.arrived_ms, row.heard_ms) == ("arrived", market.now, market.now)
    market.refuse("mei", m.Arrive(CAMPAIGN, market.now), e.CampaignStateRefused)
    assert market.events("at_pickup") == [[CAMPAIGN]]


def test_what_never_arrives_is_paid_back(market: Market) -> None:
    orders = market.allocated(6, 4)
    market.ship()
    market.until(market.campaign().terms.delivery_to_ms)
    assert market.state() == "shipped"
    market.later(DAY_MS)
    assert market.state() == "shipped"
    assert market.events("leader_silent") == [[CAMPAIGN]]
    market.later(DAY_MS)
    assert market.state() == "cancelled"
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    assert market.balance(ESCROW) == 0


@given(st.integers(0, 10**9), st.integers(1, 10**12), st.integers(0, 2 * 10**12))
def test_what_a_parcel_is_worth(fen: int, nominal: int, packed: int) -> None:
    worth = packed_worth(fen, nominal, packed)
    assert 0 <= worth <= fen
    if packed >= nominal:
        assert worth == fen
    else:
        # No fen more than the exact worth, and less than one fen below it.
        assert fen * packed - nominal < worth * nominal <= fen * packed


@pytest.mark.parametrize(("grams", "worth"), [(500, 1_000), (499, 998), (483, 966), (1, 2), (750, 1_000)])
def test_worked_examples(grams: int, worth: int) -> None:
    assert packed_worth(1_000, 500, grams) == worth
