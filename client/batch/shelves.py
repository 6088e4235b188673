"""The trust archive as a page shows it: the certified counts of a lot's listing and of its product's, each proven."""

from typing import NamedTuple

import msgspec

from client.connection import Connection
from client.journey.entry import known_registry
from client.proven import proven_value
from client.verified import InvalidProof
from ledger.crypto.encoding import Malformed
from ledger.modules.archive.state import Listing, lot_listing, product_listing
from ledger.proof.format import decode_journal_head
from ledger.words import Words

RATINGS = 5


class Counts(NamedTuple):
    """What a listing counts. `score`: mean rating with one decimal, rounded half up, "" without reviews.

    `ends`: what claims came to, in words, how many of each. `proof`: the file that proves the row, or that there
    is none.
    """

    key: str
    reviews: int
    score: str
    photos: int
    returning: int
    visits: int
    endorsements: int
    hidden: int
    erased: int
    excursions: int
    ends: tuple[tuple[Words, int], ...]
    proof: bytes


def listings_of(subject: str) -> tuple[str, ...]:
    """Keys of the listings that a page about a lot shows: its own, and that of its product everywhere."""
    lot = subject.removeprefix("lot:")
    return lot_listing(lot), product_listing(lot.partition("/")[0])


async def ask_counts(connection: Connection, genesis: bytes, subject: str) -> list[Counts]:
    """The counts of a lot's listings, all 0 where nobody has said anything. Raises `Remote`, `Unreachable`,
    `InvalidProof`.
    """
    return [await _ask(connection, genesis, key) for key in listings_of(subject)]


async def _ask(connection: Connection, genesis: bytes, listing: str) -> Counts:
    value, proof = await proven_value(connection, genesis, f"listing:{listing}")
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
