"""The trust archive as a real node serves it: counts, pages, rows, proofs, nothing restricted; and by commands."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner
from linxin.v1 import archive_pb2, archive_pb2_grpc, ledger_pb2

from cli.main import main
from client import archive as reading
from client.archive import Filter
from client.connection import Connection, Metadata, signed_request
from client.verified import InvalidProof
from ledger.crypto.signing import SigningKey
from ledger.modules.archive.state import Endorsement, Review, Visit, farm_listing, product_listing
from ledger.modules.archive.state import listings as listings_table
from tests.archive.world import BERRY, CAMPAIGN, shown
from tests.network.nodes import Network, refusal_of
from tests.network.remembered import HERE, LOT, RATINGS, Told, serve, tell
from tests.proof.test_mutations import standalone
from tests.registry.chain import key_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("archive")]

SHELVES = (HERE, product_listing(BERRY), farm_listing("farm"), LOT)
ROLES = ("nobody", "farm", "platform", "mei", "garden", "court", "watch", "stranger", "reviewer", "buyer")
Served = tuple[Told, Network]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The told archive, and an observer that serves it."""
    home = tmp_path_factory.mktemp("archive")
    (home / "data").mkdir()
    world = tell(home / "data" / "ledger")
    network = serve(world, home)
    network.start()
    yield world, network
    assert network.stop() == 0, network.log()


@pytest.fixture
async def connection(served: Served) -> AsyncIterator[Connection]:
    network = served[1]
    async with Connection([network.address], None, network.chain_id) as made:
        yield made


@pytest.fixture
async def stub(served: Served) -> AsyncIterator["archive_pb2_grpc.ArchiveServiceAsyncStub"]:
    async with served[1].channel() as channel:
        yield archive_pb2_grpc.ArchiveServiceStub(channel)


def counts(row: archive_pb2.Listing) -> dict[str, int]:
    """A listing as it was told, by the names of `shown`."""
    names = ("reviews", "photos", "reviewers", "returning", "hidden", "erased", "visits", "endorsements")
    found = {name: getattr(row, name) for name in (*names, "withdrawn", "excursions")}
    found |= {f"rating {number}": count for number, count in enumerate(row.ratings, 1)}
    found |= {f"nps {number}": count for number, count in enumerate(row.recommends)}
    found |= {f"tag {tally.name}": tally.count for tally in row.tags}
    found |= {f"claim {tally.name}": tally.count for tally in row.claims}
    return {name: count for name, count in found.items() if count}


@pytest.mark.parametrize("shelf", SHELVES)
async def test_counts_are_those_of_the_state(connection: Connection, served: Served, shelf: str) -> None:
    told = await reading.get_listing(connection, shelf)
    row = served[0].listing(shelf)
    assert row.reviews == len(RATINGS)
    assert counts(told.listing) == shown(row)
    vouching = [word.leader for word in told.endorsements]
    assert vouching == (["mei"] if shelf == HERE else [])


async def test_what_was_never_sold_is_empty_and_what_is_not_there_is_not_found(connection: Connection) -> None:
    for shelf in (farm_listing("hub"), f"{BERRY}@orchard"):
        told = await reading.get_listing(connection, shelf)
        assert (counts(told.listing), told.listing.entries) == ({}, 0)


@pytest.mark.parametrize("size", [1, 4, 100])
async def test_pages_hold_everything_once(stub: Any, served: Served, size: int) -> None:
    world, start, records, made = served[0], 0, list[str](), list[str]()
    while True:
        request = archive_pb2.ListReviewsRequest(listing=HERE, start=start, page_size=size)
        page = await stub.ListReviews(request, timeout=10)
        assert (page.start, page.count) == (start, len(page.records))
        assert not page.proof
        if not page.count:
            break
        assert page.count <= size
        records += [record.action for record in page.records]
        made += [each.id for each in (*page.reviews, *page.visits, *page.endorsements)]
        start += page.count
    assert start == page.listing.entries == 15
    assert records.count("archive.review") == len(RATINGS)
    assert set(made) >= {each.hex() for each in (*world.reviews, world.visit_id, world.endorsement)}
    assert len(made) == len(set(made)) == len(RATINGS) + 3


async def test_without_a_start_the_newest_come(stub: Any) -> None:
    page = await stub.ListReviews(archive_pb2.ListReviewsRequest(listing=HERE, page_size=2), timeout=10)
    assert (page.start, page.count) == (13, 2)
    assert [record.action for record in page.records] == ["archive.visit", "archive.endorse"]
    whole = await stub.ListReviews(archive_pb2.ListReviewsRequest(listing=HERE), timeout=10)
    assert (whole.start, whole.count) == (0, 15)


async def test_a_review_tells_how_it_stands(stub: Any, served: Served) -> None:
    first, restored, hidden, erased, plain = [each.hex() for each in served[0].reviews]
    found = {}
    for identity in (first, restored, hidden, erased, plain):
        request = archive_pb2.GetReviewRequest(review=identity, include_proof=True)
        answer = await stub.GetReview(request, timeout=10)
        claim = standalone.verify_proof(answer.proof, standalone.Genesis(served[1].genesis))["claim"]
        assert claim[1] == f"archive/review/{identity}"
        found[identity] = answer.review
    assert [len(each.additions) for each in found.values()] == [1, 0, 0, 0, 0]
    assert [each.state for each in found.values()] == ["shown", "restored", "hidden", "shown", "shown"]
    assert [each.concealed for each in found.values()] == [False, False, True, False, False]
    assert found[erased].HasField("erased_ms")
    (hiding,) = found[restored].hidings
    assert (hiding.by, hiding.rule, hiding.decided_by, hiding.upheld) == ("garden", 2, "court", False)
    (hiding,) = found[hidden].hidings
    assert (hiding.by, hiding.rule_zh, hiding.HasField("upheld")) == ("platform", "广告", False)


@pytest.mark.parametrize("shelf", SHELVES)
async def test_pages_show_reviews_as_they_stand(stub: Any, served: Served, shelf: str) -> None:
    page = await stub.ListReviews(archive_pb2.ListReviewsRequest(listing=shelf, page_size=100), timeout=10)
    rows = [await stub.GetReview(archive_pb2.GetReviewRequest(review=each.id), timeout=10) for each in page.reviews]
    assert list(page.reviews) == [row.review for row in rows]
    assert [each.id for each in page.reviews] == [each.hex() for each in served[0].reviews]
    told = [(each.state, len(each.additions), each.HasField("erased_ms")) for each in page.reviews]
    as_written = ("shown", 0, False)
    assert told == [("shown", 1, False), ("restored", 0, False), ("hidden", 0, False), ("shown", 0, True), as_written]


@pytest.mark.parametrize("shelf", SHELVES)
async def test_the_proof_of_a_page_is_the_one_that_is_made_of_the_rows_themselves(
    connection: Connection, stub: Any, shelf: str
) -> None:
    page = archive_pb2.ListReviewsRequest(listing=shelf, start=0, page_size=100, include_proof=True)
    told = await stub.ListReviews(page, timeout=10)
    listing = ledger_pb2.ListingProof(listing=shelf, start=0, end=told.count)
    request = ledger_pb2.GetProofRequest(listing=listing)
    made = await connection.call(lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse)
    assert told.proof == made.file


async def test_standing_and_record(connection: Connection, served: Served) -> None:
    world = served[0]
    standing = await reading.get_standing(connection, "garden", public_key=world.member("0").public_key)
    points = standing.points
    assert points.earned == points.balance + points.spent > 0
    assert (standing.reviews, standing.photos, standing.upheld) == (1, 1, 0)
    plain = await reading.get_standing(connection, "garden", public_key=world.member("4").public_key)
    assert 0 < plain.points.earned < points.earned, "a photo earns more, a rating does not"
    nobody = await reading.get_standing(connection, "garden", public_key=bytes(32))
    assert (nobody.points.earned, nobody.reviews, len(nobody.titles)) == (0, 0, 0)
    assert not (await reading.get_standing(connection, "garden", member="mei")).titles
    leader = await reading.get_leader_record(connection, "mei")
    assert (leader.community, leader.record.visits, leader.record.endorsements) == ("garden", 1, 1)
    assert [word.id for word in leader.endorsements] == [world.endorsement.hex()]


async def test_the_moderation_log_comes_in_pages(connection: Connection, stub: Any, served: Served) -> None:
    log = [entry async for entry in reading.list_moderation(connection, "garden")]
    assert [entry.review.id for entry in log] == [each.hex() for each in served[0].reviews[1:3]]
    assert [entry.review.hidings[0].hidden_ms for entry in log] == sorted(e.review.hidings[0].hidden_ms for e in log)
    first = await stub.ListModeration(archive_pb2.ListModerationRequest(community="garden", page_size=1), timeout=10)
    assert (len(first.entries), bool(first.next_page_token)) == (1, True)
    again = archive_pb2.ListModerationRequest(community="garden", page_token=first.next_page_token)
    assert [entry.review.id for entry in (await stub.ListModeration(again, timeout=10)).entries] == [log[1].review.id]
    assert not [entry async for entry in reading.list_moderation(connection, "orchard")]


A = archive_pb2
BAD: dict[str, tuple[str, Any, int, str]] = {
    "no key": ("GetListing", A.GetListingRequest(), 120, "$.listing"),
    "key too long": ("GetListing", A.GetListingRequest(listing="x" * 121), 120, "$.listing"),
    "key of no form": ("ListReviews", A.ListReviewsRequest(listing="berries"), 120, "$.listing"),
    "product unknown": ("ListReviews", A.ListReviewsRequest(listing="09521234000999@"), 121, ""),
    "community unknown": ("GetListing", A.GetListingRequest(listing=f"{BERRY}@nowhere"), 121, ""),
    "lot unknown": ("GetListing", A.GetListingRequest(listing="lot/none"), 121, ""),
    "farm unknown": ("GetListing", A.GetListingRequest(listing="farm/"), 121, ""),
    "page too large": ("ListReviews", A.ListReviewsRequest(listing=HERE, page_size=101), 120, "$.page_size"),
    "start too large": ("ListReviews", A.ListReviewsRequest(listing=HERE, start=2**63), 120, "$.start"),
    "review not hex": ("GetReview", A.GetReviewRequest(review="x" * 64), 120, "$.review"),
    "review unknown": ("GetReview", A.GetReviewRequest(review="0" * 64), 121, ""),
    "no community": ("GetStanding", A.GetStandingRequest(public_key=bytes(32)), 120, "$.community"),
    "no holder": ("GetStanding", A.GetStandingRequest(community="garden"), 120, "$.public_key.length"),
    "leader unknown": ("GetLeaderRecord", A.GetLeaderRecordRequest(member="nobody"), 121, ""),
    "log of nobody": ("ListModeration", A.ListModerationRequest(community="nowhere"), 121, ""),
    "log too large": ("ListModeration", A.ListModerationRequest(community="garden", page_size=101), 120, "$.page_size"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_requests_are_named(stub: Any, name: str) -> None:
    method, request, number, path = BAD[name]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(stub, method)(request, timeout=10)
    refusal = refusal_of(caught.value)
    assert (refusal.number, refusal.path) == (number, path)


def role_key(world: Told, role: str) -> SigningKey:
    """The key that a role asks with."""
    if role == "reviewer":
        return world.member("0")
    return world.buyer(f"{CAMPAIGN} 0") if role == "buyer" else key_of(role)


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_is_told_the_same_and_nothing_restricted(stub: Any, served: Served, role: str) -> None:
    world, network = served
    asked: list[tuple[str, Any]] = [
        ("GetListing", A.GetListingRequest(listing=HERE, include_proof=True)),
        ("ListReviews", A.ListReviewsRequest(listing=HERE, page_size=100)),
        ("ListReviews", A.ListReviewsRequest(listing=LOT, page_size=100, include_proof=True)),
        ("GetReview", A.GetReviewRequest(review=world.reviews[0].hex(), include_proof=True)),
        ("GetStanding", A.GetStandingRequest(community="garden", public_key=world.member("0").public_key)),
        ("GetLeaderRecord", A.GetLeaderRecordRequest(member="mei")),
        ("ListModeration", A.ListModerationRequest(community="garden")),
    ]
    orders = [bytes.fromhex(world.order(f"{CAMPAIGN} {number}")) for number in range(6)]
    keys = [world.buyer(f"{CAMPAIGN} {number}").public_key for number in range(6)]
    assert {method for method, _ in asked} == {
        method.name for method in A.DESCRIPTOR.services_by_name["ArchiveService"].methods
    }
    for method, request in asked:
        metadata: Metadata = ()
        if role != "nobody":
            key = role_key(world, role)
            metadata = signed_request(key, network.chain_id, f"/linxin.v1.ArchiveService/{method}", request)()
        answer = await getattr(stub, method)(request, timeout=10, metadata=metadata)
        assert answer == await getattr(stub, method)(request, timeout=10)
        raw = answer.SerializeToString()
        for secret in (*orders, *keys):
            assert secret not in raw
            assert secret.hex().encode() not in raw


# Proven ranges, and servers that lie.


async def test_ranges_join_and_the_whole_is_counted_again(connection: Connection, served: Served) -> None:
    world, network = served
    for shelf in SHELVES:
        ranges = [part async for part in reading.walk(connection, network.genesis, shelf)]
        assert ranges[-1].end == ranges[-1].size
        assert ranges[-1].counts == listings_table.get(world.context(), shelf)
        whole = await reading.prove_range(connection, network.genesis, shelf)
        assert whole.entries == tuple(entry for part in ranges for entry in part.entries)
        found = standalone.verify_proof(whole.file, standalone.Genesis(network.genesis))
        assert (found["subjects"], found["records"]) == ([f"listing:{shelf}"], whole.size)
    empty = [part async for part in reading.walk(connection, network.genesis, farm_listing("hub"))]
    assert empty == []


async def test_a_search_says_over_how_many_of_how_many(connection: Connection, served: Served) -> None:
    world, network = served

    async def find(wanted: Filter, **more: Any) -> reading.Found:
        more = {"limit": 10} | more
        return await reading.search(connection, network.genesis, HERE, lambda each: wanted.takes(each.row), **more)

    bad = await find(Filter(ratings=frozenset({1, 2})))
    assert [entry.identity for entry in bad.entries] == [world.reviews[4].hex(), world.reviews[1].hex()]
    assert (bad.looked_at, bad.reached) == (15, 0)
    assert [entry.position for entry in (await find(Filter(photos=True, tags=frozenset({"sweet"})))).entries] == [3, 0]
    first = await find(Filter(), limit=2)
    assert ([entry.position for entry in first.entries], first.looked_at, first.reached) == ([4, 3], 12, 3)
    rest = await find(Filter(), before=first.reached)
    assert ([entry.position for entry in rest.entries], rest.looked_at, rest.reached) == ([2, 1, 0], 3, 0)
    short = await find(Filter(), look_at_max=4)
    assert (short.entries, short.looked_at, short.reached) == ([], 4, 11)
    with_rows = await reading.search(connection, network.genesis, HERE, lambda entry: entry.row is not None, limit=10)
    assert {type(entry.row) for entry in with_rows.entries} == {Review, Visit, Endorsement}


async def test_ranges_beyond_a_page_are_read_in_several(
    connection: Connection, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RANGE_MAX", 4)
    genesis = served[1].genesis
    ranges = [part async for part in reading.walk(connection, genesis, HERE)]
    assert [(part.start, part.end) for part in ranges] == [(0, 4), (4, 8), (8, 12), (12, 15)]
    found = await reading.search(connection, genesis, HERE, lambda entry: isinstance(entry.row, Review), limit=10)
    assert ([entry.position for entry in found.entries], found.looked_at) == ([4, 3, 2, 1, 0], 15)


Lie = Callable[[Connection, Any, Any], Awaitable[Any]]


async def of_another(connection: Connection, _request: Any, answer: Any) -> Any:
    other = A.ListReviewsRequest(listing=LOT, start=answer.start, page_size=100, include_proof=True)
    return await connection.here().archive.ListReviews(other, timeout=10)


async def shortened(connection: Connection, request: Any, _answer: Any) -> Any:
    request.page_size = 2
    return await connection.here().archive.ListReviews(request, timeout=10)


async def moved(connection: Connection, request: Any, _answer: Any) -> Any:
    request.start = 2
    return await connection.here().archive.ListReviews(request, timeout=10)


async def denied(_connection: Connection, _request: Any, _answer: Any) -> Any:
    return archive_pb2.ListReviewsResponse()


async def unproven(_connection: Connection, _request: Any, answer: Any) -> Any:
    answer.proof = b""
    return answer


@pytest.mark.parametrize("lie", [of_another, shortened, moved, denied, unproven])
async def test_a_server_that_lies_is_found(
    connection: Connection, served: Served, monkeypatch: pytest.MonkeyPatch, lie: Lie
) -> None:
    honest = connection.call

    async def lying(pick: Any, request: Any, answer: Any, **more: Any) -> Any:
        found = await honest(pick, request, answer, **more)
        copy = type(request)()
        copy.CopyFrom(request)
        return await lie(connection, copy, found) if isinstance(request, archive_pb2.ListReviewsRequest) else found

    monkeypatch.setattr(connection, "call", lying)
    with pytest.raises(InvalidProof):
        await reading.fetch_range(connection, served[1].genesis, HERE, 0)


async def test_a_proof_asked_for_in_vain_is_named(connection: Connection) -> None:
    request = ledger_pb2.GetProofRequest(listing=ledger_pb2.ListingProof(listing=HERE, start=9, end=99))
    with pytest.raises(Exception, match="entries") as caught:
        await connection.call(lambda to: to.ledger.GetProof, request, ledger_pb2.GetProofResponse)
    assert getattr(caught.value, "number", 0) == 156


# The command line.


def linxin(network: Network, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(main, [*arguments, "--json"], env={"LINXIN_NETWORK": str(network.home)})
    assert done.exit_code == status, (done.output, done.exception)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_show_tells_counts_pages_and_filters(served: Served) -> None:
    world, network = served
    whole = linxin(network, "archive", "show", HERE)
    assert whole["counts"]["ratings"] == [1, 1, 0, 1, 2]
    assert (whole["counts"]["nps_score"], whole["entries"], whole["looked_at"]) == (0, 15, 15)
    assert [each["kind"] for each in whole["found"]] == ["endorsement", "visit", "visit", *["review"] * 5]
    same = linxin(network, "archive", "show", "--product", BERRY, "--community", "garden")
    assert same == whole
    good = linxin(network, "archive", "show", "--farm", "farm", "--rating", "5", "--with-photos", "--limit", "1")
    assert [each["position"] for each in good["found"]] == [3]
    more = linxin(network, "archive", "show", "--farm", "farm", "--rating", "5", "--before", str(good["next_before"]))
    assert [each["id"] for each in more["found"]] == [world.reviews[0].hex()]
    lot = linxin(network, "archive", "show", "--lot", LOT.removeprefix("lot/"), "--tag", "sour")
    assert [each["position"] for each in lot["found"]] == [4, 1]
    assert linxin(network, "archive", "show", "--farm", "hub")["counts"]["reviews"] == 0
    assert linxin(network, "archive", "show", "--farm", "nobody", status=1)["error"]["number"] == 121
    linxin(network, "archive", "show", "--product", BERRY, "--lot", "x", status=2)
    linxin(network, "archive", "show", status=2)


def test_moderation_tells_by_whom_and_under_which_rule(served: Served) -> None:
    world, network = served
    log = linxin(network, "archive", "moderation", HERE)["log"]
    assert [(each["action"].partition(".")[2], each["by"], each["rule"], each["upheld"]) for each in log] == [
        ("hide", "garden", 2, None),
        ("appeal", "", None, None),
        ("decide", "court", None, False),
        ("hide", "platform", 3, None),
    ]
    assert [each["review"] for each in log] == [world.reviews[1].hex()] * 3 + [world.reviews[2].hex()]


def test_a_proof_file_is_written_and_verified(served: Served, tmp_path: Path) -> None:
    network = served[1]
    file = tmp_path / "proof"
    made = linxin(network, "archive", "proof", HERE, "-o", str(file))
    assert (made["recounted"], made["start"], made["end"]) == (True, 0, 15)
    genesis = ("--genesis", str(network.home / "genesis.json"))
    assert linxin(network, "verify", str(file), "--about", f"listing:{HERE}", *genesis)["valid"] is True
    other = linxin(network, "verify", str(file), "--about", f"listing:{LOT}", *genesis, status=1)
    assert (other["valid"], other["kind"]) == (False, "claim")
    part = linxin(network, "archive", "proof", HERE, "-o", str(tmp_path / "part"), "--from", "2", "--to", "5")
    assert (part["recounted"], part["start"], part["end"], part["entries"]) == (False, 2, 5, 15)
    linxin(network, "archive", "proof", HERE, "-o", str(file), status=1)
    linxin(network, "archive", "proof", HERE, "-o", str(tmp_path / "beyond"), "--from", "15", status=1)
    assert not (tmp_path / "beyond").exists()


def test_what_is_shown_to_people(served: Served) -> None:
    network = served[1]
    done = CliRunner().invoke(main, ["archive", "show", HERE], env={"LINXIN_NETWORK": str(network.home)})
    assert done.exit_code == 0, done.output
    for words in ("★★★★★", "推荐度 NPS", "已隐藏", "有内容已删除", "全部 15 条", "团长 mei 背书"):
        assert words in done.stdout
