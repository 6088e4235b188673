"""Members by rule: what is acknowledged, what is released, who is voted for, how a log is mended."""

from collections.abc import Callable

from consensus import messages as peer
from consensus.entry import Entry, Kind, Tip, envelope_message, next_entry
from consensus.evidence import EquivocalEntries, verify_evidence
from consensus.member import Voters
from consensus.messages import PeerMessage
from consensus.safety import Mark
from tests.consensus.members import CHAIN_ID, Cluster, Node, change_payload, key_of

Tamper = Callable[[str, str, PeerMessage], PeerMessage | None]


def four() -> Cluster:
    """Four members, led by a, who have released the first entry and one proposal."""
    cluster = Cluster("a", "b", "c", "d")
    leader = cluster.elect("a")
    assert leader.member.propose(b"first")
    cluster.settle()
    cluster.sent.clear()
    return cluster


def dropping(*kinds: type) -> Tamper:
    return lambda _sender, _to, message: None if isinstance(message, kinds) else message


def made(tip: Tip, term: int, payload: bytes, leader: str, kind: Kind = Kind.PROPOSAL) -> Entry:
    """An entry that `leader` signs after `tip`."""
    digest = next_entry(tip, term, payload, kind, leader).digest
    return next_entry(tip, term, payload, kind, leader, key_of(leader).sign(envelope_message(CHAIN_ID, digest)))


def append(tip: Tip, term: int, *entries: Entry, commit: int = 0) -> peer.Append:
    return peer.Append(term, tip.index, tip.term, tip.digest, commit, tuple(map(peer.sent, entries)))


def step(cluster: Cluster, to: str, sender: str, message: PeerMessage) -> None:
    cluster[to].member.step(sender, message, cluster.now_ms)
    while cluster[to].work() is not None:
        pass


# A network of one


def test_a_sole_voter_leads_at_once_and_releases_what_is_durable() -> None:
    cluster = Cluster("a")
    node = cluster["a"]
    cluster.settle()
    assert node.member.role == "leader"
    assert node.member.propose(b"x")
    assert node.payloads == []
    node.work()
    assert node.payloads == []
    cluster.settle()
    assert node.payloads == [b"x"]
    node.disk.cut_power(lose_all=True)
    node.start()
    cluster.settle()
    assert node.payloads == [b"x"], "released anew after a restart, being not certified"


# Acknowledgements and release


def test_every_member_acknowledges_to_every_other() -> None:
    cluster = four()
    cluster["a"].member.propose(b"x")
    cluster.settle()
    index = cluster["a"].member.last.index
    told = {
        (sender, to)
        for sender, to, message in cluster.sent
        if isinstance(message, peer.Acknowledgement | peer.AppendResponse) and message.index == index
    }
    assert told == {(one, other) for one in "abcd" for other in "abcd" if one != other}


def test_nothing_is_released_without_acknowledgements_of_others() -> None:
    cluster = four()
    cluster.tamper = dropping(peer.Acknowledgement)
    cluster["a"].member.propose(b"x")
    cluster.settle()
    assert cluster["a"].payloads == [b"first", b"x"], "the leader hears all as answers"
    assert cluster["b"].payloads == [b"first"]
    assert cluster["b"].member.committed < cluster["a"].member.committed


def test_lost_acknowledgements_are_said_again_until_a_certificate_covers_them() -> None:
    cluster = four()
    cluster.tamper = dropping(peer.Acknowledgement)
    cluster["a"].member.propose(b"x")
    cluster.settle()
    cluster.tamper = lambda _sender, _to, message: message
    cluster.tick(3)
    assert all(node.payloads == [b"first", b"x"] for node in cluster.nodes.values())
    for node in cluster.nodes.values():
        node.certify()
    cluster.sent.clear()
    cluster.tick(4)
    assert not [message for _, _, message in cluster.sent if isinstance(message, peer.Acknowledgement)]


def test_an_announced_commit_that_nobody_witnessed_releases_nothing() -> None:
    cluster = four()
    cluster.isolate("b")
    node = cluster["b"]
    tip = node.member.last
    step(cluster, "b", "a", append(tip, 1, made(tip, 1, b"false", "a"), commit=99))
    step(cluster, "b", "a", peer.Heartbeat(1, 99, b"", 0))
    assert node.member.last.index == tip.index + 1
    assert node.payloads == [b"first"]
    assert node.member.committed == tip.index


def test_what_is_witnessed_waits_for_the_leaders_word_so_that_reads_are_fresh() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    entry = made(tip, 1, b"x", "a")
    step(cluster, "b", "a", append(tip, 1, entry, commit=tip.index))
    for other in "acd":
        step(cluster, "b", other, peer.Acknowledgement(1, entry.index, entry.digest, 0))
    assert node.member.witnessed == entry.index
    assert node.payloads == [b"first"]
    step(cluster, "b", "a", peer.Heartbeat(1, entry.index, b"", 0))
    assert node.payloads == [b"first", b"x"]


def test_the_acknowledgement_covers_what_matched_and_not_the_own_last_index() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    one = made(tip, 1, b"1", "a")
    two = made(one.tip, 1, b"2", "a")
    step(cluster, "b", "a", append(tip, 1, one, two))
    cluster.sent.clear()
    step(cluster, "b", "c", append(tip, 2, commit=0))
    (answer,) = [message for _, to, message in cluster.sent if to == "c" and isinstance(message, peer.AppendResponse)]
    assert answer.index == tip.index
    assert node.member.last == two.tip


def test_an_acknowledgement_leaves_only_after_it_is_durable() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    entry = made(tip, 1, b"x", "a")
    node.member.step("a", append(tip, 1, entry), cluster.now_ms)
    ready = node.member.ready()
    assert ready is not None
    assert ready.persist == (entry,)
    assert ready.acknowledged == Mark(1, entry.index)
    said = [message for _, message in ready.messages if isinstance(message, peer.Acknowledgement | peer.AppendResponse)]
    assert {message.digest for message in said} == {entry.digest}
    assert node.member.witnessed == tip.index


def test_a_leader_that_commits_nothing_while_work_waits_makes_way() -> None:
    cluster = four()
    cluster.tamper = dropping(peer.AppendResponse)
    node = cluster["a"]
    node.member.propose(b"x")
    for _ in range(25):
        node.member.tick()
        for other in "bcd":
            node.member.step(other, peer.HeartbeatResponse(node.member.term, b"", 0), cluster.now_ms)
        node.work()
    assert not node.member.is_leader


# Checks of an append


def offer(cluster: Cluster, entry: Entry, term: int = 1) -> Node:
    """Leader a offers b an entry after b's last."""
    node = cluster["b"]
    step(cluster, "b", "a", append(node.member.last, term, entry))
    return node


def test_only_entries_signed_by_their_leader_and_of_its_term_are_taken() -> None:
    cluster = four()
    tip = cluster["b"].member.last
    forged = next_entry(tip, 1, b"x", Kind.PROPOSAL, "a", key_of("b").sign(b"else"))
    for entry in (
        forged,
        made(tip, 1, b"x", "c"),
        made(Tip(tip.term, tip.index, bytes(32)), 1, b"x", "a"),
        made(tip, 1, b"x", "z"),
        made(tip, 1, b"no change", "a", Kind.CONFIGURATION),
    ):
        assert offer(cluster, entry).member.last == tip, entry
    assert offer(cluster, made(tip, 1, b"x", "a")).member.last.index == tip.index + 1


def test_a_proposal_of_the_future_waits_until_time_heals_it() -> None:
    cluster = four()
    tip = cluster["b"].member.last
    cluster.check_payload = lambda _payload, now_ms: "ahead" if now_ms < cluster.now_ms + 1 else ""
    entry = made(tip, 1, b"x", "a")
    assert offer(cluster, entry).member.last == tip
    assert cluster["b"].member.dropped["payload"] == 1
    cluster.check_payload = lambda _payload, _now_ms: ""
    assert offer(cluster, entry).member.last == entry.tip


def test_two_entries_for_one_place_are_evidence_and_the_first_stays() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    one, other = made(tip, 1, b"one", "a"), made(tip, 1, b"other", "a")
    step(cluster, "b", "a", append(tip, 1, one))
    step(cluster, "b", "a", append(tip, 1, other))
    assert node.member.last == one.tip
    (evidence,) = node.evidence
    assert isinstance(evidence, EquivocalEntries)
    assert verify_evidence(evidence, CHAIN_ID, lambda name: key_of(name).public_key).id == "a"


def test_an_equivocating_leader_splits_nobody_within_its_term() -> None:
    cluster = four()

    def lie(sender: str, to: str, message: PeerMessage) -> PeerMessage | None:
        if sender == "a" and to in "cd" and isinstance(message, peer.Append) and message.entries:
            before = Tip(message.log_term, message.index, message.digest)
            return append(before, message.term, made(before, message.term, b"other", "a"), commit=99)
        return message

    cluster.tamper = lie
    cluster["a"].member.propose(b"one")
    cluster.settle()
    cluster.tick(6)
    assert {node.name: node.payloads for node in cluster.nodes.values()} == {key: [b"first"] for key in "abcd"}


def test_after_an_equivocating_leader_the_next_one_brings_all_together() -> None:
    cluster = four()
    for name, payload in (("b", b"one"), ("c", b"two"), ("d", b"three")):
        tip = cluster[name].member.last
        step(cluster, name, "a", append(tip, 1, made(tip, 1, payload, "a")))
    cluster.queue.clear()
    cluster.isolate("a")
    cluster.elect("c")
    cluster.tick(10)
    assert {name: cluster[name].payloads for name in "bcd"} == {key: [b"first", b"two"] for key in "bcd"}
    assert not any(cluster[name].member.is_held for name in "bcd")


def test_a_leader_may_not_replace_what_it_was_acknowledged_in_its_term() -> None:
    cluster = four()
    node = cluster["b"]
    tip = node.member.last
    old = made(tip, 1, b"old", "a")
    new = made(old.tip, 2, b"new", "c")
    step(cluster, "b", "c", append(tip, 2, old, new))
    assert node.member.last == new.tip
    other = made(tip, 1, b"other", "a")
    step(cluster, "b", "c", append(tip, 2, other, made(other.tip, 2, b"newer", "c")))
    assert node.member.last == new.tip


# Elections


def test_a_candidate_with_a_lower_certificate_is_refused_and_gets_the_newer_one() -> None:
    cluster = four()
    for name in "acd":
        cluster[name].certify()
    cluster.isolate("a")
    cluster["b"].member.campaign()
    cluster.settle()
    cluster.tick(12)
    cluster["b"].member.campaign()
    cluster.settle()
    assert not cluster["b"].member.is_leader
    assert ("c", "note 1") in cluster["b"].notes
    cluster["b"].adopt(1, cluster["c"].certified, cluster["c"].voters)
    assert cluster.elect("b").member.is_leader


def test_one_whose_certificate_is_newer_and_log_shorter_waits_for_the_others_to_learn() -> None:
    cluster = four()
    cluster.isolate("d")
    cluster["a"].member.propose(b"longer")
    cluster.settle()
    first = next(entry for entry in cluster["a"].released if entry.payload == b"first")
    cluster["d"].adopt(1, first.tip, cluster["d"].voters)
    cluster.cut.clear()
    cluster.isolate("a")
    for _ in range(40):
        cluster.tick()
        for name in "bc":
            for _, _note in cluster[name].notes:
                cluster[name].adopt(1, first.tip, cluster[name].voters)
    assert any(cluster[name].member.is_leader for name in "bc")
    assert all(cluster[name].payloads[-1:] == [b"longer"] for name in "bc")


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
