"""Counts a listing of the trust archive again, from the leaves of its whole journal: what its row says must be that.

The stand-alone verifier does the same without the ledger's code (docs/PROOF.md §9.5).
"""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from client.verified import InvalidProof, VerifiedRecord
from ledger.crypto.encoding import Malformed, Message, decode, encode
from ledger.modules.archive.messages import Rating, Recommend
from ledger.modules.archive.state import COUNTING, Listing, tally

ROW_SIZE_MAX = 1 << 20


class _Reviewed(Message):
    """The fields of the event `reviewed`."""

    rating: Rating
    recommend: Recommend
    pictured: Annotated[int, Meta(ge=0, le=1)]
    tags: str
    first: Annotated[int, Meta(ge=0, le=1)]
    again: Annotated[int, Meta(ge=0, le=1)]


_FIELDS: dict[str, Any] = {"reviewed": _Reviewed, "claim_counted": tuple[str]}
"""What counting events must bring to be counted; those not named bring nothing that counts."""


def recount(listing: str, records: Iterable[VerifiedRecord], row: Listing | None = None) -> Listing:
    """The counts of a listing after the records, of which it had counted `row` before. Raises `InvalidProof`."""
    counted = row or Listing()
    for record in records:
        for event in record.details:
            counted = _count(listing, counted, event)
    return counted


def _count(listing: str, row: Listing, event: Any) -> Listing:
    match event:
        case [str(name), *fields] if name in COUNTING:
            try:
                msgspec.convert(fields, _FIELDS.get(name, list[Any]), strict=True)
            except msgspec.ValidationError as error:
                raise InvalidProof("leaf", "$.leaves", f"an event {name} that cannot be counted ({error})") from None
            return tally(listing, row, name, *fields)
        case [str(), *_]:
            return row
        case _:
            raise InvalidProof("leaf", "$.leaves", "an event without a name")


def check_recount(listing: str, row: Any, records: Iterable[VerifiedRecord], before: Listing | None = None) -> None:
    """Raise `InvalidProof` unless an undecoded certified row shows what the whole journal's records make, of which
    `before` is counted already.
    """
    if plain_row(recount(listing, records, before)) != row:
        raise InvalidProof("completeness", "$.sections[0]", "the certified counts are not those of the journal")


def plain_row(row: Listing) -> Any:
    """A row as an undecoded value, as proofs show it."""
    return msgspec.msgpack.decode(encode(row))


def read_listing(row: Any) -> Listing:
    """The counts in an undecoded certified row. Raises `InvalidProof`."""
    try:
        return decode(encode(row), Listing, limit=ROW_SIZE_MAX)
    except Malformed as error:
        raise InvalidProof("state", "$.sections[0].value", str(error)) from None
