"""The storage port: what the node, the proofs and the services need of a store, and nothing of how it is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ledger.block import Block, Head, Position
from ledger.crypto.log_tree import NodeReader
from ledger.state import Reader


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A final block as stored: leaves [first_index, first_index + count) of the log; `note` is its certificate."""

    height: int
    first_index: int
    count: int
    note: str


class Snapshot(Reader, Protocol):
    """Everything certified up to `head`, unchanged while the store is written.

    Every method raises `StorageError` when what must be there is missing or damaged.
    """

    @property
    def head(self) -> Head:
        """The end of the chain in this snapshot."""

    @property
    def position(self) -> Position | None:
        """Where the head's block stands in the consensus log; None before the first block."""

    def stepped(self, step: Callable[[], None]) -> "Snapshot":
        """The same view, which calls `step` before each of its reads: to wait there, or to give up by raising."""

    def leaf(self, index: int) -> bytes:
        """A leaf of the log. Requires 0 <= index < head.log.size."""

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """Leaves [start, end) in order. Requires 0 <= start <= end <= head.log.size."""

    def log_node(self, level: int, index: int) -> bytes:
        """A complete subtree of the log: a `NodeReader`."""

    def block(self, height: int) -> StoredBlock | None:
        """The block of a height, or None when there is none (yet)."""

    def height_of(self, index: int) -> int:
        """The height of the block that holds leaf `index`. Requires 0 <= index < head.log.size."""

    def transaction(self, transaction_id: bytes) -> int | None:
        """The log index of a transaction, or None."""

    def restricted(self, index: int) -> bytes | None:
        """The restricted part of the transaction at a log index (salt ‖ MessagePack), or None."""

    def journal_size(self, subject: str) -> int:
        """How many entries a subject's journal has; 0 for an unknown subject."""

    def journal_entry(self, subject: str, position: int) -> int:
        """The log index of an entry. Requires 0 <= position < journal_size."""

    def journal_entries(self, subject: str, start: int, end: int) -> Iterator[int]:
        """The log indices of entries [start, end) in order. Requires 0 <= start <= end <= journal_size."""

    def journal_nodes(self, subject: str) -> NodeReader:
        """The complete subtrees of a subject's journal."""

    def values(self) -> Iterator[tuple[bytes, bytes]]:
        """All public (state key, value) pairs, ordered by key."""

    def private_values(self) -> Iterator[tuple[bytes, bytes]]:
        """All (state key, salt ‖ row) pairs of restricted tables, ordered by key."""


class Store(Protocol):
    """A chain's certified blocks and state. One writer; any number of snapshots beside it."""

    @property
    def head(self) -> Head:
        """The end of the chain as stored."""

    @property
    def synced_height(self) -> int:
        """Blocks up to this height survive a power cut; later ones survive only the end of the process."""

    def write(self, block: Block, note: str, *, sync: bool = False) -> None:
        """Add the next final block with its certificate, all or nothing.

        `sync`: return only once it, and all blocks before it, survive a power cut. Raises `StorageError`.
        """

    def sync(self) -> None:
        """Make everything written so far survive a power cut. Raises `StorageError`."""

    def snapshot(self) -> Snapshot:
        """A consistent view of what is stored now; dropped by forgetting it."""

    def close(self) -> None:
        """Release the directory; snapshots taken from this store can no longer be read."""
