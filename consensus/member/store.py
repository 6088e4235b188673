"""The log as the core and the checks read it: what is stored, and what is on its way there, with digests."""

from collections.abc import Sequence

from consensus.entry import Entry, Tip
from consensus.errors import LogDiverged
from consensus.member.ports import EntryLog, Resume
from consensus.raft.changer import restore
from consensus.raft.configuration import Configuration
from consensus.raft.membership import switch
from consensus.raft.messages import NOBODY, HardState, Role, Snapshot, SnapshotMetadata
from consensus.raft.port import Compacted, Unavailable
from consensus.raft.state import Raft
from consensus.voters import Voters


def configuration_of(voters: Voters) -> Configuration:
    """The core's configuration of voters alone; a joint one is left by the leader itself."""
    return Configuration(frozenset(voters.incoming), frozenset(voters.outgoing), auto_leave=bool(voters.outgoing))


def voters_of(configuration: Configuration) -> Voters:
    """The inverse, sorted."""
    return Voters(tuple(sorted(configuration.voters)), tuple(sorted(configuration.outgoing)))


class CoreStorage:
    """The durable log as the core's `Storage`. Its snapshot is the certified end of the ledger, which holds no data:
    whoever is sent it fetches certified blocks instead.
    """

    def __init__(self, log: EntryLog, resume: Resume, hard: HardState) -> None:
        self._log = log
        self._hard = hard
        self.certified = resume.tip
        self.configuration = configuration_of(resume.voters)

    def initial_state(self) -> tuple[HardState, Configuration]:
        """What the core starts with: all that is certified is committed."""
        return self._hard, self.configuration

    def entries(self, lo: int, hi: int, max_size: int) -> Sequence[Entry]:
        """Entries lo <= index < hi, at least one."""
        return self._log.entries(lo, hi, max_size)

    def term(self, index: int) -> int:
        """The term of an entry, also at the base; raises `Compacted` or `Unavailable`."""
        tip = self._log.tip_at(index)
        if tip is None:
            raise Compacted(index) if index < self._log.base.index else Unavailable(index)
        return tip.term

    def first_index(self) -> int:
        """The first entry that is still there, or would be."""
        return self._log.base.index + 1

    def last_index(self) -> int:
        """The last entry."""
        return self._log.tip.index

    def snapshot(self) -> Snapshot:
        """The certified end."""
        return Snapshot(SnapshotMetadata(self.certified.index, self.certified.term, self.configuration))


class LogView:
    """The core's log with digests: stored entries, and behind them those that wait to be stored."""

    def __init__(self, raft: Raft, log: EntryLog) -> None:
        self._raft = raft
        self._log = log
        self.reset_to: Tip | None = None
        """The log is to begin anew after this place, which is not stored yet."""

    @property
    def base(self) -> Tip:
        """The place before the first entry that is still here."""
        return self.reset_to or self._log.base

    @property
    def last(self) -> Tip:
        """The last entry, stored or not."""
        entries = self._raft.log.unstable.entries
        return entries[-1].tip if entries else self.reset_to or self._log.tip

    def entry(self, index: int) -> Entry | None:
        """An entry; None outside."""
        unstable = self._raft.log.unstable
        if index >= unstable.offset:
            place = index - unstable.offset
            return unstable.entries[place] if place < len(unstable.entries) else None
        if self.reset_to is not None or not self._log.base.index < index <= self._log.tip.index:
            return None
        return self._log.entries(index, index + 1)[0]

    def tip_at(self, index: int) -> Tip | None:
        """The place of the entry at `index`, also at the base; None outside."""
        unstable = self._raft.log.unstable
        if index >= unstable.offset:
            place = index - unstable.offset
            return unstable.entries[place].tip if place < len(unstable.entries) else None
        if self.reset_to is not None:
            return self.reset_to if index == self.reset_to.index else None
        return self._log.tip_at(index)

    def begin_after(self, tip: Tip, voters: Voters) -> None:
        """Forget all entries; the certified `tip` stands for them, with the voters there.

        Unlike the core's own `install` it does not trust equal (term, index) to mean equal entries. Raises
        `LogDiverged` when something else is committed here at `tip`.
        """
        raft = self._raft
        if tip.index <= raft.log.committed:
            raise LogDiverged(tip.index)
        if raft.term < tip.term or raft.role is not Role.FOLLOWER:
            raft.become_follower(max(raft.term, tip.term), NOBODY)
        configuration = configuration_of(voters)
        raft.log.restore(Snapshot(SnapshotMetadata(tip.index, tip.term, configuration)))
        switch(raft, *restore(configuration, tip.index, raft.tracker.inflight_limits))
        self.reset_to = tip

    def put(self, entry: Entry) -> None:
        """Put `entry` in the place of another of the same term, which the core cannot tell from it; what followed that
        one goes. Requires that it follows the entry before, and is not committed.
        """
        assert self._raft.log.committed < entry.index <= self.last.index
        self._raft.log.unstable.truncate_and_append((entry,))
