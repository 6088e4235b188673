"""The safety file: the promises that must survive everything, or the key signs nothing more.

Two slots of 4 KiB, written in turn, each with two copies of one record 2 KiB apart: a write torn at any one point
leaves a whole copy, and a slot without a whole copy is damage. Overwriting in place costs one fdatasync and no change
of size or name (docs/adr/0006-durable-log.md has the figures).

Record, big-endian: `LXNSAFE1` | sequence u64 | chain id 32 | public key 32 | term u64 | vote 64, zero-padded |
acknowledged term u64, index u64 | count u16 | 32 times (height u64, checkpoint hash 32, timestamp u64) | SHA-256 of it.
Once a release was signed (docs/adr/0023-release-from-a-checkpoint.md) it begins with `LXNSAFE2`, and before the SHA-256
stands: bits of the cosignatures that were released u32 (lowest: the first) | height u64 | round u64 | checkpoint hash
32 | digest of the release 32.
"""

import hashlib
from dataclasses import dataclass
from struct import Struct

from consensus.errors import DiskFault, SafetyDamaged, SafetyExists, SafetyLost, SafetyOfAnother
from consensus.safety import (
    COSIGNATURES_KEPT,
    NOTHING,
    VOTE_SIZE_MAX,
    Bound,
    Cosigned,
    Mark,
    Promises,
    Shown,
)
from consensus.storage.files import Directory, File

NAME = "safety"
_TEMPORARY = "safety.new"
_MAGIC = b"LXNSAFE1"
_MAGIC_BOUND = b"LXNSAFE2"
_HEAD = Struct(">8sQ32s32sQ64sQQH")
_COSIGNED = Struct(">Q32sQ")
_BOUND = Struct(">IQQ32s32s")
_DIGEST_SIZE = 32
COPY_SIZE = 2048
SLOT_SIZE = 2 * COPY_SIZE
RECORD_SIZE = _HEAD.size + COSIGNATURES_KEPT * _COSIGNED.size + _DIGEST_SIZE
assert RECORD_SIZE + _BOUND.size <= COPY_SIZE


@dataclass(frozen=True, slots=True)
class SafetyRecord:
    """One version of the promises, and whose they are."""

    sequence: int
    chain_id: bytes
    public_key: bytes
    promises: Promises


def encode_record(record: SafetyRecord) -> bytes:
    """The `COPY_SIZE` bytes of a record."""
    promises, mark, bound = record.promises, record.promises.acknowledged, record.promises.bound
    vote, count = promises.vote.encode(), len(promises.cosigned)
    assert len(vote) <= VOTE_SIZE_MAX
    assert count <= COSIGNATURES_KEPT
    magic = _MAGIC if bound is None else _MAGIC_BOUND
    owner = (record.chain_id, record.public_key)
    head = _HEAD.pack(magic, record.sequence, *owner, promises.term, vote, mark.term, mark.index, count)
    given = [_COSIGNED.pack(one.height, one.checkpoint_hash, one.timestamp_s) for one in promises.cosigned]
    body = (head + b"".join(given)).ljust(RECORD_SIZE - _DIGEST_SIZE, b"\0") + _encode_bound(promises)
    return (body + hashlib.sha256(body).digest()).ljust(COPY_SIZE, b"\0")


def _encode_bound(promises: Promises) -> bytes:
    bound, released = promises.bound, [one.is_released for one in promises.cosigned]
    if bound is None:
        assert not any(released), "released by no release"
        return b""
    bits = sum(1 << place for place, is_released in enumerate(released) if is_released)
    return _BOUND.pack(bits, bound.height, bound.round, bound.checkpoint_hash, bound.document)


def decode_record(data: bytes) -> SafetyRecord | None:
    """The record in `data`, or None if it is not whole."""
    size = RECORD_SIZE - _DIGEST_SIZE + (_BOUND.size if data[: len(_MAGIC)] == _MAGIC_BOUND else 0)
    body, checksum = data[:size], data[size : size + _DIGEST_SIZE]
    if len(data) != COPY_SIZE or hashlib.sha256(body).digest() != checksum:
        return None
    magic, sequence, chain_id, public_key, term, vote, mark_term, mark_index, count = _HEAD.unpack_from(body)
    if magic not in (_MAGIC, _MAGIC_BOUND) or count > COSIGNATURES_KEPT:
        return None
    bits, bound = 0, None
    if magic == _MAGIC_BOUND:
        bits, *rest = _BOUND.unpack_from(body, RECORD_SIZE - _DIGEST_SIZE)
        bound = Bound(*rest)
    places = [_HEAD.size + number * _COSIGNED.size for number in range(count)]
    cosigned = []
    for number, place in enumerate(places):
        height, checkpoint_hash, timestamp_s = _COSIGNED.unpack_from(body, place)
        cosigned.append(Cosigned(height, checkpoint_hash, timestamp_s, bool(bits >> number & 1)))
    try:
        name = vote.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return None
    promises = Promises(term, name, Mark(mark_term, mark_index), tuple(cosigned), bound)
    return SafetyRecord(sequence, chain_id, public_key, promises)


class SafetyFile:
    """The promises of one key on one chain. A promise may be acted upon when the call that makes it returns.

    After a fault every call raises `DiskFault`.
    """

    def __init__(self, directory: Directory, file: File, record: SafetyRecord) -> None:
        """Use `create` or `open`."""
        self._path = f"{directory.path}/{NAME}"
        self._file = file
        self._record = record
        self._fault = ""

    @classmethod
    def create(cls, directory: Directory, chain_id: bytes, public_key: bytes) -> "SafetyFile":
        """Make the file of a key that has never signed: only ever in the act that makes the key.

        Raises `SafetyExists` or `DiskFault`.
        """
        if NAME in directory.names():
            raise SafetyExists(f"{directory.path}/{NAME}")
        record = SafetyRecord(1, chain_id, public_key, Promises())
        try:
            file = directory.create(_TEMPORARY)
            file.write(0, encode_record(record) * 4)
            file.sync()
            directory.rename(_TEMPORARY, NAME)
            directory.sync()
        except OSError as error:
            raise DiskFault(f"{directory.path}/{NAME}", str(error)) from error
        return cls(directory, file, record)

    @classmethod
    def open(cls, directory: Directory, chain_id: bytes, public_key: bytes) -> "SafetyFile":
        """Read the promises. Raises `SafetyLost`, `SafetyDamaged`, `SafetyOfAnother` or `DiskFault`."""
        path = f"{directory.path}/{NAME}"
        try:
            file = directory.open(NAME)
            record = _newest(path, file.read(0, 2 * SLOT_SIZE + 1))
            # What a killed process wrote may be in the page cache only: nothing counts before it is synced.
            file.sync()
        except FileNotFoundError:
            raise SafetyLost(path) from None
        except OSError as error:
            raise DiskFault(path, str(error)) from error
        for what, agrees in (("chain", record.chain_id == chain_id), ("key", record.public_key == public_key)):
            if not agrees:
                raise SafetyOfAnother(path, what)
        return cls(directory, file, record)

    @property
    def promises(self) -> Promises:
        """What is promised, durably."""
        return self._record.promises

    def keep(self, term: int, vote: str, mark: Mark) -> None:
        """Promise term, vote ("" = nobody yet) and that the log, synced before, is durable up to `mark`, in one write.

        Nothing is written if nothing changes; a mark below the one kept changes nothing. Raises `PromiseBroken` for an
        older term or a second vote in a term, or `DiskFault`.
        """
        self._keep(self.promises.with_vote(term, vote).with_acknowledged(mark))

    def void(self, mark: Mark) -> None:
        """What was acknowledged beyond `mark` is rightly replaced: say so before the log is cut, or a crash in between
        would look like a loss. Raises `DiskFault`.
        """
        self._keep(self.promises.with_void(mark))

    def cosign(
        self, height: int, checkpoint_hash: bytes, timestamp_s: int, acknowledged: Mark = NOTHING
    ) -> Cosigned | None:
        """Promise the only checkpoint of a height, and, as `keep` does, the log up to `acknowledged`, in one write.

        Returns the cosignature to give: one given before keeps its timestamp; None = none, since whether one was given
        so far back is not on record any more. Raises `PromiseBroken` or `DiskFault`.
        """
        promises, given = self.promises.with_cosignature(Cosigned(height, checkpoint_hash, timestamp_s))
        self._keep(promises.with_acknowledged(acknowledged))
        return given

    def bind(self, bound: Bound, shown: Shown) -> None:
        """Promise what who signs a release promises (`Promises.with_bound`). Raises `PromiseBroken` or `DiskFault`."""
        self._keep(self.promises.with_bound(bound, shown))

    def release(self, bound: Bound, shown: Shown) -> None:
        """Apply a release that a quorum has signed (`Promises.with_release`). Raises `PromiseBroken` or `DiskFault`."""
        self._keep(self.promises.with_release(bound, shown))

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        self._fault = self._fault or "closed"

    def _keep(self, promises: Promises) -> None:
        if self._fault:
            raise DiskFault(self._path, self._fault)
        if promises == self.promises:
            return
        sequence = self._record.sequence + 1
        record = SafetyRecord(sequence, self._record.chain_id, self._record.public_key, promises)
        try:
            self._file.write(sequence % 2 * SLOT_SIZE, encode_record(record) * 2)
            self._file.sync()
        except OSError as error:
            self._fault = str(error)
            raise DiskFault(self._path, str(error)) from error
        self._record = record


def _newest(path: str, data: bytes) -> SafetyRecord:
    """The newest whole record; a slot without one may have held the newest, so it is damage."""
    if len(data) != 2 * SLOT_SIZE:
        raise SafetyDamaged(path, f"{len(data)} bytes, not {2 * SLOT_SIZE}")
    found = []
    for slot in range(2):
        places = (slot * SLOT_SIZE, slot * SLOT_SIZE + COPY_SIZE)
        copies = [record for place in places if (record := decode_record(data[place : place + COPY_SIZE])) is not None]
        if not copies:
            raise SafetyDamaged(path, f"neither copy at {places[0]} is whole")
        found += copies
    return max(found, key=lambda record: record.sequence)
