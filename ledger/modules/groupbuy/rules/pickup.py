"""Rules at the pickup point: handing over against a code, returns on the spot, and goods nobody comes for.

The leader sees the code only when the buyer shows it: the order's row holds a commitment. Five wrong ones lock it; the
buyer can then still acknowledge the goods herself.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.errors import (
    AlreadyDisposed,
    CodeLocked,
    NotCampaignParty,
    ProceedsTooLarge,
    ReceiptCustodianWrong,
    ReturnReason,
    ReturnTooLarge,
    WrongCode,
)
from ledger.modules.groupbuy.messages import (
    Acknowledge,
    Attend,
    Dispose,
    HandOver,
    SettleLine,
    code_commitment,
    order_id,
)
from ledger.modules.groupbuy.rules.common import (
    ORDER_PARTS,
    RULES,
    WAITING,
    close_line,
    escrow_of,
    is_heard,
    is_leader,
    leave_point,
    need_campaign,
    need_order_of,
    put_campaign,
    put_order,
    refund,
    remaining,
    require_state,
    step_line,
)
from ledger.modules.groupbuy.rules.handling import HANDLE_PARTS, check_not_recalled
from ledger.modules.groupbuy.rules.settling import end_if_done
from ledger.modules.groupbuy.rules.sweeps import declare_step
from ledger.modules.groupbuy.state import tries
from ledger.modules.payments.splitting import split
from ledger.roles import Role
from ledger.state import OTHER, SELF
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Order
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow

TRIES_MAX = 5
"""Wrong codes after which an order's code counts no more."""


def _need_leader(ctx: "Context", campaign: str, row: "Campaign", step: str) -> None:
    if not is_leader(ctx, row):
        raise NotCampaignParty(campaign, ctx.signer.subject, step)


@RULES.rule(Attend, by=(Role.LEADER,))
def attend(ports: "Ports", ctx: "Context", action: Attend) -> None:
    """The leader is there with what is left. Nothing else changes: only who was there can say that nobody came."""
    row = need_campaign(ctx, action.campaign)
    _need_leader(ctx, action.campaign, row, "attend")
    require_state(action.campaign, row, "arrived", "attend")
    check_not_recalled(ports, ctx, action.campaign, row)
    put_campaign(ctx, action.campaign, replace(row, heard_ms=ctx.time_ms))
    ctx.journal(ctx.signer.subject, OTHER)


def hand_over(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """The buyer is there with her code: she takes the goods, or hands some or all of them back at once."""
    said = ctx.need_restricted(HandOver)
    _need_leader(ctx, campaign, row, "hand over")
    require_state(campaign, row, "arrived", "hand over")
    check_not_recalled(ports, ctx, campaign, row)
    order = said.order.hex()
    line = need_order_of(ctx, campaign, order)
    taken = step_line(order, row, line, "collect")
    assert line.allotted is not None, order
    ctx.require(said.returned <= line.allotted, ReturnTooLarge(order))
    ctx.require((said.returned > 0) == (said.reason is not None), ReturnReason(order))
    _check_code(ctx, order, line, said)
    row = replace(row, heard_ms=ctx.time_ms)
    put_campaign(ctx, campaign, row)
    leave_point(ctx, campaign)
    returned_fen, kept_fen = split(line.charged_fen, (said.returned, line.allotted - said.returned))
    refund(ports, ctx, row.terms, line, escrow_of(row), returned_fen, "returned")
    if said.returned == line.allotted:
        after = step_line(order, row, line, "return")
        put_order(ctx, order, replace(after, charged_fen=0, returned=said.returned, leader=row.leader))
        end_if_done(ports, ctx, campaign, close_line(ctx, campaign))
        return
    line = replace(taken, charged_fen=kept_fen, returned=said.returned)
    _collect(ctx, order, row, line, row.leader)


def _check_code(ctx: "Context", order: str, line: "OrderRow", said: HandOver) -> None:
    """Raise `WrongCode`, which counts, or `CodeLocked`, unless the code is the one committed to."""
    wrong = tries.get(ctx, order) or 0
    ctx.require(wrong < TRIES_MAX, CodeLocked(order))
    if code_commitment(said.order, said.code) != line.code:
        tries.put(ctx, order, wrong + 1)
        raise WrongCode(order)


def _collect(ctx: "Context", order: str, campaign: "Campaign", line: "OrderRow", leader: str) -> None:
    """The goods are in the buyer's hands: her window begins. `line` is stepped; `leader` earns ("": nobody does)."""
    window = "perishable_window_ms" if campaign.terms.perishable else "statutory_window_ms"
    settle_ms = ctx.time_ms + ctx.parameters[window]
    put_order(ctx, order, replace(line, leader=leader, collected_ms=ctx.time_ms, settle_ms=settle_ms))
    ctx.schedule(settle_ms, SettleLine(line.campaign, line.number))


def acknowledge(_ports: "Ports", ctx: "Context", action: "Order") -> None:
    """The buyer says that she has the goods. The leader earns on it only if she recorded anything since they came."""
    campaign = need_campaign(ctx, action.campaign)
    order = order_id(ctx.signer.algorithm, ctx.signer.public_key).hex()
    line = need_order_of(ctx, action.campaign, order)
    require_state(action.campaign, campaign, "arrived", "acknowledge")
    after = step_line(order, campaign, line, "collect")
    leave_point(ctx, action.campaign)
    leader = campaign.leader if is_heard(campaign) else ""
    _collect(ctx, order, campaign, after, leader)


def dispose(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """What became of goods nobody came for; what they still brought is the buyer's, at most what she paid."""
    said = ctx.need_restricted(Dispose)
    check_text("remark", said.remark)
    _need_leader(ctx, campaign, row, "dispose")
    require_state(campaign, row, "arrived", "dispose")
    order = said.order.hex()
    line = need_order_of(ctx, campaign, order)
    step_line(order, row, line, "dispose")
    ctx.require(line.disposed_ms is None, AlreadyDisposed(order))
    proceeds_fen = 0
    if said.proceeds is not None:
        proceeds_fen = said.proceeds.fen
        custodian = row.terms.custodian
        ctx.require(said.proceeds.custodian == custodian, ReceiptCustodianWrong(order, custodian))
        ctx.require(proceeds_fen <= remaining(line), ProceedsTooLarge(order))
        account = ports.payments.accept(ctx, said.proceeds, f"order:{order}")
        refund(ports, ctx, row.terms, line, account, proceeds_fen, "proceeds")
    put_order(ctx, order, replace(line, disposed_ms=ctx.time_ms, proceeds_fen=proceeds_fen))
    put_campaign(ctx, campaign, replace(row, heard_ms=ctx.time_ms))


def _miss_line(_ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """A line that waits in vain: the leader disposes of the goods, then it settles as if collected."""
    campaign = need_campaign(ctx, row.campaign)
    # Every line is named, collected or not, so that this record tells nobody who did not come.
    ctx.journal(f"order:{order}", SELF)
    if campaign.state != "arrived" or not _waits(campaign, row):
        return
    leave_point(ctx, row.campaign)
    settle_ms = ctx.time_ms + ctx.parameters["disposal_ms"]
    after = step_line(order, campaign, row, "miss")
    put_order(ctx, order, replace(after, leader=campaign.leader, settle_ms=settle_ms))
    ctx.schedule(settle_ms, SettleLine(row.campaign, row.number))


def _waits(campaign: "Campaign", row: "OrderRow") -> bool:
    return campaign.state == "arrived" and row.state in WAITING


def _strand_line(ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """A line at the point of a leader who says nothing is paid back."""
    campaign = need_campaign(ctx, row.campaign)
    ctx.journal(f"order:{order}", SELF)
    if not _waits(campaign, row):
        return
    leave_point(ctx, row.campaign)
    refund(ports, ctx, campaign.terms, row, escrow_of(campaign), row.charged_fen, "cancelled")
    put_order(ctx, order, replace(step_line(order, campaign, row, "refund"), charged_fen=0))
    close_line(ctx, row.campaign)


def _stranded(ports: "Ports", ctx: "Context", campaign: str) -> None:
    """Those whom nobody served have their money; who acknowledged goods is settled with in her time."""
    row = need_campaign(ctx, campaign)
    if row.state == "arrived":
        ctx.event("stranded", campaign)
        end_if_done(ports, ctx, campaign, row)


ORDER_PARTS[Acknowledge] = acknowledge
HANDLE_PARTS[HandOver] = hand_over
HANDLE_PARTS[Dispose] = dispose
declare_step("no_show", _miss_line)
declare_step("strand", _strand_line, _stranded)
