"""A listing of the trust archive on the test chain, and what a server could do to its proof."""

from collections.abc import Callable
from typing import Any

import msgpack

from ledger.proof import prove_journal, prove_listing
from tests.proof.chain import START_MS, Chain, Key, sha

SHELF = "09521234000266@garden"
SUBJECT = f"listing:{SHELF}"
OTHER = "09521234000266@"
RATINGS = (5, 1, 4, 5, 2)
COUNTS: list[Any] = [
    *(5, [1, 1, 0, 1, 2], [0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 2], 2, 4, 1, 0, 1, 1, 1, 1, 1),
    *([["fresh", 3], ["sweet", 2]], [["opened", 1], ["upheld", 1]]),
]
"""What the listing shows after all of `shelf`: see `Listing` of the archive."""


def shelf(counts: list[Any] | None = None, odd: list[Any] | None = None) -> Chain:
    """Five reviews, of which one was hidden and shown again and one erased, a visit, an endorsement withdrawn, a claim
    and a warm lot. `counts`: what validators certify instead; `odd`: an event of the last record.
    """
    chain = Chain()
    for number, rating in enumerate(RATINGS):
        buyer = Key(f"buyer {number}")
        tags = ("fresh,sweet" if number < 2 else "fresh") if number < 3 else ""
        action = ["archive.review", "09521234000266", "garden", "farm", [], rating, 2 * rating, tags.split(","), None]
        event = ["reviewed", rating, 2 * rating, number % 2, tags, int(number < 4), int(number == 4)]
        made(chain, buyer, action, [event], "review", [rating, "shown"])
        chain.commit(START_MS + number)
    review = identity(chain, 1)
    mei, farm = Key("mei"), Key("farm")
    tell(chain, Key("garden"), ["archive.hide", review, 2], [["review_hidden", review.hex()]])
    tell(chain, None, ["archive.appeal_over", review.hex(), 1], [["review_restored", review.hex()]])
    tell(chain, Key("buyer 1"), ["archive.erase", review, 0], [["words_erased", review.hex()]])
    made(chain, mei, ["archive.visit", "farm"], [], "visit", ["mei", "cosigned"])
    visit = identity(chain, -1)
    tell(chain, farm, ["archive.confirm_visit", visit], [["visit_confirmed", visit.hex()]])
    made(chain, mei, ["archive.endorse", visit], [["endorsed", "mei", "x"]], "endorsement", ["mei", "withdrawn"])
    tell(chain, mei, ["archive.withdraw", identity(chain, -1)], [["endorsement_withdrawn", "mei", "x"]])
    tell(chain, None, ["claims.due"], [["claim_counted", "opened"]])
    tell(chain, None, ["claims.due"], [["claim_counted", "upheld"]])
    tell(chain, None, ["archive.count_excursion", "L1"], [["something_else"], odd or ["excursion_counted", "L1"]])
    chain.rows[SUBJECT] = COUNTS if counts is None else counts
    chain.commit()
    return chain


def tell(chain: Chain, key: Key | None, action: list[Any], events: list[Any]) -> None:
    """A record of the listing, and of the product's everywhere."""
    chain.record(key, action, [[SUBJECT, "self"], [f"listing:{OTHER}", "self"]], details=events)


def made(chain: Chain, key: Key, action: list[Any], events: list[Any], table: str, row: list[Any]) -> None:
    """A record that makes a row under its own id."""
    tell(chain, key, action, events)
    chain.values[f"archive/{table}/{identity(chain, -1).hex()}"] = msgpack.packb(row)


def identity(chain: Chain, place: int) -> bytes:
    """The id of a record that waits, or of the one review in a block."""
    waits = chain.pending and place < 0
    body = chain.pending[place][1] if waits else msgpack.unpackb(chain.blocks[place][1][0])[1]
    return sha(b"linxin/v1/transaction-id\0" + body)


Change = Callable[[list[Any]], object]


def changed_counts(place: int, value: Any) -> list[Any]:
    return [*COUNTS[:place], value, *COUNTS[place + 1 :]]


def honest_files() -> tuple[bytes, bytes, bytes]:
    """(a listing's whole journal, a page of it, the genesis file)."""
    chain = shelf()
    return prove_listing(chain, SHELF, 0, 15), prove_listing(chain, SHELF, 1, 4), chain.genesis


def certified() -> dict[str, tuple[bytes, bytes, str]]:
    """What validators certify that no honest ones would: counts that the journal does not make, events out of shape."""
    found: dict[str, tuple[bytes, bytes, str]] = {}
    lies: dict[str, tuple[list[Any] | None, list[Any] | None, str]] = {
        "bad-rating-not-counted": (changed_counts(1, [0, 1, 0, 1, 2]), None, "completeness"),
        "hidden-one-more": (changed_counts(6, 1), None, "completeness"),
        "buyer-not-said-to-come-back": (changed_counts(5, 0), None, "completeness"),
        "claim-upheld-left-out": (changed_counts(13, [["opened", 1]]), None, "completeness"),
        "counts-too-few": (COUNTS[:13], None, "completeness"),
        "rating-of-nought": (None, ["reviewed", 0, 2, 0, "", 1, 0], "leaf"),
        "rating-true": (None, ["reviewed", True, 2, 0, "", 1, 0], "leaf"),
        "review-cut-short": (None, ["reviewed", 5, 10], "leaf"),
        "claim-without-an-end": (None, ["claim_counted"], "leaf"),
        "event-without-a-name": (None, [7], "leaf"),
    }
    for name, (counts, odd, kind) in lies.items():
        chain = shelf(counts, odd)
        found[f"listing-certified-{name}"] = (prove_listing(chain, SHELF, 0, 15), chain.genesis, kind)
    chain = shelf(changed_counts(0, 4))
    found["listing-certified-part-of-a-lie"] = (prove_listing(chain, SHELF, 0, 14), chain.genesis, "")
    found["listing-journal-honest"] = (prove_journal(chain, SUBJECT), chain.genesis, "")
    return found
