"""Submission against a scripted node on loopback: the same bytes again until the outcome is known, refusals never."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from linxin.v1 import ledger_pb2, ledger_pb2_grpc

from client.connection import Backoff, Connection
from client.failures import REFUSAL_METADATA, NotAccepted, NotFinal, Remote, Unreachable, WrongNetwork
from client.submit import BATCH_COUNT_MAX, _batches, envelope_id, sign_action, submit
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import Busy, Expired
from ledger.modules.registry.messages import RetireDevice

CHAIN = b"\x07" * 32
KEY = SigningKey(Algorithm.ED25519, b"\x01" * 32)
Answer = Callable[["Node", bytes], ledger_pb2.Outcome]

ACCEPTED, REFUSED = ledger_pb2.Outcome.ACCEPTED, ledger_pb2.Outcome.REFUSED
DROPPED, PENDING = ledger_pb2.Outcome.DROPPED, ledger_pb2.Outcome.PENDING


def accepted(raw: bytes) -> ledger_pb2.Outcome:
    receipt = ledger_pb2.Receipt(transaction_id=envelope_id(raw), height=3)
    return ledger_pb2.Outcome(status=ACCEPTED, id=envelope_id(raw), receipt=receipt)


def dropped(number: int, retry_after_ms: int = 0) -> ledger_pb2.Outcome:
    refusal = ledger_pb2.Refusal(number=number, message_en="no", message_zh="否", retry_after_ms=retry_after_ms)
    return ledger_pb2.Outcome(status=DROPPED, refusal=refusal)


class Node(ledger_pb2_grpc.LedgerServiceServicer):
    """A node whose answers to Submit are the script, one step a call; it keeps what it was sent."""

    def __init__(self, script: list[Any], chain_id: bytes = CHAIN) -> None:
        self.script = script
        self.chain_id = chain_id
        self.calls: list[list[bytes]] = []
        self.final: set[bytes] = set()

    async def GetStatus(self, request: Any, context: Any) -> ledger_pb2.GetStatusResponse:  # noqa: N802  # of the .proto
        return ledger_pb2.GetStatusResponse(chain_id=self.chain_id, height=1)

    async def Submit(self, request: Any, context: Any) -> ledger_pb2.SubmitResponse:  # noqa: N802  # of the .proto
        self.calls.append(list(request.transactions))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, grpc.StatusCode):
            await context.abort(step, "scripted")
        return ledger_pb2.SubmitResponse(outcomes=[step(raw) for raw in request.transactions])

    async def GetTransaction(self, request: Any, context: Any) -> ledger_pb2.GetTransactionResponse:  # noqa: N802  # ditto
        if request.id not in self.final:
            refusal = ledger_pb2.Refusal(number=101, message_en="there is none", message_zh="没有")
            metadata = ((REFUSAL_METADATA, refusal.SerializeToString()),)
            await context.abort(grpc.StatusCode.NOT_FOUND, "none", metadata)
        return ledger_pb2.GetTransactionResponse(receipt=ledger_pb2.Receipt(transaction_id=request.id, height=2))


def scripted(script: list[Any], chain_id: bytes = CHAIN) -> Node:
    """A node of this script; the calls that no test makes answer UNIMPLEMENTED."""
    return Node(script, chain_id)  # type: ignore[abstract]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Node], Awaitable[str]]]:
    servers = []

    async def start(node: Node) -> str:
        server = grpc.aio.server()
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(node, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        servers.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in servers:
        await server.stop(None)


def envelope(number: int = 0) -> bytes:
    return sign_action(KEY, CHAIN, RetireDevice(f"probe-{number}"))


async def offer(endpoints: list[str], envelopes: list[bytes], timeout_s: float = 10.0) -> Any:
    async with Connection(endpoints, None, CHAIN) as connection:
        return await submit(connection, envelopes, timeout_s=timeout_s)


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
