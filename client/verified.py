"""What a checked proof holds, and what is wrong with one that does not hold."""

from dataclasses import dataclass, field
from typing import Any

from ledger.crypto.checkpoint import Checkpoint
from ledger.proof.closure import Bounds, Naming, contains
from ledger.proof.format import Claim, JourneyClaim, ListingClaim

KINDS = {
    "encoding": ("编码不正确", "the file is not encoded as it must be"),
    "limits": ("超出上限", "the file is larger than a proof may be"),
    "chain": ("不属于此链", "it belongs to another chain"),
    "certificate": ("检查点证书无效", "the certificate does not hold"),
    "claim": ("声明与内容不符", "the content is not that of the claim"),
    "leaf": ("记录格式错误", "a record is not what records are"),
    "signature": ("记录签名无效", "the signature of a record does not verify"),
    "state": ("状态证明不符", "a value is not proven by the certified state"),
    "journal": ("日志证明不符", "a journal is not proven by the certified state"),
    "completeness": ("有内容缺失或多余", "something is missing, or something is too much"),
}
"""Kinds of faults, in Chinese and in English; the stand-alone verifier uses the same words."""


def printable(text: str) -> str:
    """Text out of a file that nobody vouches for, without what could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


class InvalidProof(ValueError):
    """A proof that does not hold: `kind` (of KINDS), `where` (a path such as `$.sections[3]`), `reason` (English)."""

    def __init__(self, kind: str, where: str, reason: str) -> None:
        reason = printable(reason)
        super().__init__(f"{KINDS[kind][1]}: {reason} at {where}")
        self.kind = kind
        self.where = where
        self.reason = reason

    @property
    def zh(self) -> str:
        """The fault in Chinese."""
        return f"{KINDS[self.kind][0]}（{self.where}：{self.reason}）"

    @property
    def en(self) -> str:
        """The fault in English."""
        return str(self)


@dataclass(frozen=True)
class VerifiedRecord:
    """One record whose bytes, signature and place are proven.

    `action` = [tag, field, ...]; of a transaction also its id and the key that signed. `details` are events, as
    [name, field, ...], of an accepted record. `subjects` maps each subject it names to how it does.
    """

    kind: int
    height: int
    time_ms: int
    code: int
    action: list[Any]
    details: list[Any]
    subjects: dict[str, Naming]
    leaf_hash: bytes
    transaction_id: bytes = b""
    algorithm: int = 0
    public_key: bytes = b""
    commitment: bytes | None = None

    @property
    def tag(self) -> str:
        """The action's name, such as `trace.harvest`."""
        return str(self.action[0])


@dataclass(frozen=True)
class VerifiedSection:
    """A part of a subject's journal: all of its records with block time within `bounds`, proven to be all.

    `row` is the subject's certified row, undecoded; `records` has those within the bounds, not the neighbours that
    prove them; `start` counts the records before.
    """

    subject: str
    row: Any
    size: int
    start: int
    bounds: Bounds
    records: tuple[VerifiedRecord, ...]

    @property
    def is_whole(self) -> bool:
        """Whether this is the whole journal, from its first record to its last."""
        return len(self.records) == self.size

    @classmethod
    def of(
        cls, subject: str, row: Any, size: int, start: int, bounds: Bounds, run: list[VerifiedRecord]
    ) -> "VerifiedSection":
        """The section of a proven `run` that begins at `start`, less the neighbours outside of `bounds`."""
        inside = tuple(record for record in run if contains(bounds, record.time_ms))
        before = sum(bounds[0] is not None and record.time_ms < bounds[0] for record in run)
        return cls(subject, row, size, start + before, bounds, inside)


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that holds: what it claims, as of `checkpoint`, signed by the validators `signers`.

    `sections` by subject, for a journey the asked subject's first; `records` are all distinct records within the
    sections in order of time, or the one leaf of a leaf proof. `validators`: how many the set has
    that `signers` are of. `rows`: of a listing proof, the present rows of what its entries made, by state key.
    """

    claim: Claim
    checkpoint: Checkpoint
    signers: tuple[str, ...]
    sections: dict[str, VerifiedSection]
    records: tuple[VerifiedRecord, ...]
    validators: int = 0
    rows: dict[str, bytes] = field(default_factory=dict)

    def require(self, *, code: str = "", subject: str = "") -> None:
        """Raise `InvalidProof` unless this is the whole journey of what was asked for, a trace code or a subject; or,
        where that is a listing of the trust archive, a range of it.

        A server that is asked about one lot may answer with a perfect proof about another.
        """
        claim = self.claim
        if isinstance(claim, ListingClaim) and claim.subject == subject and not code:
            return
        if not isinstance(claim, JourneyClaim):
            raise InvalidProof("claim", "$.claim", "not a journey")
        if (claim.code != code) if code else (claim.subject != subject):
            about = f"{claim.subject} (trace code {claim.code})" if claim.code else claim.subject
            raise InvalidProof("claim", "$.claim", f"it is about {about}, not about {code or subject}")

    @property
    def time_ms(self) -> int:
        """The certificate's time: the proof tells nothing of what came later."""
        return self.checkpoint.time_ms
