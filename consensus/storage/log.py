"""The durable log: append-only segments of checksummed, hash-chained entries.

What was synced is never skipped or guessed at (`consensus.storage.opening`). Nothing is ever overwritten: a log that is
cut, or begun anew, continues in a new segment, whose header says what it takes the place of, and which gets its name
only when all of it is synced. So a power cut leaves the old log or the new one, and what is replaced stays replaced.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from consensus.entry import Entry, Tip, first_tip
from consensus.errors import DiskFault, LogDamaged
from consensus.safety import NOTHING, Mark
from consensus.storage import format as layout
from consensus.storage.cache import EntryCache
from consensus.storage.files import Directory
from consensus.storage.opening import Lost, Opening
from consensus.storage.segment import Segment

SEGMENT_SIZE = 16 << 20
CACHE_BYTES = 16 << 20
_TEMPORARY = "segment.new"


class DurableLog:
    """Entries after `base` up to `tip`. One writer. After any fault every call raises `DiskFault`.

    `reset`, `truncate_suffix` and `append` change what is read at once and what is durable at `sync`, all together:
    a power cut before it leaves the log of the last `sync`, or an end of it that was appended since.
    """

    def __init__(self, directory: Directory, chain_id: bytes, segment_size: int, cache_bytes: int) -> None:
        """Use `open`."""
        self._directory = directory
        self._chain_id = chain_id
        self._segment_size = segment_size
        self._segments: list[Segment] = []
        self._void: list[Segment] = []
        self._unnamed = False
        self._next_number = 1
        self._cache = EntryCache(cache_bytes)
        self._tip = first_tip(chain_id)
        self._durable_index = 0
        self._fault = ""
        self.cut_bytes = 0
        """How many bytes of a torn tail were cut at `open`: worth a line in the operator's log when not 0."""
        self.lost: Lost | None = None
        """What damage took away at `open` with `repair`: worth an alarm when not None."""

    @classmethod
    def open(
        cls,
        directory: Directory,
        chain_id: bytes,
        acknowledged: Mark = NOTHING,
        *,
        repair: bool = False,
        segment_size: int = SEGMENT_SIZE,
        cache_bytes: int = CACHE_BYTES,
    ) -> "DurableLog":
        """Read and check the whole log, or begin one in an empty directory.

        `acknowledged` (from the safety file) is known to have been durable: a log that would end below it, as Raft
        compares logs, has no torn tail but damage. `repair`: other validators can refill what is lost, so end the log
        before the damage and say so in `lost`, where otherwise `LogDamaged` is raised. Raises `LogDamaged`,
        `LogOfOtherChain` or `DiskFault`.
        """
        log = cls(directory, chain_id, segment_size, cache_bytes)
        with log._disk():
            log._load(acknowledged, repair=repair)
        return log

    # Reading.

    @property
    def tip(self) -> Tip:
        """The last entry, synced or not; the base when there is none."""
        return self._tip

    @property
    def base(self) -> Tip:
        """The place before the first entry that is still here."""
        return self._segments[0].before

    @property
    def durable_index(self) -> int:
        """The last entry that survives a power cut."""
        return self._durable_index

    def entry(self, index: int) -> Entry:
        """One entry; one that has left memory is read and checked. Requires base.index < index <= tip.index.

        Raises IndexError, `LogDamaged` or `DiskFault`.
        """
        if not self.base.index < index <= self._tip.index:
            raise IndexError(f"no entry {index} in a log of {self.base.index + 1} to {self._tip.index}")
        held = self._cache.get(index)
        if held is not None and not self._fault:
            return held
        with self._disk():
            segment = self._segment_of(index)
            try:
                return segment.read(index)
            except layout.BadBytes as error:
                path = f"{self._directory.path}/{segment.name}"
                raise LogDamaged(path, segment.offset(index), str(error)) from None

    def entries(self, lo: int, hi: int, bytes_max: int | None = None) -> list[Entry]:
        """Entries lo <= index < hi: as many from `lo` on as have payloads of `bytes_max` together, and at least one.

        Requires base.index < lo and hi <= tip.index + 1. Raises as `entry` does.
        """
        found: list[Entry] = []
        size = 0
        for index in range(lo, hi):
            entry = self.entry(index)
            size += len(entry.payload)
            if found and bytes_max is not None and size > bytes_max:
                break
            found.append(entry)
        return found

    def term_at(self, index: int) -> int | None:
        """The term of the entry at `index`, also at the base; None outside. Reads nothing."""
        tip = self.tip_at(index)
        return None if tip is None else tip.term

    def tip_at(self, index: int) -> Tip | None:
        """Term, index and digest of the entry at `index`, also at the base; None outside. Reads nothing."""
        if not self.base.index <= index <= self._tip.index:
            return None
        if index == self._tip.index:
            return self._tip
        return self._segment_of(max(index, self.base.index + 1)).tip_at(index)

    # Writing.

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries that follow the tip; durable after `sync`. Raises `DiskFault`."""
        if not entries:
            return
        tip = self._tip
        for entry in entries:
            assert (entry.index, entry.term >= tip.term) == (tip.index + 1, True), (entry.tip, tip)
            tip = entry.tip
        with self._disk():
            if self._segments[-1].end >= self._segment_size:
                # The old one is synced first: a later entry is never durable without the earlier ones.
                self._sync()
                self._begin(self._tip, begins=False)
            self._segments[-1].write(entries, self._durable_index)
            self._tip = tip
        for entry in entries:
            self._cache.keep(entry)

    def sync(self) -> None:
        """Make everything durable: one fdatasync for however many entries were appended. Raises `DiskFault`."""
        with self._disk():
            self._sync()

    def truncate_suffix(self, index: int) -> None:
        """Forget the entries beyond `index`, which another leader's entries replace. Requires index >= base.index.

        Append those before `sync`: then no power cut leaves the log without either. Raises `DiskFault`.
        """
        assert index >= self.base.index, (index, self.base)
        if index >= self._tip.index:
            return
        with self._disk():
            self._sync()
            before = self.tip_at(index)
            assert before is not None
            while self._segments and self._segments[-1].before.index >= index:
                self._void.append(self._segments.pop())
            if self._segments:
                self._segments[-1].limit(index)
            self._cache.limit(index)
            self._begin(before, begins=False)

    def reset(self, tip: Tip) -> None:
        """Forget all entries and begin anew after `tip`, a certified place that a synced write of the ledger covers.

        Raises `DiskFault`.
        """
        with self._disk():
            self._sync()
            self._void += self._segments
            self._segments = []
            self._cache.forget(self._tip.index)
            self._begin(tip, begins=True)

    def truncate_prefix(self, index: int) -> None:
        """Forget whole segments of entries up to `index`, which a synced write of the ledger must cover.

        The newest segment always stays. Raises `DiskFault`.
        """
        with self._disk():
            while len(self._segments) > 1 and self._segments[1].before.index <= index:
                # The newer must have its name before the older loses it, and one goes at a time: a power cut must
                # never leave an older segment without a newer one.
                self._sync()
                oldest = self._segments.pop(0)
                self._remove(oldest)
                self._directory.sync()
        self._cache.forget(self.base.index)

    def close(self) -> None:
        """Release the files; syncs nothing."""
        for segment in (*self._segments, *self._void):
            segment.file.close()
        self._fault = self._fault or "closed"

    def _sync(self) -> None:
        if self._durable_index == self._tip.index and not self._unnamed:
            return
        newest = self._segments[-1]
        newest.file.sync()
        if self._unnamed:
            self._directory.rename(_TEMPORARY, newest.name)
            self._directory.sync()
            self._unnamed = False
            # Not synced: should a power cut bring them back, `newest` voids them again, and before it can go itself
            # the directory is synced for a newer one.
            while self._void:
                self._remove(self._void.pop())
        self._durable_index = self._tip.index

    def _begin(self, before: Tip, *, begins: bool) -> None:
        """A new segment, all else being synced. It has no name until its first sync (`_sync`)."""
        header = layout.SegmentHeader(self._chain_id, self._next_number, begins, before)
        file = self._directory.create(_TEMPORARY)
        file.write(0, layout.encode_segment_header(header))
        self._segments.append(Segment(self._next_number, file, before, begins))
        self._next_number += 1
        self._unnamed = True
        self._tip = before
        self._durable_index = before.index

    def _remove(self, segment: Segment) -> None:
        self._directory.remove(segment.name)
        segment.file.close()

    def _load(self, acknowledged: Mark, *, repair: bool) -> None:
        opening = Opening(self._directory, self._chain_id, acknowledged, repair=repair, keep=self._cache.keep)
        opening.run()
        self._segments, self._next_number = opening.segments, opening.next_number
        self.cut_bytes, self.lost = opening.cut_bytes, opening.lost
        if not self._segments:
            self._begin(first_tip(self._chain_id), begins=True)
            self._sync()
            return
        # What a killed process wrote may be in the page cache only: nothing counts before it is synced.
        self._segments[-1].file.sync()
        self._directory.sync()
        self._tip = self._segments[-1].tip
        self._durable_index = self._tip.index

    def _segment_of(self, index: int) -> Segment:
        return self._segments[bisect_right(self._segments, index - 1, key=lambda held: held.before.index) - 1]

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Any fault is final: what the disk holds is unknown until the log is opened again."""
        if self._fault:
            raise DiskFault(self._directory.path, self._fault)
        try:
            yield
        except OSError as error:
            self._fault = str(error)
            raise DiskFault(self._directory.path, str(error)) from error
        except LogDamaged as error:
            self._fault = error.en
            raise
