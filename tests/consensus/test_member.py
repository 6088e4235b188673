"""Members by rule: what is acknowledged, what is released, whose entries are taken, who is voted for."""

from consensus import messages as peer
from consensus.entry import Entry, Kind, Tip, next_entry
from consensus.evidence import EquivocalEntries, verify_evidence
from consensus.messages import PeerMessage
from consensus.safety import Mark
from tests.consensus.made import append, dropping, four, made, step
from tests.consensus.members import CHAIN_ID, Cluster, Node, key_of

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


# Leaving


def test_a_leader_that_is_to_stop_hands_over_to_one_that_is_reached_and_has_most() -> None:
    cluster = four()
    cluster.cut |= {("a", "b")}
    cluster["a"].member.propose(b"x")
    cluster.settle()
    assert not cluster["c"].member.hand_over("abd"), "it leads nobody"
    assert not cluster["a"].member.hand_over(""), "nobody is there to take over"
    assert not cluster["a"].member.hand_over("a")
    term = cluster["a"].member.term
    assert cluster["a"].member.hand_over("bcd")
    assert cluster["a"].member.hand_over("bcd"), "asked again, it goes on with the same"
    cluster.settle()
    assert cluster["c"].member.is_leader, "without an election timeout"
    assert cluster["c"].member.term == term + 1
    assert not cluster["a"].member.hand_over("bcd")


def test_a_refusal_after_a_restart_still_comes_with_the_newest_certificate() -> None:
    cluster = four()
    cluster["b"].certify()
    cluster["b"].start()
    last = cluster["c"].member.last
    wanted = peer.VoteRequest(5, last.index, last.term, pre=False, transfer=True, certified_height=0)
    step(cluster, "b", "c", wanted)
    answers = [message for _, to, message in cluster.sent if to == "c" and isinstance(message, peer.VoteResponse)]
    assert [(answer.reject, answer.note) for answer in answers] == [(True, "note 1")]
