"""Rules for paying out: line by line when a buyer's window is over, and the rest when no line is left.

A line is worth what its buyer pays for it less what her claims took out of its escrow. It is split by largest remainder
among seller, leader, platform and logistics, and nobody else.
"""

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ledger.modules.groupbuy.messages import BASIS_POINTS, SettleLine
from ledger.modules.groupbuy.rules.common import (
    RULES,
    close_line,
    escrow_of,
    need_campaign,
    order_at,
    order_transfer,
    put_campaign,
    put_order,
    return_deposit,
    step_campaign,
    step_line,
)
from ledger.modules.groupbuy.rules.deadlines import declare_stage, set_deadline
from ledger.modules.groupbuy.rules.sweeps import LINE_WORK, start_sweep
from ledger.modules.groupbuy.state import Settled
from ledger.modules.payments.ports import (
    Part,
    Transfer,
    holdback_account,
    member_account,
    organisation_account,
    transfer_id,
)
from ledger.modules.payments.splitting import split

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow


class Parts(NamedTuple):
    """Who gets what of a line, fen."""

    seller: int
    leader: int
    platform: int
    logistics: int


def split_line(terms: "Draft", fen: int, *, led: bool) -> Parts:
    """Divide a line's worth by the shares in the terms; of equal remainders the first of `Parts` is rounded up first.

    The seller has what the shares leave, and the leader's part where no leader earned it (`led` False).
    """
    shares = terms.shares
    logistics = shares.logistics if terms.logistics is not None else 0
    rest = BASIS_POINTS - shares.leader - shares.platform - logistics
    parts = Parts(*split(fen, (rest, shares.leader, shares.platform, logistics)))
    return parts if led else parts._replace(seller=parts.seller + parts.leader, leader=0)


@RULES.timer(SettleLine)
def settle_line(ports: "Ports", ctx: "Context", timer: SettleLine) -> None:
    """A window is over. A disputed line waits alone: its claim's decision brings it here again."""
    campaign = need_campaign(ctx, timer.campaign)
    order, row = order_at(ctx, timer.campaign, timer.line)
    if campaign.state != "arrived" or row.state not in ("collected", "unclaimed"):
        return
    assert row.settle_ms is not None, order
    assert ctx.time_ms >= row.settle_ms, order
    ctx.work += LINE_WORK
    row = replace(row, split=_pay_line(ports, ctx, campaign, row))
    put_order(ctx, order, step_line(order, campaign, row, "settle"))
    end_if_done(ports, ctx, timer.campaign, close_line(ctx, timer.campaign))


def _pay_line(ports: "Ports", ctx: "Context", campaign: "Campaign", row: "OrderRow") -> Settled:
    """Move a line's worth out of escrow to everybody who has a part in it; returns who has what."""
    terms = campaign.terms
    parts = split_line(terms, row.charged_fen - row.borne_fen, led=bool(row.leader))
    holdback_fen = parts.seller * terms.holdback_bp // BASIS_POINTS
    kept = holdback_account(terms.custodian, terms.campaign)
    seller = organisation_account(terms.custodian, terms.seller)
    platform = organisation_account(terms.custodian, terms.platform)
    given = [
        Part(seller, parts.seller - holdback_fen, "settlement"),
        Part(kept, holdback_fen, "holdback"),
        Part(platform, parts.platform, "settlement"),
    ]
    if row.leader:
        given.append(Part(member_account(terms.custodian, row.leader), parts.leader, "settlement"))
    if terms.logistics is not None:
        logistics = organisation_account(terms.custodian, terms.logistics)
        given.append(Part(logistics, parts.logistics, "settlement"))
    given = [part for part in given if part.fen]
    if given:
        first, *further = given
        identity = order_transfer(row, b"settle")
        ports.payments.income(ctx, [Transfer(identity, escrow_of(campaign), *first, tuple(further))])
    return Settled(*parts, holdback_fen)


def end_if_done(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """When every line is settled or paid back, keep holdback and deposit a while longer, for recalls."""
    if row.state != "arrived" or row.lines_left:
        return
    put_campaign(ctx, campaign, step_campaign(campaign, row, "settle"))
    ctx.event("ending", campaign)
    set_deadline(ctx, campaign, "release", ctx.time_ms + ctx.parameters["holdback_ms"])
    if ports.listeners:
        start_sweep(ctx, campaign, "tell")


def release(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """Nothing was recalled in time: holdback and deposit are the seller's, and the campaign is closed."""
    if row.state != "ending":
        return
    return_kept(ports, ctx, campaign, row.terms)
    put_campaign(ctx, campaign, step_campaign(campaign, row, "close"))
    ctx.event("closed", campaign)


def return_kept(ports: "Ports", ctx: "Context", campaign: str, terms: "Draft") -> None:
    """Give the seller what is left of holdback and deposit."""
    kept = holdback_account(terms.custodian, campaign)
    left = ports.payments.available(ctx, kept)
    if left:
        seller = organisation_account(terms.custodian, terms.seller)
        identity = transfer_id(campaign.encode(), b"holdback-back")
        ports.payments.income(ctx, [Transfer(identity, kept, seller, left, "holdback_released")])
    return_deposit(ports, ctx, campaign, terms)


declare_stage("release", release)
