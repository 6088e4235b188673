"""Rules for what becomes of a claim: contested, adjudicated, or ended by its time limit; and who pays for it.

| liable | what the buyer is due beyond the leader's payment | what the leader laid out, as far as it was due |
|--|--|--|
| the seller | out of the line's escrow | out of the line's escrow |
| another that had the goods | from it; else the guarantee, which it then owes; else escrow: it then owes the seller \
| from it; else the guarantee, which it then owes |
| nobody | from the guarantee; else escrow: the guarantee then owes the seller | to the float, from the guarantee |

What the escrow gives is missing when the line settles; the rest settles as if nothing had been claimed. What a leader
paid beyond what was due stays with the buyer, and with who laid it out.
"""

from typing import TYPE_CHECKING

from ledger.modules.claims.errors import (
    AwardTooLarge,
    JudgeInOwnCause,
    NeverInHand,
    NotAdjudicator,
    NotLiable,
)
from ledger.modules.claims.messages import Adjudicate, Contest, Contested, Due, Finding
from ledger.modules.claims.rules.common import RULES, Case, check_in_time, latest, need_waiting
from ledger.modules.claims.rules.judging import judge
from ledger.modules.claims.rules.opening import refer
from ledger.modules.claims.rules.paying import repay
from ledger.modules.claims.state import WAITING, claim_key, claims
from ledger.modules.payments.ports import organisation_account
from ledger.roles import ORGANISATION_ROLES

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.ports import ClaimListener, Lines, Ports
    from ledger.modules.payments.ports import Payments

LIMITED = {"contest": ("provisional",), "adjudication": ("adjudicating", "contested")}
"""Time limit -> states that it ends; a claim in another was ended, or went on, before."""

TIMER_WORK = 8
"""Rows' worth of work that ending a claim is counted as, of `timers_per_block`."""


@RULES.rule(Contest, by=ORGANISATION_ROLES)
def contest(ports: "Ports", ctx: "Context", action: Contest) -> None:
    """Whom the rule finds liable does not agree: the adjudicator decides."""
    said = ctx.need_restricted(Contested)
    case = need_waiting(ports, ctx, action.campaign, said.order.hex())
    organisation = ctx.signer.organisation
    check_in_time(case, "contest")
    ctx.require(organisation == case.claim.liable, NotLiable(action.campaign, organisation))
    refer(case, "contest", said.reasons)
    ctx.event("claim_contested", action.campaign)


@RULES.rule(Adjudicate, by=ORGANISATION_ROLES)
def adjudicate(ports: "Ports", ctx: "Context", action: Adjudicate) -> None:
    """The adjudicator says what the buyer is due, and who bears it."""
    said, judge_id = ctx.need_restricted(Finding), ctx.signer.organisation
    case = need_waiting(ports, ctx, action.campaign, said.order.hex())
    ctx.require(judge_id == case.terms.adjudicator, NotAdjudicator(action.campaign, judge_id))
    check_in_time(case, "adjudicate")
    handlers = ports.evidence.handlers(ctx, ports.lines.legs(ctx, action.campaign))
    ctx.require(judge_id not in handlers, JudgeInOwnCause(action.campaign, judge_id))
    ctx.require(said.award_fen <= case.claim.fen, AwardTooLarge(action.campaign))
    known = said.liable in ("", case.terms.seller) or said.liable in handlers
    ctx.require(known, NeverInHand(action.campaign, said.liable))
    case.write(reasons=said.reasons)
    _decide(case, "adjudicate", said.award_fen, said.liable)


@RULES.timer(Due)
def due(ports: "Ports", ctx: "Context", timer: Due) -> None:
    """A time limit is over. A claim that was ended, or went on, before is left alone."""
    claim = claims.get(ctx, claim_key(timer.order, timer.number))
    assert claim is not None, f"a timer for the unknown claim {timer.order}.{timer.number}"
    case = Case(ports.payments, ports.lines, ctx, timer.order, timer.number, claim, ports.listeners)
    ctx.work += TIMER_WORK
    if timer.stage == "repay":
        repay(case)
        return
    if claim.state not in LIMITED[timer.stage]:
        return
    if timer.stage == "adjudication":
        _decide(case, "lapse", claim.fen, "")
        return
    assert case.row.collected_ms is not None, timer.order
    campaign = ports.lines.campaign(ctx, claim.campaign)
    if judge(ports.evidence, ctx, campaign, claim.cause, case.row.collected_ms) == claim.liable:
        _decide(case, "stand", claim.fen, claim.liable)
    else:
        # Readings that came late, or were declared wrong, have changed what the records say.
        refer(case)
        ctx.event("claim_referred", claim.campaign)


def _decide(case: Case, event: str, award_fen: int, liable: str) -> None:
    """Whoever is liable pays, and the line goes on."""
    case.step(event, award_fen=award_fen, liable=liable, closed_ms=case.ctx.time_ms)
    more = max(0, award_fen - case.claim.paid_fen)
    lent = min(award_fen, case.claim.paid_fen)
    if liable == case.terms.seller:
        case.pay_buyer(b"award", case.escrow, more)
        borne = more + _repay_lender(case, lent)
    elif liable:
        borne = _by_another(case, organisation_account(case.terms.custodian, liable), more, lent)
    else:
        borne = _by_nobody(case, more, lent)
    case.lines.compensate(case.ctx, case.order, more, borne)
    case.lines.resolve(case.ctx, case.order)
    if event == "lapse":
        case.ctx.event("claim_lapsed", case.claim.campaign)
        case.tell("lapsed")
    else:
        case.ctx.event("claim_decided", case.claim.campaign)
        # Whether anything was due is public from here on, how much is not (docs/adr/0024).
        case.tell("upheld" if award_fen else "rejected")


def _repay_lender(case: Case, fen: int) -> int:
    """Pay back out of escrow what the leader laid out; returns `fen`."""
    if fen:
        case.payments.income(case.ctx, [case.transfer(b"lent", case.escrow, case.lender, fen, "repayment")])
    return fen


def _by_another(case: Case, debtor: str, more: int, lent: int) -> int:
    """An organisation that is not the seller pays, or the guarantee for it. Returns what the escrow had to give."""
    available = case.payments.available
    given = min(more, available(case.ctx, debtor) + available(case.ctx, case.guarantee))
    if given:
        charge = case.transfer(b"charge", debtor, case.receipt, given, "compensation")
        moved = case.payments.charge(case.ctx, charge, case.guarantee)
        assert moved == given, f"{case.order}: {moved} of {given} fen were there"
        case.pay_buyer(b"award", case.receipt, given)
    _from_escrow(case, debtor, more - given)
    if lent:
        guarantor = None if case.claim.own else case.guarantee
        charge = case.transfer(b"lent", debtor, case.lender, lent, "repayment")
        case.payments.charge(case.ctx, charge, guarantor)
    return more - given


def _by_nobody(case: Case, more: int, lent: int) -> int:
    """The guarantee pays as far as it can, the buyer first. Returns what the escrow had to give."""
    given = min(more, case.payments.available(case.ctx, case.guarantee))
    case.pay_buyer(b"award", case.guarantee, given)
    _from_escrow(case, case.guarantee, more - given)
    refilled = 0 if case.claim.own else min(lent, case.payments.available(case.ctx, case.guarantee))
    if refilled:
        transfer = case.transfer(b"lent", case.guarantee, case.lender, refilled, "repayment")
        case.payments.move(case.ctx, [transfer])
    return more - given


def _from_escrow(case: Case, debtor: str, fen: int) -> None:
    """The buyer does not wait: her own line's escrow pays her, and the debtor owes that to the seller."""
    if fen:
        case.pay_buyer(b"escrow", case.escrow, fen)
        seller = organisation_account(case.terms.custodian, case.terms.seller)
        case.payments.charge(case.ctx, case.transfer(b"owed", debtor, seller, fen, "compensation"), None)


class Disputes:
    """Ends claims whose goods are recalled (the `Disputes` port of group buying)."""

    def __init__(self, payments: "Payments", lines: "Lines", listeners: "tuple[ClaimListener, ...]" = ()) -> None:
        self._payments = payments
        self._lines = lines
        self._listeners = listeners

    def recalled(self, ctx: "Context", order: str) -> None:
        """The seller answers for recalled goods: what a leader laid out comes back out of the line's escrow. The buyer
        is about to be paid the rest by the recall.
        """
        number, claim = latest(ctx, order)
        assert claim is not None and claim.state in WAITING, f"{order} is disputed without a claim"
        case = Case(self._payments, self._lines, ctx, order, number, claim, self._listeners)
        case.step("recall", liable=case.terms.seller, closed_ms=ctx.time_ms)
        self._lines.compensate(ctx, order, 0, _repay_lender(case, claim.paid_fen))
        case.tell("recalled")
