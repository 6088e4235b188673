"""The floor of a remote call: gRPC over TLS on loopback to another process that only counts what it is sent."""

import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import grpc
from linxin.v1 import ledger_pb2

from network.tls import issue_server_certificate, make_authority

BATCH_ITEMS = 500
ITEM = bytes(300)
ROUNDS = 7
METHOD = "/linxin.benchmark.Floor/Count"

Answer = tuple[str, str, float]
"""Name as in results.jsonl (ends in its unit, µs), what it is, and the median microseconds."""


def rpc_costs(*, quick: bool) -> Iterator[Answer]:
    """Start a server in a process of its own, call it with one and with many items, and end it."""
    certificate, key = make_authority("floor")
    chain, server_key = issue_server_certificate(certificate, key, ["127.0.0.1"])
    context = multiprocessing.get_context("spawn")  # gRPC's threads do not survive a fork
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs, chain, server_key), daemon=True)
    server.start()
    try:
        yield from asyncio.run(_measure(ours.recv(), certificate, calls=20 if quick else 200))
    finally:
        ours.send(None)
        server.join()


def serve(pipe: Connection, chain: bytes, key: bytes) -> None:
    """Serve until anything comes through `pipe`; the first thing sent through it is the port."""
    asyncio.run(_serve(pipe, chain, key))


async def _serve(pipe: Connection, chain: bytes, key: bytes) -> None:
    async def count(request: ledger_pb2.SubmitRequest, _: object) -> ledger_pb2.SubmitResponse:
        assert len(request.transactions) > 0
        return ledger_pb2.SubmitResponse()

    handler = grpc.unary_unary_rpc_method_handler(
        count,
        request_deserializer=ledger_pb2.SubmitRequest.FromString,
        response_serializer=ledger_pb2.SubmitResponse.SerializeToString,
    )
    service, _, method = METHOD.removeprefix("/").partition("/")
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
    await server.start()
    pipe.send(port)
    await asyncio.to_thread(pipe.recv)
    await server.stop(grace=None)


async def _measure(port: int, authority: bytes, *, calls: int) -> list[Answer]:
    credentials = grpc.ssl_channel_credentials(authority)
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        call = channel.unary_unary(
            METHOD,
            request_serializer=ledger_pb2.SubmitRequest.SerializeToString,
            response_deserializer=ledger_pb2.SubmitResponse.FromString,
        )

        async def cost_us(items: int, calls: int) -> float:
            rounds = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                for _ in range(calls):
                    await call(ledger_pb2.SubmitRequest(transactions=[ITEM] * items), timeout=30)
                rounds.append((time.perf_counter() - began) / calls)
            return 1e6 * statistics.median(rounds)

        await cost_us(1, 20)
        single_us = await cost_us(1, calls)
        batch_us = await cost_us(BATCH_ITEMS, calls)
    return [
        ("grpc_unary_us", "gRPC call over TLS on loopback, one item", round(single_us, 1)),
        (
            "grpc_batch_item_us",
            f"the same, each of {BATCH_ITEMS} items of {len(ITEM)} bytes",
            round(batch_us / BATCH_ITEMS, 3),
        ),
    ]
