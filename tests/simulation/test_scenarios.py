"""Faults that famous systems had, each as a small story. The oracle watches all of them, as it watches every seed."""

from consensus.errors import ConsensusFault, PromiseBroken, SafetyLost
from consensus.messages import Acknowledgement, AppendResponse, VoteRequest, VoteResponse
from ledger.crypto.encoding import encode
from ledger.transaction import make_transaction
from network.replica.messages import Cosigned, Newest, decode_peer
from network.replica.replica import CLOCK_AHEAD_MS
from network.replica.slow_clock import PATIENCE_MS
from tests.ledger.toy import Put
from tests.simulation.cluster import Cluster
from tests.simulation.conftest import Scene
from tests.simulation.kernel import MILLISECOND, SECOND, START_MS
from tests.simulation.machine import Machine
from tests.simulation.nemesis import HEADER_SIZE
from tests.simulation.network import between
from tests.simulation.world import PLATFORM


def _leader(cluster: Cluster) -> str:
    cluster.run_until(lambda: cluster.leader() is not None, 10, "somebody leads")
    leader = cluster.leader()
    assert leader is not None
    return leader


def _others(cluster: Cluster, name: str) -> list[str]:
    return [other for other in cluster.machines if other != name]


def _grow(cluster: Cluster, blocks: int, within_s: float = 30) -> None:
    target = cluster.height + blocks
    cluster.run_until(lambda: cluster.height >= target, within_s, f"{blocks} more blocks")


def _has_caught_up(cluster: Cluster, machine: Machine) -> bool:
    replica = machine.replica
    return replica is not None and not replica.member.is_held and machine.store.head.height >= cluster.height - 1


def test_a_wiped_node_rejoins_and_does_not_vote_before_it_is_refilled(scene: Scene) -> None:
    cluster = scene(4)
    _grow(cluster, 20)
    name = _others(cluster, _leader(cluster))[0]
    machine = cluster.machines[name]
    machine.kill()
    machine.log_disk.put_files({})
    machine.store.rewind(0)
    cluster.damaged.add(name)
    # Nobody tells it anything for a while: it must know by itself that it may not vote.
    cluster.network.cut(1, between([name], _others(cluster, name)))
    machine.start()
    cluster.run_for(3)
    assert machine.replica is not None
    assert machine.replica.member.is_held
    assert machine.replica.member.role == "follower"
    cluster.network.mend(1)
    cluster.run_until(lambda: _has_caught_up(cluster, machine), 15, "the wiped node is refilled")
    cluster.finish()


def test_a_node_that_lost_its_safety_file_never_signs_again(scene: Scene) -> None:
    cluster = scene(4)
    machine = cluster.machines["v2"]
    machine.kill()
    machine.safety_disk.put_files({})
    machine.start()
    assert isinstance(machine.stopped_by, SafetyLost)
    _grow(cluster, 10)
    cluster.finish()


def test_a_node_restored_from_a_backup_notices_and_stops(scene: Scene) -> None:
    cluster = scene(4)
    name = _others(cluster, _leader(cluster))[0]
    machine = cluster.machines[name]
    backup, log, height = machine.safety_disk.copy_files(), machine.log_disk.copy_files(), machine.store.head.height
    _grow(cluster, 25)
    machine.kill()
    machine.safety_disk.put_files(backup)
    machine.log_disk.put_files(log)
    machine.store.rewind(min(height, machine.store.head.height))
    machine.excuses = (PromiseBroken,)
    cluster.run_for(1)
    promised: list[object] = []

    def untold(sender: str, receiver: str, data: bytes) -> bool:
        message = decode_peer(data)
        if sender == name and isinstance(message, Acknowledgement | AppendResponse | VoteResponse | Cosigned):
            promised.append(message)
        return receiver != name or not isinstance(message, Newest)

    # As long as nobody tells it what it signed, it promises nothing.
    cluster.network.passes = untold
    machine.start()
    cluster.run_for(3)
    assert not promised
    cluster.network.passes = lambda sender, receiver, data: True
    cluster.run_until(lambda: machine.stopped_by is not None, 10, "the restored node stops")
    assert isinstance(machine.stopped_by, PromiseBroken)
    machine.is_gone = True
    _grow(cluster, 10)
    cluster.finish()


def test_a_vote_is_remembered_when_the_power_fails(scene: Scene) -> None:
    """Two candidates of one term ask the same voter, which lost its power between the two (camunda/zeebe #1068)."""
    cluster = scene(4)
    voter, *candidates = _others(cluster, _leader(cluster))
    machine = cluster.machines[voter]
    assert machine.replica is not None
    term = machine.replica.member.term + 3
    answers: dict[str, bool] = {}

    def listen(sender: str, receiver: str, data: bytes) -> bool:
        message = decode_peer(data)
        if sender == voter and isinstance(message, VoteResponse) and message.term == term and not message.pre:
            answers[receiver] = not message.reject
        # Only what is said about this election, and the greeting after the start.
        return isinstance(message, Newest) or (isinstance(message, VoteRequest) and message.transfer)

    cluster.network.passes = listen
    for candidate in candidates:
        last = machine.log.tip
        wanted = VoteRequest(term, last.index, last.term, pre=False, transfer=True, certified_height=cluster.height)
        cluster.network.send(candidate, voter, "votes", encode(wanted))
        cluster.run_for(0.1)
        machine.cut_power()
        machine.start()
        cluster.run_for(0.6)
    assert answers == {candidates[0]: True, candidates[1]: False}
    cluster.network.passes = lambda sender, receiver, data: True
    cluster.finish()


def test_a_crash_looping_node_disturbs_nobody(scene: Scene) -> None:
    cluster = scene(4)
    leader = _leader(cluster)
    machine = cluster.machines[_others(cluster, leader)[0]]
    before = cluster.height
    for beat in range(20):
        if machine.is_up:
            machine.cut_power_within(1 + beat % 7)
            cluster.run_for(0.2)
        machine.kill()
        machine.start()
        cluster.run_for(0.3)
    assert cluster.height >= before + 25
    assert cluster.leader() == leader
    cluster.finish()


def test_a_removed_node_that_does_not_know_it_disrupts_nobody_and_stops_itself(scene: Scene) -> None:
    cluster = scene(5)
    cluster.governor.want("remove")
    cluster.run_until(lambda: cluster.governor.is_handing_over, 20, "the removal is decided")
    (name,) = cluster.governor.leaving
    cluster.network.cut(1, between([name], _others(cluster, name)))
    cluster.run_until(lambda: name in cluster.governor.retired(), 20, "the removal takes hold")
    _grow(cluster, 10)
    leader = _leader(cluster)
    replica = cluster.machines[leader].replica
    assert replica is not None
    term = replica.member.term
    cluster.run_for(3)
    cluster.network.mend(1)
    cluster.run_until(lambda: cluster.machines[name].is_gone, 15, "the removed node stops itself")
    assert (cluster.leader(), replica.member.term) == (leader, term)
    cluster.finish()


def test_a_node_far_behind_fetches_certified_blocks_and_no_stale_one_sets_it_back(scene: Scene) -> None:
    cluster = scene(4, clients=4)
    leader = _leader(cluster)
    name = _others(cluster, leader)[0]
    machine = cluster.machines[name]
    machine.kill()
    old: list[tuple[str, bytes]] = []

    def remember(sender: str, receiver: str, data: bytes) -> bool:
        if receiver == name and len(old) < 200:
            old.append((sender, data))
        return True

    last = machine.log.tip.index
    cluster.run_until(lambda: cluster.machines[leader].log.base.index > last, 90, "the leader's log begins later")
    cluster.network.passes = remember
    machine.start()
    cluster.run_until(lambda: _has_caught_up(cluster, machine), 15, "it has caught up")
    height = machine.store.head.height
    for sender, data in old:
        cluster.network.send(sender, name, "bulk", data)
    cluster.run_for(1)
    assert machine.store.head.height >= height
    cluster.finish()


def test_a_transaction_retried_at_every_validator_across_leaders_is_applied_once(scene: Scene) -> None:
    cluster = scene(4)
    for number in range(5):
        nonce = b"retried" + bytes([number]).rjust(9, b"\0")
        expires_ms = START_MS + cluster.kernel.now // MILLISECOND + 600_000
        raw = make_transaction(PLATFORM, cluster.genesis.chain_id, Put("d", f"once-{number}"), nonce, expires_ms)
        answers: list[object] = []
        for name in cluster.machines:
            cluster.submit(name, raw, answers.append)
        cluster.run_for(0.02 * (number + 1))
        leader = cluster.machines[_leader(cluster)]
        leader.cut_power()
        for name in cluster.machines:
            cluster.submit(name, raw, answers.append)
        cluster.run_for(2)
        leader.start()
        for name in cluster.machines:
            cluster.submit(name, raw, answers.append)
        cluster.run_for(2)
        given = [answer for answer in answers if answer is not None]
        assert len(given) >= 4
        assert all(answer == given[0] for answer in given)
    cluster.finish()


def test_a_node_that_begins_when_its_founders_are_gone_is_greeted_by_those_who_vote_now(scene: Scene) -> None:
    cluster = scene(4, clients=1)
    for change in ("replace", "replace", "replace"):
        cluster.governor.want(change)
    cluster.run_until(lambda: cluster.governor.is_idle, 60, "new validators take the place of founders")
    cluster.run_until(
        lambda: all(cluster.machines[name].is_gone for name in cluster.governor.retired()), 20, "who was replaced stops"
    )
    if sum(cluster.machines[name].is_gone for name in ("v1", "v2", "v3", "v4")) < 3:
        cluster.machines[next(name for name in ("v1", "v2", "v3", "v4") if not cluster.machines[name].is_gone)].kill()
    cluster.governor.want("add")
    cluster.run_until(lambda: cluster.governor.is_idle, 20, "one more learner is there")
    newest = cluster.machines[list(cluster.machines)[-1]]
    cluster.run_until(lambda: _has_caught_up(cluster, newest), 15, "it has caught up")
    cluster.run_until(lambda: newest.replica is not None and newest.replica._greeting.is_over, 10, "it takes part")
    cluster.finish()


def test_voters_change_through_joint_configurations_under_partition(scene: Scene) -> None:
    """The single-server membership bug (Ongaro, 2015): two leaders of two terms each change the voters by one."""
    cluster = scene(4, clients=1)
    for change in ("add", "promote", "remove", "replace"):
        cluster.governor.want(change)
        for _ in range(3):
            leader = _leader(cluster)
            cluster.network.cut(1, between([leader], _others(cluster, leader)))
            cluster.run_for(1.5)
            cluster.network.mend(1)
            cluster.run_for(1.0)
    cluster.run_until(lambda: cluster.governor.is_idle, 90, "all changes are through")
    assert cluster.governor.completed >= 3
    cluster.finish()


def test_figure_8_an_entry_of_an_old_term_is_released_by_no_count_of_copies(scene: Scene) -> None:
    """Raft §5.4.2: leaders fall one after another right after they appended, each time with others in reach."""
    cluster = scene(5, clients=3, seed=8)
    for round_ in range(8):
        leader = _leader(cluster)
        others = _others(cluster, leader)
        reached = others[round_ % 4]
        # What it appends from now on reaches one other node; then it loses power.
        cluster.network.cut(1, between([leader], [other for other in others if other != reached]))
        cluster.run_for(0.15)
        cluster.machines[leader].cut_power()
        cluster.network.mend(1)
        cluster.run_for(1.2)
        cluster.machines[leader].start()
        cluster.run_for(0.3)
    _grow(cluster, 10)
    cluster.finish()


def test_the_longer_log_and_the_newer_certificate_on_different_nodes(scene: Scene) -> None:
    cluster = scene(4, clients=4)
    leader = _leader(cluster)
    holder, *rest = _others(cluster, leader)

    def certifies_at_the_holder_alone(sender: str, receiver: str, data: bytes) -> bool:
        return receiver == holder or not isinstance(decode_peer(data), Cosigned)

    cluster.network.passes = certifies_at_the_holder_alone
    height = cluster.machines[leader].store.head.height
    cluster.run_until(lambda: cluster.machines[holder].store.head.height >= height + 1, 10, "a certificate there")
    # The leader appends on, to itself alone; then everyone starts anew.
    cluster.network.cut(1, between([leader], [holder, *rest]))
    cluster.run_for(0.3)
    for machine in cluster.machines.values():
        machine.kill()
    assert cluster.machines[leader].log.tip.index > cluster.machines[holder].log.tip.index
    assert cluster.machines[holder].store.head.height > cluster.machines[leader].store.head.height
    cluster.network.mend(1)
    del cluster.network.passes
    cluster.network.passes = lambda sender, receiver, data: True
    for machine in cluster.machines.values():
        machine.start()
    _grow(cluster, 10)
    cluster.finish()


def test_damage_in_the_middle_of_a_log_is_refilled(scene: Scene) -> None:
    cluster = scene(4)
    _grow(cluster, 12)
    name = _others(cluster, _leader(cluster))[0]
    machine = cluster.machines[name]
    machine.kill()
    cluster.damaged.add(name)
    assert machine.log_disk.flip(".log", HEADER_SIZE)
    machine.start()
    assert machine.log.lost is not None
    cluster.run_until(lambda: _has_caught_up(cluster, machine), 15, "the damaged node is refilled")
    cluster.finish()


def test_a_sole_voter_survives_power_cuts_and_refuses_a_damaged_log(scene: Scene) -> None:
    cluster = scene(1)
    machine = cluster.machines["v1"]
    for operations in range(1, 30):
        if machine.is_up:
            machine.cut_power_within(operations)
            cluster.run_for(1)
        machine.kill()
        machine.start()
        cluster.run_for(0.3)
    for disk in machine.disks:
        disk.stop_after = None
    machine.start()
    _grow(cluster, 5)
    machine.kill()
    whole = machine.log_disk.copy_files()
    assert machine.log_disk.flip(".log", HEADER_SIZE)
    machine.excuses = (ConsensusFault,)
    machine.start()
    assert isinstance(machine.stopped_by, ConsensusFault)
    machine.log_disk.put_files(whole)
    machine.start()
    _grow(cluster, 5)
    cluster.finish()


def test_a_leader_that_commits_nothing_steps_down(scene: Scene) -> None:
    cluster = scene(4, clients=4)
    leader = _leader(cluster)

    def never_acknowledged(sender: str, receiver: str, data: bytes) -> bool:
        return receiver != leader or not isinstance(decode_peer(data), AppendResponse | Acknowledgement)

    cluster.network.passes = never_acknowledged
    height = cluster.height
    cluster.run_until(lambda: cluster.leader() not in (None, leader), 6, "another leads")
    cluster.run_until(lambda: cluster.height > height + 5, 6, "it goes on")
    cluster.network.passes = lambda sender, receiver, data: True
    cluster.finish()


def test_a_clock_far_ahead_or_behind_holds_nobody_up(scene: Scene) -> None:
    for offset_ms in (-3_600_000, 3_600_000):
        cluster = scene(4, clocks={"v1": (offset_ms, 1_000_000)})
        _grow(cluster, 30, within_s=40)
        block = cluster.machines["v2"].store.contents.blocks[-1]
        true_ms = START_MS + cluster.kernel.now // MILLISECOND
        assert true_ms - 15 * SECOND // MILLISECOND < block.time_ms <= true_ms + CLOCK_AHEAD_MS
        cluster.finish()


def test_a_leader_whose_clock_is_two_minutes_slow_lets_another_lead(scene: Scene) -> None:
    cluster = scene(4)
    leader = _leader(cluster)
    machine = cluster.machines[leader]
    assert machine.replica is not None
    term = machine.replica.member.term
    machine.set_clock(offset_ms=-120_000)
    cluster.run_for((PATIENCE_MS - 1_000) / 1_000)
    assert cluster.leader() == leader, "not at once: all clocks may have been set back"
    cluster.run_until(lambda: cluster.leader() not in (None, leader), 2.5, "another leads")
    assert machine.replica.member.term == term + 1, "handed over, not waited out"
    _grow(cluster, 10)
    block = cluster.machines[leader].store.contents.blocks[-1]
    true_ms = START_MS + cluster.kernel.now // MILLISECOND
    assert block.time_ms > true_ms - 15_000, "blocks tell the right time again"
    cluster.finish()


def test_leadership_passes_over_all_whose_clocks_are_slow(scene: Scene) -> None:
    cluster = scene(7)
    leader = _leader(cluster)
    slow = {leader, _others(cluster, leader)[0]}
    for name in slow:
        cluster.machines[name].set_clock(offset_ms=-120_000)
    cluster.run_until(lambda: cluster.leader() not in {None, *slow}, 30, "one whose clock is right leads")
    cluster.run_for(PATIENCE_MS / 1_000 + 2)
    assert cluster.leader() not in slow
    cluster.finish()
