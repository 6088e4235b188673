"""The peer transport of one validator: everything that goes between validators goes through here."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import NoReturn

import grpc
from linxin.v1 import peer_pb2_grpc

from consensus.messages import MESSAGE_SIZE_MAX
from ledger.crypto.signing import SigningKey
from network.listening import cannot_listen, check_address
from network.peers.counts import Counts
from network.peers.identity import make_leaf, trust_anchor
from network.peers.incoming import PeerService
from network.peers.link import PING_MS, Endpoint, PeerLink, ping_options
from network.peers.records import FRAME_SIZE_MAX, Lane, PeerRecord, Status

_SERVER_OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", FRAME_SIZE_MAX),
    ("grpc.max_metadata_size", 16_384),
    ("grpc.max_concurrent_streams", 8),
    ("grpc.server_handshake_timeout_ms", 5_000),
    ("grpc.so_reuseport", 0),
    ("grpc.http2.max_ping_strikes", 0),
    *ping_options(PING_MS),
]


class PeerTransport:
    """Connections between this validator and all others, on the running event loop.

    `id` and `key`: this validator's id and Ed25519 ledger key. `listen`: `host:port` (port 0: any; see `port`).
    `peers()`: the records of all validators *now*, this one's own may be among them; it is asked for every message
    received, so it must cost nothing. `addresses` overrides the records' addresses by id.

    `on_message(peer, data)` gets each message as it came, first in first out per lane; it may raise `PeerFault` to have
    the peer's stream closed. `on_connected(peer)` and `on_disconnected(peer)` tell, in turns and never from inside a
    call of ours, when `send` begins and ceases to reach a peer. Whatever else one of the three raises, `run` raises.
    `jitter` gives numbers in [0, 1) for the waits between attempts to connect.
    """

    def __init__(
        self,
        id: str,
        key: SigningKey,
        chain_id: bytes,
        listen: str,
        peers: Callable[[], Mapping[str, PeerRecord]],
        on_message: Callable[[str, bytes], None],
        on_connected: Callable[[str], None],
        on_disconnected: Callable[[str], None],
        *,
        addresses: Mapping[str, str] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.counts = Counts()
        self.port = 0
        self._id = id
        self._chain_id = chain_id
        self._listen = listen
        self._peers = peers
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._addresses = addresses or {}
        self._jitter = jitter
        self._public_key = key.public_key
        self._leaf = make_leaf(key)
        self._links: dict[str, PeerLink] = {}
        self._anchored: frozenset[bytes] | None = None
        # Handed to gRPC's own thread, which asks before each handshake: a deque's append and pop are atomic.
        self._new_anchors: deque[grpc.ServerCertificateConfiguration] = deque(maxlen=1)
        self._closing: set[asyncio.Task[None]] = set()
        self._service = PeerService(id, chain_id, peers, on_message, self._dial_if_wanted, self._fail, self.counts)
        self._server: grpc.aio.Server | None = None
        self._failure: asyncio.Future[NoReturn] | None = None

    async def start(self) -> None:
        """Listen, and begin to connect to every peer. Raises `ConfigError` when the address cannot be listened on."""
        self._failure = asyncio.get_running_loop().create_future()
        check_address(self._listen, "peers.listen")
        server = self._server = grpc.aio.server(options=_SERVER_OPTIONS)
        peer_pb2_grpc.add_PeerServiceServicer_to_server(self._service, server)
        try:
            self.port = server.add_secure_port(self._listen, self._server_credentials())
        except RuntimeError:
            raise cannot_listen(self._listen, "peers.listen", "gRPC: bind failed") from None
        await server.start()
        self.update()

    async def run(self) -> NoReturn:
        """Wait; raises what `on_message`, `on_connected` or `on_disconnected` raised. Requires `start`."""
        assert self._failure is not None, "started"
        await asyncio.shield(self._failure)
        raise AssertionError("a failure has no result")

    def send(self, peer: str, lane: Lane | str, data: bytes) -> bool:
        """Queue a message; returns at once. False: not taken (not connected, or the lane's queue is full).

        True is no promise: what waits is lost when the stream breaks. A full votes lane drops its oldest message, a
        full log lane its connection, a full bulk lane takes no more. Requires len(data) <= MESSAGE_SIZE_MAX.
        """
        assert len(data) <= MESSAGE_SIZE_MAX, f"a message of {len(data)} bytes"
        link = self._links.get(peer)
        return link is not None and link.send(Lane(lane), data)

    def update(self) -> None:
        """The records have changed: connect to new peers, drop removed ones, take new keys, addresses and statuses."""
        records = {peer: record for peer, record in self._peers().items() if peer != self._id}
        self._renew_anchors(records)
        self._service.end_strangers()
        endpoints = {peer: self._endpoint(peer, record) for peer, record in records.items()}
        for peer, link in tuple(self._links.items()):
            if endpoints.get(peer) != link.endpoint:
                self._drop(peer)
        for peer, endpoint in endpoints.items():
            if peer not in self._links and endpoint.address:
                self._links[peer] = self._link(peer, endpoint)
            self._dial_if_wanted(peer)

    def connected(self) -> list[str]:
        """The peers that `send` reaches now, sorted."""
        return sorted(peer for peer, link in self._links.items() if link.is_connected)

    def waiting(self) -> dict[tuple[str, Lane], tuple[int, int]]:
        """Messages and bytes that wait in each lane's queue to each peer."""
        return {
            (peer, lane): (len(sender.queue), sender.queue.size)
            for peer, link in self._links.items()
            for lane, sender in link.senders.items()
        }

    async def stop(self) -> None:
        """End all streams; nothing is called back any more."""
        for peer in tuple(self._links):
            self._drop(peer, is_told=False)
        if self._server is not None:
            await self._server.stop(0)
        await asyncio.gather(*self._closing)
        if self._failure is not None and not self._failure.done():
            self._failure.cancel()

    def _server_credentials(self) -> grpc.ServerCredentials:
        records = {peer: record for peer, record in self._peers().items() if peer != self._id}
        self._renew_anchors(records)
        return grpc.dynamic_ssl_server_credentials(
            self._new_anchors.pop(),
            lambda: self._new_anchors.pop() if self._new_anchors else None,  # type: ignore[arg-type,return-value]
            True,
        )

    def _renew_anchors(self, records: Mapping[str, PeerRecord]) -> None:
        keys = frozenset(record.public_key for record in records.values())
        if keys == self._anchored:
            return
        self._anchored = keys
        pair = (self._leaf.private_key, self._leaf.certificate)
        # This validator's own anchor comes along, as gRPC would take an empty list for "any public authority". It lets
        # nobody in: nobody else has the key, and no caller may have this validator's id.
        anchors = b"".join(trust_anchor(key) for key in sorted(keys | {self._public_key}))
        self._new_anchors.append(grpc.ssl_server_certificate_configuration([pair], root_certificates=anchors))

    def _endpoint(self, peer: str, record: PeerRecord) -> Endpoint:
        return Endpoint(record.public_key, self._addresses.get(peer) or record.address)

    def _link(self, peer: str, endpoint: Endpoint) -> PeerLink:
        names = (self._id, peer)
        return PeerLink(names, self._chain_id, endpoint, self._leaf, self.counts, self._changed, self._jitter)

    def _dial_if_wanted(self, peer: str) -> None:
        """A retired peer is dialled only while it has a stream to us: it asks for blocks and needs the answers."""
        link, record = self._links.get(peer), self._peers().get(peer)
        if link is not None and record is not None:
            link.want(record.status != Status.RETIRED or self._service.has_stream(peer))

    def _drop(self, peer: str, *, is_told: bool = True) -> None:
        link = self._links.pop(peer)
        if is_told and link.is_connected:
            asyncio.get_running_loop().call_soon(self._tell, self._on_disconnected, peer)
        task = asyncio.get_running_loop().create_task(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _changed(self, peer: str, is_connected: bool) -> None:
        self._tell(self._on_connected if is_connected else self._on_disconnected, peer)

    def _tell(self, callback: Callable[[str], None], peer: str) -> None:
        try:
            callback(peer)
        except Exception as error:  # noqa: BLE001  # it must reach the node's loop and not end in a task's log
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)
