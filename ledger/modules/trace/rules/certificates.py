"""Rules for inspections and certificates, and for citing a certificate with goods."""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import (
    AlreadyRegistered,
    CertificateInvalid,
    LotUnknown,
    PeriodEmpty,
    SubjectUnknown,
    VerdictContradicts,
)
from ledger.modules.trace.messages import Inspect, IssueCertificate, RevokeCertificate
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import (
    PORT_RULES,
    RULES,
    check_distinct,
    check_event,
    check_order,
    check_owner,
    journal_organisations,
    need_lot,
    next_state,
)
from ledger.modules.trace.rules.flags import add_flag
from ledger.modules.trace.state import CERTIFICATE_TRANSITIONS, Certificate, Flag, certificates, passed
from ledger.roles import Role
from ledger.state import CERTIFICATE, OTHER, SELF
from ledger.text import check_text


@RULES.rule(Inspect, by=(Role.INSPECTOR, Role.REGULATOR))
def inspect(ctx: Context, action: Inspect) -> None:
    """Findings on a lot, planting or plot; a failed lot is flagged."""
    check_event(ctx, action.event_ms)
    check_text("remark", action.remark)
    for result in action.results:
        for field in ("analyte", "method", "unit"):
            check_text(field, getattr(result, field))
        if action.verdict == "pass" and not result.passed:
            raise VerdictContradicts(result.analyte)
    kind, _, key = action.target.partition(":")
    if not ctx.subject_exists(action.target):
        raise LotUnknown(key) if kind == "lot" else SubjectUnknown(action.target)
    if kind == "lot":
        check_order(action.target, action.event_ms, need_lot(ctx, key).commissioned_ms)
    if kind == "lot" and action.verdict == "fail":
        ctx.event("inspection_failed", action.target)
        add_flag(ctx, key, Flag.FAILED_INSPECTION, SELF)
    else:
        ctx.journal(action.target, SELF)
    if action.verdict == "pass":
        passed.put(ctx, f"{action.target}:{ctx.transaction_id.hex()}", action.event_ms)
    journal_organisations(ctx, ctx.signer.organisation)


@PORT_RULES.rule(IssueCertificate, by=(Role.INSPECTOR,))
def issue_certificate(ports: Ports, ctx: Context, action: IssueCertificate) -> None:
    """A certificate comes into being; everything in its scope leads to it."""
    check_text("number", action.number)
    if action.valid_from_ms >= action.valid_to_ms:
        raise PeriodEmpty(action.valid_from_ms, action.valid_to_ms)
    if certificates.has(ctx, action.certificate):
        raise AlreadyRegistered(f"certificate:{action.certificate}")
    ports.organisations.need(ctx, action.holder)
    check_distinct("scope", action.scope)
    row = Certificate(
        ctx.signer.organisation,
        action.kind,
        action.number,
        action.holder,
        action.scope,
        action.valid_from_ms,
        action.valid_to_ms,
        action.file,
    )
    for subject in action.scope:
        if not ctx.subject_exists(subject):
            raise SubjectUnknown(subject)
        ctx.journal(subject, SELF)
    certificates.put(ctx, action.certificate, row, CERTIFICATE)
    journal_organisations(ctx, ctx.signer.organisation, action.holder)


@RULES.rule(RevokeCertificate, by=(Role.INSPECTOR,))
def revoke_certificate(ctx: Context, action: RevokeCertificate) -> None:
    """The issuer withdraws a certificate; it can no longer be cited."""
    check_text("reason", action.reason)
    subject = f"certificate:{action.certificate}"
    row = certificates.need(ctx, action.certificate, SubjectUnknown(subject))
    check_owner(ctx, subject, row.issuer)
    state = next_state(subject, CERTIFICATE_TRANSITIONS, row.state, "revoke")
    certificates.put(ctx, action.certificate, replace(row, state=state, revoked_ms=ctx.time_ms), SELF)
    for scoped in row.scope:
        ctx.journal(scoped, OTHER)
    journal_organisations(ctx, row.issuer, row.holder)


def cite_certificates(ctx: Context, cited: tuple[str, ...], event_ms: int, covered: set[str]) -> None:
    """Journal the record to the certificates it cites for goods that `covered` (subjects) describes.

    Each must stand unrevoked, be valid at `event_ms` and have one of `covered` in its scope; else `CertificateInvalid`.
    """
    check_distinct("certificates", cited)
    for certificate in cited:
        row = certificates.get(ctx, certificate)
        if row is None:
            raise CertificateInvalid(certificate, "未登记", "it is not registered")
        if row.state != "valid":
            raise CertificateInvalid(certificate, "已撤销", "it was revoked")
        if not row.valid_from_ms <= event_ms < row.valid_to_ms:
            raise CertificateInvalid(certificate, "不在有效期内", "it is not valid at that time")
        if covered.isdisjoint(row.scope):
            raise CertificateInvalid(certificate, "范围不包含该货物", "its scope does not cover these goods")
        ctx.journal(f"certificate:{certificate}", CERTIFICATE)
