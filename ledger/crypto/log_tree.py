"""Merkle trees of RFC 9162 §2.1, for the log of all leaves and for the journal of every subject alike.

Trust rules, one line each:

* a leaf is hashed under 0x00 and an inner node under 0x01, so neither can stand for the other;
* a root says nothing of its size: verifiers are given both from one certified place (a checkpoint, a row);
* every verifier takes exactly as many hashes as the size calls for: no more, no fewer;
* every hash is 32 bytes, every size below 2^63;
* a range proof holds the complete subtrees left and right of the range, so the leaves in between are all there are.

Indices and sizes count leaves from 0. A level counts from the leaves up: node (level, index) covers the leaves
[index << level, (index + 1) << level).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from ledger.crypto.encoding import Message

HASH_SIZE = 32
SIZE_LIMIT = 1 << 63
"""Sizes are below this, as in C2SP and in every signed 64-bit integer."""

STORED_LEVEL = 4
"""Storage keeps inner nodes from this level up; lower ones are recomputed from at most 16 leaves."""

_sha256 = hashlib.sha256
EMPTY_ROOT = _sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""(level, index) -> hash of a complete subtree; level 0 is a leaf hash. Only complete subtrees are ever asked for."""

OnNode = Callable[[int, int, bytes], object]
"""Told of each inner node as it is completed: (level >= 1, index, hash)."""


class ProofError(ValueError):
    """A proof that does not hold; `reason` says why in a few words of English."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return _sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\1" + left + right).digest()


class Frontier(Message, frozen=True):
    """All a tree must remember to grow: its size in leaves and the roots of its complete subtrees, largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @classmethod
    def from_joined(cls, size: int, joined: bytes) -> "Frontier":
        """The frontier whose peaks are `joined` end to end, as rows store it; raises `ProofError` if they cannot be."""
        if not 0 <= size < SIZE_LIMIT or len(joined) != HASH_SIZE * size.bit_count():
            raise ProofError(f"{len(joined)} bytes of peaks do not make a tree of {size} leaves")
        return cls(size, tuple(joined[start : start + HASH_SIZE] for start in range(0, len(joined), HASH_SIZE)))

    def joined(self) -> bytes:
        """The peaks end to end, largest subtree first."""
        return b"".join(self.peaks)

    def append(self, leaf: bytes, on_node: OnNode | None = None) -> "Frontier":
        """The frontier after one more leaf hash."""
        size = self.size
        peaks = self.peaks
        if not size & 1:
            return Frontier(size + 1, (*peaks, leaf))
        kept = len(peaks)
        level = 0
        index = size
        while index & 1:
            kept -= 1
            leaf = _sha256(b"\1" + peaks[kept] + leaf).digest()
            index >>= 1
            level += 1
            if on_node is not None:
                on_node(level, index, leaf)
        return Frontier(size + 1, (*peaks[:kept], leaf))

    def extend(self, leaves: Iterable[bytes], on_node: OnNode | None = None) -> "Frontier":
        """The frontier after all the leaf hashes, in order."""
        sha256 = _sha256
        peaks = list(self.peaks)
        push, pop = peaks.append, peaks.pop
        size = self.size
        for leaf in leaves:
            node = leaf
            index = size
            level = 0
            while index & 1:
                node = sha256(b"\1" + pop() + node).digest()
                index >>= 1
                if on_node is not None:
                    level += 1
                    on_node(level, index, node)
            push(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The Merkle tree hash; `EMPTY_ROOT` when there are no leaves."""
        return _fold(self.peaks)


def append_joined(size: int, joined: bytes, leaf: bytes, on_node: OnNode | None = None) -> bytes:
    """`Frontier.append` on the joined peaks of a row, without taking them apart: the hot path of journals.

    Requires len(joined) == 32 * size.bit_count(); returns the peaks of size + 1.
    """
    level = 0
    while size & 1:
        leaf = _sha256(b"\1" + joined[-32:] + leaf).digest()
        joined = joined[:-32]
        size >>= 1
        level += 1
        if on_node is not None:
            on_node(level, size, leaf)
    return joined + leaf


def root_at(size: int, read: NodeReader) -> bytes:
    """The root over the first `size` leaves of a tree that has at least as many."""
    return _fold([read(level, index) for level, index in _peaks_of(size)])


def frontier_at(size: int, read: NodeReader) -> Frontier:
    """The frontier the tree had at `size` leaves."""
    return Frontier(size, tuple(read(level, index) for level, index in _peaks_of(size)))


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """RFC 9162 §2.1.3.1: the audit path of leaf `index` among the first `size`, from the leaf up.

    Requires 0 <= index < size.
    """
    if not 0 <= index < size < SIZE_LIMIT:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(middle, end, read))
            end = middle
        else:
            path.append(_subtree(start, middle, read))
            start = middle
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 §2.1.3.2: `leaf` (a leaf hash) is leaf `index` of the tree of `size` with `root`, else `ProofError`."""
    if not 0 <= index < size < SIZE_LIMIT:
        raise ProofError(f"no leaf {index} in a tree of {size}")
    _check_hashes((leaf, root))
    # Siblings below where the path leaves the right edge of the tree, then one left sibling for each 1 bit above.
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise ProofError(f"{len(proof)} hashes are not an inclusion proof for leaf {index} of {size}")
    _check_hashes(proof)
    node = leaf
    for level in range(inner):
        node = node_hash(proof[level], node) if index >> level & 1 else node_hash(node, proof[level])
    for sibling in proof[inner:]:
        node = node_hash(sibling, node)
    if node != root:
        raise ProofError(f"leaf {index} is not under this root")


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """RFC 9162 §2.1.4.1: that the first `old` of `new` leaves are unchanged; empty when old is 0 or new.

    Requires 0 <= old <= new.
    """
    if not 0 <= old <= new < SIZE_LIMIT:
        raise ValueError(f"a tree of {new} does not continue one of {old}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(middle, end, read))
            end = middle
        else:
            path.append(_subtree(start, middle, read))
            start = middle
    if start:
        path.append(_subtree(start, end, read))
    path.reverse()
    return path


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RFC 9162 §2.1.4.2: the tree of `new_size` begins with that of `old_size`, else `ProofError`."""
    if not 0 <= old_size <= new_size < SIZE_LIMIT:
        raise ProofError(f"a tree of {new_size} does not continue one of {old_size}")
    _check_hashes((old_root, new_root))
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the old root is not that of an empty tree")
    if old_size == new_size and old_root != new_root:
        raise ProofError("two roots for one size")
    if old_size in (0, new_size):
        if proof:
            raise ProofError(f"{len(proof)} hashes where none are needed")
        return
    # The path is that of the old tree's last complete subtree, at `level`; a perfect old tree is that subtree itself.
    level = (old_size & -old_size).bit_length() - 1
    index, last = old_size - 1 >> level, new_size - 1 >> level
    inner = (index ^ last).bit_length()
    seeded = index > 0
    if len(proof) != seeded + inner + (index >> inner).bit_count():
        raise ProofError(f"{len(proof)} hashes are not a consistency proof from {old_size} to {new_size}")
    _check_hashes(proof)
    old = new = proof[0] if seeded else old_root
    path = proof[1:] if seeded else proof
    for step, sibling in enumerate(path):
        if step >= inner or index >> step & 1:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    if old != old_root:
        raise ProofError("the proof does not lead to the old root")
    if new != new_root:
        raise ProofError("the proof does not lead to the new root")


def range_proof(start: int, end: int, size: int, read: NodeReader) -> list[bytes]:
    """The maximal complete subtrees left of `start`, then those right of `end`, each left to right: O(log size) hashes.

    With the leaf hashes of [start, end) they make the whole tree. Requires 0 <= start <= end <= size.
    """
    if not 0 <= start <= end <= size < SIZE_LIMIT:
        raise ValueError(f"no range {start} to {end} in a tree of {size}")
    outside = _peaks_of(start) + _right_of(end, size)
    return [read(level, index) for level, index in outside]


def verify_range(start: int, leaves: Sequence[bytes], size: int, proof: Sequence[bytes], root: bytes) -> None:
    """`leaves` (leaf hashes) are the leaves from `start` on of the tree of `size` with `root`, else `ProofError`."""
    end = start + len(leaves)
    if not 0 <= start <= end <= size < SIZE_LIMIT:
        raise ProofError(f"no range {start} to {end} in a tree of {size}")
    left = start.bit_count()
    right = _right_of(end, size)
    if len(proof) != left + len(right):
        raise ProofError(f"{len(proof)} hashes are not a proof of {start} to {end} in a tree of {size}")
    _check_hashes(proof)
    _check_hashes(leaves)
    peaks = list(Frontier(start, tuple(proof[:left])).extend(leaves).peaks)
    for (_, index), subtree in zip(right, proof[left:], strict=True):
        node = subtree
        joining = index
        while joining & 1:
            node = node_hash(peaks.pop(), node)
            joining >>= 1
        peaks.append(node)
    if _fold(peaks) != root:
        raise ProofError(f"leaves {start} to {end} are not those under this root")


def _split(width: int) -> int:
    """The largest power of two below `width`; requires width > 1."""
    return 1 << (width - 1).bit_length() - 1


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees of falling size."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def _peaks_of(size: int) -> list[tuple[int, int]]:
    """(level, index) of the complete subtrees of the first `size` leaves, left to right."""
    levels = range(size.bit_length() - 1, -1, -1)
    return [(level, (size >> level) - 1) for level in levels if size >> level & 1]


def _right_of(end: int, size: int) -> list[tuple[int, int]]:
    """(level, index) of the maximal complete subtrees over the leaves [end, size), left to right."""
    nodes = []
    while end < size:
        fitting = (size - end).bit_length() - 1
        level = min((end & -end).bit_length() - 1, fitting) if end else fitting
        nodes.append((level, end >> level))
        end += 1 << level
    return nodes


def _subtree(start: int, end: int, read: NodeReader) -> bytes:
    """The hash over [start, end), which begins at a multiple of a power of two no smaller than its width."""
    return _fold([read(level, index) for level, index in _right_of(start, end)])


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_SIZE:
            raise ProofError(f"a hash of {len(value)} bytes, not {HASH_SIZE}")
