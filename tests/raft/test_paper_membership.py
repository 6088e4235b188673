"""Changes of the members: the Raft paper §6, and chapter 4 of the dissertation; each rule, tested."""

import pytest

from consensus.raft.configuration import Change, ConfChange, Configuration, Operation, configuration_of
from consensus.raft.errors import ChangeRefused, ProposalDropped
from consensus.raft.messages import Message, MessageType, Role
from tests.raft.cluster import Cluster, encode

T = MessageType


def members(cluster: Cluster, node: str = "a") -> Configuration:
    return cluster[node].raft.configuration


def test_6_a_new_member_is_first_caught_up_without_a_vote() -> None:
    """Dissertation §4.2.1: a learner delays no commit."""
    cluster = Cluster()
    cluster.elect("a")
    cluster.propose("a", "x")
    cluster.start("d")
    cluster.change("a", ("l", "d"))
    assert members(cluster) == Configuration(frozenset("abc"), learners=frozenset("d"))
    cluster.tick(2)
    assert cluster["d"].raft.log.committed == cluster["a"].raft.log.committed
    cluster.cut = {"c", "d"}
    cluster.propose("a", "y")
    assert cluster.applied["a"] == [b"x", b"y"]
    cluster.cut = {"b", "c"}
    cluster.propose("a", "z")  # stored by the learner, which does not count
    assert cluster.applied["a"] == [b"x", b"y"]


def test_6_a_learner_does_not_campaign_and_is_promoted_later() -> None:
    cluster = Cluster(learners="d")
    cluster.elect("a")
    cluster.tick(50, only="d")
    assert cluster.role("d") is Role.FOLLOWER
    cluster.change("a", ("v", "d"))
    assert members(cluster, "d") == configuration_of("abcd")
    cluster.elect("d")


def test_a_learner_votes_when_asked() -> None:
    """It may have been promoted without knowing it yet (etcd #10998)."""
    cluster = Cluster(learners="d")
    cluster["d"].step(Message(type=T.VOTE, sender="a", to="d", term=1))
    (answer,) = cluster["d"].ready().messages
    assert not answer.reject


def joint(cluster: Cluster) -> None:
    """a, b, c become c, d, e; the joint configuration stays until it is left explicitly."""
    for member in "de":
        cluster.start(member)
    cluster.elect("a")
    cluster.change("a", ("l", "d"))
    cluster.change("a", ("l", "e"))
    cluster.tick(3)
    cluster.change("a", *[("r", "a"), ("r", "b"), ("v", "d"), ("v", "e")], transition="explicit")
    assert members(cluster) == configuration_of("cde", "abc")


@pytest.mark.parametrize(
    ("alive", "commits"), [("abc", False), ("ade", False), ("abd", False), ("abcd", True), ("ace", True)]
)
def test_6_joint_a_commit_needs_majorities_of_both_sets(alive: str, commits: bool) -> None:
    cluster = Cluster()
    joint(cluster)
    before = cluster["a"].raft.log.committed
    cluster.cut = set("abcde") - set(alive)
    cluster.propose("a", "x")
    assert (cluster["a"].raft.log.committed > before) is commits


@pytest.mark.parametrize(("alive", "wins"), [("cde", False), ("abc", False), ("bcd", True), ("acde", True)])
def test_6_joint_an_election_needs_majorities_of_both_sets(alive: str, wins: bool) -> None:
    cluster = Cluster()
    joint(cluster)
    cluster.cut = set("abcde") - set(alive)
    cluster["c"].campaign()
    cluster.run()
    assert (cluster.role("c") is Role.LEADER) is wins


def test_6_joint_any_member_of_either_set_may_lead() -> None:
    for member in "abcde":
        cluster = Cluster()
        joint(cluster)
        if member != "a":
            cluster.elect(member)


def test_43_the_leader_leaves_the_joint_configuration_by_itself() -> None:
    cluster = Cluster()
    cluster.start("d")
    cluster.start("e")
    cluster.elect("a")
    cluster.change("a", ("v", "d"), ("v", "e"))
    assert members(cluster) == configuration_of("abcde")
    assert len(cluster.storages["a"].entries(1, 4, 1 << 62)) == 3  # empty, joint, leave


def test_43_a_new_leader_leaves_it_when_the_old_one_fails_in_between() -> None:
    cluster = Cluster()
    cluster.start("d")
    cluster.start("e")
    cluster.elect("a")
    cluster["a"].propose_change(encode([("v", "d"), ("v", "e")]))
    cluster.lost = lambda m: m.type is T.APPEND and any(e.index == 3 for e in m.entries)  # the leaving entry
    cluster.run()
    assert members(cluster, "b").is_joint
    cluster.cut, cluster.lost = {"a"}, lambda _m: False
    cluster["b"].campaign()
    cluster.run()
    cluster.tick(3, only="bcde")
    assert members(cluster, "b") == configuration_of("abcde")


def test_41_one_change_at_a_time() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.cut = {"b", "c"}
    leader.propose_change(encode([("l", "d")]))
    leader.propose_change(encode([("l", "e")]))
    kinds = [(entry.kind.name, entry.payload) for entry in leader.ready().entries]
    assert kinds == [("CONFIGURATION", b"auto:ld"), ("PROPOSAL", b"")]


def test_41_a_leader_first_applies_all_it_found_in_its_log() -> None:
    """The single-server bug: a change of an earlier term may be hidden in the log's end."""
    cluster = Cluster(logs={"a": [1, 1]}, term=1)
    cluster["a"].campaign()
    cluster.lost = lambda m: m.type is T.APPEND
    cluster.run()
    cluster["a"].propose_change(encode([("l", "d")]))
    assert [entry.payload for entry in cluster["a"].ready().entries] == [b""]


def test_422_a_leader_that_removes_itself_does_not_count_itself() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.propose_change(encode([("r", "a")]))
    cluster.run()
    assert members(cluster) == configuration_of("bc")
    assert leader.raft.is_leader
    with pytest.raises(ProposalDropped):
        leader.propose(b"x")


def test_422_a_removed_leader_steps_down_when_told_so() -> None:
    cluster = Cluster(step_down_on_removal=True)
    cluster.elect("a")
    cluster.change("a", ("r", "a"))
    assert cluster.role("a") is Role.FOLLOWER
    cluster.tick(30, only="a")
    assert cluster.role("a") is Role.FOLLOWER, "and is never a candidate again"
    cluster.elect("b")


def test_423_a_removed_node_cannot_disturb_a_living_leader() -> None:
    cluster = Cluster(check_quorum=True)
    cluster.elect("a")
    cluster.lost = lambda m: m.to == "c"  # it never hears that it is out
    cluster.change("a", ("r", "c"))
    for _ in range(60):
        cluster.tick()
    assert cluster["c"].raft.term > 1
    assert cluster["a"].raft.is_leader
    assert cluster["a"].raft.term == 1


def test_44_a_change_that_lets_more_commit_takes_effect_at_once() -> None:
    cluster = Cluster(4)
    cluster.elect("a")
    cluster.cut = {"d"}
    cluster["a"].propose_change(encode([("r", "d")]))
    cluster.run()
    cluster.cut = {"c", "d"}
    cluster.propose("a", "x")
    assert cluster.applied["a"] == [b"x"]  # two of three


def test_a_node_with_an_unapplied_change_does_not_campaign() -> None:
    """Change taken at application: who has not applied does not know who votes (etcd #7280)."""
    cluster = Cluster()
    cluster.elect("a")
    cluster["a"].propose_change(encode([("l", "d")]))
    cluster.ready("a")
    cluster.run()
    node = cluster.start("b", cluster.storages["b"])  # restarted: committed, nothing applied
    node.campaign()
    assert cluster.role("b") is Role.FOLLOWER
    cluster.run()
    node.campaign()
    assert cluster.role("b") is Role.CANDIDATE


def test_a_change_that_does_not_fit_is_refused_whole() -> None:
    cluster = Cluster()
    node = cluster["a"]
    before = node.raft.configuration, node.raft.tracker.progress
    for change in (
        ConfChange(),
        ConfChange((Change(Operation.REMOVE, "a"), Change(Operation.REMOVE, "b"), Change(Operation.REMOVE, "c"))),
    ):
        with pytest.raises(ChangeRefused):
            node.apply_change(change)
    assert (node.raft.configuration, node.raft.tracker.progress) == before


def test_a_change_of_nobody_changes_nothing() -> None:
    cluster = Cluster()
    assert cluster["a"].apply_change(ConfChange((Change(Operation.REMOVE, ""),))) == configuration_of("abc")
