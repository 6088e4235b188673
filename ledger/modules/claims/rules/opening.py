"""Rules for opening a claim and taking it back: the buyer's, under her order's own key."""

from typing import TYPE_CHECKING

from ledger.modules.claims.errors import NotClaimable, OverClaim, TooManyClaims
from ledger.modules.claims.messages import CLAIMS_MAX, ClaimTerms, Due, OpenClaim, WithdrawClaim
from ledger.modules.claims.rules.common import RECALLED, RULES, Case, latest, need_line_of, need_waiting
from ledger.modules.claims.rules.judging import judge
from ledger.modules.claims.state import Claim
from ledger.modules.groupbuy.messages import order_id
from ledger.roles import OPEN

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.ports import Ports


def _own_order(ctx: "Context") -> str:
    """The hex id of the order whose key signed."""
    return order_id(ctx.signer.algorithm, ctx.signer.public_key).hex()


@RULES.rule(OpenClaim, by=OPEN)
def open_claim(ports: "Ports", ctx: "Context", action: OpenClaim) -> None:
    """The line waits from now on; the rule finds somebody liable at once, or the adjudicator is asked."""
    asked, order = ctx.need_restricted(ClaimTerms), _own_order(ctx)
    row = need_line_of(ports, ctx, action.campaign, order)
    campaign = ports.lines.campaign(ctx, action.campaign)
    open_now = row.state == "collected" and row.settle_ms is not None and ctx.time_ms < row.settle_ms
    ctx.require(open_now and campaign.state != RECALLED, NotClaimable(order))
    ctx.require(asked.fen <= ports.lines.remaining(row), OverClaim(order))
    before, _ = latest(ctx, order)
    ctx.require(before < CLAIMS_MAX, TooManyClaims(order, CLAIMS_MAX))
    ports.lines.dispute(ctx, order)
    assert row.collected_ms is not None, order
    liable = judge(ports.evidence, ctx, campaign, action.cause, row.collected_ms)
    claim = Claim(action.campaign, action.cause, action.evidence, asked.fen, ctx.time_ms, ctx.time_ms)
    case = Case(ports.payments, ports.lines, ctx, order, before + 1, claim, ports.listeners)
    if liable is None:
        refer(case)
    else:
        due_ms = ctx.time_ms + ctx.parameters["contest_ms"]
        case.step("find", liable=liable, due_ms=due_ms)
        ctx.schedule(due_ms, Due(order, case.number, "contest"))
    ctx.event("claim_opened", action.campaign, action.cause)
    case.tell("opened")


def refer(case: Case, event: str = "refer", reasons: bytes = b"") -> None:
    """The adjudicator has so long from now on."""
    due_ms = case.ctx.time_ms + case.ctx.parameters["adjudication_ms"]
    case.step(event, due_ms=due_ms, reasons=reasons)
    case.ctx.schedule(due_ms, Due(case.order, case.number, "adjudication"))


@RULES.rule(WithdrawClaim, by=OPEN)
def withdraw_claim(ports: "Ports", ctx: "Context", action: WithdrawClaim) -> None:
    """The line goes on as if nothing was claimed; whoever laid money out bears it."""
    case = need_waiting(ports, ctx, action.campaign, _own_order(ctx))
    case.step("withdraw", closed_ms=ctx.time_ms)
    ports.lines.resolve(ctx, case.order)
    ctx.event("claim_withdrawn", action.campaign)
    case.tell("withdrawn")
