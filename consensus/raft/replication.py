"""What a leader sends: entries, snapshots, heartbeats. Followers are visited in the order of their ids."""

from consensus.entry import Entry
from consensus.raft.config import payload_size
from consensus.raft.messages import Message, MessageType
from consensus.raft.port import Compacted, SnapshotUnavailable, Unavailable
from consensus.raft.progress import ProgressState
from consensus.raft.state import Raft


def broadcast_append(raft: Raft) -> None:
    """Send to every follower what it lacks, at least the commit index."""
    for member in raft.tracker.progress:
        if member != raft.id:
            send_append(raft, member)


def send_append(raft: Raft, to: str, *, even_if_empty: bool = True) -> bool:
    """Send the next entries to a follower, or a snapshot if the log no longer has them. Returns whether it did."""
    progress = raft.tracker.progress[to]
    if progress.is_paused:
        return False
    previous = progress.next - 1
    entries: tuple[Entry, ...] = ()
    try:
        previous_term = raft.log.term(previous)
        # Into a full window only an empty append goes: were all appends in it lost, its answer would empty the window.
        if progress.state is not ProgressState.REPLICATE or not progress.inflights.is_full:
            entries = raft.log.entries_from(progress.next, raft.config.max_size_per_message)
    except (Compacted, Unavailable):
        return send_snapshot(raft, to)
    if not entries and not even_if_empty:
        return False
    raft.send(
        Message(
            type=MessageType.APPEND,
            to=to,
            index=previous,
            log_term=previous_term,
            entries=entries,
            commit=raft.log.committed,
        )
    )
    progress.sent_entries(len(entries), payload_size(entries))
    progress.sent_commit = raft.log.committed
    return True


def send_snapshot(raft: Raft, to: str) -> bool:
    """Send the newest snapshot, unless the follower was not heard from lately or there is none at the moment."""
    progress = raft.tracker.progress[to]
    if not progress.is_active:
        return False
    try:
        snapshot = raft.log.unstable.snapshot or raft.log.storage.snapshot()
    except SnapshotUnavailable:
        return False
    assert snapshot.metadata.index, "a log that was cut has a snapshot"
    progress.become_snapshot(snapshot.metadata.index)
    raft.send(Message(type=MessageType.SNAPSHOT, to=to, snapshot=snapshot))
    return True


def broadcast_heartbeat(raft: Raft, context: bytes = b"") -> None:
    """Tell every follower that the leader lives; `context` is the token of the newest waiting read."""
    for member, progress in raft.tracker.progress.items():
        if member == raft.id:
            continue
        # A follower may lack entries that are committed: it is told to commit only what it is known to store.
        commit = min(progress.match, raft.log.committed)
        raft.send(Message(type=MessageType.HEARTBEAT, to=member, commit=commit, context=context))
        progress.sent_commit = commit
