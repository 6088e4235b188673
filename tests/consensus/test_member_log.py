"""Members by rule: logs that lost something or hold something else, reads, changes of the voters, hostile messages."""

from consensus import messages as peer
from consensus.entry import Kind, Tip
from consensus.member import Voters
from consensus.safety import Mark
from tests.consensus.made import append, dropping, four, made, step
from tests.consensus.members import CHAIN_ID, Cluster, Node, change_payload

# A log that lost something


def held(cluster: Cluster) -> list[str]:
    return [name for name, node in cluster.nodes.items() if node.member.is_held]


def wipe(node: Node) -> None:
    node.disk.cut_power()
    for name in [name for name in node.disk.names if name.endswith(".log")]:
        del node.disk.names[name], node.disk.kept_names[name]
    node.start()


def test_a_wiped_member_neither_votes_nor_acknowledges_until_it_is_refilled() -> None:
    cluster = four()
    node = cluster["b"]
    wipe(node)
    assert held(cluster) == ["b"]
    cluster.sent.clear()
    step(cluster, "b", "c", peer.VoteRequest(9, 99, 9, False, True, 0))
    step(cluster, "b", "a", append(Tip(0, 0, CHAIN_ID), 1))
    for _ in range(30):
        node.member.tick()
        node.work()
    said = [message for sender, _, message in cluster.sent if sender == "b"]
    assert not [one for one in said if isinstance(one, peer.VoteResponse | peer.VoteRequest | peer.Acknowledgement)]
    assert all(one.refilling or one.reject for one in said if isinstance(one, peer.AppendResponse))
    cluster.queue.clear()
    cluster.tick(10)
    assert held(cluster) == []
    assert node.member.last == cluster["a"].member.last


def test_a_restarted_member_says_again_what_it_acknowledged_in_its_leaders_term() -> None:
    """The leader knows of it and sends nothing more: without this, whoever missed it would wait until the next entry,
    and so would the restarted one itself.
    """
    cluster = four()
    cluster.down.add("d")
    cluster.cut = {("b", "c")}
    cluster["a"].member.propose(b"x")
    cluster.settle()
    cluster.tick(4)
    assert cluster["a"].payloads == [b"first", b"x"]
    assert cluster["c"].payloads == [b"first"]
    cluster["b"].disk.cut_power(lose_all=True)
    cluster["b"].start()
    cluster.cut.clear()
    cluster.tick(4)
    assert [cluster[name].payloads for name in "abc"] == [[b"first", b"x"]] * 3
    assert cluster["a"].member.term == cluster["c"].member.term == 1
    assert cluster["b"].safety.promises.acknowledged == Mark(1, cluster["a"].member.last.index)


def test_no_member_is_held_because_a_leader_died_while_mending_its_log() -> None:
    """A later leader's older entries may replace newer ones bit by bit; what was acknowledged of those is void."""
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    mine = made(tip, 3, b"mine", "d")
    step(cluster, "b", "d", append(tip, 3, mine))
    assert node.safety.promises.acknowledged == Mark(3, mine.index)
    step(cluster, "b", "c", append(tip, 4, made(tip, 2, b"older", "a")))
    assert node.member.last.term == 2
    assert not node.member.is_held
    assert node.safety.promises.acknowledged == Mark(2, mine.index)
    node.disk.cut_power(lose_all=True)
    node.start()
    assert not node.member.is_held


# Certificates and the log


def test_a_certified_block_needs_no_acknowledgement_and_is_not_released_again() -> None:
    cluster = four()
    cluster.tamper = dropping(peer.Acknowledgement)
    cluster["a"].member.propose(b"x")
    cluster.settle()
    cluster["a"].certify()
    for height, entry in enumerate(cluster["a"].released[1:], 1):
        cluster["b"].adopt(height, entry.tip, cluster["a"].voters)
    cluster["b"].work()
    assert cluster["b"].payloads == [b"first"]
    assert cluster["b"].member.released == cluster["b"].member.committed == cluster["a"].member.last.index


def test_a_log_that_holds_something_else_begins_anew_behind_the_certified_entry() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    step(cluster, "b", "a", append(tip, 1, made(tip, 1, b"wrong", "a")))
    right = made(tip, 1, b"right", "a")
    node.adopt(1, right.tip, node.voters)
    node.work()
    assert node.log.base == node.log.tip == right.tip
    assert node.member.last == right.tip


def test_one_far_behind_is_sent_to_fetch_blocks_and_goes_on_from_there() -> None:
    cluster = four()
    cluster.isolate("d")
    for number in range(5):
        cluster["a"].member.propose(b"%d" % number)
        cluster.settle()
    for name in "abc":
        node = cluster[name]
        node.certify()
        node.log.reset(node.certified)
    cluster.cut.clear()
    cluster.tick(10)
    assert "a" in cluster["d"].behind
    cluster["d"].adopt(6, cluster["a"].certified, cluster["a"].voters)
    cluster["a"].member.propose(b"on")
    cluster.tick(10)
    assert cluster["d"].payloads[-1] == b"on"


# Reads


def test_reads_of_leader_and_follower_are_answered_with_a_fresh_index() -> None:
    cluster = four()
    for name in "ab":
        cluster[name].member.read_index(b"token")
        cluster.settle()
        assert cluster[name].reads == [(b"token", cluster["a"].member.committed)]


def test_nobody_reads_in_anothers_name() -> None:
    cluster = four()
    step(cluster, "a", "b", peer.ReadRequest(1, b"c/token"))
    assert cluster["a"].member.dropped["a read of somebody else"] == 1


# Changes of the voters


def test_after_a_change_nothing_is_released_until_it_is_decided() -> None:
    cluster = four()
    for node in cluster.nodes.values():
        node.decides = False
    leader = cluster["a"]
    assert leader.member.propose_change(change_payload("a", "b", "c"))
    assert leader.member.propose(b"behind")
    cluster.settle()
    assert leader.released[-1].kind is Kind.CONFIGURATION
    assert not leader.member.propose_change(change_payload("a", "b")), "one at a time"
    for node in cluster.nodes.values():
        node.member.change_applied(frozenset("abc"))
        assert node.member.voters == Voters(("a", "b", "c"), ("a", "b", "c", "d"))
    for node in cluster.nodes.values():
        node.decides = True
    cluster.tick(4)
    assert leader.payloads[-1] == b"behind"
    assert {name: cluster[name].member.voters for name in "abc"} == dict.fromkeys("abc", Voters(("a", "b", "c")))


def test_a_refused_change_changes_nothing() -> None:
    cluster = four()
    for node in cluster.nodes.values():
        node.decides = False
    cluster["a"].member.propose_change(change_payload("a", "b", "c"))
    cluster.settle()
    for node in cluster.nodes.values():
        node.member.change_applied(None)
    cluster["a"].member.propose(b"behind")
    cluster.settle()
    assert all(node.payloads[-1] == b"behind" for node in cluster.nodes.values())
    assert cluster["a"].member.voters == Voters(("a", "b", "c", "d"))


def test_a_leader_that_is_to_leave_hands_over_and_is_gone() -> None:
    cluster = four()
    assert not cluster["a"].member.propose_change(change_payload("b", "c", "d"))
    cluster.settle()
    leader = cluster.leader()
    assert leader.name != "a"
    assert leader.member.propose_change(change_payload("b", "c", "d"))
    cluster.tick(6)
    assert leader.member.voters == Voters(("b", "c", "d"))
    leader.member.propose(b"without a")
    cluster.tick(4)
    assert leader.payloads[-1] == b"without a"


def test_a_new_validator_is_added_while_one_is_down() -> None:
    cluster = Cluster("a", "b", "c", "d", "e", voters="abcd")
    cluster.elect("a")
    assert cluster["e"].member.role == "learner"
    cluster.down.add("d")
    assert cluster["a"].member.propose_change(change_payload("a", "b", "c", "d", "e"))
    cluster.tick(10)
    cluster["a"].member.propose(b"with e")
    cluster.tick(6)
    assert cluster["e"].payloads == [b"with e"]
    assert cluster["e"].member.role == "follower"


# Hostile messages


def test_strangers_usurpers_and_absurd_terms_are_ignored() -> None:
    cluster = four()
    node, leader = cluster["b"], cluster["a"]
    cluster.known.add("retired")
    before = (node.member.term, node.member.leader, node.member.last)
    tip = node.member.last
    step(cluster, "b", "z", peer.Heartbeat(1, 0, b"", 0))
    step(cluster, "b", "retired", peer.VoteRequest(50, 99, 50, False, True, 0))
    step(cluster, "b", "c", peer.VoteRequest(2**61, 99, 5, False, True, 0))
    step(cluster, "b", "c", append(tip, 1, made(tip, 1, b"usurped", "c")))
    step(cluster, "b", "c", peer.TimeoutNow(1))
    step(cluster, "a", "b", peer.AppendResponse(1, 10**9, 0, 0, False, False, bytes(32), 0))
    step(cluster, "a", "b", peer.AppendResponse(1, 1, 0, 0, False, False, bytes(32), 0))
    step(cluster, "a", "b", peer.AppendResponse(1, 10**9, 5, 10**8, True, False, b"", 0))
    step(cluster, "a", "b", peer.Refill(1, 10**12))
    step(cluster, "a", "b", peer.HeartbeatResponse(1, b"unknown", 0))
    assert (node.member.term, node.member.leader, node.member.last) == before
    assert leader.member.is_leader
    cluster.queue.clear()
    leader.member.propose(b"unharmed")
    cluster.tick(6)
    assert all(each.payloads[-1] == b"unharmed" for each in cluster.nodes.values())
