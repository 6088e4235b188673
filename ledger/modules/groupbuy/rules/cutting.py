"""The cut-off by block time, and what follows for each line: charged at the tier that was reached, or paid back.

The tier freezes here. Whatever is cancelled, short or returned later, nobody's price rises: the seller bears it.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.messages import CutOff
from ledger.modules.groupbuy.rules.campaigns import count_lines
from ledger.modules.groupbuy.rules.common import (
    RULES,
    close_line,
    free_supply,
    is_live,
    need_campaign,
    order_transfer,
    progress_of,
    put_campaign,
    put_order,
    receipt_of,
    refund,
    return_deposit,
    step_campaign,
    step_line,
)
from ledger.modules.groupbuy.rules.deadlines import set_deadline
from ledger.modules.groupbuy.rules.sweeps import declare_step, start_sweep
from ledger.modules.groupbuy.state import campaigns, progress
from ledger.modules.payments.ports import escrow_account
from ledger.state import SELF

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft, Tier
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow
    from ledger.modules.payments.ports import Why


def tier_of(terms: "Draft", units: int) -> "Tier":
    """The tier that `units` (at least 1) reach: the last that begins with no more than them."""
    return next(tier for tier in reversed(terms.ladder) if tier.units <= units)


@RULES.timer(CutOff)
def cut_off(ports: "Ports", ctx: "Context", timer: CutOff) -> None:
    """Orders end, in the first block whose time is the cut-off's or later, after its transactions."""
    row = campaigns.get(ctx, timer.campaign)
    assert row is not None, timer.campaign
    if row.state == "draft":
        put_campaign(ctx, timer.campaign, step_campaign(timer.campaign, row, "expire"))
    elif row.state == "open":
        row = count_lines(ctx, timer.campaign, row)
        if row.units >= row.terms.minimum:
            _reach(ctx, timer.campaign, row)
        else:
            _miss(ports, ctx, timer.campaign, row)


def _reach(ctx: "Context", campaign: str, row: "Campaign") -> None:
    tier = tier_of(row.terms, row.units)
    row = replace(step_campaign(campaign, row, "reach"), price_fen=tier.price_fen)
    put_campaign(ctx, campaign, row)
    ctx.event("reached", campaign, row.orders, row.units)
    start_sweep(ctx, campaign, "form")


def _miss(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    row = step_campaign(campaign, row, "miss")
    put_campaign(ctx, campaign, row)
    ctx.event("missed", campaign, row.orders, row.units)
    return_deposit(ports, ctx, campaign, row.terms)
    if row.lines_left:
        start_sweep(ctx, campaign, "refund")


def _form_line(ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """Take the price that was reached into escrow, give the rest of what was held back."""
    # Every line is named, taken back or not, so that this record tells nobody which is which.
    ctx.journal(f"order:{order}", SELF)
    if row.state != "placed":
        return
    campaign = need_campaign(ctx, row.campaign)
    terms = campaign.terms
    if not _is_held(ports, ctx, terms, row):
        count = progress_of(ctx, row.campaign)
        progress.put(ctx, row.campaign, replace(count, missed=count.missed + row.units))
        _fail_line(ports, ctx, order, campaign, row)
        return
    assert campaign.price_fen is not None, f"{row.campaign} forms without a price"
    charged = row.units * campaign.price_fen
    ports.payments.post(ctx, order_transfer(row, b"hold"), charged)
    refund(ports, ctx, terms, row, receipt_of(terms, row), row.paid_fen - charged, "price_fell")
    put_order(ctx, order, replace(step_line(order, campaign, row, "form"), charged_fen=charged, allotted=row.units))


def _is_held(ports: "Ports", ctx: "Context", terms: "Draft", row: "OrderRow") -> bool:
    """Whether a placed line's money is still held. A hold expires when the network stood still for longer than
    `hold_grace_ms` after the cut-off, and somebody asked for it before this line's turn came.
    """
    return ports.payments.available(ctx, receipt_of(terms, row)) < row.paid_fen


def _fail_line(ports: "Ports", ctx: "Context", order: str, campaign: "Campaign", row: "OrderRow") -> None:
    """Give a placed line's money back whole."""
    terms = campaign.terms
    if _is_held(ports, ctx, terms, row):
        ports.payments.void(ctx, order_transfer(row, b"hold"))
    why: Why = "cancelled" if campaign.state == "cancelled" else "failed"
    refund(ports, ctx, terms, row, receipt_of(terms, row), row.paid_fen, why)
    _end_line(ctx, order, campaign, row, "fail")


def _end_line(ctx: "Context", order: str, campaign: "Campaign", row: "OrderRow", event: str) -> None:
    free_supply(ctx, campaign, row)
    put_order(ctx, order, replace(step_line(order, campaign, row, event), charged_fen=0))
    close_line(ctx, row.campaign)


def _formed(_ports: "Ports", ctx: "Context", campaign: str) -> None:
    """Every line is charged: the seller may allocate, and has until the end of delivery to ship."""
    row = step_campaign(campaign, need_campaign(ctx, campaign), "form")
    put_campaign(ctx, campaign, row)
    ctx.event("formed", campaign, row.orders, row.units)
    set_deadline(ctx, campaign, "allocate", max(row.terms.delivery_to_ms, ctx.time_ms))


def _refund_line(ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """Give a line of a failed or cancelled campaign all back that its buyer still pays for it."""
    ctx.journal(f"order:{order}", SELF)
    if not is_live(row):
        return
    campaign = need_campaign(ctx, row.campaign)
    if row.state == "placed":
        _fail_line(ports, ctx, order, campaign, row)
        return
    escrow = escrow_account(campaign.terms.custodian, row.campaign)
    refund(ports, ctx, campaign.terms, row, escrow, row.charged_fen, "cancelled")
    _end_line(ctx, order, campaign, row, "refund")


declare_step("form", _form_line, _formed)
declare_step("refund", _refund_line)
