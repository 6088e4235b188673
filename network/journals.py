"""Reading journals and journeys from a snapshot, for people and programs; proofs of the same are made by
`ledger.proof`.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from ledger.block import Leaf, decode_leaf
from ledger.proof.closure import Bounds, Named, closure, named
from ledger.proof.errors import ProofTooLarge, SubjectUnknown
from ledger.storage.port import Snapshot

RECORDS_MAX = 100_000
"""Records of one journey; beyond it a client is asked to narrow its question."""


class Journey(NamedTuple):
    """What belongs to the journey of a subject: the bounds of every subject in it, and the log indices of its
    records.
    """

    bounds: dict[str, Bounds]
    indices: list[int]


class Journals:
    """Journals under one snapshot, or as they were when the log had `until` leaves."""

    def __init__(self, snapshot: Snapshot, until: int | None = None) -> None:
        self._snapshot = snapshot
        self._until = until
        self._named: dict[int, Named] = {}
        self._sizes: dict[str, int] = {}

    def leaf(self, index: int) -> Leaf:
        """The decoded leaf at a log index."""
        return decode_leaf(self._snapshot.leaf(index))

    def size(self, subject: str) -> int:
        """How many entries a journal has; 0 for an unknown subject."""
        found = self._sizes.get(subject)
        if found is None:
            found = self._snapshot.journal_size(subject)
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
        return Journey(bounds, sorted(self.within(bounds)))

    def within(self, bounds: dict[str, Bounds]) -> set[int]:
        """The log indices of the records of each subject within its bounds."""
        return {index for name, known in bounds.items() for index in self._indices_within(name, known)}

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
            found = self._named[index] = named(self.leaf(index))
        return found

    def _indices_within(self, subject: str, bounds: Bounds) -> list[int]:
        start = 0 if bounds[0] is None else self.first_from(subject, bounds[0])
        size = self.size(subject)
        end = size if bounds[1] is None else self.first_from(subject, bounds[1] + 1)
        if end - start > RECORDS_MAX:
            raise ProofTooLarge("records", end - start, RECORDS_MAX)
        return list(self._snapshot.journal_entries(subject, start, max(start, end)))

    def _records_within(self, subject: str, bounds: Bounds) -> list[Named]:
        return [self.named(index) for index in self._indices_within(subject, bounds)]
