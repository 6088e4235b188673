"""What the rules of the archive share: counting in listings, and rows that must be there.

Nothing changes a listing's counts but `count`: one event, applied to every listing that the record names. So a record
counts for all its listings or for none, and whoever has a listing's journal can count again.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.archive.errors import NotReviewer, ReviewStateRefused, ReviewUnknown, VisitUnknown
from ledger.modules.archive.state import (
    REVIEW_TRANSITIONS,
    Listing,
    Review,
    Visit,
    altered,
    listings,
    reviews,
    tally,
    visits,
)

if TYPE_CHECKING:
    from ledger.context import Context

RULES = Rules()
"""Rules `(ports, ctx, action)` and timers `(ports, ctx, timer)`; bound to the ports when the module is made."""


def count(ctx: "Context", keys: Iterable[str], role: str) -> None:
    """Let the event that was stated last, a counting one, count in the listings `keys`, which are all that the record
    names. `role`: what the record is to them.
    """
    name, *fields = ctx.events[-1]
    assert isinstance(name, str), name
    for key in keys:
        listings.put(ctx, key, tally(key, listings.get(ctx, key) or Listing(), name, *fields), role)


def enter(ctx: "Context", keys: Iterable[str], role: str) -> None:
    """Enter the record into the journals of listings without counting anything."""
    for key in keys:
        listings.put(ctx, key, listings.get(ctx, key) or Listing(), role)


def need_review(ctx: "Context", review: bytes) -> tuple[str, Review]:
    """(hex id, review); raises `ReviewUnknown`."""
    identity = review.hex()
    return identity, reviews.need(ctx, identity, ReviewUnknown(identity))


def need_own(ctx: "Context", review: bytes) -> tuple[str, Review]:
    """(hex id, review) of a review that was written under the key that signed; raises `ReviewUnknown` or
    `NotReviewer`.
    """
    identity, row = need_review(ctx, review)
    own = (row.algorithm, row.public_key) == (ctx.signer.algorithm, ctx.signer.public_key)
    ctx.require(own, NotReviewer(identity))
    return identity, row


def alter_review(ctx: "Context", review: str, row: Review) -> None:
    """Put a review that is not as it was written any more."""
    assert not row.is_as_written, review
    reviews.put(ctx, review, row)
    if not altered.has(ctx, review):
        altered.put(ctx, review, True)


def step_review(review: str, row: Review, event: str) -> Review:
    """The review after `event`; raises `ReviewStateRefused` where the table has no such step."""
    state = REVIEW_TRANSITIONS[row.state].get(event)
    if state is None:
        raise ReviewStateRefused(review, row.state, event)
    return replace(row, state=state)


def need_visit(ctx: "Context", visit: bytes) -> tuple[str, Visit]:
    """(hex id, visit); raises `VisitUnknown`."""
    identity = visit.hex()
    return identity, visits.need(ctx, identity, VisitUnknown(identity))
