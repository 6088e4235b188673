"""A certified block made again from its leaves is the block; anything else is refused by name, and writes nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ledger.adopt import apply_public
from ledger.block import Block, Head, Validator
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import verify
from ledger.genesis import Genesis, GenesisFile
from ledger.replay import CertifiedBlock, ReplayError, reexecute
from ledger.storage.memory import MemoryState
from tests.ledger.certified import TIMESTAMP_S, busy_block, given, note_of
from tests.ledger.toy import STRANGER, VALIDATOR, ToyChain
from tests.proof.chain import Chain, Key


@pytest.fixture(scope="module")
def chain() -> ToyChain:
    """Twelve busy blocks."""
    made = ToyChain()
    for _ in range(12):
        busy_block(made)
    return made


def state_before(chain: ToyChain, height: int) -> tuple[Head, MemoryState]:
    """Head and state on which the block of a height was executed."""
    state, head = MemoryState(), chain.genesis.head()
    for block in chain.blocks[: height - 1]:
        state.apply(block)
        head = block.head
    return head, state


def unordered(block: Block) -> tuple[object, ...]:
    """What a block writes, and what it leads to."""
    changes = block.changes
    return (
        block.text,
        block.leaves,
        block.head,
        changes.values,
        changes.nodes,
        changes.log_nodes,
        sorted(changes.journal),
        changes.journal_nodes,
        changes.transactions,
    )


def test_reexecution_from_leaves_gives_the_whole_block(chain: ToyChain) -> None:
    state, head = MemoryState(), chain.genesis.head()
    for block in chain.blocks:
        made = reexecute(head, state, given(chain, block), chain.registry, chain.genesis)
        assert unordered(made) == unordered(block)
        assert made.changes.private == block.changes.private
        assert made.changes.restricted == block.changes.restricted
        state.apply(made)
        head = made.head
    assert state.hidden == chain.state.hidden


def test_public_changes_give_the_same_public_state_without_rules(chain: ToyChain) -> None:
    state, head = MemoryState(), chain.genesis.head()
    for block in chain.blocks:
        made = apply_public(head, state, note_of(chain, block), block.leaves, block.changes.values, chain.genesis)
        assert unordered(made) == unordered(block)
        assert not made.changes.private
        state.apply(made)
        head = made.head
    assert state.values == chain.state.values
    assert state.nodes == chain.state.nodes


def test_checked_transactions_are_not_verified_again(chain: ToyChain, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[bytes] = []

    def counted(algorithm: int, key: bytes, signature: bytes, message: bytes) -> bool:
        calls.append(signature)
        return verify(algorithm, key, signature, message)

    monkeypatch.setattr("ledger.replay.verify", counted)
    head, state = state_before(chain, 5)
    block = chain.blocks[4]
    parts = given(chain, block)
    first = reexecute(head, state, parts, chain.registry, chain.genesis)
    assert len(calls) == len(first.changes.transactions) > 5
    checked = [transaction_at(chain, parts, place) for place in range(len(first.changes.transactions))]
    again = reexecute(head, state, parts, chain.registry, chain.genesis, checked)
    assert again.text == first.text
    assert len(calls) == len(checked)
    with pytest.raises(ReplayError, match="leaf 0"):
        reexecute(head, state, parts, chain.registry, chain.genesis, [*checked[1:], checked[0]])


def transaction_at(chain: ToyChain, parts: CertifiedBlock, place: int) -> Any:
    leaf = msgspec.msgpack.decode(parts.leaves[place])
    return chain.checked(encode([leaf[1], leaf[2], parts.restricted.get(place)]))


def mutated_leaf(raw: bytes, change: Callable[[list[Any]], object]) -> bytes:
    """A leaf decoded, changed and encoded again."""
    parts = msgspec.msgpack.decode(raw)
    change(parts)
    return encode(parts)


def at_leaf(place: int, change: Callable[[list[Any]], object]) -> Callable[[CertifiedBlock], CertifiedBlock]:
    """A mutation of one leaf."""

    def mutate(block: CertifiedBlock) -> CertifiedBlock:
        leaves = list(block.leaves)
        leaves[place] = mutated_leaf(leaves[place], change)
        return replace(block, leaves=leaves)

    return mutate


def resigned(block: CertifiedBlock, change: Callable[[str], str]) -> CertifiedBlock:
    """The block under a certificate over a changed text, as if the one validator had signed that."""
    text = change(block.note.split("\n\n")[0] + "\n")
    return replace(block, note=assemble_note(text, [cosign(VALIDATOR, "linxin/toy/v1", text, TIMESTAMP_S)]))


SHARED: dict[str, tuple[Callable[[CertifiedBlock], CertifiedBlock], str]] = {
    "cosignature-altered": (lambda b: replace(b, note=b.note[:-6] + "AAA=\n"), "certificate is not valid"),
    "signed-by-a-stranger": (
        lambda b: replace(b, note=assemble_note(t := b.note.split("\n\n")[0] + "\n", [cosign(STRANGER, "x", t, 1)])),
        "not a validator",
    ),
    "other-chain": (lambda b: resigned(b, lambda t: t.replace("linxin/toy/", "linxin/top/")), "checkpoint is of"),
    "other-height": (lambda b: resigned(b, lambda t: t.replace("height 5", "height 6")), "does not follow"),
    "earlier-time": (lambda b: resigned(b, lambda t: t.replace("time 2026", "time 2025")), "does not follow"),
    "no-leaves": (lambda b: replace(b, leaves=[]), "not a header"),
    "header-left-out": (lambda b: replace(b, leaves=b.leaves[:-1]), "not a header"),
    "two-headers": (lambda b: replace(b, leaves=[*b.leaves, b.leaves[-1]]), "not a header"),
    "leaf-is-no-leaf": (lambda b: replace(b, leaves=[b"\xc0", *b.leaves[1:]]), "leaf 0.*does not decode"),
}
REEXECUTED = SHARED | {
    "leaf-left-out": (lambda b: replace(b, leaves=[*b.leaves[:8], *b.leaves[9:]]), "leaf 11: its body"),
    "leaves-swapped": (lambda b: replace(b, leaves=[b.leaves[1], b.leaves[0], *b.leaves[2:]]), "leaf 12: its body"),
    "leaf-twice": (lambda b: replace(b, leaves=[*b.leaves[:8], *b.leaves[7:]]), "should have been dropped"),
    "outcome-altered": (at_leaf(0, lambda leaf: leaf[3].__setitem__(2, 9001)), "leaf 0: its outcome"),
    "subject-hidden": (at_leaf(0, lambda leaf: leaf[4].pop()), "leaf 0: its subjects"),
    "body-altered": (at_leaf(0, lambda leaf: leaf.__setitem__(1, leaf[1][:-2] + b"\0\0")), "leaf 0: not a transaction"),
    "signature-altered": (at_leaf(0, lambda leaf: leaf.__setitem__(2, bytes(64))), "signature does not verify"),
    "restricted-left-out": (lambda b: replace(b, restricted={}), "commitment and restricted part go together"),
    "restricted-altered": (
        lambda b: replace(b, restricted={place: part[:-1] + b"\0" for place, part in b.restricted.items()}),
        "digest is another",
    ),
    "restricted-for-nothing": (lambda b: replace(b, restricted={**b.restricted, 0: bytes(40)}), "go together"),
    "restricted-beyond": (lambda b: replace(b, restricted={**b.restricted, 99: bytes(40)}), "leaf 99"),
    "position-missing": (at_leaf(-1, lambda leaf: leaf[3].__setitem__(3, [])), "names no place"),
    "position-altered": (at_leaf(-1, lambda leaf: leaf[3][3].__setitem__(1, 99)), "re-execution gives"),
    "certified-otherwise": (lambda b: resigned(b, other_state), "re-execution gives"),
}


def other_state(text: str) -> str:
    """The checkpoint with another state root."""
    lines = text.split("\n")
    lines[5] = lines[6].replace("previous", "state")
    return "\n".join(lines)


@pytest.mark.parametrize("name", REEXECUTED)
def test_a_block_that_is_not_the_certified_one_is_not_executed(chain: ToyChain, name: str) -> None:
    mutate, words = REEXECUTED[name]
    head, state = state_before(chain, 5)
    with pytest.raises(ReplayError, match=words) as refused:
        reexecute(head, state, mutate(given(chain, chain.blocks[4])), chain.registry, chain.genesis)
    assert refused.value.zh


Values = dict[bytes, bytes | None]
FARM_ROW = b"registry/organisation/platform"


def with_journal(values: Values, size: int) -> Values:
    """The platform's row with another journal size."""
    row = msgspec.msgpack.decode(values[FARM_ROW] or b"")
    return values | {FARM_ROW: encode([row[0], row[1] + size, row[2] + bytes(32) * ((row[1] + size).bit_count())])}


PUBLIC_LEAVES = SHARED | {
    "leaf-left-out": (lambda b: replace(b, leaves=b.leaves[1:]), "certified log root"),
    "leaves-swapped": (lambda b: replace(b, leaves=[b.leaves[1], b.leaves[0], *b.leaves[2:]]), "certified log root"),
    "leaf-altered": (at_leaf(0, lambda leaf: leaf[3].__setitem__(2, 9001)), "certified log root"),
    "subject-hidden": (at_leaf(0, lambda leaf: leaf[4].pop()), "certified log root"),
    "certified-otherwise": (lambda b: resigned(b, other_state), "header is not that of its checkpoint"),
}
PUBLIC_VALUES: dict[str, tuple[Callable[[Values], Values], str]] = {
    "none": (lambda _: {}, "row was not changed"),
    "value-altered": (lambda v: v | {b"toy/note/k5-1": b"\x91\xa1y"}, "certified state root"),
    "value-left-out": (lambda v: {k: x for k, x in v.items() if k != b"toy/note/k5-1"}, "certified state root"),
    "value-added": (lambda v: v | {b"toy/note/new": b"\x91\xa1y"}, "certified state root"),
    "value-deleted": (lambda v: v | {b"toy/note/k3-2": None}, "certified state root"),
    "deletion-hidden": (lambda v: {k: x for k, x in v.items() if x is not None}, "certified state root"),
    "subject-row-left-out": (lambda v: {k: x for k, x in v.items() if k != FARM_ROW}, "platform: records name it"),
    "subject-row-deleted": (lambda v: v | {FARM_ROW: None}, "platform: its journal is not that"),
    "journal-longer": (lambda v: with_journal(v, 1), "platform: its journal is not that"),
    "journal-shorter": (lambda v: with_journal(v, -1), "platform: its journal is not that"),
    "journal-out-of-nothing": (
        lambda v: v | {b"registry/organisation/hub": encode([[], 40, bytes(64)])},
        "hub: its journal is not that",
    ),
    "subject-row-is-no-row": (lambda v: v | {FARM_ROW: b"\xc0"}, "row does not decode"),
}


@pytest.mark.parametrize("name", PUBLIC_LEAVES)
def test_leaves_that_are_not_certified_are_not_applied(chain: ToyChain, name: str) -> None:
    mutate, words = PUBLIC_LEAVES[name]
    head, state = state_before(chain, 5)
    block = mutate(given(chain, chain.blocks[4]))
    with pytest.raises(ReplayError, match=words):
        apply_public(head, state, block.note, block.leaves, chain.blocks[4].changes.values, chain.genesis)


@pytest.mark.parametrize("name", PUBLIC_VALUES)
def test_values_that_are_not_certified_are_not_applied(chain: ToyChain, name: str) -> None:
    mutate, words = PUBLIC_VALUES[name]
    head, state = state_before(chain, 5)
    block = chain.blocks[4]
    with pytest.raises(ReplayError, match=words):
        apply_public(
            head, state, note_of(chain, block), block.leaves, mutate(dict(block.changes.values)), chain.genesis
        )


def changing_sets() -> tuple[Chain, Genesis, list[Values]]:
    """Three blocks, the second one's checkpoint naming other validators; and the values that each changed."""
    chain, before, changed = Chain(validators=1), dict[str, bytes](), list[Values]()
    for number in range(3):
        chain.record(None, ["test.effect"], [["organisation:farm", "self"]])
        chain.commit(new_set={f"linxin/test/w{one}": Key(f"w{one}") for one in range(3)} if number == 1 else None)
        changed.append({key.encode(): value for key, value in chain.values.items() if before.get(key) != value})
        before = dict(chain.values)
    raw = chain.genesis
    return chain, Genesis(raw, sha256(raw), msgspec.json.decode(raw, type=GenesisFile), {}), changed


def test_a_change_of_validators_is_followed_to_the_set_that_is_named() -> None:
    chain, genesis, changed = changing_sets()
    listed = tuple(Validator(name, key) for name, key in chain.changed_at[2])
    wrong = {
        "nobody": (),
        "one less": listed[:2],
        "unsorted": listed[::-1],
        "one twice": (*listed, listed[-1]),
        "another key": (*listed[:2], Validator(listed[2].name, bytes(32))),
    }
    state, head = MemoryState(), genesis.head()
    for (height, (_, leaves, note, _)), values in zip(enumerate(chain.blocks, 1), changed, strict=True):
        for told in wrong.values() if height == 2 else ():
            with pytest.raises(ReplayError, match="validators that its checkpoint names"):
                apply_public(head, state, note, leaves, values, genesis, told)
        made = apply_public(head, state, note, leaves, values, genesis, listed)
        assert made.head.validators == (genesis.validators() if height == 1 else listed)
        state.apply(made)
        head = made.head
    assert head.height == 3
