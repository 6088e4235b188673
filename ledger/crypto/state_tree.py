"""The state tree: a canonical 16-ary Merkle tree over SHA-256(key), whose root depends on its contents alone.

A node's stored form is what is hashed and what travels in a proof:

    u16be bitmap of slots in use ‖ u16be bitmap of those that are leaves ‖ entries in slot order

Slot s is in use when bit 1 << s is set. A leaf's entry is key hash ‖ value hash (64 bytes), an inner slot's entry the
child's hash (32 bytes). Node hash = SHA-256(0x02 ‖ node); value hash = SHA-256(0x03 ‖ value); key hash = SHA-256(key).

Canonical: besides the root, which always exists, a node of path p exists exactly when two or more keys begin with p; a
key alone under p is a leaf in the lowest node above. Paths are bytes with one nibble (0-15) each, high nibble first.
Nodes are stored by path, so an update replaces them and old versions take no room.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.crypto.log_tree import HASH_SIZE, ProofError

__all__ = [
    "EMPTY_NODE",
    "EMPTY_STATE_ROOT",
    "MissingNode",
    "NodeAt",
    "ProofError",
    "ProvenState",
    "check_node",
    "key_hash",
    "node_hash",
    "prove",
    "update",
    "value_hash",
]

_sha256 = hashlib.sha256

LEAF_SIZE = 64
NODE_SIZE_LIMIT = 4 + 16 * LEAF_SIZE

NodeAt = Callable[[bytes], bytes | None]
"""path -> stored node, or None when there is none."""

Change = tuple[bytes, bytes | None]
"""(key hash, value hash or None to delete)."""

_NIBBLE = tuple(bytes((slot,)) for slot in range(16))


class MissingNode(LookupError):
    """The store lacks a node that its parent names: it is damaged, and nothing may be signed on it."""

    def __init__(self, path: bytes) -> None:
        super().__init__(f"state tree node /{path.hex()[1::2]} is missing")
        self.path = path


def key_hash(key: bytes) -> bytes:
    """SHA-256(key)."""
    return _sha256(key).digest()


def value_hash(value: bytes) -> bytes:
    """SHA-256(0x03 ‖ value)."""
    return _sha256(b"\3" + value).digest()


def node_hash(node: bytes) -> bytes:
    """SHA-256(0x02 ‖ node)."""
    return _sha256(b"\2" + node).digest()


EMPTY_NODE = bytes(4)
EMPTY_STATE_ROOT = node_hash(EMPTY_NODE)


def update(changes: Mapping[bytes, bytes | None], read: NodeAt) -> tuple[bytes, dict[bytes, bytes | None]]:
    """Apply a batch: key hash -> value hash, both of 32 bytes, or None to delete (what is absent stays absent).

    Returns the new root and the nodes to write by path, None for those to remove. `read` gives the nodes as they were
    before; an absent root reads as the empty tree. Raises `MissingNode` when the store is damaged.
    """
    written: dict[bytes, bytes | None] = {}
    root = read(b"")
    if root is None:
        root = written[b""] = EMPTY_NODE
    batch = sorted(changes.items())
    if not batch:
        return node_hash(root), written
    entry = _Update(read, written).change(b"", node_hash(root), batch, 0, len(batch))
    return entry, written


class _Update:
    """One batch on its way down the tree and back up.

    An entry is what a parent slot holds, and its length says what it is: 0 nothing, 32 the hash of an inner node,
    64 a leaf.
    """

    __slots__ = ("_read", "_written")

    def __init__(self, read: NodeAt, written: dict[bytes, bytes | None]) -> None:
        self._read = read
        self._written = written

    def change(self, path: bytes, own: bytes, batch: list[Change], low: int, high: int) -> bytes:
        """Apply batch[low:high] under the existing node at `path`, of hash `own`; return the parent's new entry."""
        before = self._read(path)
        if before is None:
            if path:
                raise MissingNode(path)
            before = EMPTY_NODE
        depth = len(path)
        byte, shift = depth >> 1, 0 if depth & 1 else 4
        bitmaps = int.from_bytes(before[:4], "big")
        present, leaves = bitmaps >> 16, bitmaps & 0xFFFF
        present_after, leaves_after, parts, kept = present, leaves, [b""], 4
        while low < high:
            slot = batch[low][0][byte] >> shift & 15
            end = low + 1
            while end < high and batch[end][0][byte] >> shift & 15 == slot:
                end += 1
            bit = 1 << slot
            below = bit - 1
            start = stop = 4 + 32 * ((present & below).bit_count() + (leaves & below).bit_count())
            if not present & bit:
                entry = self.build(path + _NIBBLE[slot], None, batch, low, end)
            elif leaves & bit:
                stop += LEAF_SIZE
                held = (before[start : start + 32], before[start + 32 : stop])
                entry = self.build(path + _NIBBLE[slot], held, batch, low, end)
            else:
                stop += HASH_SIZE
                entry = self.change(path + _NIBBLE[slot], before[start:stop], batch, low, end)
            parts += (before[kept:start], entry)
            kept = stop
            size = len(entry)
            present_after = present_after | bit if size else present_after & ~bit
            leaves_after = leaves_after | bit if size == LEAF_SIZE else leaves_after & ~bit
            low = end
        parts[0] = (present_after << 16 | leaves_after).to_bytes(4, "big")
        parts.append(before[kept:])
        after = b"".join(parts)
        if depth and len(after) <= 4 + LEAF_SIZE and present_after == leaves_after and present_after.bit_count() < 2:
            # Nothing or one leaf is left: this node is no longer canonical, and what remains moves up a slot.
            self._written[path] = None
            return after[4:]
        if after == before:
            return own
        self._written[path] = after
        return _sha256(b"\2" + after).digest()

    def build(self, path: bytes, held: tuple[bytes, bytes] | None, batch: list[Change], low: int, high: int) -> bytes:
        """The entry for `path`, where no node exists yet: the leaf `held` there, if any, plus batch[low:high]."""
        if high - low == 1:
            key, value = batch[low]
            if not held or held[0] == key:
                return b"" if value is None else key + value
        keys = {held[0]: held[1]} if held else {}
        for key, value in batch[low:high]:
            if value is None:
                keys.pop(key, None)
            else:
                keys[key] = value
        return self.grow(path, sorted(keys.items()))

    def grow(self, path: bytes, keys: Sequence[tuple[bytes, bytes]]) -> bytes:
        """The entry of a fresh subtree at `path` over `keys`, sorted."""
        if len(keys) < 2:
            return b"".join(keys[0]) if keys else b""
        depth = len(path)
        byte, shift = depth >> 1, 0 if depth & 1 else 4
        slots: dict[int, list[tuple[bytes, bytes]]] = {}
        for item in keys:
            slots.setdefault(item[0][byte] >> shift & 15, []).append(item)
        present = leaves = 0
        entries = []
        for slot, items in slots.items():
            entry = self.grow(path + _NIBBLE[slot], items)
            present |= 1 << slot
            leaves |= (len(entry) == LEAF_SIZE) << slot
            entries.append(entry)
        node = (present << 16 | leaves).to_bytes(4, "big") + b"".join(entries)
        self._written[path] = node
        return _sha256(b"\2" + node).digest()


def prove(key_hashes: Iterable[bytes], read: NodeAt) -> list[bytes]:
    """The nodes from the root towards each key hash, root first, each once: they prove each one's value or absence.

    The order depends on the set of keys alone. Raises `MissingNode` when the store is damaged.
    """
    nodes: dict[bytes, bytes] = {b"": read(b"") or EMPTY_NODE}
    for wanted in sorted(set(key_hashes)):
        path = b""
        while _at(_slot(wanted, len(path)), nodes[path]).child:
            path += _NIBBLE[_slot(wanted, len(path))]
            if path not in nodes:
                node = read(path)
                if node is None:
                    raise MissingNode(path)
                nodes[path] = node
    return list(nodes.values())


def check_node(node: bytes, path: bytes) -> None:
    """That `node` is well formed and canonical for `path` (one nibble a byte), else `ProofError`."""
    _check_form(node)
    present, leaves = _bitmaps(node)
    if path and present == leaves and not present & (present - 1):
        raise ProofError("a node below the root that holds fewer than two keys")
    prefix = path.hex()[1::2]
    start = 4
    for slot in range(16):
        if leaves >> slot & 1:
            if not node[start : start + HASH_SIZE].hex().startswith(f"{prefix}{slot:x}"):
                raise ProofError(f"a leaf that does not belong in slot {slot:x} of node /{prefix}")
            start += LEAF_SIZE
        elif present >> slot & 1:
            start += HASH_SIZE


class ProvenState:
    """What a set of nodes proves about the state under one root: values, and absences."""

    def __init__(self, root: bytes, nodes: Sequence[bytes]) -> None:
        """Index `nodes` by hash; raises `ProofError` when one is malformed or given twice."""
        self.root = root
        self._nodes: dict[bytes, bytes] = {}
        self._paths: dict[bytes, bytes] = {}
        for node in nodes:
            _check_form(node)
            name = node_hash(node)
            if name in self._nodes:
                raise ProofError("the same node twice")
            self._nodes[name] = node

    def value_hash(self, key: bytes) -> bytes | None:
        """The value hash under a key hash, None if proven absent; `ProofError` when the nodes do not suffice."""
        if len(key) != HASH_SIZE:
            raise ProofError(f"a key hash of {len(key)} bytes, not {HASH_SIZE}")
        name, path = self.root, b""
        while True:
            slot = _slot(key, len(path))
            entry = _at(slot, self._visit(name, path))
            if not entry.child:
                return entry.value if entry.leaf == key else None
            name = entry.child
            path += _NIBBLE[slot]
            if len(path) == 2 * HASH_SIZE:
                raise ProofError("a path longer than a key hash")

    def in_order(self) -> bool:
        """Whether the nodes stand in the order in which the values asked for so far needed them, with none to spare."""
        return list(self._paths) == list(self._nodes)

    def unused(self) -> int:
        """How many of the nodes no value asked for so far has needed; a proof file must have none."""
        return len(self._nodes) - len(self._paths)

    def _visit(self, name: bytes, path: bytes) -> bytes:
        node = self._nodes.get(name)
        if node is None:
            raise ProofError(f"the state node /{path.hex()[1::2]} is not in the proof")
        known = self._paths.get(name)
        if known is None:
            check_node(node, path)
            self._paths[name] = path
        elif known != path:
            raise ProofError("one node in two places")
        return node


class _Entry(NamedTuple):
    """A slot of a node: a child's hash, or a leaf (key hash) and its value hash, or nothing at all."""

    child: bytes
    leaf: bytes
    value: bytes


_NOTHING = _Entry(b"", b"", b"")


def _slot(key: bytes, depth: int) -> int:
    """The nibble of a key hash at `depth`, high nibble first."""
    return key[depth >> 1] >> (0 if depth & 1 else 4) & 15


def _bitmaps(node: bytes) -> tuple[int, int]:
    return int.from_bytes(node[:2], "big"), int.from_bytes(node[2:4], "big")


def _at(slot: int, node: bytes) -> _Entry:
    """What a well-formed node holds in `slot`."""
    present, leaves = _bitmaps(node)
    bit = 1 << slot
    if not present & bit:
        return _NOTHING
    start = 4 + HASH_SIZE * ((present & (bit - 1)).bit_count() + (leaves & (bit - 1)).bit_count())
    middle = start + HASH_SIZE
    if leaves & bit:
        return _Entry(b"", node[start:middle], node[middle : start + LEAF_SIZE])
    return _Entry(node[start:middle], b"", b"")


def _check_form(node: bytes) -> None:
    """That the length is what the bitmaps say and that only slots in use are leaves."""
    if not 4 <= len(node) <= NODE_SIZE_LIMIT:
        raise ProofError(f"a state node of {len(node)} bytes")
    present, leaves = _bitmaps(node)
    if leaves & ~present:
        raise ProofError("a state node with a leaf in an empty slot")
    if len(node) != 4 + HASH_SIZE * (present.bit_count() + leaves.bit_count()):
        raise ProofError("a state node whose length is not what its bitmaps say")
