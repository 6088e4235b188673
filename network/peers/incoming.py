"""Streams from peers: who is it, may it use this lane, and is that still so for every single message."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import grpc
from linxin.v1 import peer_pb2, peer_pb2_grpc

from network.peers.counts import Counts
from network.peers.identity import is_issued_by
from network.peers.link import VERSION, WIRE_LANES
from network.peers.queue import FRAME_COUNT_MAX
from network.peers.records import Lane, PeerRecord, may_use
from network.replica.errors import PeerFault

HELLO_S_MAX = 5.0
"""How long a stream may take to say whose it is."""

Context: TypeAlias = "grpc.aio.ServicerContext[peer_pb2.Frame, peer_pb2.Welcome]"

_LANES = {wire: lane for lane, wire in WIRE_LANES.items()}


@dataclass(eq=False)
class Stream:
    """One lane's stream from one peer: the ledger key that its certificate proved, and the task that reads it."""

    peer: str
    lane: Lane
    public_key: bytes
    task: "asyncio.Task[object]"
    is_ended: bool = False

    def end(self) -> None:
        """Interrupt the task, which then tells the caller: gRPC would leave the caller of a cancelled task waiting."""
        if not self.is_ended:
            self.is_ended = True
            self.task.cancel()


class PeerService(peer_pb2_grpc.PeerServiceServicer):
    """The receiving side. `on_message(peer, data)` gets every message, in each lane's order; what it raises beside
    `PeerFault` goes to `on_failure`. `on_stream(peer)` is called when a stream of a peer has begun or ended.
    """

    def __init__(
        self,
        own: str,
        chain_id: bytes,
        peers: Callable[[], Mapping[str, PeerRecord]],
        on_message: Callable[[str, bytes], None],
        on_stream: Callable[[str], None],
        on_failure: Callable[[Exception], None],
        counts: Counts,
    ) -> None:
        self._own = own
        self._chain_id = chain_id
        self._peers = peers
        self._on_message = on_message
        self._on_stream = on_stream
        self._on_failure = on_failure
        self._counts = counts
        self._streams: dict[tuple[str, Lane], Stream] = {}

    async def Deliver(  # noqa: N802  # the method's name in peer.proto
        self, request_iterator: "AsyncIterator[peer_pb2.Frame]", context: "Context"
    ) -> "AsyncIterator[peer_pb2.Welcome]":
        """Serve one stream until it ends, is replaced, or its peer may no longer use it."""
        frames = aiter(request_iterator)
        stream = await self._greet(frames, context)
        place = (stream.peer, stream.lane)
        replaced = self._streams.get(place)
        self._streams[place] = stream
        if replaced is not None:
            replaced.end()
        self._on_stream(stream.peer)
        try:
            yield peer_pb2.Welcome(version=VERSION)
            await self._receive(stream, frames, context)
        except asyncio.CancelledError:
            if not stream.is_ended:
                raise
            stream.task.uncancel()
            await self._refuse(context, grpc.StatusCode.CANCELLED, "replaced, or the records have changed")
        finally:
            if self._streams.get(place) is stream:
                del self._streams[place]
                self._on_stream(stream.peer)

    def end_strangers(self) -> None:
        """Records have changed: end every stream whose peer may no longer use it."""
        for stream in tuple(self._streams.values()):
            if not self._is_welcome(stream):
                stream.end()

    def has_stream(self, peer: str) -> bool:
        """Whether a peer has any lane to us open."""
        return any((peer, lane) in self._streams for lane in Lane)

    async def _greet(self, frames: "AsyncIterator[peer_pb2.Frame]", context: "Context") -> Stream:
        try:
            async with asyncio.timeout(HELLO_S_MAX):
                frame = await anext(frames, None)
        except TimeoutError:
            await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "no Hello in time")
        if frame is None or not frame.HasField("hello") or frame.messages:
            await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "the first frame is a Hello alone")
        hello = frame.hello
        lane = _LANES.get(hello.lane)
        if lane is None:
            await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "no such lane")
        if (hello.version, hello.chain_id, hello.receiver) != (VERSION, self._chain_id, self._own):
            words = f"this is validator {self._own} of chain {self._chain_id.hex()[:16]}, version {VERSION}"
            await self._refuse(context, grpc.StatusCode.FAILED_PRECONDITION, words)
        record = self._peers().get(hello.sender)
        if record is None or hello.sender == self._own:
            await self._refuse(context, grpc.StatusCode.PERMISSION_DENIED, "no such peer")
        if not is_issued_by(_certificate_of(context), record.public_key):
            await self._refuse(
                context, grpc.StatusCode.UNAUTHENTICATED, "the certificate is not of this validator's key"
            )
        task = asyncio.current_task()
        assert task is not None
        stream = Stream(hello.sender, lane, record.public_key, task)
        if not self._is_welcome(stream):
            await self._refuse(context, grpc.StatusCode.PERMISSION_DENIED, f"a {record.status} does not use {lane}")
        return stream

    async def _receive(self, stream: Stream, frames: "AsyncIterator[peer_pb2.Frame]", context: "Context") -> None:
        counts = self._counts.of(stream.peer, stream.lane)
        async for frame in frames:
            counts.received_frames += 1
            if frame.HasField("hello") or not 0 < len(frame.messages) <= FRAME_COUNT_MAX:
                words = f"a frame holds 1 to {FRAME_COUNT_MAX} messages"
                await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, words)
            for data in frame.messages:
                if not self._is_welcome(stream):
                    await self._refuse(context, grpc.StatusCode.PERMISSION_DENIED, "no longer a peer on this lane")
                counts.received_messages += 1
                counts.received_bytes += len(data)
                try:
                    self._on_message(stream.peer, data)
                except PeerFault as fault:
                    await self._refuse(context, grpc.StatusCode.INVALID_ARGUMENT, fault.reason[:500])
                except Exception as error:  # noqa: BLE001  # gRPC would swallow what must stop the node
                    self._on_failure(error)
                    await self._refuse(context, grpc.StatusCode.INTERNAL, "this validator stops")

    def _is_welcome(self, stream: Stream) -> bool:
        record = self._peers().get(stream.peer)
        return record is not None and record.public_key == stream.public_key and may_use(record.status, stream.lane)

    async def _refuse(self, context: "Context", status: grpc.StatusCode, words: str) -> NoReturn:
        self._counts.refuse(status.name)
        await context.abort(status, words)
        raise AssertionError("abort returned")


def _certificate_of(context: "Context") -> bytes:
    """The caller's certificate in PEM, which TLS has checked against some validator's key; empty when there is none."""
    return b"".join(tuple(context.auth_context().get("x509_pem_cert", ()))[:1])
