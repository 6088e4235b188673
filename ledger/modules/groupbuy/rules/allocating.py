"""Rules for filling a formed campaign from lots: whole units pro rata, the rest by order time, refunds at once.

Lots that hold all units ordered fill all lines at once. With U units ordered and S units in the lots, S < U, a line of
q units gets floor(q * S / U) of them. What that leaves goes out one unit each, by line number. The sweep `share` adds
the floors up, `fill` gives.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.errors import (
    AllocationTooLarge,
    AllocationUneven,
    LotForeign,
    LotMissing,
    LotNotActive,
    LotOfOtherProduct,
    LotOverused,
    LotRepeats,
    NotCampaignParty,
    PartyConflict,
)
from ledger.modules.groupbuy.messages import Allocate
from ledger.modules.groupbuy.rules.common import (
    RULES,
    acts_for,
    close_line,
    escrow_of,
    free_supply,
    need_campaign,
    progress_of,
    put_campaign,
    put_order,
    refund,
    step_campaign,
    step_line,
)
from ledger.modules.groupbuy.rules.sweeps import declare_step, start_sweep
from ledger.modules.groupbuy.state import lot_campaigns, lot_use, progress
from ledger.roles import HANDLERS
from ledger.state import OTHER, SELF

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow, Progress
    from ledger.modules.trace.messages.types import Portion


@RULES.rule(Allocate, by=HANDLERS)
def allocate(ports: "Ports", ctx: "Context", action: Allocate) -> None:
    """The seller names the lots; where they fall short, each line's share is worked out by sweeps from here on."""
    row = need_campaign(ctx, action.campaign)
    terms = row.terms
    if not acts_for(ctx, terms.seller):
        raise NotCampaignParty(action.campaign, ctx.signer.subject, "allocate")
    row = step_campaign(action.campaign, row, "allocate")
    quantity = 0
    for portion in action.portions:
        _take_lot(ports, ctx, terms, portion)
        quantity += portion.quantity
    units, uneven = divmod(quantity, terms.unit_quantity)
    ctx.require(not uneven, AllocationUneven(action.campaign))
    ordered = _ordered(progress_of(ctx, action.campaign))
    ctx.require(units <= ordered, AllocationTooLarge(action.campaign))
    put_campaign(ctx, action.campaign, replace(row, allocated=units, lots=action.portions))
    ctx.journal(f"organisation:{terms.seller}", OTHER)
    if units < ordered:
        start_sweep(ctx, action.campaign, "share")
    else:
        _filled(ports, ctx, action.campaign)


def _take_lot(ports: "Ports", ctx: "Context", terms: "Draft", portion: "Portion") -> None:
    """Count a portion against its lot, and let a recall of the lot find the campaign. The batch's journal is not
    touched: no buyer shows in it.
    """
    lot, link = portion.lot, f"{portion.lot}:{terms.campaign}"
    known = ports.goods.lot(ctx, lot)
    if known is None:
        raise LotMissing(lot)
    ctx.require(known.product == terms.product, LotOfOtherProduct(f"lot:{lot}", terms.product))
    ctx.require(known.state == "active", LotNotActive(lot, known.state))
    ctx.require(known.producer != terms.community, PartyConflict("community", "maker", terms.community))
    ctx.require(not lot_campaigns.has(ctx, link), LotRepeats(lot))
    ctx.require(ports.goods.grown_from(ctx, lot, terms.sources), LotForeign(lot, terms.campaign))
    used = (lot_use.get(ctx, lot) or 0) + portion.quantity
    ctx.require(used <= known.produced, LotOverused(lot))
    lot_use.put(ctx, lot, used)
    lot_campaigns.put(ctx, link, ctx.time_ms)


def release_lots(ctx: "Context", row: "Campaign") -> None:
    """Let the lots of a campaign that is called off before its goods left fill others."""
    for portion in row.lots if not row.shipments else ():
        used = (lot_use.get(ctx, portion.lot) or 0) - portion.quantity
        assert used >= 0, f"{portion.lot}: more is released than was taken"
        lot_use.put(ctx, portion.lot, used)


def _ordered(count: "Progress") -> int:
    """Units of a formed campaign that are paid for."""
    return count.units - count.missed


def whole_share(units: int, allocated: int, ordered: int) -> int:
    """Of `allocated` units for `ordered` ones, how many a line of `units` gets before the rest is handed out."""
    return units * allocated // ordered


def _share_line(_ports: "Ports", ctx: "Context", _order: str, row: "OrderRow") -> None:
    """Add a line's whole units to the sum; what they leave of the allocation is the rest."""
    campaign = need_campaign(ctx, row.campaign)
    if row.state != "owed" or campaign.state != "allocating":
        return
    assert campaign.allocated is not None, row.campaign
    count = progress_of(ctx, row.campaign)
    floors = count.floors + whole_share(row.units, campaign.allocated, _ordered(count))
    progress.put(ctx, row.campaign, replace(count, floors=floors))


def _shared(_ports: "Ports", ctx: "Context", campaign: str) -> None:
    """All floors are known: give."""
    if need_campaign(ctx, campaign).state == "allocating":
        start_sweep(ctx, campaign, "fill")


def _fill_line(ports: "Ports", ctx: "Context", order: str, row: "OrderRow") -> None:
    """Give a line its units, and pay the missing ones back. All lines are named, so that it tells nothing of any."""
    ctx.journal(f"order:{order}", SELF)
    campaign = need_campaign(ctx, row.campaign)
    if row.state != "owed" or campaign.state != "allocating":
        return
    assert campaign.allocated is not None, row.campaign
    assert campaign.price_fen is not None, row.campaign
    count = progress_of(ctx, row.campaign)
    units = whole_share(row.units, campaign.allocated, _ordered(count))
    if units < row.units and count.floors + count.given < campaign.allocated:
        units += 1
        progress.put(ctx, row.campaign, replace(count, given=count.given + 1))
    missing_fen = (row.units - units) * campaign.price_fen
    refund(ports, ctx, campaign.terms, row, escrow_of(campaign), missing_fen, "shortage")
    after = step_line(order, campaign, row, "allot" if units else "leave_out")
    put_order(ctx, order, replace(after, allotted=units, charged_fen=row.charged_fen - missing_fen))
    if not units:
        free_supply(ctx, campaign, row)
        close_line(ctx, row.campaign)


def _filled(ports: "Ports", ctx: "Context", campaign: str) -> None:
    """Every line knows what it gets: the goods can be packed and shipped."""
    row = need_campaign(ctx, campaign)
    if row.state == "allocating":
        put_campaign(ctx, campaign, step_campaign(campaign, row, "fill"))
        ctx.event("allocated", campaign)
        for listener in ports.fill_listeners:
            listener.filled(ctx, tuple(portion.lot for portion in row.lots))


declare_step("share", _share_line, _shared)
declare_step("fill", _fill_line, _filled)
