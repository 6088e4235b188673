"""Telling other modules how the lines of a settled campaign ended, for what they count of its leader.

It is done when all are settled or paid back, a few lines a time, and journals to the campaign alone: who counted a
line when it was handed over would tell which of two restricted records was a hand-over (ADR 0021).
"""

from typing import TYPE_CHECKING

from ledger.modules.groupbuy.rules.common import need_campaign, there_since_ms
from ledger.modules.groupbuy.rules.sweeps import declare_step
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.ports import LineEnd, Ports
    from ledger.modules.groupbuy.state import Campaign, OrderRow


def end_of(ctx: "Context", campaign: "Campaign", row: "OrderRow") -> "tuple[str, LineEnd] | None":
    """(leader, how) of a line in a campaign that is settled; None for one that never had goods.

    Told from what a later recall does not change.
    """
    if row.collected_ms is not None and row.leader:
        on_time_ms = there_since_ms(campaign) + ctx.parameters["pickup_ms"]
        return row.leader, "on_time" if row.collected_ms <= on_time_ms else "late"
    if row.leader:
        return row.leader, "returned" if row.returned else "no_show"
    return (campaign.leader, "unserved") if row.allotted else None


def _tell_line(ports: "Ports", ctx: "Context", _order: str, row: "OrderRow") -> None:
    end = end_of(ctx, need_campaign(ctx, row.campaign), row)
    if end is not None:
        for listener in ports.listeners:
            listener.line_ended(ctx, *end)


def _told(ports: "Ports", ctx: "Context", campaign: str) -> None:
    ctx.journal(f"campaign:{campaign}", OTHER)
    for listener in ports.listeners:
        listener.settled(ctx, need_campaign(ctx, campaign))


declare_step("tell", _tell_line, _told)
