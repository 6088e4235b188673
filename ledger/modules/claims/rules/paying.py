"""Rules for what the leader pays at once: the platform's money in her hands, or her own if she is willing to.

Both count for the caps, since the platform bears what turns out to have been paid without reason. Her own money is
covered from the first: the guarantee holds as much for her, and pays it within a day whoever turns out liable. So it is
refused where the guarantee could not.
"""

from typing import TYPE_CHECKING

from ledger.days import day_of
from ledger.modules.claims.errors import (
    NotItsLeader,
    NotWilling,
    OverDayCap,
    OverOrderCap,
    PaidAlready,
    PaysTooMuch,
)
from ledger.modules.claims.messages import Due, OptIn, Pay, Payment
from ledger.modules.claims.rules.common import RULES, Case, need_waiting
from ledger.modules.claims.state import claim_key, claims, day_key, laid_out, willing
from ledger.modules.payments.ports import float_account, member_account
from ledger.roles import Role
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.ports import Ports


def _leader(ctx: "Context") -> str:
    return ctx.signer.subject.removeprefix("member:")


@RULES.rule(OptIn, by=(Role.LEADER,))
def opt_in(_ports: "Ports", ctx: "Context", action: OptIn) -> None:
    """A leader is willing to lay out money of her own from now on, or is not any more."""
    willing.put(ctx, _leader(ctx), action.own)
    ctx.journal(ctx.signer.subject, OTHER)


@RULES.rule(Pay, by=(Role.LEADER,))
def pay(ports: "Ports", ctx: "Context", action: Pay) -> None:
    """The buyer has the money instructed at once, whatever is decided later."""
    said, leader = ctx.need_restricted(Payment), _leader(ctx)
    case = need_waiting(ports, ctx, action.campaign, said.order.hex())
    leaders = (ports.lines.campaign(ctx, action.campaign).leader, case.row.leader)
    ctx.require(leader in leaders, NotItsLeader(action.campaign, leader))
    ctx.require(not case.claim.paid_fen, PaidAlready(action.campaign))
    ctx.require(said.fen <= case.claim.fen, PaysTooMuch(action.campaign))
    ctx.require(not said.own or bool(willing.get(ctx, leader)), NotWilling(leader))
    _count(case, leader, said.fen)
    custodian = case.terms.custodian
    source = member_account(custodian, leader) if said.own else float_account(custodian, leader)
    case.pay_buyer(b"leader", source, said.fen)
    due_ms = ctx.time_ms + ctx.parameters["repay_ms"]
    if said.own:
        owed = case.transfer(b"repay", case.guarantee, source, said.fen, "repayment")
        ports.payments.hold(ctx, owed, due_ms + ctx.parameters["repay_ms"])
    # Scheduled either way, so that nobody reads from it whose money it was.
    ctx.schedule(due_ms, Due(case.order, case.number, "repay"))
    case.write(leader=leader, own=said.own, paid_fen=said.fen, paid_ms=ctx.time_ms)
    ports.lines.compensate(ctx, case.order, said.fen, 0)
    ctx.event("claim_paid", action.campaign)
    case.tell("paid")


def _count(case: Case, leader: str, fen: int) -> None:
    """Count `fen` for the order and for the leader's day; raises `OverOrderCap` or `OverDayCap`."""
    ctx = case.ctx
    earlier = (claims.get(ctx, claim_key(case.order, number)) for number in range(1, case.number))
    of_order = sum(claim.paid_fen for claim in earlier if claim is not None)
    ctx.require(of_order + fen <= ctx.parameters["float_order_cap_fen"], OverOrderCap(case.claim.campaign))
    key = day_key(leader, day_of(ctx.time_ms))
    of_day = (laid_out.get(ctx, key) or 0) + fen
    ctx.require(of_day <= ctx.parameters["float_day_cap_fen"], OverDayCap(leader))
    laid_out.put(ctx, key, of_day)


def repay(case: Case) -> None:
    """A day after a leader laid out her own money she has it back."""
    claim = case.claim
    if not claim.own:
        return
    owed = case.transfer(b"repay", case.guarantee, member_account(case.terms.custodian, claim.leader), 1, "repayment")
    if case.payments.pending(case.ctx, owed.id):
        case.payments.post(case.ctx, owed.id, claim.paid_fen)
    else:
        # Nothing was done in so long a time that somebody let the hold expire.
        again = case.transfer(b"repay again", owed.debit, owed.credit, claim.paid_fen, "repayment")
        case.payments.charge(case.ctx, again, None)
