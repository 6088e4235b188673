"""Rules for recalls: whoever ordered gets her money back, wherever her line stands, settled and closed ones included.

Which order got which lot is not recorded: lots fill a campaign as a whole. So the recall of one lot pays back every
line of every campaign that the lot helped to fill. What a line's buyer still pays comes from its escrow as long as it
is there; of a settled line from the seller's holdback, then its deposit, then its account, then the platform's
guarantee, which the seller then owes.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.messages import Recalled
from ledger.modules.groupbuy.rules.common import (
    RULES,
    close_line,
    escrow_of,
    free_supply,
    need_campaign,
    need_order,
    order_transfer,
    put_campaign,
    put_order,
    receipt_of,
    refund,
    remaining,
    step_campaign,
    step_line,
)
from ledger.modules.groupbuy.rules.settling import return_kept
from ledger.modules.groupbuy.rules.sweeps import declare_step, start_sweep
from ledger.modules.groupbuy.state import CAMPAIGN_TRANSITIONS, lot_campaigns
from ledger.modules.payments.ports import (
    Transfer,
    deposit_account,
    guarantee_account,
    holdback_account,
    organisation_account,
)
from ledger.state import SELF

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow

CAMPAIGNS_MAX = 32
"""Campaigns of one lot that one timer calls back."""


def hear_recall(ctx: "Context", lot: str) -> None:
    """A lot was recalled: begin with its campaigns in this block, where it has any."""
    if lot_campaigns.scan(ctx, f"{lot}:", limit=1):
        ctx.schedule(ctx.time_ms, Recalled(lot, ""))


@RULES.timer(Recalled)
def recalled(_ports: "Ports", ctx: "Context", timer: Recalled) -> None:
    """Call back the next campaigns that a recalled lot helped to fill."""
    after = f"{timer.lot}:{timer.after}" if timer.after else None
    found = lot_campaigns.scan(ctx, f"{timer.lot}:", after=after, limit=CAMPAIGNS_MAX)
    for link, _ in found:
        campaign = link.removeprefix(f"{timer.lot}:")
        row = need_campaign(ctx, campaign)
        ctx.work += 1
        # One that was called off, or recalled for another lot, pays everybody back already.
        if "recall" in CAMPAIGN_TRANSITIONS[row.state]:
            put_campaign(ctx, campaign, step_campaign(campaign, row, "recall"))
            ctx.event("campaign_recalled", campaign, timer.lot)
            start_sweep(ctx, campaign, "recall")
    if len(found) == CAMPAIGNS_MAX:
        ctx.schedule(ctx.time_ms, Recalled(timer.lot, found[-1][0].removeprefix(f"{timer.lot}:")))


def _recall_line(ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """Pay a buyer back whatever she still pays for her line. All lines are named, so that it tells nothing of any."""
    ctx.journal(f"order:{order}", SELF)
    if row.state in ("cancelled", "failed", "refunded"):
        return
    campaign = need_campaign(ctx, row.campaign)
    if row.state == "disputed" and ports.disputes is not None:
        ports.disputes.recalled(ctx, order)
        row = need_order(ctx, order)
    fen = remaining(row)
    if row.state == "settled":
        _repay_settled(ports, ctx, campaign, row, fen)
    else:
        _repay_escrowed(ports, ctx, campaign, row, fen)
        free_supply(ctx, campaign, row)
        close_line(ctx, row.campaign)
    after = step_line(order, campaign, row, "refund")
    put_order(ctx, order, replace(after, charged_fen=row.charged_fen - fen))


def _repay_escrowed(ports: "Ports", ctx: "Context", campaign: "Campaign", row: "OrderRow", fen: int) -> None:
    """The escrow still has it. What others paid the buyer instead of it leaves the seller whole, as if settled."""
    terms, escrow = campaign.terms, escrow_of(campaign)
    refund(ports, ctx, terms, row, escrow, fen, "recall")
    left = row.charged_fen - row.borne_fen - fen
    if left:
        seller = organisation_account(terms.custodian, terms.seller)
        identity = order_transfer(row, b"recall:left")
        ports.payments.income(ctx, [Transfer(identity, escrow, seller, left, "settlement")])


def _repay_settled(ports: "Ports", ctx: "Context", campaign: "Campaign", row: "OrderRow", fen: int) -> None:
    """The escrow is empty: the seller pays, out of what was kept for this first; where it cannot, the guarantee."""
    terms = campaign.terms
    holdback = holdback_account(terms.custodian, terms.campaign)
    deposit = deposit_account(terms.custodian, terms.campaign)
    for kept, step in ((holdback, b"holdback"), (deposit, b"deposit")):
        part = min(fen, ports.payments.available(ctx, kept))
        refund(ports, ctx, terms, row, kept, part, "recall", step)
        fen -= part
    if not fen:
        return
    seller = organisation_account(terms.custodian, terms.seller)
    guarantee = guarantee_account(terms.custodian, terms.platform)
    receipt = receipt_of(terms, row)
    charge = Transfer(order_transfer(row, b"recall:charge"), seller, receipt, fen, "recall")
    paid = ports.payments.charge(ctx, charge, guarantee)
    refund(ports, ctx, terms, row, receipt, paid, "recall", b"charged")


def _all_repaid(ports: "Ports", ctx: "Context", campaign: str) -> None:
    """Every buyer has her money; what is left of holdback and deposit is the seller's."""
    row = need_campaign(ctx, campaign)
    assert not row.lines_left, f"{campaign}: {row.lines_left} lines were left out of a recall"
    return_kept(ports, ctx, campaign, row.terms)
    put_campaign(ctx, campaign, row)


declare_step("recall", _recall_line, _all_repaid)
