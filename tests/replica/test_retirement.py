"""A removed validator stays as long as somebody may need what it acknowledged, and no longer."""

from consensus.voters import Voters
from network.replica.retirement import LEADERLESS_TICKS, LINGER_TICKS, Retirement

BEFORE, AFTER = Voters(("a", "b", "c", "d")), Voters(("a", "b", "c", "e"))


def test_it_stays_until_a_quorum_of_those_who_stay_has_certified_more() -> None:
    retirement = Retirement("d")
    assert not retirement.is_due("a", BEFORE, 10, {"a": 11, "b": 11, "c": 11})
    assert not retirement.is_due("a", AFTER, 10, {"a": 11, "b": 11, "c": 10})
    assert not retirement.is_due("a", AFTER, 12, {"a": 11, "b": 11, "d": 11})
    assert retirement.is_due("a", AFTER, 12, {"a": 11, "b": 11, "e": 11})


def test_it_does_not_wait_for_ever() -> None:
    out, led_by_nobody = Retirement("d"), Retirement("d")
    assert [out.is_due("a", AFTER, 10, {}) for _ in range(LINGER_TICKS)].index(True) == LINGER_TICKS - 1
    waited = [led_by_nobody.is_due("", BEFORE, 10, {}) for _ in range(LEADERLESS_TICKS)]
    assert waited.index(True) == LEADERLESS_TICKS - 1
