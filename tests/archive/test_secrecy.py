"""What a review tells the public of the order it is about: nothing but its campaign's goods, and the time.

Two chains are alike but for the order that one key reviews. What differs in public between their blocks must be what is
random to whoever lacks the restricted parts: commitments, what is signed over those, and the nullifier's name.
"""

import re
from typing import Any

import msgspec

from ledger.crypto.hashing import digest
from ledger.modules.archive.errors import NotCollected, ReviewedAlready
from ledger.modules.archive.state import nullifier, nullifier_key
from ledger.modules.groupbuy.state import orders
from tests.archive.world import Memoir

COMMITTED = re.compile(rb"archive/(source|bought|key)/|ledger/secret/")
"""Rows whose public values are salted commitments."""


def public(world: Memoir, number: int) -> tuple[list[Any], dict[bytes, bytes]]:
    """(leaf, changed public values) of the block in which buyer `number` reviews, all else alike."""
    before = dict(world.memory.values)
    world.review(number, 3, who="she", tags=("sweet",))
    leaf: list[Any] = msgspec.msgpack.decode(world.leaves[-2])
    changed = {key: value for key, value in world.memory.values.items() if before.get(key) != value}
    return leaf, changed


def test_a_block_with_a_review_does_not_depend_on_the_order(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.hand(1)
    other = memoir.fork()
    assert isinstance(other, Memoir)
    one, ones = public(memoir, 0)
    two, twos = public(other, 1)
    body, same = msgspec.msgpack.decode(one[1]), msgspec.msgpack.decode(two[1])
    assert body[:-1] == same[:-1], "all but the commitment to the restricted part"
    assert (one[0], one[3][:4], one[4]) == (two[0], two[3][:4], two[4]), "outcome, events, subjects"
    named = {re.sub(rb"(spent|review|source)/[0-9a-f]{64}", rb"\1/*", key) for key in ones}
    assert named == {re.sub(rb"(spent|review|source)/[0-9a-f]{64}", rb"\1/*", key) for key in twos}
    for key in ones.keys() & twos.keys():
        if key.startswith(b"archive/") and not COMMITTED.match(key):
            assert without_ids(ones[key]) == without_ids(twos[key]), key
    reviews = [[v for k, v in each.items() if k.startswith(b"archive/review/")] for each in (ones, twos)]
    assert reviews[0] == reviews[1]


def without_ids(value: bytes) -> Any:
    """A stored row, without the peaks of its journal, which hash the leaf."""
    decoded = msgspec.msgpack.decode(value)
    return decoded[:2] if isinstance(decoded, list) and len(decoded) == 3 and isinstance(decoded[0], list) else decoded


def test_nothing_of_the_order_stands_in_the_block(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    order = memoir.order("c1 0")
    row = memoir.line(order)
    before = len(memoir.leaves)
    _, changed = public(memoir, 0)
    told = b"".join([*memoir.leaves[before:], *changed, *changed.values()])
    tells = {
        "order": bytes.fromhex(order),
        "order, hex": order.encode(),
        "key": row.public_key,
        "key, hex": row.public_key.hex().encode(),
        "receipt": row.receipt,
        "ticket": row.ticket,
        "code": row.code,
        "campaign": b"campaign:c1",
        "guess": digest("review-nullifier", bytes.fromhex(order)).hex().encode(),
        "guess without a secret": nullifier(b"", bytes.fromhex(order)).encode(),
    }
    assert [name for name, bytes_ in tells.items() if bytes_ in told] == []
    assert not any(key.startswith(b"groupbuy/") for key in changed), "no row of the order is touched"


def test_the_nullifiers_secret_is_no_public_value_and_never_changes(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    memoir.hand(0)
    memoir.hand(1)
    memoir.review(0)
    secret = nullifier_key.get(memoir.context(), "")
    assert secret is not None
    assert not any(secret in value or secret.hex().encode() in value for value in memoir.memory.values.values())
    assert not any(secret in leaf for leaf in memoir.leaves)
    memoir.review(1)
    assert nullifier_key.get(memoir.context(), "") == secret
    spent = {key for key in memoir.memory.values if key.startswith(b"archive/spent/")}
    lines = [bytes.fromhex(key) for key, _ in orders.every(memoir.context())]
    assert spent == {b"archive/spent/" + nullifier(secret, line).encode() for line in lines}


def test_refusals_name_no_order(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    order, told = memoir.order("c1 0"), len(memoir.leaves)
    memoir.refuse_review(NotCollected)
    assert order.encode() not in b"".join(memoir.leaves[told:])
    memoir.hand(0)
    memoir.review(0)
    told = len(memoir.leaves)
    memoir.refuse_review(ReviewedAlready)
    assert order.encode() not in b"".join(memoir.leaves[told:])
