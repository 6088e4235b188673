"""Reads that a quorum has confirmed, until the ledger here holds what they must see (Raft dissertation §6.4)."""

from collections.abc import Iterable, Sequence

READS_MAX = 4_096
"""Reads that may be open; beyond it the oldest are forgotten, and whoever waits asks again."""


class OpenReads:
    """Tokens of reads, and the index of the log up to which everything must be final before each is answered."""

    def __init__(self) -> None:
        self._open: list[tuple[bytes, int]] = []

    def add(self, reads: Sequence[tuple[bytes, int]]) -> None:
        """Reads that a quorum has confirmed, (token, index)."""
        self._open = [*self._open, *reads][-READS_MAX:]

    def take(self, processed: int, awaiting: Iterable[int]) -> list[bytes]:
        """The tokens to answer now. `processed`: everything ordered up to there is executed; `awaiting`: the indexes of
        executed entries that are not final yet.
        """
        if not self._open:
            return []
        final = min((index - 1 for index in awaiting), default=processed)
        ready = [token for token, index in self._open if index <= min(final, processed)]
        self._open = [(token, index) for token, index in self._open if index > min(final, processed)]
        return ready
