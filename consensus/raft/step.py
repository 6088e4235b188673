"""Who handles a message: first by its term (paper §5.1), then by the role of the node that gets it."""

from collections.abc import Callable, Mapping

from consensus.raft import election, follower, leader
from consensus.raft.config import entry_size, payload_size
from consensus.raft.errors import Malformed, ProposalDropped
from consensus.raft.messages import NOBODY, Message, MessageType, Role
from consensus.raft.state import Raft

_Handler = Callable[[Raft, Message], None]
_T = MessageType


def _refuse(_raft: Raft, _message: Message) -> None:
    raise ProposalDropped


def _on_timeout_now(raft: Raft, _message: Message) -> None:
    # The leader is alive and asks for it, so there is nothing that a pre-vote could find out.
    election.hup(raft, pre_vote=False, force=True)


_FROM_LEADER: Mapping[MessageType, _Handler] = {
    _T.APPEND: follower.on_append,
    _T.HEARTBEAT: follower.on_heartbeat,
    _T.SNAPSHOT: follower.on_snapshot,
}
_CANDIDATE: Mapping[MessageType, _Handler] = {
    **_FROM_LEADER,
    _T.PROPOSE: _refuse,
    _T.VOTE_RESPONSE: election.on_vote_response,
    _T.PRE_VOTE_RESPONSE: election.on_vote_response,
}
_HANDLERS: Mapping[Role, Mapping[MessageType, _Handler]] = {
    Role.FOLLOWER: {
        **_FROM_LEADER,
        _T.PROPOSE: follower.on_propose,
        _T.TRANSFER_LEADER: follower.on_leader_request,
        _T.READ_INDEX: follower.on_leader_request,
        _T.READ_INDEX_RESPONSE: follower.on_read_index_response,
        _T.FORGET_LEADER: follower.on_forget_leader,
        _T.TIMEOUT_NOW: _on_timeout_now,
    },
    Role.CANDIDATE: _CANDIDATE,
    Role.PRE_CANDIDATE: _CANDIDATE,
    Role.LEADER: {
        _T.BEAT: leader.on_beat,
        _T.CHECK_QUORUM: leader.on_check_quorum,
        _T.PROPOSE: leader.on_propose,
        _T.READ_INDEX: leader.on_read_index,
        _T.APPEND_RESPONSE: leader.on_append_response,
        _T.HEARTBEAT_RESPONSE: leader.on_heartbeat_response,
        _T.SNAPSHOT_STATUS: leader.on_snapshot_status,
        _T.UNREACHABLE: leader.on_unreachable,
        _T.TRANSFER_LEADER: leader.on_transfer,
        _T.REFILL: leader.on_refill,
    },
}
"""What each role reacts to; the rest it ignores."""


def step(raft: Raft, message: Message) -> None:
    """Handle one message. Raises `Refused`."""
    kind = message.type
    is_vote = kind is _T.VOTE or kind is _T.PRE_VOTE
    if is_vote and raft.is_held:
        return
    if kind is _T.APPEND:
        _check_entries(message)
    if message.term > raft.term:
        if is_vote and _is_leased(raft) and not message.force:
            return
        _meet_later_term(raft, message)
    elif message.term and message.term < raft.term:
        _answer_earlier_term(raft, message)
        return

    if is_vote:
        election.on_vote_request(raft, message)
    elif kind is _T.HUP:
        election.hup(raft, pre_vote=raft.config.pre_vote)
    elif kind is _T.STORAGE_APPEND_RESPONSE:
        _on_stored(raft, message)
    elif kind is _T.STORAGE_APPLY_RESPONSE:
        _on_applied(raft, message)
    else:
        handler = _HANDLERS[raft.role].get(kind)
        if handler is not None:
            handler(raft, message)


def tick(raft: Raft) -> None:
    """One tick of the logical clock."""
    raft.election_elapsed += 1
    if raft.is_leader:
        _tick_leader(raft)
    elif raft.election_elapsed >= raft.election_timeout and raft.is_promotable:
        raft.election_elapsed = 0
        election.hup(raft, pre_vote=raft.config.pre_vote)


def _tick_leader(raft: Raft) -> None:
    raft.heartbeat_elapsed += 1
    if raft.election_elapsed >= raft.config.election_tick:
        raft.election_elapsed = 0
        if raft.config.check_quorum:
            step(raft, Message(type=_T.CHECK_QUORUM, sender=raft.id))
        raft.transferee = NOBODY  # whoever could not take over by now will not
    if raft.is_leader and raft.heartbeat_elapsed >= raft.config.heartbeat_tick:
        raft.heartbeat_elapsed = 0
        step(raft, Message(type=_T.BEAT, sender=raft.id))


def applied_to(raft: Raft, index: int, size: int, payload: int) -> None:
    """Everything up to `index` is applied; `size` and `payload` bytes of it were handed out for that."""
    raft.log.applied_to(max(index, raft.log.applied), size)
    raft.uncommitted_size = max(raft.uncommitted_size - payload, 0)
    leader.leave_joint_if_due(raft)


def _is_leased(raft: Raft) -> bool:
    """Whether a leader was heard from within the least election timeout: then nobody else is voted for (§6)."""
    return raft.config.check_quorum and raft.leader != NOBODY and raft.election_elapsed < raft.config.election_tick


def _meet_later_term(raft: Raft, message: Message) -> None:
    """Go over to a later term, whoever names it; pre-votes are about a term in which nobody is yet."""
    kind = message.type
    if kind is _T.PRE_VOTE or (kind is _T.PRE_VOTE_RESPONSE and not message.reject):
        return
    raft.become_follower(message.term, message.sender if kind in _FROM_LEADER else NOBODY)


def _answer_earlier_term(raft: Raft, message: Message) -> None:
    """Somebody is behind. With check-quorum or pre-vote it may not learn the term from votes: tell it, so that a node
    stuck in a later term (its votes are ignored, the leader's appends are below its term) makes the leader step down.
    """
    kind = message.type
    if kind in {_T.HEARTBEAT, _T.APPEND} and (raft.config.check_quorum or raft.config.pre_vote):
        raft.send(Message(type=_T.APPEND_RESPONSE, to=message.sender))
    elif kind is _T.PRE_VOTE:
        raft.send(Message(type=_T.PRE_VOTE_RESPONSE, to=message.sender, term=raft.term, reject=True))
    elif kind is _T.STORAGE_APPEND_RESPONSE and message.snapshot is not None:
        # Entries of an earlier term may have been overwritten since; a snapshot is committed state in any term.
        _on_snapshot_applied(raft, message.snapshot.metadata.index)


def _check_entries(message: Message) -> None:
    term, index = message.log_term, message.index
    for entry in message.entries:
        index += 1
        if entry.index != index or not term <= entry.term <= message.term:
            raise Malformed
        term = entry.term


def _on_stored(raft: Raft, message: Message) -> None:
    if message.index:
        raft.log.unstable.stable_to(message.log_term, message.index)
    if message.snapshot is not None:
        _on_snapshot_applied(raft, message.snapshot.metadata.index)


def _on_snapshot_applied(raft: Raft, index: int) -> None:
    raft.log.unstable.stable_snapshot_to(index)
    if index <= raft.log.committed:
        applied_to(raft, index, 0, 0)


def _on_applied(raft: Raft, message: Message) -> None:
    entries = message.entries
    if entries and entries[-1].index <= raft.log.committed:
        applied_to(raft, entries[-1].index, sum(map(entry_size, entries)), payload_size(entries))
