"""The trust archive as a page shows it: certified counts of the listing of a lot, of its product in the communities
that got the lot, and of its product everywhere; each proven.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from client.connection import Connection
from client.journey.entry import known_registry
from client.proven import proven_value
from client.verified import InvalidProof
from ledger.crypto.encoding import Malformed
from ledger.modules.archive.state import Listing, listing_of, listings, lot_listing, product_listing
from ledger.proof.format import decode_journal_head
from ledger.words import Words

COMMUNITIES_MAX = 3
"""Communities whose own listings a page shows."""


class Counts(NamedTuple):
    """What a listing counts. `score`: mean rating with one decimal, rounded half up, "" without reviews. `stars`: how
    many reviews gave five of 5, four, ... one.

    `ends`: what claims came to, in words, how many of each. `proof`: the file that proves the row, or that there
    is none.
    """

    key: str
    reviews: int
    score: str
    stars: tuple[int, ...]
    photos: int
    returning: int
    visits: int
    endorsements: int
    hidden: int
    erased: int
    excursions: int
    ends: tuple[tuple[Words, int], ...]
    proof: bytes


def listings_of(subject: str, communities: Iterable[str] = ()) -> tuple[str, ...]:
    """Keys of the listings that a page about a lot shows, its own first, that of its product everywhere last."""
    lot = subject.removeprefix("lot:")
    product = lot.partition("/")[0]
    return lot_listing(lot), *(listing_of(product, each) for each in communities), product_listing(product)


async def ask_counts(
    connection: Connection, genesis: bytes, subject: str, communities: Iterable[str] = ()
) -> list[Counts]:
    """The counts of a lot's listings, all 0 where nobody has said anything. Raises `Remote`, `Unreachable`,
    `InvalidProof`.
    """
    return [await _ask(connection, genesis, key) for key in listings_of(subject, communities)]


async def _ask(connection: Connection, genesis: bytes, listing: str) -> Counts:
    value, proof = await proven_value(connection, genesis, f"{listings.prefix.decode()}{listing}")
    return counts_of(listing, value, proof)


def counts_of(listing: str, value: bytes | None, proof: bytes = b"") -> Counts:
    """The counts that a listing's state value holds; None: there is no such listing yet."""
    row = Listing()
    if value is not None:
        try:
            row = msgspec.convert(decode_journal_head(value).row, Listing, builtin_types=(bytes,))
        except (Malformed, msgspec.ValidationError) as error:
            raise InvalidProof("state", "$.claim", f"not the row of a listing ({error})") from None
    stars = sum((place + 1) * count for place, count in enumerate(row.ratings))
    tenths = (20 * stars + row.reviews) // (2 * row.reviews) if row.reviews else 0
    choose = known_registry().words.value
    return Counts(
        listing,
        row.reviews,
        f"{tenths // 10}.{tenths % 10}" if row.reviews else "",
        tuple(reversed(row.ratings)),
        row.photos,
        row.returning,
        row.visits,
        row.endorsements - row.withdrawn,
        row.hidden,
        row.erased,
        row.excursions,
        tuple((choose(one.name), one.count) for one in row.claims),
        proof,
    )
