"""Opening a claim and taking it back: who, when, how much, how often; and what the public sees of it."""

import pytest

from ledger.modules.claims import errors as e
from ledger.modules.claims import messages as c
from ledger.modules.claims.messages import CLAIMS_MAX
from ledger.modules.claims.state import CLAIM_TRANSITIONS, WAITING
from ledger.modules.groupbuy.errors import OrderUnknown
from ledger.modules.trace import messages as t
from tests.claims.world import CAMPAIGN, DAY_MS, REASONS, Court


def test_a_claim_makes_its_line_wait_and_no_other(court: Court) -> None:
    orders = court.arrived(6, 4)
    for number in range(2):
        court.hand(number)
    court.claim(0, 5_400)
    claim = court.claim_of(orders[0])
    assert (claim.state, claim.fen, claim.cause, claim.evidence) == ("adjudicating", 5_400, "quality", (REASONS,))
    assert (claim.opened_ms, claim.due_ms) == (court.now, court.now + 3 * DAY_MS)
    assert court.states(orders) == ["disputed", "collected"]
    court.later(2 * DAY_MS)
    assert court.states(orders) == ["disputed", "settled"]


def test_the_window_ends_to_the_millisecond(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    ends_ms = court.line(order).settle_ms
    assert ends_ms == court.now + DAY_MS
    court.run([], ends_ms - 1_000 - court.now)
    receipt = court.do(court.buyer("c1 0"), c.OpenClaim(CAMPAIGN, "quality"), c.ClaimTerms(1))
    assert (court.now, receipt.code) == (ends_ms, e.NotClaimable.number), "over in the block whose time it is"
    assert court.states([order]) == ["settled"], "by the timer of the same block"


def test_the_last_moment_counts(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    ends_ms = court.line(order).settle_ms
    assert ends_ms is not None
    court.run([], ends_ms - 1_001 - court.now)
    court.claim()
    assert court.states([order]) == ["disputed"]
    court.later(DAY_MS)
    assert court.states([order]) == ["disputed"], "though its window is over"


def test_what_is_not_in_hand_cannot_be_claimed_on(court: Court) -> None:
    orders = court.arrived(6, 4)
    assert court.refuse_claim(e.NotClaimable) == [orders[0]]
    court.hand(0, returned=6, reason="damaged")
    assert court.refuse_claim(e.NotClaimable) == [orders[0]], "handed back on the spot"
    court.hand(1)
    court.later(2 * DAY_MS)
    assert court.states(orders) == ["refunded", "settled"]
    assert court.refuse_claim(e.NotClaimable, 1) == [orders[1]]


def test_unknown_orders_and_other_campaigns(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    assert court.refuse_claim(OrderUnknown, 7)
    assert court.refuse_claim(e.OrderElsewhere, campaign="c2") == [order, "c2"]
    court.refuse(court.buyer("c1 0"), c.WithdrawClaim("c2"), e.NoOpenClaim)


def test_never_more_than_was_paid_and_not_paid_back(court: Court) -> None:
    orders = court.arrived(6, 4)
    court.endow(floated=10_000)
    court.hand(0, returned=1, reason="damaged")
    assert court.line(orders[0]).charged_fen == 4_500
    assert court.refuse_claim(e.OverClaim, fen=4_501) == [orders[0]]
    court.claim(fen=4_500)
    court.pay(orders[0], 4_000)
    court.withdraw()
    assert court.refuse_claim(e.OverClaim, fen=501) == [orders[0]]
    court.claim(fen=500)


def test_one_at_a_time_and_no_more_than_four(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    for number in range(1, CLAIMS_MAX + 1):
        court.claim()
        assert court.claim_of(order, number).state == "adjudicating"
        assert court.refuse_claim(e.NotClaimable) == [order]
        court.withdraw()
        assert court.claim_of(order, number).state == "withdrawn"
    assert court.refuse_claim(e.TooManyClaims) == [order, str(CLAIMS_MAX)]


def test_a_withdrawn_claim_leaves_the_line_as_it_was(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    court.claim()
    court.withdraw()
    assert court.claim_of(order).closed_ms == court.now
    court.refuse(court.buyer("c1 0"), c.WithdrawClaim(CAMPAIGN), e.NoOpenClaim)
    court.later(DAY_MS)
    assert court.states([order]) == ["settled"]
    assert court.split(order) == (6_930, 900, 450, 720, 693)


def test_withdrawn_after_the_window_it_settles_at_once(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    court.claim()
    court.later(DAY_MS + 1)
    court.withdraw()
    court.drain()
    assert court.states([order]) == ["settled"]


def test_recalled_goods_are_not_claimed_on(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    court.accept("farm", t.Recall((court.campaign().lots[0].lot,), "农残", "Residue"))
    court.drain()
    assert court.refuse_claim(e.NotClaimable) == [order]


def test_while_a_recall_is_on_its_way_through_many_lines(court: Court) -> None:
    """Seventy lines take more than one block; those that wait for their turn can do nothing any more."""
    orders = court.arrived(*[1] * 70)
    court.endow(floated=5_000)
    court.hand(68)
    court.hand(69)
    court.claim(69, 100)
    court.accept("farm", t.Recall((court.campaign().lots[0].lot,), "农残", "Residue"))
    assert court.states(orders[68:]) == ["collected", "disputed"], "not reached yet"
    late = c.OpenClaim(CAMPAIGN, "quality"), c.ClaimTerms(100)
    claimed = court.envelope(court.buyer("c1 68"), *late)
    paid = court.envelope("mei", c.Pay(CAMPAIGN), court.payment(orders[69], 100))
    codes = [receipt.code for receipt in court.run([claimed, paid], 1)]
    assert codes == [e.NotClaimable.number, e.NoOpenClaim.number]
    court.drain()
    assert court.states(orders[68:]) == ["refunded", "refunded"]
    assert court.claim_of(orders[69]).state == "recalled"


def test_the_public_learns_cause_and_campaign_and_no_more(court: Court) -> None:
    (order,) = court.arrived(10)
    court.hand(0)
    court.endow(floated=5_000)
    court.claim(fen=4_321)
    court.pay(order, 1_234)
    court.adjudicate(order, 3_210, "farm")
    assert court.events("claim_opened") == [[CAMPAIGN, "quality"]]
    assert court.events("claim_paid") == [[CAMPAIGN]]
    assert court.events("claim_decided") == [[CAMPAIGN]]
    rows = {key: value for key, value in court.memory.values.items() if key.startswith(b"claims/")}
    assert {key.split(b"/")[1] for key in rows} == {b"claim", b"laid_out"}
    assert all(len(value) == 34 for value in rows.values()), "commitments of 32 bytes"
    for leaf in court.leaves:
        assert not any(fen in leaf for fen in (b"\xcd\x10\xe1", b"\xcd\x04\xd2", b"\xcd\x0c\x8a"))


@pytest.mark.parametrize("state", CLAIM_TRANSITIONS)
def test_the_table_has_no_state_without_a_way_out(state: str) -> None:
    reached = {state}
    while new := {after for one in reached for after in CLAIM_TRANSITIONS[one].values()} - reached:
        reached |= new
    assert any(not CLAIM_TRANSITIONS[one] for one in reached)
    assert (state in WAITING) == (bool(CLAIM_TRANSITIONS[state]) and state != "opened")
