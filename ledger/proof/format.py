"""The proof file (docs/PROOF.md §9) as types, its limits, and where a subject's row stands."""

from typing import Any

from ledger.crypto.encoding import Decoder, Message
from ledger.state import SUBJECT_HOMES, home_key

FORMAT = "linxin-proof/1"

PROOF_SIZE_MAX = 64 * 1024 * 1024
SECTIONS_MAX = 4_096
LEAVES_MAX = 200_000
NODES_MAX = 200_000
SET_CHANGES_MAX = 1_024
CODE_PREFIX = "trace/code/"
"""State keys of trace codes; their value is the encoded subject the code stands for."""


class JourneyClaim(Message, tag="journey"):
    """Everything about `subject` and all it came from; `code` is the trace code it was found by, or empty."""

    code: str
    subject: str


class JournalClaim(Message, tag="journal"):
    """All records of `subject` within block times [from_ms, to_ms]; None = from its beginning, to its end.

    A bound is as wide as the neighbouring record proves it: its time plus or minus one millisecond.
    """

    subject: str
    from_ms: int | None
    to_ms: int | None


class ValueClaim(Message, tag="value"):
    """What stands under a state key; None: nothing does."""

    key: str
    value: bytes | None


class LeafClaim(Message, tag="leaf"):
    """That the one leaf of the file is leaf `index` of the log; `hashes` = the complete subtrees around it."""

    index: int
    hashes: list[bytes]


class ListingClaim(Message, tag="listing"):
    """Entries [start, end) of the journal of a listing of the trust archive, with the listing's certified counts; the
    file's values are the present rows of what these entries made (`made_key`).
    """

    listing: str
    start: int
    end: int

    @property
    def subject(self) -> str:
        """Whose journal it is."""
        return f"listing:{self.listing}"


Claim = JourneyClaim | JournalClaim | ValueClaim | LeafClaim | ListingClaim


class SetChange(Message):
    """A certificate whose checkpoint hands over to other validators, and those validators as [name, public key]."""

    note: bytes
    validators: list[tuple[str, bytes]]


class Section(Message):
    """A run of one subject's journal: `value` is its state value, `leaves` are places in the file's leaves."""

    subject: str
    value: bytes
    start: int
    leaves: list[int]
    hashes: list[bytes]


class ProofFile(Message):
    """A whole proof file."""

    format: str
    note: bytes
    set_changes: list[SetChange]
    claim: Claim
    values: list[tuple[str, bytes | None]]
    nodes: list[bytes]
    leaves: list[bytes]
    sections: list[Section]


class JournalHead(Message):
    """The state value of a subject: its row (not looked into here), and size and joined peaks of its journal."""

    row: Any
    size: int
    peaks: bytes


decode_proof: Decoder[ProofFile] = Decoder(ProofFile, PROOF_SIZE_MAX)
decode_journal_head: Decoder[JournalHead] = Decoder(JournalHead, PROOF_SIZE_MAX)


MADE = {"archive.review": "review", "archive.visit": "visit", "archive.endorse": "endorsement"}
"""What records of the trust archive make, each under its own id: action -> table."""


def made_key(tag: str, transaction_id: bytes) -> str | None:
    """The state key of the row that a record of the archive made, or None where it made none."""
    table = MADE.get(tag)
    return None if table is None else f"archive/{table}/{transaction_id.hex()}"


def subject_key(subject: str) -> str | None:
    """The state key of a subject's row, or None when it is no subject (`lot:A7` -> `trace/lot/A7`)."""
    kind, _, key = subject.partition(":")
    return home_key(subject).decode() if kind in SUBJECT_HOMES and key else None
