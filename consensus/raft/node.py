"""`RawNode`: the core behind an interface of inputs (`step`, `tick`, `propose`, ...) and batches of work (`Ready`).

The driver's loop, with synchronous writes:

    while node.has_ready:
        ready = node.ready()
        store ready.snapshot, ready.entries, ready.hard; sync if ready.must_sync
        send ready.messages
        apply ready.committed (node.apply_change for each accepted change)
        node.advance()

With `async_storage_writes` there is no `advance`: messages to `APPEND_THREAD` and `APPLY_THREAD` carry the work, in
order, and their `responses` are stepped or sent once it is done.
"""

from msgspec import Struct

from consensus.entry import Entry, Kind
from consensus.raft import follower, leader, membership
from consensus.raft.config import Config, entry_size, payload_size
from consensus.raft.configuration import ConfChange, Configuration
from consensus.raft.errors import LocalMessage, PeerUnknown
from consensus.raft.messages import (
    APPEND_THREAD,
    APPLY_THREAD,
    LOCAL_TYPES,
    NOBODY,
    RESPONSE_TYPES,
    HardState,
    Message,
    MessageType,
    Ready,
    Role,
    SnapshotMetadata,
    SoftState,
)
from consensus.raft.port import Storage
from consensus.raft.progress import Progress
from consensus.raft.state import Raft
from consensus.raft.step import applied_to, step, tick

_THREADS = frozenset({APPEND_THREAD, APPLY_THREAD})


class Status(Struct, frozen=True):
    """A look at a node. `progress` is what a leader knows of each member; empty elsewhere. It is live: read only."""

    id: str
    hard: HardState
    soft: SoftState
    applied: int
    last_index: int
    configuration: Configuration
    progress: dict[str, Progress]
    transferee: str


class RawNode:
    """One node. Not thread-safe. `raft` is there to be read."""

    def __init__(self, config: Config, storage: Storage) -> None:
        self.raft = Raft(config, storage)
        self._async = config.async_storage_writes
        self._soft = self.raft.soft_state
        self._hard = self.raft.hard_state
        self._on_advance: list[Message] = []
        self._is_out = False

    # Inputs

    def tick(self) -> None:
        """One tick has passed."""
        tick(self.raft)

    def step(self, message: Message) -> None:
        """A message from another node, or the response of an own storage thread. Raises `Refused`."""
        if message.sender not in _THREADS:
            if message.type in LOCAL_TYPES:
                raise LocalMessage
            if message.type in RESPONSE_TYPES and message.sender not in self.raft.tracker.progress:
                raise PeerUnknown
        step(self.raft, message)

    def campaign(self) -> None:
        """Campaign now, if this node may."""
        self._step_local(MessageType.HUP)

    def propose(self, payload: bytes) -> None:
        """Propose an entry; raises `ProposalDropped`. It may be lost all the same if leadership changes."""
        self._propose(Entry(0, 0, payload))

    def propose_change(self, payload: bytes) -> None:
        """Propose a change of the configuration, in the encoding of `decode_change`; raises `ProposalDropped`.

        A leader that must not take a change now appends an empty entry in its place.
        """
        self._propose(Entry(0, 0, payload, kind=Kind.CONFIGURATION))

    def _propose(self, entry: Entry) -> None:
        step(self.raft, Message(type=MessageType.PROPOSE, sender=self.raft.id, entries=(entry,)))

    def transfer_leader(self, to: str) -> None:
        """Ask the leader to hand over to `to`. Nothing is promised."""
        step(self.raft, Message(type=MessageType.TRANSFER_LEADER, sender=to))

    def forget_leader(self) -> None:
        """Forget who leads, without changing the term, so that others can be voted for at once."""
        self._step_local(MessageType.FORGET_LEADER)

    def read_index(self, context: bytes) -> None:
        """Ask from which index on a read is linearizable; answered, perhaps never, in `Ready.read_states`.

        `context` must be distinct among waiting requests and not empty.
        """
        request = (Entry(0, 0, context),)
        step(self.raft, Message(type=MessageType.READ_INDEX, sender=self.raft.id, entries=request))

    def report_unreachable(self, member: str) -> None:
        """The last append to a member was probably lost."""
        step(self.raft, Message(type=MessageType.UNREACHABLE, sender=member))

    def report_snapshot(self, member: str, *, ok: bool) -> None:
        """Whether the snapshot for a member arrived. Without this call its loss would pause the member for ever."""
        step(self.raft, Message(type=MessageType.SNAPSHOT_STATUS, sender=member, reject=not ok))

    def apply_change(self, change: ConfChange) -> Configuration:
        """A committed change takes effect; call it as the entry is applied, unless the change is turned down.

        Raises `ChangeRefused`, without effect, when it does not fit the configuration.
        """
        return membership.apply_change(self.raft, change)

    def _step_local(self, kind: MessageType) -> None:
        step(self.raft, Message(type=kind, sender=self.raft.id))

    # Inputs that etcd's Raft does not have

    @property
    def hold(self) -> bool:
        """Whether this node may neither campaign nor vote, for its log may have lost what it acknowledged.

        It follows all the same, so that a leader refills its log; what it acknowledges is marked `refilling`.
        """
        return self.raft.is_held

    @hold.setter
    def hold(self, value: bool) -> None:
        self.raft.is_held = value
        if value:
            self.step_down()

    def step_down(self) -> None:
        """Stop leading or campaigning, in the same term."""
        if self.raft.role is not Role.FOLLOWER:
            self.raft.become_follower(self.raft.term, NOBODY)

    def refill(self) -> None:
        """Tell the leader, if there is one, where this node's log ends, lest it believe in more."""
        raft = self.raft
        if raft.leader not in {NOBODY, raft.id}:
            raft.send(Message(type=MessageType.REFILL, to=raft.leader, index=raft.log.last_index))

    def commit_to(self, index: int) -> None:
        """Something else than the leader's word (a certificate) proves the own log committed up to `index`.

        Requires that the entry there is the proven one.
        """
        if index > self.raft.log.committed:
            self.raft.log.commit_to(index)
            if self.raft.is_leader:
                leader.on_committed(self.raft)

    def install(self, metadata: SnapshotMetadata, *, replace_log: bool = False) -> None:
        """The driver holds the state at this place, proven by other means: see `follower.install`."""
        before = self.raft.log.committed
        follower.install(self.raft, metadata, replace_log=replace_log)
        if self.raft.is_leader and self.raft.log.committed > before:
            leader.on_committed(self.raft)

    def applied_to(self, index: int) -> None:
        """With `advance(applied=False)`: everything up to `index` is applied now. Requires that it was handed out."""
        raft = self.raft
        assert index <= raft.log.applying, "applied before it was handed out"
        if index > raft.log.applied:
            entries = raft.log.slice(max(raft.log.applied + 1, raft.log.first_index), index + 1, 1 << 62)
            applied_to(raft, index, sum(map(entry_size, entries)), payload_size(entries))

    # Work

    @property
    def has_ready(self) -> bool:
        """Whether `ready` has any work."""
        raft, log = self.raft, self.raft.log
        return bool(
            raft.messages
            or raft.messages_after_append
            or raft.role is not self._soft.role
            or raft.leader != self._soft.leader
            or log.committed != self._hard.commit
            or raft.term != self._hard.term
            or raft.vote != self._hard.vote
            or log.unstable.has_new_entries
            or log.unstable.new_snapshot() is not None
            or log.has_appliable(allow_unstable=not self._async)
            or raft.read_states
        )

    def ready(self) -> Ready:
        """The work to do now. With synchronous writes, `advance` comes before the next call."""
        assert not self._is_out, "advance() comes first"
        raft, log = self.raft, self.raft.log
        soft, hard = raft.soft_state, raft.hard_state
        entries = tuple(log.unstable.new_entries())
        snapshot = log.unstable.new_snapshot()
        committed = log.appliable(allow_unstable=not self._async)
        new_hard = hard if hard != self._hard else None
        messages = raft.messages
        if self._async:
            if entries or new_hard is not None or snapshot is not None or raft.messages_after_append:
                messages.append(self._append_work(entries, new_hard, has_snapshot=snapshot is not None))
            if committed:
                messages.append(self._apply_work(committed))
        else:
            messages += [message for message in raft.messages_after_append if message.to != raft.id]
        ready = Ready(
            soft if soft != self._soft else None,
            new_hard,
            bool(entries) or hard.term != self._hard.term or hard.vote != self._hard.vote,
            entries,
            snapshot,
            committed,
            tuple(messages),
            tuple(raft.read_states),
        )
        self._hand_out(ready)
        self._soft, self._hard = soft, hard
        return ready

    def _hand_out(self, ready: Ready) -> None:
        """All of `ready` is with the driver."""
        raft = self.raft
        if not self._async:
            self._is_out = True
            self._on_advance = [message for message in raft.messages_after_append if message.to == raft.id]
            if raft.log.unstable.entries or ready.snapshot is not None:
                self._on_advance.append(self._stored_response(ready.snapshot is not None))
            if ready.committed:
                self._on_advance += self._apply_work(ready.committed).responses
        raft.messages = []
        raft.messages_after_append = []
        raft.read_states = []
        raft.log.unstable.hand_out()
        if ready.committed:
            raft.log.hand_out_appliable(ready.committed, allow_unstable=not self._async)

    def advance(self, *, applied: bool = True) -> None:
        """All of the last `Ready` is done. `applied=False`: it is stored and sent, and what was committed will be
        reported by `applied_to` as it is applied.
        """
        assert self._is_out, "advance() without ready()"
        self._is_out = False
        steps, self._on_advance = self._on_advance, []
        for message in steps:
            if applied or message.type is not MessageType.STORAGE_APPLY_RESPONSE:
                step(self.raft, message)

    def _append_work(self, entries: tuple[Entry, ...], hard: HardState | None, *, has_snapshot: bool) -> Message:
        """The write of this batch; promises are its responses."""
        raft = self.raft
        responses = raft.messages_after_append
        if raft.log.unstable.entries or has_snapshot:
            # After the own acknowledgements, which find their entries' terms more cheaply while they are unstable.
            responses.append(self._stored_response(has_snapshot))
        hard = hard or HardState()
        return Message(
            type=MessageType.STORAGE_APPEND,
            to=APPEND_THREAD,
            sender=raft.id,
            entries=entries,
            term=hard.term,
            vote=hard.vote,
            commit=hard.commit,
            snapshot=raft.log.unstable.snapshot if has_snapshot else None,
            responses=tuple(responses),
        )

    def _stored_response(self, has_snapshot: bool) -> Message:
        """Says that the log's present end is durable, once all writes so far are.

        It names the last entry even when this batch has none: an earlier batch's response may be void (another term
        began while it was written), and entries that came back by an ABA would otherwise stay unstable for ever.
        """
        raft, log = self.raft, self.raft.log
        has_entries = bool(log.unstable.entries)
        return Message(
            type=MessageType.STORAGE_APPEND_RESPONSE,
            to=raft.id,
            sender=APPEND_THREAD,
            term=raft.term,
            index=log.last_index if has_entries else 0,
            log_term=log.last_term if has_entries else 0,
            snapshot=log.unstable.snapshot if has_snapshot else None,
        )

    def _apply_work(self, committed: tuple[Entry, ...]) -> Message:
        """The application of this batch; committed entries belong to no term any more."""
        response = Message(
            type=MessageType.STORAGE_APPLY_RESPONSE, to=self.raft.id, sender=APPLY_THREAD, entries=committed
        )
        return Message(
            type=MessageType.STORAGE_APPLY,
            to=APPLY_THREAD,
            sender=self.raft.id,
            entries=committed,
            responses=(response,),
        )

    def status(self) -> Status:
        """How this node stands."""
        raft = self.raft
        return Status(
            raft.id,
            raft.hard_state,
            raft.soft_state,
            raft.log.applied,
            raft.log.last_index,
            raft.configuration,
            raft.tracker.progress if raft.is_leader else {},
            raft.transferee,
        )
