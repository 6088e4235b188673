"""Money at the end: each line split to the fen among four, holdback and deposit kept a while, then all is paid out."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.context import Context
from ledger.modules.groupbuy import Lines
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.settling import split_line
from ledger.modules.payments.ports import Transfer, receipt_account
from tests.groupbuy.market import (
    CAMPAIGN,
    DEPOSIT,
    ESCROW,
    FARM,
    GUARANTEE,
    HOLDBACK,
    HUB,
    MEI,
    PLATFORM,
    Market,
    fresh,
)
from tests.groupbuy.world import DAY_MS, HOUR_MS

PUT_UP = 5_000
FARM_AT_FIRST = 1_000_000


def test_a_line_settles_when_its_window_is_over_and_not_before(market: Market) -> None:
    # 5,400 fen by 7,700 : 1,000 : 500 : 800 parts; a tenth of the seller's 4,158 is 415.8, of which 415 are kept.
    orders = market.arrived(6, 4)
    market.hand(0)
    over_ms = market.now + DAY_MS
    market.until(over_ms - 10)
    assert market.states(orders) == ["collected", "allotted"]
    market.until(over_ms)
    assert market.split(orders[0]) == (4_158, 540, 270, 432, 415)
    assert market.states(orders) == ["settled", "allotted"]
    assert market.balances() == {
        ESCROW: 3_600,
        DEPOSIT: PUT_UP,
        HOLDBACK: 415,
        FARM: FARM_AT_FIRST - PUT_UP + 4_158 - 415,
        MEI: 540,
        PLATFORM: 270,
        HUB: 432,
    }
    assert market.campaign().lines_left == 1


def test_every_division_adds_up_by_largest_remainder(market: Market) -> None:
    # 869 fen: 669.13, 86.9, 43.45, 69.52; the two missing fen go to the leader (.9) and to logistics (.52).
    orders = market.allocated(1, 9)
    market.pack("farm", m.Parcel(bytes.fromhex(orders[0]), 483))
    market.ship()
    market.arrive()
    market.hand(0)
    market.later(DAY_MS)
    assert market.split(orders[0]) == (669, 87, 43, 70, 66)
    assert market.balance(HOLDBACK) == 66


def test_a_whole_campaign_to_its_end(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1, returned=1, reason="damaged")
    market.later(DAY_MS)
    # 2,700: 2,079, 270, 135, 216; 207 kept.
    assert market.split(orders[1]) == (2_079, 270, 135, 216, 207)
    assert market.state() == "ending"
    assert market.balance(ESCROW) == 0
    assert market.balance(HOLDBACK) == 415 + 207
    assert market.balance(DEPOSIT) == PUT_UP
    ended_ms = market.now
    market.until(ended_ms + 7 * DAY_MS - 10_000)
    assert market.state() == "ending"
    market.later(10_000)
    assert market.state() == "closed"
    assert market.balances() == {
        FARM: FARM_AT_FIRST + 4_158 + 2_079,
        MEI: 540 + 270,
        PLATFORM: 270 + 135,
        HUB: 432 + 216,
    }
    assert [market.refunded(order) for order in orders] == [600, 400 + 900]
    assert market.events("ending") == market.events("closed") == [[CAMPAIGN]]


def test_what_no_leader_earned_is_the_sellers(market: Market) -> None:
    order = market.arrived(6, 4)[0]
    market.acknowledge(0)
    market.later(DAY_MS)
    assert market.split(order) == (4_698, 0, 270, 432, 469)
    assert market.balance(MEI) == 0


def test_without_logistics_its_part_is_the_sellers(market: Market) -> None:
    order = market.arrived(6, 4, logistics=None, shares=m.Shares(1_000, 500, 0))[0]
    market.hand(0)
    market.later(DAY_MS)
    assert market.split(order) == (4_590, 540, 270, 0, 459)


def test_without_holdback_and_deposit_nothing_is_kept(market: Market) -> None:
    market.arrived(6, 4, holdback_bp=0, deposit_fen=0)
    market.hand(0)
    market.hand(1)
    market.later(DAY_MS)
    assert market.balance(HOLDBACK) == market.balance(DEPOSIT) == market.balance(ESCROW) == 0
    assert market.balance(FARM) == FARM_AT_FIRST + 4_158 + 2_772
    market.later(7 * DAY_MS)
    assert market.state() == "closed"


def test_shares_may_be_all_or_nothing(market: Market) -> None:
    order = market.arrived(6, 4, shares=m.Shares(10_000, 0, 0))[0]
    market.hand(0)
    market.later(DAY_MS)
    assert market.split(order) == (0, 5_400, 0, 0, 0)


def test_a_line_settles_once_and_alone(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.later(2 * HOUR_MS)
    market.hand(1)
    market.later(22 * HOUR_MS)
    assert market.states(orders) == ["settled", "collected"]
    held = market.balances()
    market.later(HOUR_MS)
    assert market.balances() == held
    market.later(HOUR_MS)
    assert market.states(orders) == ["settled", "settled"]


def test_what_a_party_owes_is_paid_out_of_what_it_earns(market: Market) -> None:
    order = market.arrived(6, 4)[0]
    market.fund("platform", 10_000)
    with_money = Transfer(b"to the guarantee", PLATFORM, GUARANTEE, 10_000, "move")
    owed = Transfer(b"what mei has due", MEI, HUB, 400, "compensation")
    market.write(lambda ctx: market.money.move(ctx, [with_money]))
    market.write(lambda ctx: market.money.charge(ctx, owed, GUARANTEE))
    market.hand(0)
    market.later(DAY_MS)
    assert market.split(order)[1] == 540
    assert market.balance(MEI) == 140
    assert market.balance(GUARANTEE) == 10_000


def test_nothing_more_happens_to_a_closed_campaign(market: Market) -> None:
    market.arrived(6, 4)
    market.hand(0, returned=6, reason="other")
    market.hand(1)
    market.later(DAY_MS)
    market.later(8 * DAY_MS)
    assert market.state() == "closed"
    refused = e.CampaignStateRefused
    market.refuse("platform", m.Cancel(CAMPAIGN, "太晚"), refused)
    market.refuse("farm", m.Open(CAMPAIGN), refused)
    market.refuse("farm", m.Ship(CAMPAIGN, (market.trace_ship("late"),)), refused)
    market.refuse("mei", m.Arrive(CAMPAIGN, market.now), refused)
    market.refuse_hand(0, refused)
    market.refuse("mei", m.Handle(CAMPAIGN), refused, m.Dispose(bytes.fromhex(market.order("c1 0")), None))
    market.refuse(market.buyer("c1 0"), m.Order(CAMPAIGN), refused, m.Acknowledge())
    market.refuse("farm", m.Handle(CAMPAIGN), refused, m.Pack((m.Parcel(bytes.fromhex(market.order("c1 0")), 9),)))


# What claims do with lines.

LINES = Lines()


def test_a_disputed_line_waits_alone_and_settles_when_it_is_resolved(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.hand(1)
    market.write(lambda ctx: LINES.dispute(ctx, orders[0]))
    market.later(2 * DAY_MS)
    assert market.states(orders) == ["disputed", "settled"]
    assert market.state() == "arrived"
    market.write(lambda ctx: LINES.resolve(ctx, orders[0]))
    market.drain()
    assert market.states(orders) == ["settled", "settled"]
    assert market.split(orders[0]) == (4_158, 540, 270, 432, 415)
    assert market.state() == "ending"


def test_a_line_resolved_within_its_window_settles_when_that_is_over(market: Market) -> None:
    order = market.arrived(6, 4)[0]
    market.hand(0)
    over_ms = market.now + DAY_MS
    market.write(lambda ctx: LINES.dispute(ctx, order))
    market.write(lambda ctx: LINES.resolve(ctx, order))
    market.until(over_ms - 10)
    assert market.line(order).state == "collected"
    market.until(over_ms)
    assert market.line(order).state == "settled"


def test_what_a_claim_took_out_of_escrow_is_not_settled_again(market: Market) -> None:
    # 1,000 of 5,400 fen went to the buyer, 600 of them out of the line's own escrow: 4,800 are split.
    order = market.arrived(6, 4)[0]
    market.hand(0)
    receipt = market.line(order).receipt
    market.fund("platform", 400)

    def pay(ctx: Context) -> None:
        credit = receipt_account("bank", receipt)
        market.money.refund(ctx, Transfer(b"out of escrow...", ESCROW, credit, 600, "compensation"), receipt)
        market.money.refund(ctx, Transfer(b"by the platform.", PLATFORM, credit, 400, "compensation"), receipt)
        LINES.compensate(ctx, order, 1_000, 600)

    market.write(pay)
    assert LINES.remaining(market.line(order)) == 4_400
    market.later(DAY_MS)
    assert market.split(order) == (3_696, 480, 240, 384, 369)
    assert market.balance(ESCROW) == 3_600


def test_claims_find_lots_and_legs(market: Market) -> None:
    orders = market.arrived(6, 4)
    ctx = market.context()
    assert LINES.lots(ctx, CAMPAIGN) == tuple(portion.lot for portion in market.campaign().lots)
    assert LINES.legs(ctx, CAMPAIGN) == ("c1-1",)
    assert LINES.need(ctx, orders[0]) == market.line(orders[0])
    assert LINES.campaign(ctx, CAMPAIGN) == market.campaign()


@given(
    st.integers(0, 10**13),
    st.lists(st.integers(0, 10_000), min_size=3, max_size=3).filter(lambda parts: sum(parts) <= 10_000),
    st.booleans(),
    st.booleans(),
)
def test_splits_add_up_and_are_within_a_fen(fen: int, parts: list[int], led: bool, carried: bool) -> None:
    leader, platform, logistics = parts
    terms = fresh().draft(
        shares=m.Shares(leader, platform, logistics if carried else 0), logistics="hub" if carried else None
    )
    logistics = logistics if carried else 0
    found = split_line(terms, fen, led=led)
    assert sum(found) == fen
    assert min(found) >= 0
    exact = (10_000 - leader - platform - logistics, leader, platform, logistics)
    if not led:
        assert found.leader == 0
        exact = (exact[0] + leader, 0, platform, logistics)
    off = 2 if not led else 1
    for part, weight in zip(found, exact, strict=True):
        assert abs(part * 10_000 - fen * weight) < off * 10_000
