"""A store in LevelDB: one atomic write a block, snapshots beside it, nothing ever rolled back.

LevelDB is opened with paranoid checks: without them one flipped bit in its write-ahead file silently drops blocks.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import plyvel

from ledger.block import Block, Head
from ledger.crypto.encoding import Malformed, encode
from ledger.crypto.log_tree import ProofError
from ledger.crypto.state_tree import MissingNode
from ledger.errors import InvariantBroken
from ledger.storage import keys
from ledger.storage.audit import check_head
from ledger.storage.directory import lock_directory, prepare_directory
from ledger.storage.errors import Corrupt, DirectoryLocked, NewerFormat, OtherChain, StoreClosed, Unusable, reason_of
from ledger.storage.recent_nodes import RecentNodes, decode_changed, find_again
from ledger.storage.records import FORMAT, BlockRecord, StoredHead, StoredMeta, decode_head, decode_meta
from ledger.storage.snapshot import LevelSnapshot, Seen, seen_after
from ledger.storage.wal import WalGuard

WRITE_BUFFER_SIZE = 64 << 20
"""Blocks gather in memory up to this size before they become tables. LevelDB merges a table after some hundred lookups
that passed through it to older ones, so that each soon goes down through the whole ledger: the fewer, the better (ADR
0030, `python -m benchmarks.merging`). Hashes do not compress, so nothing is compressed.
"""

SHARES = (16, 15, 14, 13, 12, 11, 10, 9)
"""How many sixteenths of what may gather in memory do, by a validator's place. They all write the same bytes at the
same heights: if they filled as much, all would merge tables at once, and no quorum would go on meanwhile.
"""

_BLOCK_CACHE_SIZE = 16 << 20
_TABLE_FILE_SIZE = 1 << 20
_OPEN_FILES_MAX = 266
"""LevelDB keeps (this - 10) table files mapped with their indexes: 256 MiB of page cache at most, which fills early, so
that resident memory stays flat while the chain grows (`python -m benchmarks.throughput --memory`). Fewer (64 is the
least) cost reads at random of a large ledger (`python -m benchmarks.archive`): nearly each opens a file.
"""

Put = Callable[[bytes, bytes], None]
Delete = Callable[[bytes], None]


class LevelStore:
    """`ledger.storage.port.Store` over LevelDB. One thread writes; snapshots may be read from any thread."""

    def __init__(self, path: Path, lock: int, database: Any, guard: WalGuard, first_head: Head, share: int) -> None:
        """Use `open`."""
        self._path = str(path)
        self._share = share
        self._lock = lock
        self._database = database
        self._first_head = first_head
        self._guard = guard
        raw = database.get(keys.HEAD, verify_checksums=True)
        if raw is None and database.get(keys.BLOCK + keys.number(1), verify_checksums=True) is not None:
            raise Corrupt(self._path, "the head record is missing")
        try:
            stored = StoredHead.of(first_head, 0) if raw is None else decode_head(raw)
            self._head = stored.head()
        except (Malformed, ProofError) as error:
            raise Corrupt(self._path, f"the head record is unreadable ({error})") from error
        self._synced_height = stored.synced_height
        self._failed = False
        self._seen: Seen = {}
        self._nodes = self._find_nodes()

    @classmethod
    def open(
        cls,
        path: Path,
        chain_id: bytes,
        first_head: Head,
        *,
        place: int = 0,
        write_buffer_size: int = WRITE_BUFFER_SIZE,
    ) -> "LevelStore":
        """Open the ledger of `chain_id` in `path`, or begin one in an empty directory.

        `first_head` is the head before the first block (`Genesis.head()`), `place` which of the network's validators
        this is (see `SHARES`). Raises a `StorageError` that names path and remedy. What is stored at the head is
        checked against its certificate's text before anything is built on it.
        """
        database_path = prepare_directory(path, chain_id)
        share = SHARES[place % len(SHARES)]
        write_buffer_size = write_buffer_size * share // 16
        with ExitStack() as undo:
            lock = lock_directory(path)
            undo.callback(os.close, lock)
            database = open_database(path, database_path, write_buffer_size)
            undo.callback(database.close)
            try:
                _check_meta(path, database, chain_id)
                store = cls(path, lock, database, WalGuard(database_path, write_buffer_size), first_head, share)
                check_head(str(path), store.snapshot(), store.synced_height)
            except plyvel.Error as error:
                raise Corrupt(str(path), reason_of(error)) from error
            except OSError as error:
                raise Unusable(str(path), reason_of(error)) from error
            undo.pop_all()
        return store

    @property
    def head(self) -> Head:
        """The end of the chain as stored."""
        return self._head

    @property
    def synced_height(self) -> int:
        """Blocks up to this height survive a power cut; later ones survive only the end of the process."""
        return self._synced_height

    def write(self, block: Block, note: str, *, sync: bool = False) -> None:
        """Add the next final block with its certificate, all or nothing.

        `sync`: return only once it, and all blocks before it, survive a power cut. After a `StorageError` the store
        takes no more writes.
        """
        head = self._head
        if block.height != head.height + 1 or block.first_index != head.log.size:
            raise InvariantBroken(f"block {block.height} at leaf {block.first_index} does not follow {head.height}")
        if block.head.log.size != block.first_index + len(block.leaves):
            raise InvariantBroken(f"block {block.height} has {len(block.leaves)} leaves, its log {block.head.log.size}")
        if self._failed or self._database.closed:
            raise StoreClosed(self._path)
        self._failed = True
        try:
            batch = self._database.write_batch(sync=sync)
            entries = fill(batch.put, batch.delete, block, note, block.height if sync else self._synced_height)
            nodes, more = self._take_nodes(batch.put, batch.delete, block)
            self._guard.before_write()
            batch.write()
            self._guard.after_write(batch.approximate_size(), entries + more, synced=sync)
        except (plyvel.Error, OSError) as error:
            raise Unusable(self._path, reason_of(error)) from error
        self._failed = False
        self._head, self._nodes = block.head, nodes
        self._seen = seen_after(self._seen, block.changes)
        if sync:
            self._synced_height = block.height

    def sync(self) -> None:
        """Make everything written so far survive a power cut, without a block. Raises `StorageError`."""
        if self._failed or self._database.closed:
            raise StoreClosed(self._path)
        self._failed = True
        try:
            stored = encode(StoredHead.of(self._head, self._head.height))
            self._guard.before_write()
            if self._head.height:
                self._database.put(keys.HEAD, stored, sync=True)
                self._guard.after_write(len(stored), 1, synced=True)
        except (plyvel.Error, OSError) as error:
            raise Unusable(self._path, reason_of(error)) from error
        self._failed = False
        self._synced_height = self._head.height

    def snapshot(self) -> LevelSnapshot:
        """A consistent view of what is stored now; dropped by forgetting it."""
        if self._database.closed:
            raise StoreClosed(self._path)
        return LevelSnapshot(self._path, self._database, self._first_head, self._seen, self._nodes)

    def _take_nodes(self, put: Put, delete: Delete, block: Block) -> tuple[RecentNodes, int]:
        """Note what a block changed, or write all nodes that wait; returns those in memory, and how many entries."""
        nodes = self._nodes.after(block.changes.nodes)
        if not nodes.fill(self._share):
            put(keys.CHANGED + keys.number(block.height), encode(tuple(block.changes.values)))
            return nodes, 1
        merged = nodes.merged()
        _enter(put, delete, keys.NODE, merged)
        for height in range(block.height - nodes.blocks + 1, block.height):
            delete(keys.CHANGED + keys.number(height))
        return RecentNodes(written=merged), len(merged) + nodes.blocks

    def _find_nodes(self) -> RecentNodes:
        """The nodes that waited to be written when the store was last open."""

        def read(key: bytes) -> bytes | None:
            return self._database.get(key, verify_checksums=True)  # type: ignore[no-any-return]  # plyvel has no types

        try:
            with self._database.iterator(prefix=keys.CHANGED, include_key=False, verify_checksums=True) as noted:
                changed = [decode_changed(raw) for raw in noted]
            return find_again(changed, lambda key: read(keys.VALUE + key), lambda path: read(keys.NODE + path))
        except (Malformed, MissingNode) as error:
            raise Corrupt(self._path, f"the state tree cannot be completed ({error})") from error

    def close(self) -> None:
        """Release the directory; snapshots taken from this store can no longer be read."""
        if not self._database.closed:
            self._database.close()
            os.close(self._lock)


def open_database(path: Path, database_path: Path, write_buffer_size: int) -> Any:
    """LevelDB as every database of ours is opened; `path` is named when it cannot be. Raises `StorageError`."""
    try:
        return plyvel.DB(
            str(database_path),
            create_if_missing=True,
            paranoid_checks=True,
            bloom_filter_bits=10,
            write_buffer_size=write_buffer_size,
            compression=None,
            lru_cache_size=_BLOCK_CACHE_SIZE,
            max_open_files=_OPEN_FILES_MAX,
            max_file_size=_TABLE_FILE_SIZE,
        )
    except plyvel.CorruptionError as error:
        raise Corrupt(str(path), reason_of(error)) from error
    except plyvel.Error as error:
        if "lock" in reason_of(error).lower():
            raise DirectoryLocked(str(path)) from error
        raise Unusable(str(path), reason_of(error)) from error


def _check_meta(path: Path, database: Any, chain_id: bytes) -> None:
    raw = database.get(keys.META, verify_checksums=True)
    if raw is None:
        with database.iterator(include_value=False) as found:
            if next(found, None) is not None:
                raise Corrupt(str(path), "the record of the format is missing")
        database.put(keys.META, encode(StoredMeta(FORMAT, chain_id)), sync=True)
        return
    try:
        meta = decode_meta(raw)
    except Malformed as error:
        raise Corrupt(str(path), f"the record of the format is unreadable ({error})") from error
    if meta.format > FORMAT:
        raise NewerFormat(str(path), str(meta.format), FORMAT)
    if meta.chain_id != chain_id:
        raise OtherChain(str(path), meta.chain_id.hex()[:16], chain_id.hex()[:16])
    if meta.format < FORMAT:
        database.put(keys.META, encode(StoredMeta(FORMAT, chain_id)), sync=True)


def _enter(put: Put, delete: Delete, space: bytes, changed: Mapping[bytes, bytes | None]) -> None:
    """Put what keys of a keyspace hold now; None: nothing."""
    for key, value in changed.items():
        if value is None:
            delete(space + key)
        else:
            put(space + key, value)


def fill(put: Put, delete: Delete, block: Block, note: str, synced_height: int) -> int:
    """Put everything of one block but its state-tree nodes; returns the number of puts and deletes."""
    changes, number = block.changes, keys.number
    _enter(put, delete, keys.VALUE, changes.values)
    _enter(put, delete, keys.PRIVATE, changes.private)
    for index, leaf in enumerate(block.leaves, block.first_index):
        put(b"l" + number(index), leaf)
    for index, restricted in changes.restricted.items():
        put(keys.RESTRICTED + number(index), restricted)
    for (level, index), node in changes.log_nodes.items():
        put(keys.log_node(level, index), node)
    for transaction_id, index in changes.transactions.items():
        put(b"t" + transaction_id, number(index))
    for subject, position, index in changes.journal:
        put(keys.journal(subject) + number(position), number(index))
    for (subject, level, index), node in changes.journal_nodes.items():
        put(keys.journal_node(subject, level, index), node)
    put(keys.BLOCK + number(block.height), encode(BlockRecord(block.first_index, len(block.leaves), note)))
    put(keys.HEAD, encode(StoredHead.of(block.head, synced_height)))
    counted = (changes.values, changes.private, block.leaves, changes.restricted, changes.log_nodes)
    return sum(map(len, counted)) + len(changes.transactions) + len(changes.journal) + len(changes.journal_nodes) + 2
