"""Whoever falls silent, the buyers' money comes out: a substitute, or everything back."""

import pytest

from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from tests.groupbuy.market import CAMPAIGN, DEPOSIT, ESCROW, FARM, LAN, MEI, Market
from tests.groupbuy.world import DAY_MS, HOUR_MS

PUT_UP = 5_000


def silent(market: Market, *units: int) -> tuple[list[str], int]:
    """An arrived campaign whose leader recorded nothing for a day; (orders, time of arrival)."""
    orders = market.arrived(*units)
    arrived_ms = market.now
    market.until(arrived_ms + DAY_MS - 10_000)
    assert market.events("leader_silent") == []
    market.until(arrived_ms + DAY_MS)
    assert market.events("leader_silent") == [[CAMPAIGN]]
    return orders, arrived_ms


def test_where_a_leader_says_nothing_every_fen_goes_back(market: Market) -> None:
    orders, arrived_ms = silent(market, 6, 4)
    market.until(arrived_ms + 32 * HOUR_MS)
    assert market.states(orders) == ["allotted", "allotted"]
    market.until(arrived_ms + 2 * DAY_MS)
    assert market.states(orders) == ["refunded", "refunded"]
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    assert market.events("stranded") == [[CAMPAIGN]]
    assert market.state() == "ending"
    market.later(7 * DAY_MS)
    assert market.balances() == {FARM: 1_000_000}


def test_who_acknowledged_her_goods_pays_for_them_and_the_others_do_not(market: Market) -> None:
    orders = market.arrived(6, 4)
    arrived_ms = market.now
    market.acknowledge(0)
    market.until(arrived_ms + DAY_MS)
    market.until(arrived_ms + 2 * DAY_MS)
    assert market.states(orders) == ["settled", "refunded"]
    assert market.split(orders[0]) == (4_698, 0, 270, 432, 469)
    assert market.refunded(orders[1]) == 4_000
    assert market.balance(MEI) == 0
    assert market.state() == "ending"


def test_a_substitute_serves_those_who_wait_and_earns_on_them(market: Market) -> None:
    orders, arrived_ms = silent(market, 5, 3, 2)
    market.until(arrived_ms + 30 * HOUR_MS)
    market.accept("platform", m.Substitute(CAMPAIGN, "lan"))
    named_ms = market.now
    assert market.campaign().leader == "lan"
    assert market.campaign().first_leader == "mei"
    market.refuse_hand(0, e.NotCampaignParty, "mei")
    market.until(named_ms + 8 * HOUR_MS)
    market.until(arrived_ms + 47 * HOUR_MS)
    market.hand(0, "lan")
    # She has been there for 18 hours: nobody counts as not having come before she was for 8 and 24.
    market.until(arrived_ms + 48 * HOUR_MS)
    assert market.states(orders) == ["collected", "allotted", "allotted"]
    assert market.events("reminder") == [[CAMPAIGN]] * 2, "who hands out now has a reminder of her own"
    market.until(arrived_ms + 61 * HOUR_MS)
    market.hand(1, "lan")
    market.until(named_ms + 32 * HOUR_MS)
    assert market.states(orders) == ["collected", "collected", "unclaimed"]
    market.later(2 * DAY_MS)
    assert market.states(orders) == ["settled"] * 3
    assert market.balance(LAN) == 900
    assert market.balance(MEI) == 0


def test_a_silent_substitute_does_not_hold_the_money_for_ever(market: Market) -> None:
    orders, arrived_ms = silent(market, 6, 4)
    market.until(arrived_ms + 47 * HOUR_MS)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    named_ms = market.now
    market.until(arrived_ms + 2 * DAY_MS)
    assert market.states(orders) == ["allotted", "allotted"]
    market.refuse("platform", m.Substitute(CAMPAIGN, "mei"), e.AlreadySubstituted)
    market.until(named_ms + DAY_MS)
    assert market.states(orders) == ["refunded", "refunded"]
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]


def test_a_leader_heard_of_late_goes_on(market: Market) -> None:
    orders, arrived_ms = silent(market, 6, 4)
    market.until(arrived_ms + 40 * HOUR_MS)
    assert market.states(orders) == ["allotted", "allotted"]
    market.hand(0)
    market.refuse("platform", m.Substitute(CAMPAIGN, "lan"), e.LeaderNotSilent)
    # The grace of who did not come was over while nobody was there; it ends with the time for a substitute.
    market.until(arrived_ms + 2 * DAY_MS)
    assert market.states(orders) == ["collected", "unclaimed"]
    market.later(2 * DAY_MS)
    assert market.states(orders) == ["settled", "settled"]


def served_then_silent(market: Market, *units: int) -> tuple[list[str], int]:
    """An arrived campaign whose leader hands the first parcel out and records nothing after the reminder; (orders,
    time of arrival).
    """
    orders = market.arrived(*units)
    arrived_ms = market.now
    market.hand(0)
    market.until(arrived_ms + 8 * HOUR_MS)
    assert market.events("reminder") == [[CAMPAIGN]]
    market.until(arrived_ms + 32 * HOUR_MS - 1)
    assert market.events("leader_silent") == []
    market.until(arrived_ms + 32 * HOUR_MS)
    assert market.events("leader_silent") == [[CAMPAIGN]]
    return orders, arrived_ms


def test_a_leader_not_heard_of_after_the_reminder_cannot_say_that_nobody_came(market: Market) -> None:
    orders, arrived_ms = served_then_silent(market, 6, 4)
    market.until(arrived_ms + 56 * HOUR_MS - 1)
    assert market.states(orders) == ["settled", "allotted"]
    market.until(arrived_ms + 56 * HOUR_MS)
    assert market.states(orders) == ["settled", "refunded"]
    assert market.refunded(orders[1]) == 4_000
    assert market.balance(MEI) == 540, "what she handed out she earned on"
    assert market.events("stranded") == [[CAMPAIGN]]


def test_a_substitute_takes_over_from_a_leader_who_stopped(market: Market) -> None:
    orders, arrived_ms = served_then_silent(market, 4, 3, 2, 1)
    market.accept("garden", m.Substitute(CAMPAIGN, "lan"))
    named_ms = market.now
    assert (market.campaign().reminded_ms, market.campaign().silent_ms) == (None, None)
    market.acknowledge(1)
    assert market.line(orders[1]).leader == "", "the substitute has recorded nothing yet"
    market.until(named_ms + HOUR_MS)
    market.hand(2, "lan")
    market.until(named_ms + 8 * HOUR_MS)
    market.attend("lan")
    market.until(arrived_ms + 56 * HOUR_MS)
    assert market.states(orders)[3] == "allotted", "the time for a substitute is over, and there is one"
    market.until(named_ms + 32 * HOUR_MS + 1_000)
    assert market.states(orders)[3] == "unclaimed"
    market.later(2 * DAY_MS)
    assert market.states(orders) == ["settled"] * 4
    assert (market.balance(MEI), market.balance(LAN)) == (360, 180 + 90)


def test_a_substitute_who_stops_as_well_holds_nobody_up(market: Market) -> None:
    orders, _ = served_then_silent(market, 6, 3, 1)
    market.accept("platform", m.Substitute(CAMPAIGN, "lan"))
    named_ms = market.now
    market.hand(1, "lan")
    market.until(named_ms + 8 * HOUR_MS)
    market.until(named_ms + 32 * HOUR_MS + 1_000)
    assert market.states(orders)[2] == "refunded"
    assert market.events("leader_silent") == [[CAMPAIGN]] * 2
    market.refuse("platform", m.Substitute(CAMPAIGN, "mei"), e.AlreadySubstituted)


def test_a_leader_heard_of_after_the_reminder_once_is_enough(market: Market) -> None:
    orders = market.arrived(6, 4)
    arrived_ms = market.now
    market.until(arrived_ms + 8 * HOUR_MS)
    market.hand(1)
    market.until(arrived_ms + 32 * HOUR_MS)
    assert market.events("leader_silent") == []
    assert market.states(orders)[0] == "unclaimed"


def test_what_she_recorded_in_the_reminders_own_block_came_before_it(market: Market) -> None:
    orders = market.arrived(6, 4)
    arrived_ms = market.now
    late = market.envelope("mei", m.Attend(CAMPAIGN), later_ms=8 * HOUR_MS)
    market.run([late], 8 * HOUR_MS)
    assert market.campaign().heard_ms == market.campaign().reminded_ms == arrived_ms + 8 * HOUR_MS
    market.later(DAY_MS)
    assert market.events("leader_silent") == [[CAMPAIGN]]
    assert market.states(orders) == ["allotted", "allotted"]


def test_a_leader_called_silent_after_the_reminder_can_come_back(market: Market) -> None:
    orders, arrived_ms = served_then_silent(market, 5, 3, 2)
    market.attend()
    market.refuse("platform", m.Substitute(CAMPAIGN, "lan"), e.LeaderNotSilent)
    market.until(arrived_ms + 50 * HOUR_MS)
    market.hand(1)
    market.until(arrived_ms + 56 * HOUR_MS)
    assert market.states(orders) == ["settled", "collected", "unclaimed"]
    assert market.campaign().silent_ms is None


def test_a_leader_who_handed_all_out_early_is_not_called_silent(market: Market) -> None:
    market.arrived(6, 4)
    arrived_ms = market.now
    market.hand(0)
    market.acknowledge(1)
    market.until(arrived_ms + 8 * HOUR_MS)
    market.until(arrived_ms + 32 * HOUR_MS)
    market.refuse("platform", m.Substitute(CAMPAIGN, "lan"), e.LeaderNotSilent)
    market.until(arrived_ms + 4 * DAY_MS)
    assert market.events("leader_silent") == []
    assert market.state() == "ending"


def test_a_leader_who_only_tries_codes_is_silent(market: Market) -> None:
    orders = market.arrived(6, 4)
    arrived_ms = market.now
    market.do("mei", m.Handle(CAMPAIGN), market.handing(0, code="0" * 16))
    market.until(arrived_ms + DAY_MS)
    market.later(DAY_MS)
    assert market.states(orders) == ["refunded", "refunded"]


def test_a_substitute_takes_over_what_never_arrived(market: Market) -> None:
    orders = market.allocated(6, 4)
    market.ship()
    market.until(market.campaign().terms.delivery_to_ms)
    market.refuse("platform", m.Substitute(CAMPAIGN, "lan"), e.LeaderNotSilent)
    market.later(DAY_MS)
    market.accept("platform", m.Substitute(CAMPAIGN, "lan"))
    market.arrive(leader="lan")
    market.hand(0, "lan")
    market.hand(1, "lan")
    market.later(DAY_MS)
    assert market.states(orders) == ["settled", "settled"]
    assert market.balance(LAN) == 900


@pytest.mark.parametrize("step", ["formed", "allocated", "shipped", "arrived", "handed"])
def test_after_any_step_silence_of_all_lets_every_fen_out(market: Market, step: str) -> None:
    if step == "formed":
        orders = market.formed(6, 4)
    elif step == "allocated":
        orders = market.allocated(6, 4, fill=7)
    elif step == "shipped":
        orders = market.allocated(6, 4, fill=7)
        market.ship()
    else:
        orders = market.arrived(6, 4, fill=7)
        if step == "handed":
            market.hand(0)
    for _ in range(14):
        market.later(DAY_MS)
    assert market.state() in ("cancelled", "closed")
    assert market.balance(ESCROW) == market.balance(DEPOSIT) == 0
    assert set(market.states(orders)) <= {"refunded", "settled"}
    assert sum(market.balances().values()) + sum(market.refunded(order) for order in orders) == 1_010_000
