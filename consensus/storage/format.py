r"""The bytes of a log segment. Pure functions; every number is big-endian.

Segment: `LXNLOG2\n` | chain id 32 | number u64 | begins u8 | first index u64 | term u64 and digest 32 of the entry
before | CRC-32 of all that. `begins` = 1 says that all segments of lower numbers are void.
Record: `\xf5LXE` | payload length u32 | term u64 | index u64 | durable u64 | kind u8 | signature length u8 |
leader 64, zero-padded | signature 64, zero-padded | CRC-32 of all that | payload | digest 32.

`durable` is the last index known to be synced when the record was written. It tells a torn tail from damage: what
follows a bad record is left of the same unsynced write, unless it was written when the bad record was durable already.
It is compared only within one segment, in which no index is ever written twice.
"""

import zlib
from dataclasses import dataclass
from struct import Struct

from consensus.entry import LEADER_SIZE_MAX, PAYLOAD_SIZE_MAX, SIGNATURE_SIZE, Entry, Kind, Tip, entry_digest
from ledger.crypto.hashing import sha256

SEGMENT_MAGIC = b"LXNLOG2\n"
RECORD_MAGIC = b"\xf5LXE"

_SEGMENT = Struct(">8s32sQBQQ32s")
_RECORD = Struct(f">4sIQQQBB{LEADER_SIZE_MAX}s{SIGNATURE_SIZE}s")
_CRC = Struct(">I")

DIGEST_SIZE = 32
SEGMENT_HEADER_SIZE = _SEGMENT.size + _CRC.size
RECORD_HEADER_SIZE = _RECORD.size + _CRC.size


class BadBytes(ValueError):
    """Bytes that are not what should stand here; the message says why."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment begins with: its chain, its number, the tip of the log before it; `begins` voids all older."""

    chain_id: bytes
    number: int
    begins: bool
    before: Tip


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a record begins with; `length` of the payload in bytes."""

    length: int
    term: int
    index: int
    durable: int
    kind: Kind
    leader: str
    signature: bytes

    @property
    def record_size(self) -> int:
        """Bytes of the whole record."""
        return RECORD_HEADER_SIZE + self.length + DIGEST_SIZE


def encode_segment_header(header: SegmentHeader) -> bytes:
    """The first bytes of a segment."""
    before = header.before
    place = (header.number, header.begins, before.index + 1, before.term, before.digest)
    return _with_crc(_SEGMENT.pack(SEGMENT_MAGIC, header.chain_id, *place))


def decode_segment_header(data: bytes) -> SegmentHeader:
    """The inverse of `encode_segment_header`; raises `BadBytes`."""
    magic, chain_id, number, begins, first, term, before = _SEGMENT.unpack(_checked(data, SEGMENT_HEADER_SIZE))
    if magic != SEGMENT_MAGIC or begins > 1 or first == 0:
        raise BadBytes("not a segment of a log")
    return SegmentHeader(chain_id, number, begins == 1, Tip(term, first - 1, before))


def encode_record(entry: Entry, durable: int) -> bytes:
    """The record of an entry; `durable` is the last index known to be synced."""
    leader, signature = entry.leader.encode(), entry.signature
    assert len(leader) <= LEADER_SIZE_MAX, entry.leader
    assert len(signature) in (0, SIGNATURE_SIZE), len(signature)
    place = (entry.term, entry.index, durable, entry.kind)
    header = _RECORD.pack(RECORD_MAGIC, len(entry.payload), *place, len(signature), leader, signature)
    return b"".join((_with_crc(header), entry.payload, entry.digest))


def decode_record_header(data: bytes) -> RecordHeader:
    """The header of a record; raises `BadBytes`."""
    fields = _RECORD.unpack(_checked(data, RECORD_HEADER_SIZE))
    magic, length, term, index, durable, kind, signature_length, leader, signature = fields
    if magic != RECORD_MAGIC or length > PAYLOAD_SIZE_MAX or signature_length not in (0, SIGNATURE_SIZE):
        raise BadBytes("not a record")
    try:
        named, known = leader.rstrip(b"\0").decode(), Kind(kind)
    except ValueError:
        raise BadBytes("not a record of ours") from None
    return RecordHeader(length, term, index, durable, known, named, signature[:signature_length])


def decode_record(header: RecordHeader, rest: bytes, before: Tip) -> Entry:
    """The entry of a record from its header and the bytes behind it, which must follow `before`; raises `BadBytes`."""
    if header.index != before.index + 1 or header.term < before.term:
        raise BadBytes(f"entry {header.term}/{header.index} does not follow {before.term}/{before.index}")
    if len(rest) != header.length + DIGEST_SIZE:
        raise BadBytes(f"entry {header.index} is cut short")
    payload, digest = rest[: header.length], rest[header.length :]
    place = (header.term, header.index, header.kind, header.leader)
    if entry_digest(before.digest, *place, sha256(payload)) != digest:
        raise BadBytes(f"entry {header.index} does not match its digest")
    return Entry(header.term, header.index, payload, digest, header.kind, header.leader, header.signature)


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
