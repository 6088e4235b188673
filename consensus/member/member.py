"""A validator's part in ordering, for its driver: inputs, and batches of work that become durable before they count.

Around the Raft core it adds what a network of validators who may lie needs: entries are signed, chained and checked;
acknowledgements go to everyone and decide, through the witnessed gate, what is executed; elections carry certificates;
a node whose log lost something neither votes nor acknowledges until it is refilled. No clock, file or socket.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from consensus.entry import PAYLOAD_SIZE_MAX, Tip
from consensus.evidence import Keys
from consensus.member.change import LEAVE, change_to, decode_change
from consensus.member.inbox import Inbox
from consensus.member.outbox import Outbox
from consensus.member.ports import CheckPayload, EntryLog, MemberReady, Resume
from consensus.member.state import ELECTION_TICKS, HEARTBEAT_TICKS, State
from consensus.member.store import configuration_of
from consensus.messages import TOKEN_SIZE_MAX, PeerMessage
from consensus.raft.errors import ProposalDropped
from consensus.raft.messages import Ready, Role, SnapshotMetadata
from consensus.safety import Promises
from consensus.voters import Voters
from ledger.crypto.signing import SigningKey

PENDING_MAX = 256
"""Entries of a leader that may wait to be released."""

STALLED_TICKS = 2 * ELECTION_TICKS

_ROLES = {
    Role.FOLLOWER: "follower",
    Role.CANDIDATE: "candidate",
    Role.PRE_CANDIDATE: "pre-candidate",
    Role.LEADER: "leader",
}


class Member:
    """Drive it with `tick` each 50 ms and `step` for each message; after any input do the work of `ready`, if there is
    some, and say so with `advance` before the next input. Hostile input is dropped and counted; an AssertionError is a
    fault of our own, a `ConsensusFault` one of the network's premises: both stop the node.
    """

    def __init__(
        self,
        id: str,
        key: SigningKey,
        chain_id: bytes,
        storage: EntryLog,
        promises: Promises,
        resume: Resume,
        keys: Keys,
        check_payload: CheckPayload,
        draw: Callable[[int], int],
    ) -> None:
        """`storage` holds at least the entry at `resume.tip`, or begins after it. `keys` gives the public key of every
        validator id there ever was. `draw(n)` gives a random number of [0, n). A sole voter campaigns at once.
        """
        self.id = id
        self._state = State(id, key, chain_id, storage, promises, resume, keys, check_payload, draw)
        self._inbox = Inbox(self._state)
        self._outbox = Outbox(self._state)
        self._ticks = 0
        self._stalled_ticks = 0
        self._progress = 0
        self._is_out = False
        self._has_core_work = False
        self._is_resetting = False
        if resume.voters == Voters((id,)):
            self._state.node.campaign()

    # What can be seen.

    @property
    def term(self) -> int:
        """The current term."""
        return self._state.node.raft.term

    @property
    def vote(self) -> str:
        """Whom this term's vote went to; "" = nobody."""
        return self._state.node.raft.vote

    @property
    def leader(self) -> str:
        """Who leads this term, as far as is known; "" = nobody."""
        return self._state.node.raft.leader

    @property
    def is_leader(self) -> bool:
        """Whether this member leads."""
        return self._state.node.raft.is_leader

    @property
    def role(self) -> str:
        """leader, follower, candidate or pre-candidate; learner = it does not vote."""
        return _ROLES[self._state.node.raft.role] if self.id in self.voters else "learner"

    @property
    def voters(self) -> Voters:
        """Who decides, by the last applied change."""
        return self._state.voters

    @property
    def last(self) -> Tip:
        """The last entry, durable or not."""
        return self._state.view.last

    @property
    def committed(self) -> int:
        """Raft's commit index."""
        return self._state.node.raft.log.committed

    @property
    def witnessed(self) -> int:
        """The highest index that the gate lets through."""
        return self._state.gate.witnessed

    @property
    def released(self) -> int:
        """The highest index handed to the driver, or certified."""
        return self._state.releases.index

    @property
    def is_held(self) -> bool:
        """Whether the log ends below what was acknowledged: this member takes no part but to be refilled."""
        return self._state.node.hold

    @property
    def heights(self) -> Mapping[str, int]:
        """The certified height that each other member last named. Not verified."""
        return self._state.heights

    def behind(self, peer: str) -> int:
        """Entries of this leader's log that a member is not known to hold; 0 when not leading."""
        progress = self._state.node.raft.tracker.progress.get(peer)
        return self.last.index - progress.match if self.is_leader and progress is not None else 0

    @property
    def dropped(self) -> Counter[str]:
        """Messages that were not taken, by reason."""
        return self._state.dropped

    # Inputs.

    def tick(self) -> None:
        """50 ms have passed."""
        state = self._state
        self._ticks += 1
        self._inbox.tick()
        state.node.tick()
        if self._ticks % HEARTBEAT_TICKS == 0:
            again = state.acknowledged.message(self.term, state.translator.height, state.certified.index)
            if again is not None and not self.is_held:
                for other in state.others:
                    state.send(other, again)
        self._step_down_if_stalled()

    def step(self, sender: str, message: PeerMessage, now_ms: int) -> None:
        """`sender`, known by its key, says something. `now_ms`: Unix time, to judge the time of a proposal by."""
        assert not self._is_out, "advance() comes first"
        self._inbox.take(sender, message, now_ms)

    def propose(self, payload: bytes) -> bool:
        """Order a payload. False: not the leader, handing over, or too much waits."""
        assert 0 < len(payload) <= PAYLOAD_SIZE_MAX, len(payload)
        if not self.is_leader or self.last.index - self.released >= PENDING_MAX:
            return False
        try:
            self._state.node.propose(payload)
        except ProposalDropped:
            return False
        return True

    def propose_change(self, payload: bytes) -> bool:
        """Order a change of the voters (`consensus.member.change`). False: not now.

        A leader that is to leave hands over to the one of those to come whose log is longest, for it to propose.
        """
        change = decode_change(payload)
        assert change is not None, "a change that cannot be read"
        raft = self._state.node.raft
        configuration = raft.configuration
        is_open = raft.pending_change_index > raft.log.applied or configuration.is_joint or raft.transferee
        if not self.is_leader or is_open or change.targets == configuration.voters:
            return False
        if self.id not in change.targets and (heirs := configuration.voters & change.targets):
            progress = raft.tracker.progress
            self._state.node.transfer_leader(max(sorted(heirs), key=lambda heir: progress[heir].match))
            return False
        try:
            self._state.node.propose_change(payload)
        except ProposalDropped:
            return False
        return True

    def change_applied(self, voters: frozenset[str] | None) -> None:
        """The driver has decided on the released CONFIGURATION entry: the voters to go over to, none of them named to
        leave the joint configuration, or None when it is refused. Every node decides alike.
        """
        state = self._state
        state.releases.decided()
        configuration = state.node.raft.configuration
        if voters is not None and configuration.is_joint and not voters:
            state.node.apply_change(LEAVE)
        elif voters and not configuration.is_joint and voters != configuration.voters:
            state.node.apply_change(change_to(configuration.voters, voters))
        state.keep_members()
        state.count()
        state.apply()

    def certified(self, height: int, tip: Tip, voters: Voters, note: str) -> None:
        """The block of `height`, which came of the entry at `tip` while `voters` decided, is stored with its
        certificate `note`: from our own pipeline, or adopted from a peer. Raises `LogDiverged`.

        Nothing up to there is released any more. A log that does not hold the entry begins anew behind it.
        """
        state = self._state
        if height <= state.translator.height:
            return
        state.translator.height = height
        state.translator.note = note
        state.certified = state.storage.certified = tip
        state.storage.configuration = configuration_of(voters)
        if tip.index >= state.view.base.index and state.view.tip_at(tip.index) != tip:
            state.begin_after(tip, voters)
        elif tip.index > state.releases.index:
            state.adopt(voters)
            state.node.install(SnapshotMetadata(tip.index, tip.term, state.storage.configuration))
        state.check.room.settle(tip.index)
        state.gate.raise_floor(tip.index)
        state.releases.raise_floor(tip.index)
        state.update_hold()
        state.count()
        state.apply()

    def read_index(self, token: bytes) -> None:
        """Ask from which index on a read sees all that was acknowledged; answered, or never, in `ready().reads`."""
        assert 0 < len(token) <= TOKEN_SIZE_MAX
        self._state.node.read_index(self.id.encode() + b"/" + token)

    def transfer(self, to: str) -> None:
        """Hand leadership over to a voter, if this member has it."""
        if self.is_leader and to in self.voters:
            self._state.node.transfer_leader(to)

    def hand_over(self, reached: Collection[str]) -> bool:
        """Hand leadership over to the one of the voters `reached` with the longest log; ask again while it is True."""
        raft = self._state.node.raft
        heirs = (raft.configuration.voters & set(reached)) - {self.id}
        if not self.is_leader or not heirs:
            return False
        if not raft.transferee:
            self.transfer(max(sorted(heirs), key=lambda heir: raft.tracker.progress[heir].match))
        return True

    def campaign(self) -> None:
        """Campaign now, if this member may."""
        self._state.node.campaign()

    def step_down(self) -> None:
        """Stop leading or campaigning."""
        self._state.node.step_down()

    # Work.

    def ready(self) -> MemberReady | None:
        """The work to do now; None = nothing."""
        assert not self._is_out, "advance() comes first"
        state = self._state
        core = Ready()
        self._has_core_work = state.node.has_ready
        if self._has_core_work:
            core = state.node.ready()
            state.releases.add(core.committed)
            self._outbox.take(core.messages)
        released = state.releases.take(state.gate)
        if not (self._has_core_work or released or state.outbox or state.evidence or state.notes or state.behind):
            return None
        self._is_out = True
        self._is_resetting = core.snapshot is not None
        ready = MemberReady(
            self.term,
            self.vote,
            state.acknowledged.mark,
            state.acknowledged.take_void(),
            state.view.reset_to if self._is_resetting else None,
            core.entries,
            tuple(state.outbox),
            released,
            tuple((read.context[len(self.id.encode()) + 1 :], read.index) for read in core.read_states),
            tuple(state.evidence),
            tuple(state.notes),
            state.behind,
        )
        state.outbox, state.evidence, state.notes, state.behind = [], [], [], ""
        return ready

    def advance(self) -> None:
        """All that the last `ready` wanted durable is durable."""
        assert self._is_out, "advance() without ready()"
        self._is_out = False
        state = self._state
        if self._is_resetting:
            state.view.reset_to = None
        if self._has_core_work:
            state.node.advance(applied=False)
        own = state.acknowledged.take_new()
        if own is not None:
            state.gate.acknowledge(self.id, state.acknowledged.term, own.index, own.digest)
        state.update_hold()
        state.count()
        state.apply()

    def _step_down_if_stalled(self) -> None:
        """A leader under whom nothing is committed for two election timeouts, though entries wait, makes way."""
        progress = min(self.committed, self.witnessed)
        waits = self.is_leader and self.last.index > progress and len(self.voters.everyone) > 1
        self._stalled_ticks = self._stalled_ticks + 1 if waits and progress == self._progress else 0
        self._progress = progress
        if self._stalled_ticks >= STALLED_TICKS:
            self._stalled_ticks = 0
            self._state.node.step_down()
