"""What a follower does, and how anyone takes over a leader's log (paper §5.3, §7; the follower's boxes of figure 2)."""

from msgspec.structs import replace

from consensus.raft.changer import restore
from consensus.raft.errors import ProposalDropped
from consensus.raft.membership import switch
from consensus.raft.messages import NOBODY, Message, MessageType, ReadState, Role, Snapshot, SnapshotMetadata
from consensus.raft.state import Raft


def on_append(raft: Raft, message: Message) -> None:
    """Store a leader's entries, or tell it where the logs may agree.

    The answer names the last entry known to agree with the leader's, never the own last entry: what lies beyond may be
    of another leader.
    """
    _follow(raft, message)
    log = raft.log
    if message.index < log.committed:
        _acknowledge(raft, message.sender, log.committed)
        return
    matched = log.try_append(message.log_term, message.index, message.entries, message.commit)
    if matched is not None:
        _acknowledge(raft, message.sender, matched)
        return
    hint, term = log.find_conflict_by_term(min(message.index, log.last_index), message.log_term)
    raft.send(
        Message(
            type=MessageType.APPEND_RESPONSE,
            to=message.sender,
            index=message.index,
            reject=True,
            hint=hint,
            log_term=term,
        )
    )


def on_heartbeat(raft: Raft, message: Message) -> None:
    """The leader lives. Its commit index is what it believes is stored here: less, if the log's end was lost."""
    _follow(raft, message)
    raft.log.commit_to(min(message.commit, raft.log.last_index))
    raft.send(Message(type=MessageType.HEARTBEAT_RESPONSE, to=message.sender, context=message.context))


def on_snapshot(raft: Raft, message: Message) -> None:
    """Take over the leader's snapshot, unless what it holds is here already."""
    _follow(raft, message)
    snapshot = message.snapshot or Snapshot()
    _restore(raft, snapshot)
    _acknowledge(raft, message.sender, raft.log.committed)


def _follow(raft: Raft, message: Message) -> None:
    if raft.role is not Role.FOLLOWER:
        raft.become_follower(raft.term, message.sender)
    raft.election_elapsed = 0
    raft.leader = message.sender


def _acknowledge(raft: Raft, to: str, index: int) -> None:
    raft.send(Message(type=MessageType.APPEND_RESPONSE, to=to, index=index))


def _restore(raft: Raft, snapshot: Snapshot) -> None:
    """Replace the log by the snapshot if it brings news (paper §7)."""
    metadata = snapshot.metadata
    if metadata.index <= raft.log.committed or raft.id not in metadata.configuration.members:
        return
    if raft.log.matches(metadata.term, metadata.index):
        raft.log.commit_to(metadata.index)  # the log has it all: keep what follows
        return
    _reset_to(raft, snapshot)


def _reset_to(raft: Raft, snapshot: Snapshot) -> None:
    raft.log.restore(snapshot)
    limits = raft.tracker.inflight_limits
    switch(raft, *restore(snapshot.metadata.configuration, raft.log.last_index, limits))


def install(raft: Raft, metadata: SnapshotMetadata, *, replace_log: bool) -> None:
    """The driver holds the state at (index, term), proven without this log: go on from there.

    A log that has this entry is kept and counts as committed and applied up to it. Any other is replaced, even where it
    counted as committed and is not applied yet (a lying leader can announce a false commit), and `Ready` says so with a
    snapshot without data. `replace_log`: the driver knows that the entry here is another one, although of this term.
    A leader whose log is replaced steps down. Nothing happens if this much is applied already.
    """
    log = raft.log
    if metadata.index <= log.applied:
        return
    if not replace_log and not log.has_pending_snapshot and log.matches(metadata.term, metadata.index):
        log.commit_to(metadata.index)
        log.applied_to(metadata.index, 0)
        if metadata.configuration != raft.configuration:
            switch(raft, *restore(metadata.configuration, log.last_index, raft.tracker.inflight_limits))
    else:
        if raft.role is not Role.FOLLOWER or metadata.term > raft.term:
            raft.become_follower(max(raft.term, metadata.term), NOBODY)
        _reset_to(raft, Snapshot(metadata))
    if raft.leader not in {NOBODY, raft.id}:
        _acknowledge(raft, raft.leader, log.committed)


# Requests of the own node that the leader answers


def on_propose(raft: Raft, message: Message) -> None:
    """Hand a proposal on to the leader; raises `ProposalDropped` when there is none, or forwarding is off."""
    if raft.leader == NOBODY or raft.config.disable_proposal_forwarding:
        raise ProposalDropped
    raft.send(replace(message, to=raft.leader))


def on_leader_request(raft: Raft, message: Message) -> None:
    """Hand a transfer or read request on to the leader, if there is one."""
    if raft.leader != NOBODY:
        raft.send(replace(message, to=raft.leader))


def on_read_index_response(raft: Raft, message: Message) -> None:
    """The leader's answer to a read request of this node."""
    if len(message.entries) == 1:
        raft.read_states.append(ReadState(message.index, message.entries[0].payload))


def on_forget_leader(raft: Raft, _message: Message) -> None:
    """Forget who leads, so that this node votes for another. Not with lease reads: the leader counts on its lease."""
    if not raft.config.lease_reads:
        raft.leader = NOBODY
