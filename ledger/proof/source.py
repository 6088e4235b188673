"""What builders of proofs need of a store: a narrow part of `ledger.storage.port.Snapshot`."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from ledger.block import Head
from ledger.crypto.log_tree import NodeReader
from ledger.storage.port import StoredBlock


class Source(Protocol):
    """Everything certified up to `head`; see `ledger.storage.port.Snapshot` for each method."""

    @property
    def head(self) -> Head:
        """The end of the chain."""

    def get(self, key: bytes) -> bytes | None:
        """The public value of a state key."""

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Public (key, value) pairs under `prefix`, ordered by key, from `start`."""

    def node(self, path: bytes) -> bytes | None:
        """A state-tree node by its path."""

    def leaf(self, index: int) -> bytes:
        """A leaf of the log."""

    def log_node(self, level: int, index: int) -> bytes:
        """A complete subtree of the log."""

    def block(self, height: int) -> StoredBlock | None:
        """The block of a height, with its certificate."""

    def journal_entry(self, subject: str, position: int) -> int:
        """The log index of a journal's entry."""

    def journal_entries(self, subject: str, start: int, end: int) -> Iterable[int]:
        """The log indices of entries [start, end)."""

    def journal_nodes(self, subject: str) -> NodeReader:
        """The complete subtrees of a subject's journal."""
