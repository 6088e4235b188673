"""What group buying offers other modules: orders to claims, an ear for recalls to trace."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.groupbuy.messages import SettleLine
from ledger.modules.groupbuy.rules.common import need_campaign, need_order, put_order, remaining, step_line
from ledger.modules.groupbuy.rules.recalling import hear_recall
from ledger.modules.groupbuy.state import lot_campaigns, orders

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.state import Campaign, OrderRow


class Recalls:
    """Hears of recalled lots (`RecallListener` of trace)."""

    def recalled(self, ctx: "Context", lot: str) -> None:
        """Call back every campaign that the lot helped to fill, beginning in this block."""
        hear_recall(ctx, lot)


class Lines:
    """Orders as claims may see and change them. An order is named by its hex id."""

    def need(self, ctx: "Context", order: str) -> "OrderRow":
        """The line of an order; raises `OrderUnknown`."""
        return need_order(ctx, order)

    def find(self, ctx: "Context", order: str) -> "OrderRow | None":
        """The line of an order, or None."""
        return orders.get(ctx, order)

    def filled_from(self, ctx: "Context", lot: str, after: str, limit: int) -> tuple[str, ...]:
        """Campaigns that a lot fills or was to fill, by name, at most `limit` of those after `after`."""
        found = lot_campaigns.scan(ctx, f"{lot}:", after=f"{lot}:{after}" if after else None, limit=limit)
        return tuple(link.removeprefix(f"{lot}:") for link, _ in found)

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""
        return need_campaign(ctx, campaign)

    def remaining(self, row: "OrderRow") -> int:
        """What a buyer can still claim of a line, fen: what she pays for it less what she got back already."""
        return remaining(row)

    def lots(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The lots that fill a campaign; which order got which is not recorded."""
        return tuple(portion.lot for portion in need_campaign(ctx, campaign).lots)

    def legs(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The shipments by which a campaign's goods travelled, in order."""
        return need_campaign(ctx, campaign).shipments

    def dispute(self, ctx: "Context", order: str) -> None:
        """Let a collected line wait for its claim; raises `LineStateRefused` for any other."""
        row = need_order(ctx, order)
        put_order(ctx, order, step_line(order, need_campaign(ctx, row.campaign), row, "dispute"))

    def resolve(self, ctx: "Context", order: str) -> None:
        """A line's claim is over: it settles when its window is, at once if it was over before.

        Does nothing for a line that is not disputed (any more): it was paid back, since its goods were recalled.
        """
        row = need_order(ctx, order)
        if row.state == "disputed":
            assert row.settle_ms is not None, order
            put_order(ctx, order, step_line(order, need_campaign(ctx, row.campaign), row, "resolve"))
            ctx.schedule(max(ctx.time_ms, row.settle_ms), SettleLine(row.campaign, row.number))

    def compensate(self, ctx: "Context", order: str, fen: int, borne_fen: int) -> None:
        """Note that the buyer was paid `fen` by her claim, and that `borne_fen` were taken out of the line's escrow.

        Requires that she is not paid more than she paid, and no more is taken than is there.
        """
        row = need_order(ctx, order)
        row = replace(row, compensated_fen=row.compensated_fen + fen, borne_fen=row.borne_fen + borne_fen)
        assert fen >= 0 and borne_fen >= 0 and remaining(row) >= 0, f"{order} is compensated beyond what it cost"
        assert row.borne_fen <= row.charged_fen, f"{order} bears more than its escrow has"
        put_order(ctx, order, row)
