"""How points come to a community key: so many for a review of a line that was collected, so many more with photos.

Nothing here sees a rating, and nothing of a review can make it worth more than that. What the caps cut off is lost, not
kept for another day. Hiding and erasing take no points back: who asks for her words to be erased must not pay for it.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.crypto.utc import format_time
from ledger.days import CHINA_MS
from ledger.modules.rewards.state import Points, Totals, points, points_key, totals

if TYPE_CHECKING:
    from ledger.context import Context


def day_of(time_ms: int) -> str:
    """The day (UTC+8) that holds this instant: `2026-11-23`."""
    return format_time(time_ms + CHINA_MS)[: len("2026-11-23")]


def earn(ctx: "Context", community: str, public_key: str, photos: int) -> None:
    """Give a key (hex) its points for a review with so many photos, as far as the caps of its day and month allow."""
    parameters, key = ctx.parameters, points_key(community, public_key)
    row = _on(day_of(ctx.time_ms), points.get(ctx, key) or Points())
    worth = parameters["review_points"] + (parameters["photo_points"] if photos else 0)
    room = min(parameters["points_day_max"] - row.day_earned, parameters["points_month_max"] - row.month_earned)
    given = max(0, min(worth, room))
    if not given:
        return
    add(
        ctx,
        community,
        public_key,
        replace(row, day_earned=row.day_earned + given, month_earned=row.month_earned + given),
        given,
        0,
    )
    ctx.event("points_earned", community, public_key, given)


def _on(day: str, row: Points) -> Points:
    """The row on that day: what was earned on others counts for its cap no longer."""
    if row.day == day:
        return row
    is_same_month = row.day[: len("2026-11")] == day[: len("2026-11")]
    return replace(row, day=day, day_earned=0, month_earned=row.month_earned if is_same_month else 0)


def add(ctx: "Context", community: str, public_key: str, row: Points, earned: int, spent: int) -> None:
    """Write a key's row with `earned` and `spent` (negative: given back) on top of it, and count both for its
    community. Requires that no more is spent than there is.
    """
    row = replace(row, earned=row.earned + earned, spent=row.spent + spent, balance=row.balance + earned - spent)
    assert row.balance >= 0, f"{community}/{public_key} spends more points than it has"
    points.put(ctx, points_key(community, public_key), row)
    sums = totals.get(ctx, community) or Totals()
    sums = Totals(sums.earned + earned, sums.spent + spent, sums.balance + earned - spent)
    totals.put(ctx, community, sums)
