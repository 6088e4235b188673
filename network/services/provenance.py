# ruff: noqa: N802  # the methods are named by the .proto
"""ProvenanceService: journeys, readings, live watching (proto/linxin/v1/provenance.proto)."""

from collections.abc import AsyncIterator

from linxin.v1 import provenance_pb2, provenance_pb2_grpc

from ledger.block import HEADER
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.trace.state import lots
from ledger.proof import prove_journey, subject_of_code
from ledger.proof.closure import contains, named
from network.chain import Chain
from network.errors import BadField
from network.journals import Journals, Journey
from network.services.calls import STALL_MAX_S, Call, Slots, check_range, check_text, streaming, unary
from network.services.ledger_reads import check_subject
from network.services.readings import PAGE_MAX, TIME_MS_MAX, Readings
from network.services.records import Records, context_at, plain

CODE_MAX = 200


class ProvenanceService(provenance_pb2_grpc.ProvenanceServiceServicer):
    """Answers from what is final."""

    def __init__(
        self, genesis: Genesis, registry: Registry, chain: Chain, streams: Slots, stall_max_s: float = STALL_MAX_S
    ) -> None:
        self._genesis = genesis
        self._registry = registry
        self._chain = chain
        self._streams = streams
        self.stall_max_s = stall_max_s

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
        journals = Journals(snapshot)
        journey = journals.journey(subject)
        records = Records(snapshot, self._genesis, self._registry)
        reply = provenance_pb2.GetJourneyResponse(
            height=snapshot.head.height,
            time_ms=snapshot.head.time_ms,
            subject=subject,
            code=code,
            records=records.messages((index, journals.leaf(index)) for index in journey.indices),
            subjects=[subject, *sorted(journey.bounds.keys() - {subject})],
        )
        self._summarise(reply, subject)
        if request.include_proof:
            reply.proof = prove_journey(snapshot, subject="" if code else subject, code=code)
        return reply

    def _summarise(self, reply: provenance_pb2.GetJourneyResponse, subject: str) -> None:
        kind, _, key = subject.partition(":")
        lot = lots.get(context_at(self._chain.snapshot, self._genesis), key) if kind == "lot" else None
        if lot is not None:
            reply.lot.lot, reply.lot.product, reply.lot.owner = key, lot.product, lot.producer
            reply.lot.state.update(plain(lot))

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
        snapshot = self._chain.snapshot
        page = Readings(snapshot, self._registry, context_at(snapshot, self._genesis)).page(request)
        return provenance_pb2.ListReadingsResponse(
            height=snapshot.head.height, readings=page.readings, next_page_token=page.next_token
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
            journals = Journals(snapshot)
            journey = journals.journey(subject)
            seen = snapshot.head.log.size
            if request.include_past:
                records = Records(snapshot, self._genesis, self._registry)
                for index in journey.indices:
                    if index > request.after_index or not request.after_index:
                        yield records.message(index, journals.leaf(index))
            height = snapshot.head.height
            while True:
                await self._chain.wait_beyond(height)
                height += 1
                touched, journey = self._new_records(subject, height, seen, journey)
                for record in touched:
                    yield record

    def _new_records(
        self, subject: str, height: int, seen: int, before: Journey
    ) -> tuple[list[provenance_pb2.Record], Journey]:
        """The records of a block that belong to a journey, and the journey with them in it.

        The journey is worked out again only when the block touches one of its subjects.
        """
        touched = self._chain.touched(height)
        if touched.keys().isdisjoint(before.bounds):
            return [], before
        snapshot = self._chain.snapshot
        journals = Journals(snapshot)
        journey = journals.journey(subject)
        records = Records(snapshot, self._genesis, self._registry)
        found: list[provenance_pb2.Record] = []
        for index in sorted({index for indices in touched.values() for index in indices}):
            leaf = journals.leaf(index)
            names = named(leaf).subjects.keys() & journey.bounds.keys()
            belongs = any(contains(journey.bounds[name], leaf.outcome[1]) for name in names)
            if belongs and leaf.kind != HEADER and index >= seen:
                found.append(records.message(index, leaf))
        return found, journey
