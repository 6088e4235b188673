"""What others say, checked and handed to the core. Whatever is hostile or useless is dropped and counted by reason."""

from collections import Counter

from consensus import messages as peer
from consensus.entry import Entry
from consensus.member.incoming import Unacceptable
from consensus.member.state import HEARTBEAT_TICKS, NOTES_MAX, State
from consensus.messages import PeerMessage
from consensus.raft.errors import Refused
from consensus.raft.messages import NOBODY, Message, MessageType, Role, Snapshot, SnapshotMetadata

READS_PER_TICK = 256
"""Reads that each of the others may ask for in a tick; more are dropped, and asked for again."""

TERM_JUMP_MAX = 1 << 20
"""Terms that a message may be ahead: more than an honest network elects in days, too few for a liar to use them up."""

_T = MessageType
_FROM_LEADER = (peer.Append, peer.Heartbeat, peer.Behind, peer.TimeoutNow, peer.ReadResponse)
_OF_VOTERS = (*_FROM_LEADER, peer.VoteRequest)
"""Else a learner, or one that was removed, could lead a term in which nobody does, elected by no one."""

_TO_LEADER = (peer.AppendResponse, peer.HeartbeatResponse, peer.ReadRequest, peer.Refill)


class Inbox:
    """Takes messages for a member."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._refill_wait = 0
        self._reads: Counter[str] = Counter()
        self._refilled: set[str] = set()

    def tick(self) -> None:
        """A tick has passed."""
        self._reads.clear()
        self._refilled.clear()
        self._refill_wait = max(0, self._refill_wait - 1)

    def take(self, sender: str, message: PeerMessage, now_ms: int) -> None:
        """Handle one message of `sender`, who is known by its key."""
        state = self._state
        why = self._objection(sender, message)
        if why:
            state.dropped[why] += 1
            return
        height = getattr(message, "certified_height", None)
        if height is not None:
            state.heights[sender] = height
        try:
            self._handle(sender, message, now_ms)
        except Unacceptable as refusal:
            state.dropped[refusal.reason] += 1
        except Refused as refusal:
            state.dropped[type(refusal).__name__] += 1
        state.update_hold()
        state.count()

    def _objection(self, sender: str, message: PeerMessage) -> str:
        """Why the sender cannot mean this to this member now, "" = it can."""
        state, raft = self._state, self._state.node.raft
        members = raft.configuration.members
        if sender == state.me or (sender not in members and state.keys(sender) is None):
            return "stranger"
        if not 0 < message.term <= raft.term + TERM_JUMP_MAX:
            return "absurd term"
        # One that does not vote yet follows whoever leads; it knows the voters only by what is certified here.
        if state.me in state.voters and sender not in state.voters:
            if message.term > raft.term:
                return "term of one who does not vote"
            if isinstance(message, _OF_VOTERS):
                return "not a voter"
        if isinstance(message, _FROM_LEADER) and message.term == raft.term:
            if raft.is_leader or raft.leader not in {NOBODY, sender}:
                return "second leader"
            if isinstance(message, peer.TimeoutNow | peer.ReadResponse) and raft.leader != sender:
                return "not the leader"
        if isinstance(message, peer.TimeoutNow | peer.ReadResponse | peer.Behind) and message.term != raft.term:
            return "other term"
        if isinstance(message, _TO_LEADER) and message.term <= raft.term and not raft.is_leader:
            return "not led from here"
        return ""

    def _handle(self, sender: str, message: PeerMessage, now_ms: int) -> None:
        match message:
            case peer.Append():
                self._append(sender, message, now_ms)
            case peer.AppendResponse():
                self._append_response(sender, message)
            case peer.Acknowledgement():
                self._acknowledgement(sender, message.term, message.index, message.digest)
            case peer.Heartbeat():
                self._heartbeat(sender, message)
            case peer.VoteRequest():
                self._vote_request(sender, message)
            case peer.VoteResponse():
                self._vote_response(sender, message)
            case peer.ReadRequest():
                self._read_request(sender, message)
            case peer.ReadResponse():
                self._read_response(sender, message)
            case peer.Behind():
                self._behind(sender, message)
            case _:
                self._handle_plain(sender, message)

    def _handle_plain(self, sender: str, message: peer.HeartbeatResponse | peer.TimeoutNow | peer.Refill) -> None:
        """Nothing in them needs a check."""
        match message:
            case peer.HeartbeatResponse():
                self._step(_T.HEARTBEAT_RESPONSE, sender, message, context=message.context)
            case peer.TimeoutNow():
                self._step(_T.TIMEOUT_NOW, sender, message)
            case peer.Refill():
                # Each makes a leader send entries anew.
                if sender in self._refilled:
                    raise Unacceptable("asks for the same again and again")
                self._refilled.add(sender)
                self._step(_T.REFILL, sender, message, index=message.index)

    # From the leader.

    def _append(self, sender: str, message: peer.Append, now_ms: int) -> None:
        state = self._state
        entries: tuple[Entry, ...] = ()
        if message.term >= state.node.raft.term:
            entries = self._checked(sender, message, now_ms)
        commit = state.announce(message.term, message.commit)
        conflict = next((entry for entry in entries if state.view.tip_at(entry.index) not in {None, entry.tip}), None)
        before = state.view.tip_at(conflict.index - 1) if conflict is not None else None
        self._step(
            _T.APPEND,
            sender,
            message,
            index=message.index,
            log_term=message.log_term,
            entries=entries,
            commit=commit,
        )
        if conflict is not None and before is not None and state.view.tip_at(conflict.index) == conflict.tip:
            state.replaced(before)

    def _checked(self, sender: str, message: peer.Append, now_ms: int) -> tuple[Entry, ...]:
        """The entries to hand to the core; our own log is mended first where an earlier leader signed two entries."""
        state = self._state
        floor = max(state.node.raft.log.committed, state.gate.witnessed)
        mark = state.acknowledged.mark
        if mark.term == message.term and not state.node.hold:
            # One digest for a place in a term: what this leader has been acknowledged, it may not replace.
            floor = max(floor, mark.index)
        for _ in range(2):
            try:
                return state.check(sender, message, floor, now_ms)
            except Unacceptable as refusal:
                if refusal.evidence is not None:
                    state.evidence.append(refusal.evidence)
                fork = refusal.fork
                if fork is None or fork.index <= floor or fork.term >= message.term:
                    raise
                state.dropped["fork"] += 1
                if refusal.replacement is None:
                    self._ask_for_earlier(sender, message)
                    raise
                state.put(refusal.replacement)
        raise AssertionError("what was put there is other again")

    def _ask_for_earlier(self, sender: str, message: peer.Append) -> None:
        """By term and index our log agrees with the leader's, by digest it does not: it shall send what is before."""
        state = self._state
        self._step(_T.HEARTBEAT, sender, message)
        before = state.view.tip_at(message.index - 1)
        assert before is not None, "the base is settled"
        height = state.translator.height
        response = peer.AppendResponse(
            message.term, message.index, before.term, before.index, True, False, b"", height
        )  # fmt: skip
        state.send(sender, response)

    def _heartbeat(self, sender: str, message: peer.Heartbeat) -> None:
        state = self._state
        commit = state.announce(message.term, message.commit) if message.term >= state.node.raft.term else 0
        self._step(_T.HEARTBEAT, sender, message, commit=commit, context=message.context)
        if state.node.hold and not self._refill_wait:
            self._refill_wait = HEARTBEAT_TICKS
            state.node.refill()

    def _behind(self, sender: str, message: peer.Behind) -> None:
        """Fetch blocks; or, if that much is here by now, say so: to the core it is a snapshot that brings no news. To
        answer with less would only make the leader say it again at once.
        """
        if message.index > self._state.node.raft.log.committed:
            self._state.behind = sender
        else:
            self._step(_T.SNAPSHOT, sender, message, snapshot=Snapshot(SnapshotMetadata(message.index)))

    # To the leader.

    def _append_response(self, sender: str, message: peer.AppendResponse) -> None:
        """An acknowledgement counts for the core only with our own digest: then core and gate count the same."""
        state = self._state
        raft = state.node.raft
        if not message.reject and not message.refilling and message.term == raft.term:
            tip = state.view.tip_at(message.index)
            if tip is None and message.index >= state.view.base.index:
                raise Unacceptable("acknowledges what is not here")
            if tip is not None and tip.digest != message.digest:
                raise Unacceptable("acknowledges another digest")
            self._acknowledgement(sender, message.term, message.index, message.digest)
        self._step(
            _T.APPEND_RESPONSE,
            sender,
            message,
            index=message.index,
            log_term=message.log_term,
            hint=message.hint,
            reject=message.reject,
            refilling=message.refilling,
        )

    def _acknowledgement(self, sender: str, term: int, index: int, digest: bytes) -> None:
        if sender in self._state.node.raft.configuration.members:
            self._state.gate.acknowledge(sender, term, index, digest)

    # Votes.

    def _vote_request(self, sender: str, message: peer.VoteRequest) -> None:
        """A candidate that lacks a certificate is refused: to the core its log looks empty."""
        lacks = message.certified_height < self._state.translator.height
        self._step(
            _T.PRE_VOTE if message.pre else _T.VOTE,
            sender,
            message,
            index=0 if lacks else message.index,
            log_term=0 if lacks else message.log_term,
            force=message.transfer,
        )

    def _vote_response(self, sender: str, message: peer.VoteResponse) -> None:
        state = self._state
        is_asking = state.node.raft.role in {Role.CANDIDATE, Role.PRE_CANDIDATE}
        if message.note and message.reject and is_asking and len(state.notes) < NOTES_MAX:
            state.notes.append((sender, message.note))
        kind = _T.PRE_VOTE_RESPONSE if message.pre else _T.VOTE_RESPONSE
        self._step(kind, sender, message, reject=message.reject)

    # Reads.

    def _read_request(self, sender: str, message: peer.ReadRequest) -> None:
        if not message.token.startswith(sender.encode() + b"/"):
            raise Unacceptable("a read of somebody else")
        if sender not in self._state.node.raft.configuration.members:
            raise Unacceptable("a read of one who is not a member")
        self._reads[sender] += 1
        if self._reads[sender] > READS_PER_TICK:
            raise Unacceptable("too many reads")
        request = (Entry(0, 0, message.token),)
        self._state.node.step(Message(type=_T.READ_INDEX, sender=sender, to=self._state.me, entries=request))

    def _read_response(self, sender: str, message: peer.ReadResponse) -> None:
        if message.token.startswith(self._state.me.encode() + b"/"):
            request = (Entry(0, 0, message.token),)
            self._step(_T.READ_INDEX_RESPONSE, sender, message, index=message.index, entries=request)

    def _step(self, kind: MessageType, sender: str, message: PeerMessage, **fields: object) -> None:
        core = Message(type=kind, sender=sender, to=self._state.me, term=message.term, **fields)  # type: ignore[arg-type]
        self._state.node.step(core)
