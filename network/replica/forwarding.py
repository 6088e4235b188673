"""Which waiting transactions go to the leader, and when again: a follower's way to have them ordered.

Nothing is lost with a leader: what it had taken waits here until a final block holds it, and goes to the next one. A
transaction ordered twice is dropped the second time, so sending it again is always safe.
"""

from network.mempool import Mempool
from network.replica.messages import FORWARD_MAX

OUTSTANDING_MAX = 4_000
"""Transactions of ours that a leader may hold."""

FORWARD_BYTES_MAX = 1_000_000
RETRY_MS = 3_000
"""After this long without any of them becoming final, what the leader holds is sent once more."""


class Forwarding:
    """Where the waiting transactions of this node are to be ordered."""

    def __init__(self, mempool: Mempool) -> None:
        self._mempool = mempool
        self._leadership = (0, "")
        self._outstanding = 0
        self._since_ms = 0

    def follow(self, term: int, leader: str) -> None:
        """Who leads now: with another leadership everything that was under way waits again."""
        if (term, leader) != self._leadership:
            self._leadership = (term, leader)
            self._outstanding = 0
            self._mempool.restore()

    def next_batch(self, now_ms: int) -> list[bytes]:
        """Transactions to send to the leader now, [] = none."""
        if self._mempool.taken < self._outstanding or not self._outstanding:
            self._since_ms = now_ms
        elif not 0 <= now_ms - self._since_ms < RETRY_MS:
            self._mempool.restore()
            self._since_ms = now_ms
        room = min(FORWARD_MAX, OUTSTANDING_MAX - self._mempool.taken)
        batch = self._mempool.take(room, FORWARD_BYTES_MAX) if room > 0 and self._mempool.waiting else []
        self._outstanding = self._mempool.taken
        return [entry.raw for entry in batch]
