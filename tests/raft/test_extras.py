"""What this core has beyond etcd's: hold, refill, install, commit_to, step_down, other quorums, late application."""

import pytest

from consensus.entry import Entry, Kind
from consensus.raft.configuration import configuration_of
from consensus.raft.errors import LocalMessage, PeerUnknown, ProposalDropped
from consensus.raft.messages import Message, MessageType, Role, SnapshotMetadata
from consensus.raft.progress import ProgressState
from ledger.certificate import quorum
from tests.raft.cluster import IDS, Cluster, encode, outbox, single, terms_of
from tests.raft.memory import MemoryStorage

T = MessageType


def shortened(cluster: Cluster, member: str, keep: int) -> None:
    """A node restarts with the end of its log lost, and knows it."""
    old = cluster.storages[member]
    storage = MemoryStorage(cluster.configuration)
    if keep:
        storage.append(old.entries(1, keep + 1, 1 << 62))
    storage.hard = type(old.hard)(old.hard.term, old.hard.vote, min(old.hard.commit, keep))
    cluster.start(member, storage).hold = True


# hold


def test_a_held_node_neither_votes_nor_campaigns() -> None:
    node = single()
    node.hold = True
    for kind in (T.VOTE, T.PRE_VOTE):
        node.step(Message(type=kind, sender="b", to="a", term=5))
    node.step(Message(type=T.TIMEOUT_NOW, sender="b", to="a", term=0))
    node.campaign()
    for _ in range(50):
        node.tick()
    assert (node.raft.term, node.raft.role, outbox(node)) == (0, Role.FOLLOWER, [])
    node.hold = False
    node.campaign()
    assert node.raft.term == 1


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.LEADER])
def test_whoever_is_held_stops_running_and_leading(role: Role) -> None:
    cluster = Cluster()
    cluster["a"].campaign()
    if role is Role.LEADER:
        cluster.run()
    assert cluster.role("a") is role
    cluster["a"].hold = True
    assert cluster.role("a") is Role.FOLLOWER


def test_a_held_node_is_refilled_and_does_not_count() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.propose("a", "x", "y")
    shortened(cluster, "c", keep=1)
    cluster.cut = {"b"}
    cluster["c"].step(Message(type=T.HEARTBEAT, sender="a", to="c", term=1, commit=3))
    assert cluster["c"].raft.log.committed == 1, "the leader believes in more than is here"
    cluster["c"].refill()
    cluster.run()
    assert terms_of(cluster["c"]) == [1, 1, 1]
    assert leader.status().progress["c"].match == 0
    cluster.propose("a", "z")
    assert leader.raft.log.committed == 3, "stored by a held node only"
    cluster["c"].hold = False
    cluster.tick(1)
    assert leader.raft.log.committed == 4
    assert leader.status().progress["c"].state is ProgressState.REPLICATE


def test_refilling_goes_on_batch_by_batch() -> None:
    cluster = Cluster(max_size_per_message=20)
    cluster.elect("a")
    cluster.propose("a", *map(str, range(50)))
    shortened(cluster, "c", keep=0)
    cluster["c"].step(Message(type=T.HEARTBEAT, sender="a", to="c", term=1))
    cluster["c"].refill()
    cluster.run()
    assert cluster["c"].raft.log.last_index == 51


def test_refilling_survives_losses() -> None:
    cluster = Cluster(max_size_per_message=20)
    cluster.elect("a")
    cluster.propose("a", *map(str, range(20)))
    shortened(cluster, "c", keep=5)
    cluster["c"].step(Message(type=T.HEARTBEAT, sender="a", to="c", term=1))
    cluster["c"].refill()
    toggle = iter([True, False, False] * 1000)
    cluster.lost = lambda m: m.type in {T.APPEND, T.APPEND_RESPONSE} and next(toggle)
    cluster.tick(60)
    assert cluster["c"].raft.log.last_index == 21


def test_a_node_that_lost_its_log_is_not_taken_for_one_that_has_it() -> None:
    """Without `refill` the leader would go on from where it was; with it, what was counted is counted no more."""
    cluster = Cluster()
    leader = cluster.elect("a")
    cluster.cut = {"b"}
    cluster.propose("a", "x")
    assert leader.status().progress["c"].match == 2
    shortened(cluster, "c", keep=1)
    cluster["c"].step(Message(type=T.HEARTBEAT, sender="a", to="c", term=1))
    cluster["c"].refill()
    for _ in range(2):
        cluster.ready("c")
        for message in cluster.queue[:]:
            cluster.queue.remove(message)
            leader.step(message)
        if not cluster["c"].has_ready:
            break
    assert leader.status().progress["c"].match == 0
    assert leader.raft.log.committed == 2, "what is committed stays committed"


def test_a_refill_beyond_the_log_or_from_a_stranger_does_no_harm() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.step(Message(type=T.REFILL, sender="b", to="a", term=1, index=10**9))
    assert leader.status().progress["b"].next == 2
    leader.step(Message(type=T.REFILL, sender="z", to="a", term=1, index=1))


# install, commit_to, step_down


def test_install_keeps_a_log_that_has_the_entry() -> None:
    node = single(log=[1, 1, 1], term=1)
    node.step(Message(type=T.HEARTBEAT, sender="b", to="a", term=1))
    outbox(node)
    node.install(SnapshotMetadata(2, 1, configuration_of("abcd")))
    log = node.raft.log
    assert (log.committed, log.applied, log.last_index) == (2, 2, 3)
    assert node.raft.configuration == configuration_of("abcd")
    assert [(m.type, m.to, m.index) for m in outbox(node)] == [(T.APPEND_RESPONSE, "b", 2)]
    ready = node.ready()
    assert ready.snapshot is None
    assert ready.committed == (), "what is installed is not applied once more"


@pytest.mark.parametrize(
    ("index", "term", "replace"), [(2, 2, False), (9, 1, False), (3, 2, False), (2, 1, True)], ids=str
)
def test_install_replaces_any_other_log(index: int, term: int, replace: bool) -> None:
    node = single(log=[1, 1, 1], term=1)
    metadata = SnapshotMetadata(index, term, configuration_of("abc"))
    node.install(metadata, replace_log=replace)
    ready = node.ready()
    assert ready.snapshot is not None
    assert ready.snapshot.metadata == metadata
    assert ready.hard is not None
    assert (ready.hard.commit, ready.hard.term) == (index, max(term, 1))
    node.advance()
    log = node.raft.log
    assert (log.applied, log.committed) == (index, index)


def test_install_overrules_a_false_commit_that_was_not_applied() -> None:
    cluster = Cluster(logs={"a": [1, 1, 1]}, term=1)
    node = cluster["a"]
    node.commit_to(3)
    assert len(cluster.ready("a", apply=False).committed) == 3
    node.applied_to(1)
    node.install(SnapshotMetadata(2, 2, configuration_of("abc")))
    assert node.raft.log.committed == 2
    assert cluster.ready("a").snapshot is not None
    new = (Entry(2, 3, b""),)
    node.step(Message(type=T.APPEND, sender="b", to="a", term=2, log_term=2, index=2, entries=new, commit=3))
    assert [entry.term for entry in cluster.ready("a").committed] == [2]


def test_install_of_what_is_applied_changes_nothing() -> None:
    node = single(log=[1, 1, 1], term=1)
    node.commit_to(3)
    node.ready()
    node.advance()
    before = node.raft.hard_state
    node.install(SnapshotMetadata(2, 9, configuration_of("xyz")))
    assert node.raft.hard_state == before
    assert node.raft.configuration == configuration_of("abc")


def test_a_leader_whose_log_is_replaced_steps_down() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.install(SnapshotMetadata(9, 1, configuration_of("abc")))
    assert cluster.role("a") is Role.FOLLOWER
    assert leader.raft.leader == ""


def test_a_leader_that_installs_or_commits_tells_its_followers() -> None:
    for by_block in (True, False):
        cluster = Cluster()
        leader = cluster.elect("a")
        cluster.lost = lambda m: m.type is T.APPEND_RESPONSE
        cluster.propose("a", "x")
        if by_block:
            leader.install(SnapshotMetadata(2, 1, configuration_of("abc")))
        else:
            leader.commit_to(2)
        cluster.run()
        assert set(cluster.commits().values()) == {2}


def test_commit_to_never_goes_back_nor_beyond_the_log() -> None:
    node = single(log=[1, 1, 1], term=1)
    node.commit_to(2)
    node.commit_to(1)
    assert node.raft.log.committed == 2
    with pytest.raises(AssertionError):
        node.commit_to(4)


def test_step_down_keeps_the_term_and_the_vote() -> None:
    cluster = Cluster()
    leader = cluster.elect("a")
    leader.step_down()
    assert (leader.raft.term, leader.raft.vote, leader.raft.role, leader.raft.leader) == (1, "a", Role.FOLLOWER, "")
    with pytest.raises(ProposalDropped):
        leader.propose(b"x")
    leader.step_down()
    cluster.elect("b")


# Quorums


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (3, 2), (4, 3), (5, 4), (7, 5)])
def test_byzantine_quorums_decide_elections_commits_and_check_quorum(size: int, needed: int) -> None:
    cluster = Cluster(size, quorum=quorum, check_quorum=True)
    if needed > 1:
        cluster.cut = set(IDS[needed - 1 : size])
        cluster["a"].campaign()
        cluster.run()
        assert cluster.leaders() == [], "one vote too few"
    cluster.cut = set(IDS[needed:size])
    cluster["a"].raft.term += 1  # the others keep theirs: a new election
    cluster["a"].raft.become_follower(cluster["a"].raft.term, "")
    leader = cluster.elect("a")
    cluster.propose("a", "x")
    assert cluster.applied["a"] == [b"x"]
    cluster.tick(30, only=IDS[:needed])
    assert leader.raft.is_leader
    if needed > 1:
        cluster.cut = set(IDS[needed - 1 : size])
        cluster.propose("a", "y")
        assert cluster.applied["a"] == [b"x"]
        cluster.tick(20, only="a")
        assert not leader.raft.is_leader


# Applying, limits, doors


def test_application_may_be_reported_later_than_the_batch() -> None:
    cluster = Cluster(1)
    node = cluster.elect("a")
    node.propose_change(encode([("l", "b")]))
    cluster.ready("a")
    assert [entry.kind for entry in cluster.ready("a", apply=False).committed] == [Kind.CONFIGURATION]
    assert node.raft.log.applied == 1
    node.propose_change(encode([("l", "c")]))
    assert cluster.ready("a").entries[0].payload == b"", "the first change is not applied yet"
    cluster.ready("a", apply=False)
    with pytest.raises(AssertionError):
        node.applied_to(4)
    node.applied_to(2)
    node.propose_change(encode([("l", "c")]))
    assert cluster.ready("a").entries[0].payload == b"auto:lc"


def test_no_campaign_before_a_late_application() -> None:
    cluster = Cluster(logs={"a": [1]}, term=1)
    node = cluster["a"]
    change = (Entry(2, 2, encode([("l", "d")]), kind=Kind.CONFIGURATION),)
    node.step(Message(type=T.APPEND, sender="b", to="a", term=2, log_term=1, index=1, entries=change, commit=2))
    cluster.ready("a", apply=False)
    node.campaign()
    assert node.raft.term == 2
    node.applied_to(2)
    node.campaign()
    assert node.raft.term == 3


def test_too_much_uncommitted_is_refused_and_empty_entries_never_are() -> None:
    cluster = Cluster(max_uncommitted_size=10)
    leader = cluster.elect("a")
    cluster.cut = {"b", "c"}
    cluster.propose("a", "12345678")
    with pytest.raises(ProposalDropped):
        leader.propose(b"1234")
    leader.propose(b"")
    cluster.cut = set()
    cluster.tick(3)
    leader.propose(b"1234")


def test_one_large_proposal_is_always_taken() -> None:
    cluster = Cluster(max_uncommitted_size=10)
    cluster.elect("a")
    cluster.propose("a", "x" * 100)
    assert cluster.applied["c"] == [b"x" * 100]


def test_appends_in_flight_are_bounded_in_bytes() -> None:
    cluster = Cluster(max_inflight_bytes=10)
    leader = cluster.elect("a")
    cluster.cut = {"b", "c"}
    cluster.propose("a", *["12345"] * 5)
    assert [leader.status().progress[member].next for member in "bc"] == [4, 4]
    cluster.cut = set()
    cluster.tick(3)
    assert cluster.commits() == {"a": 6, "b": 6, "c": 6}


def test_the_leader_seals_entries_in_the_order_of_indexes() -> None:
    sealed: list[tuple[int, int, Kind, bytes]] = []

    def seal(term: int, index: int, kind: Kind, payload: bytes) -> Entry:
        sealed.append((term, index, kind, payload))
        return Entry(term, index, payload, b"sealed", kind, "a")

    cluster = Cluster(seal=seal)
    cluster.elect("a")
    cluster.propose("a", "x")
    assert sealed == [(1, 1, Kind.PROPOSAL, b""), (1, 2, Kind.PROPOSAL, b"x")]
    assert cluster.storages["c"].entries(2, 3, 99)[0].digest == b"sealed"


def test_local_messages_and_strangers_answers_do_not_come_in() -> None:
    node = single()
    for kind in (T.HUP, T.BEAT, T.CHECK_QUORUM, T.STORAGE_APPEND_RESPONSE, T.STORAGE_APPLY_RESPONSE):
        with pytest.raises(LocalMessage):
            node.step(Message(type=kind, sender="b", to="a"))
    with pytest.raises(PeerUnknown):
        node.step(Message(type=T.APPEND_RESPONSE, sender="z", to="a", term=1))


def test_ready_is_empty_when_nothing_is_to_do() -> None:
    cluster = Cluster()
    cluster.elect("a")
    assert not any(node.has_ready for node in cluster.nodes.values())
    with pytest.raises(AssertionError):
        cluster["a"].advance()
