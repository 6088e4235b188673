"""DryRun of a real node: its outcomes, who may ask, its bounds, and that nothing comes of it."""

import asyncio

import grpc
import pytest
from linxin.v1 import ledger_pb2

from ledger.crypto.signing import SigningKey
from ledger.errors import UnknownKey
from ledger.modules.claims.messages import OptIn
from ledger.modules.trace import messages as m
from ledger.modules.trace.errors import AlreadyRegistered, QuantityOverdrawn
from network.errors import BadField, NoDryRun, ReadsBusy, SignatureNeeded
from tests.network.growing import LOT
from tests.network.nodes import FARM, HUB, STRANGER, Client, now_ms, refusal_of
from tests.trace.world import BERRY, KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

METHOD = "LedgerService/DryRun"


async def dry_run(client: Client, raws: list[bytes], key: SigningKey | None = FARM) -> ledger_pb2.DryRunResponse:
    request = ledger_pb2.DryRunRequest(transactions=raws, latest_timeout_ms=5_000)
    metadata = client.signature(key, METHOD, request) if key is not None else ()
    return await client.ledger.DryRun(request, timeout=30, metadata=metadata)


async def rows(client: Client) -> list[ledger_pb2.Value]:
    """What trade in goods writes, with the sizes and peaks of journals."""
    found: list[ledger_pb2.Value] = []
    for table in ("lot", "holding", "shipment", "harvest"):
        request = ledger_pb2.ListValuesRequest(prefix=f"trace/{table}/", page_size=1_000)
        page = await client.ledger.ListValues(request, timeout=10)
        assert not page.next_page_token
        found += page.values
    return found


async def test_later_records_see_earlier_ones_and_nothing_is_left(client: Client, grown: int) -> None:
    half, more = (m.Portion(LOT, 50 * KG),), (m.Portion(LOT, 51 * KG),)
    actions = [
        m.Transform(half, (m.Output(BERRY, "D1", 50 * KG),), 0, now_ms()),
        m.Ship("dry-note", "hub", now_ms(), (), (m.Portion(f"{BERRY}/D1", 20 * KG),)),
        m.Transform(more, (m.Output(BERRY, "D2", 51 * KG),), 0, now_ms()),
        m.Transform(half, (m.Output(BERRY, "D1", 50 * KG),), 0, now_ms()),
    ]
    raws = [client.network.sign(action, FARM) for action in actions]
    raws.append(client.network.sign(m.Receive("dry-note", now_ms()), HUB))
    raws.append(b"nothing")
    before = await rows(client)
    answer = await dry_run(client, raws)
    said = [(outcome.status, outcome.refusal.number) for outcome in answer.outcomes]
    refused, dropped = ledger_pb2.Outcome.REFUSED, ledger_pb2.Outcome.DROPPED
    fine = (ledger_pb2.Outcome.ACCEPTED, 0)
    taken = (refused, AlreadyRegistered.number)
    assert said == [fine, fine, (refused, QuantityOverdrawn.number), taken, fine, (dropped, 1)]
    assert answer.outcomes[5].refusal.path == "$"
    assert all(outcome.refusal.message_zh and not outcome.HasField("receipt") for outcome in answer.outcomes[2:4])
    assert answer.height > 0
    again = await dry_run(client, raws)
    assert list(again.outcomes) == list(answer.outcomes)
    assert await rows(client) == before
    for outcome in answer.outcomes[:5]:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.ledger.GetTransaction(ledger_pb2.GetTransactionRequest(id=outcome.id), timeout=5)
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    status = await client.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=5)
    assert status.mempool_count == 0


async def refused_with(client: Client, raws: list[bytes], key: SigningKey | None) -> ledger_pb2.Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await dry_run(client, raws, key)
    return refusal_of(caught.value)


async def test_who_may_ask_and_for_what(client: Client) -> None:
    node = client.network
    assert (await refused_with(client, [node.plot()], None)).number == SignatureNeeded.number
    assert (await refused_with(client, [node.plot()], STRANGER)).number == UnknownKey.number
    assert (await refused_with(client, [], FARM)).number == BadField.number
    assert (await refused_with(client, [node.plot()] * 1_001, FARM)).number == BadField.number
    secret = await refused_with(client, [node.plot(), node.sign(OptIn(own=True), FARM)], FARM)
    assert (secret.number, secret.path) == (NoDryRun.number, "$.transactions[1]")
    strangers = await dry_run(client, [node.plot(STRANGER)])
    assert strangers.outcomes[0].refusal.number == UnknownKey.number


async def test_one_at_a_time_and_the_node_goes_on_meanwhile(client: Client) -> None:
    raws = [client.network.plot() for _ in range(1_000)]
    running = asyncio.ensure_future(dry_run(client, raws))
    refusals, answered = list[ledger_pb2.Refusal](), 0
    while not running.done():
        answered += bool(await client.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=5))
        if not running.done():
            try:
                await dry_run(client, raws[:1])
            except grpc.aio.AioRpcError as error:
                refusals.append(refusal_of(error))
    found = await running
    assert {outcome.status for outcome in found.outcomes} == {ledger_pb2.Outcome.ACCEPTED}
    assert {refusal.number for refusal in refusals} == {ReadsBusy.number}
    assert all(refusal.retry_after_ms > 0 for refusal in refusals)
    assert answered > 3
    assert (await dry_run(client, raws[:1])).outcomes[0].status == ledger_pb2.Outcome.ACCEPTED
