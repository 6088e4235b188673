"""The rule for captured EPCIS events: who said it is checked, what it says is not."""

from ledger.context import Context
from ledger.module import tag_of
from ledger.modules.trace.errors import EventCaptured, NotRecorder, PartnerKeyUnknown, RecordUnknown
from ledger.modules.trace.messages import AssertEvent
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import PORT_RULES, check_event, journal_organisations
from ledger.modules.trace.state import Captured, captured, captured_key, records
from ledger.roles import ORGANISATION_ROLES
from ledger.state import OTHER
from ledger.text import check_text

NAMEABLE = frozenset(
    {"product", "site", "plot", "planting", "lot", "unit", "vehicle", "device", "certificate", "organisation"}
)
"""Types of subjects whose journals an event may join; orders and people are nobody's to name."""


@PORT_RULES.rule(AssertEvent, by=ORGANISATION_ROLES)
def assert_event(ports: Ports, ctx: Context, action: AssertEvent) -> None:
    """A captured event joins the journals of the things it names, once for each organisation that says it."""
    check_text("step", action.step)
    check_event(ctx, action.event_ms)
    source = ctx.signer.organisation
    signed = action.signed
    if signed is not None:
        source = signed.organisation
        ports.organisations.need(ctx, source)
        if not ports.organisations.speaks_for(ctx, source, signed.algorithm, signed.public_key):
            raise PartnerKeyUnknown(source, signed.public_key.hex())
    if action.record is not None:
        _check_record(ctx, action.record)
    key = captured_key(action, source)
    if captured.has(ctx, key):
        raise EventCaptured(action.event.hex(), source)
    captured.put(ctx, key, Captured(ctx.transaction_id, ctx.signer.organisation, action.document, action.index))
    journal_organisations(ctx, ctx.signer.organisation, source)
    for subject in action.subjects:
        if subject.partition(":")[0] in NAMEABLE and ctx.subject_exists(subject):
            ctx.journal(subject, OTHER)
    if action.record is None:
        ctx.event("not_ruled")


def _check_record(ctx: Context, identity: bytes) -> None:
    """The record that an event became must be one of the signer's that a rule acted on."""
    name = identity.hex()
    row = records.get(ctx, name)
    if row is None or row.action == tag_of(AssertEvent):
        raise RecordUnknown(name)
    if row.organisation != ctx.signer.organisation:
        raise NotRecorder(name, row.organisation, ctx.signer.organisation)
