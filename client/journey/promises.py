"""What is promised of a lot, as far as its verified journey bears it out: 承诺达标合格证 and 有机."""

from typing import NamedTuple

import msgspec

from client.journey.entry import fields_of
from client.journey.known import Known
from client.verified import VerifiedProof, VerifiedRecord
from ledger.modules.trace.state import FAULTS, Certificate, Lot
from ledger.words import Words


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


def organic_certificate(proof: VerifiedProof, lot: str) -> str | None:
    """The organic certificate under which a lot (by key) may be called 有机; None where it may not.

    It was cited when the lot came into being, covers it and was not revoked; and so for every lot that it was made of.
    """
    births = _births(proof)
    todo, seen, first = [lot], {lot}, None
    while todo:
        name = todo.pop()
        birth = births.get(name)
        certificate = None if birth is None else _covering(proof, birth, name)
        if birth is None or certificate is None:
            return None
        first = first or certificate
        sources = set(_inputs(birth)) - seen
        seen |= sources
        todo += sorted(sources)
    return first


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


def _covering(proof: VerifiedProof, birth: VerifiedRecord, lot: str) -> str | None:
    """The first organic certificate that the record of a lot's birth cites, that covers the lot and still stands."""
    named = [subject for subject in birth.subjects if subject.startswith(("planting:", "plot:"))]
    maker = next(subject for subject in birth.subjects if subject.startswith("organisation:"))
    covered = {*named, maker, f"product:{lot.partition('/')[0]}"}
    for certificate in fields_of(birth).get("certificates", ()):
        section = proof.sections.get(f"certificate:{certificate}")
        if section is None:
            continue
        row = msgspec.convert(section.row, Certificate, builtin_types=(bytes,))
        if row.kind == "organic" and row.state == "valid" and not covered.isdisjoint(row.scope):
            return str(certificate)
    return None
