"""Where a block stands in the consensus log, as its state and its header leaf tell it."""

import pytest
from msgspec.structs import replace

from ledger.block import Leaf, Position, decode_leaf, position_of
from ledger.crypto.encoding import Malformed, decode
from tests.ledger.toy import ToyChain

AT = Position(3, 9, bytes(32), ("farm", "hub"), ("hub", "platform"))


def header(details: list[object], kind: int = 2) -> Leaf:
    return Leaf(kind, b"", b"", (1, 1, 0, details), [])


def test_a_header_tells_the_position() -> None:
    assert position_of(header(AT.details())) == AT
    block = ToyChain().block()
    stored = block.changes.values[b"consensus/position/"]
    assert stored is not None
    assert position_of(decode_leaf(block.leaves[-1])) == decode(stored, Position) == Position(1, 1)


@pytest.mark.parametrize(
    "details",
    [
        [],
        [3, 9],
        [3, 9, bytes(32), ["farm"]],
        [3, 9, bytes(32), ["farm"], [], 0],
        [-1, 9, bytes(32), ["farm"], []],
        [3, "9", bytes(32), ["farm"], []],
        [3, 9, "text", ["farm"], []],
        [3, 9, bytes(32), "farm", []],
        [3, 9, bytes(32), [b"farm"], []],
    ],
)
def test_a_header_that_tells_none_is_refused(details: list[object]) -> None:
    with pytest.raises(Malformed):
        position_of(header(details))


def test_only_headers_tell_positions() -> None:
    with pytest.raises(Malformed):
        position_of(header(AT.details(), kind=1))
    assert replace(AT, outgoing=()) != AT
