"""One node's Raft state and the moves every role shares: sending, changing role and term, appending, committing.

What a role does with a message is in `follower`, `election` and `leader`; `step` decides who is asked.
"""

from msgspec.structs import replace

from consensus.entry import Entry
from consensus.raft.changer import restore
from consensus.raft.config import Config, payload_size
from consensus.raft.configuration import Configuration
from consensus.raft.log import RaftLog
from consensus.raft.messages import NOBODY, HardState, Message, MessageType, ReadState, Role, SoftState
from consensus.raft.port import Compacted, Storage, Unavailable
from consensus.raft.progress import Progress
from consensus.raft.reading import ReadRequests
from consensus.raft.tracker import Tracker

_AFTER_APPEND = frozenset({
    MessageType.APPEND_RESPONSE, MessageType.VOTE_RESPONSE, MessageType.PRE_VOTE_RESPONSE
})  # fmt: skip
"""Promises: they leave only after all that was appended and voted before them is durable."""

_WITHOUT_TERM = frozenset({MessageType.PROPOSE, MessageType.READ_INDEX})
_WITH_OWN_TERM = frozenset({
    MessageType.VOTE, MessageType.VOTE_RESPONSE, MessageType.PRE_VOTE, MessageType.PRE_VOTE_RESPONSE
})  # fmt: skip


class Raft:
    """A node. `hold`: while set it neither campaigns nor votes, and its acknowledgements do not count (`refilling`)."""

    def __init__(self, config: Config, storage: Storage) -> None:
        self.config = config
        self.id = config.id
        self.term = 0
        self.vote = NOBODY
        self.leader = NOBODY
        self.role = Role.FOLLOWER
        self.is_held = False
        self.log = RaftLog(storage, config.max_committed_size_per_ready)
        self.tracker = Tracker(config.quorum, (config.max_inflight_messages, config.max_inflight_bytes))
        self.messages: list[Message] = []
        self.messages_after_append: list[Message] = []
        self.read_states: list[ReadState] = []
        self.reads = ReadRequests()
        self.early_reads: list[Message] = []
        """Read requests that came before the leader had committed an entry of its term."""
        self.transferee = NOBODY
        self.pending_change_index = 0
        """No change may be proposed before this index is applied."""
        self.uncommitted_size = 0
        self.election_elapsed = 0
        self.heartbeat_elapsed = 0
        self.election_timeout = 0
        """Ticks without a leader until this node campaigns; drawn anew with each term and role."""

        hard, configuration = storage.initial_state()
        self.tracker.adopt(*restore(configuration, self.log.last_index, self.tracker.inflight_limits))
        if hard != HardState():
            assert self.log.committed <= hard.commit <= self.log.last_index, "stored commit index outside the log"
            self.log.committed, self.term, self.vote = hard.commit, hard.term, hard.vote
        if config.applied:
            self.log.applied_to(config.applied, 0)
        self.become_follower(self.term, NOBODY)

    # What others see

    @property
    def hard_state(self) -> HardState:
        """What is to be durable."""
        return HardState(self.term, self.vote, self.log.committed)

    @property
    def soft_state(self) -> SoftState:
        """Leader and role."""
        return SoftState(self.leader, self.role)

    @property
    def configuration(self) -> Configuration:
        """The members at the last applied change."""
        return self.tracker.configuration

    @property
    def is_leader(self) -> bool:
        """Whether this node leads its term."""
        return self.role is Role.LEADER

    @property
    def own_progress(self) -> Progress | None:
        """The node's own place among the members, if it has one."""
        return self.tracker.progress.get(self.id)

    @property
    def is_promotable(self) -> bool:
        """Whether this node may become leader: a voter, not held, with no snapshot waiting to be applied."""
        own = self.own_progress
        return own is not None and not own.is_learner and not self.is_held and not self.log.has_pending_snapshot

    @property
    def has_committed_in_term(self) -> bool:
        """Whether an entry of the current term is committed: a leader knows then all that is committed (§6.4)."""
        try:
            return self.log.term(self.log.committed) == self.term
        except (Compacted, Unavailable):
            return False

    # Sending

    def send(self, message: Message) -> None:
        """Send: promises wait for the log (`messages_after_append`), all else does not."""
        kind = message.type
        if kind in _WITH_OWN_TERM:
            assert message.term, "a vote is always about a term"
            term = message.term
        else:
            assert not message.term, "the term is filled in here"
            term = 0 if kind in _WITHOUT_TERM else self.term
        held = self.is_held and kind is MessageType.APPEND_RESPONSE and not message.reject
        message = replace(message, sender=message.sender or self.id, term=term, refilling=held)
        if kind in _AFTER_APPEND:
            self.messages_after_append.append(message)
        else:
            assert message.to != self.id, "only promises are sent to oneself"
            self.messages.append(message)

    # Roles (paper §5.1, figure 4)

    def become_follower(self, term: int, leader: str) -> None:
        """Follow `leader` (or nobody yet) in `term`."""
        self._reset(term)
        self.leader = leader
        self.role = Role.FOLLOWER

    def become_pre_candidate(self) -> None:
        """Ask whether an election could be won (dissertation §9.6). Neither term nor vote changes."""
        assert not self.is_leader
        self.tracker.votes = {}
        self.leader = NOBODY
        self.role = Role.PRE_CANDIDATE

    def become_candidate(self) -> None:
        """A new term, and the own vote in it."""
        assert not self.is_leader
        self._reset(self.term + 1)
        self.vote = self.id
        self.role = Role.CANDIDATE

    def become_leader(self) -> None:
        """Lead the term, beginning with an empty entry: committing it commits all before it (paper §8)."""
        assert self.role is not Role.FOLLOWER, "only a candidate is elected"
        self._reset(self.term)
        self.leader = self.id
        self.role = Role.LEADER
        own = self.own_progress
        assert own is not None
        own.become_replicate()
        own.is_active = True
        # An uncommitted change may lie in the log; rather than look for it, wait for everything there to be applied.
        self.pending_change_index = self.log.last_index
        assert self.append((Entry(0, 0, b""),)), "an empty entry always fits"

    def _reset(self, term: int) -> None:
        if self.term != term:
            self.term = term
            self.vote = NOBODY
        self.leader = NOBODY
        self.election_elapsed = 0
        self.heartbeat_elapsed = 0
        self.election_timeout = self.config.election_tick + self.config.draw(self.config.election_tick)
        self.transferee = NOBODY
        self.tracker.votes = {}
        self.tracker.reset_progress(self.log.last_index + 1)
        own = self.own_progress
        if own is not None:
            own.match = self.log.last_index
        self.pending_change_index = 0
        self.uncommitted_size = 0
        self.reads = ReadRequests()

    # The log

    def append(self, proposals: tuple[Entry, ...]) -> bool:
        """Append the leader's proposals (kind and payload; sealed here). False when too much is uncommitted already.

        The leader's own acknowledgement is a promise like any other: it counts once the entries are durable.
        """
        size = payload_size(proposals)
        if size and self.uncommitted_size and self.uncommitted_size + size > self.config.max_uncommitted_size:
            return False
        self.uncommitted_size += size
        first = self.log.last_index + 1
        entries = tuple(
            [
                self.config.seal(self.term, first + place, proposal.kind, proposal.payload)
                for place, proposal in enumerate(proposals)
            ]
        )
        last = self.log.append(entries)
        self.send(Message(type=MessageType.APPEND_RESPONSE, to=self.id, index=last))
        return True

    def try_commit(self) -> bool:
        """Commit what a quorum stores, if its last entry is of the own term (paper §5.4.2, figure 8)."""
        return self.log.try_commit(self.term, self.tracker.committed())
