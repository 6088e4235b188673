"""What the core reads of a stored log, and its complaints."""

from collections.abc import Sequence
from typing import Protocol

from consensus.entry import Entry
from consensus.raft.configuration import Configuration
from consensus.raft.messages import HardState, Snapshot


class Compacted(LookupError):
    """The entry is no longer in the log: a snapshot replaced it."""


class Unavailable(LookupError):
    """The entry is not in the log yet."""


class SnapshotUnavailable(LookupError):
    """There is no snapshot at the moment; the leader will ask again."""


class Storage(Protocol):
    """The durable log. It changes only as the driver carries out a `Ready`; reads see all that was written."""

    def initial_state(self) -> tuple[HardState, Configuration]:
        """What a node starts with; the configuration is that of the last applied entry."""

    def entries(self, lo: int, hi: int, max_size: int) -> Sequence[Entry]:
        """The entries [lo, hi): as many as have `entry_size` of at most `max_size` in total, at least one.

        Requires first_index <= lo < hi <= last_index + 1.
        """

    def term(self, index: int) -> int:
        """The term of an entry in [first_index - 1, last_index]; raises `Compacted` below and `Unavailable` above."""

    def first_index(self) -> int:
        """The index of the first entry that is still there, or would be."""

    def last_index(self) -> int:
        """The index of the last entry; first_index - 1 when there is none."""

    def snapshot(self) -> Snapshot:
        """The newest snapshot, at least as new as first_index - 1; raises `SnapshotUnavailable`."""
