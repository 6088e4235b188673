"""The end of the log that is not known to be durable: entries and a snapshot on their way to the storage.

What was handed to the driver is *in progress* until it says that it is done; with asynchronous writes several
can be, and the log may change below them meanwhile.
"""

from consensus.entry import Entry
from consensus.raft.messages import Snapshot


class Unstable:
    """Entries from `offset` on, and perhaps a snapshot right before them."""

    __slots__ = ("entries", "in_progress", "offset", "snapshot", "snapshot_in_progress")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.entries: list[Entry] = []
        self.in_progress = offset
        """The first index not handed out. offset <= in_progress <= offset + len(entries)."""
        self.snapshot: Snapshot | None = None
        self.snapshot_in_progress = False

    def first_index(self) -> int | None:
        """The log's first index, when a snapshot here decides it."""
        return self.snapshot.metadata.index + 1 if self.snapshot is not None else None

    def last_index(self) -> int | None:
        """The log's last index, when it lies here."""
        if self.entries:
            return self.offset + len(self.entries) - 1
        return self.snapshot.metadata.index if self.snapshot is not None else None

    def term(self, index: int) -> int | None:
        """The term of the entry `index`, when it is known here."""
        if index < self.offset:
            if self.snapshot is not None and self.snapshot.metadata.index == index:
                return self.snapshot.metadata.term
            return None
        place = index - self.offset
        return self.entries[place].term if place < len(self.entries) else None

    def new_entries(self) -> list[Entry]:
        """The entries not handed out yet."""
        return self.entries[self.in_progress - self.offset :]

    @property
    def has_new_entries(self) -> bool:
        """Whether there are entries not handed out yet."""
        return len(self.entries) > self.in_progress - self.offset

    def new_snapshot(self) -> Snapshot | None:
        """The snapshot, unless it was handed out."""
        return None if self.snapshot_in_progress else self.snapshot

    def hand_out(self) -> None:
        """All entries and the snapshot are with the driver now."""
        self.in_progress = self.offset + len(self.entries)
        self.snapshot_in_progress = self.snapshot is not None

    def stable_to(self, term: int, index: int) -> None:
        """Entries up to `index` are durable, if the one there still has `term`.

        A write that finishes after the log below it changed says nothing about what the log holds now: its index may be
        covered again by another term's entry (an ABA). Comparing the term decides, since a leader gives a place once.
        """
        if index < self.offset or self.term(index) != term:
            return
        del self.entries[: index + 1 - self.offset]
        self.offset = index + 1
        self.in_progress = max(self.in_progress, self.offset)

    def stable_snapshot_to(self, index: int) -> None:
        """The snapshot at `index` is durable and applied."""
        if self.snapshot is not None and self.snapshot.metadata.index == index:
            self.snapshot = None
            self.snapshot_in_progress = False

    def restore(self, snapshot: Snapshot) -> None:
        """The snapshot replaces everything."""
        self.offset = snapshot.metadata.index + 1
        self.in_progress = self.offset
        self.entries = []
        self.snapshot = snapshot
        self.snapshot_in_progress = False

    def truncate_and_append(self, entries: tuple[Entry, ...]) -> None:
        """Put `entries` at their indexes; what lay at or after the first of them goes. Requires entries."""
        first = entries[0].index
        if first == self.offset + len(self.entries):
            self.entries.extend(entries)
        elif first <= self.offset:
            self.entries = list(entries)
            self.offset = self.in_progress = first
        else:
            assert first < self.offset + len(self.entries), "a gap in the log"
            del self.entries[first - self.offset :]
            self.entries.extend(entries)
            self.in_progress = min(self.in_progress, first)
