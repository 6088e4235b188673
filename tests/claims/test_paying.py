"""What the leader pays at once: out of the float or her own money, within caps, once, and repaid within a day."""

import pytest

from ledger.modules.claims import errors as e
from ledger.modules.claims import messages as c
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments.errors import NotEnough
from ledger.modules.payments.messages import Expire, Overdue
from ledger.modules.payments.state import transfers
from ledger.transaction import make_transaction
from tests.claims.world import CAMPAIGN, DAY_MS, FLOAT, HOUR_MS, Court
from tests.groupbuy.market import GUARANTEE, MEI
from tests.registry.chain import key_of


@pytest.fixture
def claimed(court: Court) -> tuple[Court, str]:
    """One order over 9,000 fen, collected, with a claim of 4,000."""
    (order,) = court.arrived(10)
    court.hand(0)
    court.claim(fen=4_000)
    return court, order


def test_the_buyer_is_paid_at_once_out_of_the_float(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(floated=5_000)
    before = court.refunded(order)
    court.pay(order, 3_000)
    assert court.refunded(order) - before == 3_000
    assert court.available(FLOAT) == 2_000
    claim, line = court.claim_of(order), court.line(order)
    assert (claim.paid_fen, claim.leader, claim.own, claim.paid_ms) == (3_000, "mei", False, court.now)
    assert (line.state, line.compensated_fen, line.borne_fen) == ("disputed", 3_000, 0)


def test_a_claim_is_paid_once(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(floated=10_000)
    assert court.refuse_pay(order, 4_001, e.PaysTooMuch) == [CAMPAIGN]
    court.pay(order, 1)
    assert court.refuse_pay(order, 1, e.PaidAlready) == [CAMPAIGN]
    assert court.refuse_pay(order, 3_999, e.PaidAlready) == [CAMPAIGN]


def test_only_its_leader_pays_and_only_a_claim_that_waits(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(floated=10_000)
    assert court.refuse_pay(order, 1, e.NotItsLeader, leader="wen") == [CAMPAIGN, "wen"]
    assert court.refuse_pay("00" * 16, 1, e.NoOpenClaim) == [CAMPAIGN]
    court.refuse("mei", c.Pay("c2"), e.NoOpenClaim, court.payment(order, 1))
    court.adjudicate(order, 0)
    assert court.refuse_pay(order, 1, e.NoOpenClaim) == [CAMPAIGN]


def test_the_float_is_the_leaders_own_and_cannot_be_overdrawn(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.refuse_pay(order, 1, NotEnough)
    court.endow(floated=99)
    court.refuse_pay(order, 100, NotEnough)
    court.pay(order, 99)
    assert court.available(FLOAT) == 0


def test_one_orders_claims_share_one_cap(court: Court) -> None:
    orders = court.arrived(20, ladder=(m.Tier(1, 1_000),))
    assert court.line(orders[0]).charged_fen == 20_000
    court.hand(0)
    court.endow(floated=50_000)
    court.claim(0, 12_000)
    court.pay(orders[0], 12_000)
    court.withdraw(0)
    court.claim(0, 8_000)
    court.pay(orders[0], 8_000)
    assert court.refunded(orders[0]) == 20_000, "exactly the cap"


def test_the_cap_of_an_order_is_kept(court: Court) -> None:
    orders = court.arrived(10, ladder=(m.Tier(1, 3_000),))
    court.hand(0)
    court.endow(floated=50_000)
    court.claim(0, 30_000)
    assert court.refuse_pay(orders[0], 20_001, e.OverOrderCap) == [CAMPAIGN]
    court.pay(orders[0], 15_000)
    court.withdraw(0)
    court.claim(0, 15_000)
    assert court.refuse_pay(orders[0], 5_001, e.OverOrderCap) == [CAMPAIGN]
    court.pay(orders[0], 5_000)


def test_the_cap_of_a_day_ends_at_midnight_in_china(court: Court) -> None:
    orders = court.arrived(*[5] * 12, ladder=(m.Tier(1, 4_000),))
    for number in range(12):
        court.hand(number)
    court.endow(floated=500_000)
    day = (court.now + 8 * HOUR_MS) // DAY_MS
    for number in range(10):
        court.claim(number, 20_000)
        court.pay(orders[number], 20_000)
    court.claim(10, 20_000)
    assert court.refuse_pay(orders[10], 1, e.OverDayCap) == ["mei"]
    midnight_ms = (day + 1) * DAY_MS - 8 * HOUR_MS
    court.run([], midnight_ms - 2_000 - court.now)
    assert court.refuse_pay(orders[10], 1, e.OverDayCap) == ["mei"], "a second before"
    court.pay(orders[10], 20_000)
    assert court.now == midnight_ms


def test_her_own_money_only_if_she_is_willing(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(guarantee=10_000, own=5_000)
    court.accept("mei", c.OptIn(False))
    assert court.refuse_pay(order, 100, e.NotWilling, own=True) == ["mei"]
    court.accept("mei", c.OptIn(True))
    court.pay(order, 100, own=True)
    assert court.balance(MEI) == 4_900


def test_willingness_is_each_leaders_own_word(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(guarantee=10_000)
    court.accept("lan", c.OptIn(True))
    assert court.refuse_pay(order, 100, e.NotWilling, own=True) == ["mei"]


def test_her_own_money_is_back_after_a_day_whatever_was_decided(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(guarantee=10_000, own=5_000)
    court.pay(order, 4_000, own=True)
    paid_ms = court.now
    assert (court.balance(MEI), court.balance(GUARANTEE), court.available(GUARANTEE)) == (1_000, 10_000, 6_000)
    court.until(paid_ms + DAY_MS - 1)
    assert court.balance(MEI) == 1_000
    court.until(paid_ms + DAY_MS)
    assert (court.balance(MEI), court.balance(GUARANTEE), court.available(GUARANTEE)) == (5_000, 6_000, 6_000)
    court.adjudicate(order, 4_000, "farm")
    assert court.balance(GUARANTEE) == 10_000, "the seller's escrow repays who stood in"


@pytest.mark.parametrize("award", [0, 2_500, 4_000])
def test_decided_before_the_day_is_over_she_still_has_it_all_back(claimed: tuple[Court, str], award: int) -> None:
    court, order = claimed
    court.endow(guarantee=10_000, own=5_000)
    court.pay(order, 3_000, own=True)
    court.adjudicate(order, award, "farm")
    court.later(DAY_MS)
    assert court.balance(MEI) == 5_000 + court.split(order)[1]
    assert court.balance(GUARANTEE) == 10_000 - 3_000 + min(award, 3_000)


def test_what_the_guarantee_cannot_cover_she_need_not_lay_out(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(guarantee=2_999, own=5_000)
    court.refuse_pay(order, 3_000, NotEnough, own=True)
    court.pay(order, 2_999, own=True)
    assert court.available(GUARANTEE) == 0


def test_her_own_money_counts_for_the_caps(court: Court) -> None:
    orders = court.arrived(10, ladder=(m.Tier(1, 3_000),))
    court.hand(0)
    court.endow(guarantee=50_000, floated=50_000, own=50_000)
    court.claim(0, 30_000)
    assert court.refuse_pay(orders[0], 20_001, e.OverOrderCap, own=True) == [CAMPAIGN]
    court.pay(orders[0], 20_000, own=True)
    court.withdraw(0)
    court.claim(0, 10_000)
    assert court.refuse_pay(orders[0], 1, e.OverOrderCap) == [CAMPAIGN]


def test_withdrawn_what_she_paid_stays_paid_and_she_is_repaid(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(guarantee=10_000, own=5_000)
    court.pay(order, 3_000, own=True)
    court.withdraw()
    court.later(DAY_MS)
    assert court.states([order]) == ["settled"]
    assert court.split(order) == (6_930, 900, 450, 720, 693), "the seller bears nothing"
    assert (court.balance(MEI), court.balance(GUARANTEE)) == (5_900, 7_000)


def test_a_leader_of_the_same_community_is_not_its_leader(claimed: tuple[Court, str]) -> None:
    court, order = claimed
    court.endow(floated=1_000)
    assert court.refuse_pay(order, 1, e.NotItsLeader, leader="lan") == [CAMPAIGN, "lan"]


def test_a_hold_that_somebody_let_expire_is_paid_all_the_same(claimed: tuple[Court, str]) -> None:
    """The network stood still for three days: what is due runs after the transactions of the first block."""
    court, order = claimed
    court.endow(guarantee=10_000, own=5_000)
    court.pay(order, 3_000, own=True)
    rows = transfers.scan(court.context(), limit=10_000)
    (held,) = [key for key, row in rows if row.state == "pending" and row.why == "repayment"]
    later_ms = court.now + 3 * DAY_MS
    part, chain = Overdue(bytes.fromhex(held)), court.genesis.chain_id
    late = make_transaction(key_of("farm"), chain, Expire(), bytes(16), later_ms + 60_000, part, bytes(32))
    assert court.run([late], 3 * DAY_MS)[0].code == 0
    court.drain()
    assert court.balance(MEI) == 5_000 + court.split(order)[1]
    assert court.balance(GUARANTEE) == 7_000 - 1_000, "and the claim lapsed in the meantime"


def test_the_substitute_pays_and_whom_she_replaced_does_not(court: Court) -> None:
    orders = court.arrived(6, 4)
    court.acknowledge(0)
    court.endow(floated=1_000)
    court.later(DAY_MS)
    court.accept("platform", m.Substitute(CAMPAIGN, "lan"))
    court.hand(1, leader="lan")
    court.claim(1, 500)
    assert court.line(orders[1]).leader == "lan"
    court.refuse_pay(orders[1], 500, e.NotItsLeader, leader="mei")
    court.refuse_pay(orders[1], 500, NotEnough, leader="lan")
