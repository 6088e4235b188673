"""A leader's record: counts of what became of her campaigns, visits and words, each told by the module that knows."""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ledger.modules.rewards.state import LeaderRecord, leaders
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.ports import ClaimEnd
    from ledger.modules.groupbuy.ports import Campaign, LineEnd
    from ledger.modules.rewards.ports import Campaigns

_FIELDS: "dict[LineEnd, str]" = {
    "on_time": "on_time",
    "late": "late",
    "returned": "returned",
    "no_show": "no_shows",
    "unserved": "unserved",
}


def record_of(ctx: "Context", leader: str) -> LeaderRecord:
    """A leader's record; all 0 before anything is known of her."""
    return leaders.get(ctx, leader) or LeaderRecord()


def update(ctx: "Context", leader: str, **changes: Any) -> None:
    """Change fields of a leader's record, and enter this into her journal."""
    leaders.put(ctx, leader, replace(record_of(ctx, leader), **changes))
    ctx.journal(f"member:{leader}", OTHER)


def count(ctx: "Context", leader: str, field: str) -> None:
    """One more of `field` in a leader's record."""
    update(ctx, leader, **{field: getattr(record_of(ctx, leader), field) + 1})


class Records:
    """Counts for leaders what group buying and claims tell (`CampaignListener`, `ClaimListener`). It learns of no
    order.
    """

    def __init__(self, campaigns: "Campaigns") -> None:
        self._campaigns = campaigns

    def line_ended(self, ctx: "Context", leader: str, end: "LineEnd") -> None:
        """A line of a settled campaign ended so in her hands."""
        count(ctx, leader, _FIELDS[end])

    def settled(self, ctx: "Context", campaign: "Campaign") -> None:
        """A campaign of hers is settled; its commission is told by the range of what she takes."""
        row, bp = record_of(ctx, campaign.leader), campaign.terms.shares.leader
        least = min(row.commission_bp_min, bp) if row.campaigns else bp
        most = max(row.commission_bp_max, bp)
        update(ctx, campaign.leader, campaigns=row.campaigns + 1, commission_bp_min=least, commission_bp_max=most)

    def substituted(self, ctx: "Context", silent: str, substitute: str) -> None:
        """One leader fell silent, another stood in."""
        count(ctx, silent, "replaced")
        count(ctx, substitute, "stood_in")

    def came_to(self, ctx: "Context", campaign: str, end: "ClaimEnd") -> None:
        """A claim on a line of this campaign was opened, paid at once, or ended so."""
        count(ctx, self._campaigns.campaign(ctx, campaign).leader, f"claims_{end}")
