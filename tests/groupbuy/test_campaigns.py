"""Campaigns as a whole: whole life cycles, opening, calling off at every stage, supply over several campaigns."""

from collections.abc import Mapping
from typing import get_args

import pytest

from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy import state as s
from ledger.modules.groupbuy.errors import CampaignStateRefused, SoldOut, SupplyBelowSold
from ledger.modules.groupbuy.rules.common import supply_key
from ledger.modules.payments.state import statement
from tests.groupbuy.market import CAMPAIGN, DEPOSIT, ESCROW, FARM, Market
from tests.groupbuy.world import BERRY, KG, LADDER, PLANTING, PUNNET, World

CYCLES = [
    (s.CAMPAIGN_TRANSITIONS, s.CampaignState, "draft", {"failed", "cancelled", "recalled"}),
    (s.LINE_TRANSITIONS, s.LineState, "placed", {"cancelled", "failed", "refunded"}),
]


@pytest.mark.parametrize(("table", "states", "first", "ends"), CYCLES)
def test_a_life_cycle_is_whole(
    table: Mapping[str, Mapping[str, str]], states: object, first: str, ends: set[str]
) -> None:
    assert set(table) == set(get_args(states))
    assert {name for name, steps in table.items() if not steps} == ends
    reached = {first}
    while found := {after for name in reached for after in table[name].values()} - reached:
        reached |= found
    # A line is ready by its campaign's arrival, without a step of its own.
    assert reached | {"ready", "collected", "unclaimed", "disputed", "settled"} >= set(table)


def test_the_seller_agrees_by_putting_up_the_deposit(world: World) -> None:
    before = world.available(FARM)
    world.opened()
    row = world.campaign()
    assert (row.state, row.leader, row.first_leader, row.lines_left) == ("open", "mei", "mei", 0)
    assert (world.available(FARM), world.available(DEPOSIT)) == (before - 5_000, 5_000)
    assert last_entry(world, FARM) == (-5_000, "deposit_put_up"), "no money brought in"
    world.accept("farm", m.Cancel(CAMPAIGN, "rain"))
    assert last_entry(world, FARM) == (5_000, "deposit_returned")


def last_entry(world: World, account: str) -> tuple[int, str]:
    """The newest line of a statement: (fen, why)."""
    *_, (_, entry) = statement(world.context(), account)
    return entry.change_fen, entry.why


def test_terms_on_their_bounds_are_taken(world: World) -> None:
    terms = world.draft(minimum=100, per_order=100, shares=m.Shares(5_000, 4_000, 1_000), tolerance_bp=10_000)
    world.accept("mei", terms)
    world.accept("mei", world.draft("c2", logistics=None, shares=m.Shares(9_000, 1_000, 0), ladder=LADDER[:1]))
    world.accept("mei", world.draft("c3", product=PUNNET, unit_quantity=2 * KG))
    lot = f"lot:{world.harvest('A1')}"
    world.accept("mei", world.draft("c4", sources=(PLANTING, lot), minimum=1, maximum=1, per_order=1))


@pytest.mark.parametrize("who", ["mei", "farm"])
def test_called_off_while_orders_are_taken(market: Market, who: str) -> None:
    before = market.available(FARM)
    market.opened()
    orders = [market.place("anna", 3), market.place("bea", 20)]
    market.place("cleo", 1)
    market.accept(market.buyer("cleo"), m.Order(CAMPAIGN), m.CancelOrder())
    market.accept(who, m.Cancel(CAMPAIGN, "下雨"))
    market.drain()
    row = market.campaign()
    assert (row.state, row.orders, row.units, row.price_fen, row.lines_left) == ("cancelled", 2, 23, None, 0)
    assert market.states(orders) == ["failed", "failed"]
    assert [market.refunded(order) for order in orders] == [3_000, 20_000]
    assert (market.available(FARM), market.balances()) == (before, {FARM: before})
    market.cut()
    assert market.state() == "cancelled"


@pytest.mark.parametrize("who", ["farm", "platform"])
def test_called_off_after_it_formed(market: Market, who: str) -> None:
    before = market.available(FARM)
    orders = market.formed(5, 6)
    assert market.available(ESCROW) == 11 * 900
    market.accept(who, m.Cancel(CAMPAIGN, "霜冻"))
    market.drain()
    assert (market.state(), market.campaign().lines_left) == ("cancelled", 0)
    assert market.states(orders) == ["refunded", "refunded"]
    assert [market.refunded(order) for order in orders] == [5_000, 6_000]
    assert [market.line(order).charged_fen for order in orders] == [0, 0]
    assert market.balances() == {FARM: before}


def test_called_off_after_it_was_allocated_short(market: Market) -> None:
    before = market.available(FARM)
    orders = market.allocated(5, 6, fill=9)
    market.accept("farm", m.Cancel(CAMPAIGN, "霜冻"))
    market.drain()
    assert market.states(orders) == ["refunded", "refunded"]
    assert [market.refunded(order) for order in orders] == [5_000, 6_000]
    assert market.balances() == {FARM: before}


def test_what_is_shipped_cannot_be_called_off(market: Market) -> None:
    market.allocated(5, 6)
    market.ship()
    market.refuse("farm", m.Cancel(CAMPAIGN, ""), CampaignStateRefused)
    market.refuse("platform", m.Cancel(CAMPAIGN, ""), CampaignStateRefused)


def test_a_group_that_is_forming_cannot_be_called_off_between_its_lines(market: Market) -> None:
    market.opened()
    market.place("anna", 10)
    market.run([], market.campaign().terms.cutoff_ms - market.now)
    assert market.state() == "forming"
    raw = market.envelope("farm", m.Cancel(CAMPAIGN, ""))
    assert [receipt.code for receipt in market.run([raw], 1)] == [CampaignStateRefused.number]
    assert market.state() == "formed"


def test_supply_bounds_what_all_campaigns_sell_together(world: World) -> None:
    world.supply(30)
    world.opened()
    world.opened("c2")
    world.place("anna", 20)
    world.place("bea", 10, "c2")
    world.refuse(world.buyer("cleo"), m.Order("c1"), SoldOut, world.placing("cleo", 1))
    world.accept(world.buyer("anna"), m.Order("c1"), m.CancelOrder())
    world.place("dora", 15, "c2")
    world.refuse("farm", m.CommitSupply(PLANTING, BERRY, KG // 2, 24), SupplyBelowSold)
    world.supply(25)
    world.refuse(world.buyer("cleo"), m.Order("c1"), SoldOut, world.placing("cleo", 1))
    world.supply(26)
    world.place("cleo", 1)


def test_an_order_counts_against_the_first_source_with_room_for_all_of_it(world: World) -> None:
    source = f"lot:{world.harvest('A1', 10)}"
    world.supply(15, source)
    world.supply(20)
    world.opened(sources=(source, PLANTING))
    placed = [world.place(name, units) for name, units in (("anna", 10), ("bea", 6), ("cleo", 5), ("dora", 14))]
    assert [world.line(order).source for order in placed] == [0, 1, 0, 1]
    counted = [s.sold.get(world.context(), supply_key(each, BERRY)) for each in (source, PLANTING)]
    assert counted == [15, 20]
    world.refuse(world.buyer("eve"), m.Order("c1"), SoldOut, world.placing("eve", 1))
