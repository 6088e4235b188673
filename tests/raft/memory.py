"""A log in memory, for tests of the core: durable by decree."""

from collections.abc import Sequence

from consensus.entry import Entry
from consensus.raft.config import entry_size
from consensus.raft.configuration import Configuration
from consensus.raft.messages import HardState, Snapshot, SnapshotMetadata
from consensus.raft.port import Compacted, Unavailable


class MemoryStorage:
    def __init__(self, configuration: Configuration | None = None) -> None:
        self.hard = HardState()
        self.latest = Snapshot(SnapshotMetadata(configuration=configuration or Configuration()))
        self._base = Entry(0, 0, b"")  # what the log begins after
        self._entries: list[Entry] = []

    def initial_state(self) -> tuple[HardState, Configuration]:
        return self.hard, self.latest.metadata.configuration

    def entries(self, lo: int, hi: int, max_size: int) -> Sequence[Entry]:
        if lo <= self._base.index:
            raise Compacted(lo)
        assert hi <= self.last_index() + 1
        found: list[Entry] = []
        size = 0
        for entry in self._entries[lo - self._base.index - 1 : hi - self._base.index - 1]:
            size += entry_size(entry)
            if found and size > max_size:
                break
            found.append(entry)
        return found

    def term(self, index: int) -> int:
        if index < self._base.index:
            raise Compacted(index)
        if index > self.last_index():
            raise Unavailable(index)
        return self._base.term if index == self._base.index else self._entries[index - self._base.index - 1].term

    def first_index(self) -> int:
        return self._base.index + 1

    def last_index(self) -> int:
        return self._base.index + len(self._entries)

    def snapshot(self) -> Snapshot:
        return self.latest

    # What the driver does

    def apply_snapshot(self, snapshot: Snapshot) -> None:
        self.latest = snapshot
        self._base = Entry(snapshot.metadata.term, snapshot.metadata.index, b"")
        self._entries = []

    def append(self, entries: Sequence[Entry]) -> None:
        entries = [entry for entry in entries if entry.index > self._base.index]
        if entries:
            keep = entries[0].index - self._base.index - 1
            assert keep <= len(self._entries), "a gap in the stored log"
            self._entries[keep:] = entries

    def compact(self, index: int) -> None:
        """Forget everything up to `index`."""
        base = Entry(self.term(index), index, b"")
        self._entries = self._entries[index - self._base.index :]
        self._base = base
