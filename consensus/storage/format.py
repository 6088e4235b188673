r"""The bytes of a log segment. Pure functions; every number is big-endian.

Segment: `LXNLOG1\n` | chain id 32 | first index u64 | term u64 and digest 32 of the entry before | CRC-32 of all that.
Record: `\xf5LXE` | payload length u32 | term u64 | index u64 | durable u64 | CRC-32 of all that | payload | digest 32.

`durable` is the last index known to be synced when the record was written. It tells a torn tail from damage: what
follows a bad record is left of the same unsynced write, unless it was written when the bad record was durable already.
"""

import zlib
from dataclasses import dataclass
from struct import Struct

from consensus.entry import PAYLOAD_SIZE_MAX, Entry, Kind, Tip, entry_digest
from ledger.crypto.hashing import sha256

SEGMENT_MAGIC = b"LXNLOG1\n"
RECORD_MAGIC = b"\xf5LXE"

_SEGMENT = Struct(">8s32sQQ32s")
_RECORD = Struct(">4sIQQQ")
_CRC = Struct(">I")

DIGEST_SIZE = 32
SEGMENT_HEADER_SIZE = _SEGMENT.size + _CRC.size
RECORD_HEADER_SIZE = _RECORD.size + _CRC.size


class BadBytes(ValueError):
    """Bytes that are not what should stand here; the message says why."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment begins with: its chain, and the tip of the log before it."""

    chain_id: bytes
    before: Tip


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a record begins with; `length` of the payload in bytes."""

    length: int
    term: int
    index: int
    durable: int

    @property
    def record_size(self) -> int:
        """Bytes of the whole record."""
        return RECORD_HEADER_SIZE + self.length + DIGEST_SIZE


def encode_segment_header(chain_id: bytes, before: Tip) -> bytes:
    """The first bytes of a segment that continues after `before`."""
    return _with_crc(_SEGMENT.pack(SEGMENT_MAGIC, chain_id, before.index + 1, before.term, before.digest))


def decode_segment_header(data: bytes) -> SegmentHeader:
    """The inverse of `encode_segment_header`; raises `BadBytes`."""
    magic, chain_id, first, term, before = _SEGMENT.unpack(_checked(data, SEGMENT_HEADER_SIZE))
    if magic != SEGMENT_MAGIC or first == 0:
        raise BadBytes("not a segment of a log")
    return SegmentHeader(chain_id, Tip(term, first - 1, before))


def encode_record(entry: Entry, durable: int) -> bytes:
    """The record of an entry; `durable` is the last index known to be synced."""
    header = _RECORD.pack(RECORD_MAGIC, len(entry.payload), entry.term, entry.index, durable)
    return b"".join((_with_crc(header), entry.payload, entry.digest))


def decode_record_header(data: bytes) -> RecordHeader:
    """The header of a record; raises `BadBytes`."""
    magic, length, term, index, durable = _RECORD.unpack(_checked(data, RECORD_HEADER_SIZE))
    if magic != RECORD_MAGIC or length > PAYLOAD_SIZE_MAX:
        raise BadBytes("not a record")
    return RecordHeader(length, term, index, durable)


def decode_record(header: RecordHeader, rest: bytes, before: Tip) -> Entry:
    """The entry of a record from its header and the bytes behind it, which must follow `before`; raises `BadBytes`."""
    if header.index != before.index + 1 or header.term < before.term:
        raise BadBytes(f"entry {header.term}/{header.index} does not follow {before.term}/{before.index}")
    if len(rest) != header.length + DIGEST_SIZE:
        raise BadBytes(f"entry {header.index} is cut short")
    payload, digest = rest[: header.length], rest[header.length :]
    chained = entry_digest(before.digest, header.term, header.index, Kind.PROPOSAL, "", sha256(payload))
    if chained != digest:
        raise BadBytes(f"entry {header.index} does not match its digest")
    return Entry(header.term, header.index, payload, digest)


def find_later_record(data: bytes, bad_index: int) -> int | None:
    """Where in `data` (from the bad record on) a record begins that was written when `bad_index` was durable already.

    None when there is none.
    """
    at = data.find(RECORD_MAGIC, 1)
    while at >= 0:
        try:
            header = decode_record_header(data[at : at + RECORD_HEADER_SIZE])
        except BadBytes:
            header = None
        if header is not None and header.index > bad_index and header.durable >= bad_index:
            return at
        at = data.find(RECORD_MAGIC, at + 1)
    return None


def _with_crc(data: bytes) -> bytes:
    return data + _CRC.pack(zlib.crc32(data))


def _checked(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise BadBytes("cut short")
    if data[-_CRC.size :] != _CRC.pack(zlib.crc32(data[: -_CRC.size])):
        raise BadBytes("a checksum does not match")
    return data[: -_CRC.size]
