"""Configuration changes worked out: what the configuration and the followers' progress are after a change.

Nothing is changed in place, so a refused change leaves no trace. Entering and leaving a joint configuration is
dissertation §4.3; `simple` is the single-server change of §4.1.
"""

from collections.abc import Iterable, Mapping

from consensus.raft.configuration import Change, Configuration, Operation
from consensus.raft.errors import ChangeRefused
from consensus.raft.progress import Inflights, Progress


class Changer:
    """Changes of one starting point. `last_index` is where followers that are new begin to be probed."""

    def __init__(
        self,
        configuration: Configuration,
        progress: Mapping[str, Progress],
        last_index: int,
        inflight_limits: tuple[int, int],
    ) -> None:
        self._before = configuration
        self._last_index = last_index
        self._inflight_limits = inflight_limits
        self._progress = {member: progress[member].copy() for member in progress}
        self._voters = set(configuration.voters)
        self._outgoing = set(configuration.outgoing)
        self._learners = set(configuration.learners)
        self._learners_next = set(configuration.learners_next)
        _check(configuration, self._progress)

    def enter_joint(self, changes: Iterable[Change], *, auto_leave: bool) -> tuple[Configuration, dict[str, Progress]]:
        """Into the joint configuration of the present voters and those after `changes`; raises `ChangeRefused`."""
        if self._before.is_joint:
            raise ChangeRefused("config is already joint")
        if not self._voters:
            raise ChangeRefused("can't make a zero-voter config joint")
        self._outgoing = set(self._voters)
        self._apply(changes)
        return self._result(auto_leave=auto_leave)

    def leave_joint(self) -> tuple[Configuration, dict[str, Progress]]:
        """Out of the joint configuration: the incoming voters alone decide; raises `ChangeRefused`."""
        if not self._before.is_joint:
            raise ChangeRefused("can't leave a non-joint config")
        for member in self._learners_next:
            self._learners.add(member)
            self._progress[member].is_learner = True
        self._learners_next.clear()
        for member in self._outgoing - self._voters - self._learners:
            del self._progress[member]
        self._outgoing.clear()
        return self._result()

    def simple(self, changes: Iterable[Change]) -> tuple[Configuration, dict[str, Progress]]:
        """Changes that add or remove at most one voter, directly; raises `ChangeRefused`."""
        if self._before.is_joint:
            raise ChangeRefused("can't apply simple config change in joint config")
        self._apply(changes)
        if len(self._voters ^ self._before.voters) > 1:
            raise ChangeRefused("more than one voter changed without entering joint config")
        return self._result()

    def _apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if not change.id:
                continue  # the way to cancel a change that is already in the log
            match change.operation:
                case Operation.ADD_VOTER:
                    self._make_voter(change.id)
                case Operation.ADD_LEARNER:
                    self._make_learner(change.id)
                case Operation.REMOVE:
                    self._remove(change.id)
                case Operation.UPDATE:
                    pass
        if not self._voters:
            raise ChangeRefused("removed all voters")

    def _make_voter(self, member: str) -> None:
        self._voters.add(member)
        self._learners.discard(member)
        self._learners_next.discard(member)
        if member in self._progress:
            self._progress[member].is_learner = False
        else:
            self._begin(member, is_learner=False)

    def _make_learner(self, member: str) -> None:
        if member not in self._progress:
            self._learners.add(member)
            self._begin(member, is_learner=True)
            return
        progress = self._progress[member]
        if progress.is_learner:
            return
        self._remove(member)
        self._progress[member] = progress
        if member in self._outgoing:
            self._learners_next.add(member)  # it still votes in the outgoing set; it is demoted on leaving
        else:
            progress.is_learner = True
            self._learners.add(member)

    def _remove(self, member: str) -> None:
        if member not in self._progress:
            return
        self._voters.discard(member)
        self._learners.discard(member)
        self._learners_next.discard(member)
        if member not in self._outgoing:
            del self._progress[member]

    def _begin(self, member: str, *, is_learner: bool) -> None:
        # A new follower counts as active, or a leader that checks its quorum could step down before hearing from it.
        self._progress[member] = Progress(
            max(self._last_index, 1), Inflights(*self._inflight_limits), is_learner=is_learner, is_active=True
        )

    def _result(self, *, auto_leave: bool = False) -> tuple[Configuration, dict[str, Progress]]:
        configuration = Configuration(
            frozenset(self._voters),
            frozenset(self._outgoing),
            frozenset(self._learners),
            frozenset(self._learners_next),
            auto_leave,
        )
        _check(configuration, self._progress)
        return configuration, {member: self._progress[member] for member in sorted(self._progress)}


def restore(
    configuration: Configuration, last_index: int, inflight_limits: tuple[int, int]
) -> tuple[Configuration, dict[str, Progress]]:
    """Fresh progress for a configuration that a snapshot or the storage names.

    Built by the changes that lead to it, so that it is one that changes can lead to.
    """

    def add(current: Configuration, progress: Mapping[str, Progress]) -> Changer:
        return Changer(current, progress, last_index, inflight_limits)

    current, progress = Configuration(), dict[str, Progress]()
    first = configuration.outgoing or configuration.voters
    for voter in sorted(first):
        current, progress = add(current, progress).simple([Change(Operation.ADD_VOTER, voter)])
    changes = [Change(Operation.REMOVE, voter) for voter in sorted(configuration.outgoing)]
    changes += [Change(Operation.ADD_VOTER, voter) for voter in sorted(configuration.voters)]
    changes += [
        Change(Operation.ADD_LEARNER, learner)
        for learner in sorted(configuration.learners | configuration.learners_next)
    ]
    if configuration.outgoing:
        current, progress = add(current, progress).enter_joint(changes, auto_leave=configuration.auto_leave)
    else:
        for change in changes[len(configuration.voters) :]:
            current, progress = add(current, progress).simple([change])
    assert current == configuration, (current, configuration)
    return current, progress


def _check(configuration: Configuration, progress: Mapping[str, Progress]) -> None:
    """The invariants of a configuration and its progress."""
    voters, outgoing = configuration.voters, configuration.outgoing
    learners, learners_next = configuration.learners, configuration.learners_next
    assert progress.keys() == voters | outgoing | learners | learners_next
    assert learners_next <= outgoing, "a voter is demoted later only while it votes in the outgoing set"
    assert not learners & (voters | outgoing), "nobody is both a voter and a learner"
    assert not learners_next & voters
    assert not any(progress[member].is_learner for member in learners_next)
    assert all(progress[member].is_learner for member in learners)
    assert outgoing or not (learners_next or configuration.auto_leave)
