"""Points for verified reviews, whatever they say; titles by published thresholds; the records of leaders."""

from functools import partial

from ledger.module import Bounds, Module
from ledger.modules.rewards.invariants import check_block, check_invariants
from ledger.modules.rewards.ports import Organisations, Ports, Reviews
from ledger.modules.rewards.rules import make_rules, make_timers
from ledger.modules.rewards.rules.offered import Merits, Records
from ledger.modules.rewards.words import WORDS

__all__ = ["Merits", "Records", "rewards_module"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

PARAMETERS = {
    "review_points": 10,
    "photo_points": 5,
    "points_day_max": 60,
    "points_month_max": 600,
    "honour_ms": 30 * DAY_MS,
    "taster_reviews": 20,
    "taster_photos": 10,
    "taster_hidden_max": 0,
    "hide_stands_ms": 7 * DAY_MS,
    "recommender_endorsements": 3,
    "recommender_reviews": 20,
    "recommender_good_bp": 8_000,
    "title_check_ms": HOUR_MS,
}
"""Points for a review, and more with photos; the most of a day and a month (UTC+8); how long an offer that was asked
for may take. For 金牌体验官: reviews, those with photos, and how many may be hidden; how long a hiding can be appealed
before it counts. For 社区好物推荐官: listings endorsed, each with so many reviews, and so many of them of four or five,
in basis points; how long after a review those who vouch are looked at again."""

BOUNDS: dict[str, Bounds] = {
    "review_points": (0, 10_000),
    "photo_points": (0, 10_000),
    "points_day_max": (0, 100_000),
    "points_month_max": (0, 1_000_000),
    "honour_ms": (1_000, 366 * DAY_MS),
    "taster_reviews": (1, 10_000),
    "taster_photos": (0, 10_000),
    "taster_hidden_max": (0, 100),
    "hide_stands_ms": (1_000, 366 * DAY_MS),
    "recommender_endorsements": (1, 1_000),
    "recommender_reviews": (1, 100_000),
    "recommender_good_bp": (0, 10_000),
    "title_check_ms": (1_000, 30 * DAY_MS),
}


def rewards_module(organisations: Organisations, reviews: Reviews) -> Module:
    """The module, over the registry's organisations and the archive.

    `Merits` is to be given to the archive, `Records` to group buying and claims, so that they tell what came about.
    """
    ports = Ports(organisations, reviews)
    return Module(
        "rewards",
        make_rules(ports),
        timers=make_timers(ports),
        parameters=PARAMETERS,
        bounds=BOUNDS,
        balance=check_block,
        invariants=partial(check_invariants, ports),
        words=WORDS,
    )
