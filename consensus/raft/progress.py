"""What a leader knows about one follower's log, and how it paces what it sends there.

A follower starts in PROBE (one append per heartbeat, to find where the logs agree), is in REPLICATE while appends are
sent ahead of their answers, and in SNAPSHOT while it needs entries that the leader's log no longer has.
"""

from collections import deque
from enum import StrEnum


class ProgressState(StrEnum):
    """The leader's way of sending to a follower. The values are the names that etcd's scenarios print."""

    PROBE = "StateProbe"
    REPLICATE = "StateReplicate"
    SNAPSHOT = "StateSnapshot"


class Inflights:
    """Appends sent and not yet answered, bounded in number and bytes (the last one may exceed the bytes)."""

    __slots__ = ("_bytes", "_bytes_max", "_count_max", "_sent")

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max = count_max
        self._bytes_max = bytes_max
        self._sent: deque[tuple[int, int]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be sent."""
        return len(self._sent) >= self._count_max or self._bytes >= self._bytes_max

    def add(self, last_index: int, size: int) -> None:
        """An append that ends with `last_index` was sent. Requires not is_full."""
        assert not self.is_full, "more appends in flight than allowed"
        self._sent.append((last_index, size))
        self._bytes += size

    def free(self, index: int) -> None:
        """All appends that end at or below `index` were answered."""
        while self._sent and self._sent[0][0] <= index:
            self._bytes -= self._sent.popleft()[1]

    def reset(self) -> None:
        """Nothing is in flight."""
        self._sent.clear()
        self._bytes = 0


class Progress:
    """One follower as its leader sees it. Invariant: match < next.

    `match`: highest index known to be stored there. `next`: the next entry to send. `sent_commit`: the commit index
    sent last. `is_active`: heard from since the last check of the quorum. `flow_paused`: wait for an answer.
    """

    __slots__ = (
        "flow_paused", "inflights", "is_active", "is_learner", "match", "next", "pending_snapshot", "sent_commit",
        "state",
    )  # fmt: skip

    def __init__(self, next_index: int, inflights: Inflights, *, is_learner: bool, is_active: bool = False) -> None:
        self.match = 0
        self.next = next_index
        self.sent_commit = 0
        self.state = ProgressState.PROBE
        self.pending_snapshot = 0
        self.is_active = is_active
        self.flow_paused = False
        self.inflights = inflights
        self.is_learner = is_learner

    def copy(self) -> "Progress":
        """The same follower, to try a change of configuration on; the appends in flight are shared."""
        twin = Progress(self.next, self.inflights, is_learner=self.is_learner, is_active=self.is_active)
        twin.match, twin.sent_commit, twin.state = self.match, self.sent_commit, self.state
        twin.pending_snapshot, twin.flow_paused = self.pending_snapshot, self.flow_paused
        return twin

    @property
    def is_paused(self) -> bool:
        """Whether nothing is sent until an answer or a heartbeat's answer comes."""
        return self.flow_paused or self.state is ProgressState.SNAPSHOT

    def become_probe(self) -> None:
        """Find anew where the logs agree; after a snapshot, from the snapshot's place on."""
        floor = self.pending_snapshot if self.state is ProgressState.SNAPSHOT else 0
        self._reset(ProgressState.PROBE)
        self.next = max(self.match, floor) + 1
        self.sent_commit = min(self.sent_commit, self.next - 1)

    def become_replicate(self) -> None:
        """The logs agree up to `match`: send ahead."""
        self._reset(ProgressState.REPLICATE)
        self.next = self.match + 1

    def become_snapshot(self, index: int) -> None:
        """A snapshot at `index` was sent: wait for its fate."""
        self._reset(ProgressState.SNAPSHOT)
        self.pending_snapshot = index
        self.next = index + 1
        self.sent_commit = index

    def probe_from(self, index: int, *, forget_match: bool) -> None:
        """The follower stores `index`, yet is not to be counted for it: send what follows, one append at a time."""
        if forget_match:
            self.match = 0
        self._reset(ProgressState.PROBE)
        self.next = max(self.match, index) + 1
        self.sent_commit = min(self.sent_commit, self.next - 1)

    def _reset(self, state: ProgressState) -> None:
        self.state = state
        self.flow_paused = False
        self.pending_snapshot = 0
        self.inflights.reset()

    def sent_entries(self, count: int, size: int) -> None:
        """An append with `count` entries of `size` bytes was sent."""
        if self.state is ProgressState.REPLICATE:
            if count:
                self.next += count
                self.inflights.add(self.next - 1, size)
            # An append that fills the window, or an empty one into a full window, is a probe: one at a time.
            self.flow_paused = self.inflights.is_full
        elif count:
            self.flow_paused = True

    def can_bump_commit(self, commit: int) -> bool:
        """Whether telling `commit` may bring the follower something that it was not told already."""
        return commit > self.sent_commit and self.sent_commit < self.next - 1

    def acknowledge(self, index: int) -> bool:
        """The follower stores everything up to `index`. Returns whether that was new."""
        if index <= self.match:
            return False
        self.match = index
        self.next = max(self.next, index + 1)
        self.flow_paused = False
        return True

    def reject(self, rejected: int, hint: int) -> bool:
        """The follower refused an append after `rejected`, and may agree at `hint`. Returns False for stale news."""
        if self.state is ProgressState.REPLICATE:
            if rejected <= self.match:
                return False
            self.next = self.match + 1
        else:
            # Probes are sent one at a time, so only an answer to the last one is news.
            if self.next - 1 != rejected:
                return False
            self.next = max(min(rejected, hint + 1), self.match + 1)
            self.flow_paused = False
        self.sent_commit = min(self.sent_commit, self.next - 1)
        return True
