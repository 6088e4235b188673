"""One lane to one peer: dial, greet, send what waits in frames, and begin again when the stream breaks."""

import asyncio
from collections.abc import Callable

import grpc
from linxin.v1 import peer_pb2, peer_pb2_grpc

from network.peers.counts import LaneCounts
from network.peers.queue import BOUNDS, LaneQueue, Overflow
from network.peers.records import Lane

GREETING_S_MAX = 3.0
"""Connecting, both handshakes and the peer's Welcome together take no longer."""

BACKOFF_S_MIN = 0.05
BACKOFF_S_MAX = 2.0
STEADY_S = 2.0
"""A stream that lived so long counts as sound: the next wait is the shortest again."""


class Backoff:
    """Waits that double from `BACKOFF_S_MIN` to `BACKOFF_S_MAX`, each cut by up to half at random.

    `jitter` gives numbers in [0, 1): without it, all peers of a node that returns would call at the same moment.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait before the next attempt."""
        ceiling: float = min(BACKOFF_S_MAX, BACKOFF_S_MIN * 2 ** min(self._failures, 16))
        self._failures += 1
        return ceiling * (1 - self._jitter() / 2)

    def reset(self) -> None:
        """The last stream was sound."""
        self._failures = 0


class LaneSender:
    """Keeps one lane to one peer open while `gate` is set, and sends what `put` takes.

    `is_open` is true from the peer's Welcome until the stream ends; `is_refused` after the peer said that this lane is
    not for us, until it welcomes us. `on_change` is called after either changed.
    """

    def __init__(
        self,
        lane: Lane,
        dial: Callable[[], grpc.aio.Channel],
        hello: peer_pb2.Hello,
        counts: LaneCounts,
        on_change: Callable[[], None],
        jitter: Callable[[], float],
    ) -> None:
        self.gate = asyncio.Event()
        self.is_open = False
        self.is_refused = False
        self.queue = LaneQueue(BOUNDS[lane])
        self._overflow = BOUNDS[lane].overflow
        self._dial = dial
        self._hello = peer_pb2.Frame(hello=hello)
        self._counts = counts
        self._on_change = on_change
        self._backoff = Backoff(jitter)
        self._wake = asyncio.Event()
        self._dropped: asyncio.Future[None] | None = None
        self._streams: set[asyncio.Task[None]] = set()

    def put(self, data: bytes) -> bool:
        """Queue a message; false when it was not taken (the queue is full, by the lane's rule)."""
        if self._overflow is not Overflow.DROP_OLDEST and not self.queue.fits(data):
            self._counts.dropped_messages += 1
            if self._overflow is Overflow.BREAK:
                self.drop()
            return False
        self._counts.dropped_messages += self.queue.put(data)
        self._wake.set()
        return True

    async def run(self) -> None:
        """Open the lane again and again until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            await self.gate.wait()
            began = clock()
            try:
                await self._session()
            finally:
                self._closed()
            if clock() - began >= STEADY_S:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.next_s())

    async def _session(self) -> None:
        """One stream from dialling to its end, or until `drop`."""
        dropped = self._dropped = asyncio.get_running_loop().create_future()
        async with self._dial() as channel:
            stream = asyncio.create_task(self._stream(channel, dropped))
            self._streams.add(stream)
            stream.add_done_callback(self._streams.discard)
            try:
                await asyncio.wait({stream, dropped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Not awaited: gRPC gives a write back, cancelled or not, only when TCP lets go of it, and a stopped
                # peer with full buffers may hold it until TCP's own time is up (the answer time of the lane's pings).
                self.drop()
                stream.cancel()

    async def _stream(self, channel: grpc.aio.Channel, dropped: asyncio.Future[None]) -> None:
        """Greet, and send until the stream ends, which is never an error here: the network may fail at any moment."""
        call = peer_pb2_grpc.PeerServiceStub(channel).Deliver()  # type: ignore[call-arg]  # frames are written
        try:
            async with asyncio.timeout(GREETING_S_MAX):
                await call.write(self._hello)
                welcome = await call.read()
            if isinstance(welcome, peer_pb2.Welcome) and not dropped.done():
                self._opened()
                await self._send_all(call, dropped)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError):
            pass
        if call.done() and not dropped.done() and await call.code() is grpc.StatusCode.PERMISSION_DENIED:
            self.is_refused = True

    async def _send_all(
        self, call: "grpc.aio.StreamStreamCall[peer_pb2.Frame, peer_pb2.Welcome]", dropped: asyncio.Future[None]
    ) -> None:
        call.add_done_callback(lambda _: self._wake.set())
        while not (call.done() or dropped.done()):
            messages = self.queue.take()
            if not messages:
                self._wake.clear()
                await self._wake.wait()
                continue
            await call.write(peer_pb2.Frame(messages=messages))
            self._counts.sent_frames += 1
            self._counts.sent_messages += len(messages)
            self._counts.sent_bytes += sum(map(len, messages))

    def _opened(self) -> None:
        self.is_open, self.is_refused = True, False
        self._on_change()

    def _closed(self) -> None:
        self._dropped = None
        self._counts.breaks += 1
        self.is_open = False
        self._on_change()

    def drop(self) -> None:
        """End the stream, if there is one, and forget what waits: it would follow a gap. `run` opens the lane anew."""
        self._counts.dropped_messages += self.queue.clear()
        if self._dropped is not None and not self._dropped.done():
            self._dropped.set_result(None)
