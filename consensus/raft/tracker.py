"""The members as a node knows them: the configuration, the progress of each one's log, and the votes of an election."""

from collections.abc import Callable

from consensus.raft.configuration import Configuration
from consensus.raft.progress import Inflights, Progress
from consensus.raft.quorum import VoteResult, committed_index, joint_committed_index, joint_vote_result, vote_result


class Tracker:
    """Invariant: `progress` has exactly the members of `configuration`, in the order of their ids."""

    def __init__(self, quorum: Callable[[int], int], inflight_limits: tuple[int, int]) -> None:
        self.configuration = Configuration()
        self.progress: dict[str, Progress] = {}
        self.votes: dict[str, bool] = {}
        self.inflight_limits = inflight_limits
        self._quorum = quorum
        self._voters: tuple[str, ...] = ()
        self._outgoing: tuple[str, ...] = ()

    def adopt(self, configuration: Configuration, progress: dict[str, Progress]) -> None:
        """Go over to another configuration."""
        self.configuration = configuration
        self.progress = progress
        self._voters = tuple(sorted(configuration.voters))
        self._outgoing = tuple(sorted(configuration.outgoing))

    def reset_progress(self, next_index: int) -> None:
        """Nothing is known of anybody's log: at the start of a term."""
        self.progress = {
            member: Progress(next_index, Inflights(*self.inflight_limits), is_learner=old.is_learner)
            for member, old in self.progress.items()
        }

    @property
    def is_single(self) -> bool:
        """Whether one voter decides alone."""
        return len(self._voters) == 1 and not self._outgoing

    def is_voter(self, member: str) -> bool:
        """Whether `member` votes in either set."""
        return member in self.configuration.voters or member in self.configuration.outgoing

    def committed(self) -> int:
        """The highest index that a quorum stores."""
        matched = {member: progress.match for member, progress in self.progress.items()}
        if not self._outgoing:
            return committed_index(self._voters, matched, self._quorum)
        return joint_committed_index(self._voters, self._outgoing, matched, self._quorum)

    def result(self, votes: dict[str, bool]) -> VoteResult:
        """How a vote of the voters stands."""
        if not self._outgoing:
            return vote_result(self._voters, votes, self._quorum)
        return joint_vote_result(self._voters, self._outgoing, votes, self._quorum)

    def is_quorum_active(self) -> bool:
        """Whether a quorum was heard from since the last check."""
        active = {member: progress.is_active for member, progress in self.progress.items() if not progress.is_learner}
        return self.result(active) is VoteResult.WON

    def record_vote(self, member: str, *, granted: bool) -> None:
        """A member's answer counts once; a later one of the same election is ignored."""
        self.votes.setdefault(member, granted)
