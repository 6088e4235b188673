"""What must hold in the archive: `balance` over what a block changed, on every node before it signs; `check_invariants`
over the whole state, by tests and the simulator.

That counts equal a recount of the journals' leaves is more than the state can tell: tests, clients and the stand-alone
verifier count the leaves again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ledger.modules.archive.messages import ADDITIONS_MAX, MODERATION_RULES
from ledger.modules.archive.state import (
    CONCEALED,
    Listing,
    altered,
    bought,
    endorsements,
    farm_listing,
    listing_of,
    listings,
    listings_of,
    nullifier,
    nullifier_key,
    product_listing,
    reviewers,
    reviews,
    scope_of,
    sources,
    spent,
    visits,
    vouched,
    warm,
)

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.state import BlockState

OF_REVIEWS = ("reviews", "photos", "reviewers", "returning", "erased")
NEVER_FALL = (*OF_REVIEWS, "visits", "endorsements", "withdrawn", "excursions")
SUMMED = (*OF_REVIEWS, "hidden")
"""Counts of a product everywhere that are the sums of its counts in all communities."""


def balance(state: "BlockState") -> list[str]:
    """What is wrong with the listings that a block changed, in words; empty when all is well."""
    wrong: list[str] = []
    everywhere: Counter[tuple[str, str]] = Counter()
    for key, before, after in state.changed(listings):
        wrong += _check_counts(key, after)
        earlier = before or Listing()
        fell = [name for name in NEVER_FALL if getattr(after, name) < getattr(earlier, name)]
        wrong += [f"{key}: {name} fell from {getattr(earlier, name)}" for name in fell]
        sign = {"product": 1, "community": -1}.get(scope_of(key), 0)
        for name in SUMMED:
            everywhere[key.partition("@")[0], name] += sign * (getattr(after, name) - getattr(earlier, name))
    apart = [(product, name, by) for (product, name), by in everywhere.items() if by]
    return wrong + [f"{product}: {name} differs by {by} from its communities" for product, name, by in apart]


def _check_counts(key: str, row: Listing) -> Iterator[str]:
    """A listing's counts hold together."""
    if not row.reviews == sum(row.ratings) == sum(row.nps):
        yield f"{key}: {row.reviews} reviews, {sum(row.ratings)} ratings, {sum(row.nps)} recommendations"
    bounds = {
        "photos": row.reviews,
        "hidden": row.reviews,
        "erased": row.reviews,
        "reviewers": row.reviews,
        "returning": row.reviewers,
        "withdrawn": row.endorsements,
    }
    for name, most in bounds.items():
        if not 0 <= getattr(row, name) <= most:
            yield f"{key}: {getattr(row, name)} {name}, of {most} at most"
    for tallies in (row.tags, row.claims):
        names = [each.name for each in tallies]
        if names != sorted(set(names)) or any(each.count < 1 for each in tallies):
            yield f"{key}: what was said is not in order"
    came_to = Counter({each.name: each.count for each in row.claims})
    ended = came_to.total() - came_to["opened"] - came_to["paid"]
    if max(ended, came_to["paid"]) > came_to["opened"]:
        yield f"{key}: {ended} claims ended and {came_to['paid']} were paid at once of {came_to['opened']}"


def check_invariants(ctx: "Context") -> list[str]:
    """What is violated, in words; empty when all is well."""
    return [*_check_listings(ctx), *_check_reviews(ctx), *_check_leaders(ctx)]


def _check_listings(ctx: "Context") -> Iterator[str]:
    """Counts are those of the rows of reviews, visits, endorsements and warm lots."""
    found: Counter[tuple[str, str]] = Counter()
    for _, review in reviews.every(ctx):
        said = ["reviews", f"rating {review.rating}", f"nps {review.recommend}", *(f"tag {tag}" for tag in review.tags)]
        said += ["photos"] * bool(review.photos) + ["hidden"] * (review.state in CONCEALED)
        said += ["erased"] * review.has_erased
        _put(found, listings_of(review), said)
    for name, buyer in bought.every(ctx):
        key, _, product = name.partition("/")
        reviewer = reviewers.get(ctx, key)
        community = "" if reviewer is None else reviewer.community
        said = ["reviewers"] + ["returning"] * buyer.returned
        _put(found, (listing_of(product, community), product_listing(product)), said)
    for _, visit in visits.every(ctx):
        shelves = [key for each in visit.products for key in (listing_of(each, visit.community), product_listing(each))]
        _put(found, (*shelves, farm_listing(visit.farm)), ["visits"] * (visit.state == "cosigned"))
    for _, word in endorsements.every(ctx):
        shelves = [listing_of(word.product, word.community), product_listing(word.product), farm_listing(word.farm)]
        _put(found, shelves, ["endorsements"] + ["withdrawn"] * (word.state == "withdrawn"))
    for name, _ in warm.every(ctx):
        lot, _, community = name.partition("@")
        if community:
            _put(found, [listing_of(lot.partition("/")[0], community)], ["excursions"])
        else:
            _put(found, [f"lot/{lot}", product_listing(lot.partition("/")[0])], ["excursions"])
    for key, row in listings.every(ctx):
        counted = {what: number for (listing, what), number in found.items() if listing == key}
        shown = _shown(row)
        if scope_of(key) == "farm":
            # Whose lot a warm one is, trace knows.
            del shown["excursions"]
        if counted != {what: number for what, number in shown.items() if number}:
            yield f"{key} shows {shown}, its rows make {counted}"
        yield from _check_counts(key, row)


def _put(found: "Counter[tuple[str, str]]", keys: "Iterable[str]", said: list[str]) -> None:
    found.update((key, what) for key in keys for what in said)


def _shown(row: Listing) -> dict[str, int]:
    """The counts of a listing that rows can be held against, by name."""
    shown = {name: getattr(row, name) for name in (*NEVER_FALL, "hidden")}
    shown |= {f"rating {number}": count for number, count in enumerate(row.ratings, 1)}
    shown |= {f"nps {number}": count for number, count in enumerate(row.nps)}
    return shown | {f"tag {each.name}": each.count for each in row.tags}


def _check_reviews(ctx: "Context") -> Iterator[str]:
    """One review a line: as many nullifiers as reviews, each of the line that the restricted row names."""
    secret = nullifier_key.get(ctx, "")
    names = {name for name, _ in spent.every(ctx)}
    marked = {identity for identity, _ in altered.every(ctx)}
    counted: Counter[str] = Counter()
    upheld: Counter[str] = Counter()
    pictured: Counter[str] = Counter()
    for identity, review in reviews.every(ctx):
        source = sources.get(ctx, identity)
        if source is None or secret is None or nullifier(secret, source.order) not in names:
            yield f"the review {identity} has no line that is used up"
            continue
        names.remove(nullifier(secret, source.order))
        if (identity in marked) == review.is_as_written:
            yield f"the review {identity} is {'' if identity in marked else 'not '}marked as altered"
        marked.discard(identity)
        key = review.public_key.hex()
        counted[key] += 1
        pictured[key] += bool(review.photos)
        upheld[key] += review.state == "upheld"
        rules = [each.rule for each in review.moderation]
        if len(set(rules)) != len(rules) or not MODERATION_RULES.keys() >= set(rules):
            yield f"the review {identity} was hidden under {rules}"
        if (review.state == "shown") != (not rules) or len(review.additions) > ADDITIONS_MAX:
            yield f"the review {identity} is {review.state} after {len(rules)} hidings"
    yield from (f"the unknown review {identity} is marked as altered" for identity in sorted(marked))
    if names:
        yield f"{len(names)} lines are used up without a review"
    for key, row in reviewers.every(ctx):
        if (row.reviews, row.photos, row.upheld) != (counted[key], pictured[key], upheld[key]):
            yield f"the key {key} shows {row}, its reviews make {counted[key]}"


def _check_leaders(ctx: "Context") -> Iterator[str]:
    """Whoever vouches was there first, and vouches once at a time."""
    standing: Counter[str] = Counter()
    for identity, word in endorsements.every(ctx):
        visit = visits.get(ctx, word.visit)
        seen = visit is not None and visit.state == "cosigned" and word.product in visit.products
        if visit is None or not seen or (visit.leader, visit.farm) != (word.leader, word.farm):
            yield f"the endorsement {identity} has no visit"
        if (word.state == "withdrawn") != (word.withdrawn_ms is not None):
            yield f"the endorsement {identity} is {word.state}"
        standing[f"{word.leader}/{word.product}"] += word.state == "standing"
    for name, number in standing.items():
        latest = vouched.get(ctx, name)
        if latest is None or number > 1:
            yield f"{number} endorsements of {name} stand"
            continue
        last = endorsements.get(ctx, latest)
        if last is None or number != (last.state == "standing"):
            yield f"the latest endorsement of {name} is not the one that stands"
