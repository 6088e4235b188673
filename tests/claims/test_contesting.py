"""What becomes of the rule's finding: it stands, is contested in time or too late, or the records change."""

from ledger.modules.claims import errors as e
from ledger.modules.claims import messages as c
from ledger.modules.trace import messages as t
from tests.claims.world import CAMPAIGN, COOL, DAY_MS, MINUTE_MS, Court


def found(court: Court, order: str) -> tuple[str, str]:
    """(state, liable) of an order's first claim."""
    claim = court.claim_of(order)
    return claim.state, claim.liable


def test_a_finding_stands_when_nobody_contests_it(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    court.until(court.claim_of(order).due_ms - 1)
    assert found(court, order) == ("provisional", "hub")
    court.later(1)
    assert found(court, order) == ("decided", "hub")
    assert court.claim_of(order).award_fen == 9_000


def test_contested_in_time_it_goes_to_the_adjudicator(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    said = c.Contested(bytes.fromhex(order), bytes(32))
    assert court.refuse("shop", c.Contest(CAMPAIGN), e.NotLiable, said) == [CAMPAIGN, "shop"]
    assert court.refuse_verdict(order, 0, "", e.ClaimStateRefused) == [CAMPAIGN, "adjudicate"]
    court.contest(order)
    claim = court.claim_of(order)
    assert (claim.state, claim.due_ms, claim.reasons) == ("contested", court.now + 3 * DAY_MS, b"\x01" * 32)
    assert court.refuse("hub", c.Contest(CAMPAIGN), e.ClaimStateRefused, said) == [CAMPAIGN, "contest"]
    court.later(2 * DAY_MS)
    assert found(court, order) == ("contested", "hub"), "the finding's own time limit has no say any more"
    court.adjudicate(order, 0)
    assert found(court, order) == ("decided", "")


def test_contested_too_late(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    court.run([], court.claim_of(order).due_ms - 1_000 - court.now)
    said = c.Contested(bytes.fromhex(order), bytes(32))
    receipt = court.do("hub", c.Contest(CAMPAIGN), said)
    assert (receipt.code, receipt.details) == (e.TooLate.number, [CAMPAIGN, "contest"])
    assert found(court, order) == ("decided", "hub"), "in the same block"
    court.drain()
    court.refuse("hub", c.Contest(CAMPAIGN), e.NoOpenClaim, said)


def test_a_finding_whose_readings_are_declared_wrong_meanwhile_does_not_stand(court: Court) -> None:
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    court.accept("hub", t.DeclareReadingsError("cold", 1, 1, "incorrect_data", ""))
    court.later(DAY_MS)
    assert found(court, order) == ("adjudicating", "hub")
    assert court.events("claim_referred") == [[CAMPAIGN]]
    court.later(3 * DAY_MS)
    assert found(court, order) == ("lapsed", "")


def test_readings_that_come_late_end_the_silence(court: Court) -> None:
    court.formed_chilled(10, reading_gap_ms=30 * MINUTE_MS)
    court.loaded()
    court.received()
    order = court.hand(0)
    court.claim(0, 9_000, "spoiled")
    assert found(court, order) == ("provisional", "hub")
    court.say(court.shipped_ms, COOL, 120)
    court.later(DAY_MS)
    assert found(court, order) == ("adjudicating", "hub")


def test_nothing_happens_at_the_old_limit_after_standing_still_for_a_week(court: Court) -> None:
    """Contested, then no block until both limits are over: the adjudicator's counts."""
    (order,) = court.warm_ride(10)
    court.claim(0, 9_000, "spoiled")
    court.contest(order)
    court.until(court.now + 7 * DAY_MS)
    assert found(court, order) == ("lapsed", "")
