"""Who asks, and what they may see: signed requests, and the classes of DESIGN §5 ("What may be seen").

A request is signed over digest("request", [chain id, method, SHA-256 of the request as sent, time_ms]) and carried as
metadata. The key must be registered and in force at the latest certificate; or it is an order's own key, which nobody
registered and which names that order and nothing else. Restricted things are for the parties, auditors and regulators;
staff speak for their organisation, devices, leaders and residents for themselves alone.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple, cast

import grpc
from google.protobuf.message import DecodeError
from linxin.v1 import ledger_pb2

from ledger.context import Context, Signer
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest, sha256
from ledger.crypto.signing import verify
from ledger.errors import UnknownKey
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.archive.messages import Membership, membership_message
from ledger.modules.governance.state import effective_parameters, validator_records
from ledger.modules.groupbuy.messages import order_id
from ledger.roles import Role
from ledger.state import BlockState, home_key
from network.chain import Chain
from network.errors import MembershipRefused, NotAllowed, SignatureNeeded

REQUEST_METADATA = "linxin-request-bin"
"""Metadata key that carries a serialised `linxin.v1.RequestSignature`."""

REQUEST_WINDOW_MS = 60_000
"""How far a request's time may lie from the node's clock, either side."""

USED_MAX = 100_000
"""Single-use signatures remembered within the window; beyond it the oldest are forgotten only when they have
expired.
"""

OURS = "/linxin.v1."
SIGNED_METHODS = frozenset(
    {
        "/linxin.v1.LedgerService/DryRun",
        "/linxin.v1.LedgerService/GetTransaction",
        "/linxin.v1.LedgerService/Export",
        "/linxin.v1.LedgerService/StreamBlocks",
        "/linxin.v1.BlobService/Put",
        "/linxin.v1.BlobService/Get",
        "/linxin.v1.BlobService/Erase",
        "/linxin.v1.BlobService/List",
        "/linxin.v1.TradeService/GetOrder",
        "/linxin.v1.TradeService/ListLines",
        "/linxin.v1.TradeService/PackingList",
        "/linxin.v1.TradeService/GetAccount",
        "/linxin.v1.TradeService/ListAccounts",
        "/linxin.v1.TradeService/GetStatement",
        "/linxin.v1.TradeService/ListInstructions",
        "/linxin.v1.TradeService/GetClaim",
        "/linxin.v1.TradeService/ListClaims",
    }
)

_request_hash: ContextVar[bytes] = ContextVar("request_hash", default=b"")

Metadata = Iterable[tuple[str, str | bytes]]


class Undecodable:
    """Stands for a request whose bytes are not a message of its type."""


class RequestHashes(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs alone
    """Notes the hash of the (first) request message as sent, for the methods that may be signed; and hands on bytes
    that are no message as `Undecodable`, so that they too are refused with words. Replies of our methods come as bytes
    already (`network.services.calls`).
    """

    async def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any]":
        """Wrap the request deserialiser of our methods."""
        handler: Any = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(OURS):
            return cast("grpc.RpcMethodHandler[Any, Any]", handler)
        inner = handler.request_deserializer
        is_signed = handler_call_details.method in SIGNED_METHODS

        def deserialize(raw: bytes) -> Any:
            if is_signed and not _request_hash.get():
                _request_hash.set(sha256(raw))
            try:
                return inner(raw) if inner is not None else raw
            except DecodeError:
                return Undecodable()

        # A named tuple in grpcio, an opaque class in its stubs.
        replaced = handler._replace(request_deserializer=deserialize, response_serializer=None)
        return cast("grpc.RpcMethodHandler[Any, Any]", replaced)


def request_message(chain_id: bytes, method: str, request_hash: bytes, time_ms: int) -> bytes:
    """What a request's signature covers."""
    return digest("request", encode([chain_id, method, request_hash, time_ms]))


class Asker(NamedTuple):
    """Who asks: a registered `signer`, or with the key of `order` (hex id) somebody whom no registry knows."""

    public_key: bytes
    signer: Signer | None
    order: str = ""

    @property
    def name(self) -> str:
        """A subject, for refusals."""
        return f"order:{self.order}" if self.signer is None else self.signer.subject


class Access:
    """Recognises the signers of requests."""

    def __init__(self, registry: Registry, genesis: Genesis, chain: Chain, now_ms: Callable[[], int]) -> None:
        self._registry = registry
        self._genesis = genesis
        self._chain = chain
        self._now_ms = now_ms
        self._used: OrderedDict[tuple[bytes, bytes], int] = OrderedDict()

    def signer(self, metadata: Metadata, method: str, *, once: bool = False) -> Signer:
        """Who signed the current request to `method`; with `once`, its signature is good this one time.

        Raises `SignatureNeeded`, or the registry's refusals of an unknown, revoked or suspended key.
        """
        signature = self._verified(metadata, method, once=once)
        return self._registry.identify(self._context(), signature.algorithm, signature.public_key)

    def owner(self, metadata: Metadata, method: str, owner: str = "", *, once: bool = False) -> Signer:
        """As `signer`, where the key that a file of a resident belongs to (`owner`: `key:<hex>`) may sign as well.

        "" for any file: then a key that nobody registered is taken for a resident's, who finds what is hers alone.
        """
        signature = self._verified(metadata, method, once=once)
        try:
            return self._registry.identify(self._context(), signature.algorithm, signature.public_key)
        except UnknownKey:
            found = _resident("", signature.algorithm, signature.public_key)
            if owner not in ("", found.subject):
                raise
            return found

    def parameters(self) -> Mapping[str, int]:
        """The network's parameters as of the latest certificate."""
        return effective_parameters(self._chain.snapshot, self._genesis)

    def member(
        self, metadata: Metadata, method: str, community: str, word: Membership, *, once: bool = False
    ) -> Signer:
        """The holder of a key that nobody registered, for which the registrar of `community` gives its `word`.

        Raises `SignatureNeeded`, `MembershipRefused`, or the registry's refusals of the registrar's key.
        """
        signature = self._verified(metadata, method, once=once)
        registrar = self._registry.identify(self._context(), word.algorithm, word.public_key)
        told = (community, signature.algorithm, signature.public_key, word.serves, word.valid_to_ms)
        message = membership_message(self._genesis.chain_id, *told)
        speaks = registrar.organisation == community and speaks_for_organisation(registrar)
        if not (speaks and registrar.has(Role.COMMUNITY) and self._now_ms() < word.valid_to_ms):
            raise MembershipRefused(community)
        if not verify(word.algorithm, word.public_key, word.signature, message):
            raise MembershipRefused(community)
        return _resident(community, signature.algorithm, signature.public_key)

    def asker(self, metadata: Metadata, method: str) -> Asker:
        """As `signer`, where an order's own key may ask as well. Raises `UnknownKey` for one that placed no order."""
        signature = self._verified(metadata, method)
        try:
            signer = self._registry.identify(self._context(), signature.algorithm, signature.public_key)
        except UnknownKey:
            order = order_id(signature.algorithm, signature.public_key).hex()
            if self._chain.snapshot.get(home_key(f"order:{order}")) is None:
                raise
            return Asker(signature.public_key, None, order)
        return Asker(signature.public_key, signer)

    def overseer(self, metadata: Metadata, method: str, what: str) -> Callable[[], None]:
        """Check that the current request is signed by one who may have all that is restricted (`what`): an auditor, a
        regulator, a validator or a learner. Returns what checks it again, for a stream, at the certificate of that
        time.

        Raises `SignatureNeeded`, `NotAllowed`, or the registry's refusals of a key.
        """
        signature = self._verified(metadata, method)

        def check() -> None:
            records = validator_records(self._chain.snapshot).values()
            if any(each.public_key == signature.public_key and each.status != "retired" for each in records):
                return
            signer = self._registry.identify(self._context(), signature.algorithm, signature.public_key)
            if not is_overseer(signer):
                raise NotAllowed(signer.subject, what)

        check()
        return check

    def _verified(self, metadata: Metadata, method: str, *, once: bool = False) -> ledger_pb2.RequestSignature:
        """The signature of the current request to `method`, which is good; whose it is, is not looked at."""
        signature = self._signature(metadata)
        now_ms = self._now_ms()
        if abs(signature.time_ms - now_ms) > REQUEST_WINDOW_MS:
            raise SignatureNeeded(f"its time {signature.time_ms} is not within a minute of the node's clock {now_ms}")
        message = request_message(self._genesis.chain_id, method, _request_hash.get(), signature.time_ms)
        if not verify(signature.algorithm, signature.public_key, signature.signature, message):
            raise SignatureNeeded("the signature does not verify")
        if once:
            self._use((signature.public_key, message), signature.time_ms, now_ms)
        return signature

    def _signature(self, metadata: Metadata) -> ledger_pb2.RequestSignature:
        for key, value in metadata:
            if key == REQUEST_METADATA and isinstance(value, bytes):
                try:
                    return ledger_pb2.RequestSignature.FromString(value)
                except DecodeError:
                    raise SignatureNeeded(f"{REQUEST_METADATA} does not decode") from None
        raise SignatureNeeded(f"{REQUEST_METADATA} is missing")

    def _context(self) -> Context:
        head = self._chain.head
        state = BlockState(self._chain.snapshot)
        return Context(state, head.height, head.time_ms, self._genesis.parameters, self._genesis.chain_id)

    def _use(self, signed: tuple[bytes, bytes], time_ms: int, now_ms: int) -> None:
        # By key and message, not by signature: an ECDSA signature has a twin that verifies as well. Not by message
        # alone: two may ask the same in the same millisecond.
        while self._used and next(iter(self._used.values())) < now_ms - 2 * REQUEST_WINDOW_MS:
            self._used.popitem(last=False)
        if signed in self._used:
            raise SignatureNeeded("this signed request was used before")
        if len(self._used) >= USED_MAX:
            raise SignatureNeeded("too many signed requests within a minute")
        self._used[signed] = max(time_ms, now_ms)


def _resident(community: str, algorithm: int, public_key: bytes) -> Signer:
    """Whoever holds a per-community key: a resident, for herself alone."""
    return Signer(community, f"key:{public_key.hex()}", frozenset({Role.RESIDENT}), public_key, algorithm)


def is_overseer(signer: Signer) -> bool:
    """Whether the signer speaks for an auditor or a regulator, who may read all that is restricted."""
    return signer.has(Role.AUDITOR, Role.REGULATOR)


def speaks_for_organisation(signer: Signer) -> bool:
    """Whether an organisation's own key or its staff signed, rather than a device, a leader or a resident."""
    return not signer.has(Role.DEVICE, Role.LEADER, Role.RESIDENT)


def names_of(signer: Signer) -> frozenset[str]:
    """The subjects that the signer is, for lists of holders."""
    if speaks_for_organisation(signer):
        return frozenset({signer.subject, f"organisation:{signer.organisation}"})
    return frozenset({signer.subject})
