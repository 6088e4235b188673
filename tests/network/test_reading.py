"""Reading from a real validator: blocks, streams, values, proofs, journeys, export, reflection, health."""

import asyncio
import io
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from linxin.v1 import ledger_pb2, provenance_pb2

from ledger.block import Validator
from ledger.certificate import verify_certificate
from ledger.crypto.hashing import sha256
from ledger.crypto.log_tree import leaf_hash, verify_consistency
from ledger.crypto.state_tree import ProvenState, value_hash
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from ledger.storage.archive import ArchivedBlock, ArchiveEnd, read_archive
from tests.network.nodes import AUDITOR, FARM, HUB, Client, Network, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


def validators(node: Network) -> tuple[Validator, ...]:
    return load_genesis(node.genesis, network_registry()).validators()


async def blocks(client: Client, from_height: int, count: int) -> list[ledger_pb2.Block]:
    request = ledger_pb2.StreamBlocksRequest(from_height=from_height, include_leaves=True)
    call = client.ledger.StreamBlocks(request, timeout=30)
    found = []
    async for block in call:
        found.append(block)
        if len(found) == count:
            call.cancel()
            break
    return found


async def test_a_stream_resumes_from_any_height_without_gap_or_repeat(node: Network, client: Client) -> None:
    await client.submit([node.plot()])
    first = await blocks(client, 0, 3)
    assert [block.height for block in first] == [1, 2, 3]
    rest = await blocks(client, first[-1].height + 1, 2)
    assert [block.height for block in rest] == [4, 5], "the last ones are live: empty blocks come by themselves"
    for before, after in zip(first + rest, (first + rest)[1:], strict=False):
        assert after.first_index == before.first_index + len(before.leaves)
        assert verify_certificate(after.note, validators(node)).height == after.height


async def test_a_reader_that_takes_nothing_is_ended_and_told_where_to_resume(node: Network, client: Client) -> None:
    for _ in range(12):
        await client.submit([node.plot() for _ in range(1000)])
    channel = grpc.aio.secure_channel(
        node.address,
        grpc.ssl_channel_credentials(node.authority),
        options=[("grpc.max_receive_message_length", -1), ("grpc.http2.bdp_probe", 0)],
    )
    call = Client.over(node, channel).ledger.StreamBlocks
    reader: Any = call(ledger_pb2.StreamBlocksRequest(from_height=1, include_leaves=True), timeout=30)
    last = await reader.read()
    await asyncio.sleep(3)
    with pytest.raises(grpc.aio.AioRpcError) as caught:  # noqa: PT012  # which read is the last is not known
        while True:
            last = await reader.read()
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    refusal = refusal_of(caught.value)
    assert refusal.number == 124
    assert last.height <= int(refusal.details[0]) <= last.height + 1, "what was being written may still have arrived"
    (resumed,) = await blocks(client, last.height + 1, 1)
    assert resumed.first_index == last.first_index + last.leaf_count
    await channel.close(None)


async def test_blocks_checkpoints_and_genesis(node: Network, client: Client) -> None:
    block = await client.ledger.GetBlock(ledger_pb2.GetBlockRequest(height=1, include_leaves=True), timeout=5)
    checkpoint = await client.ledger.GetCheckpoint(ledger_pb2.GetCheckpointRequest(height=1), timeout=5)
    assert checkpoint.note == block.note
    assert checkpoint.size == len(block.leaves)
    genesis = await client.ledger.GetGenesis(ledger_pb2.GetGenesisRequest(), timeout=5)
    assert genesis.genesis == node.genesis
    assert genesis.chain_id == sha256(node.genesis)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.ledger.GetBlock(ledger_pb2.GetBlockRequest(height=10**9), timeout=5)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    assert refusal_of(caught.value).number == 121


async def test_values_are_proven_present_and_absent(node: Network, client: Client) -> None:
    await client.submit([node.plot(name="value-plot")])
    keys = ["trace/plot/value-plot", "trace/plot/no-such-plot"]
    found = await client.ledger.GetValue(ledger_pb2.GetValueRequest(keys=keys, include_proof=True), timeout=5)
    state = verify_certificate(found.note, validators(node)).state
    proven = ProvenState(state, list(found.nodes))
    assert proven.value_hash(sha256(keys[0].encode())) == value_hash(found.values[0].value)
    assert proven.value_hash(sha256(keys[1].encode())) is None
    assert not found.values[1].HasField("value")


async def test_values_are_listed_in_pages(node: Network, client: Client) -> None:
    await client.submit([node.plot(name=f"page-{number}") for number in range(7)])
    listed: list[str] = []
    token = ""
    while True:
        request = ledger_pb2.ListValuesRequest(prefix="trace/plot/page-", page_size=3, page_token=token)
        page = await client.ledger.ListValues(request, timeout=5)
        listed += [value.key for value in page.values]
        token = page.next_page_token
        if not token:
            break
    assert listed == [f"trace/plot/page-{number}" for number in range(7)]


async def test_the_log_is_proven_to_have_only_grown(node: Network, client: Client) -> None:
    old = await client.ledger.GetCheckpoint(ledger_pb2.GetCheckpointRequest(height=2), timeout=5)
    await client.submit([node.plot()])
    claim = ledger_pb2.ConsistencyProof(old_size=old.size)
    found = await client.ledger.GetProof(ledger_pb2.GetProofRequest(consistency=claim), timeout=5)
    before, after = (verify_certificate(note, validators(node)) for note in (old.note, found.note))
    verify_consistency(before.size, before.root, after.size, after.root, list(found.hashes))


def claim_of_leaf(**leaf: object) -> ledger_pb2.GetProofRequest:
    return ledger_pb2.GetProofRequest(leaf=ledger_pb2.LeafProof(**leaf))  # type: ignore[arg-type]  # either of the oneof


def claim_of_journal(subject: str) -> ledger_pb2.GetProofRequest:
    return ledger_pb2.GetProofRequest(journal=ledger_pb2.JournalProof(subject=subject))


@pytest.mark.parametrize(
    ("claim", "status", "path"),
    [
        (ledger_pb2.GetProofRequest(), "INVALID_ARGUMENT", "$.claim"),
        (claim_of_leaf(index=10**12), "NOT_FOUND", ""),
        (claim_of_leaf(transaction_id=b"x"), "INVALID_ARGUMENT", "$.leaf.transaction_id"),
        (claim_of_journal("dragon:1"), "INVALID_ARGUMENT", "$.journal.subject"),
        (claim_of_journal("plot:none"), "NOT_FOUND", ""),
    ],
)
async def test_what_cannot_be_proven_is_refused_with_its_path(
    client: Client, claim: ledger_pb2.GetProofRequest, status: str, path: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.ledger.GetProof(claim, timeout=5)
    assert caught.value.code() is grpc.StatusCode[status]
    assert refusal_of(caught.value).path == path


async def test_a_journey_comes_whole_with_words_and_proof(node: Network, client: Client) -> None:
    await client.submit([node.plot(name="journey-plot")])
    request = provenance_pb2.GetJourneyRequest(subject="plot:journey-plot", include_proof=True)
    journey = await client.provenance.GetJourney(request, timeout=10)
    (record,) = journey.records
    assert (record.action, record.organisation, record.signer) == ("trace.register_plot", "farm", "organisation:farm")
    assert (record.title_zh, record.title_en) == ("登记地块", "Plot registered")
    assert record.fields["name_zh"] == "一号地"
    assert {subject.subject: subject.role for subject in record.subjects}["plot:journey-plot"] == "self"
    assert journey.proof
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.provenance.GetJourney(provenance_pb2.GetJourneyRequest(code="no-such-code"), timeout=5)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_an_export_is_a_whole_archive_and_the_full_one_is_for_auditors(node: Network, client: Client) -> None:
    data = b"".join([chunk.data async for chunk in client.ledger.Export(ledger_pb2.ExportRequest(), timeout=60)])
    items = list(read_archive(io.BytesIO(data)))
    exported = [item for item in items if isinstance(item, ArchivedBlock)]
    assert [block.height for block in exported] == list(range(1, len(exported) + 1))
    assert isinstance(items[-1], ArchiveEnd)
    (known,) = await blocks(client, 2, 1)
    assert [leaf_hash(leaf) for leaf in exported[1].leaves] == [leaf_hash(leaf) for leaf in known.leaves]
    request = ledger_pb2.ExportRequest(full=True)
    for key, status in ((None, "UNAUTHENTICATED"), (FARM, "PERMISSION_DENIED"), (AUDITOR, None)):
        metadata = client.signature(key, "LedgerService/Export", request) if key else None
        call = client.ledger.Export(request, timeout=60, metadata=metadata)
        if status is None:
            assert len([chunk async for chunk in call]) >= 1
            continue
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            [chunk async for chunk in call]
        assert caught.value.code() is grpc.StatusCode[status]
    other = ledger_pb2.ExportRequest()
    stolen = client.signature(AUDITOR, "LedgerService/Export", other)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [chunk async for chunk in client.ledger.Export(request, timeout=10, metadata=stolen)]
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED, "a signature is good for its own request only"


async def test_reflection_and_health_are_on(client: Client) -> None:
    health = await health_pb2_grpc.HealthStub(client.channel).Check(
        health_pb2.HealthCheckRequest(service="linxin.v1.LedgerService"), timeout=5
    )
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    stub = reflection_pb2_grpc.ServerReflectionStub(client.channel)
    call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=5)
    async for answer in call:
        names = {service.name for service in answer.list_services_response.service}
        assert {"linxin.v1.LedgerService", "linxin.v1.ProvenanceService", "linxin.v1.BlobService"} <= names
        break


async def test_status_tells_who_signed(node: Network, client: Client) -> None:
    status = await client.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=5)
    assert list(status.signers) == ["linxin/test/v1"]
    assert (status.role, status.quorum, status.network) == ("leader", 1, "test")
    assert status.lag_ms < 10_000
    assert HUB.public_key not in status.SerializeToString()
