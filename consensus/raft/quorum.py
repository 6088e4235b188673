"""What a set of voters has decided: the highest index a quorum stores, and the result of a vote.

A joint configuration decides what both its halves decide (dissertation §4.3). An empty half decides everything.
"""

from collections.abc import Callable, Collection, Mapping
from enum import Enum

EVERYTHING = (1 << 64) - 1
"""The index that the empty set of voters has committed."""


class VoteResult(Enum):
    """How a vote stands."""

    PENDING = "VotePending"
    LOST = "VoteLost"
    WON = "VoteWon"


def committed_index(voters: Collection[str], matched: Mapping[str, int], quorum: Callable[[int], int]) -> int:
    """The highest index that a quorum of `voters` is known to store; a voter missing from `matched` stores nothing."""
    if not voters:
        return EVERYTHING
    indexes = sorted([matched.get(voter, 0) for voter in voters], reverse=True)
    return indexes[quorum(len(indexes)) - 1]


def vote_result(voters: Collection[str], votes: Mapping[str, bool], quorum: Callable[[int], int]) -> VoteResult:
    """How the vote of `voters` stands; a voter missing from `votes` has not answered."""
    if not voters:
        return VoteResult.WON
    needed = quorum(len(voters))
    granted = missing = 0
    for voter in voters:
        vote = votes.get(voter)
        if vote is None:
            missing += 1
        elif vote:
            granted += 1
    if granted >= needed:
        return VoteResult.WON
    return VoteResult.PENDING if granted + missing >= needed else VoteResult.LOST


def joint_committed_index(
    incoming: Collection[str], outgoing: Collection[str], matched: Mapping[str, int], quorum: Callable[[int], int]
) -> int:
    """The highest index that quorums of both sets store."""
    return min(committed_index(incoming, matched, quorum), committed_index(outgoing, matched, quorum))


def joint_vote_result(
    incoming: Collection[str], outgoing: Collection[str], votes: Mapping[str, bool], quorum: Callable[[int], int]
) -> VoteResult:
    """Won when both sets won, lost when either lost."""
    results = {vote_result(incoming, votes, quorum), vote_result(outgoing, votes, quorum)}
    if VoteResult.LOST in results:
        return VoteResult.LOST
    return VoteResult.PENDING if VoteResult.PENDING in results else VoteResult.WON
