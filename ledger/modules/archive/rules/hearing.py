"""What the archive hears of other modules: what became of claims, and which lots became too warm.

A lot is counted once: in its own listing, its product's and its maker's, and once in each community that it is sold in,
whichever comes first, the excursion or the sale. A lot made of a warm one is warm from its birth, and counted when it
is sold.
"""

from typing import TYPE_CHECKING

from ledger.modules.archive.messages import CountExcursion
from ledger.modules.archive.rules.common import RULES, count
from ledger.modules.archive.state import (
    farm_listing,
    listing_of,
    lot_listing,
    product_listing,
    sale_listings,
    warm,
)
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.archive.ports import Goods, Lines, Ports
    from ledger.modules.claims.ports import ClaimEnd

CAMPAIGNS_MAX = 32
"""Campaigns of one lot that one timer looks at."""


class ClaimsHeard:
    """Counts what becomes of claims (`ClaimListener` of claims). It learns of no order."""

    def __init__(self, lines: "Lines") -> None:
        self._lines = lines

    def came_to(self, ctx: "Context", campaign: str, end: "ClaimEnd") -> None:
        """A claim on a line of this campaign was opened, paid at once, or ended so."""
        row = self._lines.campaign(ctx, campaign)
        lots = [portion.lot for portion in row.lots]
        keys = sale_listings(row.terms.product, row.terms.community, row.terms.seller, lots)
        ctx.event("claim_counted", end)
        count(ctx, keys, OTHER)


class ExcursionsHeard:
    """Sees to it that warm lots are counted (`ExcursionListener` of trace, `FillListener` of group buying)."""

    def __init__(self, goods: "Goods") -> None:
        self._goods = goods

    def became_warm(self, ctx: "Context", lot: str) -> None:
        """A lot suffered more than its product bears, itself or in what it is made of."""
        ctx.schedule(ctx.time_ms, CountExcursion(lot))

    def filled(self, ctx: "Context", lots: tuple[str, ...]) -> None:
        """These lots fill a campaign, and so are sold to its community."""
        for lot in lots:
            if self._goods.is_warm(ctx, lot):
                ctx.schedule(ctx.time_ms, CountExcursion(lot))


@RULES.timer(CountExcursion)
def count_excursion(ports: "Ports", ctx: "Context", timer: CountExcursion) -> None:
    """Count a warm lot wherever it is not counted yet, some campaigns at a time."""
    lot = ports.goods.lot(ctx, timer.lot)
    assert lot is not None, f"a timer for the unknown lot {timer.lot}"
    keys: list[str] = []
    if not warm.has(ctx, timer.lot):
        warm.put(ctx, timer.lot, True)
        keys += [lot_listing(timer.lot), product_listing(lot.product), farm_listing(lot.producer)]
    campaigns = ports.lines.filled_from(ctx, timer.lot, timer.after, CAMPAIGNS_MAX)
    for name in campaigns:
        campaign = ports.lines.campaign(ctx, name)
        mark = f"{timer.lot}@{campaign.terms.community}"
        # What was called off before its goods left brought nothing to the community.
        if (campaign.state != "cancelled" or campaign.shipments) and not warm.has(ctx, mark):
            warm.put(ctx, mark, True)
            keys.append(listing_of(lot.product, campaign.terms.community))
    ctx.work += 1 + len(campaigns)
    if keys:
        ctx.event("excursion_counted", timer.lot)
        count(ctx, keys, OTHER)
    if len(campaigns) == CAMPAIGNS_MAX:
        ctx.schedule(ctx.time_ms, CountExcursion(timer.lot, campaigns[-1]))
