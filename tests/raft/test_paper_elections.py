"""The Raft paper, §5.1 terms, §5.2 leader election, §5.4.1 election restriction: each rule in few words, and tested."""

import pytest

from consensus.raft.messages import Message, MessageType, Role
from consensus.raft.node import RawNode
from consensus.raft.port import Unavailable
from tests.raft.cluster import IDS, Cluster, outbox, single

T = MessageType


def make(role: Role, size: int = 3) -> RawNode:
    """Node a in a role, in term 1 (a follower of b)."""
    node = single(size=size)
    if role is Role.FOLLOWER:
        node.step(Message(type=T.HEARTBEAT, sender="b", to="a", term=1))
    else:
        node.campaign()
        node.raft.become_leader() if role is Role.LEADER else None
    outbox(node)
    return node


ROLES = [Role.FOLLOWER, Role.CANDIDATE, Role.LEADER]


@pytest.mark.parametrize("role", ROLES)
def test_51_a_later_term_is_adopted_and_whoever_led_or_ran_follows(role: Role) -> None:
    node = make(role)
    node.step(Message(type=T.APPEND, sender="c", to="a", term=3))
    assert (node.raft.term, node.raft.role, node.raft.leader) == (3, Role.FOLLOWER, "c")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", [T.APPEND, T.VOTE, T.HEARTBEAT, T.APPEND_RESPONSE, T.VOTE_RESPONSE])
def test_51_a_request_of_an_earlier_term_changes_nothing(role: Role, kind: MessageType) -> None:
    node = single(term=2)
    if role is not Role.FOLLOWER:
        node.campaign()
    before = (node.raft.hard_state, node.raft.soft_state)
    outbox(node)
    node.step(Message(type=kind, sender="b", to="a", term=1, index=5, commit=5))
    assert (node.raft.hard_state, node.raft.soft_state) == before
    assert outbox(node) == []


def test_51_the_term_never_goes_down_and_survives_a_restart() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.elect("b")
    again = cluster.start("c", cluster.storages["c"])
    assert again.raft.term == 2
    assert again.raft.vote == "b"


def test_52_servers_start_as_followers() -> None:
    assert single().raft.role is Role.FOLLOWER


def test_52_a_leader_sends_heartbeats_to_all_followers_at_each_interval() -> None:
    node = make(Role.LEADER)
    node.tick()
    sent = outbox(node)
    assert [(m.type, m.to, m.term) for m in sent] == [(T.HEARTBEAT, "b", 1), (T.HEARTBEAT, "c", 1)]
    assert all(not m.entries for m in sent)


@pytest.mark.parametrize("role", [Role.FOLLOWER, Role.CANDIDATE])
def test_52_silence_for_an_election_timeout_begins_an_election(role: Role) -> None:
    """It raises its term, votes for itself, and asks the others in parallel."""
    node = make(role)
    for _ in range(9):
        node.tick()
    assert outbox(node) == []
    node.tick()
    assert (node.raft.term, node.raft.vote, node.raft.role) == (2, "a", Role.CANDIDATE)
    sent = outbox(node)
    assert [(m.type, m.to, m.term) for m in sent] == [(T.VOTE, "b", 2), (T.VOTE, "c", 2)]


@pytest.mark.parametrize("kind", [T.APPEND, T.HEARTBEAT])
def test_52_hearing_from_the_leader_restarts_the_timeout(kind: MessageType) -> None:
    node = make(Role.FOLLOWER)
    for _ in range(30):
        node.tick()
        node.step(Message(type=kind, sender="b", to="a", term=1))
    assert node.raft.role is Role.FOLLOWER


@pytest.mark.parametrize(
    ("size", "votes", "role"),
    [
        (1, {}, Role.LEADER),
        (3, {"b": True}, Role.LEADER),
        (3, {}, Role.CANDIDATE),
        (3, {"b": False, "c": False}, Role.FOLLOWER),
        (3, {"b": False}, Role.CANDIDATE),
        (5, {"b": True, "c": True}, Role.LEADER),
        (5, {"b": True}, Role.CANDIDATE),
        (5, {"b": True, "c": False, "d": False, "e": True}, Role.LEADER),
        (5, {"b": False, "c": False, "d": False}, Role.FOLLOWER),
        (4, {"b": True}, Role.CANDIDATE),
        (4, {"b": True, "c": True}, Role.LEADER),
    ],
)
def test_52_votes_of_a_majority_make_a_leader(size: int, votes: dict[str, bool], role: Role) -> None:
    cluster = Cluster(size)
    cluster.cut = set(IDS)  # the others' answers are written here
    cluster["a"].campaign()
    cluster.run()
    for voter, granted in votes.items():
        cluster["a"].step(Message(type=T.VOTE_RESPONSE, sender=voter, to="a", term=1, reject=not granted))
    assert cluster.role("a") is role


def test_52_one_voter_answers_often_and_counts_once() -> None:
    node = make(Role.CANDIDATE, size=5)
    node.step(Message(type=T.VOTE_RESPONSE, sender="a", to="a", term=1))
    for _ in range(3):
        node.step(Message(type=T.VOTE_RESPONSE, sender="b", to="a", term=1))
    assert node.raft.role is Role.CANDIDATE


def test_52_the_own_vote_counts_only_once_it_is_durable() -> None:
    cluster = Cluster(1)
    cluster["a"].campaign()
    ready = cluster["a"].ready()
    assert (ready.hard.term, ready.hard.vote) == (1, "a") if ready.hard else False
    assert cluster.role("a") is Role.CANDIDATE
    cluster["a"].advance()
    assert cluster.role("a") is Role.LEADER


@pytest.mark.parametrize(
    ("vote", "candidate", "granted"),
    [("", "b", True), ("", "c", True), ("b", "b", True), ("c", "c", True), ("b", "c", False), ("c", "b", False)],
)
def test_52_one_vote_a_term_first_come_first_served(vote: str, candidate: str, granted: bool) -> None:
    node = single(term=1)
    node.raft.vote = vote
    node.step(Message(type=T.VOTE, sender=candidate, to="a", term=1))
    (answer,) = outbox(node)
    assert (answer.type, answer.reject) == (T.VOTE_RESPONSE, not granted)
    assert node.raft.vote == (candidate if granted else vote)


def test_52_a_vote_is_durable_before_it_is_answered() -> None:
    cluster = Cluster()
    cluster["b"].step(Message(type=T.VOTE, sender="a", to="b", term=1))
    ready = cluster["b"].ready()
    assert ready.must_sync
    assert ready.hard is not None
    assert ready.hard.vote == "a"
    assert [m.type for m in ready.messages] == [T.VOTE_RESPONSE]  # in the same batch, hence after the write


@pytest.mark.parametrize("term", [1, 2])
def test_52_a_candidate_follows_a_leader_of_at_least_its_term(term: int) -> None:
    node = make(Role.CANDIDATE)
    node.step(Message(type=T.APPEND, sender="b", to="a", term=term))
    assert (node.raft.role, node.raft.leader, node.raft.term) == (Role.FOLLOWER, "b", term)


def test_52_a_split_vote_is_followed_by_an_election_in_a_new_term() -> None:
    cluster = Cluster(4)
    cluster.lost = lambda m: m.type is T.VOTE and (m.sender, m.to) in {("a", "c"), ("b", "d")}
    cluster["a"].campaign()
    cluster["b"].campaign()
    cluster.run()
    assert cluster.leaders() == []
    cluster.lost = lambda _m: False
    cluster.tick(10, only="a")
    assert cluster.leaders() == ["a"]
    assert cluster["a"].raft.term == 2


def test_52_timeouts_are_drawn_anew_from_a_fixed_interval() -> None:
    draws = iter([0, 3, 9] * 3)
    node = single(size=1, draw=lambda n: next(draws) % n)
    seen = [node.raft.election_timeout]
    for _ in range(2):
        node.raft.become_follower(node.raft.term + 1, "")
        seen.append(node.raft.election_timeout)
    assert seen == [10, 13, 19]


@pytest.mark.parametrize(
    ("own", "term", "index", "granted"),
    [
        ([1], 1, 1, True),
        ([1], 1, 2, True),
        ([1, 1], 1, 1, False),
        ([1], 2, 1, True),
        ([1, 1], 2, 1, True),
        ([2], 1, 1, False),
        ([2], 1, 2, False),
        ([1, 1, 2], 2, 2, False),
    ],
)
def test_541_a_vote_is_denied_to_a_less_up_to_date_log(own: list[int], term: int, index: int, granted: bool) -> None:
    """The later last term wins; with equal last terms the longer log."""
    node = single(log=own, term=2)
    node.step(Message(type=T.VOTE, sender="b", to="a", term=3, log_term=term, index=index))
    (answer,) = outbox(node)
    assert answer.reject is not granted


def test_541_a_vote_request_names_the_last_entry() -> None:
    node = single(log=[1, 1, 2], term=2)
    node.campaign()
    assert {(m.log_term, m.index) for m in outbox(node)} == {(2, 3)}


def test_541_only_a_log_with_all_committed_entries_wins() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.cut = {"c"}
    cluster.propose("a", "x")
    cluster.cut = {"a"}
    cluster["c"].campaign()
    cluster.run()
    assert cluster.leaders() == ["a"]  # cut off, and of an earlier term
    cluster["b"].campaign()
    cluster.run()
    assert cluster["b"].raft.is_leader
    assert cluster.applied["c"] == [b"x"]


def test_541_the_term_of_an_unknown_entry_is_an_error() -> None:
    with pytest.raises(Unavailable):
        single(log=[1]).raft.log.term(5)
