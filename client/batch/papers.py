"""Tests, certificates and promises of a batch, with the files and records that stand behind them."""

from typing import Literal, NamedTuple

from client.batch.evidence import Evidence
from client.journey.entry import fields_of
from client.journey.promises import (
    ORGANIC,
    Promised,
    as_signed,
    certificate_row,
    certified,
    lot_row,
    may_say_organic,
    promised,
)
from client.journey.text import decimal
from ledger.modules.trace.state import Certificate
from ledger.words import Words

Standing = Literal["valid", "expired", "uncovered", "revoked"]
"""How a certificate stands towards the goods: it covers them; it covers them and ended since; it counts for others or
for nobody; its issuer took it back."""

Row = tuple[Words, Words]
"""A heading and what stands under it."""


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
    remark: Words
    leaf: bytes


class Certified(NamedTuple):
    """A certificate as its certified row says. `name`: what it certifies; empty for an organic one that does not cover
    the goods, since 有机 may not stand beside them then.
    """

    key: str
    kind: str
    name: Words
    number: str
    issuer: Words
    holder: Words
    valid_from_ms: int
    valid_to_ms: int
    standing: Standing
    revoked_ms: int | None
    file: str

    @property
    def covers(self) -> bool:
        """Whether the goods may be called what it says."""
        return self.standing in ("valid", "expired")


class Replaced(NamedTuple):
    """A lot whose certificate of conformity is replaced by that of the batch; `code`: its trace code, "" if unknown."""

    name: Words
    code: str


class Conformity(NamedTuple):
    """The batch's 承诺达标合格证: what it says line by line, the lots it replaces others of, the record behind it.

    `leaf`: hash of the record's leaf; `transaction_id` names the record.
    """

    rows: tuple[Row, ...]
    replaced: tuple[Replaced, ...]
    transaction_id: bytes
    leaf: bytes


def examinations(evidence: Evidence) -> list[Examined]:
    """All tests of the goods and of what they came from, oldest first."""
    found, organic = [], may_say_organic(evidence.verified, evidence.known)
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
            as_signed((fields["remark"], fields["remark"]), organic),
            record.leaf_hash,
        )
        found.append(examined)
    return sorted(found, key=lambda one: one.time_ms)


def certificates(evidence: Evidence) -> list[Certified]:
    """The certificates of the journey, by key; rows of another version's form are left out."""
    subjects = sorted(subject for subject in evidence.verified.sections if subject.startswith("certificate:"))
    rows = [(subject, certificate_row(evidence.verified, subject)) for subject in subjects]
    there = [(subject, row) for subject, row in rows if row is not None]
    lot = evidence.subject.removeprefix("lot:")
    cover = certified(evidence.verified, evidence.known, lot)
    return [_certified(evidence, subject, row, subject.partition(":")[2] in cover) for subject, row in there]


def _certified(evidence: Evidence, subject: str, row: Certificate, covers: bool) -> Certified:
    known, now_ms = evidence.known, evidence.verified.time_ms
    standing: Standing = "valid" if now_ms < row.valid_to_ms else "expired"
    if not covers:
        standing = "uncovered" if row.state == "valid" else "revoked"
    return Certified(
        subject,
        row.kind,
        ("", "") if row.kind == ORGANIC and not covers else known.choice(row.kind),
        row.number,
        known.name(f"organisation:{row.issuer}"),
        known.name(f"organisation:{row.holder}"),
        row.valid_from_ms,
        row.valid_to_ms,
        standing,
        row.revoked_ms,
        row.file.hex() if row.file else "",
    )


def conformity(evidence: Evidence, goods: Words) -> Conformity | None:
    """The certificate of conformity of the batch, called `goods`; None where none stands."""
    lot = evidence.subject.removeprefix("lot:")
    found = promised(evidence.verified, evidence.known, lot)
    if found is None:
        return None
    record = next(one for one in evidence.verified.records if one.transaction_id == found.transaction_id)
    replaced = tuple(_replaced(evidence, source) for source in found.replaced)
    return Conformity(tuple(_rows(evidence, found, lot, goods)), replaced, found.transaction_id, record.leaf_hash)


def _rows(evidence: Evidence, found: Promised, lot: str, goods: Words) -> list[Row]:
    known, clock, row = evidence.known, evidence.clock, lot_row(evidence.verified, lot)
    assert row is not None
    tests = [(by, clock.day(time_ms)) for by, time_ms in found.tests]
    basis = (
        found.basis[0] + (f"（{'；'.join(f'{by[0]} {day}' for by, day in tests)}）" if tests else ""),
        found.basis[1] + (f" ({'; '.join(f'{by[1]} {day}' for by, day in tests)})" if tests else ""),
    )
    rows = [
        (("我承诺", "We promise"), (found.promise[0].removeprefix("承诺"), found.promise[1])),
        (("承诺依据", "Basis"), basis),
        (("产品名称", "Product"), goods),
        (("数量（重量）", "Quantity"), known.amount(lot, row.produced)),
        (("产地", "Origin"), (found.place, found.place)),
        (("生产者", "Issued by"), found.issuer),
        (("开具日期", "Date"), (clock.day(found.issued_ms),) * 2),
        (("编号", "Number"), (f"{row.number} / {row.code}",) * 2),
    ]
    if found.contact:
        rows.append((("联系方式", "Contact"), ("存于可删除的保密库", "kept in the erasable vault")))
    return rows


def _replaced(evidence: Evidence, lot: str) -> Replaced:
    row = lot_row(evidence.verified, lot)
    return Replaced(evidence.known.name(f"lot:{lot}"), row.code if row is not None else "")


def _result(line: object) -> Result:
    """A test result of a record, whose fields the rules have checked."""
    assert isinstance(line, list)
    analyte, method, value, scale, unit, limit, passed = line
    shown_limit = "" if limit is None else f"{decimal(limit, scale)} {unit}"
    return Result(analyte, method, f"{decimal(value, scale)} {unit}", shown_limit, bool(passed))
