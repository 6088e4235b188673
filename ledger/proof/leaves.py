"""Leaves in memory, for those who read many journeys: a leaf never changes, so neither does what it names."""

from typing import NamedTuple

from ledger.block import decode_leaf
from ledger.proof.closure import Named, named
from ledger.proof.remembered import Remembered
from ledger.proof.source import Source

LEAF_OVERHEAD = 2_000
"""Bytes that a leaf takes in memory beside its own: what it names, as objects."""


class KnownLeaf(NamedTuple):
    """A leaf as it is stored, and as the closure sees it."""

    raw: bytes
    named: Named


class Leaves:
    """Leaves of one log, remembered up to `bytes_max` bytes."""

    def __init__(self, bytes_max: int = 0) -> None:
        self._known: Remembered[int, KnownLeaf] = Remembered(bytes_max)

    def at(self, source: Source, index: int) -> KnownLeaf:
        """The leaf at a log index, which the source has."""
        found = self._known.get(index)
        if found is None:
            raw = source.leaf(index)
            found = KnownLeaf(raw, named(decode_leaf(raw)))
            self._known.put(index, found, len(raw) + LEAF_OVERHEAD)
        return found
