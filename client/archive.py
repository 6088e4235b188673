"""Reading the trust archive: a listing's counts, its entries by proven ranges, standing, leaders' records, moderation.

What is said of completeness is proven: a range of a listing's journal holds everything between its first and last
entry, and filtering is done here, over such ranges. All else is what a node says; the state keys in archive.proto name
the rows that prove it. Every function raises `Remote`, `Unreachable`, `WrongNetwork`; those that check proofs
`InvalidProof`.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message as Protobuf
from linxin.v1 import archive_pb2, ledger_pb2

from client.connection import Connection
from client.recount import check_recount, plain_row, read_listing, recount
from client.verified import InvalidProof, VerifiedProof, VerifiedRecord
from client.verify import verify_proof
from ledger.crypto.encoding import Malformed, Message, decode
from ledger.modules.archive.state import Endorsement, Listing, Review, Visit
from ledger.proof.format import ListingClaim, ValueClaim, decode_journal_head, made_key

RANGE_MAX = 100
"""Entries that one answer holds."""

PROOF_TIMEOUT_S = 120.0

_Answer = TypeVar("_Answer", bound=Protobuf)
_ROWS: dict[str, type[Message]] = {"review": Review, "visit": Visit, "endorsement": Endorsement}

Row = Review | Visit | Endorsement


class Entry(NamedTuple):
    """One proven entry of a listing's journal: its position, its record, and the present row of what it made."""

    position: int
    record: VerifiedRecord
    row: Row | None

    @property
    def identity(self) -> str:
        """Hex id of its record; empty for what a timer did."""
        return self.record.transaction_id.hex()


@dataclass(frozen=True)
class Range:
    """Entries [start, start + len(entries)) of a listing as of a certificate, proven to be all that stand there.

    `counts` and `size` are those of the whole listing; `file` is the proof.
    """

    listing: str
    counts: Listing
    size: int
    start: int
    entries: tuple[Entry, ...]
    verified: VerifiedProof
    file: bytes

    @property
    def end(self) -> int:
        """The position after the last entry."""
        return self.start + len(self.entries)


@dataclass(frozen=True)
class Filter:
    """Which reviews a reader wants: of these ratings (empty: all), with all of these tags, with photos."""

    ratings: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    photos: bool = False

    def takes(self, row: Row | None) -> bool:
        """Whether it is a review, and one of those."""
        if not isinstance(row, Review):
            return False
        rated = not self.ratings or row.rating in self.ratings
        return rated and self.tags <= frozenset(row.tags) and (not self.photos or bool(row.photos))


class Found(NamedTuple):
    """What a search backwards over proven ranges came to: the entries wanted, newest first; how many entries were
    looked at, down to the position `reached`; the range looked at first, with the counts (None: the listing is empty).
    """

    entries: list[Entry]
    looked_at: int
    reached: int
    first: Range | None


def read_range(data: bytes, genesis: bytes, listing: str) -> Range:
    """The range that a proof file of a listing holds. Raises `InvalidProof`, also where it is about something else."""
    verified = verify_proof(data, genesis)
    claim = verified.claim
    if not isinstance(claim, ListingClaim) or claim.listing != listing:
        raise InvalidProof("claim", "$.claim", f"not a range of the listing {listing}")
    section = verified.sections[claim.subject]
    entries = tuple(
        Entry(claim.start + place, record, _row_of(verified, record)) for place, record in enumerate(section.records)
    )
    counts = read_listing(section.row)
    return Range(listing, counts, section.size, claim.start, entries, verified, data)


def _row_of(verified: VerifiedProof, record: VerifiedRecord) -> Row | None:
    """The present row of what a record made."""
    key = made_key(record.tag, record.transaction_id)
    if key is None:
        return None
    try:
        found = decode(verified.rows[key], _ROWS[key.split("/")[1]])
    except (Malformed, KeyError) as error:
        raise InvalidProof("state", "$.values", f"no row that can be read under {key} ({error})") from None
    assert isinstance(found, Review | Visit | Endorsement)
    return found


async def fetch_range(
    connection: Connection, genesis: bytes, listing: str, start: int | None = None, count: int = RANGE_MAX
) -> Range | None:
    """Entries [start, start + count) of a listing, fewer at its end, checked; start None: the newest. None: none there.

    Requires 0 < count <= RANGE_MAX.
    """
    request = archive_pb2.ListReviewsRequest(listing=listing, start=start, page_size=count, include_proof=True)
    answer = await _ask(connection, "ListReviews", request, archive_pb2.ListReviewsResponse)
    if not answer.count:
        await _check_nothing(connection, genesis, listing, start or 0)
        return None
    found = read_range(answer.proof, genesis, listing)
    if len(found.entries) > count or (start is not None and found.start != start):
        raise InvalidProof("claim", "$.claim", f"not the entries from {start} on that were asked for")
    if len(found.entries) < count and found.end < found.size and start is not None:
        raise InvalidProof("claim", "$.claim", f"fewer than the {count} entries that were asked for")
    if start is None and found.end != found.size:
        raise InvalidProof("claim", "$.claim", "not the newest entries")
    return found


async def _check_nothing(connection: Connection, genesis: bytes, listing: str, start: int) -> None:
    """Raise `InvalidProof` unless a listing proves to have no entries from `start` on."""
    key = f"archive/listing/{listing}"
    request = ledger_pb2.GetProofRequest(value=ledger_pb2.ValueProof(key=key))
    answer = await connection.call(lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse)
    claim = verify_proof(answer.file, genesis).claim
    if not isinstance(claim, ValueClaim) or claim.key != key:
        raise InvalidProof("claim", "$.claim", f"not the value of {key}")
    if claim.value is not None and decode_journal_head(claim.value).size > start:
        raise InvalidProof("completeness", "$", f"entries from {start} on are withheld")


async def search(
    connection: Connection,
    genesis: bytes,
    listing: str,
    wanted: Callable[[Entry], bool],
    *,
    limit: int,
    before: int | None = None,
    look_at_max: int | None = None,
) -> Found:
    """The newest entries that are `wanted`, among those before a position (None: all), over proven ranges.

    It looks at no more than `look_at_max` entries, and stops when `limit` are found.
    """
    found: list[Entry] = []
    first = part = await fetch_range(connection, genesis, listing, *_run_before(before))
    looked_at, reached = 0, 0 if before is None else before
    while part is not None:
        for entry in reversed(part.entries):
            looked_at, reached = looked_at + 1, entry.position
            if wanted(entry):
                found.append(entry)
            if len(found) >= limit or looked_at == look_at_max:
                return Found(found, looked_at, reached, first)
        if part.start == 0:
            break
        part = await fetch_range(connection, genesis, listing, *_run_before(part.start))
    return Found(found, looked_at, reached, first)


def _run_before(before: int | None) -> tuple[int | None, int]:
    """(start, count) of the range that ends at a position; (None, RANGE_MAX): the newest."""
    if before is None:
        return None, RANGE_MAX
    start = max(0, before - RANGE_MAX)
    return start, max(1, before - start)


async def walk(connection: Connection, genesis: bytes, listing: str) -> AsyncIterator[Range]:
    """All of a listing, range by range from its first entry, checked: the ranges meet, and with the last the whole is
    counted again. Raises `InvalidProof` where the certified counts are not those of the journal.
    """
    counted, at = Listing(), 0
    while (part := await fetch_range(connection, genesis, listing, at, RANGE_MAX)) is not None:
        counted = recount(listing, (entry.record for entry in part.entries), counted)
        at = part.end
        if at == part.size:
            check_recount(listing, plain_row(part.counts), (), counted)
        yield part
        if at == part.size:
            return


async def prove_range(
    connection: Connection, genesis: bytes, listing: str, start: int = 0, end: int | None = None
) -> Range:
    """Entries [start, end) of a listing (None: to its end) in one proof file, checked."""
    request = ledger_pb2.GetProofRequest(listing=ledger_pb2.ListingProof(listing=listing, start=start, end=end))
    answer = await connection.call(
        lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse, timeout_s=PROOF_TIMEOUT_S
    )
    found = read_range(answer.file, genesis, listing)
    if (found.start, found.end) != (start, found.size if end is None else end):
        raise InvalidProof("claim", "$.claim", f"not the entries from {start} on that were asked for")
    return found


async def get_listing(connection: Connection, listing: str) -> archive_pb2.GetListingResponse:
    """A listing's counts and who vouches now, as a node tells them."""
    request = archive_pb2.GetListingRequest(listing=listing)
    return await _ask(connection, "GetListing", request, archive_pb2.GetListingResponse)


async def get_review(connection: Connection, review: str) -> archive_pb2.Review:
    """A review by its hex id."""
    request = archive_pb2.GetReviewRequest(review=review)
    return (await _ask(connection, "GetReview", request, archive_pb2.GetReviewResponse)).review


async def get_standing(
    connection: Connection, community: str, *, public_key: bytes = b"", member: str = ""
) -> archive_pb2.GetStandingResponse:
    """What a per-community key, or a leader, has earned."""
    request = archive_pb2.GetStandingRequest(community=community)
    if member:
        request.member = member
    else:
        request.public_key = public_key
    return await _ask(connection, "GetStanding", request, archive_pb2.GetStandingResponse)


async def get_leader_record(connection: Connection, member: str) -> archive_pb2.GetLeaderRecordResponse:
    """A leader's record with all of her latest endorsements."""
    request = archive_pb2.GetLeaderRecordRequest(member=member)
    whole = await _ask(connection, "GetLeaderRecord", request, archive_pb2.GetLeaderRecordResponse)
    while whole.next_page_token:
        request.page_token = whole.next_page_token
        page = await _ask(connection, "GetLeaderRecord", request, archive_pb2.GetLeaderRecordResponse)
        whole.endorsements.extend(page.endorsements)
        whole.next_page_token = page.next_page_token
    return whole


async def list_moderation(connection: Connection, community: str) -> AsyncIterator[archive_pb2.ModerationEntry]:
    """A community's moderation log, oldest first."""
    request = archive_pb2.ListModerationRequest(community=community, page_size=RANGE_MAX)
    while True:
        page = await _ask(connection, "ListModeration", request, archive_pb2.ListModerationResponse)
        for entry in page.entries:
            yield entry
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


async def _ask(connection: Connection, method: str, request: Any, answer: type[_Answer]) -> _Answer:
    return await connection.call(lambda to: getattr(to.archive, method), request, answer)
