# ruff: noqa: N802  # the methods are named by the .proto
"""ProvenanceService: journeys, readings, live watching (proto/linxin/v1/provenance.proto)."""

from collections.abc import AsyncIterator
from typing import cast

from linxin.v1 import provenance_pb2, provenance_pb2_grpc

from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.proof import subject_of_code
from ledger.storage.port import Snapshot
from network.chain import Chain
from network.errors import BadField
from network.reads import Reads
from network.services.calls import STALL_MAX_S, Call, Slots, check_range, check_text, streaming, unary
from network.services.journeys import Journeys, Watched
from network.services.ledger_reads import check_subject
from network.services.readings import PAGE_MAX, TIME_MS_MAX, Readings
from network.services.records import Remembrance, context_at

CODE_MAX = 200

REMEMBERED_BYTES_MAX = 32 << 20
"""Bytes of leaves and of records made of them that are kept for journeys: those of some thousand journeys."""


ANSWERS_BYTES_MAX = 8 << 20
"""Bytes of answers that are kept until the next block."""


class Answers:
    """Journeys as they were answered under the newest snapshot: when goods arrive, many scan one code at once."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._of: Snapshot = chain.snapshot
        self._known: dict[tuple[str, str, bool], bytes] = {}
        self._bytes = 0

    def get(self, snapshot: Snapshot, asked: tuple[str, str, bool]) -> bytes | None:
        """What was answered to the same question under the same snapshot, or None."""
        return self._known.get(asked) if snapshot is self._of else None

    def put(self, snapshot: Snapshot, asked: tuple[str, str, bool], raw: bytes) -> None:
        """Remember an answer, unless it is of an older snapshot or there is no room."""
        if snapshot is not self._chain.snapshot:
            return
        if snapshot is not self._of:
            self._of, self._known, self._bytes = snapshot, {}, 0
        if self._bytes + len(raw) <= ANSWERS_BYTES_MAX:
            self._known[asked] = raw
            self._bytes += len(raw)


class ProvenanceService(provenance_pb2_grpc.ProvenanceServiceServicer):
    """Answers from what is final."""

    def __init__(
        self,
        genesis: Genesis,
        registry: Registry,
        chain: Chain,
        reads: Reads,
        streams: Slots,
        stall_max_s: float = STALL_MAX_S,
    ) -> None:
        self._genesis = genesis
        self._registry = registry
        self._chain = chain
        self._reads = reads
        self._streams = streams
        self.stall_max_s = stall_max_s
        self._remembered = Remembrance(REMEMBERED_BYTES_MAX)
        self._answers = Answers(chain)

    @unary
    async def GetJourney(
        self, request: provenance_pb2.GetJourneyRequest, _context: Call
    ) -> provenance_pb2.GetJourneyResponse:
        """The whole journey in one answer."""
        snapshot = self._chain.snapshot
        code = ""
        if request.WhichOneof("target") == "code":
            code = check_text("$.code", request.code, CODE_MAX)
            subject = subject_of_code(snapshot, code)
        else:
            subject = check_subject("$.subject", request.subject)
        include_proof = request.include_proof
        raw = self._answers.get(snapshot, (subject, code, include_proof))
        if raw is None:
            raw = await self._reads.call(
                snapshot, lambda stepped: self._journeys(stepped).reply(subject, code, include_proof=include_proof)
            )
            self._answers.put(snapshot, (subject, code, include_proof), raw)
        return cast("provenance_pb2.GetJourneyResponse", raw)  # the bytes of one: `unary` takes both

    def _journeys(self, snapshot: Snapshot) -> Journeys:
        return Journeys(snapshot, self._genesis, self._registry, self._remembered)

    @unary
    async def ListReadings(
        self, request: provenance_pb2.ListReadingsRequest, _context: Call
    ) -> provenance_pb2.ListReadingsResponse:
        """A page of readings."""
        check_subject("$.subject", request.subject)
        check_range("$.from_ms", request.from_ms, 0, TIME_MS_MAX)
        check_range("$.to_ms", request.to_ms, 0, TIME_MS_MAX)
        check_range("$.page_size", request.page_size, 0, PAGE_MAX)
        if request.to_ms and request.to_ms < request.from_ms:
            raise BadField("$.to_ms", "it is before from_ms")
        return await self._reads.call(
            self._chain.snapshot,
            lambda stepped: Readings(stepped, self._registry, context_at(stepped, self._genesis)).page(request),
        )

    @streaming
    async def WatchBatch(
        self, request: provenance_pb2.WatchBatchRequest, _context: Call
    ) -> AsyncIterator[provenance_pb2.Record]:
        """A batch's records as they become final."""
        code = check_text("$.code", request.code, CODE_MAX)
        with self._streams:
            snapshot = self._chain.snapshot
            subject = subject_of_code(snapshot, code)
            watched = await self._reads.turn(snapshot, lambda stepped: self._journeys(stepped).watched(subject))
            height, size = snapshot.head.height, snapshot.head.log.size
            if request.include_past:
                after = request.after_index
                async for record in self._reads.items(
                    snapshot, lambda stepped: self._journeys(stepped).past(subject, size, after)
                ):
                    yield record
            while True:
                await self._chain.wait_beyond(height)
                height += 1
                touched = self._chain.touched(height)
                if touched is None or not touched.isdisjoint(watched):
                    records, watched = await self._news(subject, height, watched)
                    for record in records:
                        yield record

    async def _news(self, subject: str, height: int, watched: Watched) -> tuple[list[provenance_pb2.Record], Watched]:
        return await self._reads.turn(
            self._chain.snapshot, lambda stepped: self._journeys(stepped).news(subject, height, watched)
        )
