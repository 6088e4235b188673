"""The state tree against a naive reference, whatever its history; its proofs, and forgeries of them."""

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.state_tree import (
    EMPTY_NODE,
    EMPTY_STATE_ROOT,
    MissingNode,
    ProofError,
    ProvenState,
    check_node,
    key_hash,
    node_hash,
    prove,
    update,
    value_hash,
)

Contents = dict[bytes, bytes]
Batch = Mapping[bytes, bytes | None]


def nibbles(key: bytes) -> list[int]:
    return [int(digit, 16) for digit in key.hex()]


def reference(contents: Contents, depth: int = 0) -> bytes:
    """The entry over `contents` straight from the definition: at depth 0 the root."""
    if depth and len(contents) == 1:
        return b"".join(*contents.items())
    slots: list[Contents] = [{} for _ in range(16)]
    for key, value in contents.items():
        slots[key[depth // 2] % 16 if depth % 2 else key[depth // 2] // 16][key] = value
    entries = [reference(under, depth + 1) if under else b"" for under in slots]
    present = sum(1 << slot for slot, entry in enumerate(entries) if entry)
    leaves = sum(1 << slot for slot, entry in enumerate(entries) if len(entry) == 64)
    return node_hash(present.to_bytes(2, "big") + leaves.to_bytes(2, "big") + b"".join(entries))


def nowhere(path: bytes) -> None:
    """The nodes of a store that has none."""


class Stored:
    """Nodes by path as storage keeps them, beside the contents they should stand for."""

    def __init__(self) -> None:
        self.nodes: dict[bytes, bytes] = {}
        self.contents: Contents = {}
        self.root = EMPTY_STATE_ROOT

    def apply(self, batch: Batch) -> None:
        self.root, written = update(batch, self.nodes.get)
        for path, node in written.items():
            if node is None:
                del self.nodes[path]
            else:
                self.nodes[path] = node
        for key, value in batch.items():
            if value is None:
                self.contents.pop(key, None)
            else:
                self.contents[key] = value


# Few keys with long common beginnings, so that nodes grow deep, split, empty and collapse.
BEGINNINGS = [b"", b"\x00", b"\x01", b"\x10", b"\x11", b"\x11\x11", b"\x11\x12", b"\x11" * 31, b"\x00" * 31]
KEYS = [(begin + bytes([last]) * 32)[:32] for begin in BEGINNINGS for last in (0x00, 0x01, 0x10, 0x1F, 0xFF)]
KEYS = sorted(set(KEYS))
values = st.none() | st.integers(0, 3).map(lambda number: value_hash(bytes([number])))
batches = st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=12), max_size=8)


@given(batches)
@settings(max_examples=120, deadline=None)
def test_equals_the_reference_after_any_batches(history: list[Batch]) -> None:
    stored = Stored()
    for batch in history:
        stored.apply(batch)
        assert stored.root == reference(stored.contents)
        for path, node in stored.nodes.items():
            check_node(node, path)
    fresh = Stored()
    fresh.apply(stored.contents)
    assert fresh.root == stored.root
    assert fresh.nodes == stored.nodes or not history, "nodes left behind, or missing"


@given(batches, st.lists(st.sampled_from(KEYS), max_size=10), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_proofs_hold_and_no_mutation_of_them_does(
    history: list[Batch], asked: list[bytes], chance: random.Random
) -> None:
    stored = Stored()
    for batch in history:
        stored.apply(batch)
    proof = prove(asked, stored.nodes.get)
    assert node_hash(proof[0]) == stored.root
    assert len(set(proof)) == len(proof)
    state = ProvenState(stored.root, proof)
    for key in asked:
        assert state.value_hash(key) == stored.contents.get(key)
    if not asked:
        return
    assert state.unused() == 0
    for name, nodes in mutations(proof, chance).items():
        assert not proven(stored.root, nodes, asked), name
    assert not proven(node_hash(b"another root"), proof, asked)


def mutations(proof: Sequence[bytes], chance: random.Random) -> dict[str, list[bytes]]:
    changed = {"an unneeded node": [*proof, grown(2).nodes[b""]], "the root twice": [*proof, proof[0]]}
    for at, node in enumerate(proof):
        rest = [*proof[:at], *proof[at + 1 :]]
        where, bit = chance.randrange(len(node)), 1 << chance.randrange(8)
        changed[f"without node {at}"] = rest
        changed[f"node {at} with bit {bit} of byte {where} changed"] = [
            *rest,
            node[:where] + bytes([node[where] ^ bit]) + node[where + 1 :],
        ]
        changed[f"node {at} cut"] = [*rest, node[:-1]]
        changed[f"node {at} longer"] = [*rest, node + b"\0"]
    return changed


def proven(root: bytes, nodes: Sequence[bytes], asked: Sequence[bytes]) -> bool:
    """As a proof file is judged: everything asked for has an answer and no node is left over."""
    try:
        state = ProvenState(root, nodes)
        for key in asked:
            state.value_hash(key)
    except ProofError:
        return False
    return state.unused() == 0


def grown(count: int) -> Stored:
    stored = Stored()
    stored.apply({key_hash(b"%d" % number): value_hash(b"%d" % number) for number in range(count)})
    return stored


def test_a_thousand_keys_in_any_order_and_back_to_nothing() -> None:
    chance = random.Random(7)
    keys = [key_hash(b"%d" % number) for number in range(1000)]
    whole = grown(1000)
    assert whole.root == reference(whole.contents)
    stored = Stored()
    chance.shuffle(keys)
    for start in range(0, 1000, 37):
        stored.apply({key: whole.contents[key] for key in keys[start : start + 37]})
    assert (stored.root, stored.nodes) == (whole.root, whole.nodes)
    chance.shuffle(keys)
    for start in range(0, 1000, 83):
        stored.apply(dict.fromkeys(keys[start : start + 83]))
        assert stored.root == reference(stored.contents)
    assert stored.root == EMPTY_STATE_ROOT == node_hash(EMPTY_NODE)
    assert stored.nodes == {b"": EMPTY_NODE}


def test_what_changes_nothing_writes_nothing() -> None:
    stored = grown(300)
    same = dict(list(stored.contents.items())[:50])
    absent = dict.fromkeys(key_hash(b"never %d" % number) for number in range(50))
    assert update(same | absent, stored.nodes.get) == (stored.root, {})
    assert update({}, stored.nodes.get) == (stored.root, {})
    assert update({}, nowhere) == (EMPTY_STATE_ROOT, {b"": EMPTY_NODE})


def test_one_key_touches_only_the_nodes_above_it() -> None:
    stored = grown(3000)
    key = key_hash(b"17")
    _, written = update({key: value_hash(b"new")}, stored.nodes.get)
    assert all(bytes(nibbles(key)).startswith(path) for path in written)
    assert 3 <= len(written) <= 6


def test_a_missing_node_is_loud() -> None:
    stored = grown(300)
    key = next(iter(stored.contents))
    del stored.nodes[bytes(nibbles(key)[:1])]
    with pytest.raises(MissingNode):
        update({key: value_hash(b"")}, stored.nodes.get)
    with pytest.raises(MissingNode):
        prove([key], stored.nodes.get)


def test_absence_of_everything_is_proven_by_the_empty_root() -> None:
    assert prove([key_hash(b"x")], nowhere) == [EMPTY_NODE]
    state = ProvenState(EMPTY_STATE_ROOT, [EMPTY_NODE])
    assert state.value_hash(key_hash(b"x")) is None
    assert not proven(EMPTY_STATE_ROOT, [], [key_hash(b"x")])


def node_of(slots: Mapping[int, bytes], *, present: int = 0, leaves: int = 0) -> bytes:
    for slot, entry in slots.items():
        present |= 1 << slot
        leaves |= (len(entry) == 64) << slot
    return present.to_bytes(2, "big") + leaves.to_bytes(2, "big") + b"".join(slots[slot] for slot in sorted(slots))


def leaf(key: str, value: bytes = b"v") -> bytes:
    return bytes.fromhex(key.ljust(64, "0")) + value_hash(value)


CHILD = node_hash(b"child")
FORGED = {
    "nothing at all": (b"", b""),
    "three bytes": (b"\0\0\0", b""),
    "an entry too few": (node_of({1: leaf("1"), 2: leaf("2")})[:-64], b""),
    "an entry too many": (node_of({1: leaf("1"), 2: leaf("2")}) + bytes(64), b""),
    "a leaf in an empty slot": (node_of({1: leaf("1")}, leaves=1 << 5), b""),
    "a leaf in the wrong slot": (node_of({2: leaf("1"), 3: leaf("3")}), b""),
    "a leaf of another path": (node_of({2: leaf("12"), 3: leaf("23")}), b"\1"),
    "empty below the root": (EMPTY_NODE, b"\1"),
    "one leaf below the root": (node_of({2: leaf("12")}), b"\1"),
    "longer than any node": (b"\xff\xff\xff\xff" + bytes(64 * 17), b""),
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_nodes_are_refused(name: str) -> None:
    node, path = FORGED[name]
    with pytest.raises(ProofError):
        check_node(node, path)


def test_what_only_looks_odd_is_taken() -> None:
    check_node(EMPTY_NODE, b"")
    check_node(node_of({1: leaf("1")}), b"")
    check_node(node_of({4: CHILD}), b"\1\2\3")
    check_node(node_of({2: leaf("12"), 3: CHILD}), b"\1")


def test_a_root_over_a_tree_that_is_not_canonical_proves_nothing() -> None:
    """A liar who could certify such a root still could not show one key as both there and not there."""
    wanted = bytes.fromhex("12".ljust(64, "0"))
    lonely = node_of({2: leaf("12")})
    misplaced = node_of({2: leaf("12"), 3: leaf("33")})
    for below in (lonely, misplaced, EMPTY_NODE):
        root = node_of({1: node_hash(below), 5: leaf("5")})
        assert not proven(node_hash(root), [root, below], [wanted])


def test_one_node_cannot_serve_two_paths() -> None:
    shared = node_of({0: CHILD, 1: CHILD})
    root = node_of({0: node_hash(shared), 1: node_hash(shared)})
    state = ProvenState(node_hash(root), [root, shared])
    assert state.unused() == 2
    assert state.value_hash(bytes.fromhex("0f".ljust(64, "0"))) is None
    with pytest.raises(ProofError, match="two places"):
        state.value_hash(bytes.fromhex("1f".ljust(64, "0")))


def test_a_key_hash_has_32_bytes() -> None:
    with pytest.raises(ProofError):
        ProvenState(EMPTY_STATE_ROOT, [EMPTY_NODE]).value_hash(b"short")
