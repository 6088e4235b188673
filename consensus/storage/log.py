"""The durable log: append-only segments of checksummed, hash-chained entries.

What was synced is never cut, skipped or guessed at: damage there is `LogDamaged`, naming file and offset. What was not
synced may be torn by a power cut and is then cut off at start.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from consensus.entry import Entry, Tip, first_tip
from consensus.errors import DiskFault, LogDamaged, LogOfOtherChain
from consensus.storage import format as layout
from consensus.storage.files import Directory, File

SEGMENT_SIZE = 16 << 20
_SUFFIX = ".log"
_TEMPORARY = "segment.new"


@dataclass
class _Segment:
    """An open segment: `offsets` of its records, and where the next one goes."""

    name: str
    file: File
    before: Tip
    end: int
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))


class DurableLog:
    """Entries `first_index` to `tip.index`. One writer. After any fault every call raises `DiskFault`."""

    def __init__(self, directory: Directory, chain_id: bytes, segment_size: int = SEGMENT_SIZE) -> None:
        """Use `open`."""
        self._directory = directory
        self._chain_id = chain_id
        self._segment_size = segment_size
        self._segments: list[_Segment] = []
        self._tip = first_tip(chain_id)
        self._durable_index = 0
        self._fault = ""
        self.cut_bytes = 0
        """How many bytes of a torn tail were cut at `open`: worth a line in the operator's log when not 0."""

    @classmethod
    def open(
        cls, directory: Directory, chain_id: bytes, acknowledged_index: int = 0, *, segment_size: int = SEGMENT_SIZE
    ) -> "DurableLog":
        """Read and check the whole log, or begin one in an empty directory.

        `acknowledged_index` (from the safety file) is known to have been durable: up to there nothing is taken for a
        torn tail. Raises `LogDamaged`, `LogOfOtherChain` or `DiskFault`.
        """
        log = cls(directory, chain_id, segment_size)
        with log._disk():
            log._load(acknowledged_index)
        return log

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

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries that follow the tip; durable after `sync`. Raises `DiskFault`."""
        if not entries:
            return
        with self._disk():
            if self._segments[-1].end >= self._segment_size:
                self._roll()
            self._write(entries)

    def sync(self) -> None:
        """Make all entries durable: one fdatasync for however many were appended. Raises `DiskFault`."""
        with self._disk():
            self._sync()

    def entry(self, index: int) -> Entry:
        """An entry, checked against its digest and its predecessor's. Requires base.index < index <= tip.index."""
        if not self.base.index < index <= self._tip.index:
            raise IndexError(f"no entry {index} in a log of {self.base.index + 1} to {self._tip.index}")
        with self._disk():
            segment = self._segments[bisect_right(self._segments, index - 1, key=lambda held: held.before.index) - 1]
            place = index - segment.before.index - 1
            offset = segment.offsets[place]
            try:
                before = segment.before if place == 0 else self._tip_before(segment, place)
                return _read_record(segment.file, offset, before)
            except layout.BadBytes as error:
                raise LogDamaged(self._path(segment.name), offset, str(error)) from None

    def entries(self, first: int, last: int) -> Iterator[Entry]:
        """Entries `first` to `last`, both included."""
        for index in range(first, last + 1):
            yield self.entry(index)

    def term_at(self, index: int) -> int | None:
        """The term of the entry at `index`, also at the base; None outside."""
        if index == self.base.index:
            return self.base.term
        return self.entry(index).term if self.base.index < index <= self._tip.index else None

    def truncate_prefix(self, index: int) -> None:
        """Forget whole segments of entries up to `index`, which a synced write of the ledger must cover.

        The newest segment always stays. Raises `DiskFault`.
        """
        with self._disk():
            while len(self._segments) > 1 and self._segments[1].before.index <= index:
                oldest = self._segments[0]
                self._directory.remove(oldest.name)
                # One at a time: a power cut must never leave an older segment without a newer one.
                self._directory.sync()
                oldest.file.close()
                del self._segments[0]

    def close(self) -> None:
        """Release the files; syncs nothing."""
        for segment in self._segments:
            segment.file.close()
        self._fault = self._fault or "closed"

    # Writing.

    def _write(self, entries: Sequence[Entry]) -> None:
        segment, tip, records = self._segments[-1], self._tip, []
        offset = segment.end
        for entry in entries:
            assert (entry.index, entry.term >= tip.term) == (tip.index + 1, True), (entry.tip, tip)
            record = layout.encode_record(entry, self._durable_index)
            records.append(record)
            segment.offsets.append(offset)
            offset += len(record)
            tip = entry.tip
        segment.file.write(segment.end, b"".join(records))
        segment.end = offset
        self._tip = tip

    def _sync(self) -> None:
        if self._durable_index < self._tip.index:
            self._segments[-1].file.sync()
            self._durable_index = self._tip.index

    def _roll(self) -> None:
        """Begin a new segment. The old one is synced first: a later entry is never durable without the earlier ones."""
        self._sync()
        self._begin_segment()

    def _begin_segment(self) -> None:
        """A segment gets its name only when its header is durable, so no named segment is ever without one."""
        name = f"{self._tip.index + 1:020d}{_SUFFIX}"
        header = layout.encode_segment_header(self._chain_id, self._tip)
        file = self._directory.create(_TEMPORARY)
        file.write(0, header)
        file.sync()
        self._directory.rename(_TEMPORARY, name)
        self._directory.sync()
        self._segments.append(_Segment(name, file, self._tip, len(header)))

    # Opening.

    def _load(self, acknowledged_index: int) -> None:
        names = [name for name in self._directory.names() if name.endswith(_SUFFIX)]
        for name in names:
            self._load_segment(name, acknowledged_index, newest=name == names[-1])
        if not names:
            self._begin_segment()
        # What a killed process wrote may be in the page cache only: nothing counts before it is synced.
        self._segments[-1].file.sync()
        self._directory.sync()
        self._durable_index = self._tip.index

    def _load_segment(self, name: str, acknowledged_index: int, *, newest: bool) -> None:
        file = self._directory.open(name)
        segment = self._check_header(name, file)
        self._segments.append(segment)
        self._tip = segment.before
        size = file.size()
        while segment.end < size:
            try:
                entry = _read_record(file, segment.end, self._tip)
            except layout.BadBytes as error:
                self._cut(segment, size, acknowledged_index, str(error), newest=newest)
                return
            segment.offsets.append(segment.end)
            segment.end += layout.RECORD_HEADER_SIZE + len(entry.payload) + layout.DIGEST_SIZE
            self._tip = entry.tip

    def _check_header(self, name: str, file: File) -> _Segment:
        try:
            header = layout.decode_segment_header(file.read(0, layout.SEGMENT_HEADER_SIZE))
        except layout.BadBytes as error:
            raise LogDamaged(self._path(name), 0, str(error)) from None
        if header.chain_id != self._chain_id:
            raise LogOfOtherChain(self._path(name))
        if self._segments and header.before != self._tip:
            expected = f"it does not follow entry {self._tip.term}/{self._tip.index}"
            raise LogDamaged(self._path(name), 0, expected)
        if name != f"{header.before.index + 1:020d}{_SUFFIX}":
            raise LogDamaged(self._path(name), 0, f"its first entry is {header.before.index + 1}")
        return _Segment(name, file, header.before, layout.SEGMENT_HEADER_SIZE)

    def _cut(self, segment: _Segment, size: int, acknowledged_index: int, reason: str, *, newest: bool) -> None:
        """Cut a torn tail; refuse if what is bad there was durable once."""
        bad_index = self._tip.index + 1
        path = self._path(segment.name)
        if not newest:
            raise LogDamaged(path, segment.end, f"{reason}, and a later segment exists")
        if bad_index <= acknowledged_index:
            raise LogDamaged(path, segment.end, f"{reason}, and entry {acknowledged_index} was acknowledged")
        later = layout.find_later_record(segment.file.read(segment.end, size - segment.end), bad_index)
        if later is not None:
            raise LogDamaged(path, segment.end, f"{reason}, and a later entry stands at {segment.end + later}")
        segment.file.truncate(segment.end)
        self.cut_bytes = size - segment.end

    # Reading.

    def _tip_before(self, segment: _Segment, place: int) -> Tip:
        """The tip before record `place` (> 0), from the record there."""
        offset = segment.offsets[place - 1]
        header = layout.decode_record_header(segment.file.read(offset, layout.RECORD_HEADER_SIZE))
        digest_offset = segment.offsets[place] - layout.DIGEST_SIZE
        return Tip(header.term, header.index, segment.file.read(digest_offset, layout.DIGEST_SIZE))

    def _path(self, name: str) -> str:
        return f"{self._directory.path}/{name}"

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


def _read_record(file: File, offset: int, before: Tip) -> Entry:
    """The record at `offset`, which must follow `before`; raises `BadBytes`."""
    header = layout.decode_record_header(file.read(offset, layout.RECORD_HEADER_SIZE))
    rest = file.read(offset + layout.RECORD_HEADER_SIZE, header.length + layout.DIGEST_SIZE)
    return layout.decode_record(header, rest, before)
