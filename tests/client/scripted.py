"""A node on loopback whose answers are a script: how a client behaves when networks do not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from linxin.v1 import ledger_pb2, ledger_pb2_grpc

from client.connection import Connection
from client.failures import REFUSAL_METADATA
from client.submit import Outcome, envelope_id, sign_action, submit
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.modules.registry.messages import RetireDevice

CHAIN = b"\x07" * 32
KEY = SigningKey(Algorithm.ED25519, b"\x01" * 32)
Answer = Callable[["Node", bytes], ledger_pb2.Outcome]

ACCEPTED, REFUSED = ledger_pb2.Outcome.ACCEPTED, ledger_pb2.Outcome.REFUSED
DROPPED, PENDING = ledger_pb2.Outcome.DROPPED, ledger_pb2.Outcome.PENDING


def accepted(raw: bytes) -> ledger_pb2.Outcome:
    """It is final."""
    receipt = ledger_pb2.Receipt(transaction_id=envelope_id(raw), height=3)
    return ledger_pb2.Outcome(status=ACCEPTED, id=envelope_id(raw), receipt=receipt)


def dropped(number: int, retry_after_ms: int = 0) -> ledger_pb2.Outcome:
    """It is refused at the door."""
    refusal = ledger_pb2.Refusal(number=number, message_en="no", message_zh="否", retry_after_ms=retry_after_ms)
    return ledger_pb2.Outcome(status=DROPPED, refusal=refusal)


class Node(ledger_pb2_grpc.LedgerServiceServicer):
    """A node whose answers to Submit are the script, one step a call; it keeps what it was sent.

    A step is a gRPC status, a refusal, what makes an outcome of each envelope, or seconds until it says nothing of use.
    """

    def __init__(self, script: list[Any], chain_id: bytes = CHAIN, **status: Any) -> None:
        self.script = script
        self.status: dict[str, Any] = {"chain_id": chain_id, "height": 1} | status
        self.calls: list[list[bytes]] = []
        self.final: set[bytes] = set()

    async def GetStatus(self, request: Any, context: Any) -> ledger_pb2.GetStatusResponse:  # noqa: N802  # of the .proto
        return ledger_pb2.GetStatusResponse(**self.status)

    async def Submit(self, request: Any, context: Any) -> ledger_pb2.SubmitResponse:  # noqa: N802  # of the .proto
        self.calls.append(list(request.transactions))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, ledger_pb2.Refusal):
            metadata = ((REFUSAL_METADATA, step.SerializeToString()),)
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, step.message_en, metadata)
        if isinstance(step, float):
            await asyncio.sleep(step)
            return ledger_pb2.SubmitResponse()
        if isinstance(step, grpc.StatusCode):
            await context.abort(step, "scripted")
        return ledger_pb2.SubmitResponse(outcomes=[step(raw) for raw in request.transactions])

    async def GetTransaction(self, request: Any, context: Any) -> ledger_pb2.GetTransactionResponse:  # noqa: N802  # ditto
        if request.id not in self.final:
            refusal = ledger_pb2.Refusal(number=101, message_en="there is none", message_zh="没有")
            metadata = ((REFUSAL_METADATA, refusal.SerializeToString()),)
            await context.abort(grpc.StatusCode.NOT_FOUND, "none", metadata)
        return ledger_pb2.GetTransactionResponse(receipt=ledger_pb2.Receipt(transaction_id=request.id, height=2))


def scripted(script: list[Any], chain_id: bytes = CHAIN, **status: Any) -> Node:
    """A node of this script; the calls that no test makes answer UNIMPLEMENTED."""
    return Node(script, chain_id, **status)  # type: ignore[abstract]


@asynccontextmanager
async def serving() -> AsyncIterator[Callable[[Node], Awaitable[str]]]:
    """Starts nodes, giving their endpoints, and stops them all in the end."""
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
    """A signed record."""
    return sign_action(KEY, CHAIN, RetireDevice(f"probe-{number}"))


async def offer(endpoints: list[str], envelopes: list[bytes], timeout_s: float = 10.0) -> list[Outcome]:
    """What comes of offering envelopes to these endpoints."""
    async with Connection(endpoints, None, CHAIN) as connection:
        return await submit(connection, envelopes, timeout_s=timeout_s)
