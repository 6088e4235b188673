"""Channels to a network's endpoints: TLS under its own authority, fail-over, and retries with jittered back-off.

A call is offered to one endpoint after another until one answers; statuses that say "not now" (`AGAIN`) are retried
until the caller's time is up, all others are final. Every request of the services is safe to repeat. An endpoint that
says at first contact that it waits for a quorum is passed over while there is another that has not been asked.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import Message as Protobuf
from linxin.v1 import archive_pb2_grpc, blob_pb2_grpc, ledger_pb2, ledger_pb2_grpc, provenance_pb2_grpc, trade_pb2_grpc

from client.failures import AGAIN, ELSEWHERE, Unreachable, WrongNetwork, remote_failure
from client.network_directory import NetworkDirectory
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest, sha256
from ledger.crypto.signing import SigningKey

REQUEST_METADATA = "linxin-request-bin"
"""Metadata of calls that read restricted things or change the vault: a serialised `linxin.v1.RequestSignature`."""

RECEIVE_BYTES_MAX = 64 * 1024 * 1024
BACKOFF_S_FIRST = 0.05
BACKOFF_S_MAX = 2.0
ATTEMPT_S_MIN = 15.0
"""Where there are several endpoints, none is waited for longer than its share of the time, or this if it is more."""
GREETING_S_MAX = 3.0
"""Where there are several endpoints: how long one may take to say which chain it serves."""

_Request = TypeVar("_Request", bound=Protobuf)
_Response = TypeVar("_Response", bound=Protobuf)

Metadata = tuple[tuple[str, str | bytes], ...]


@dataclass(frozen=True)
class Stubs:
    """The services of one endpoint."""

    ledger: "ledger_pb2_grpc.LedgerServiceAsyncStub"  # these five names exist for type checkers only
    provenance: "provenance_pb2_grpc.ProvenanceServiceAsyncStub"
    trade: "trade_pb2_grpc.TradeServiceAsyncStub"
    blobs: "blob_pb2_grpc.BlobServiceAsyncStub"
    archive: "archive_pb2_grpc.ArchiveServiceAsyncStub"


class Backoff:
    """Waits that double from 50 ms to two seconds, each drawn from the upper half of its range ("jitter")."""

    def __init__(self) -> None:
        self._next_s = BACKOFF_S_FIRST

    def next_s(self, at_least_ms: int = 0) -> float:
        """Seconds to wait now; never less than what the node asked for."""
        base_s = max(self._next_s, at_least_ms / 1000)
        self._next_s = min(self._next_s * 2, BACKOFF_S_MAX)
        return base_s * random.uniform(0.5, 1.0) if not at_least_ms else base_s * random.uniform(1.0, 1.5)  # noqa: S311  # jitter


class Connection:
    """The endpoints of one network. Use as `async with Connection(...) as connection`.

    `authority` is the PEM certificate that endpoints are issued by (None: plain text); `chain_id`, when given, is
    compared with what each endpoint says before anything else is asked of it.
    """

    def __init__(self, endpoints: Sequence[str], authority: bytes | None, chain_id: bytes | None = None) -> None:
        self.endpoints = tuple(endpoints)
        self.chain_id = chain_id
        self._authority = authority
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._known: set[str] = set()
        self._turn = 0

    @classmethod
    def to(cls, network: NetworkDirectory) -> Self:
        """A connection to the network of a folder, trusting its genesis file and authority."""
        return cls(network.endpoints, network.authority(), sha256(network.genesis_bytes()))

    def only(self, endpoint: str) -> Self:
        """A connection of its own to one of the endpoints. Close it."""
        return type(self)([endpoint], self._authority, self.chain_id)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all channels."""
        channels, self._channels = list(self._channels.values()), {}
        await asyncio.gather(*(channel.close(None) for channel in channels))

    async def call(
        self,
        pick: Callable[[Stubs], Callable[..., Any]],
        request: _Request,
        answer: type[_Response],
        *,
        timeout_s: float = 10.0,
        attempt_s_max: float | None = None,
        sign: Callable[[], Metadata] | None = None,
    ) -> _Response:
        """Ask until an endpoint answers. `pick` names the method: `lambda to: to.ledger.GetStatus`.

        `attempt_s_max`: how long one of several endpoints is waited for (None: its share, at least `ATTEMPT_S_MIN`).
        Raises `Remote` with the node's refusal, `Unreachable` when nobody answered in `timeout_s`, `WrongNetwork`.
        """
        deadline = time.monotonic() + timeout_s
        backoff, reasons, asked = Backoff(), dict[str, str](), 0
        while True:
            endpoint = self.endpoints[self._turn % len(self.endpoints)] if self.endpoints else ""
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not endpoint:
                raise Unreachable([f"{name}: {said}" for name, said in reasons.items()])
            try:
                attempt_s = min(left_s, self._share_s(timeout_s, attempt_s_max))
                if not await self._greet(endpoint, attempt_s):
                    reasons[endpoint] = "it waits for a quorum"
                    self.move_on()
                    continue
                method = pick(self.stubs(endpoint))
                found = await method(request, timeout=attempt_s, metadata=sign() if sign else None)
            except grpc.aio.AioRpcError as error:
                failure = remote_failure(error)
                asked += 1
                elsewhere = failure.number in ELSEWHERE and asked < len(self.endpoints)
                if error.code() not in AGAIN and not elsewhere:
                    raise failure from None
                reasons[endpoint] = failure.en
                self.move_on()
                if failure.retry_after_ms == 0 and asked % len(self.endpoints) != 0:
                    continue  # the next may answer at once: waits are between rounds
                wait_s = backoff.next_s(failure.retry_after_ms)
                if failure.status is grpc.StatusCode.RESOURCE_EXHAUSTED and time.monotonic() + wait_s > deadline:
                    raise failure from None
                await asyncio.sleep(min(wait_s, max(0.0, deadline - time.monotonic())))
            else:
                assert isinstance(found, answer)
                return found

    async def stream(
        self,
        pick: Callable[[Stubs], Callable[..., Any]],
        request: Protobuf,
        answer: type[_Response],
        *,
        timeout_s: float | None = None,
        sign: Callable[[], Metadata] | None = None,
    ) -> AsyncIterator[_Response]:
        """The answers of a streaming call to the first endpoint that is reachable; the caller resumes a broken stream.

        Raises `Remote`, `Unreachable`, `WrongNetwork`.
        """
        for asked in range(1, len(self.endpoints) + 1):
            await self.status()  # so that an endpoint that answers is the one whose turn it is
            method = pick(self.here())
            call = method(request, timeout=timeout_s, metadata=sign() if sign else None)
            try:
                async for item in call:
                    assert isinstance(item, answer)
                    yield item
            except grpc.aio.AioRpcError as error:
                failure = remote_failure(error)
                if failure.number not in ELSEWHERE or asked == len(self.endpoints):
                    raise failure from None
                self.move_on()
            else:
                return
            finally:
                call.cancel()

    async def status(self, timeout_s: float = 10.0) -> ledger_pb2.GetStatusResponse:
        """What the endpoint whose turn it is says of itself. Raises as `call`."""
        request, answer = ledger_pb2.GetStatusRequest(), ledger_pb2.GetStatusResponse
        return await self.call(lambda to: to.ledger.GetStatus, request, answer, timeout_s=timeout_s)

    async def find_leader(self, timeout_s: float = GREETING_S_MAX) -> str:
        """Ask all endpoints who leads, and make the leader's the one whose turn it is; "" when none of them is its.

        For those who bring much: what other validators are given, they pass on to the leader.
        """

        async def ask(endpoint: str) -> ledger_pb2.GetStatusResponse | None:
            request = ledger_pb2.GetStatusRequest()
            try:
                return await self.stubs(endpoint).ledger.GetStatus(request, timeout=timeout_s)
            except grpc.aio.AioRpcError:
                return None

        answers = await asyncio.gather(*(ask(endpoint) for endpoint in self.endpoints))
        leading = [
            (status.term, number)
            for number, status in enumerate(answers)
            if status is not None and status.role == "leader" and self.chain_id in (None, status.chain_id)
        ]
        if not leading:
            return ""
        self._turn = max(leading)[1]
        return self.endpoints[self._turn]

    def move_on(self) -> None:
        """Let the next endpoint have its turn."""
        self._turn += 1

    def here(self) -> Stubs:
        """The services of the endpoint whose turn it is."""
        return self.stubs(self.endpoints[self._turn % len(self.endpoints)])

    @property
    def reached(self) -> bool:
        """Whether any endpoint has answered. Until then nothing but questions for its chain id was sent."""
        return bool(self._known)

    def stubs(self, endpoint: str) -> Stubs:
        """The services of one endpoint; its channel is opened on first use."""
        channel = self._channels.get(endpoint)
        if channel is None:
            channel = self._channels[endpoint] = open_channel(endpoint, self._authority)
        return Stubs(
            ledger_pb2_grpc.LedgerServiceStub(channel),
            provenance_pb2_grpc.ProvenanceServiceStub(channel),
            trade_pb2_grpc.TradeServiceStub(channel),
            blob_pb2_grpc.BlobServiceStub(channel),
            archive_pb2_grpc.ArchiveServiceStub(channel),
        )

    def _share_s(self, timeout_s: float, attempt_s_max: float | None) -> float:
        if len(self.endpoints) == 1:
            return timeout_s
        return attempt_s_max if attempt_s_max is not None else max(ATTEMPT_S_MIN, timeout_s / len(self.endpoints))

    async def _greet(self, endpoint: str, timeout_s: float) -> bool:
        """Whether to ask this endpoint now. At first contact it must say that it serves our chain.

        False when it says then that it waits for a quorum, and some other endpoint has not been greeted yet.
        """
        if endpoint in self._known:
            return True
        alone = len(self.endpoints) == 1
        limit_s = timeout_s if alone else min(timeout_s, GREETING_S_MAX)
        status = await self.stubs(endpoint).ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=limit_s)
        if self.chain_id is not None and status.chain_id != self.chain_id:
            raise WrongNetwork(endpoint, self.chain_id, status.chain_id)
        self._known.add(endpoint)
        return not status.waiting_for or self._known.issuperset(self.endpoints)


def open_channel(endpoint: str, authority: bytes | None) -> grpc.aio.Channel:
    """A channel to host:port, under TLS when an authority is given."""
    options = [
        ("grpc.max_receive_message_length", RECEIVE_BYTES_MAX),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.enable_http_proxy", 0),
    ]
    if authority is None:
        return grpc.aio.insecure_channel(endpoint, options=options)
    return grpc.aio.secure_channel(endpoint, grpc.ssl_channel_credentials(authority), options=options)


def signed_request(key: SigningKey, chain_id: bytes, method: str, first: Protobuf) -> Callable[[], Metadata]:
    """Makes the metadata that proves who asks, anew for each attempt.

    `method` as `/linxin.v1.BlobService/Get`; `first` is the request, or the first message of a client stream.
    """
    body = first.SerializeToString()

    def sign() -> Metadata:
        time_ms = time.time_ns() // 1_000_000
        message = digest("request", encode([chain_id, method, sha256(body), time_ms]))
        proof = ledger_pb2.RequestSignature(
            algorithm=key.algorithm, public_key=key.public_key, time_ms=time_ms, signature=key.sign(message)
        )
        return ((REQUEST_METADATA, proof.SerializeToString()),)

    return sign
