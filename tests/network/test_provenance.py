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
from ledger.module import Action
from ledger.modules.registry.messages import CalibrateDevice, Metric, NewKey, RegisterDevice, possession_message
from ledger.modules.trace import messages as m
from ledger.transaction import make_transaction
from tests.network.nodes import AUDITOR, FARM, HUB, PLATFORM, Client, Network, key_of, now_ms, refusal_of
from tests.trace.world import BERRY, KG

pytestmark = pytest.mark.process

PROBE = key_of("probe")
LOT = f"{BERRY}/L1"
MINUTE_MS = 60_000


async def accept(client: Client, key: SigningKey, *actions: Action) -> list[ledger_pb2.Outcome]:
    """Record actions one after the other; each must be accepted."""
    found = []
    for action in actions:
        (outcome,) = await client.submit([client.network.sign(action, key)])
        assert outcome.status == ledger_pb2.Outcome.ACCEPTED, outcome.refusal
        found.append(outcome)
    return found


@pytest.fixture(scope="module")
def grown(node: Network) -> int:
    """A lot with a sensor on its plot; returns when its first reading was taken."""
    start_ms = now_ms() - 20 * MINUTE_MS

    async def grow() -> None:
        client = Client.of(node)
        possession = PROBE.sign(possession_message(node.chain_id, "device:probe"))
        probe = NewKey(PROBE.algorithm, PROBE.public_key, possession)
        metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500), Metric("humidity", "P1", -1, 0, 1_000))
        await accept(
            client,
            FARM,
            m.RegisterProduct(BERRY, "草莓", "Strawberry", "kg", 0, 100_000),
            m.RegisterPlot("tunnel", "一号棚", "Tunnel", 600),
            m.StartPlanting("berry", "tunnel", "草莓", "红颜", start_ms),
            RegisterDevice("probe", "探头", "Probe", metrics, MINUTE_MS, probe),
            CalibrateDevice("probe", start_ms - MINUTE_MS, start_ms + 60 * MINUTE_MS, None),
            m.AttachDevice("probe", "plot:tunnel", start_ms),
        )
        columns = (m.Column("temperature", tuple(range(2000, 2010))), m.Column("humidity", (500, None) * 5))
        again = (m.Column("temperature", (2100, 2101)),)
        await accept(
            client,
            PROBE,
            m.RecordReadings(0, start_ms, MINUTE_MS, columns),
            m.RecordReadings(1, start_ms + 10 * MINUTE_MS, MINUTE_MS, again),
        )
        await accept(client, FARM, m.Harvest("berry", BERRY, "L1", 100 * KG, now_ms()))
        await client.channel.close(None)

    asyncio.run(grow())
    return start_ms


async def journey_of(client: Client) -> provenance_pb2.GetJourneyResponse:
    request = provenance_pb2.GetJourneyRequest(subject=f"lot:{LOT}", include_proof=True)
    return await client.provenance.GetJourney(request, timeout=10)


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
