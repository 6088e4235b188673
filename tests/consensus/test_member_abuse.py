"""What one who lies, or has no vote, can not make members do: follow it, serve it for ever, fill their disks."""

import pytest

from consensus import messages as peer
from consensus.errors import LogDiverged
from consensus.member import inbox
from consensus.member.room import ENTRY_BYTES, Room
from tests.consensus.made import append, four, made, step
from tests.consensus.members import Cluster


def leaderless() -> Cluster:
    """Four members in a term in which nobody leads, and one that has a key and no vote."""
    cluster = four()
    cluster.known.add("learner")
    term = cluster["a"].member.term + 1
    for name in "abcd":
        refused = peer.VoteRequest(term, 0, 0, pre=False, transfer=True, certified_height=0)
        step(cluster, name, "d" if name != "d" else "c", refused)
        assert (cluster[name].member.term, cluster[name].member.leader) == (term, "")
    return cluster


def test_nobody_without_a_vote_leads_a_term_that_has_no_leader() -> None:
    cluster = leaderless()
    for name in "abcd":
        node = cluster[name]
        tip, term = node.member.last, node.member.term
        step(cluster, name, "learner", append(tip, term, made(tip, term, b"mine", "learner"), commit=tip.index + 1))
        step(cluster, name, "learner", peer.Heartbeat(term, tip.index + 1, b"", 0))
        assert (node.member.leader, node.member.last) == ("", tip)
        assert node.member.dropped["not a voter"] == 2
    cluster.settle()
    assert all(b"mine" not in node.payloads for node in cluster.nodes.values())


def test_nobody_without_a_vote_uses_up_the_votes_of_a_term() -> None:
    cluster = leaderless()
    node = cluster["a"]
    tip = node.member.last
    wanted = peer.VoteRequest(node.member.term, tip.index, tip.term, pre=False, transfer=True, certified_height=0)
    step(cluster, "a", "learner", wanted)
    assert node.member.vote == ""
    step(cluster, "a", "b", wanted)
    assert node.member.vote == "b"


def test_who_asks_for_the_same_again_and_again_is_served_once_a_tick() -> None:
    cluster = four()
    leader = cluster["a"].member
    for _ in range(50):
        leader.step("b", peer.Refill(leader.term, 0), cluster.now_ms)
    ready = leader.ready()
    assert ready is not None
    leader.advance()
    assert sum(isinstance(message, peer.Append) for _, message in ready.messages) == 1
    cluster.tick()
    cluster.settle()
    assert leader.is_leader
    assert cluster["b"].member.last == leader.last


def test_one_who_floods_the_leader_with_reads_does_not_use_up_those_of_others() -> None:
    cluster = four()
    for number in range(inbox.READS_PER_TICK + 5):
        cluster["a"].member.step("d", peer.ReadRequest(1, b"d/%d" % number), cluster.now_ms)
    assert cluster["a"].member.dropped["too many reads"] == 5
    cluster["b"].member.read_index(b"honest")
    cluster.settle()
    assert [token for token, _ in cluster["b"].reads] == [b"honest"]


def test_a_sole_voter_answers_no_read_before_it_knows_what_is_committed() -> None:
    """After a power cut the ledger may lack what was final: the log has it, and must be executed first."""
    cluster = Cluster("a")
    node = cluster["a"]
    cluster.settle()
    assert node.member.propose(b"x")
    cluster.settle()
    assert node.payloads == [b"x"]
    node.disk.cut_power(lose_all=True)
    node.start()
    while not node.member.is_leader:
        node.work()
    last = node.member.last.index
    node.member.read_index(b"early")
    cluster.settle()
    assert node.reads == [(b"early", last)]


def test_one_liar_who_leads_by_a_lie_may_stop_one_member_which_goes_on_after_a_restart() -> None:
    """The liar helps one member see a commit, then is elected by the others with a log that it does not have."""
    cluster = four()
    a, liar, tip = cluster["a"], "d", cluster["a"].member.last
    assert a.member.propose(b"seen by a alone")
    cluster.isolate("c", "d")
    cluster.tamper = lambda _sender, to, message: None if to == "b" and isinstance(message, peer.Heartbeat) else message
    cluster.settle()
    seen = a.member.last
    step(cluster, "a", liar, peer.Acknowledgement(1, seen.index, seen.digest, 0))
    step(cluster, "a", liar, peer.AppendResponse(1, seen.index, 0, 0, False, False, seen.digest, 0))
    assert a.payloads[-1] == b"seen by a alone"
    assert cluster["b"].payloads[-1] == b"first"
    cluster.queue.clear()

    wanted = peer.VoteRequest(2, 99, 2, pre=False, transfer=True, certified_height=0)
    mine = made(tip, 2, b"other", liar)
    for name in "bc":
        step(cluster, name, liar, wanted)
        assert cluster[name].member.vote == liar
        step(cluster, name, liar, append(tip, 2, mine))
    for name, other in ("bc", "cb"):
        for sender in (other, liar):
            step(cluster, name, sender, peer.Acknowledgement(2, mine.index, mine.digest, 0))
        step(cluster, name, liar, peer.Heartbeat(2, mine.index, b"", 0))
        assert cluster[name].payloads[-1] == b"other"

    # The others certify it. It is one chain all the same: a has signed what no quorum ever will.
    voters = a.member.voters
    a.adopt(
        1,
        tip,
        voters,
    )
    with pytest.raises(LogDiverged):
        a.adopt(2, mine.tip, voters)
    a.start()
    a.adopt(2, mine.tip, voters)
    step(cluster, "a", liar, peer.Heartbeat(2, mine.index, b"", 2))
    assert a.member.last == mine.tip
    following = made(mine.tip, 2, b"next", liar)
    step(cluster, "a", liar, append(mine.tip, 2, following))
    assert a.member.last == following.tip


# Disks.


@pytest.fixture
def small_room(monkeypatch: pytest.MonkeyPatch) -> int:
    size = 20 * (1_000 + ENTRY_BYTES)
    monkeypatch.setattr("consensus.member.room.AHEAD_BYTES_MAX", size)
    monkeypatch.setattr("consensus.member.room.EMPTY_BYTES_MAX", 2 * size)
    return size


def test_a_leader_that_lets_nothing_become_final_does_not_fill_the_disk(small_room: int) -> None:
    cluster = four()
    node = cluster["b"]
    before = node.member.last.index
    for _ in range(60):
        tip = node.member.last
        step(cluster, "b", "a", append(tip, 1, made(tip, 1, bytes(1_000), "a")))
    assert before + 15 < node.member.last.index <= before + 20
    assert node.member.dropped["too much that is not certified"] >= 40


def test_the_next_leader_gets_through_with_what_a_liar_left_behind(small_room: int) -> None:
    cluster = four()
    for size in (1_000, 1):
        for _ in range(60):
            tip = cluster["b"].member.last
            entry = made(tip, 1, bytes(size), "a")
            for name in "bcd":
                step(cluster, name, "a", append(tip, 1, entry))
    assert cluster["b"].member.dropped["too much that is not certified"] > 40, "not even the smallest fits"
    cluster.isolate("a")
    cluster.queue.clear()
    leader = cluster.elect("b")
    assert leader.member.witnessed == leader.member.last.index, "its first entry, which is empty, fits in any case"
    for name in "bcd":
        cluster[name].certify()
    assert leader.member.propose(bytes(1_000))
    cluster.settle()
    assert all(cluster[name].payloads[-1] == bytes(1_000) for name in "bcd")


def test_room_is_given_back_by_certificates_and_by_what_is_replaced(small_room: int) -> None:
    room = Room()
    taken = 0
    while room.take(taken + 1, 1_000):
        taken += 1
    assert taken == 20
    room.settle(5)
    assert room.used == 15 * (1_000 + ENTRY_BYTES)
    assert room.take(11, 1_000), "in place of 11 to 20"
    assert room.used == 6 * (1_000 + ENTRY_BYTES)
