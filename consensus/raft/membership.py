"""Going over to another configuration, once its change is applied (dissertation chapter 4)."""

from consensus.raft.changer import Changer
from consensus.raft.configuration import ConfChange, Configuration
from consensus.raft.leader import on_committed
from consensus.raft.messages import NOBODY
from consensus.raft.progress import Progress
from consensus.raft.replication import send_append
from consensus.raft.state import Raft


def apply_change(raft: Raft, change: ConfChange) -> Configuration:
    """Carry out an accepted change; raises `ChangeRefused`, before anything happens, when it does not fit."""
    changer = Changer(raft.configuration, raft.tracker.progress, raft.log.last_index, raft.tracker.inflight_limits)
    if change.leaves_joint:
        result = changer.leave_joint()
    elif change.enters_joint:
        result = changer.enter_joint(change.changes, auto_leave=change.auto_leave)
    else:
        result = changer.simple(change.changes)
    switch(raft, *result)
    return raft.configuration


def switch(raft: Raft, configuration: Configuration, progress: dict[str, Progress]) -> None:
    """Adopt a configuration. A leader commits what the new voters already store, and turns to new followers."""
    raft.tracker.adopt(configuration, progress)
    own = progress.get(raft.id)
    if raft.is_leader and (own is None or own.is_learner):
        # It goes on leading without counting itself (dissertation §4.2.2), unless it is told to make way.
        if raft.config.step_down_on_removal:
            raft.become_follower(raft.term, NOBODY)
        return
    if not raft.is_leader or not configuration.voters:
        return
    if raft.try_commit():
        on_committed(raft)
    else:
        for member in progress:
            if member != raft.id:
                send_append(raft, member, even_if_empty=False)
    if raft.transferee and not raft.tracker.is_voter(raft.transferee):
        raft.transferee = NOBODY
