"""Submitting to a real validator over real TLS: outcomes, retries, bounds, hostile bytes."""

import asyncio
import os
import random
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2

from client.connection import open_channel
from ledger.crypto.encoding import decode, encode
from ledger.transaction import Envelope
from tests.network.nodes import FARM, HUB, STRANGER, Client, Network, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

ACCEPTED, REFUSED = ledger_pb2.Outcome.ACCEPTED, ledger_pb2.Outcome.REFUSED
DROPPED, PENDING = ledger_pb2.Outcome.DROPPED, ledger_pb2.Outcome.PENDING


async def test_each_item_has_its_own_outcome(node: Network, client: Client) -> None:
    good = node.plot()
    signed = decode(node.plot(), Envelope)
    forged = encode(Envelope(signed.body, bytes(64), None))
    extra = encode(Envelope(signed.body, signed.signature, b"x" * 40))
    items = [good, b"", forged, node.plot(STRANGER), node.plot(HUB), extra, node.plot(ttl_ms=-1), good]
    items += [node.plot(ttl_ms=10**9), node.plot()]
    outcomes = await client.submit(items)
    found = [(outcome.status, outcome.refusal.number) for outcome in outcomes]
    assert found[:4] == [(ACCEPTED, 0), (DROPPED, 1), (DROPPED, 5), (REFUSED, 20)]
    assert found[4][0] == REFUSED
    assert found[5:] == [(DROPPED, 6), (DROPPED, 7), (ACCEPTED, 0), (DROPPED, 8), (ACCEPTED, 0)]
    assert outcomes[7] == outcomes[0], "the same bytes twice in one call are one transaction"
    assert len({outcome.receipt.height for outcome in (outcomes[0], outcomes[3], outcomes[9])}) == 1
    for outcome in outcomes:
        if outcome.status in (REFUSED, DROPPED):
            words = outcome.refusal
            assert words.message_zh
            assert words.message_en
            assert words.remedy_zh
            assert words.remedy_en
    assert outcomes[1].refusal.path == "$"


async def test_a_resubmission_is_answered_with_the_first_receipt(node: Network, client: Client) -> None:
    accepted, refused = node.plot(), node.plot(STRANGER)
    first = await client.submit([accepted, refused])
    await client.submit([node.plot()])
    assert await client.submit([accepted, refused]) == first
    both = await asyncio.gather(*(client.submit([item]) for item in [node.plot()] * 1 for _ in range(8)))
    assert all(outcomes == both[0] for outcomes in both), "eight at once are one transaction"


async def test_without_waiting_the_answer_comes_at_once_and_the_receipt_later(node: Network, client: Client) -> None:
    (outcome,) = await client.submit([node.plot()], wait=False)
    assert outcome.status == PENDING
    request = ledger_pb2.GetTransactionRequest(id=outcome.id, include_proof=True)
    async with asyncio.timeout(10):
        while (found := await _final(client, request)) is None:  # noqa: ASYNC110  # finality is another process's event
            await asyncio.sleep(0.02)
    assert found.receipt.transaction_id == outcome.id
    assert found.leaf
    assert found.proof


async def _final(client: Client, request: ledger_pb2.GetTransactionRequest) -> ledger_pb2.GetTransactionResponse | None:
    try:
        return await client.ledger.GetTransaction(request, timeout=5)
    except grpc.aio.AioRpcError as error:
        if (error.code(), refusal_of(error).number) != (grpc.StatusCode.NOT_FOUND, 121):
            raise
        return None


async def test_a_deadline_gives_what_is_known_rather_than_nothing(node: Network, client: Client) -> None:
    items = [node.plot() for _ in range(400)]
    request = ledger_pb2.SubmitRequest(transactions=items, wait=True, timeout_ms=1)
    reply = await client.ledger.Submit(request, timeout=30)
    assert {outcome.status for outcome in reply.outcomes} <= {PENDING, ACCEPTED}
    assert all(outcome.status == ACCEPTED for outcome in await client.submit(items))


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        (ledger_pb2.SubmitRequest(), "$.transactions.length"),
        (ledger_pb2.SubmitRequest(transactions=[b"x"] * 1001), "$.transactions.length"),
        (ledger_pb2.SubmitRequest(transactions=[bytes(59_000)] * 69), "$.transactions"),
        (ledger_pb2.SubmitRequest(transactions=[b"x"], timeout_ms=60_001), "$.timeout_ms"),
    ],
)
async def test_a_call_out_of_bounds_is_refused_with_its_path(
    client: Client, request_: ledger_pb2.SubmitRequest, path: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.ledger.Submit(request_, timeout=10)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal_of(caught.value).path == path


async def test_oversized_items_and_messages_are_refused(node: Network, client: Client) -> None:
    (outcome,) = await client.submit([bytes(60_001)])
    assert (outcome.status, outcome.refusal.number) == (DROPPED, 2)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await client.ledger.Submit(ledger_pb2.SubmitRequest(transactions=[bytes(5_000_000)]), timeout=10)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await client.submit([node.plot()]))[0].status == ACCEPTED


@pytest.mark.fuzz
async def test_hostile_bytes_get_typed_refusals_and_the_node_lives(node: Network, client: Client, effort: int) -> None:
    dice = random.Random(7)
    for _ in range(4 * effort):
        items = [_mutated(dice, node.plot()) for _ in range(200)] + [os.urandom(dice.randrange(200)) for _ in range(50)]
        for outcome in await client.submit(items):
            assert outcome.status in (DROPPED, REFUSED)
            assert outcome.refusal.number in range(1, 30)
            assert outcome.refusal.message_zh
    assert (await client.submit([node.plot()]))[0].status == ACCEPTED


def _mutated(dice: random.Random, raw: bytes) -> bytes:
    """A valid envelope with one byte changed, cut short, or with bytes put in."""
    place = dice.randrange(len(raw))
    kind = dice.randrange(3)
    if kind == 0:
        return raw[:place] + bytes([raw[place] ^ dice.randrange(1, 256)]) + raw[place + 1 :]
    return raw[:place] if kind == 1 else raw[:place] + dice.randbytes(dice.randrange(1, 9)) + raw[place:]


@pytest.mark.fuzz
async def test_hostile_messages_below_grpc_end_in_a_status(node: Network, effort: int) -> None:
    dice = random.Random(11)
    statuses = set()
    async with open_channel(node.address, node.authority) as channel:
        methods = ["LedgerService/Submit", "LedgerService/GetProof", "BlobService/Get", "ProvenanceService/GetJourney"]
        for method in methods:
            call: Any = channel.unary_stream if method.endswith("/Get") else channel.unary_unary
            raw_call = call(f"/linxin.v1.{method}", request_serializer=bytes, response_deserializer=bytes)
            for _ in range(15 * effort):
                try:
                    answer = raw_call(dice.randbytes(dice.randrange(60)), timeout=10)
                    if method.endswith("/Get"):
                        [part async for part in answer]
                    else:
                        await answer
                except grpc.aio.AioRpcError as error:
                    statuses.add(error.code())
    assert statuses <= {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
    client = Client.of(node)
    assert (await client.submit([node.plot(FARM)]))[0].status == ACCEPTED
    await client.channel.close(None)


async def test_a_full_waiting_room_says_busy_and_when_to_come_back(node: Network, client: Client) -> None:
    calls = [client.submit([node.plot() for _ in range(500)]) for _ in range(8)]
    outcomes = [outcome for batch in await asyncio.gather(*calls) for outcome in batch]
    busy = [outcome for outcome in outcomes if outcome.status == DROPPED]
    assert busy, "4000 at once do not fit into a room for 1500"
    assert all(outcome.refusal.number == 10 and outcome.refusal.retry_after_ms > 0 for outcome in busy)
    assert all(outcome.status == ACCEPTED for outcome in outcomes if outcome.status != DROPPED)
    assert (await client.submit([node.plot()]))[0].status == ACCEPTED


async def test_no_one_is_served_without_tls(node: Network) -> None:
    async with open_channel(node.address, None) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await Client.over(node, channel).ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=2)
    assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
