"""At the pickup point: codes, returns on the spot, acknowledgement, goods nobody comes for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import WrongRole
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.pickup import TRIES_MAX
from ledger.modules.groupbuy.state import tries
from ledger.modules.payments import errors as payments
from ledger.modules.payments.messages import Receipt
from ledger.modules.payments.splitting import split
from ledger.modules.trace import messages as t
from tests.groupbuy.market import CAMPAIGN, ESCROW, FARM, MEI, Market
from tests.groupbuy.world import DAY_MS, HOUR_MS, MINUTE_MS

WRONG = "0" * 16


def test_goods_are_handed_over_against_the_code(market: Market) -> None:
    orders = market.arrived(6, 4)
    assert market.hand(0) == orders[0]
    row = market.line(orders[0])
    assert (row.state, row.leader, row.collected_ms) == ("collected", "mei", market.now)
    assert row.settle_ms == market.now + DAY_MS
    assert row.charged_fen == 5_400
    assert market.campaign().heard_ms == market.now
    market.refuse_hand(0, e.LineStateRefused)
    assert market.states(orders) == ["collected", "allotted"]


def test_what_does_not_perish_has_the_statutory_window(market: Market) -> None:
    market.arrived(6, 4, perishable=False)
    row = market.line(market.hand(1))
    assert row.settle_ms == market.now + 7 * DAY_MS


def test_wrong_codes_are_counted_and_the_sixth_try_is_locked(market: Market) -> None:
    orders = market.arrived(6, 4)
    for count in range(1, TRIES_MAX + 1):
        receipt = market.do("mei", m.Handle(CAMPAIGN), market.handing(0, code=WRONG))
        assert (receipt.code, receipt.details) == (e.WrongCode.number, [orders[0]])
        assert tries.get(market.context(), orders[0]) == count
    market.refuse_hand(0, e.CodeLocked)
    market.refuse_hand(0, e.CodeLocked, code=WRONG)
    assert market.states(orders) == ["allotted", "allotted"]
    assert market.hand(1) == orders[1]
    # The buyer is not at the mercy of a leader who tried codes.
    assert market.acknowledge(0) == orders[0]
    assert market.states(orders) == ["collected", "collected"]


def test_four_wrong_codes_do_not_lock(market: Market) -> None:
    market.arrived(6, 4)
    for _ in range(TRIES_MAX - 1):
        market.do("mei", m.Handle(CAMPAIGN), market.handing(0, code=WRONG))
    assert market.line(market.hand(0)).state == "collected"


def test_the_code_of_another_order_is_wrong(market: Market) -> None:
    market.arrived(6, 4)
    receipt = market.do("mei", m.Handle(CAMPAIGN), market.handing(0, code=market.code("c1 1")))
    assert receipt.code == e.WrongCode.number


def test_a_wrong_code_shows_in_no_journal_and_moves_nothing(market: Market) -> None:
    orders = market.arrived(6, 4)
    before, money = len(market.leaves_of(f"order:{orders[0]}")), market.balances()
    market.do("mei", m.Handle(CAMPAIGN), market.handing(0, code=WRONG))
    assert len(market.leaves_of(f"order:{orders[0]}")) == before
    assert market.balances() == money


def test_who_hands_over_and_when(market: Market) -> None:
    market.allocated(6, 4)
    market.formed(10, campaign="c2")
    market.refuse_hand(0, e.CampaignStateRefused)
    market.ship()
    market.refuse_hand(0, e.CampaignStateRefused)
    market.arrive()
    for stranger in ("lan", "farm", "hub", "platform"):
        market.refuse_hand(0, e.NotCampaignParty, stranger)
    foreign = m.HandOver(bytes.fromhex(market.order("c2 0")), market.code("c2 0"))
    market.refuse("mei", m.Handle(CAMPAIGN), e.OrderUnknown, foreign)
    market.refuse("mei", m.Handle("c9"), e.CampaignUnknown, foreign)


def test_some_of_it_handed_back_on_the_spot(market: Market) -> None:
    # 869 fen for one unit of 483 g; three of 2,698: one of them handed back is 2,698 / 3 = 899.33, 899 fen, and two
    # are 1,798.67, rounded up to 1,799.
    orders = market.allocated(1, 3, 6)
    weights = ((0, 483), (1, 1_499))
    market.pack("farm", *(m.Parcel(bytes.fromhex(orders[number]), grams) for number, grams in weights))
    market.ship()
    market.arrive()
    market.hand(1, returned=1, reason="damaged")
    row = market.line(orders[1])
    assert (row.state, row.returned, row.charged_fen) == ("collected", 1, 1_799)
    assert market.refunded(orders[1]) == 300 + 2 + 899
    market.hand(0, returned=1, reason="spoiled")
    row = market.line(orders[0])
    assert (row.state, row.returned, row.charged_fen) == ("refunded", 1, 0)
    assert market.refunded(orders[0]) == 1_000
    assert market.campaign().lines_left == 2
    assert market.balance(ESCROW) == 1_799 + 5_400
    market.refuse_hand(0, e.LineStateRefused)


def test_the_leader_says_that_she_is_there_with_what_is_left(market: Market) -> None:
    orders = market.allocated(6, 4)
    market.refuse("mei", m.Attend(CAMPAIGN), e.CampaignStateRefused)
    market.ship()
    market.arrive()
    for stranger in ("lan", "wen"):
        market.refuse(stranger, m.Attend(CAMPAIGN), e.NotCampaignParty)
    market.refuse("farm", m.Attend(CAMPAIGN), WrongRole)
    market.refuse("mei", m.Attend("c9"), e.CampaignUnknown)
    market.later(HOUR_MS)
    before = market.balances()
    market.attend()
    assert (market.campaign().heard_ms, market.balances()) == (market.now, before)
    assert market.states(orders) == ["allotted", "allotted"]
    assert market.leaves_of("member:mei")[-1].tag == "groupbuy.attend"
    assert all(leaf.tag != "groupbuy.attend" for order in orders for leaf in market.leaves_of(f"order:{order}"))


def test_when_all_is_handed_back_the_campaign_ends_and_the_price_stays(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0, returned=6, reason="quality")
    assert market.state() == "arrived"
    market.hand(1, returned=4, reason="wrong_item")
    assert market.state() == "ending"
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    market.later(7 * DAY_MS)
    assert market.state() == "closed"
    assert market.balances() == {FARM: 1_000_000}


def test_returns_are_counted_and_have_a_reason(market: Market) -> None:
    market.arrived(6, 4)
    market.refuse_hand(0, e.ReturnTooLarge, returned=7, reason="other")
    market.refuse_hand(0, e.ReturnReason, returned=1)
    market.refuse_hand(0, e.ReturnReason, reason="other")


@given(st.integers(0, 10**10), st.integers(1, 1_000), st.data())
def test_parts_handed_back_and_kept_add_up(fen: int, units: int, data: st.DataObject) -> None:
    returned = data.draw(st.integers(0, units))
    back, kept = split(fen, (returned, units - returned))
    assert back + kept == fen
    assert abs(back * units - fen * returned) < units
    assert returned or not back
    assert returned < units or not kept


def test_a_buyer_acknowledges_by_herself(market: Market) -> None:
    orders = market.arrived(6, 4)
    assert market.acknowledge(0) == orders[0]
    # Nobody has heard of the leader since the goods came: nobody earns her part.
    assert market.line(orders[0]).leader == ""
    market.later(MINUTE_MS)
    market.hand(1)
    assert market.states(orders) == ["collected", "collected"]
    market.refuse(market.buyer("c1 0"), m.Order(CAMPAIGN), e.LineStateRefused, m.Acknowledge())


def test_a_leader_who_serves_others_earns_on_what_is_acknowledged(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(1)
    market.acknowledge(0)
    assert market.line(orders[0]).leader == "mei"


def test_acknowledging_takes_goods_that_arrived_and_an_order_of_ones_own(market: Market) -> None:
    market.allocated(6, 4)
    act = m.Order(CAMPAIGN)
    market.refuse(market.buyer("c1 0"), act, e.CampaignStateRefused, m.Acknowledge())
    market.ship()
    market.arrive()
    market.refuse(market.buyer("somebody"), act, e.OrderUnknown, m.Acknowledge())
    market.refuse(market.buyer("c1 0"), m.Order("c9"), e.CampaignUnknown, m.Acknowledge())


def test_recalled_goods_are_not_handed_over(market: Market) -> None:
    market.arrived(6, 4)
    lot = market.campaign().lots[0].lot
    recall = market.envelope("farm", t.Recall((lot,), "农残", "residues"))
    hand = market.envelope("mei", m.Handle(CAMPAIGN), market.handing(0))
    receipts = market.run([recall, hand])
    assert [receipt.code for receipt in receipts] == [0, e.GoodsRecalled.number]
    market.drain()
    market.refuse_hand(1, e.CampaignStateRefused)


# Nobody comes.


def no_show(market: Market, *units: int) -> list[str]:
    """An arrived campaign whose first buyer came; the grace of the others is over."""
    orders = market.arrived(*units)
    arrived_ms = market.now
    market.hand(0)
    market.until(arrived_ms + 8 * HOUR_MS)
    assert market.events("reminder") == [[CAMPAIGN]]
    market.attend()
    market.until(arrived_ms + 32 * HOUR_MS - 10)
    assert "unclaimed" not in market.states(orders)
    market.until(arrived_ms + 32 * HOUR_MS)
    assert market.states(orders[1:]) == ["unclaimed"] * (len(orders) - 1)
    return orders


def test_who_does_not_come_is_reminded_then_her_goods_are_disposed_of(market: Market) -> None:
    orders = no_show(market, 6, 4)
    row = market.line(orders[1])
    assert (row.state, row.leader) == ("unclaimed", "mei")
    assert row.settle_ms is not None
    assert row.settle_ms - market.now in range(DAY_MS - 1_000, DAY_MS + 1)
    market.refuse_hand(1, e.LineStateRefused)
    proceeds = market.receipt(f"order:{orders[1]}", 1_234, "proceeds")
    market.accept("mei", m.Handle(CAMPAIGN), m.Dispose(bytes.fromhex(orders[1]), proceeds, "卖给食堂"))
    row = market.line(orders[1])
    assert (row.proceeds_fen, row.charged_fen) == (1_234, 3_600)
    assert row.disposed_ms == market.now
    # A yuan a unit when the price fell, and what her goods still brought.
    assert market.refunded(orders[1]) == 400 + 1_234
    market.later(DAY_MS)
    assert market.states(orders) == ["settled", "settled"]
    assert market.balance(ESCROW) == 0
    assert market.balance(MEI) == 900
    assert market.state() == "ending"


def test_goods_thrown_away_bring_nothing(market: Market) -> None:
    orders = no_show(market, 6, 4)
    market.accept("mei", m.Handle(CAMPAIGN), m.Dispose(bytes.fromhex(orders[1]), None, "坏了"))
    market.later(DAY_MS)
    assert market.states(orders) == ["settled", "settled"]
    assert market.refunded(orders[1]) == 400


def test_what_is_not_disposed_of_settles_as_well(market: Market) -> None:
    orders = no_show(market, 6, 4)
    market.later(DAY_MS)
    assert market.states(orders) == ["settled", "settled"]


def test_disposal_is_the_leaders_once_within_what_the_buyer_paid(market: Market) -> None:
    orders = no_show(market, 6, 4)
    order = bytes.fromhex(orders[1])

    def receipt(fen: int, number: str = "proceeds", custodian: str = "bank") -> Receipt:
        return market.receipt(f"order:{orders[1]}", fen, number, custodian)

    act = m.Handle(CAMPAIGN)
    market.refuse("lan", act, e.NotCampaignParty, m.Dispose(order, None))
    market.refuse("mei", act, e.LineStateRefused, m.Dispose(bytes.fromhex(orders[0]), None))
    market.refuse("mei", act, e.OrderUnknown, m.Dispose(bytes(16), None))
    market.refuse("mei", act, e.ProceedsTooLarge, m.Dispose(order, receipt(3_601)))
    market.refuse("mei", act, e.ReceiptCustodianWrong, m.Dispose(order, receipt(10, "other", "bank-2")))
    stranger = market.receipt(f"order:{orders[0]}", 10, "stranger")
    market.refuse("mei", act, payments.ReceiptForOther, m.Dispose(order, stranger))
    market.accept("mei", act, m.Dispose(order, receipt(3_600)))
    assert market.refunded(orders[1]) == 4_000
    market.refuse("mei", act, e.AlreadyDisposed, m.Dispose(order, None))
    market.later(DAY_MS)
    market.refuse("mei", act, e.CampaignStateRefused, m.Dispose(order, None))


def test_goods_still_waited_for_are_not_disposed_of(market: Market) -> None:
    orders = market.arrived(6, 4)
    market.hand(0)
    market.refuse("mei", m.Handle(CAMPAIGN), e.LineStateRefused, m.Dispose(bytes.fromhex(orders[1]), None))


def test_a_no_show_sweep_does_not_tell_who_did_not_come(market: Market) -> None:
    orders = no_show(market, 5, 3, 2)
    named = [
        {subject[0] for subject in leaf.subjects if subject[0].startswith("order:")}
        for leaf in market.leaves_of(f"order:{orders[0]}")
        if leaf.tag == "groupbuy.sweep" and b"no_show" in leaf.body
    ]
    assert named == [{f"order:{order}" for order in orders}]


@pytest.mark.parametrize("handed", [0, 1, 2])
def test_many_no_shows_are_worked_through_block_by_block(market: Market, handed: int) -> None:
    orders = market.arrived(*([1] * 40))
    market.hand(3)
    for number in range(handed):
        market.hand(10 + number)
    market.nobody_comes()
    assert market.states(orders).count("unclaimed") == 39 - handed
    market.later(DAY_MS)
    assert set(market.states(orders)) == {"settled"}
    assert market.state() == "ending"
