"""Dividing whole fen so that the parts add up to the whole."""

from collections.abc import Sequence


def split(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`amount` in proportion to `weights`, by largest remainder: the parts add up to it exactly.

    Each part is first rounded down; what is left goes one by one to the largest remainders, the first of equals
    first. So a part is never a whole fen away from its exact share, and a weight of 0 gets nothing. Requires
    `amount` >= 0, weights >= 0, and one of them above 0.
    """
    whole = sum(weights)
    assert amount >= 0 and whole > 0 and min(weights) >= 0, (amount, tuple(weights))
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda place: -(amount * weights[place] % whole))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
