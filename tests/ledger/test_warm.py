"""Executing through what is remembered gives the same blocks as reading everything anew."""

import pytest

from ledger.storage.warm import DEPTH_MAX, VALUES_BYTES_MAX, Newest, Values
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
    assert any(0 < len(path) <= DEPTH_MAX for path in bottom.nodes)


def test_nodes_near_the_root_are_read_once() -> None:
    chain, top = ToyChain(), Newest()
    asked: list[bytes] = []
    real = chain.state.node

    def counting(path: bytes) -> bytes | None:
        asked.append(path)
        return real(path)

    chain.state.node = counting  # type: ignore[method-assign]  # counts what reaches the state below
    for step in range(5):
        chain.reader = top.over(chain.state)
        top.follow(chain.block(*[chain.sign(Put(f"k{step}-{number}", "x")) for number in range(50)]))
    near = [path for path in asked if len(path) <= DEPTH_MAX]
    assert len(near) == len(set(near))


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


def test_values_are_read_once() -> None:
    values = Values(VALUES_BYTES_MAX)
    asked: list[bytes] = []

    def read(key: bytes) -> bytes:
        asked.append(key)
        return b"value of " + key

    assert [values.get(key, read) for key in (b"x", b"y", b"x")] == [b"value of x", b"value of y", b"value of x"]
    assert asked == [b"x", b"y"]
