"""The Raft paper, §5.3 log replication, §5.4.2 earlier terms, §5.5 crashes, §7 compaction: each rule, tested."""

import pytest

from consensus.entry import Entry
from consensus.raft.configuration import configuration_of
from consensus.raft.errors import Malformed, ProposalDropped
from consensus.raft.messages import Message, MessageType, Snapshot, SnapshotMetadata
from tests.raft.cluster import IDS, Cluster, entries, outbox, single, terms_of

T = MessageType


def test_53_the_leader_appends_a_command_and_sends_it_to_all_in_parallel() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.propose(b"x")
    ready = leader.ready()
    assert [(e.term, e.index, e.payload) for e in ready.entries] == [(1, 2, b"x")]
    assert [(m.to, m.index, m.log_term, m.entries) for m in ready.messages] == [
        ("b", 1, 1, ready.entries),
        ("c", 1, 1, ready.entries),
    ]


@pytest.mark.parametrize(
    ("size", "acknowledgers", "committed"),
    [(1, "", True), (3, "", False), (3, "b", True), (5, "b", False), (5, "bc", True), (4, "b", False), (4, "bd", True)],
)
def test_53_an_entry_is_committed_once_a_majority_stores_it(size: int, acknowledgers: str, committed: bool) -> None:
    cluster = Cluster(size)
    cluster.elect("a")
    cluster.cut = set(IDS[1:size]) - set(acknowledgers)
    cluster.propose("a", "x")
    assert (cluster["a"].raft.log.committed == 2) is committed
    assert cluster.applied["a"] == ([b"x"] if committed else [])


def test_53_the_leaders_own_copy_counts_only_once_it_is_durable() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.propose(b"x")
    leader.ready()  # stored by nobody yet
    leader.step(Message(type=T.APPEND_RESPONSE, sender="b", to="a", term=1, index=2))
    assert leader.raft.log.committed == 1
    leader.advance()
    assert leader.raft.log.committed == 2


def test_53_followers_learn_what_is_committed_and_apply_it_in_log_order() -> None:
    cluster = Cluster()
    cluster.elect("b")
    cluster.propose("b", *"vwxyz")
    assert cluster.applied == {member: [b"v", b"w", b"x", b"y", b"z"] for member in "abc"}
    assert set(cluster.commits().values()) == {6}


@pytest.mark.parametrize(
    ("term", "index", "refused"),
    [(0, 0, False), (1, 1, False), (2, 2, False), (1, 2, True), (2, 1, True), (3, 3, True)],
)
def test_53_a_follower_refuses_entries_that_do_not_follow_one_it_has(term: int, index: int, refused: bool) -> None:
    node = single(log=[1, 2], term=2)
    node.step(Message(type=T.APPEND, sender="b", to="a", term=3, log_term=term, index=index))
    (answer,) = outbox(node)
    assert answer.reject is refused
    assert answer.index == index


@pytest.mark.parametrize(
    ("index", "new", "log", "written"),
    [
        (2, [3], [1, 2, 3], [3]),
        (1, [3, 4], [1, 3, 4], [3, 4]),
        (0, [1], [1, 2], []),
        (0, [3], [3], [3]),
        (0, [1, 2, 2], [1, 2, 2], [2]),
        (1, [2], [1, 2], []),
    ],
)
def test_53_conflicting_entries_go_and_missing_ones_come(
    index: int, new: list[int], log: list[int], written: list[int]
) -> None:
    node = single(log=[1, 2], term=2)
    previous = [0, 1, 2][index]
    node.step(
        Message(
            type=T.APPEND,
            sender="b",
            to="a",
            term=4,
            log_term=previous,
            index=index,
            entries=tuple(entries(*new, start=index + 1)),
        )
    )
    assert terms_of(node) == log
    assert [entry.term for entry in node.ready().entries] == written


LEADER_OF_FIGURE_7 = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]


@pytest.mark.parametrize(
    "log",
    [
        [1, 1, 1, 4, 4, 5, 5, 6, 6],
        [1, 1, 1, 4],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
        [1, 1, 1, 4, 4, 4, 4],
        [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ],
    ids=list("abcdef"),
)
def test_53_figure_7_a_leader_brings_any_log_in_line_with_its_own(log: list[int]) -> None:
    cluster = Cluster(logs={"a": LEADER_OF_FIGURE_7, "b": log}, term=7)
    cluster.cut = {"b"}
    cluster.elect("a")
    cluster.cut = set()
    cluster.tick(2)
    assert terms_of(cluster["b"]) == terms_of(cluster["a"]) == [*LEADER_OF_FIGURE_7, 8]
    assert len(cluster.messages(T.APPEND_RESPONSE)) < 12


def test_53_a_refusal_skips_a_whole_term_at_a_time() -> None:
    """One exchange for each term in which the logs differ, not for each entry."""
    cluster = Cluster(logs={"a": [1] + [5] * 50, "b": [1] + [2] * 30 + [3] * 30}, term=5)
    cluster.cut = {"b"}
    cluster.elect("a")
    cluster.cut = set()
    cluster.tick(2)
    assert terms_of(cluster["b"]) == terms_of(cluster["a"])
    refused = [m for m in cluster.messages(T.APPEND_RESPONSE) if m.reject and m.sender == "b"]
    assert len(refused) <= 2


def test_53_a_leader_never_overwrites_its_own_entries() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.propose("a", "x")
    leader.step(Message(type=T.APPEND, sender="b", to="a", term=1, entries=tuple(entries(1))))
    assert leader.raft.is_leader
    assert leader.raft.log.term(2) == 1


@pytest.mark.parametrize(("index", "committed"), [(2, False), (3, True)])
def test_542_only_entries_of_the_own_term_are_committed_by_counting(index: int, committed: bool) -> None:
    node = single(log=[1, 2], term=2)
    node.campaign()
    node.step(Message(type=T.VOTE_RESPONSE, sender="a", to="a", term=3))
    node.step(Message(type=T.VOTE_RESPONSE, sender="b", to="a", term=3))
    node.step(Message(type=T.APPEND_RESPONSE, sender="a", to="a", term=3, index=3))
    node.step(Message(type=T.APPEND_RESPONSE, sender="b", to="a", term=3, index=index))
    assert node.raft.log.committed == (3 if committed else 0)


def test_55_requests_may_come_twice() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster["a"].propose(b"x")
    cluster.ready("a")
    cluster.queue *= 3
    cluster.run()
    assert cluster.applied == {member: [b"x"] for member in "abc"}
    assert terms_of(cluster["b"]) == [1, 1]


def test_55_lost_requests_are_sent_again_until_all_store_all() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.lost = lambda m: m.type is T.APPEND
    cluster.propose("a", "x", "y")
    cluster.lost = lambda _m: False
    cluster.tick(3)
    assert cluster.applied == {member: [b"x", b"y"] for member in "abc"}


def test_55_a_restarted_node_goes_on_with_what_was_durable() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.propose("a", "x")
    again = cluster.start("b", cluster.storages["b"])
    assert (again.raft.term, again.raft.log.last_index) == (1, 2)
    cluster.propose("a", "y")
    assert cluster.applied["b"] == [b"x", b"x", b"y"]  # its state machine had begun anew


def test_a_follower_commits_no_further_than_what_agrees() -> None:
    """Figure 2: min(leaderCommit, index of last new entry). What lies beyond may be another leader's."""
    node = single(log=[1, 1, 1], term=1)
    node.step(Message(type=T.APPEND, sender="b", to="a", term=2, log_term=1, index=1, commit=3))
    assert node.raft.log.committed == 1


def test_proposals_need_a_leader() -> None:
    with pytest.raises(ProposalDropped):
        single().propose(b"x")


def test_a_followers_proposal_goes_to_the_leader() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.propose("c", "x")
    assert cluster.applied["b"] == [b"x"]


def test_7_a_follower_that_needs_dropped_entries_gets_a_snapshot() -> None:
    cluster = Cluster()
    cluster.elect("a")
    cluster.cut = {"c"}
    cluster.propose("a", "x", "y", "z")
    cluster.storages["a"].compact(4)
    cluster.cut = set()
    cluster.tick(3)
    assert [m.to for m in cluster.messages(T.SNAPSHOT)] == ["c"]
    assert cluster["c"].raft.log.committed == 4
    cluster.propose("a", "!")
    assert cluster.applied["c"] == [b"!"]


def snapshot(index: int, term: int) -> Snapshot:
    return Snapshot(SnapshotMetadata(index, term, configuration_of("abc")))


def test_7_a_snapshot_replaces_a_log_that_does_not_have_its_last_entry() -> None:
    node = single(log=[1, 1, 1], term=2)
    node.step(Message(type=T.SNAPSHOT, sender="b", to="a", term=2, snapshot=snapshot(2, 2)))
    assert (node.raft.log.first_index, node.raft.log.last_index, node.raft.log.committed) == (3, 2, 2)
    assert node.ready().snapshot == snapshot(2, 2)


def test_7_a_snapshot_of_a_known_prefix_keeps_what_follows() -> None:
    node = single(log=[1, 1, 1], term=2)
    node.step(Message(type=T.SNAPSHOT, sender="b", to="a", term=2, snapshot=snapshot(2, 1)))
    assert terms_of(node) == [1, 1, 1]
    assert node.raft.log.committed == 2
    ready = node.ready()
    assert ready.snapshot is None
    assert [(m.type, m.index) for m in ready.messages] == [(T.APPEND_RESPONSE, 2)]


def test_7_an_older_snapshot_is_ignored() -> None:
    node = single(log=[1, 1, 1], term=2)
    node.raft.log.commit_to(3)
    node.step(Message(type=T.SNAPSHOT, sender="b", to="a", term=2, snapshot=snapshot(2, 2)))
    assert terms_of(node) == [1, 1, 1]


def test_committed_entries_are_not_overwritten_by_whoever_asks() -> None:
    """Only a lying leader can ask. It hears what is committed, and nothing changes."""
    node = single(log=[1, 1, 1], term=1)
    node.commit_to(2)
    lie = (Entry(1, 1, b""), Entry(9, 2, b"lie"))
    node.step(Message(type=T.APPEND, sender="b", to="a", term=9, index=0, entries=lie))
    (answer,) = outbox(node)
    assert (answer.type, answer.index, answer.reject) == (T.APPEND_RESPONSE, 2, False)
    assert terms_of(node) == [1, 1, 1]


@pytest.mark.parametrize(
    "lie",
    [
        (Entry(1, 3, b""),),
        (Entry(1, 2, b""), Entry(1, 4, b"")),
        (Entry(5, 2, b""),),
        (Entry(2, 2, b""), Entry(1, 3, b"")),
    ],
)
def test_entries_that_do_not_follow_one_another_are_refused(lie: tuple[Entry, ...]) -> None:
    node = single(log=[1], term=1)
    with pytest.raises(Malformed):
        node.step(Message(type=T.APPEND, sender="b", to="a", term=2, log_term=1, index=1, entries=lie))
    assert node.raft.term == 1


def test_an_acknowledgement_beyond_the_leaders_log_says_nothing() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.step(Message(type=T.APPEND_RESPONSE, sender="b", to="a", term=1, index=99))
    assert leader.raft.tracker.progress["b"].match == 1
