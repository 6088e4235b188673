"""Parts add up to the whole, each within a fen of its exact share."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.modules.payments.splitting import split

WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, (1, 1, 1), (34, 33, 33)),
        (101, (1, 1, 1), (34, 34, 33)),
        (7, (0, 5, 5), (0, 4, 3)),
        (0, (3, 4), (0, 0)),
        (1, (1, 9_999), (0, 1)),
        (1_999, (8_500, 800, 500, 200), (1_699, 160, 100, 40)),
    ],
)
def test_examples(amount: int, weights: tuple[int, ...], parts: tuple[int, ...]) -> None:
    assert split(amount, weights) == parts


@given(st.integers(0, 10**13), WEIGHTS)
def test_parts_add_up_and_are_near_their_exact_shares(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert weight or not part


@given(st.integers(0, 10**6), WEIGHTS, st.integers(0, 7), st.integers(0, 7))
def test_larger_remainders_come_first_and_equal_ones_in_order(
    amount: int, weights: list[int], one: int, other: int
) -> None:
    one, other = sorted((one % len(weights), other % len(weights)))
    parts, whole = split(amount, weights), sum(weights)
    up = [part - amount * weight // whole for part, weight in zip(parts, weights, strict=True)]
    rest = [amount * weight % whole for weight in weights]
    if rest[one] >= rest[other]:
        assert up[one] >= up[other]
    else:
        assert up[one] <= up[other]


@pytest.mark.parametrize(("amount", "weights"), [(-1, (1,)), (1, (0, 0)), (1, (2, -1))])
def test_what_cannot_be_split_is_a_fault_of_ours(amount: int, weights: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError):
        split(amount, weights)
