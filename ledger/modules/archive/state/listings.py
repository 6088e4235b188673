"""Listings: the shelves of the trust archive, each with certified counts. A listing is a subject, so all that was ever
counted in it stands in its journal.

Its counts are what `tally` makes, one after the other, of the counting events of its journal's leaves: rules change
them in no other way, and whoever has the whole journal can count again. `hidden` alone can fall.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from ledger.crypto.encoding import Message
from ledger.modules.archive.messages import LOTS_MAX
from ledger.state import Table

Scope = Literal["community", "product", "lot", "farm"]


class Tally(Message):
    """How often something was said or came about."""

    name: str
    count: int


class Listing(Message):
    """Counts of one listing. `ratings[n]`: reviews with n + 1 of 5; `nps[n]`: with n of 10.

    `photos`: reviews with photos. `reviewers`: keys that reviewed the product; `returning`: those of them that bought
    it again in another campaign (both 0 for lots and farms). `tags`, `claims`: by name, ordered, if it ever came up.
    `hidden`: reviews hidden now, which count above like all others; `erased`: those that erased anything they said.
    `visits`: confirmed ones. `endorsements`: ever made; `withdrawn`: of those. `excursions`: lots that became too warm.
    """

    reviews: int = 0
    ratings: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    nps: tuple[int, int, int, int, int, int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    photos: int = 0
    reviewers: int = 0
    returning: int = 0
    hidden: int = 0
    erased: int = 0
    visits: int = 0
    endorsements: int = 0
    withdrawn: int = 0
    excursions: int = 0
    tags: tuple[Tally, ...] = ()
    claims: tuple[Tally, ...] = ()


listings: Table[Listing] = Table("archive", "listing", Listing, subject="listing")
"""`listing_of`, `product_listing`, `lot_listing`, `farm_listing` -> counts."""


def listing_of(product: str, community: str) -> str:
    """Key of the listing of a product in a community."""
    return f"{product}@{community}"


def product_listing(product: str) -> str:
    """Key of the listing of a product everywhere."""
    return f"{product}@"


def lot_listing(lot: str) -> str:
    """Key of the listing of a lot (`<product>/<lot number>`)."""
    return f"lot/{lot}"


def farm_listing(organisation: str) -> str:
    """Key of the listing of a seller, or of the farm that was visited."""
    return f"farm/{organisation}"


def scope_of(listing: str) -> Scope:
    """What a listing is about. Requires a key made by the functions above."""
    kind = listing.partition("/")[0]
    if kind in ("lot", "farm"):
        return "lot" if kind == "lot" else "farm"
    return "product" if listing.endswith("@") else "community"


def sale_listings(product: str, community: str, seller: str, lots: Sequence[str]) -> tuple[str, ...]:
    """The listings that a sale counts in, and so a review of it or a claim. Of more lots than `LOTS_MAX` those are left
    out that come last by name.
    """
    return (
        listing_of(product, community),
        product_listing(product),
        farm_listing(seller),
        *(lot_listing(lot) for lot in named_lots(lots)),
    )


def named_lots(lots: Sequence[str]) -> tuple[str, ...]:
    """Of the lots of a campaign those that a review names: each once, ordered, the first `LOTS_MAX`."""
    return tuple(sorted(set(lots))[:LOTS_MAX])


def _add(tallies: tuple[Tally, ...], names: Sequence[str]) -> tuple[Tally, ...]:
    """`tallies` with one more of each of `names`."""
    counts = {tally.name: tally.count for tally in tallies}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return tuple(Tally(name, counts[name]) for name in sorted(counts))


def _reviewed(
    key: str, row: Listing, rating: int, recommend: int, photos: int, tags: str, new: int, again: int
) -> Listing:
    of_product = scope_of(key) in ("community", "product")
    ratings, nps = list(row.ratings), list(row.nps)
    ratings[rating - 1] += 1
    nps[recommend] += 1
    return replace(
        row,
        reviews=row.reviews + 1,
        ratings=tuple(ratings),
        nps=tuple(nps),
        photos=row.photos + photos,
        reviewers=row.reviewers + of_product * new,
        returning=row.returning + of_product * again,
        tags=_add(row.tags, tags.split(",") if tags else ()),
    )


def _one_more(field: str, step: int = 1) -> Callable[..., Listing]:
    return lambda _key, row, *_more: replace(row, **{field: getattr(row, field) + step})


_TALLIES: Mapping[str, Callable[..., Listing]] = {
    "reviewed": _reviewed,
    "review_hidden": _one_more("hidden"),
    "review_restored": _one_more("hidden", -1),
    "words_erased": _one_more("erased"),
    "visit_confirmed": _one_more("visits"),
    "endorsed": _one_more("endorsements"),
    "endorsement_withdrawn": _one_more("withdrawn"),
    "claim_counted": lambda _key, row, came_to: replace(row, claims=_add(row.claims, (came_to,))),
    "excursion_counted": _one_more("excursions"),
}

COUNTING = frozenset(_TALLIES)
"""The events that change counts, of every listing that their leaf names (docs/adr/0024)."""


def tally(key: str, row: Listing, name: str, *fields: str | int | bytes) -> Listing:
    """A listing's counts after a counting event, as it stands on the leaf. Requires a name of `COUNTING`.

    `reviewed`: rating, recommendation, 1 with photos, tags with commas between, 1 for a key's first review of the
    product, 1 where it bought again. `claim_counted`: a `ClaimEnd` of claims. The fields of the others are for people.
    """
    return _TALLIES[name](key, row, *fields)
