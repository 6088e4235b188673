"""What is promised of a lot, as far as its verified journey bears it out: 承诺达标合格证 and 有机."""

import re
from typing import NamedTuple

import msgspec

from client.journey.entry import fields_of
from client.journey.known import Known
from client.verified import VerifiedProof, VerifiedRecord
from ledger.modules.trace.state import FAULTS, Certificate, Lot
from ledger.proof.format import JourneyClaim
from ledger.roles import Role
from ledger.words import Words

ORGANIC = "organic"
CLAIM = re.compile("有机|有機|organic *", re.ASCII | re.IGNORECASE)
"""What only a certificate lets anybody say of goods."""
UNCOVERED = (
    "“有机”是记录原话，未见有效证书覆盖本批次",
    "“organic” is the record's own word: no valid certificate is seen to cover this lot",
)
"""What stands behind a signer's words that say so of other goods."""


class Promised(NamedTuple):
    """A lot's certificate of conformity that stands. `issued_ms`: its date. `tests`: who tested, when (ms).

    `contact`: whether name and telephone are in the vault. `replaced`: lots whose certificates it replaces.
    """

    promise: Words
    basis: Words
    place: str
    issuer: Words
    issued_ms: int
    tests: tuple[tuple[Words, int], ...]
    contact: bool
    replaced: tuple[str, ...]
    transaction_id: bytes


def certificate_row(proof: VerifiedProof, subject: str) -> Certificate | None:
    """The certified row of a certificate of the journey; None as for `lot_row`."""
    section = proof.sections.get(subject)
    try:
        return None if section is None else msgspec.convert(section.row, Certificate, builtin_types=(bytes,))
    except msgspec.ValidationError:
        return None


def lot_row(proof: VerifiedProof, lot: str) -> Lot | None:
    """The certified row of a lot (by key) of the journey; None where there is none, or of another version's form."""
    section = proof.sections.get(f"lot:{lot}")
    try:
        return None if section is None else msgspec.convert(section.row, Lot, builtin_types=(bytes,))
    except msgspec.ValidationError:
        return None


def promised(proof: VerifiedProof, known: Known, lot: str) -> Promised | None:
    """The certificate of conformity of a lot (by key): neither declared wrong, nor belied by what was found since."""
    row = lot_row(proof, lot)
    if row is None or row.flags & FAULTS:
        return None
    accepted = [record for record in proof.records if record.code == 0]
    wrong = {fields_of(record)["record"] for record in accepted if record.tag == "trace.declare_error"}
    tests = {record.transaction_id: record for record in accepted if record.tag == "trace.inspect"}
    for record in reversed(accepted):
        fields = fields_of(record) if record.tag == "trace.issue_conformity" else {}
        if fields.get("lot") != lot or record.transaction_id in wrong:
            continue
        found = [tests[named] for named in fields["inspections"] if named in tests]
        return Promised(
            known.choice(fields["promise"]),
            known.choice(fields["basis"]),
            fields["place"],
            known.signer(record),
            fields["event_ms"],
            tuple((known.signer(test), fields_of(test)["event_ms"]) for test in found),
            fields["contact"] is not None,
            tuple(fields["lots"]),
            record.transaction_id,
        )
    return None


def organic_certificate(proof: VerifiedProof, known: Known, lot: str) -> str | None:
    """The organic certificate under which a lot (by key) may be called 有机; None where it may not."""
    return next(iter(covering(proof, known, lot, ORGANIC)), None)


def covering(proof: VerifiedProof, known: Known, lot: str, kind: str) -> tuple[str, ...]:
    """The certificates (keys) under which a lot (by key) may be called what certificates of a kind say; none if not.

    Each was cited when a lot came into being, covers what that made, was valid then, was not revoked, and its issuer is
    an inspector. A lot without one of its own has those of the lots it was made of, if all of them have some; what is
    organic needs its own and theirs, since processing is certified too.
    """
    births = _births(proof)
    todo, found = [lot], dict[str, str | None]()
    while todo:
        name = todo.pop()
        birth = births.get(name)
        own = None if birth is None else _own(proof, known, birth, name, kind)
        sources = [] if birth is None else _inputs(birth)
        if own is None and (kind == ORGANIC or not sources):
            return ()
        found[name] = own
        if own is None or kind == ORGANIC:
            todo += [source for source in reversed(sources) if source not in found]
    return tuple(dict.fromkeys(certificate for certificate in found.values() if certificate is not None))


def certified(proof: VerifiedProof, known: Known, lot: str) -> list[str]:
    """All certificates (keys) of the journey that count for a lot (by key), by key."""
    subjects = [subject for subject in proof.sections if subject.startswith("certificate:")]
    kinds = {row.kind for subject in subjects if (row := certificate_row(proof, subject)) is not None}
    return sorted({one for kind in kinds for one in covering(proof, known, lot, kind)})


def claims_organic(name: Words) -> bool:
    """Whether a name says 有机 in either language."""
    return any(CLAIM.search(text) for text in name)


def without_claim(name: Words) -> Words:
    """A name as it may be shown where no certificate covers what it says: without that word."""
    zh, en = (CLAIM.sub("", text).strip() or "—" for text in name)
    return zh, en


def may_say_organic(proof: VerifiedProof, known: Known) -> bool:
    """Whether what a proof tells may say 有机 without more: not the journey of a lot that no certificate covers."""
    subject = proof.claim.subject if isinstance(proof.claim, JourneyClaim) else ""
    return not subject.startswith("lot:") or organic_certificate(proof, known, subject.removeprefix("lot:")) is not None


def as_signed(text: Words, organic: bool) -> Words:
    """A signer's words as they may be shown: 有机 in them is marked as theirs where no certificate covers the goods."""
    zh, en = text
    if organic or not claims_organic(text):
        return text
    return f"{zh}（{UNCOVERED[0]}）", f"{en} ({UNCOVERED[1]})"


def made_of(proof: VerifiedProof, lot: str) -> list[str]:
    """The lots (keys) that a lot of the journey was made of directly; none for a harvest."""
    birth = _births(proof).get(lot)
    return [] if birth is None else _inputs(birth)


def _births(proof: VerifiedProof) -> dict[str, VerifiedRecord]:
    """By lot (key) the record by which it came into being."""
    return {
        subject.removeprefix("lot:"): record
        for record in proof.records
        if record.code == 0
        for subject, naming in record.subjects.items()
        if naming.role == "output"
    }


def _inputs(birth: VerifiedRecord) -> list[str]:
    return [portion[0] for portion in fields_of(birth).get("inputs", ())]


def _own(proof: VerifiedProof, known: Known, birth: VerifiedRecord, lot: str, kind: str) -> str | None:
    """The first certificate of a kind that the record of a lot's birth cites, and that counts for what it made."""
    named = [subject for subject in birth.subjects if subject.startswith(("planting:", "plot:"))]
    maker = next((subject for subject in birth.subjects if subject.startswith("organisation:")), "")
    covered = {*named, maker, f"product:{lot.partition('/')[0]}"}
    fields = fields_of(birth)
    for certificate in fields.get("certificates", ()):
        row = certificate_row(proof, f"certificate:{certificate}")
        if row is None or row.kind != kind or row.state != "valid" or covered.isdisjoint(row.scope):
            continue
        is_inspector = Role.INSPECTOR in known.roles.get(f"organisation:{row.issuer}", ())
        if is_inspector and row.valid_from_ms <= fields["event_ms"] < row.valid_to_ms:
            return str(certificate)
    return None
