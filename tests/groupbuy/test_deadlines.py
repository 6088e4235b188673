"""Whoever falls silent, the buyers' money comes out: late goods, silent leaders, substitutes."""

import pytest

from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.errors import AlreadySubstituted, LeaderNotSilent, LeaderUnknown
from tests.groupbuy.market import CAMPAIGN, FARM, Market
from tests.groupbuy.world import DAY_MS, HOUR_MS


def missing(market: Market, early_ms: int = 0) -> None:
    """Go on to when goods on their way should have arrived, less `early_ms`."""
    until(market, end_of_delivery(market))
    until(market, end_of_delivery(market) + DAY_MS - early_ms)


def end_of_delivery(market: Market) -> int:
    """When what was not shipped is called off."""
    return market.campaign().terms.delivery_to_ms


def wait(market: Market, ms: int) -> None:
    """Let time pass hour by hour: what follows a time limit runs from the block that saw it."""
    until(market, market.now + ms)


def until(market: Market, time_ms: int) -> None:
    """As `wait`, up to that time."""
    while market.now < time_ms:
        market.until(min(time_ms, market.now + HOUR_MS))


@pytest.mark.parametrize("stage", ["formed", "allocated"])
def test_what_is_not_shipped_in_time_is_paid_back(market: Market, stage: str) -> None:
    before = market.available(FARM)
    orders = market.formed(5, 6) if stage == "formed" else market.allocated(5, 6)
    until(market, end_of_delivery(market) - 1)
    assert market.state() == stage
    until(market, end_of_delivery(market))
    assert (market.state(), market.campaign().lines_left) == ("cancelled", 0)
    assert [market.refunded(order) for order in orders] == [5_000, 6_000]
    assert market.balances() == {FARM: before}


def test_what_never_arrives_is_paid_back(market: Market) -> None:
    orders = market.allocated(5, 6)
    market.ship()
    missing(market)
    assert (market.state(), market.events("leader_silent")) == ("shipped", [[CAMPAIGN]])
    wait(market, DAY_MS)
    assert (market.state(), market.campaign().lines_left) == ("cancelled", 0)
    assert [market.refunded(order) for order in orders] == [5_000, 6_000]


def test_a_substitute_has_time_to_take_the_goods_in(market: Market) -> None:
    market.allocated(5, 6)
    market.ship()
    missing(market, 2_000)
    market.refuse("garden", m.Substitute(CAMPAIGN, "lan"), LeaderNotSilent)
    wait(market, 23 * HOUR_MS)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    named_ms = market.now
    until(market, named_ms + DAY_MS - 2_000)
    assert market.state() == "shipped"
    market.arrive(leader="lan")
    assert (market.state(), market.campaign().leader, market.campaign().first_leader) == ("arrived", "lan", "mei")


def test_a_substitute_that_takes_nothing_in_holds_nobody_up(market: Market) -> None:
    orders = market.allocated(5, 6)
    market.ship()
    missing(market)
    market.accept("platform", m.Substitute(CAMPAIGN, "lan"))
    wait(market, DAY_MS)
    assert (market.state(), market.states(orders)) == ("cancelled", ["refunded"] * 2)


def test_only_another_leader_of_the_community_takes_the_place(market: Market) -> None:
    market.arrived(10)
    wait(market, DAY_MS - 2_000)
    market.refuse("garden", m.Substitute(CAMPAIGN, "lan"), LeaderNotSilent)
    wait(market, 2_000)
    for leader in ("mei", "wen", "nobody"):
        market.refuse("garden", m.Substitute(CAMPAIGN, leader), LeaderUnknown)
    market.register("rin", "garden", "resident")
    market.refuse("garden", m.Substitute(CAMPAIGN, "rin"), LeaderUnknown)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    market.refuse("platform", m.Substitute(CAMPAIGN, "mei"), AlreadySubstituted)


def test_a_leader_that_hands_out_is_not_silent(market: Market) -> None:
    market.arrived(5, 6)
    wait(market, 9 * HOUR_MS)
    market.hand(0)
    wait(market, 3 * DAY_MS)
    market.refuse("garden", m.Substitute(CAMPAIGN, "lan"), LeaderNotSilent)
    assert market.events("leader_silent") == []


def test_goods_of_a_silent_leader_are_paid_back(market: Market) -> None:
    orders = market.arrived(5, 6)
    wait(market, DAY_MS)
    assert market.events("leader_silent") == [[CAMPAIGN]]
    wait(market, DAY_MS)
    assert market.states(orders) == ["refunded", "refunded"]
    assert [market.refunded(order) for order in orders] == [5_000, 6_000]
    wait(market, 8 * DAY_MS)
    assert market.state() == "closed"


def test_who_has_the_goods_of_a_silent_leader_pays_for_them(market: Market) -> None:
    orders = market.arrived(5, 6)
    market.acknowledge(0)
    wait(market, 3 * DAY_MS)
    assert market.states(orders) == ["settled", "refunded"]
    assert market.split(orders[0])[1] == 0, "a leader who recorded nothing earns nothing"


def test_a_substitute_hands_out_and_earns(market: Market) -> None:
    orders = market.arrived(5, 6)
    wait(market, DAY_MS + 23 * HOUR_MS)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    wait(market, HOUR_MS + 1_000)
    assert market.states(orders) == ["allotted", "allotted"], "she has as long as the first one had"
    market.hand(0, "lan")
    wait(market, DAY_MS + 1_000)
    assert market.states(orders)[0] == "settled"
    assert market.split(orders[0])[1] == 450
    assert market.line(orders[0]).leader == "lan"


def test_a_silent_substitute_holds_nobody_up(market: Market) -> None:
    orders = market.arrived(5, 6)
    wait(market, DAY_MS + HOUR_MS)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    wait(market, DAY_MS)
    assert market.states(orders) == ["refunded", "refunded"]


@pytest.mark.parametrize("heard_after_ms", [9 * HOUR_MS, 30 * HOUR_MS, 40 * HOUR_MS, 47 * HOUR_MS])
def test_whenever_the_leader_speaks_again_who_does_not_come_is_settled(market: Market, heard_after_ms: int) -> None:
    orders = market.arrived(5, 6)
    wait(market, heard_after_ms)
    market.hand(0)
    wait(market, 5 * DAY_MS)
    assert market.states(orders) == ["settled", "settled"]
    wait(market, 8 * DAY_MS)
    assert (market.state(), market.campaign().lines_left) == ("closed", 0)
