"""What the public sees of money is the same whatever the amounts are, and no receipt's number is in it."""

import re
from typing import Any

import msgspec

from ledger.block import decode_leaf
from ledger.crypto.encoding import encode
from ledger.modules.payments import messages as m
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import ReceiptUsed
from ledger.state import Table
from tests.payments.story import tell
from tests.payments.world import World, number_of

RESTRICTED = (s.accounts, s.transfers, s.pages, s.receivables, s.notices, s.noticed, s.days)
PUBLIC = (s.due, s.agreements)

ID = re.compile(r"[0-9a-f]{32}")
"""Ids of withdrawals and moves come from their transaction, whose commitment hides the amount."""


def public_body(raw: bytes) -> Any:
    """What a leaf's body says, without key, nonce and commitment; of a timer all but its random id."""
    body = msgspec.msgpack.decode(raw)
    if isinstance(body, list) and len(body) == 7:
        return [*body[4:6], body[6] is None]
    return body[0] if isinstance(body, list) else body


def public_sight(world: World) -> tuple[list[Any], list[str], list[Any]]:
    """Leaves without what commits to secrets, names of state keys, and values of tables that are not restricted."""
    leaves = [decode_leaf(raw) for raw in world.leaves]
    seen = [[leaf.kind, public_body(leaf.body), leaf.outcome, leaf.subjects] for leaf in leaves if leaf.kind != 2]
    names = sorted(ID.sub("#", key.decode()) for key in world.rows())
    ctx = world.context()
    open_ones = [[key, [each.issued_ms for each in page]] for key, page in s.due.scan(ctx)]
    return seen, names, [*open_ones, *s.agreements.scan(ctx)]


def test_the_public_cannot_tell_amounts_apart() -> None:
    one, other = public_sight(tell(100)), public_sight(tell(7_919))
    assert one[0] == other[0]
    assert one[1:] == other[1:]
    assert len(one[0]) > 30
    assert len(one[1]) > 50


def test_rows_with_money_are_commitments() -> None:
    world = tell(100)
    covered = 0
    for key, value in world.rows().items():
        table: Table[Any] = next(table for table in (*RESTRICTED, *PUBLIC) if key.startswith(table.prefix))
        assert table.restricted == (table in RESTRICTED)
        if table.restricted:
            covered += 1
            assert len(msgspec.msgpack.decode(value)) == 32
            assert len(world.memory.hidden[key]) > 32
    assert covered > 50
    assert {table for table in RESTRICTED if any(key.startswith(table.prefix) for key in world.rows())} == {*RESTRICTED}


def test_no_receipts_number_is_public() -> None:
    world = tell(100)
    rows = dict(s.accounts.scan(world.context()))
    numbers = [row.receipt.number for row in rows.values() if row.receipt is not None]
    assert number_of("the order's") in numbers
    public = [*world.leaves, *world.memory.values, *world.memory.values.values()]
    for number in numbers:
        assert not any(number in text or number.hex().encode() in text for text in public)


def test_amounts_of_refused_records_are_not_public() -> None:
    """An amount that stands nowhere else is found in no leaf and in no public value."""
    fen = 0x1234567
    world = World()
    receipt = world.receipt(fen, "organisation:farm")
    world.say("farm", m.Deposit(), receipt)
    world.deny(ReceiptUsed, "farm", m.Deposit(), receipt)
    public = b"".join([*world.leaves, *world.memory.values, *world.memory.values.values()])
    assert encode(fen) not in public
    assert str(fen).encode() not in public
    assert encode(fen) in b"".join(world.memory.hidden.values())
