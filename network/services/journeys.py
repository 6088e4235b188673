"""Journeys as they cross the network, and what a new block adds to one: read from a snapshot, in any thread."""

from collections.abc import Iterator

from linxin.v1 import provenance_pb2

from ledger.block import Leaf, decode_leaf
from ledger.genesis import Genesis
from ledger.module import Registry
from ledger.modules.trace.state import lots
from ledger.proof import prove_journey
from ledger.proof.closure import Bounds, contains, edges
from ledger.storage.port import Snapshot
from network.errors import ReplyTooLarge
from network.journals import Journals
from network.services.calls import REPLY_SIZE_MAX
from network.services.records import Records, Remembrance, context_at, fill

Watched = dict[str, Bounds]
"""The bounds of each subject of a journey."""


class Journeys:
    """Journeys under one snapshot; `remembered` is shared by all of them."""

    def __init__(self, snapshot: Snapshot, genesis: Genesis, registry: Registry, remembered: Remembrance) -> None:
        self._snapshot = snapshot
        self._genesis = genesis
        self._leaves, self._known = remembered.leaves, remembered.journeys
        self._records = Records(snapshot, genesis, registry, remembered.described)

    def reply(self, subject: str, code: str, *, include_proof: bool) -> bytes:
        """A serialised `GetJourneyResponse`. Raises `SubjectUnknown`, `ProofTooLarge` or `ReplyTooLarge`.

        Serialised messages joined are one message (repeated fields add up), so that no step takes long and nothing
        is built beyond what may be sent.
        """
        head = self._snapshot.head
        journey = self._journals().known_journey(subject, self._known)
        summary = provenance_pb2.GetJourneyResponse(
            height=head.height,
            time_ms=head.time_ms,
            subject=subject,
            code=code,
            subjects=[subject, *sorted(journey.bounds.keys() - {subject})],
        )
        self._summarise(summary, subject)
        parts = [summary.SerializeToString()]
        size = len(parts[0])
        for index in journey.indices:
            parts.append(self._records.part(index, self._leaf))
            size += len(parts[-1])
            if size > REPLY_SIZE_MAX:
                raise ReplyTooLarge(size, REPLY_SIZE_MAX)
        if include_proof:
            asked = "" if code else subject
            proof = prove_journey(self._snapshot, subject=asked, code=code, runs=journey.runs, leaves=self._leaves)
            parts.append(provenance_pb2.GetJourneyResponse(proof=proof).SerializeToString())
        return b"".join(parts)

    def records(self, indices: list[int]) -> Iterator[provenance_pb2.Record]:
        """The records at log indices. None is a block header: it stands in no journal."""
        return (self._records.message(index, self._leaf(index)) for index in indices)

    def past(self, subject: str, size: int, after: int) -> Iterator[provenance_pb2.Record]:
        """The records of a journey when the log had `size` leaves, less those it had with the leaf `after` (0: none).

        So a reader that resumes after a leaf also gets what joined the journey later with an earlier index.
        """
        journals = self._journals(size)
        known: set[int] = set()
        if after:
            before = self._journals(after + 1)
            known = set(before.journey(subject).indices) if before.size(subject) else known
        yield from self.records([index for index in journals.journey(subject).indices if index not in known])

    def watched(self, subject: str) -> Watched:
        """What is to be watched for the journey of a subject."""
        return self._journals().journey(subject).bounds

    def news(self, subject: str, height: int, watched: Watched) -> tuple[list[provenance_pb2.Record], Watched]:
        """The records that the block of a height adds to a journey, and what is to be watched from then on.

        They may lie in earlier blocks: what joins a journey later (goods loaded into a truck an hour ago, an old
        certificate attached) brings its records along.
        """
        stored = self._snapshot.block(height)
        assert stored is not None, height
        first, end = stored.first_index, stored.first_index + stored.count
        journals = self._journals(end)
        indices, widens = self._of_block(journals, first, end, watched)
        if widens:
            journey = journals.journey(subject)
            known = self._journals(first).within(watched)
            indices, watched = [index for index in journey.indices if index not in known], journey.bounds
        return list(self.records(indices)), watched

    def _journals(self, until: int | None = None) -> Journals:
        return Journals(self._snapshot, until, self._leaves)

    def _leaf(self, index: int) -> Leaf:
        return decode_leaf(self._leaves.at(self._snapshot, index).raw)

    def _of_block(self, journals: Journals, first: int, end: int, watched: Watched) -> tuple[list[int], bool]:
        """Which leaves of a block belong to what is watched, and whether one of them calls for more (or ends an
        association): most, such as readings, do not.
        """
        found: list[int] = []
        widens = False
        for index in range(first, end):
            record = journals.named(index)
            names = [name for name in record.subjects if name in watched and contains(watched[name], record.time_ms)]
            if names:
                found.append(index)
                widens = widens or any(edges(name, [record]) for name in names)
        return found, widens

    def _summarise(self, reply: provenance_pb2.GetJourneyResponse, subject: str) -> None:
        kind, _, key = subject.partition(":")
        lot = lots.get(context_at(self._snapshot, self._genesis), key) if kind == "lot" else None
        if lot is not None:
            reply.lot.lot, reply.lot.product, reply.lot.owner = key, lot.product, lot.producer
            fill(reply.lot.state, lot)
