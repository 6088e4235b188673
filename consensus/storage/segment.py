"""One segment of the durable log: an open file, where its records stand, and their terms and digests in memory.

48 bytes a record are kept, so that only a payload is ever read from the disk.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from consensus.entry import Entry, Tip
from consensus.storage import format as layout
from consensus.storage.files import File

SUFFIX = ".log"


def segment_name(number: int) -> str:
    """The file of segment `number`; names sort as numbers do."""
    return f"{number:020d}{SUFFIX}"


@dataclass
class Segment:
    """Entries after `before`. `begins`: every segment of a lower number is void. `end`: where the next record goes."""

    number: int
    file: File
    before: Tip
    begins: bool
    end: int = layout.SEGMENT_HEADER_SIZE
    offsets: "array[int]" = field(default_factory=lambda: array("Q"))
    terms: "array[int]" = field(default_factory=lambda: array("Q"))
    digests: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        """The name of its file."""
        return segment_name(self.number)

    @property
    def tip(self) -> Tip:
        """Its last entry, or what is before the first."""
        return self.tip_at(self.before.index + len(self.offsets))

    def tip_at(self, index: int) -> Tip:
        """Requires before.index <= index <= tip.index."""
        place = index - self.before.index - 1
        if place < 0:
            return self.before
        at = place * layout.DIGEST_SIZE
        return Tip(self.terms[place], index, bytes(self.digests[at : at + layout.DIGEST_SIZE]))

    def write(self, entries: Sequence[Entry], durable_index: int) -> None:
        """Append records in one write; `durable_index` is the last index of the log that is synced."""
        records = [layout.encode_record(entry, durable_index) for entry in entries]
        self.file.write(self.end, b"".join(records))
        for entry, record in zip(entries, records, strict=True):
            self.hold(entry, len(record))

    def read_next(self) -> Entry:
        """The record at `end`, checked, and held from now on. Raises `BadBytes`."""
        entry = self._read(self.end, self.tip)
        self.hold(entry, layout.RECORD_HEADER_SIZE + len(entry.payload) + layout.DIGEST_SIZE)
        return entry

    def read(self, index: int) -> Entry:
        """Requires before.index < index <= tip.index. Raises `BadBytes`, also if it is another than was written."""
        entry = self._read(self.offset(index), self.tip_at(index - 1))
        if entry.tip != self.tip_at(index):
            raise layout.BadBytes(f"entry {index} is another than was written")
        return entry

    def offset(self, index: int) -> int:
        """Where the record of an entry begins."""
        return self.offsets[index - self.before.index - 1]

    def hold(self, entry: Entry, record_size: int) -> None:
        """Count the record at `end` in."""
        self.offsets.append(self.end)
        self.terms.append(entry.term)
        self.digests += entry.digest
        self.end += record_size

    def limit(self, index: int) -> None:
        """Forget entries beyond `index`, which a later segment replaces; the file stays as it is."""
        place = index - self.before.index
        del self.offsets[place:], self.terms[place:], self.digests[place * layout.DIGEST_SIZE :]

    def _read(self, offset: int, before: Tip) -> Entry:
        header = layout.decode_record_header(self.file.read(offset, layout.RECORD_HEADER_SIZE))
        rest = self.file.read(offset + layout.RECORD_HEADER_SIZE, header.length + layout.DIGEST_SIZE)
        return layout.decode_record(header, rest, before)
