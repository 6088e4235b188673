"""Reading journals and journeys from a snapshot, for people and programs; proofs of the same are made by
`ledger.proof`.
"""

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
    """Journals under one snapshot; every leaf is read and decoded once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._leaves: dict[int, Leaf] = {}

    def leaf(self, index: int) -> Leaf:
        """The decoded leaf at a log index."""
        found = self._leaves.get(index)
        if found is None:
            if len(self._leaves) >= RECORDS_MAX:
                raise ProofTooLarge("records", len(self._leaves), RECORDS_MAX)
            found = self._leaves[index] = decode_leaf(self._snapshot.leaf(index))
        return found

    def journey(self, subject: str) -> Journey:
        """The closure of a subject, whole. Raises `SubjectUnknown` or `ProofTooLarge`."""
        if not self._snapshot.journal_size(subject):
            raise SubjectUnknown(subject)
        bounds = closure(subject, self._records_within)
        indices = {index for name, known in bounds.items() for index in self._indices_within(name, known)}
        return Journey(bounds, sorted(indices))

    def first_from(self, subject: str, time_ms: int) -> int:
        """The first position in a journal whose block time is at least `time_ms`; block time never falls along it."""
        low, high = 0, self._snapshot.journal_size(subject)
        while low < high:
            middle = (low + high) // 2
            if self._time_at(subject, middle) < time_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def entries(self, subject: str, start: int) -> Iterator[tuple[int, int, Leaf]]:
        """(position, log index, leaf) of a journal from a position on; leaves are not kept."""
        size = self._snapshot.journal_size(subject)
        for position, index in enumerate(self._snapshot.journal_entries(subject, min(start, size), size), start):
            yield position, index, decode_leaf(self._snapshot.leaf(index))

    def _time_at(self, subject: str, position: int) -> int:
        return self.leaf(self._snapshot.journal_entry(subject, position)).outcome[1]

    def _indices_within(self, subject: str, bounds: Bounds) -> list[int]:
        start = 0 if bounds[0] is None else self.first_from(subject, bounds[0])
        size = self._snapshot.journal_size(subject)
        end = size if bounds[1] is None else self.first_from(subject, bounds[1] + 1)
        return list(self._snapshot.journal_entries(subject, start, max(start, end)))

    def _records_within(self, subject: str, bounds: Bounds) -> list[Named]:
        return [named(self.leaf(index)) for index in self._indices_within(subject, bounds)]
