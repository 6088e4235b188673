"""The log as the core sees it: the stored part and the unstable end together, with what is committed and applied.

Invariant: applied <= applying <= committed <= last_index. `applying` = handed to the driver to be applied.
"""

from collections.abc import Sequence

from consensus.entry import Entry, Kind
from consensus.raft.config import NO_LIMIT, entry_size
from consensus.raft.messages import Snapshot
from consensus.raft.port import Compacted, Storage, Unavailable
from consensus.raft.unstable import Unstable


class RaftLog:
    """Entries [first_index, last_index]. `max_applying_size` bounds what is handed out to be applied, in bytes."""

    def __init__(self, storage: Storage, max_applying_size: int) -> None:
        self.storage = storage
        self.unstable = Unstable(storage.last_index() + 1)
        self.committed = self.applying = self.applied = storage.first_index() - 1
        self._max_applying_size = max_applying_size
        self._applying_size = 0
        self._applying_paused = False

    @property
    def first_index(self) -> int:
        """The first entry still there."""
        first = self.unstable.first_index()
        return self.storage.first_index() if first is None else first

    @property
    def last_index(self) -> int:
        """The last entry."""
        last = self.unstable.last_index()
        return self.storage.last_index() if last is None else last

    @property
    def last_term(self) -> int:
        """The term of the last entry."""
        return self.term(self.last_index)

    def term(self, index: int) -> int:
        """The term of an entry of [first_index - 1, last_index]; raises `Compacted` or `Unavailable` outside."""
        term = self.unstable.term(index)
        if term is not None:
            return term
        if index + 1 < self.first_index:
            raise Compacted(index)
        if index > self.last_index:
            raise Unavailable(index)
        return self.storage.term(index)

    def matches(self, term: int, index: int) -> bool:
        """Whether the log has an entry of this term at this index."""
        try:
            return self.term(index) == term
        except (Compacted, Unavailable):
            return False

    def is_up_to_date(self, term: int, index: int) -> bool:
        """Whether a log that ends with (term, index) is at least as up to date as this one (paper §5.4.1)."""
        last = self.last_index
        own = self.term(last)
        return term > own or (term == own and index >= last)

    def entries_from(self, index: int, max_size: int) -> tuple[Entry, ...]:
        """Entries from `index` on, as many as fit, at least one if there is one; raises `Compacted`."""
        last = self.last_index
        return self.slice(index, last + 1, max_size) if index <= last else ()

    def slice(self, lo: int, hi: int, max_size: int) -> tuple[Entry, ...]:
        """The entries [lo, hi), as many as fit into `max_size` bytes, at least one if there is one."""
        if lo < self.first_index:
            raise Compacted(lo)
        assert hi <= self.last_index + 1, (lo, hi, self.last_index)
        offset, unstable = self.unstable.offset, self.unstable.entries
        if lo >= hi:
            return ()
        if lo >= offset:
            return _limit(unstable[lo - offset : hi - offset], max_size)
        stored_end = min(hi, offset)
        stored = self.storage.entries(lo, stored_end, max_size)
        if hi <= offset or len(stored) < stored_end - lo:
            return tuple(stored)
        if max_size < NO_LIMIT:
            size = sum(map(entry_size, stored))
            rest = _limit(unstable[: hi - offset], max(max_size - size, 0))
            if size + entry_size(rest[0]) > max_size:
                return tuple(stored)
            return (*stored, *rest)
        return (*stored, *unstable[: hi - offset])

    # Appending

    def append(self, entries: tuple[Entry, ...]) -> int:
        """Put `entries` at their indexes, over what is there; returns the last index. Never touches committed ones."""
        if entries:
            assert entries[0].index > self.committed, "committed entries are never overwritten"
            self.unstable.truncate_and_append(entries)
        return self.last_index

    def try_append(self, prev_term: int, prev_index: int, entries: tuple[Entry, ...], commit: int) -> int | None:
        """A leader's append (paper §5.3): returns the index up to which the logs agree now, or None when they do not at
        `prev_index`. Requires prev_index >= committed: nothing committed is touched.

        Only a conflicting entry truncates: a delayed append must not undo what a later one has added.
        """
        if not self.matches(prev_term, prev_index):
            return None
        conflict = self._find_conflict(entries)
        if conflict:
            self.append(entries[conflict - prev_index - 1 :])
        matched = prev_index + len(entries)
        self.commit_to(min(commit, matched))
        return matched

    def _find_conflict(self, entries: tuple[Entry, ...]) -> int:
        """The index of the first entry that is missing here or has another term here; 0 if all are here."""
        for entry in entries:
            if not self.matches(entry.term, entry.index):
                return entry.index
        return 0

    def find_conflict_by_term(self, index: int, term: int) -> tuple[int, int]:
        """The highest (index', term') at or below `index` with term' <= `term`: a log whose entry at `index` is of
        `term` cannot agree above it. term' = 0 when the entry is gone. One step over a whole term (paper §5.3, end).
        """
        while index > 0:
            try:
                own = self.term(index)
            except (Compacted, Unavailable):
                return index, 0
            if own <= term:
                return index, own
            index -= 1
        return 0, 0

    def restore(self, snapshot: Snapshot) -> None:
        """The snapshot replaces the log; it is committed by nature."""
        assert snapshot.metadata.index > self.applied, "a snapshot behind what is applied"
        self.committed = snapshot.metadata.index
        self.applying = min(self.applying, self.committed)
        self.unstable.restore(snapshot)

    # Committing

    def commit_to(self, index: int) -> None:
        """Everything up to `index` is committed. Never goes back."""
        if index > self.committed:
            assert index <= self.last_index, f"commit {index} beyond the last entry {self.last_index}"
            self.committed = index

    def try_commit(self, term: int, index: int) -> bool:
        """Commit up to `index` if that is new and the entry there is of `term`, the leader's own (paper §5.4.2)."""
        if index > self.committed and self.matches(term, index):
            self.commit_to(index)
            return True
        return False

    # Applying

    @property
    def has_pending_snapshot(self) -> bool:
        """Whether a snapshot waits to be stored and applied: nothing else is applied before."""
        return self.unstable.snapshot is not None

    def _appliable_index(self, *, allow_unstable: bool) -> int:
        return self.committed if allow_unstable else min(self.committed, self.unstable.offset - 1)

    def has_appliable(self, *, allow_unstable: bool) -> bool:
        """Whether there are entries to hand out for application."""
        return (
            self.applying < self._appliable_index(allow_unstable=allow_unstable)
            and not self._applying_paused
            and not self.has_pending_snapshot
        )

    def appliable(self, *, allow_unstable: bool) -> tuple[Entry, ...]:
        """The next committed entries to apply. `allow_unstable`: also those whose own write is still under way."""
        if not self.has_appliable(allow_unstable=allow_unstable):
            return ()
        end = self._appliable_index(allow_unstable=allow_unstable) + 1
        return self.slice(self.applying + 1, end, self._max_applying_size - self._applying_size)

    def hand_out_appliable(self, entries: tuple[Entry, ...], *, allow_unstable: bool) -> None:
        """`entries` are with the driver. More follow only while all that was ready fitted into the bound."""
        index = entries[-1].index
        assert self.applying < index <= self.committed
        self.applying = index
        self._applying_size += sum(map(entry_size, entries))
        self._applying_paused = self._applying_size >= self._max_applying_size or index < self._appliable_index(
            allow_unstable=allow_unstable
        )

    def applied_to(self, index: int, size: int) -> None:
        """Everything up to `index` is applied; `size` bytes of it had been handed out."""
        assert self.applied <= index <= self.committed, (self.applied, index, self.committed)
        self.applied = index
        self.applying = max(self.applying, index)
        self._applying_size = max(self._applying_size - size, 0)
        self._applying_paused = self._applying_size >= self._max_applying_size

    def has_unapplied_changes(self) -> bool:
        """Whether a configuration change is committed and not applied."""
        lo = max(self.applied + 1, self.first_index)
        while lo <= self.committed:
            page = self.slice(lo, self.committed + 1, self._max_applying_size)
            if any(entry.kind is Kind.CONFIGURATION for entry in page):
                return True
            lo += len(page)
        return False


def _limit(entries: Sequence[Entry], max_size: int) -> tuple[Entry, ...]:
    """The first entries that fit into `max_size` bytes, at least one if there is one."""
    if max_size < NO_LIMIT:
        size = 0
        for count, entry in enumerate(entries):
            size += entry_size(entry)
            if size > max_size and count:
                return tuple(entries[:count])
    return tuple(entries)
