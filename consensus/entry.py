"""What consensus orders: opaque bytes with a place and a digest that chains them."""

from dataclasses import dataclass
from struct import Struct

from ledger.crypto.hashing import digest

PAYLOAD_SIZE_MAX = 16 * 1024 * 1024
"""Bytes of one entry: the limit of a proposal."""

_PLACE = Struct(">QQ")


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a log ends: the term, index and digest of its last entry. Index 0 = empty; its digest is the chain id."""

    term: int
    index: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One ordered proposal. `digest` covers the entry and, through the one before, all earlier ones."""

    term: int
    index: int
    payload: bytes
    digest: bytes

    @property
    def tip(self) -> Tip:
        """Where a log that ends with this entry ends."""
        return Tip(self.term, self.index, self.digest)


def first_tip(chain_id: bytes) -> Tip:
    """The tip of an empty log: chaining from the chain id ties every entry to its network."""
    return Tip(0, 0, chain_id)


def entry_digest(previous: bytes, term: int, index: int, payload: bytes) -> bytes:
    """SHA-256 of the domain `entry`, the previous entry's digest, term and index as u64 big-endian, the payload."""
    return digest("entry", previous, _PLACE.pack(term, index), payload)


def next_entry(tip: Tip, term: int, payload: bytes) -> Entry:
    """The entry that follows `tip`. Requires term >= tip.term and at most `PAYLOAD_SIZE_MAX` bytes."""
    assert term >= tip.term, (term, tip.term)
    assert len(payload) <= PAYLOAD_SIZE_MAX, len(payload)
    index = tip.index + 1
    return Entry(term, index, payload, entry_digest(tip.digest, term, index, payload))
