"""Which waiting transactions go to the leader, and when again: a follower's way to have them ordered.

Nothing is lost with a leader: what it had taken waits here until a final block holds it, and goes to the next one. A
transaction ordered twice is dropped the second time, so sending it again is always safe.
"""

from network.mempool import Mempool
from network.replica.messages import FORWARD_MAX

OUTSTANDING_MAX = 4_000
"""Transactions of ours that a leader may hold."""

FORWARD_BYTES_MAX = 1_000_000
FORWARDS_PER_BLOCK = 5
"""How many batches go to the leader in the least time between two blocks: most of what a transaction costs on its way
is the message, not its bytes.
"""

RETRY_MS = 3_000
"""After this long without any of them becoming final, what the leader holds is sent once more."""


class Forwarding:
    """Where the waiting transactions of this node are to be ordered."""

    def __init__(self, mempool: Mempool) -> None:
        self._mempool = mempool
        self._leadership = (0, "")
        self._outstanding = 0
        self._since_ms = 0
        self._sent_ms = 0

    def follow(self, term: int, leader: str) -> None:
        """Who leads now: with another leadership everything that was under way waits again."""
        if (term, leader) != self._leadership:
            self._leadership = (term, leader)
            self._outstanding = 0
            self._mempool.restore()

    def due_ms(self, block_interval_ms: int) -> int | None:
        """From when on there is a batch to send; None = not before something else happens."""
        has_work = self._mempool.waiting and self._mempool.taken < OUTSTANDING_MAX
        return self._sent_ms + block_interval_ms // FORWARDS_PER_BLOCK if has_work else None

    def next_batch(self, now_ms: int, block_interval_ms: int = 0) -> list[bytes]:
        """Transactions to send to the leader now, [] = none: at once after a pause, then so often in the least time
        between two blocks.
        """
        if self._mempool.taken < self._outstanding or not self._outstanding:
            self._since_ms = now_ms
        elif not 0 <= now_ms - self._since_ms < RETRY_MS:
            self._mempool.restore()
            self._since_ms = now_ms
        if 0 <= now_ms - self._sent_ms < block_interval_ms // FORWARDS_PER_BLOCK:
            return []
        room = min(FORWARD_MAX, OUTSTANDING_MAX - self._mempool.taken)
        batch = self._mempool.take(room, FORWARD_BYTES_MAX) if room > 0 and self._mempool.waiting else []
        self._outstanding = self._mempool.taken
        if batch:
            self._sent_ms = now_ms
        return [entry.raw for entry in batch]
