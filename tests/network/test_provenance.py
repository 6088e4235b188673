"""A batch through a real validator: its journey, its readings by time, watching it live, and who sees its terms."""

import asyncio
import os
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2, provenance_pb2

from client.verify import verify_proof
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import SigningKey
from ledger.modules.trace import messages as m
from ledger.transaction import make_transaction
from tests.network.growing import LOT, MINUTE_MS, accept, journey_of
from tests.network.nodes import AUDITOR, FARM, HUB, PLATFORM, Client, Network, now_ms, refusal_of
from tests.trace.world import BERRY, KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


async def test_a_journey_holds_the_closure_and_its_proof_verifies(node: Network, client: Client, grown: int) -> None:
    journey = await journey_of(client)
    assert {"plot:tunnel", "planting:berry", "device:probe"} <= set(journey.subjects)
    assert journey.subjects[0] == f"lot:{LOT}"
    actions = [record.action for record in journey.records]
    assert actions.count("trace.record_readings") == 2
    assert [record.index for record in journey.records] == sorted({record.index for record in journey.records})
    assert (journey.lot.lot, journey.lot.product, journey.lot.owner) == (LOT, BERRY, "farm")
    by_code = await client.provenance.GetJourney(
        provenance_pb2.GetJourneyRequest(code=str(journey.lot.state["code"]), include_proof=True), timeout=10
    )
    assert [record.index for record in by_code.records] == [record.index for record in journey.records]
    verify_proof(by_code.proof, node.genesis)


@pytest.mark.parametrize("subject", ["device:probe", "plot:tunnel"])
@pytest.mark.parametrize("page_size", [1, 7, 1000])
async def test_readings_come_by_time_in_pages(client: Client, grown: int, subject: str, page_size: int) -> None:
    async def read(**asked: object) -> list[provenance_pb2.Reading]:
        found: list[provenance_pb2.Reading] = []
        token = ""
        while True:
            request = provenance_pb2.ListReadingsRequest(
                subject=subject,
                page_size=page_size,
                page_token=token,
                **asked,  # type: ignore[arg-type]  # fields
            )
            page = await client.provenance.ListReadings(request, timeout=10)
            assert len(page.readings) <= page_size
            found += page.readings
            token = page.next_page_token
            if not token:
                return found

    temperatures = await read(metric="temperature")
    assert [reading.value for reading in temperatures] == [*range(2000, 2010), 2100, 2101]
    assert [reading.time_ms for reading in temperatures] == [grown + number * MINUTE_MS for number in range(12)]
    assert {(reading.unit, reading.scale, reading.device) for reading in temperatures} == {("CEL", -2, "probe")}
    assert len(await read()) == 17, "the instants without a humidity are no readings"
    part = await read(metric="temperature", from_ms=grown + 3 * MINUTE_MS, to_ms=grown + 11 * MINUTE_MS)
    assert [reading.value for reading in part] == [*range(2003, 2010), 2100]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (provenance_pb2.ListReadingsRequest(subject="probe"), "$.subject"),
        (provenance_pb2.ListReadingsRequest(subject="device:probe", page_token="1.2.3"), "$.page_token"),
        (provenance_pb2.ListReadingsRequest(subject="device:probe", page_token="9999.0"), "$.page_token"),
        (provenance_pb2.ListReadingsRequest(subject="device:probe", from_ms=5, to_ms=4), "$.to_ms"),
        (provenance_pb2.ListReadingsRequest(subject="device:probe", page_size=10_001), "$.page_size"),
    ],
)
async def test_a_wrong_question_is_refused_with_its_path(
    client: Client, grown: int, asked: provenance_pb2.ListReadingsRequest, path: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.provenance.ListReadings(asked, timeout=5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal_of(caught.value).path == path


async def test_watching_a_batch_shows_its_past_and_each_new_record_once(
    node: Network, client: Client, grown: int
) -> None:
    journey = await journey_of(client)
    request = provenance_pb2.WatchBatchRequest(code=str(journey.lot.state["code"]), include_past=True)
    call: Any = client.provenance.WatchBatch(request, timeout=30)
    seen = [await call.read() for _ in journey.records]
    assert [record.index for record in seen] == [record.index for record in journey.records]
    await client.submit([node.plot()])
    await accept(client, FARM, m.Destroy(LOT, KG, now_ms(), "bruised"))
    await accept(client, FARM, m.RecordOperation("planting:berry", "prune", now_ms()))
    new = [await asyncio.wait_for(call.read(), 10) for _ in range(2)]
    assert [record.action for record in new] == ["trace.destroy", "trace.record_operation"]
    call.cancel()
    later = provenance_pb2.WatchBatchRequest(code=request.code, include_past=True, after_index=new[0].index)
    resumed: Any = client.provenance.WatchBatch(later, timeout=30)
    assert (await resumed.read()).index == new[1].index
    resumed.cancel()


async def test_terms_are_seen_by_parties_and_auditors_only(node: Network, client: Client, grown: int) -> None:
    action = m.Ship("ship-1", "hub", now_ms(), lots=(m.Portion(LOT, KG),))
    terms, salt = m.ShippingTerms("ORDER-7", 12_300), os.urandom(32)
    raw = make_transaction(FARM, node.chain_id, action, os.urandom(16), now_ms() + 60_000, terms, salt)
    (outcome,) = await client.submit([raw])
    assert outcome.status == ledger_pb2.Outcome.ACCEPTED, outcome.refusal
    request = ledger_pb2.GetTransactionRequest(id=outcome.id, include_restricted=True)

    async def read(key: SigningKey) -> bytes:
        metadata = client.signature(key, "LedgerService/GetTransaction", request)
        return (await client.ledger.GetTransaction(request, timeout=5, metadata=metadata)).restricted

    for key in (FARM, HUB, AUDITOR):
        assert b"ORDER-7" in await read(key)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(PLATFORM)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    public = await client.ledger.GetTransaction(ledger_pb2.GetTransactionRequest(id=outcome.id), timeout=5)
    assert b"ORDER-7" not in public.SerializeToString()
    assert sha256(public.leaf) != sha256(b"")
