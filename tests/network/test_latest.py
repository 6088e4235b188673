"""Reads that must see everything final so far (`latest_timeout_ms`)."""

import grpc
import pytest
from linxin.v1 import ledger_pb2

from ledger.modules.trace.messages.things import RegisterPlot
from tests.network.nodes import FARM, Client, Network, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


async def test_a_confirmed_read_sees_what_was_just_acknowledged(node: Network, client: Client) -> None:
    outcome = (await client.submit([node.sign(RegisterPlot("latest-1", "地块", "plot", 1), FARM)]))[0]
    request = ledger_pb2.GetValueRequest(keys=["trace/plot/latest-1"], latest_timeout_ms=5_000)
    reply = await client.ledger.GetValue(request, timeout=10)
    assert reply.height >= outcome.receipt.height
    assert reply.values[0].HasField("value")


async def test_a_wait_out_of_bounds_is_refused(client: Client) -> None:
    request = ledger_pb2.GetValueRequest(keys=["trace/plot/x"], latest_timeout_ms=60_001)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.ledger.GetValue(request, timeout=10)
    assert refusal_of(caught.value).path == "$.latest_timeout_ms"
