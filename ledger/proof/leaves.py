"""Leaves in memory, for those who read many journeys: a leaf never changes, so neither does what it names. Nor does a
run of a journal whose subject's row is as it was.
"""

from functools import cached_property
from typing import NamedTuple

from ledger.block import decode_leaf
from ledger.crypto.log_tree import range_proof
from ledger.proof.closure import Named, Run, named
from ledger.proof.remembered import Remembered
from ledger.proof.source import Source

LEAF_OVERHEAD = 2_000
"""Bytes that a leaf takes in memory beside its own: what it names, as objects."""

RUN_OVERHEAD, INDEX_BYTES, HASH_BYTES = 300, 40, 80
"""What a run takes in memory, and each index and each hash in it."""


class KnownLeaf:
    """A leaf as it is stored."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @cached_property
    def named(self) -> Named:
        """The leaf as the closure sees it."""
        return named(decode_leaf(self.raw))


class KnownRun(NamedTuple):
    """Entries [start, start + len(indices)) of the journal of a subject whose state value is `value`: the log indices
    of their leaves, and the hashes that prove them.
    """

    value: bytes
    start: int
    indices: list[int]
    hashes: list[bytes]


class Leaves:
    """Leaves of one log, remembered up to `bytes_max` bytes, and runs of its journals up to an eighth of that."""

    def __init__(self, bytes_max: int = 0) -> None:
        self._known: Remembered[int, KnownLeaf] = Remembered(bytes_max)
        self._runs: Remembered[str, KnownRun] = Remembered(bytes_max // 8)

    def at(self, source: Source, index: int) -> KnownLeaf:
        """The leaf at a log index, which the source has."""
        found = self._known.get(index)
        if found is None:
            raw = source.leaf(index)
            found = KnownLeaf(raw)
            self._known.put(index, found, len(raw) + LEAF_OVERHEAD)
        return found

    def run(self, source: Source, subject: str, value: bytes, run: Run, size: int) -> KnownRun:
        """A run of the journal of `size` entries of a subject whose state value in the source is `value`."""
        start, end = run
        found = self._runs.get(subject)
        if found is None or (found.value, found.start, len(found.indices)) != (value, start, end - start):
            indices = list(source.journal_entries(subject, start, end))
            hashes = range_proof(start, end, size, source.journal_nodes(subject))
            found = KnownRun(value, start, indices, hashes)
            taken = RUN_OVERHEAD + len(value) + INDEX_BYTES * len(indices) + HASH_BYTES * len(hashes)
            self._runs.put(subject, found, taken)
        return found
