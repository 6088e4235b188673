"""Consistent reads of one LevelDB snapshot.

Every read checks LevelDB's checksums; what must be there and is not is `Corrupt`.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import plyvel

from ledger.block import Changes, Head, Position, decode_leaf
from ledger.crypto.encoding import Decoder, Malformed
from ledger.crypto.log_tree import STORED_LEVEL, NodeReader, ProofError, leaf_hash, node_hash
from ledger.state import VALUE_SIZE_MAX
from ledger.storage import keys
from ledger.storage.errors import Corrupt, StoreClosed, reason_of
from ledger.storage.port import StoredBlock
from ledger.storage.recent_nodes import RecentNodes
from ledger.storage.records import decode_block, decode_head

POSITION_KEY = b"consensus/position/"
"""The state key under which execution leaves the block's place in the consensus log."""

Seen = dict[bytes, bytes | None]
"""State values and nodes of one height by their keys in LevelDB, once a read of a service has read them there. The next
wants the same ones again, those near the root above all; and each read of LevelDB gives the interpreter away, which
costs far more than the read while other threads want it.
"""

SEEN_MAX = 8_192

_decode_position: Decoder[Position] = Decoder(Position, VALUE_SIZE_MAX)
_T = TypeVar("_T")


def seen_after(seen: Seen, changes: Changes) -> Seen:
    """What is still known of what was seen when a block has changed the state."""
    if not seen or len(seen) >= SEEN_MAX:
        return {}
    changed = {keys.VALUE: changes.values, keys.NODE: changes.nodes}
    known = dict(seen)  # reads in threads go on adding to it, and only a copy at one blow cannot meet them
    return {key: changed[key[:1]].get(key[1:], value) for key, value in known.items()}


class LevelSnapshot:
    """`ledger.storage.port.Snapshot` over LevelDB. Safe to share between threads; holds no file of its own."""

    def __init__(self, path: str, database: Any, first_head: Head, seen: Seen, nodes: RecentNodes) -> None:
        """`seen` is shared by all snapshots of one height; `nodes`: those that are not in the database yet."""
        self._path = path
        self._nodes = nodes
        self._snapshot = database.snapshot()
        self._seen = seen
        raw = self._read(keys.HEAD)
        self._head = first_head if raw is None else self._parse(lambda: decode_head(raw).head(), "the head record")

    @property
    def head(self) -> Head:
        """The end of the chain in this snapshot."""
        return self._head

    @property
    def position(self) -> Position | None:
        """Where the head's block stands in the consensus log; None before the first block."""
        raw = self.get(POSITION_KEY)
        return None if raw is None else self._parse(lambda: _decode_position(raw), "the consensus position")

    def stepped(self, step: Callable[[], None]) -> "LevelSnapshot":
        """The same view, which calls `step` before each of its reads: to wait there, or to give up by raising."""
        return _SteppedSnapshot(vars(self), step)

    # What execution reads (ledger.state.Reader).

    def get(self, key: bytes) -> bytes | None:
        """The public value of a state key."""
        return self._recall(b"s" + key)

    def private(self, key: bytes) -> bytes | None:
        """Salt ‖ row of a restricted state key."""
        return self._read(b"p" + key)

    def node(self, path: bytes) -> bytes | None:
        """A state-tree node by its path, one byte a nibble."""
        return self._nodes.over(self._stored_node, path)

    def _stored_node(self, path: bytes) -> bytes | None:
        return self._recall(b"n" + path)

    def has_transaction(self, transaction_id: bytes) -> bool:
        """Whether an id is on the chain."""
        return self._read(b"t" + transaction_id) is not None

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Public (key, value) pairs under `prefix`, ordered by key, from `start` (inclusive; b"" = the first)."""
        return self._under(keys.VALUE, prefix, max(prefix, start))

    def values(self) -> Iterator[tuple[bytes, bytes]]:
        """All public (state key, value) pairs, ordered by key."""
        return self._under(keys.VALUE, b"", b"")

    def private_values(self) -> Iterator[tuple[bytes, bytes]]:
        """All (state key, salt ‖ row) pairs of restricted tables, ordered by key."""
        return self._under(keys.PRIVATE, b"", b"")

    # The log.

    def leaf(self, index: int) -> bytes:
        """A leaf of the log. Requires 0 <= index < head.log.size."""
        self._check_range(index, index + 1, self._head.log.size, "log")
        return self._need(keys.LEAF + keys.number(index), "leaf", index)

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """Leaves [start, end) in order. Requires 0 <= start <= end <= head.log.size."""
        self._check_range(start, end, self._head.log.size, "log")
        return self._numbered(keys.LEAF, start, end)

    def log_node(self, level: int, index: int) -> bytes:
        """A complete subtree of the log: a `NodeReader`."""
        self._check_range(index << level, (index + 1) << level, self._head.log.size, "log")
        if level >= STORED_LEVEL:
            return self._need(keys.log_node(level, index), "log node", level, index)
        return _join([leaf_hash(leaf) for leaf in self.leaves(index << level, (index + 1) << level)])

    def block(self, height: int) -> StoredBlock | None:
        """The block of a height, or None when there is none (yet)."""
        if not 1 <= height <= self._head.height:
            return None
        raw = self._need(keys.BLOCK + keys.number(height), "block", height)
        record = self._parse(lambda: decode_block(raw), f"block {height}")
        return StoredBlock(height, record.first_index, record.count, record.note)

    def height_of(self, index: int) -> int:
        """The height of the block that holds leaf `index`. Requires 0 <= index < head.log.size."""
        leaf = self.leaf(index)
        return self._parse(lambda: decode_leaf(leaf), f"leaf {index}").outcome[0]

    def transaction(self, transaction_id: bytes) -> int | None:
        """The log index of a transaction, or None."""
        raw = self._read(keys.TRANSACTION + transaction_id)
        return None if raw is None else self._number(raw, "transaction index")

    def restricted(self, index: int) -> bytes | None:
        """The restricted part of the transaction at a log index (salt ‖ MessagePack), or None."""
        return self._read(keys.RESTRICTED + keys.number(index))

    # Journals.

    def journal_size(self, subject: str) -> int:
        """How many entries a subject's journal has; 0 for an unknown subject."""
        prefix = keys.journal(subject)
        for key, _ in self._iterate(prefix, keys.after_all(prefix), reverse=True):
            return self._number(key[len(prefix) :], f"journal of {subject}") + 1
        return 0

    def journal_entry(self, subject: str, position: int) -> int:
        """The log index of an entry. Requires 0 <= position < journal_size."""
        raw = self._need(keys.journal(subject) + keys.number(position), f"journal entry of {subject}", position)
        return self._number(raw, f"journal of {subject}")

    def journal_entries(self, subject: str, start: int, end: int) -> Iterator[int]:
        """The log indices of entries [start, end) in order. Requires 0 <= start <= end <= journal_size."""
        for raw in self._numbered(keys.journal(subject), start, end):
            yield self._number(raw, f"journal of {subject}")

    def journal_nodes(self, subject: str) -> NodeReader:
        """The complete subtrees of a subject's journal."""

        def read(level: int, index: int) -> bytes:
            if level >= STORED_LEVEL:
                return self._need(keys.journal_node(subject, level, index), f"journal node of {subject}", level, index)
            entries = self.journal_entries(subject, index << level, (index + 1) << level)
            return _join([leaf_hash(self.leaf(entry)) for entry in entries])

        return read

    # LevelDB.

    def _read(self, key: bytes) -> bytes | None:
        try:
            return self._snapshot.get(key, verify_checksums=True)  # type: ignore[no-any-return]  # plyvel has no types
        except plyvel.Error as error:
            raise Corrupt(self._path, reason_of(error)) from error
        except RuntimeError as error:
            raise StoreClosed(self._path) from error

    def _recall(self, key: bytes) -> bytes | None:
        """A state value or node; only stepped views, which many share, remember what they have seen."""
        return self._read(key)

    def _need(self, key: bytes, what: str, *place: int) -> bytes:
        value = self._read(key)
        if value is None:
            raise Corrupt(self._path, f"{what} {'/'.join(map(str, place))} is missing")
        return value

    def _iterate(self, start: bytes, stop: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        try:
            with self._snapshot.iterator(start=start, stop=stop, reverse=reverse, verify_checksums=True) as pairs:
                yield from pairs
        except plyvel.Error as error:
            raise Corrupt(self._path, reason_of(error)) from error
        except RuntimeError as error:
            raise StoreClosed(self._path) from error

    def _under(self, space: bytes, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        for key, value in self._iterate(space + start, keys.after_all(space + prefix)):
            yield key[1:], value

    def _numbered(self, prefix: bytes, start: int, end: int) -> Iterator[bytes]:
        """Values under consecutive numbers; a gap is `Corrupt`."""
        expected = start
        if start < end:
            for key, value in self._iterate(prefix + keys.number(start), prefix + keys.number(end)):
                if key != prefix + keys.number(expected):
                    break
                expected += 1
                yield value
        if expected != end:
            raise Corrupt(self._path, f"entry {expected} under {prefix!r} is missing")

    def _number(self, raw: bytes, what: str) -> int:
        return self._parse(lambda: keys.parse_number(raw), what)

    def _parse(self, parse: Callable[[], _T], what: str) -> _T:
        try:
            return parse()
        except (Malformed, ProofError, struct.error) as error:
            raise Corrupt(self._path, f"{what} is unreadable ({error})") from error

    def _check_range(self, start: int, end: int, size: int, what: str) -> None:
        if not 0 <= start <= end <= size:
            raise IndexError(f"{start} to {end} is not within the {what} of {size}")


class _SteppedSnapshot(LevelSnapshot):
    """See `LevelSnapshot.stepped`."""

    def __init__(self, of: dict[str, Any], step: Callable[[], None]) -> None:
        vars(self).update(of)
        self._step = step

    def node(self, path: bytes) -> bytes | None:
        self._step()
        return super().node(path)

    def _read(self, key: bytes) -> bytes | None:
        self._step()
        return super()._read(key)

    def _recall(self, key: bytes) -> bytes | None:
        try:
            value = self._seen[key]
        except KeyError:
            value = self._read(key)
            if value is not None and len(self._seen) < SEEN_MAX:
                self._seen[key] = value
            return value
        self._step()
        return value

    def _iterate(self, start: bytes, stop: bytes | None, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        for pair in super()._iterate(start, stop, reverse=reverse):
            self._step()
            yield pair


def _join(hashes: list[bytes]) -> bytes:
    """The root over a power of two of hashes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]
