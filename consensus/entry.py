"""What consensus orders: opaque bytes with a place, a digest that chains them, and the signature of who led.

The leader of a term signs `{chain id, entry digest}`, and the digest covers everything else: so two entries that one
leader signed for one (term, index) are proof against it that needs no other witness (`consensus.evidence`).
"""

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from ledger.crypto.hashing import digest, sha256

PAYLOAD_SIZE_MAX = 16 * 1024 * 1024
"""Bytes of one entry: the limit of a proposal."""

LEADER_SIZE_MAX = 64
"""Bytes of a validator's id."""

SIGNATURE_SIZE = 64

_PLACE = Struct(">QQB")


class Kind(IntEnum):
    """What an entry holds: a proposal (empty = the first entry of a term), or a change of the voters."""

    PROPOSAL = 0
    CONFIGURATION = 1


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a log ends: the term, index and digest of its last entry. Index 0 = empty; its digest is the chain id."""

    term: int
    index: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One ordered entry. `digest` covers it and, through the one before, all earlier ones; `leader` signed it.

    The Raft core reads `term`, `index`, `kind` and `payload` alone.
    """

    term: int
    index: int
    payload: bytes
    digest: bytes = b""
    kind: Kind = Kind.PROPOSAL
    leader: str = ""
    signature: bytes = b""

    @property
    def tip(self) -> Tip:
        """Where a log that ends with this entry ends."""
        return Tip(self.term, self.index, self.digest)


def first_tip(chain_id: bytes) -> Tip:
    """The tip of an empty log: chaining from the chain id ties every entry to its network."""
    return Tip(0, 0, chain_id)


def entry_digest(previous: bytes, term: int, index: int, kind: Kind, leader: str, payload_hash: bytes) -> bytes:
    """SHA-256 of the domain `entry`, the previous entry's digest, term and index as u64 big-endian and kind as u8, the
    payload's SHA-256, and the leader's id.
    """
    return digest("entry", previous, _PLACE.pack(term, index, kind), payload_hash, leader.encode())


def envelope_message(chain_id: bytes, entry_digest: bytes) -> bytes:
    """What the leader signs."""
    return digest("envelope", chain_id, entry_digest)


def next_entry(
    tip: Tip, term: int, payload: bytes, kind: Kind = Kind.PROPOSAL, leader: str = "", signature: bytes = b""
) -> Entry:
    """The entry that follows `tip`. Requires term >= tip.term and at most `PAYLOAD_SIZE_MAX` bytes."""
    assert term >= tip.term, (term, tip.term)
    assert len(payload) <= PAYLOAD_SIZE_MAX, len(payload)
    index = tip.index + 1
    chained = entry_digest(tip.digest, term, index, kind, leader, sha256(payload))
    return Entry(term, index, payload, chained, kind, leader, signature)
