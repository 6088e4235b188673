"""Rules for declaring records wrong: nothing is overwritten; the declaration joins every journal the record is in."""

from collections.abc import Callable
from functools import wraps

from msgspec.structs import replace

from ledger.context import Context
from ledger.module import Action, tag_of
from ledger.modules.trace.errors import ErrorDeclared, NotOwner, NotRecorder, RangeWrong, RecordUnknown, SubjectUnknown
from ledger.modules.trace.messages import DeclareReadingsError, DeclareRecordError
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import PORT_RULES, RULES
from ledger.modules.trace.state import ReadingsError, Record, Series, reading_errors, records, series, stays, touched
from ledger.roles import ORGANISATION_ROLES
from ledger.state import OTHER
from ledger.text import check_text

TOUCHED_MAX = 256
"""Records with an excursion that one declaration of wrong readings looks up."""

SUBJECTS_MAX = 512
"""Subjects that one declaration names, the record's own first."""


def recorded(handler: Callable[..., None]) -> Callable[..., None]:
    """A rule whose accepted records are remembered with their subjects, so that their error can be declared."""

    @wraps(handler)
    def run(ctx: Context, action: Action) -> None:
        handler(ctx, action)
        row = Record(ctx.signer.organisation, tag_of(type(action)), tuple(ctx.subjects))
        records.put(ctx, ctx.transaction_id.hex(), row)

    return run


def _need_record(ctx: Context, identity: bytes) -> Record:
    """The record of a transaction id, of the signer's organisation."""
    name = identity.hex()
    row = records.get(ctx, name)
    if row is None:
        raise RecordUnknown(name)
    if row.organisation != ctx.signer.organisation:
        raise NotRecorder(name, row.organisation, ctx.signer.organisation)
    return row


def _journal_all(ctx: Context, subjects: tuple[str, ...]) -> None:
    """Enter the declaration into the journals of `subjects`, and of the lots in or lately in the units among them."""
    for subject in subjects[:SUBJECTS_MAX]:
        ctx.journal(subject, OTHER)
    for subject in subjects[:SUBJECTS_MAX]:
        row = stays.get(ctx, subject) if subject.startswith("unit:") else None
        for stay in row.stays if row is not None else ():
            if len(ctx.subjects) < SUBJECTS_MAX:
                ctx.journal(f"lot:{stay.lot}", OTHER)


@RULES.rule(DeclareRecordError, by=ORGANISATION_ROLES)
def declare_record_error(ctx: Context, action: DeclareRecordError) -> None:
    """The organisation that made a record says that it is wrong, and which records of its own say it right."""
    check_text("remark", action.remark)
    name = action.record.hex()
    row = _need_record(ctx, action.record)
    if row.error:
        raise ErrorDeclared(name)
    for correction in action.corrections:
        _need_record(ctx, correction)
    records.put(ctx, name, replace(row, error=ctx.transaction_id))
    _journal_all(ctx, row.subjects)
    ctx.event("declared_wrong", name, action.reason)


@PORT_RULES.rule(DeclareReadingsError, by=ORGANISATION_ROLES)
def declare_readings_error(ports: Ports, ctx: Context, action: DeclareReadingsError) -> None:
    """The organisation of a device says that some of its records are wrong."""
    check_text("remark", action.remark)
    subject = f"device:{action.device}"
    facts = ports.devices.get(ctx, action.device)
    if facts is None:
        raise SubjectUnknown(subject)
    if facts.organisation != ctx.signer.organisation:
        raise NotOwner(subject, facts.organisation, ctx.signer.organisation)
    row = series.get(ctx, action.device) or Series()
    if action.first > action.last or action.last >= row.next_sequence:
        raise RangeWrong(action.device, action.first, action.last)
    key = f"{action.device}:{action.first:015d}"
    if reading_errors.has(ctx, key):
        raise ErrorDeclared(f"{action.device} {action.first}")
    for correction in action.corrections:
        _need_record(ctx, correction)
    reading_errors.put(ctx, key, ReadingsError(action.last, action.reason, ctx.transaction_id))
    ports.devices.doubt(ctx, action.device, action.first, action.last)
    for known in row.attachments:
        if known.first <= action.last and known.last >= action.first:
            _journal_all(ctx, (known.thing,))
    last = f"{action.device}:{action.last:015d}"
    first = f"{action.device}:{action.first - 1:015d}" if action.first else None
    for name, lots in touched.scan(ctx, f"{action.device}:", after=first, limit=TOUCHED_MAX):
        if name > last:
            break
        _journal_all(ctx, tuple(f"lot:{lot}" for lot in lots))
    ctx.event("declared_wrong", f"{action.device} {action.first}-{action.last}", action.reason)
