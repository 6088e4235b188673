"""RFC 9162 trees: the published vectors, and every honest proof and named mutation of small trees."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.log_tree import (
    EMPTY_ROOT,
    SIZE_LIMIT,
    Frontier,
    ProofError,
    append_joined,
    consistency_proof,
    frontier_at,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
    verify_range,
)
from tests.support import shared_data

SMALL = 13
LEAVES = tuple(leaf_hash(b"leaf %d" % number) for number in range(140))
STRANGE = leaf_hash(b"none of them")


@cache
def tree_hash(start: int, end: int) -> bytes:
    """MTH of RFC 9162 §2.1.1, word by word, over LEAVES[start:end]."""
    if start == end:
        return EMPTY_ROOT
    if end - start == 1:
        return LEAVES[start]
    split = 1
    while split * 2 < end - start:
        split *= 2
    return node_hash(tree_hash(start, start + split), tree_hash(start + split, end))


def read(level: int, index: int) -> bytes:
    return tree_hash(index << level, (index + 1) << level)


def mutated(proof: Sequence[bytes]) -> dict[str, list[bytes]]:
    """Proofs that are not `proof`, by what was done to it."""
    hashes = list(proof)
    changed = {"one more in front": [STRANGE, *hashes], "one more behind": [*hashes, STRANGE]}
    changed["short hash behind"] = [*hashes, b""]
    for at, value in enumerate(hashes):
        flipped = bytes([value[0] ^ 1]) + value[1:]
        changed[f"flipped bit in {at}"] = [*hashes[:at], flipped, *hashes[at + 1 :]]
        changed[f"without {at}"] = hashes[:at] + hashes[at + 1 :]
        changed[f"cut short {at}"] = [*hashes[:at], value[:31], *hashes[at + 1 :]]
        changed[f"twice {at}"] = [*hashes[:at], value, *hashes[at:]]
    if hashes != hashes[::-1]:
        changed["reversed"] = hashes[::-1]
    return changed


def holds(verify: Callable[..., None], *arguments: Any) -> bool:
    try:
        verify(*arguments)
    except ProofError:
        return False
    return True


def test_published_vectors() -> None:
    files = sorted(shared_data("merkle").rglob("*.json"))
    assert len(files) > 100
    bad = 0
    for file in files:
        vector = json.loads(file.read_text())
        names = {"root", "leafHash", "root1", "root2"} & vector.keys()
        hashes = {name: b64decode(vector[name] or "") for name in names}
        proof = [b64decode(entry or "") for entry in vector["proof"] or []]
        if "leafIdx" in vector:
            place = (hashes["leafHash"], vector["leafIdx"], vector["treeSize"])
            good = holds(verify_inclusion, *place, proof, hashes["root"])
        else:
            roots = (vector["size1"], hashes["root1"], vector["size2"], hashes["root2"])
            good = holds(verify_consistency, *roots, proof)
        assert good != vector["wantErr"], (file.name, vector["desc"])
        bad += not good
    assert bad > 0.9 * len(files), "most vectors must fail"


def test_frontier_equals_the_definition_at_every_size() -> None:
    grown, joined = Frontier(), b""
    for size in range(len(LEAVES) + 1):
        assert grown.root() == tree_hash(0, size) == root_at(size, read)
        assert grown == frontier_at(size, read) == Frontier.from_joined(size, joined)
        assert grown.joined() == joined
        if size < len(LEAVES):
            joined = append_joined(size, joined, LEAVES[size])
            grown = grown.append(LEAVES[size])


@given(st.integers(0, 140), st.integers(0, 140))
@settings(max_examples=60, deadline=None)
def test_extend_equals_append_and_tells_of_every_completed_node(one: int, other: int) -> None:
    old, new = min(one, other), max(one, other)
    start = Frontier().extend(LEAVES[:old])
    told: list[tuple[int, int, bytes]] = []
    told_singly: list[tuple[int, int, bytes]] = []
    told_joined: list[tuple[int, int, bytes]] = []
    whole = start.extend(LEAVES[old:new], lambda *node: told.append(node))
    singly, joined = start, start.joined()
    for size in range(old, new):
        singly = singly.append(LEAVES[size], lambda *node: told_singly.append(node))
        joined = append_joined(size, joined, LEAVES[size], lambda *node: told_joined.append(node))
    assert whole == singly == Frontier().extend(LEAVES[:new])
    assert joined == whole.joined()
    assert told == told_singly == told_joined
    completed = [(level, index) for level in range(1, 9) for index in range(old >> level, new >> level)]
    assert sorted(told) == sorted((level, index, read(level, index)) for level, index in completed)


def test_joined_peaks_must_fit_the_size() -> None:
    joined = Frontier().extend(LEAVES[:5]).joined()
    for size, peaks in ((4, joined), (5, joined[:-1]), (5, joined + bytes(32)), (-1, joined), (SIZE_LIMIT, bytes(32))):
        with pytest.raises(ProofError):
            Frontier.from_joined(size, peaks)


@pytest.mark.parametrize("size", range(1, SMALL))
def test_inclusion(size: int) -> None:
    root = tree_hash(0, size)
    for index in range(size):
        proof = inclusion_proof(index, size, read)
        leaf = LEAVES[index]
        verify_inclusion(leaf, index, size, proof, root)
        for name, changed in mutated(proof).items():
            assert not holds(verify_inclusion, leaf, index, size, changed, root), name
        for other in set(range(-1, size + 1)) - {index}:
            assert not holds(verify_inclusion, leaf, other, size, proof, root), other
        assert not holds(verify_inclusion, STRANGE, index, size, proof, root)
        assert not holds(verify_inclusion, leaf, index, size, proof, STRANGE)
        assert not holds(verify_inclusion, leaf, index, size, proof, root[:31])


@pytest.mark.parametrize("new", range(SMALL))
def test_consistency(new: int) -> None:
    new_root = tree_hash(0, new)
    for old in range(new + 1):
        old_root = tree_hash(0, old)
        proof = consistency_proof(old, new, read)
        verify_consistency(old, old_root, new, new_root, proof)
        for name, changed in mutated(proof).items():
            assert not holds(verify_consistency, old, old_root, new, new_root, changed), name
        wrong = [(old, STRANGE, new, new_root), (new + 1, old_root, new, new_root), (old, old_root[:31], new, new_root)]
        if old:
            wrong += [(old, old_root, new, STRANGE), (-1, old_root, new, new_root)]
        if 0 < old < new:
            wrong += [(old, new_root, new, old_root), (old, new_root, new, new_root), (old, old_root, new, old_root)]
        for arguments in wrong:
            assert not holds(verify_consistency, *arguments, proof), arguments


@pytest.mark.parametrize("size", range(SMALL))
def test_ranges(size: int) -> None:
    root = tree_hash(0, size)
    for start in range(size + 1):
        for end in range(start, size + 1):
            proof = range_proof(start, end, size, read)
            leaves = LEAVES[start:end]
            verify_range(start, leaves, size, proof, root)
            for name, changed in mutated(proof).items():
                assert not holds(verify_range, start, leaves, size, changed, root), name
            for name, changed in mutated(leaves).items():
                assert not holds(verify_range, start, changed, size, proof, root), name
            assert not holds(verify_range, start, leaves, size, proof, STRANGE)
            if leaves:
                assert not holds(verify_range, start - 1, leaves, size, proof, root)
                assert not holds(verify_range, start + 1, leaves, size, proof, root)


def test_a_leaf_left_out_of_a_range_is_missed_though_both_sides_of_it_are_proven() -> None:
    root = tree_hash(0, 20)
    verify_range(4, LEAVES[4:6], 20, range_proof(4, 6, 20, read), root)
    verify_range(7, LEAVES[7:9], 20, range_proof(7, 9, 20, read), root)
    for proof in (range_proof(4, 9, 20, read), range_proof(4, 8, 20, read)):
        assert not holds(verify_range, 4, LEAVES[4:6] + LEAVES[7:9], 20, proof, root)


def test_a_range_of_a_million_is_proven_in_about_a_kilobyte() -> None:
    size = 1_000_000
    levels = [LEAVES[0]]
    for _ in range(20):
        levels.append(node_hash(levels[-1], levels[-1]))

    def same_everywhere(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "asked for a subtree that is not complete"
        return levels[level]

    root = root_at(size, same_everywhere)
    for start, end in ((0, 60), (499_999, 500_059), (777_777, 777_837), (999_940, 1_000_000), (0, 0)):
        proof = range_proof(start, end, size, same_everywhere)
        assert len(proof) * 32 <= 1280
        verify_range(start, [LEAVES[0]] * (end - start), size, proof, root)
        assert not holds(verify_range, start, [LEAVES[0]] * (end - start - 1) + [STRANGE], size, proof, root)
    assert len(inclusion_proof(654_321, size, same_everywhere)) <= 20
    assert len(consistency_proof(654_321, size, same_everywhere)) <= 21


class Endless(list[bytes]):
    """A proof of a thousand hashes that must be refused by its length alone."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("read")

    def __getitem__(self, place: Any) -> Any:
        raise AssertionError("read")


def test_sizes_indices_and_lengths_out_of_bounds_are_refused_before_any_hashing() -> None:
    endless = Endless([STRANGE] * 1000)
    last = SIZE_LIMIT - 1
    for index, size in ((0, 0), (-1, 5), (5, 5), (0, SIZE_LIMIT), (last, SIZE_LIMIT), (0, 5), (0, last)):
        assert not holds(verify_inclusion, STRANGE, index, size, endless, STRANGE)
        assert not holds(verify_range, index, [STRANGE], size, endless, STRANGE)
    for old, new in ((3, 2), (-1, 2), (1, SIZE_LIMIT), (3, 5), (0, 5), (5, 5)):
        assert not holds(verify_consistency, old, EMPTY_ROOT, new, EMPTY_ROOT, endless)
    with pytest.raises(ValueError, match="no leaf 5 in a tree of 5"):
        inclusion_proof(5, 5, read)
    with pytest.raises(ValueError, match="a tree of 5 does not continue one of 6"):
        consistency_proof(6, 5, read)
    for start, end in ((4, 3), (0, 6), (-1, 2)):
        with pytest.raises(ValueError, match="no range"):
            range_proof(start, end, 5, read)
