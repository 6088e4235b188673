"""Executing through what is remembered gives the same blocks as reading everything anew."""

import pytest

from ledger.storage.warm import VALUES_BYTES_MAX, Newest, Values
from tests.ledger.toy import Drop, Put, ToyChain


@pytest.mark.parametrize("bytes_max", [0, 2_000, 20_000, VALUES_BYTES_MAX])
def test_the_same_checkpoints_come_out_warm_and_cold(bytes_max: int) -> None:
    cold, warm = ToyChain(), ToyChain()
    top = Newest(bytes_max)
    bottom = warm.state
    for step in range(12):
        for chain in (cold, warm):
            actions = [Put(f"k{step}-{number}", "x") for number in range(40)]
            drops = [Drop(f"k{step - 2}-{number}") for number in range(40)] if step > 1 else []
            if chain is warm:
                chain.reader = top.over(bottom)
            block = chain.block(*[chain.sign(action) for action in (*actions, *drops)])
            if chain is warm:
                top.follow(block)
        assert cold.head == warm.head


def test_what_was_deleted_does_not_come_back() -> None:
    values, stored = Values(100), {b"a": b"old", b"b": b"kept"}
    assert values.get(b"a", stored.get) == b"old"
    values.update({bytes([number]): bytes(100) for number in range(3)})
    values.update({b"a": None})
    assert values.get(b"a", {b"a": b"old"}.get) is None
    del stored[b"a"]
    for _ in range(4):
        values.update({bytes(3): bytes(200)})
        assert values.get(b"a", stored.get) is None
        assert values.get(b"b", stored.get) == b"kept"


def test_values_and_that_there_is_none_are_read_once() -> None:
    values = Values(VALUES_BYTES_MAX)
    asked: list[bytes] = []

    def read(key: bytes) -> bytes | None:
        asked.append(key)
        return None if key == b"none" else b"value of " + key

    given = [values.get(key, read) for key in (b"x", b"none", b"y", b"x", b"none")]
    assert given == [b"value of x", None, b"value of y", b"value of x", None]
    assert asked == [b"x", b"none", b"y"]
    values.update({b"none": b"now"})
    assert values.get(b"none", read) == b"now"
