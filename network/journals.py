"""Reading journals and journeys from a snapshot, for people and programs; proofs of the same are made by
`ledger.proof`.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ledger.block import Leaf, decode_leaf
from ledger.proof.closure import Bounds, Named, Run, closure
from ledger.proof.errors import ProofTooLarge, SubjectUnknown
from ledger.proof.format import decode_journal_head, subject_key
from ledger.proof.leaves import Leaves
from ledger.proof.remembered import Remembered
from ledger.storage.port import Snapshot

RECORDS_MAX = 100_000
"""Records of one journey; beyond it a client is asked to narrow its question."""

RECORD_BYTES, SUBJECT_BYTES = 40, 600
"""What each record and each subject of a remembered journey takes in memory."""


class Journey(NamedTuple):
    """What belongs to the journey of a subject: the bounds of every subject in it, the run of its journal within them,
    and the log indices of all records.
    """

    bounds: dict[str, Bounds]
    runs: dict[str, Run]
    indices: list[int]


class KnownJourney(NamedTuple):
    """A journey as it was under a head with this time, and how long the journals of its subjects were."""

    journey: Journey
    head_time_ms: int
    sizes: dict[str, int]


class KnownJourneys:
    """Whole journeys of one log worked out before, at most `bytes_max` bytes of them."""

    def __init__(self, bytes_max: int) -> None:
        self._known: Remembered[str, KnownJourney] = Remembered(bytes_max)

    def get(self, subject: str, head_time_ms: int, size: Callable[[str], int]) -> Journey | None:
        """The journey of a subject under a head, if no record can have joined it since it was worked out.

        Block time only rises, so what lies within bounds that have passed is all there will ever be; and a journal
        that has not grown (`size` tells) has nothing new. The closure rests on nothing but records within the bounds.
        """
        known = self._known.get(subject)
        if known is None or head_time_ms < known.head_time_ms:
            return None
        for name, (_, end_ms) in known.journey.bounds.items():
            if (end_ms is None or end_ms >= known.head_time_ms) and size(name) != known.sizes[name]:
                return None
        return known.journey

    def put(self, subject: str, known: KnownJourney) -> None:
        """Remember a whole journey, unless one of a later head is known."""
        before = self._known.get(subject)
        if before is not None and before.head_time_ms > known.head_time_ms:
            return
        size = RECORD_BYTES * len(known.journey.indices) + SUBJECT_BYTES * len(known.sizes)
        self._known.put(subject, known, size)


class Journals:
    """Journals under one snapshot, or as they were when the log had `until` leaves; `leaves` is what is remembered."""

    def __init__(self, snapshot: Snapshot, until: int | None = None, leaves: Leaves | None = None) -> None:
        self._snapshot = snapshot
        self._until = until
        self._leaves = leaves or Leaves()
        self._named: dict[int, Named] = {}
        self._sizes: dict[str, int] = {}

    def leaf(self, index: int) -> Leaf:
        """The decoded leaf at a log index."""
        return decode_leaf(self._snapshot.leaf(index))

    def size(self, subject: str) -> int:
        """How many entries a journal has; 0 for an unknown subject."""
        found = self._sizes.get(subject)
        if found is None:
            key = subject_key(subject)
            value = None if key is None else self._snapshot.get(key.encode())
            found = 0 if value is None else decode_journal_head(value).size
            if self._until is not None:
                entry = self._snapshot.journal_entry
                found = bisect_left(range(found), self._until, key=lambda position: entry(subject, position))
            self._sizes[subject] = found
        return found

    def journey(self, subject: str) -> Journey:
        """The closure of a subject, whole. Raises `SubjectUnknown` or `ProofTooLarge`."""
        if not self.size(subject):
            raise SubjectUnknown(subject)
        bounds = closure(subject, self._records_within)
        runs = {name: self._run(name, known) for name, known in bounds.items()}
        return Journey(bounds, runs, sorted(self._of_runs(runs)))

    def known_journey(self, subject: str, remembered: KnownJourneys) -> Journey:
        """As `journey`, of journals as they are now; not worked out again when nothing has joined it since."""
        head_time_ms = self._snapshot.head.time_ms
        found = remembered.get(subject, head_time_ms, self.size)
        if found is None:
            found = self.journey(subject)
            sizes = {name: self.size(name) for name in found.bounds}
            remembered.put(subject, KnownJourney(found, head_time_ms, sizes))
        return found

    def within(self, bounds: dict[str, Bounds]) -> set[int]:
        """The log indices of the records of each subject within its bounds."""
        return self._of_runs({name: self._run(name, known) for name, known in bounds.items()})

    def first_from(self, subject: str, time_ms: int) -> int:
        """The first position in a journal whose block time is at least `time_ms`; block time never falls along it."""

        def time_at(position: int) -> int:
            return self.named(self._snapshot.journal_entry(subject, position)).time_ms

        return bisect_left(range(self.size(subject)), time_ms, key=time_at)

    def entries(self, subject: str, start: int) -> Iterator[tuple[int, int, Leaf]]:
        """(position, log index, leaf) of a journal from a position on; leaves are not kept."""
        size = self.size(subject)
        for position, index in enumerate(self._snapshot.journal_entries(subject, min(start, size), size), start):
            yield position, index, self.leaf(index)

    def named(self, index: int) -> Named:
        """A leaf as the closure sees it; remembered. Raises `ProofTooLarge` beyond `RECORDS_MAX` of them."""
        found = self._named.get(index)
        if found is None:
            if len(self._named) >= RECORDS_MAX:
                raise ProofTooLarge("records", len(self._named), RECORDS_MAX)
            found = self._named[index] = self._leaves.at(self._snapshot, index).named
        return found

    def _run(self, subject: str, bounds: Bounds) -> Run:
        """The positions of the records within the bounds. Raises `ProofTooLarge`."""
        start = 0 if bounds[0] is None else self.first_from(subject, bounds[0])
        size = self.size(subject)
        end = size if bounds[1] is None else self.first_from(subject, bounds[1] + 1)
        if end - start > RECORDS_MAX:
            raise ProofTooLarge("records", end - start, RECORDS_MAX)
        return start, max(start, end)

    def _of_runs(self, runs: dict[str, Run]) -> set[int]:
        entries = self._snapshot.journal_entries
        return {index for name, (start, end) in runs.items() for index in entries(name, start, end)}

    def _records_within(self, subject: str, bounds: Bounds) -> list[Named]:
        return [self.named(index) for index in self._snapshot.journal_entries(subject, *self._run(subject, bounds))]
