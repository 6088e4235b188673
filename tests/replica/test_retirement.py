"""A removed validator stays as long as somebody may need what it acknowledged (the rest: `tests/simulation`)."""

from network.replica.retirement import can_do_without

FOUR, THREE = ["a", "b", "c", "e"], ["a", "b", "c"]


def test_it_stays_until_an_honest_one_of_those_who_certify_holds_more_than_it_helped_to_order() -> None:
    assert not can_do_without(FOUR, 10, {})
    assert not can_do_without(FOUR, 10, dict.fromkeys(FOUR, 10))
    assert not can_do_without(FOUR, 10, {"a": 11, "b": 10}), "one of four may lie"
    assert can_do_without(FOUR, 10, {"a": 11, "b": 11})
    assert can_do_without(THREE, 10, {"a": 11}), "of three none may"
    assert can_do_without(["a"], 10, {"a": 11})


def test_whoever_does_not_certify_shows_nothing() -> None:
    assert not can_do_without(FOUR, 10, {"d": 99, "f": 99, "a": 11})
