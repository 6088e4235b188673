"""The community's memory counted anew on one machine: from leaves, by none of the modules' arithmetic."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ledger.block import decode_leaf
from ledger.modules.archive.state import listings, reviews, sources, spent
from ledger.modules.rewards.state import points, totals
from tests.simulation.market.people import COMMUNITY

if TYPE_CHECKING:
    from tests.simulation.market.view import View

HOUR_MS = 3_600_000


def check_memory(view: "View") -> list[str]:
    """Every breach of what must hold of reviews and points."""
    return [*_once_a_line(view), *_counts(view), *_points(view)]


def _once_a_line(view: "View") -> Iterator[str]:
    """Each review is of another line, each such line is used up, and it was collected."""
    ctx = view.context()
    of = {review: row.order.hex() for review, row in sources.every(ctx)}
    if set(of) != set(view.reviews) or len(set(of.values())) != len(of):
        yield f"{len(view.reviews)} reviews are of {len(set(of.values()))} lines"
    if sum(1 for _ in spent.every(ctx)) != len(of):
        yield f"{len(of)} lines were reviewed, others are used up"
    for review, order in of.items():
        row = view.orders.get(order)
        if row is None or row.collected_ms is None:
            yield f"the review {review} is of a line that nobody collected"


def events_of(view: "View", subject: str) -> Iterator[list[Any]]:
    """What the records in a subject's journal state, in order."""
    for index in view.contents.journals.get(subject, ()):
        leaf = decode_leaf(view.contents.leaves[index])
        if leaf.outcome[2] == 0:
            yield from leaf.outcome[3]


def _counts(view: "View") -> Iterator[str]:
    """Every listing says what its journal comes to."""
    for key, row in listings.every(view.context()):
        count: Counter[Any] = Counter()
        for name, *fields in events_of(view, f"listing:{key}"):
            count[name] += 1
            if name == "reviewed":
                rating, recommend, pictured, *_ = fields
                count.update([("rating", rating), ("nps", recommend)])
                count["photos"] += pictured
        wanted = {
            "reviews": count["reviewed"],
            "ratings": tuple(count["rating", each] for each in range(1, 6)),
            "nps": tuple(count["nps", each] for each in range(11)),
            "photos": count["photos"],
            "hidden": count["review_hidden"] - count["review_restored"],
            "visits": count["visit_confirmed"],
            "endorsements": count["endorsed"],
            "withdrawn": count["endorsement_withdrawn"],
        }
        for field, told in wanted.items():
            if getattr(row, field) != told:
                yield f"listing {key}: its journal comes to {field} {told}, its row to {getattr(row, field)}"
        if sum(row.ratings) != row.reviews:
            yield f"listing {key}: {row.reviews} reviews have {sum(row.ratings)} ratings"


def _points(view: "View") -> Iterator[str]:
    """Points are those of reviews, less those of offers; never more for one rating than for another."""
    ctx = view.context()
    earned: Counter[str] = Counter()
    spent_on: Counter[str] = Counter()
    for key, _ in listings.every(ctx):
        if not key.endswith(f"@{COMMUNITY}"):
            continue
        for name, *fields in events_of(view, f"listing:{key}"):
            if name == "points_earned":
                earned[fields[1]] += fields[2]
    for name, *fields in events_of(view, f"organisation:{COMMUNITY}"):
        if name in ("points_spent", "points_returned"):
            spent_on[fields[1]] += fields[2] if name == "points_spent" else -fields[2]
    most = _deserved(view)
    rows = {key.partition("/")[2]: row for key, row in points.every(ctx)}
    for key in rows.keys() | earned.keys() | spent_on.keys():
        row = rows.get(key)
        told = (0, 0, 0) if row is None else (row.earned, row.spent, row.balance)
        if told != (earned[key], spent_on[key], earned[key] - spent_on[key]) or earned[key] != most[key]:
            yield f"{key} earned {earned[key]} of {most[key]} points and spent {spent_on[key]}; its row says {told}"
    total = totals.get(ctx, COMMUNITY)
    if total is not None and (total.earned, total.spent) != (sum(earned.values()), sum(spent_on.values())):
        yield f"the points of {COMMUNITY} are {total}"


def _deserved(view: "View") -> Counter[str]:
    """What each key's reviews are worth, whatever their ratings: of each day (UTC+8) no more than the day's cap."""
    parameters = view.genesis.parameters
    days: Counter[tuple[str, int]] = Counter()
    for _, review in reviews.every(view.context()):
        day = (review.time_ms + 8 * HOUR_MS) // (24 * HOUR_MS)
        worth = parameters["review_points"] + (parameters["photo_points"] if review.photos else 0)
        days[review.public_key.hex(), day] += worth
    deserved: Counter[str] = Counter()
    for (key, _), worth in days.items():
        deserved[key] += min(worth, parameters["points_day_max"])
    return deserved
