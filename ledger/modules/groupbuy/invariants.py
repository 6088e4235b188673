"""What must hold in group buying after every block: run by tests and the simulator over the whole state.

All is counted anew from the orders' rows; no running counter is believed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ledger.context import Context
from ledger.crypto.encoding import decode
from ledger.modules.groupbuy.rules.common import FILLED, GONE, WAITING, line_key, supply_key
from ledger.modules.groupbuy.rules.cutting import tier_of
from ledger.modules.groupbuy.state import (
    Campaign,
    OrderRow,
    Progress,
    campaigns,
    lines,
    lot_campaigns,
    lot_use,
    orders,
    progress,
    sold,
    supplies,
    ticket_key,
    tickets,
)
from ledger.modules.payments.ports import deposit_account, escrow_account, holdback_account
from ledger.timers import scheduled

if TYPE_CHECKING:
    from ledger.modules.groupbuy.ports import Ports

ESCROWED = ("owed", "allotted", "packed", "ready", "collected", "unclaimed", "disputed")
"""States of lines whose money is in the campaign's escrow."""

AT_POINT = {f"deadline:{stage}" for stage in ("remind", "no_show", "silence", "substitute")} | {
    "sweep:no_show",
    "sweep:strand",
}
"""Timers of which one is due while goods wait at the pickup point."""

Orders = dict[str, list[tuple[str, OrderRow]]]


def check_invariants(ports: "Ports", ctx: Context) -> list[str]:
    """What is violated, in words; empty when all is well."""
    known = dict(campaigns.every(ctx))
    by_campaign: Orders = defaultdict(list)
    for key, row in orders.every(ctx):
        by_campaign[row.campaign].append((key, row))
    return [
        *check_lines(ctx, known, by_campaign),
        *check_counts(ctx, known, by_campaign),
        *check_tiers(known),
        *check_supply(ctx, known, by_campaign),
        *check_money(ports, ctx, known, by_campaign),
        *check_lots(ctx, known),
        *check_shares(by_campaign),
        *check_amounts(by_campaign),
        *check_way_out(ctx, known, by_campaign),
    ]


def check_lines(ctx: Context, known: dict[str, Campaign], by_campaign: Orders) -> Iterator[str]:
    """Orders, numbers and tickets name each other, one to one; numbers have no gap."""
    numbered, ticketed = dict(lines.every(ctx)), dict(tickets.every(ctx))
    for campaign, found in by_campaign.items():
        if campaign not in known:
            yield f"there are orders of the unknown campaign {campaign}"
        if sorted(row.number for _, row in found) != list(range(1, len(found) + 1)):
            yield f"{campaign}: the numbers of its orders have gaps or repeat"
        for key, row in found:
            if numbered.pop(line_key(campaign, row.number), b"").hex() != key:
                yield f"order {key} is not at its number"
            if ticketed.pop(ticket_key(campaign, row.ticket), b"").hex() != key:
                yield f"order {key} is not at its ticket"
    if numbered or ticketed:
        yield f"numbers {sorted(numbered)} or tickets {sorted(ticketed)} belong to no order"


def check_counts(ctx: Context, known: dict[str, Campaign], by_campaign: Orders) -> Iterator[str]:
    """What is counted is what there is: progress, published totals, lines left."""
    counted = dict(progress.every(ctx))
    for campaign, row in known.items():
        found = [line for _, line in by_campaign.get(campaign, [])]
        standing = [line for line in found if line.state != "cancelled"]
        count = counted.get(campaign, Progress())
        if (count.orders, count.units) != (len(standing), sum(line.units for line in standing)):
            yield f"{campaign}: progress does not count its orders"
        if count.lines != len(found):
            yield f"{campaign}: {count.lines} numbers given, {len(found)} orders"
        waiting = sum(line.state in WAITING for line in found)
        if row.state == "arrived" and count.waiting != waiting:
            yield f"{campaign}: the goods of {waiting} orders wait, it counts {count.waiting}"
        if row.state not in ("draft", "open") and (row.orders, row.units) != (count.orders, count.units):
            yield f"{campaign}: its totals are not exact after the cut-off"
        left = 0 if row.state in ("draft", "open") else sum(line.state not in GONE for line in found)
        if row.lines_left != left:
            yield f"{campaign}: {left} lines are left, it counts {row.lines_left}"
        given = sum(line.allotted or 0 for line in found)
        if row.state in FILLED and row.allocated != given:
            yield f"{campaign}: its lines have {given} units, its lots fill {row.allocated}"
        if row.units > row.terms.maximum or any(line.units > row.terms.per_order for line in found):
            yield f"{campaign}: more is ordered than its limits allow"
        if row.state in ("draft", "open") and any(line.state not in ("placed", "cancelled") for line in found):
            yield f"{campaign}: a line is past the cut-off before the campaign is"
        if row.state not in ("open", "forming", "failed", "cancelled") and any(
            line.state == "placed" for line in found
        ):
            yield f"{campaign}: a line is still only placed while the campaign is {row.state}"


def check_tiers(known: dict[str, Campaign]) -> Iterator[str]:
    """The price is that of the tier which the units at the cut-off reached, and there is one just if it formed."""
    for campaign, row in known.items():
        if row.price_fen is None:
            if row.state not in ("draft", "open", "failed", "cancelled"):
                yield f"{campaign} is {row.state} and has no price"
            continue
        if row.price_fen != tier_of(row.terms, row.units).price_fen or row.units < row.terms.minimum:
            yield f"{campaign}: its price is not that of the tier its {row.units} units reach"


def check_supply(ctx: Context, known: dict[str, Campaign], by_campaign: Orders) -> Iterator[str]:
    """No oversell: what lines count against a source is what is noted as sold, and never more than is committed."""
    taken: Counter[str] = Counter()
    for campaign, found in by_campaign.items():
        row = known[campaign]
        for _, line in found:
            given_back = line.state in ("cancelled", "failed") or (
                line.state == "refunded" and (line.allotted == 0 or not row.shipments)
            )
            if not given_back:
                taken[supply_key(row.terms.sources[line.source], row.terms.product)] += line.units
    for key, units in sold.every(ctx):
        if taken.pop(key, 0) != units:
            yield f"{key}: what is noted as sold is not what the orders add up to"
        supply = supplies.get(ctx, key)
        if supply is None or units > supply.units:
            yield f"{key}: more is sold than is committed"
    for key, units in taken.items():
        if units:
            yield f"{key}: {units} units are ordered and none is noted as sold"


def check_money(ports: "Ports", ctx: Context, known: dict[str, Campaign], by_campaign: Orders) -> Iterator[str]:
    """A campaign's escrow is what its unsettled lines are charged; the deposit is there while it should be."""
    for campaign, row in known.items():
        owed = sum(
            line.charged_fen - line.borne_fen for _, line in by_campaign.get(campaign, []) if line.state in ESCROWED
        )
        if ports.payments.available(ctx, escrow_account(row.terms.custodian, campaign)) != owed:
            yield f"{campaign}: its escrow is not what its unsettled lines are charged"
        deposit = ports.payments.available(ctx, deposit_account(row.terms.custodian, campaign))
        holdback = ports.payments.available(ctx, holdback_account(row.terms.custodian, campaign))
        found = [line for _, line in by_campaign.get(campaign, [])]
        over = row.state in ("draft", "closed", "failed", "cancelled") or (row.state == "recalled" and not _due(found))
        if (deposit or holdback) and over:
            yield f"{campaign} is {row.state} and still has a deposit or holdback"


def _due(found: list[OrderRow]) -> bool:
    """Whether a recall has still to pay some line back."""
    return any(line.state not in ("cancelled", "failed", "refunded") for line in found)


def check_lots(ctx: Context, known: dict[str, Campaign]) -> Iterator[str]:
    """What campaigns took of a lot is what is noted of it, and a recall of the lot finds them."""
    taken: Counter[str] = Counter()
    linked = {key for key, _ in lot_campaigns.every(ctx)}
    for campaign, row in known.items():
        for portion in row.lots:
            if row.state != "cancelled" or row.shipments:
                taken[portion.lot] += portion.quantity
            if f"{portion.lot}:{campaign}" not in linked:
                yield f"a recall of {portion.lot} would not find {campaign}"
    for lot, quantity in lot_use.every(ctx):
        if taken.pop(lot, 0) != quantity:
            yield f"{lot}: what is noted as allocated is not what the campaigns have of it"
    if taken:
        yield f"campaigns have something of {sorted(taken)}, and nothing is noted"


def check_shares(by_campaign: Orders) -> Iterator[str]:
    """A line that was settled went whole to seller, leader, platform and logistics, and to nobody else."""
    for key, line in (pair for found in by_campaign.values() for pair in found):
        settled = line.split
        if line.state == "settled" and settled is None:
            yield f"order {key} is settled and its split is unknown"
        if settled is None or line.state != "settled":
            continue
        parts = settled.seller_fen + settled.leader_fen + settled.platform_fen + settled.logistics_fen
        if parts != line.charged_fen - line.borne_fen or not 0 <= settled.holdback_fen <= settled.seller_fen:
            yield f"order {key}: its parts do not add up to what it was worth"
        if settled.leader_fen and not line.leader:
            yield f"order {key}: somebody earned a leader's part who did not hand it over"


def check_amounts(by_campaign: Orders) -> Iterator[str]:
    """A buyer never pays more than she brought, gets back more than she pays, or has more than she ordered."""
    for key, line in (pair for found in by_campaign.values() for pair in found):
        if not 0 <= line.compensated_fen + line.proceeds_fen <= line.charged_fen <= line.paid_fen:
            yield f"order {key} is charged something else than its buyer can owe"
        if not 0 <= line.borne_fen <= line.compensated_fen:
            yield f"order {key} bears more than was paid on its claims"
        if line.allotted is not None and not 0 <= line.returned <= line.allotted <= line.units:
            yield f"order {key} has more units than were ordered"


def check_way_out(ctx: Context, known: dict[str, Campaign], by_campaign: Orders) -> Iterator[str]:
    """Nobody's silence can hold a campaign for ever: while it is not at its end, some timer of it is due."""
    waiting: defaultdict[str, set[str]] = defaultdict(set)
    for _, raw in scheduled(ctx):
        tag, *fields = decode(raw, list)
        if str(tag).startswith("groupbuy."):
            kind = str(tag).removeprefix("groupbuy.")
            waiting[fields[0]] |= {kind, f"{kind}:{fields[1]}" if fields[1:] else kind}
    for campaign, row in known.items():
        for needed in _needed(row, [line for _, line in by_campaign.get(campaign, [])]):
            if not needed & waiting[campaign]:
                yield f"{campaign} is {row.state} and no {' or '.join(sorted(needed))} is due"


def _needed(row: Campaign, found: list[OrderRow]) -> Iterator[set[str]]:
    """Sets of timers, of each of which one must be due for a campaign that stands there."""
    if row.state in ("draft", "open"):
        yield {"cut_off"}
    elif row.state in ("forming", "allocating") or (row.state in ("failed", "cancelled", "recalled") and _due(found)):
        yield {"sweep"}
    elif row.state in ("formed", "allocated", "shipped", "ending"):
        yield {"deadline"}
    elif row.state == "arrived":
        # A disputed line waits for its claim, which has timers of its own.
        for line in found:
            if line.state in WAITING:
                yield AT_POINT
            elif line.state in ("collected", "unclaimed"):
                yield {f"settle_line:{line.number}"}
