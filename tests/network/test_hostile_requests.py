"""Random and mutated messages at every method of a real server: it stays up, and every answer has a known status."""

import asyncio
import random
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from linxin.v1 import blob_pb2, ledger_pb2, provenance_pb2

from tests.network.nodes import FARM, Client, Network, refusal_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

SERVICES = [
    module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (ledger_pb2, "LedgerService"),
        (provenance_pb2, "ProvenanceService"),
        (blob_pb2, "BlobService"),
    )
]
METHODS = [method for service in SERVICES for method in service.methods]
TYPED = {
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "DATA_LOSS",
    "UNAVAILABLE",  # a read that gave its quorum two milliseconds; with a typed refusal like the others
}
OURS = {"DEADLINE_EXCEEDED", "CANCELLED"}
"""What a live stream without news ends with here."""

TEXTS = ["", "plot:none", "device:\ud7ff", "trace/plot/", "registry/key/", "x" * 300, "9.9", "/", "lot:" + "0" * 200]
NUMBERS = [0, 1, -1, 2, 3, 1000, 10_001, 2**31 - 1, 2**32 - 1, 2**53, 2**63 - 1, 2**64 - 1]


def filled(rng: random.Random, message: Any, depth: int = 0) -> Message:
    """A message with fields drawn from awkward values."""
    for field in message.DESCRIPTOR.fields:
        if rng.random() < 0.3:
            continue
        values = [drawn(rng, field, depth) for _ in range(rng.randrange(3) if field.is_repeated else 1)]
        for value in values:
            try:
                if isinstance(value, Message):
                    target = getattr(message, field.name)
                    (target.add() if field.is_repeated else target).CopyFrom(value)
                elif field.is_repeated:
                    getattr(message, field.name).append(value)
                else:
                    setattr(message, field.name, value)
            except ValueError:  # a number too large for the field
                continue
    return message  # type: ignore[no-any-return]  # made of a descriptor


def drawn(rng: random.Random, field: Any, depth: int) -> Any:
    """A value for a field."""
    if field.message_type is not None:
        inner = field.message_type._concrete_class()  # protobuf's own way to the class
        return filled(rng, inner, depth + 1) if depth < 3 else inner
    kinds = {
        field.CPPTYPE_STRING: lambda: rng.choice(TEXTS) if field.type == field.TYPE_STRING else rng.randbytes(32),
        field.CPPTYPE_BOOL: lambda: rng.random() < 0.5,
    }
    return kinds.get(field.cpp_type, lambda: rng.choice(NUMBERS))()


def hostile(rng: random.Random, method: Any) -> bytes:
    """The bytes of one request: random, filled, or filled and then damaged."""
    if rng.random() < 0.2:
        return rng.randbytes(rng.randrange(200))
    raw = bytearray(filled(rng, method.input_type._concrete_class()).SerializeToString())  # as above
    if raw and rng.random() < 0.4:
        for _ in range(rng.randrange(1, 4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


async def status_of(channel: grpc.aio.Channel, method: Any, requests: list[bytes], metadata: Any) -> str:
    """What a call comes to: "OK", or its status, which must carry a typed refusal if it is the server's."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            await channel.stream_unary(path, None, None)(iter(requests), timeout=2, metadata=metadata)
        elif method.server_streaming:
            call: Any = channel.unary_stream(path, None, None)(requests[0], timeout=0.3, metadata=metadata)
            async for _ in call:
                pass
        else:
            await channel.unary_unary(path, None, None)(requests[0], timeout=5, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        failure = error
    else:
        return "OK"
    name = failure.code().name
    if name not in OURS:
        assert name in TYPED, f"{path} {[raw.hex() for raw in requests]}: {failure!r}"
        assert refusal_of(failure).message_zh
    return name


@pytest.mark.parametrize("seed", range(4))
async def test_hostile_requests_get_typed_answers(node: Network, client: Client, effort: int, seed: int) -> None:
    rng = random.Random(seed)
    seen: set[str] = set()
    for _ in range(12 * effort):
        calls = []
        for method in METHODS:
            requests = [hostile(rng, method) for _ in range(3 if method.client_streaming else 1)]
            first = blob_pb2.GetReceiptRequest.FromString(b"")
            name = f"{method.containing_service.name}/{method.name}"
            metadata = rng.choice(
                [None, client.signature(FARM, name, first), (("linxin-request-bin", rng.randbytes(80)),)]
            )
            calls.append(status_of(client.channel, method, requests, metadata))
        seen |= set(await asyncio.gather(*calls))
    assert {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED"} <= seen
    (outcome,) = await client.submit([node.plot()])
    assert outcome.status == ledger_pb2.Outcome.ACCEPTED
    assert "Traceback" not in node.log()
