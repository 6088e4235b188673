"""The presale of the story: what is sold, on which terms, by whom to whom, and how short this network's windows are.

Forty residents of one community order strawberries of a planting that is harvested only after the cut-off.
"""

from typing import NamedTuple

from cli.demo import cast
from cli.demo.cast import FARM, HUB, INSPECTOR, PLATFORM
from ledger.modules.groupbuy.messages import Draft, Shares, Tier
from ledger.modules.trace.identifiers import gs1_check_digit

SECOND_MS = 1_000
COMMUNITY, CUSTODIAN, LEADER = "community", "custodian", "leader-mei"

WINDOWS = {
    "publish_ms": SECOND_MS,
    "perishable_window_ms": 6 * SECOND_MS,
    "pickup_ms": SECOND_MS,
    "noshow_grace_ms": 3 * SECOND_MS,
    "substitute_ms": 3 * SECOND_MS,
    "disposal_ms": 3 * SECOND_MS,
    "contest_ms": 2 * SECOND_MS,
    "holdback_ms": SECOND_MS,
}
"""What this network declares shorter than usual, so that a week of waiting fits into a demonstration."""

HONOURS = {
    "review_points": 10,
    "photo_points": 5,
    "taster_reviews": 1,
    "taster_photos": 1,
    "recommender_endorsements": 1,
    "recommender_reviews": 10,
}
"""What it declares of points and titles: thresholds that one presale can reach (usual: 20 reviews, 10 of them with
photos; three products with 20 reviews each).
"""

EMPTY_BLOCK_MS = 200
"""Blocks that come without traffic, often enough that windows of seconds end on time (usual: 10 s)."""

PARAMETERS = cast.PARAMETERS | WINDOWS | HONOURS | {"empty_block_ms": EMPTY_BLOCK_MS}
"""What the demonstration's genesis file declares."""

BERRIES = "0952123400025" + gs1_check_digit("0952123400025")
"""GTIN-14 of strawberries sold by units of about 500 g, in kg."""

PLOT, PLANTING, TRUCK, LOGGER = "greenhouse-4", "strawberry-gh4-winter", "truck-21", "cold-logger-21"
SOURCE = f"planting:{PLANTING}"
LOTS = (("GH4-A", 15_000_000), ("GH4-B", 14_000_000))
"""What is harvested, micro-kg: 58 units, three less than are ordered."""

CRATES = tuple(
    payload + gs1_check_digit(payload) for payload in (f"0952123400000000{number}" for number in range(5, 7))
)
TO_HUB, TO_WAREHOUSE = "farm-hub-0002", "hub-warehouse-0002"

PRESALE, SECOND = "strawberry-presale", "strawberry-second"
UNIT_GRAMS, LIGHT_GRAMS = 500, 483
WAVES: tuple[tuple[int, ...], ...] = ((1, 2) * 7, (1, 2) * 6 + (1, 1), (1, 2) * 4 + (2,), (2, 2, 2))
"""Units of each resident's order, in waves: forty orders, 61 units. Those of the last wave come out short."""

SECOND_WAVE = (1, 2, 1, 1, 2, 1)
"""Orders of the second group: too few."""

LADDER = (Tier(1, 2_980), Tier(20, 2_680), Tier(50, 2_390))
FARM_FEN, PLATFORM_FEN, HUB_FEN = 50_000, 120_000, 10_000
"""What organisations bring with them, fen."""

GUARANTEE_FEN, FLOAT_FEN = 80_000, 20_000
PROCEEDS_FEN = 1_500
"""What the box that nobody came for still brought."""


class Times(NamedTuple):
    """When a campaign's orders end and its goods come, ms of block time."""

    cutoff_ms: int
    delivery_from_ms: int
    delivery_to_ms: int

    @classmethod
    def after(cls, cutoff_ms: int) -> "Times":
        """Delivery within the hour after the cut-off."""
        return cls(cutoff_ms, cutoff_ms + SECOND_MS, cutoff_ms + cast.HOUR_MS)


def terms(campaign: str, cutoff_ms: int, address: bytes) -> Draft:
    """What the leader drafts; `address`: where the pickup point is, as the vault knows it."""
    times = Times.after(cutoff_ms)
    return Draft(
        campaign=campaign,
        title="红颜草莓 约 500 克 预售",
        community=COMMUNITY,
        seller=FARM,
        platform=PLATFORM,
        custodian=CUSTODIAN,
        logistics=HUB,
        adjudicator=INSPECTOR,
        product=BERRIES,
        sources=(SOURCE,),
        unit_quantity=UNIT_GRAMS * 1_000,
        tolerance_bp=500,
        ladder=LADDER,
        minimum=30,
        maximum=80,
        per_order=4,
        cutoff_ms=times.cutoff_ms,
        delivery_from_ms=times.delivery_from_ms,
        delivery_to_ms=times.delivery_to_ms,
        pickup="gate-3",
        pickup_address=address,
        shares=Shares(leader=800, platform=300, logistics=500),
        deposit_fen=20_000,
        holdback_bp=1_000,
        perishable=True,
    )
