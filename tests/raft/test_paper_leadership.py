"""Leading: no-op and reads (paper §8, dissertation §6.4), transfer (§3.10), check-quorum (§6.2), pre-vote (§9.6)."""

import pytest

from consensus.raft.errors import ProposalDropped
from consensus.raft.messages import Message, MessageType, ReadState, Role
from consensus.raft.progress import ProgressState
from tests.raft.cluster import Cluster, outbox, single

T = MessageType


def reads(cluster: Cluster, node: str = "a") -> list[ReadState]:
    return list(cluster[node].raft.read_states)


def ask(cluster: Cluster, node: str, context: bytes) -> list[ReadState]:
    """A read request, carried as far as it gets; the answers at `node` so far."""
    answers: list[ReadState] = []
    cluster[node].read_index(context)
    for _ in range(20):
        for member in sorted(cluster.nodes):
            if cluster[member].has_ready:
                ready = cluster.ready(member)
                answers += ready.read_states if member == node else ()
        queue, cluster.queue = cluster.queue, []
        for message in queue:
            cluster.deliver(message)
    return answers


def test_8_a_new_leader_begins_its_term_with_an_empty_entry() -> None:
    cluster = Cluster(logs={"a": [1], "b": [1], "c": [1]}, term=1)
    leader = cluster.elect("a")
    assert leader.raft.log.term(2) == 2
    assert cluster.storages["b"].entries(2, 3, 99)[0].payload == b""
    assert leader.raft.log.committed == 2, "and with it all that came before"


def test_64_a_read_needs_a_round_of_heartbeats_and_no_log_entry() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.propose("a", "x")
    before = leader.raft.log.last_index
    leader.read_index(b"r")
    assert reads(cluster) == []
    heartbeats = [m for m in outbox(leader) if m.type is T.HEARTBEAT]
    assert {m.context for m in heartbeats} == {b"r"}
    leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender="b", to="a", term=1, context=b"r"))
    assert reads(cluster) == [ReadState(2, b"r")]
    assert leader.raft.log.last_index == before


def test_64_a_deposed_leader_answers_no_read() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.cut = {"a"}
    cluster.elect("b")
    cluster.propose("b", "x")
    assert ask(cluster, "a", b"r") == []
    cluster.cut = set()
    cluster.tick(1)
    assert reads(cluster) == [], "and does not when it comes back either"


def test_64_reads_wait_until_the_leader_has_committed_in_its_term() -> None:
    cluster = Cluster(logs={"a": [1], "b": [1], "c": [1]}, term=1)
    cluster.lost = lambda m: m.type is T.APPEND
    leader = cluster.elect("a")
    assert ask(cluster, "a", b"r") == []
    cluster.lost = lambda _m: False
    leader.step(Message(type=T.APPEND_RESPONSE, sender="b", to="a", term=2, index=2))
    leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender="b", to="a", term=2, context=b"r"))
    assert reads(cluster) == [ReadState(2, b"r")]


def test_64_a_follower_asks_the_leader() -> None:
    cluster = Cluster()
    cluster.elect("a")
    assert ask(cluster, "c", b"r") == [ReadState(1, b"r")]


def test_64_one_round_proves_all_earlier_reads() -> None:
    cluster = Cluster(5)
    leader = cluster.elect("a")
    leader.read_index(b"1")
    leader.read_index(b"2")
    leader.read_index(b"3")
    for voter in "bc":
        leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender=voter, to="a", term=1, context=b"2"))
    assert [state.context for state in reads(cluster)] == [b"1", b"2"]


def test_64_less_than_a_quorum_proves_no_read() -> None:
    cluster = Cluster(5)
    leader = cluster.elect("a")
    leader.read_index(b"r")
    leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender="b", to="a", term=1, context=b"r"))
    leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender="b", to="a", term=1, context=b"r"))
    assert reads(cluster) == []
    leader.step(Message(type=T.HEARTBEAT_RESPONSE, sender="c", to="a", term=1, context=b"r"))
    assert reads(cluster) == [ReadState(1, b"r")]


def test_64_heartbeats_carry_the_newest_read_again() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.read_index(b"1")
    outbox(leader)  # lost
    leader.tick()
    assert {m.context for m in outbox(leader)} == {b"1"}


def test_64_a_single_voter_answers_at_once() -> None:
    cluster = Cluster(1)
    cluster.elect("a")
    assert ask(cluster, "a", b"r") == [ReadState(1, b"r")]


def test_641_with_a_lease_no_round_is_needed() -> None:
    cluster = Cluster(check_quorum=True, lease_reads=True)
    leader = cluster.elect("a")
    leader.read_index(b"r")
    assert reads(cluster) == [ReadState(1, b"r")]
    with pytest.raises(AssertionError):
        Cluster(lease_reads=True)  # a lease needs check-quorum


def test_641_with_a_lease_nobody_forgets_the_leader() -> None:
    cluster = Cluster(check_quorum=True, lease_reads=True)
    cluster.elect("a")
    cluster["b"].forget_leader()
    assert cluster["b"].raft.leader == "a"


@pytest.mark.parametrize(("cut", "leads"), [("cde", False), ("de", True)])
def test_62_a_leader_without_a_quorum_steps_down(cut: str, leads: bool) -> None:
    cluster = Cluster(5, check_quorum=True)
    leader = cluster.elect("a")
    cluster.cut = set(cut)
    cluster.tick(20, only="ab")
    assert leader.raft.is_leader is leads


def test_423_a_living_leader_protects_itself_from_candidates() -> None:
    """Votes are ignored, and the term with them, within the least election timeout of hearing from a leader."""
    cluster = Cluster(check_quorum=True)
    cluster.elect("a")
    node = cluster["b"]
    node.step(Message(type=T.VOTE, sender="c", to="b", term=9, log_term=9, index=9))
    assert node.raft.term == 1
    for _ in range(9):
        node.tick()
    node.step(Message(type=T.VOTE, sender="c", to="b", term=9, log_term=9, index=9))
    assert node.raft.term == 1
    node.tick()
    node.step(Message(type=T.VOTE, sender="c", to="b", term=9, log_term=9, index=9))
    assert (node.raft.term, node.raft.vote) == (9, "c")


def test_a_node_stuck_in_a_later_term_makes_the_leader_step_down() -> None:
    cluster = Cluster(check_quorum=True)
    cluster.elect("a")
    cluster["c"].raft.become_candidate()
    cluster["c"].raft.become_candidate()
    cluster.tick(1)
    assert cluster["a"].raft.term == 3
    assert cluster.role("a") is Role.FOLLOWER


def test_96_a_pre_vote_changes_neither_term_nor_vote() -> None:
    cluster = Cluster(pre_vote=True)
    node = cluster["a"]
    node.campaign()
    assert (node.raft.term, node.raft.vote, node.raft.role) == (0, "", Role.PRE_CANDIDATE)
    assert {(m.type, m.term) for m in outbox(node)} == {(T.PRE_VOTE, 1)}
    voter = cluster["b"]
    voter.step(Message(type=T.PRE_VOTE, sender="a", to="b", term=1))
    voter.step(Message(type=T.PRE_VOTE, sender="c", to="b", term=1))
    assert [m.reject for m in outbox(voter)] == [False, False], "it may be granted to many"
    assert (voter.raft.term, voter.raft.vote) == (0, "")


def test_96_a_returning_node_does_not_depose_the_leader() -> None:
    cluster = Cluster(pre_vote=True, check_quorum=True)
    cluster.elect("a")
    cluster.cut = {"c"}
    cluster.tick(100)
    assert cluster["c"].raft.term == 1
    cluster.cut = set()
    cluster.propose("a", "x")
    cluster.tick(30)
    assert cluster.leaders() == ["a"]
    assert cluster["a"].raft.term == 1
    assert cluster.applied["c"] == [b"x"]


def test_96_won_pre_votes_start_the_election() -> None:
    cluster = Cluster(pre_vote=True)
    cluster.elect("a")
    assert cluster["a"].raft.term == 1
    assert len(cluster.messages(T.PRE_VOTE)) == len(cluster.messages(T.VOTE)) == 2


def test_96_a_lost_pre_vote_ends_the_campaign() -> None:
    cluster = Cluster(pre_vote=True, logs={"b": [1], "c": [1]}, term=1)
    cluster["a"].campaign()
    cluster.run()
    assert (cluster.role("a"), cluster["a"].raft.term) == (Role.FOLLOWER, 1)


def test_310_leadership_is_transferred_to_an_up_to_date_target() -> None:
    cluster = Cluster(pre_vote=True, check_quorum=True)
    cluster.elect("a")
    cluster["a"].transfer_leader("c")
    cluster.run()
    assert cluster.leaders() == ["c"], "at once: neither pre-vote nor lease stand in the way"
    assert cluster["c"].raft.term == 2


def test_310_the_target_is_first_brought_up_to_date() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.cut = {"c"}
    cluster.propose("a", "x")
    cluster.cut = set()
    cluster["a"].transfer_leader("c")
    cluster.run()
    cluster.tick(3)
    assert cluster.leaders() == ["c"]
    assert cluster.applied["c"] == [b"x"]


def test_310_no_proposals_meanwhile_and_only_for_an_election_timeout() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.cut = {"c"}
    cluster.propose("a", "x")
    leader.transfer_leader("c")
    with pytest.raises(ProposalDropped):
        leader.propose(b"y")
    cluster.tick(10, only="a")
    cluster.propose("a", "z")
    assert cluster.applied["b"] == [b"x", b"z"]


@pytest.mark.parametrize("target", ["a", "d", "z"])
def test_310_no_transfer_to_oneself_a_learner_or_a_stranger(target: str) -> None:
    cluster = Cluster(learners="d")
    leader = cluster.elect("a")
    leader.transfer_leader(target)
    assert leader.raft.transferee == ""


def test_310_a_follower_passes_the_wish_on() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster["b"].transfer_leader("c")
    cluster.run()
    assert cluster.leaders() == ["c"]


def test_310_a_held_or_learning_target_stays_a_follower() -> None:
    cluster = Cluster(learners="d")
    cluster.elect("a")
    cluster["d"].step(Message(type=T.TIMEOUT_NOW, sender="a", to="d", term=1))
    assert cluster.role("d") is Role.FOLLOWER


def test_1021_appends_leave_before_the_leaders_own_write() -> None:
    """The leader writes in parallel with its followers: an append is no promise of its own."""
    cluster = Cluster(async_storage_writes=True)
    cluster["a"].raft.become_candidate()
    cluster["a"].raft.become_leader()
    cluster["a"].propose(b"x")
    ready = cluster["a"].ready()
    kinds = [m.type for m in ready.messages]
    assert kinds == [T.APPEND, T.APPEND, T.STORAGE_APPEND]
    assert [m.type for m in ready.messages[-1].responses] == [
        T.APPEND_RESPONSE,
        T.APPEND_RESPONSE,
        T.STORAGE_APPEND_RESPONSE,
    ]


def test_a_single_node_elects_itself_without_messages() -> None:
    node = single(size=1)
    node.campaign()
    assert outbox(node) == []


def test_an_unreachable_follower_is_probed() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.report_unreachable("b")
    assert leader.status().progress["b"].state is ProgressState.PROBE
    cluster.tick(1)
    assert leader.status().progress["b"].state is ProgressState.REPLICATE


@pytest.mark.parametrize(("ok", "next_index"), [(True, 5), (False, 1)])
def test_a_snapshots_fate_decides_where_probing_goes_on(ok: bool, next_index: int) -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    progress = leader.raft.tracker.progress["b"]
    progress.match = 0
    progress.become_snapshot(4)
    leader.report_snapshot("b", ok=ok)
    assert (progress.state, progress.next, progress.is_paused) == (ProgressState.PROBE, next_index, True)
