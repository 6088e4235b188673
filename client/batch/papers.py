"""Tests and certificates of a batch, with the files that stand behind them."""

from typing import NamedTuple

import msgspec

from client.batch.evidence import Evidence
from client.journey.entry import fields_of
from client.journey.text import decimal
from ledger.modules.trace.state import Certificate
from ledger.words import Words


class Result(NamedTuple):
    """One line of a laboratory report: what was looked for, how much was found, how much may be; numbers as text."""

    analyte: str
    method: str
    value: str
    limit: str
    passed: bool


class Examined(NamedTuple):
    """A test: what of, by whom, when (ms), with what verdict; `report`: address of its file, hex, "" if there is none.

    `leaf`: hash of the record's leaf.
    """

    target: Words
    by: Words
    time_ms: int
    verdict: str
    verdict_words: Words
    results: tuple[Result, ...]
    report: str
    remark: str
    leaf: bytes


class Certified(NamedTuple):
    """A certificate as its certified row says. `counts`: whether it covers the proof's time and was not revoked."""

    key: str
    kind: str
    name: Words
    number: str
    issuer: Words
    holder: Words
    valid_from_ms: int
    valid_to_ms: int
    counts: bool
    revoked_ms: int | None
    file: str


def examinations(evidence: Evidence) -> list[Examined]:
    """All tests of the goods and of what they came from, oldest first."""
    found = []
    for record in evidence.verified.records:
        if record.tag != "trace.inspect" or record.code != 0 or evidence.known.is_aside(record):
            continue
        fields = fields_of(record)
        report = fields.get("report")
        examined = Examined(
            evidence.known.name(fields["target"]),
            evidence.known.signer(record),
            fields["event_ms"],
            fields["verdict"],
            evidence.known.choice(fields["verdict"]),
            tuple(_result(one) for one in fields["results"]),
            report.hex() if isinstance(report, bytes) else "",
            fields["remark"],
            record.leaf_hash,
        )
        found.append(examined)
    return sorted(found, key=lambda one: one.time_ms)


def certificates(evidence: Evidence) -> list[Certified]:
    """The certificates of the journey, by key; rows of another version's form are left out."""
    found = []
    known, now_ms = evidence.known, evidence.verified.time_ms
    for subject, section in sorted(evidence.verified.sections.items()):
        if not subject.startswith("certificate:"):
            continue
        try:
            row = msgspec.convert(section.row, Certificate, builtin_types=(bytes,))
        except msgspec.ValidationError:
            continue
        certified = Certified(
            subject,
            row.kind,
            known.choice(row.kind),
            row.number,
            known.name(f"organisation:{row.issuer}"),
            known.name(f"organisation:{row.holder}"),
            row.valid_from_ms,
            row.valid_to_ms,
            row.state == "valid" and row.valid_from_ms <= now_ms < row.valid_to_ms,
            row.revoked_ms,
            row.file.hex() if row.file else "",
        )
        found.append(certified)
    return found


def _result(line: object) -> Result:
    """A test result of a record, whose fields the rules have checked."""
    assert isinstance(line, list)
    analyte, method, value, scale, unit, limit, passed = line
    shown_limit = "" if limit is None else f"{decimal(limit, scale)} {unit}"
    return Result(analyte, method, f"{decimal(value, scale)} {unit}", shown_limit, bool(passed))
