"""Proof that a validator broke its word: self-contained, checked with the chain id and the validators' keys alone.

Two acts are proof, and no honest validator ever does either: cosigning two texts for one height (whatever their
timestamps), and, as leader, signing two different entries for one place (term, index).
"""

from collections.abc import Callable
from typing import Annotated

import msgspec

from consensus.entry import Entry, Kind, entry_digest, envelope_message
from consensus.messages import Digest, LeaderId, Number, Signature
from ledger.crypto.checkpoint import NOTE_SIZE_MAX, Note, parse_checkpoint, parse_note, verify_cosignature
from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, verify

EVIDENCE_SIZE_MAX = 2 * NOTE_SIZE_MAX + 1024
"""Bytes."""

Keys = Callable[[str], bytes | None]
"""The Ed25519 public key of a validator's id, present or past; None = no such validator."""

NoteText = Annotated[str, msgspec.Meta(max_length=NOTE_SIZE_MAX)]


class Envelope(Message):
    """All that a leader signed of an entry; of the payload its hash."""

    term: Number
    index: Number
    kind: Kind
    leader: LeaderId
    payload_hash: Digest
    previous_digest: Digest
    signature: Signature

    @property
    def digest(self) -> bytes:
        """The entry's digest."""
        return entry_digest(self.previous_digest, self.term, self.index, self.kind, self.leader, self.payload_hash)


class EquivocalCosignatures(Message, tag="cosignatures"):
    """Two signed notes with one cosignature each: of one validator, at one height, over different texts."""

    note_a: NoteText
    note_b: NoteText


class EquivocalEntries(Message, tag="entries"):
    """Two envelopes that one leader signed for one (term, index), with different digests."""

    envelope_a: Envelope
    envelope_b: Envelope


Evidence = EquivocalCosignatures | EquivocalEntries

_decode: Decoder[Evidence] = Decoder(Evidence, EVIDENCE_SIZE_MAX)


class Culprit(Message):
    """Who did it, and what: `zh` and `en` in one sentence each."""

    id: str
    zh: str
    en: str


class BadEvidence(ValueError):
    """Why something proves nothing."""


def encode_evidence(evidence: Evidence) -> bytes:
    """The bytes that are kept, exported, and hashed to the evidence's id."""
    return encode(evidence)


def decode_evidence(data: bytes) -> Evidence:
    """The inverse; raises `BadEvidence`. Says nothing about what it proves."""
    try:
        return _decode(data)
    except Malformed as error:
        raise BadEvidence(str(error)) from None


def evidence_id(evidence: Evidence) -> str:
    """SHA-256 of the bytes, in hex."""
    return sha256(encode_evidence(evidence)).hex()


def accused_of(evidence: Evidence) -> str:
    """Whom it is held against, proven or not: a leader's id or a cosigner's name. Raises `BadEvidence`."""
    if isinstance(evidence, EquivocalEntries):
        return evidence.envelope_a.leader
    try:
        return parse_note(evidence.note_a).signatures[0].name
    except Malformed as error:
        raise BadEvidence(str(error)) from None


def envelope(entry: Entry, previous_digest: bytes) -> Envelope:
    """What the leader signed of `entry`."""
    return Envelope(
        entry.term,
        entry.index,
        entry.kind,
        entry.leader,
        sha256(entry.payload),
        previous_digest,
        entry.signature,
    )


def equivocal_entries(one: Envelope, other: Envelope) -> EquivocalEntries:
    """The evidence of two envelopes: the same whichever was seen first."""
    return EquivocalEntries(*sorted((one, other), key=encode))


def equivocal_cosignatures(one: str, other: str) -> EquivocalCosignatures:
    """The evidence of two notes with one cosignature each: the same whichever was seen first."""
    return EquivocalCosignatures(*sorted((one, other)))


def verify_evidence(evidence: Evidence, chain_id: bytes, keys: Keys) -> Culprit:
    """Who is proven to have done what on the chain `chain_id`. Raises `BadEvidence`."""
    if isinstance(evidence, EquivocalEntries):
        return _verify_entries(evidence.envelope_a, evidence.envelope_b, chain_id, keys)
    return _verify_cosignatures(evidence.note_a, evidence.note_b, chain_id, keys)


def _verify_entries(one: Envelope, other: Envelope, chain_id: bytes, keys: Keys) -> Culprit:
    if (one.term, one.index, one.leader) != (other.term, other.index, other.leader):
        raise BadEvidence("the two entries are not of one leader for one place")
    if one.digest == other.digest:
        raise BadEvidence("the two entries are the same")
    key = keys(one.leader)
    if key is None:
        raise BadEvidence(f"{one.leader} is not a validator")
    for each in (one, other):
        if not verify(Algorithm.ED25519, key, each.signature, envelope_message(chain_id, each.digest)):
            raise BadEvidence(f"a signature of {each.leader} does not verify")
    return Culprit(
        one.leader,
        f"{one.leader} 作为任期 {one.term} 的领导者，为日志位置 {one.index} 签署了两个不同的条目",
        f"{one.leader}, leading term {one.term}, signed two different entries for place {one.index} of the log",
    )


def _verify_cosignatures(one: str, other: str, chain_id: bytes, keys: Keys) -> Culprit:
    try:
        notes = parse_note(one), parse_note(other)
        checkpoints = [parse_checkpoint(note.text) for note in notes]
    except Malformed as error:
        raise BadEvidence(str(error)) from None
    if checkpoints[0].height != checkpoints[1].height or checkpoints[0].origin != checkpoints[1].origin:
        raise BadEvidence("the two texts are not of one chain and height")
    if notes[0].text == notes[1].text:
        raise BadEvidence("the two texts are the same")
    network, _, chain = checkpoints[0].origin.rpartition("/")
    if chain != chain_id.hex()[:16]:
        raise BadEvidence("the texts are of another chain")
    names = {signature.name for note in notes for signature in note.signatures}
    if len(names) != 1 or any(len(note.signatures) != 1 for note in notes):
        raise BadEvidence("not two cosignatures of one validator")
    (name,) = names
    prefix, _, validator = name.rpartition("/")
    key = keys(validator) if prefix == network else None
    if key is None:
        raise BadEvidence(f"{name} is not a validator")
    for note in notes:
        _verify_cosignature(note, key)
    height = checkpoints[0].height
    return Culprit(
        validator,
        f"{validator} 在高度 {height} 签署了两个不同的检查点",
        f"{validator} cosigned two different checkpoints of height {height}",
    )


def _verify_cosignature(note: Note, key: bytes) -> None:
    (signature,) = note.signatures
    if not verify_cosignature(signature, key, note.text):
        raise BadEvidence(f"a cosignature of {signature.name} does not verify")
