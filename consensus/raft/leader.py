"""What a leader does: proposals, answers of followers, reads, transfer of leadership (paper §5.3, §8; figure 2)."""

from consensus.entry import Entry, Kind
from consensus.raft.configuration import ConfChange
from consensus.raft.errors import ProposalDropped
from consensus.raft.messages import NOBODY, Message, MessageType, ReadState
from consensus.raft.progress import Progress, ProgressState
from consensus.raft.quorum import VoteResult
from consensus.raft.reading import request_context
from consensus.raft.replication import broadcast_append, broadcast_heartbeat, send_append
from consensus.raft.state import Raft

_EMPTY = Entry(0, 0, b"")


def on_beat(raft: Raft, _message: Message) -> None:
    """Time for a heartbeat."""
    broadcast_heartbeat(raft, raft.reads.newest_context())


def on_check_quorum(raft: Raft, _message: Message) -> None:
    """Step down if no quorum was heard from for an election timeout (dissertation §6.2), and begin the next one."""
    own = raft.own_progress
    if own is not None:
        own.is_active = True
    if not raft.tracker.is_quorum_active():
        raft.become_follower(raft.term, NOBODY)
    for member, progress in raft.tracker.progress.items():
        if member != raft.id:
            progress.is_active = False


# Proposals


def on_propose(raft: Raft, message: Message) -> None:
    """Append proposals and replicate them; raises `ProposalDropped`.

    While leadership is transferred none is taken, or the new leader might never be up to date (dissertation §3.10).
    """
    if raft.own_progress is None or raft.transferee != NOBODY:
        raise ProposalDropped
    first = raft.log.last_index + 1
    pending = raft.pending_change_index
    proposals = list(message.entries)
    for place, proposal in enumerate(proposals):
        if proposal.kind is Kind.CONFIGURATION:
            if raft.config.disable_conf_change_validation or _may_propose(raft, decode_change(raft, proposal.payload)):
                raft.pending_change_index = first + place
            else:
                proposals[place] = _EMPTY
    if not raft.append(tuple(proposals)):
        raft.pending_change_index = pending
        raise ProposalDropped
    broadcast_append(raft)


def decode_change(raft: Raft, payload: bytes) -> ConfChange:
    """The change in a CONFIGURATION entry."""
    return raft.config.decode_change(payload) if payload else ConfChange()


def _may_propose(raft: Raft, change: ConfChange) -> bool:
    """One change at a time (dissertation §4.1): none while an earlier one may be unapplied, or before joint is left."""
    if raft.pending_change_index > raft.log.applied:
        return False
    return raft.configuration.is_joint == change.leaves_joint


def leave_joint_if_due(raft: Raft) -> None:
    """Leave an auto-leaving joint configuration once the change that entered it is applied.

    A transfer of leadership refuses the proposal; then the next applied entry, or the next leader, tries again.
    """
    if raft.is_leader and raft.configuration.auto_leave and raft.log.applied >= raft.pending_change_index:
        leave = Entry(0, 0, b"", kind=Kind.CONFIGURATION)
        try:
            on_propose(raft, Message(type=MessageType.PROPOSE, sender=raft.id, entries=(leave,)))
        except ProposalDropped:
            return


# Answers of followers


def on_append_response(raft: Raft, message: Message) -> None:
    """A follower stored or refused an append; the leader's own acknowledgement comes here as well."""
    progress = raft.tracker.progress.get(message.sender)
    if progress is None:
        return
    progress.is_active = True
    if message.reject:
        _on_refused(raft, message, progress)
    elif message.index > raft.log.last_index:
        return  # it cannot have this from here, so it says nothing
    elif message.refilling:
        _on_refilled(raft, message, progress)
    else:
        _on_stored(raft, message, progress)


def _on_refused(raft: Raft, message: Message, progress: Progress) -> None:
    """Find where the logs agree in few steps.

    The follower's hint skips its own entries of later terms; of what is left, those of the leader's terms later than
    the hint's are skipped here, for the follower cannot have them.
    """
    hint = message.hint
    if message.log_term:
        hint, _ = raft.log.find_conflict_by_term(hint, message.log_term)
    if progress.reject(message.index, hint):
        if progress.state is ProgressState.REPLICATE:
            progress.become_probe()
        send_append(raft, message.sender)


def _on_stored(raft: Raft, message: Message, progress: Progress) -> None:
    is_new = progress.acknowledge(message.index)
    if not is_new and not (progress.match == message.index and progress.state is ProgressState.PROBE):
        return
    match progress.state:
        case ProgressState.PROBE:
            progress.become_replicate()
        case ProgressState.SNAPSHOT:
            # Whichever snapshot the follower applied: if the log goes on from there, it needs no other.
            if progress.match + 1 >= raft.log.first_index:
                progress.become_probe()
                progress.become_replicate()
        case ProgressState.REPLICATE:
            progress.inflights.free(message.index)
    if raft.try_commit():
        on_committed(raft)
    elif message.sender != raft.id and progress.can_bump_commit(raft.log.committed):
        send_append(raft, message.sender)
    if message.sender != raft.id:
        _send_rest(raft, message.sender)
    if message.sender == raft.transferee and progress.match == raft.log.last_index:
        raft.send(Message(type=MessageType.TIMEOUT_NOW, to=message.sender))


def _on_refilled(raft: Raft, message: Message, progress: Progress) -> None:
    """A held follower stores up to `index`: send on, do not count it."""
    progress.probe_from(message.index, forget_match=False)
    _send_rest(raft, message.sender)


def _send_rest(raft: Raft, to: str) -> None:
    """Send all that the window allows."""
    while send_append(raft, to, even_if_empty=False):
        pass


def on_refill(raft: Raft, message: Message) -> None:
    """A follower's log ends earlier than the leader may believe: forget what it stored and send what follows."""
    progress = raft.tracker.progress.get(message.sender)
    if progress is not None and message.sender != raft.id:
        progress.is_active = True
        progress.probe_from(min(message.index, raft.log.last_index), forget_match=True)
        send_append(raft, message.sender)


def on_committed(raft: Raft) -> None:
    """More is committed: reads that waited for it can begin, and followers hear of it."""
    if raft.has_committed_in_term:
        early, raft.early_reads = raft.early_reads, []
        for request in early:
            _read(raft, request)
    broadcast_append(raft)


def on_heartbeat_response(raft: Raft, message: Message) -> None:
    """A follower lives: try again what may have been lost, and count it for the reads that the heartbeat carried."""
    progress = raft.tracker.progress.get(message.sender)
    if progress is None:
        return
    progress.is_active = True
    progress.flow_paused = False
    if progress.match < raft.log.last_index or progress.state is ProgressState.PROBE:
        send_append(raft, message.sender)
    if raft.config.lease_reads or not message.context:
        return
    acknowledged = raft.reads.acknowledge(message.sender, message.context)
    if raft.tracker.result(acknowledged) is VoteResult.WON:
        for request, index in raft.reads.release(message.context):
            _answer_read(raft, request, index)


def on_snapshot_status(raft: Raft, message: Message) -> None:
    """The transport says whether a snapshot arrived; the follower's own answer, or a heartbeat's, is awaited then."""
    progress = raft.tracker.progress.get(message.sender)
    if progress is None or progress.state is not ProgressState.SNAPSHOT:
        return
    if message.reject:
        progress.pending_snapshot = 0  # or it would be probed from where the lost snapshot would have brought it
    progress.become_probe()
    progress.flow_paused = True


def on_unreachable(raft: Raft, message: Message) -> None:
    """Appends sent ahead are probably lost: probe again."""
    progress = raft.tracker.progress.get(message.sender)
    if progress is not None and progress.state is ProgressState.REPLICATE:
        progress.become_probe()


# Transfer of leadership (dissertation §3.10)


def on_transfer(raft: Raft, message: Message) -> None:
    """Bring the target up to date, then tell it to campaign. Given up after an election timeout."""
    target = message.sender
    progress = raft.tracker.progress.get(target)
    if progress is None or progress.is_learner or target == raft.transferee:
        return
    raft.transferee = NOBODY
    if target == raft.id:
        return
    raft.election_elapsed = 0
    raft.transferee = target
    if progress.match == raft.log.last_index:
        raft.send(Message(type=MessageType.TIMEOUT_NOW, to=target))
    else:
        send_append(raft, target)


# Reads (dissertation §6.4)


def on_read_index(raft: Raft, message: Message) -> None:
    """A read request. Before an entry of its term is committed, a leader does not know what is: it waits."""
    if not raft.has_committed_in_term:
        raft.early_reads.append(message)
    else:
        _read(raft, message)


def _read(raft: Raft, message: Message) -> None:
    if raft.config.lease_reads or raft.tracker.is_single:
        _answer_read(raft, message, raft.log.committed)
        return
    raft.reads.add(raft.log.committed, message)
    raft.reads.acknowledge(raft.id, request_context(message))
    broadcast_heartbeat(raft, request_context(message))


def _answer_read(raft: Raft, request: Message, index: int) -> None:
    if request.sender in {NOBODY, raft.id}:
        raft.read_states.append(ReadState(index, request_context(request)))
    else:
        raft.send(
            Message(type=MessageType.READ_INDEX_RESPONSE, to=request.sender, index=index, entries=request.entries)
        )
