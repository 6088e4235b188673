"""All lanes to one peer, and whether it counts as connected."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import grpc
from linxin.v1 import peer_pb2

from network.peers.counts import Counts
from network.peers.identity import TARGET_NAME, LeafCertificate, trust_anchor
from network.peers.outgoing import LaneSender
from network.peers.records import FRAME_SIZE_MAX, Lane

VERSION = 1
"""Of the protocol in peer.proto."""

VOTES_PING_MS = (1_000, 2_000)
"""A connection that was silent for the first is pinged; one that answers no ping within the second is dead, though TCP
may believe in it for hours: a stopped process, a cable pulled."""

PING_MS = (5_000, 10_000)
"""The same for the other lanes and at the receiving side. A ping waits behind megabytes in TCP's buffers, and a slow
link is not a dead one; it is the votes lane that tells, since its messages are small."""

WIRE_LANES = {Lane.VOTES: peer_pb2.LANE_VOTES, Lane.LOG: peer_pb2.LANE_LOG, Lane.BULK: peer_pb2.LANE_BULK}

_CHANNEL_OPTIONS: list[tuple[str, int | str]] = [
    ("grpc.ssl_target_name_override", TARGET_NAME),
    ("grpc.max_receive_message_length", 65_536),
    ("grpc.max_send_message_length", FRAME_SIZE_MAX),
    # A connection of its own for each lane: streams of one connection would share its TCP buffers and its losses.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
]


def ping_options(pings: tuple[int, int]) -> list[tuple[str, int]]:
    """Keep-alive as gRPC options: silence before a ping and time for its answer, in ms."""
    silence_ms, answer_ms = pings
    return [
        ("grpc.keepalive_time_ms", silence_ms),
        ("grpc.keepalive_timeout_ms", answer_ms),
        # Without this one, pings that gRPC sends to measure the link wait a minute, and keep-alive counts on those.
        ("grpc.http2.ping_timeout_ms", answer_ms),
        ("grpc.http2.max_pings_without_data", 0),
    ]


@dataclass(frozen=True)
class Endpoint:
    """What a link is made for; when it changes the link is made anew."""

    public_key: bytes
    address: str


class PeerLink:
    """Outgoing lanes to one peer, with the key and the address that its record had when the link was made.

    The link is connected while the votes lane is open. Where the peer refuses us that lane (it knows that we are
    retired, we may not yet), bulk stands in for it. The other lanes are dialled only when votes has shown that the peer
    is there, and dropped when it shows that the peer is gone; a retired peer is dialled only while it asks for blocks,
    as most of them are gone for good.
    """

    def __init__(
        self,
        names: tuple[str, str],
        chain_id: bytes,
        endpoint: "Endpoint",
        leaf: LeafCertificate,
        counts: Counts,
        on_change: Callable[[str, bool], None],
        jitter: Callable[[], float],
    ) -> None:
        own, self.peer = names
        self.endpoint = endpoint
        self.is_connected = False
        self._is_closed = False
        self._on_change = on_change
        self._credentials = grpc.ssl_channel_credentials(
            trust_anchor(endpoint.public_key), leaf.private_key, leaf.certificate
        )
        self.senders = {
            lane: LaneSender(
                lane,
                partial(self._dial, VOTES_PING_MS if lane is Lane.VOTES else PING_MS),
                peer_pb2.Hello(version=VERSION, chain_id=chain_id, sender=own, receiver=self.peer, lane=wire),
                counts.of(self.peer, lane),
                self._lane_changed,
                jitter,
            )
            for lane, wire in WIRE_LANES.items()
        }
        self._tasks = [asyncio.create_task(sender.run()) for sender in self.senders.values()]

    def want(self, is_wanted: bool) -> None:
        """Whether to dial at all."""
        self._set_gate(Lane.VOTES, is_wanted)

    def send(self, lane: Lane, data: bytes) -> bool:
        """Queue a message; false when the peer is not connected or the queue does not take it."""
        if not self.is_connected or not self.senders[lane].gate.is_set():
            return False
        return self.senders[lane].put(data)

    async def close(self) -> None:
        """End all lanes, telling nobody."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _dial(self, pings: tuple[int, int]) -> grpc.aio.Channel:
        options = [*_CHANNEL_OPTIONS, *ping_options(pings)]
        return grpc.aio.secure_channel(self.endpoint.address, self._credentials, options=options)

    def _lane_changed(self) -> None:
        if self._is_closed:
            return
        votes = self.senders[Lane.VOTES]
        self._set_gate(Lane.LOG, votes.is_open)
        self._set_gate(Lane.BULK, votes.is_open or votes.is_refused)
        connected = votes.is_open or (votes.is_refused and self.senders[Lane.BULK].is_open)
        if connected != self.is_connected:
            self.is_connected = connected
            if not connected:
                self.senders[Lane.LOG].drop()
                self.senders[Lane.BULK].drop()
            self._on_change(self.peer, connected)

    def _set_gate(self, lane: Lane, is_wanted: bool) -> None:
        gate = self.senders[lane].gate
        if is_wanted:
            gate.set()
        else:
            gate.clear()
