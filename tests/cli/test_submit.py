"""Submission against a scripted node on loopback: the same bytes again until the outcome is known, refusals never."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2

from client.connection import Backoff, Connection
from client.failures import NotAccepted, NotFinal, Remote, Unreachable, WrongNetwork
from client.submit import BATCH_COUNT_MAX, _batches, envelope_id
from ledger.errors import Busy, Expired
from tests.client.scripted import CHAIN, PENDING, REFUSED, accepted, dropped, envelope, offer, scripted, serving


@pytest.fixture
async def serve() -> AsyncIterator[Any]:
    async with serving() as start:
        yield start


@pytest.mark.parametrize(
    "first",
    [
        lambda raw: dropped(Busy.number, 20),
        lambda raw: ledger_pb2.Outcome(status=PENDING, id=envelope_id(raw)),
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    ],
    ids=["busy", "pending", "unavailable", "exhausted"],
)
async def test_the_same_bytes_are_offered_again(serve: Any, first: Any) -> None:
    node = scripted([first, first, accepted])
    raw = envelope()
    [outcome] = await offer([await serve(node)], [raw])
    assert outcome.accepted
    assert outcome.need("it").height == 3
    assert node.calls == [[raw]] * 3


async def test_only_what_is_open_is_offered_again(serve: Any) -> None:
    raws = [envelope(number) for number in range(3)]
    node = scripted([lambda raw: dropped(Busy.number, 5) if raw == raws[1] else accepted(raw), accepted])
    outcomes = await offer([await serve(node)], raws)
    assert [outcome.id for outcome in outcomes] == [envelope_id(raw) for raw in raws]
    assert node.calls == [raws, [raws[1]]]


async def test_a_refusal_is_final(serve: Any) -> None:
    refusal = ledger_pb2.Refusal(number=1201, message_en="unknown lot", message_zh="未知批次", path="$.lot")
    node = scripted([lambda raw: ledger_pb2.Outcome(status=REFUSED, id=envelope_id(raw), refusal=refusal)])
    [outcome] = await offer([await serve(node)], [envelope()])
    assert len(node.calls) == 1
    with pytest.raises(NotAccepted) as refused:
        outcome.need("harvest")
    assert (refused.value.number, refused.value.path) == (1201, "$.lot")
    assert "未知批次" in refused.value.zh


async def test_an_expired_one_that_had_become_final_is_found(serve: Any) -> None:
    raw = envelope()
    node = scripted([grpc.StatusCode.UNAVAILABLE, lambda raw: dropped(Expired.number)])
    node.final.add(envelope_id(raw))
    [outcome] = await offer([await serve(node)], [raw])
    assert outcome.accepted
    node.final.clear()
    [outcome] = await offer([await serve(node)], [raw])
    assert not outcome.accepted
    assert outcome.refusal is not None
    assert outcome.refusal.number == Expired.number


async def test_time_up_says_that_it_is_not_known(serve: Any) -> None:
    raw = envelope()
    node = scripted([lambda raw: ledger_pb2.Outcome(status=PENDING)])
    [outcome] = await offer([await serve(node)], [raw], timeout_s=0.4)
    with pytest.raises(NotFinal) as unknown:
        outcome.need("harvest")
    assert unknown.value.transaction_id == envelope_id(raw)
    assert len(node.calls) > 1


async def test_another_endpoint_takes_over(serve: Any) -> None:
    dead, node = scripted([grpc.StatusCode.UNAVAILABLE]), scripted([accepted])
    [outcome] = await offer(["127.0.0.1:1", await serve(dead), await serve(node)], [envelope()])
    assert outcome.accepted


async def test_nobody_there_is_told_as_such() -> None:
    with pytest.raises(Unreachable) as nobody:
        await offer(["127.0.0.1:1"], [envelope()], timeout_s=0.5)
    assert "127.0.0.1:1" in nobody.value.en


async def test_another_chain_is_never_offered_anything(serve: Any) -> None:
    node = scripted([accepted], chain_id=b"\x08" * 32)
    with pytest.raises(WrongNetwork):
        await offer([await serve(node)], [envelope()])
    assert node.calls == []


async def test_a_call_refused_for_good_carries_the_typed_refusal(serve: Any) -> None:
    async with Connection([await serve(scripted([accepted]))], None, CHAIN) as connection:
        request = ledger_pb2.GetTransactionRequest(id=b"\x01" * 32)
        with pytest.raises(Remote) as refused:
            await connection.call(lambda to: to.ledger.GetTransaction, request, ledger_pb2.GetTransactionResponse)
    assert refused.value.number == 101
    assert refused.value.zh == "没有"


def test_batches_hold_no_more_than_one_call_takes() -> None:
    raws = [bytes(60_000)] * 100 + [bytes(10)] * 2_500
    groups = _batches(range(len(raws)), raws)
    assert [number for group in groups for number in group] == list(range(len(raws)))
    assert all(len(group) <= BATCH_COUNT_MAX for group in groups)
    assert all(sum(len(raws[number]) for number in group) <= 4_000_000 for group in groups)


def test_waits_grow_with_jitter_and_keep_what_the_node_asked() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(12)]
    assert all(0.02 <= wait <= 2.0 for wait in waits)
    assert waits[-1] >= 1.0
    assert all(backoff.next_s(at_least_ms=3_000) >= 3.0 for _ in range(20))
    assert len({Backoff().next_s() for _ in range(20)}) > 10


async def test_the_event_loop_is_free_while_waiting(serve: Any) -> None:
    node = scripted([lambda raw: dropped(Busy.number, 100), accepted])
    endpoint = await serve(node)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await offer([endpoint], [envelope()])
    ticking.cancel()
    assert ticks >= 10
