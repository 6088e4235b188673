# ruff: noqa: N802  # the methods are named by the .proto
"""LedgerService: records in, final blocks, values and proofs out (proto/linxin/v1/ledger.proto)."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from linxin.v1 import ledger_pb2, ledger_pb2_grpc

from ledger.block import ACCEPTED, Receipt
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.crypto.hashing import HASH_SIZE
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.proof import prove_leaf
from network.access import Access, is_overseer
from network.admission import BATCH_BYTES_MAX, BATCH_MAX, Admission
from network.blocks import Parts, read_block
from network.chain import Chain, note_of, receipt_message
from network.errors import (
    BadField,
    ChangesForgotten,
    NotAllowed,
    NotConfirmed,
    NotFound,
    NothingRestricted,
    ObserverOnly,
    numbered_refusal,
)
from network.mempool import Dropped, Mempool, Ticket
from network.reads import Reads
from network.services import ledger_reads
from network.services.calls import (
    STALL_MAX_S,
    Call,
    Slots,
    check_range,
    check_size,
    metadata_of,
    streaming,
    time_left_s,
    unary,
)
from network.services.dry_runs import DryRuns
from network.services.status import status_message
from network.status import ViewNode

WAIT_DEFAULT_MS = 10_000
WAIT_MAX_MS = 60_000
DEADLINE_MARGIN_S = 0.05
"""Before the caller's deadline an answer is sent with what is known, rather than none."""


@dataclass(frozen=True)
class NodeFacts:
    """What the node says of itself."""

    name: str
    version: str
    started_ms: int
    holds_restricted: bool = True


class Barrier(Protocol):
    """Waits until the ledger here holds all that was final anywhere when it was asked; False = not in time."""

    async def __call__(self, token: bytes, timeout_s: float) -> bool:
        """`token` tells this read from others."""


@dataclass(frozen=True)
class Order:
    """The way into the ledger, at a node that takes part in ordering."""

    admission: Admission
    barrier: Barrier


class LedgerService(ledger_pb2_grpc.LedgerServiceServicer):
    """Answers from what is final; submissions go through admission."""

    def __init__(
        self,
        facts: NodeFacts,
        genesis: Genesis,
        registry: Registry,
        chain: Chain,
        order: Order | None,
        mempool: Mempool,
        access: Access,
        now_ms: Callable[[], int],
        view: ViewNode,
        reads: Reads,
        streams: Slots,
        exports: Slots,
        stall_max_s: float = STALL_MAX_S,
    ) -> None:
        self._facts = facts
        self._genesis = genesis
        self._registry = registry
        self._chain = chain
        self._order = order
        self._mempool = mempool
        self._access = access
        self._now_ms = now_ms
        self._view = view
        self._reads = reads
        self._streams = streams
        self._exports = exports
        self._dry_runs = DryRuns(registry, genesis, reads, now_ms)
        self.stall_max_s = stall_max_s

    @unary
    async def Submit(self, request: ledger_pb2.SubmitRequest, context: Call) -> ledger_pb2.SubmitResponse:
        """Offer transactions; see ledger.proto."""
        _check_batch(request)
        check_range("$.timeout_ms", request.timeout_ms, 0, WAIT_MAX_MS)
        ticket = await self._ordering().admission.submit(request.transactions)
        if request.wait:
            await ticket.wait(self._wait_s(request, context))
        return ledger_pb2.SubmitResponse(outcomes=outcomes(ticket))

    @unary
    async def DryRun(self, request: ledger_pb2.DryRunRequest, context: Call) -> ledger_pb2.DryRunResponse:
        """What would come of transactions; see ledger.proto."""
        admission = self._ordering().admission
        asker = self._access.signer(metadata_of(context), "/linxin.v1.LedgerService/DryRun")
        _check_batch(request)
        with self._dry_runs.turn(asker.organisation):
            await self._see_all(request.latest_timeout_ms, context)
            checked = await admission.check(request.transactions)
            return await self._dry_runs.run(self._chain.snapshot, checked)

    def _ordering(self) -> Order:
        if self._order is None:
            raise ObserverOnly(self._facts.name)
        return self._order

    async def _see_all(self, timeout_ms: int, context: Call) -> None:
        """Return when the ledger here holds all that was final when this was called. Raises `NotConfirmed`."""
        check_range("$.latest_timeout_ms", timeout_ms, 0, WAIT_MAX_MS)
        if timeout_ms == 0:
            return
        left_s = time_left_s(context)
        wait_s = timeout_ms / 1000 if left_s is None else min(timeout_ms / 1000, left_s - DEADLINE_MARGIN_S)
        if not await self._ordering().barrier(secrets.token_bytes(8), max(0.0, wait_s)):
            raise NotConfirmed(timeout_ms)

    def _wait_s(self, request: ledger_pb2.SubmitRequest, context: Call) -> float:
        wait_s = (request.timeout_ms or WAIT_DEFAULT_MS) / 1000
        left_s = time_left_s(context)
        return wait_s if left_s is None else max(0.0, min(wait_s, left_s - DEADLINE_MARGIN_S))

    @unary
    async def GetTransaction(
        self, request: ledger_pb2.GetTransactionRequest, context: Call
    ) -> ledger_pb2.GetTransactionResponse:
        """One final transaction."""
        wanted = check_size("$.id", request.id, HASH_SIZE)
        snapshot = self._chain.snapshot
        index = snapshot.transaction(wanted)
        if index is None:
            raise NotFound("transaction", wanted.hex())
        reply = ledger_pb2.GetTransactionResponse(
            receipt=receipt_message(self._chain.receipt_at(index)), leaf=snapshot.leaf(index)
        )
        if request.include_restricted:
            self._check_may_read_restricted(index, context)
            reply.restricted = snapshot.restricted(index) or b""
        if request.include_proof:
            reply.proof = prove_leaf(snapshot, index)
        return reply

    def _check_holds_restricted(self) -> None:
        if not self._facts.holds_restricted:
            raise NothingRestricted(self._facts.name)

    def _check_may_read_restricted(self, index: int, context: Call) -> None:
        self._check_holds_restricted()
        asker = self._access.asker(metadata_of(context), "/linxin.v1.LedgerService/GetTransaction")
        snapshot = self._chain.snapshot
        if asker.signer is None:
            # An order's own key: what it signed. Others' records about the order may be about more orders than this.
            may = ledger_reads.signing_key(snapshot, self._registry, index) == asker.public_key
        else:
            may = is_overseer(asker.signer) or ledger_reads.is_party(
                snapshot, self._genesis, self._registry, index, asker.signer
            )
        if not may:
            raise NotAllowed(asker.name, "the restricted part of this transaction")

    @unary
    async def GetBlock(self, request: ledger_pb2.GetBlockRequest, _context: Call) -> ledger_pb2.Block:
        """One final block."""
        height = request.height or self._chain.head.height
        parts = Parts(leaves=request.include_leaves)
        recent = self._chain.recent(height, parts)
        if recent is not None:
            return recent
        return await self._reads.call(self._chain.snapshot, lambda stepped: read_block(stepped, height, parts))

    @unary
    async def GetCheckpoint(self, request: ledger_pb2.GetCheckpointRequest, _context: Call) -> ledger_pb2.Checkpoint:
        """The certificate of a height."""
        snapshot = self._chain.snapshot
        note = note_of(snapshot, request.height or snapshot.head.height)
        checkpoint = parse_checkpoint(parse_note(note).text)
        return ledger_pb2.Checkpoint(height=checkpoint.height, size=checkpoint.size, note=note)

    @unary
    async def GetGenesis(self, _request: ledger_pb2.GetGenesisRequest, _context: Call) -> ledger_pb2.GetGenesisResponse:
        """The genesis file."""
        return ledger_pb2.GetGenesisResponse(genesis=self._genesis.raw, chain_id=self._genesis.chain_id)

    @unary
    async def GetValue(self, request: ledger_pb2.GetValueRequest, context: Call) -> ledger_pb2.GetValueResponse:
        """Public values, proven when asked, the newest when asked."""
        await self._see_all(request.latest_timeout_ms, context)
        return await self._reads.call(self._chain.snapshot, lambda stepped: ledger_reads.values(stepped, request))

    @unary
    async def ListValues(self, request: ledger_pb2.ListValuesRequest, _context: Call) -> ledger_pb2.ListValuesResponse:
        """A page of public values under a prefix."""
        return await self._reads.call(self._chain.snapshot, lambda stepped: ledger_reads.list_values(stepped, request))

    @unary
    async def GetProof(self, request: ledger_pb2.GetProofRequest, _context: Call) -> ledger_pb2.GetProofResponse:
        """A proof file, or the hashes of a consistency proof."""
        return await self._reads.call(self._chain.snapshot, lambda stepped: ledger_reads.proof(stepped, request))

    @streaming
    async def StreamBlocks(
        self, request: ledger_pb2.StreamBlocksRequest, context: Call
    ) -> AsyncIterator[ledger_pb2.Block]:
        """Final blocks from a height on, then live."""
        height = max(1, request.from_height)
        parts = Parts(request.include_leaves, request.include_restricted, request.include_changes)
        check_access = None
        if parts.restricted:
            self._check_holds_restricted()
            method = "/linxin.v1.LedgerService/StreamBlocks"
            check_access = self._access.overseer(metadata_of(context), method, "the restricted parts of all blocks")
        with self._streams:
            while True:
                await self._chain.wait_beyond(height - 1)
                block = await self._streamed(height, parts)
                if check_access is not None:
                    check_access()  # the key may have been revoked while the stream went on
                yield block
                height += 1

    async def _streamed(self, height: int, parts: Parts) -> ledger_pb2.Block:
        values = self._chain.changes(height) if parts.changes else None
        if parts.changes and values is None:
            raise ChangesForgotten(height)
        recent = self._chain.recent(height, parts)
        if recent is not None:
            return recent
        snapshot = self._chain.snapshot
        return await self._reads.turn(snapshot, lambda stepped: read_block(stepped, height, parts, values))

    @streaming
    async def Export(self, request: ledger_pb2.ExportRequest, context: Call) -> AsyncIterator[ledger_pb2.ExportChunk]:
        """The whole chain as an archive, as of now."""
        if request.full:
            self._check_holds_restricted()
            self._access.overseer(metadata_of(context), "/linxin.v1.LedgerService/Export", "a full archive")
        with self._exports:
            async for chunk in self._reads.items(
                self._chain.snapshot,
                lambda stepped: ledger_reads.export_chunks(stepped, self._genesis, full=request.full),
            ):
                yield chunk

    @unary
    async def GetStatus(self, _request: ledger_pb2.GetStatusRequest, _context: Call) -> ledger_pb2.GetStatusResponse:
        """What this node is and how it fares."""
        facts = self._facts
        return status_message(
            facts.name,
            facts.version,
            facts.started_ms,
            self._genesis,
            self._chain.snapshot,
            self._mempool,
            self._view(),
            self._now_ms(),
        )


def _check_batch(request: ledger_pb2.SubmitRequest | ledger_pb2.DryRunRequest) -> None:
    """Raise `BadField` for none, or more or larger transactions than one call may bring."""
    check_range("$.transactions.length", len(request.transactions), 1, BATCH_MAX)
    size = request.ByteSize()
    if size > BATCH_BYTES_MAX:
        raise BadField("$.transactions", f"expected at most {BATCH_BYTES_MAX} bytes, got {size}")


def outcomes(ticket: Ticket) -> list[ledger_pb2.Outcome]:
    """What came of each transaction of a submission, as it crosses the network."""
    return [_outcome(id_, result) for id_, result in zip(ticket.ids, ticket.results, strict=True)]


def _outcome(transaction_id: bytes, result: Receipt | Dropped | None) -> ledger_pb2.Outcome:
    if result is None:
        return ledger_pb2.Outcome(status=ledger_pb2.Outcome.PENDING, id=transaction_id)
    if isinstance(result, Dropped):
        refusal = numbered_refusal(result.number, result.details, result.path)
        refusal.retry_after_ms = result.retry_after_ms
        return ledger_pb2.Outcome(status=ledger_pb2.Outcome.DROPPED, id=transaction_id, refusal=refusal)
    receipt = receipt_message(result)
    if result.code == ACCEPTED:
        return ledger_pb2.Outcome(status=ledger_pb2.Outcome.ACCEPTED, id=transaction_id, receipt=receipt)
    return ledger_pb2.Outcome(
        status=ledger_pb2.Outcome.REFUSED,
        id=transaction_id,
        receipt=receipt,
        refusal=numbered_refusal(result.code, result.details),
    )
