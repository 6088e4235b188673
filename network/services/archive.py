# ruff: noqa: N802  # the methods are named by the .proto
"""ArchiveService: listings, reviews, standing, leaders' records, moderation; all for anybody
(proto/linxin/v1/archive.proto).
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from google.protobuf.message import Message
from linxin.v1 import archive_pb2, archive_pb2_grpc

from ledger.block import Leaf
from ledger.context import Context
from ledger.crypto.encoding import encode
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.archive.state import (
    Listing,
    Review,
    altered,
    endorsements,
    listings,
    moderated,
    reviewers,
    reviews,
    scope_of,
    vouched,
)
from ledger.modules.registry.state import members, organisations
from ledger.modules.rewards.state import (
    LeaderRecord,
    Points,
    Title,
    leaders,
    points,
    points_key,
    title_key,
    titles,
)
from ledger.modules.rewards.state import vouched as vouching
from ledger.modules.trace.state import lots, products
from ledger.proof import prove_listing, prove_value
from ledger.proof.format import made_key
from ledger.proof.leaves import Leaves
from ledger.proof.remembered import Remembered
from ledger.storage.port import Snapshot
from network.chain import Chain
from network.errors import BadField, NotFound
from network.journals import Journals
from network.reads import Reads
from network.services.archived import (
    add_made,
    endorsement_message,
    listing_message,
    points_message,
    record_message,
    review_message,
    title_message,
)
from network.services.calls import Call, check_range, check_text, unary
from network.services.records import Described, Records, context_at

KEY_MAX = 120
NAME_MAX = 64
HEX_ID = 64
PAGE_MAX = 100
PAGE_DEFAULT = 20
VOUCHING_MAX = 20
ENDORSEMENTS_MAX = 64
POSITION_MAX = 1 << 62
REMEMBERED_BYTES_MAX = 16 << 20
"""Bytes of leaves that are kept for pages: those of some ten thousand reviews."""

_Q = TypeVar("_Q", bound=Message)
_R = TypeVar("_R", bound=Message)


class ArchiveService(archive_pb2_grpc.ArchiveServiceServicer):
    """Answers from what is final."""

    def __init__(self, genesis: Genesis, registry: Registry, chain: Chain, reads: Reads) -> None:
        self._genesis = genesis
        self._registry = registry
        self._chain = chain
        self._reads = reads
        self._leaves = Leaves(REMEMBERED_BYTES_MAX)

    @unary
    async def GetListing(
        self, request: archive_pb2.GetListingRequest, _context: Call
    ) -> archive_pb2.GetListingResponse:
        """A listing's counts."""
        return await self._read(self._get_listing, request)

    @unary
    async def ListReviews(
        self, request: archive_pb2.ListReviewsRequest, _context: Call
    ) -> archive_pb2.ListReviewsResponse:
        """A range of a listing's entries."""
        return await self._read(self._list_reviews, request)

    @unary
    async def GetReview(self, request: archive_pb2.GetReviewRequest, _context: Call) -> archive_pb2.GetReviewResponse:
        """One review."""
        return await self._read(_get_review, request)

    @unary
    async def GetStanding(
        self, request: archive_pb2.GetStandingRequest, _context: Call
    ) -> archive_pb2.GetStandingResponse:
        """What a key or a leader has earned."""
        return await self._read(_get_standing, request)

    @unary
    async def GetLeaderRecord(
        self, request: archive_pb2.GetLeaderRecordRequest, _context: Call
    ) -> archive_pb2.GetLeaderRecordResponse:
        """A leader's record."""
        return await self._read(_get_leader_record, request)

    @unary
    async def ListModeration(
        self, request: archive_pb2.ListModerationRequest, _context: Call
    ) -> archive_pb2.ListModerationResponse:
        """A page of a community's moderation log."""
        return await self._read(_list_moderation, request)

    async def _read(self, work: Callable[[Snapshot, Context, _Q], _R], request: _Q) -> _R:
        """The answer of `work`, computed beside the making of blocks."""
        return await self._reads.call(
            self._chain.snapshot, lambda stepped: work(stepped, context_at(stepped, self._genesis), request)
        )

    def _get_listing(
        self, snapshot: Snapshot, ctx: Context, request: archive_pb2.GetListingRequest
    ) -> archive_pb2.GetListingResponse:
        key = request.listing
        row, entries = _need_listing(snapshot, ctx, key)
        reply = archive_pb2.GetListingResponse(
            height=ctx.height, time_ms=ctx.time_ms, listing=listing_message(key, row, entries, self._registry.words)
        )
        if scope_of(key) == "community":
            product = key.partition("@")[0]
            for name, _ in vouching.scan(ctx, f"{key}/", limit=VOUCHING_MAX):
                identity = vouched.get(ctx, f"{name.removeprefix(f'{key}/')}/{product}")
                word = None if identity is None else endorsements.get(ctx, identity)
                if identity is not None and word is not None:
                    reply.endorsements.append(endorsement_message(identity, word))
        if request.include_proof:
            reply.proof = prove_value(snapshot, f"archive/listing/{key}")
        return reply

    def _list_reviews(
        self, snapshot: Snapshot, ctx: Context, request: archive_pb2.ListReviewsRequest
    ) -> archive_pb2.ListReviewsResponse:
        key, page_size = request.listing, _page_size(request.page_size, PAGE_MAX)
        row, entries = _need_listing(snapshot, ctx, key)
        start = check_range("$.start", request.start, 0, POSITION_MAX)
        if not request.HasField("start"):
            start = max(0, entries - page_size)
        end = max(start, min(start + page_size, entries))
        reply = archive_pb2.ListReviewsResponse(
            height=ctx.height,
            time_ms=ctx.time_ms,
            listing=listing_message(key, row, entries, self._registry.words),
            start=start,
            count=end - start,
        )
        if end > start and request.include_proof:
            reply.proof = prove_listing(snapshot, key, start, end, self._leaves, partial(self._row, snapshot, ctx))
        elif end > start:
            self._add_entries(snapshot, ctx, reply, start, end)
        return reply

    def _add_entries(
        self, snapshot: Snapshot, ctx: Context, reply: archive_pb2.ListReviewsResponse, start: int, end: int
    ) -> None:
        """Entries [start, end) and the rows of what they made."""
        described: Remembered[int, Described] = Remembered(0)
        records = Records(snapshot, self._genesis, self._registry, described)
        journals = Journals(snapshot)
        for index in snapshot.journal_entries(f"listing:{reply.listing.key}", start, end):
            leaf = journals.leaf(index)
            record = records.message(index, leaf)
            reply.records.append(record)
            made = made_key(record.action, record.transaction_id)
            if made is not None:
                add_made(ctx, reply, made, self._written(ctx, made, leaf))

    def _row(self, snapshot: Snapshot, ctx: Context, made: str, leaf: Leaf) -> bytes | None:
        """What stands under the state key of what a leaf made."""
        review = self._written(ctx, made, leaf)
        return snapshot.get(made.encode()) if review is None else encode(review)

    def _written(self, ctx: Context, made: str, leaf: Leaf) -> Review | None:
        """The review that a leaf made, if it still is as it was written: then nobody need look for its row."""
        _, table, identity = made.split("/")
        if table != "review" or altered.has(ctx, identity):
            return None
        body = self._registry.decode_body(leaf.body)
        return Review.written(body.action, body.algorithm, body.public_key, leaf.outcome[1])


def _page_size(asked: int, most: int) -> int:
    return check_range("$.page_size", asked, 0, most) or PAGE_DEFAULT


def _need_listing(snapshot: Snapshot, ctx: Context, key: str) -> tuple[Listing, int]:
    """(counts, entries of the journal); raises `BadField`, or `NotFound` where the listing cannot ever be."""
    check_text("$.listing", key, KEY_MAX)
    found = listings.get(ctx, key)
    if found is not None:
        return found, Journals(snapshot).size(f"listing:{key}")
    kind, _, name = key.partition("/")
    if kind == "farm":
        organisations.need(ctx, name, NotFound("organisation", name))
    elif kind == "lot":
        lots.need(ctx, name, NotFound("lot", name))
    else:
        product, at, community = key.partition("@")
        if not at:
            raise BadField("$.listing", "expected <product>@<community>, <product>@, lot/<lot> or farm/<organisation>")
        products.need(ctx, product, NotFound("product", product))
        if community:
            organisations.need(ctx, community, NotFound("community", community))
    return Listing(), 0


def _hex_id(path: str, value: str) -> str:
    if len(value) != HEX_ID or not set(value) <= set("0123456789abcdef"):
        raise BadField(path, f"expected {HEX_ID} hex digits")
    return value


def _get_review(
    snapshot: Snapshot, ctx: Context, request: archive_pb2.GetReviewRequest
) -> archive_pb2.GetReviewResponse:
    identity = _hex_id("$.review", request.review)
    row = reviews.need(ctx, identity, NotFound("review", identity))
    reply = archive_pb2.GetReviewResponse(height=ctx.height, time_ms=ctx.time_ms, review=review_message(identity, row))
    if request.include_proof:
        reply.proof = prove_value(snapshot, f"archive/review/{identity}")
    return reply


def _get_standing(
    _snapshot: Snapshot, ctx: Context, request: archive_pb2.GetStandingRequest
) -> archive_pb2.GetStandingResponse:
    community = check_text("$.community", request.community, NAME_MAX)
    organisations.need(ctx, community, NotFound("community", community))
    reply = archive_pb2.GetStandingResponse(height=ctx.height, time_ms=ctx.time_ms, community=community)
    title: Title
    if request.WhichOneof("holder") == "member":
        title, holder = "recommender", check_text("$.member", request.member, NAME_MAX)
        members.need(ctx, holder, NotFound("member", holder))
    else:
        check_range("$.public_key.length", len(request.public_key), 32, 33)
        title, holder = "taster", request.public_key.hex()
        reply.points.CopyFrom(points_message(points.get(ctx, points_key(community, holder)) or Points()))
        said = reviewers.get(ctx, holder)
        if said is not None and said.community == community:
            reply.reviews, reply.photos, reply.upheld = said.reviews, said.photos, said.upheld
    held = titles.get(ctx, title_key(title, community, holder))
    if held is not None:
        reply.titles.append(title_message(title, held))
    return reply


def _get_leader_record(
    _snapshot: Snapshot, ctx: Context, request: archive_pb2.GetLeaderRecordRequest
) -> archive_pb2.GetLeaderRecordResponse:
    name = check_text("$.member", request.member, NAME_MAX)
    member = members.need(ctx, name, NotFound("member", name))
    limit, after = _page_size(request.page_size, ENDORSEMENTS_MAX), request.page_token
    if after:
        check_text("$.page_token", after, KEY_MAX)
    row, community = leaders.get(ctx, name) or LeaderRecord(), member.organisation
    reply = archive_pb2.GetLeaderRecordResponse(
        height=ctx.height, time_ms=ctx.time_ms, member=name, community=community, record=record_message(row)
    )
    held = titles.get(ctx, title_key("recommender", community, name))
    if held is not None:
        reply.titles.append(title_message("recommender", held))
    found = vouched.scan(ctx, f"{name}/", after=f"{name}/{after}" if after else None, limit=limit + 1)
    for _, identity in found[:limit]:
        word = endorsements.get(ctx, identity)
        if word is not None:
            reply.endorsements.append(endorsement_message(identity, word))
    if len(found) > limit:
        reply.next_page_token = found[limit - 1][0].removeprefix(f"{name}/")
    return reply


def _list_moderation(
    _snapshot: Snapshot, ctx: Context, request: archive_pb2.ListModerationRequest
) -> archive_pb2.ListModerationResponse:
    community = check_text("$.community", request.community, NAME_MAX)
    organisations.need(ctx, community, NotFound("community", community))
    limit, after = _page_size(request.page_size, PAGE_MAX), request.page_token
    if after:
        check_text("$.page_token", after, NAME_MAX)
    reply = archive_pb2.ListModerationResponse(height=ctx.height, time_ms=ctx.time_ms)
    prefix = f"{community}/"
    found = moderated.scan(ctx, prefix, after=f"{prefix}{after}" if after else None, limit=limit + 1)
    for place, identity in found[:limit]:
        row = reviews.get(ctx, identity)
        assert row is not None, f"the log of {community} names the unknown review {identity}"
        height = int(place.removeprefix(prefix).partition("-")[0])
        reply.entries.add(height=height, review=review_message(identity, row))
    if len(found) > limit:
        reply.next_page_token = found[limit - 1][0].removeprefix(prefix)
    return reply
