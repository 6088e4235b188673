"""Where a fault of software leaves no checkpoint a quorum all stop, and go on by a release that a quorum has signed."""

from collections.abc import Iterator

import pytest

from consensus.errors import PromiseBroken
from consensus.evidence import equivocal_cosignatures, verify_evidence
from consensus.release import BadRelease, CheckedRelease, Release, check_release, make_release
from consensus.storage.safety import SafetyFile
from ledger.block import Block, Proposal
from ledger.crypto.checkpoint import Checkpoint, assemble_note, checkpoint_hash, cosign, parse_checkpoint, parse_note
from ledger.execute import execute_in_steps
from ledger.module import Registry
from network.release import apply_here, sign_here
from network.replica import finality
from network.replica.errors import Diverged
from network.replica.work import Work
from tests.simulation.cluster import Cluster
from tests.simulation.conftest import Scene
from tests.simulation.machine import Machine
from tests.simulation.world import key_of, registry


def _split(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, int]) -> int:
    """From some height on, the processes that run now come to wrong results, each to the one of its number; wait until
    it has come to a stop. Returns the height.
    """
    first = cluster.height + 5
    builds = {id(rules := Registry(registry().modules)): (rules, number) for number in set(wrong.values())}

    def differ(head, reader, proposal, at, checked, rules, genesis) -> Iterator[Block | None]:  # type: ignore[no-untyped-def]
        if id(rules) in builds and head.height + 1 >= first:
            proposal = Proposal(proposal.time_ms + builds[id(rules)][1], proposal.transactions)
        return execute_in_steps(head, reader, proposal, at, checked, rules, genesis)

    monkeypatch.setattr(finality, "execute_in_steps", differ)
    by_number = {number: rules for rules, number in builds.values()}
    for name, machine in cluster.machines.items():
        machine.excuses = (Diverged,)
        if name in wrong:
            assert machine.replica is not None
            machine.replica.finality._registry = by_number[wrong[name]]
    machines = cluster.machines.values()
    cluster.run_until(lambda: sum(not machine.is_up for machine in machines) >= 2, 20, "no result can win: two stop")
    cluster.run_for(5)
    assert cluster.height == first - 1, "nothing of either result is final"
    # Who has not heard enough of the others' signatures to know waits until its operator stops it.
    for machine in machines:
        machine.kill()
    return first


def _notes(cluster: Cluster) -> list[str]:
    """What the stopped validators left in their divergence files."""
    stopped = [machine.stopped_by for machine in cluster.machines.values()]
    return [note for each in stopped if isinstance(each, Diverged) for note in each.notes]


def _text_of(cluster: Cluster, name: str, height: int) -> str:
    """What a validator signed for a height."""
    signer = cluster.genesis.cosigner_name(name)
    for text, signatures in map(parse_note, _notes(cluster)):
        if signer in {each.name for each in signatures} and parse_checkpoint(text).height == height:
            return text
    raise AssertionError(f"{name} signed nothing at {height}")


def _make(cluster: Cluster, agreed: str, round: int = 1) -> Release:
    validators = next(iter(cluster.machines.values())).store.head.validators
    reason = "2.0.1 is right, 2.0.0 was not"
    return make_release(cluster.genesis.chain_id, round, agreed, _notes(cluster), reason, validators)


def _opened(machine: Machine) -> SafetyFile:
    return SafetyFile.open(machine.safety_disk.directory(), machine.cluster.genesis.chain_id, machine.key.public_key)


def _sign(cluster: Cluster, release: Release, *names: str) -> Release:
    for name in names:
        machine = cluster.machines[name]
        release = sign_here(release, cluster.genesis, name, machine.key, machine.store.head, _opened(machine))
    return release


def _apply(cluster: Cluster, release: Release, name: str) -> CheckedRelease:
    machine = cluster.machines[name]
    checked = apply_here(release, cluster.genesis, name, machine.store.head, _opened(machine))
    cluster.oracle.released(machine, checked.body.height)
    return checked


def _go_on(cluster: Cluster, height: int, agreed: str) -> None:
    for machine in cluster.machines.values():
        machine.start()
    cluster.run_until(lambda: cluster.height >= height + 20, 30, "the chain goes on")
    assert all(machine.is_up for machine in cluster.machines.values())
    assert cluster.machines["v1"].store.contents.blocks[height - 1].text == agreed
    cluster.finish()


def test_two_against_two_stand_still_with_mended_software(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(4)
    height = _split(cluster, monkeypatch, {"v3": 1, "v4": 1})
    agreed, wrong = _text_of(cluster, "v1", height), _text_of(cluster, "v3", height)
    assert agreed != wrong

    # Mended software is not enough: who signed the wrong result signs no other, nor what follows from it.
    before = _opened(cluster.machines["v3"]).promises.cosigned
    assert (height, checkpoint_hash(wrong)) in {(each.height, each.checkpoint_hash) for each in before}
    for machine in cluster.machines.values():
        machine.start()
    cluster.run_for(15)
    assert cluster.height == height - 1
    assert not cluster.machines["v3"].stopped_by
    for machine in cluster.machines.values():
        machine.kill()
    assert _opened(cluster.machines["v3"]).promises.cosigned == before


def test_released_they_go_on_and_nobody_is_accused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(4)
    height = _split(cluster, monkeypatch, {"v3": 1, "v4": 1})
    agreed, wrong = _text_of(cluster, "v1", height), _text_of(cluster, "v3", height)
    release = _make(cluster, agreed)
    signed = _sign(cluster, release, "v1", "v3", "v4")
    with pytest.raises(BadRelease, match="2 of 4 validators have signed"):
        _apply(cluster, _sign(cluster, release, "v1", "v3"), "v3")
    for name in ("v3", "v4"):
        _apply(cluster, signed, name)
        promises = _opened(cluster.machines[name]).promises
        assert promises.has_given(height, checkpoint_hash(wrong)), "what was signed is not forgotten"
        assert promises.find(height) is None
    _go_on(cluster, height, agreed)

    # Both texts under one key: proof against it, unless the release is shown with it.
    name = cluster.genesis.cosigner_name("v3")
    lines = [cosign(key_of("v3"), name, text, 1) for text in (agreed, wrong)]
    evidence = equivocal_cosignatures(assemble_note(agreed, lines[:1]), assemble_note(wrong, lines[1:]))
    keys = {each: key_of(each).public_key for each in cluster.machines}
    assert verify_evidence(evidence, cluster.genesis.chain_id, keys.get).id == "v3"
    checked = check_release(signed, cluster.genesis.chain_id, cluster.machines["v1"].store.head.validators)
    assert checked.excuses(evidence)
    third = Checkpoint(*(getattr(parse_checkpoint(agreed), each) for each in Checkpoint.__struct_fields__)).text()
    third = third.replace("time 2026", "time 2027")
    other = assemble_note(third, [cosign(key_of("v3"), name, third, 1)])
    assert not checked.excuses(equivocal_cosignatures(assemble_note(wrong, lines[1:]), other))
    assert not checked.excuses(equivocal_cosignatures(assemble_note(agreed, lines[:1]), other))


def test_a_third_result_can_be_agreed_on(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(4)
    height = _split(cluster, monkeypatch, {"v1": 1, "v2": 1, "v3": 2, "v4": 2})
    # Mended software tells its own result without signing it.
    machine = cluster.machines["v2"]
    told: list[tuple[int, str]] = []
    carry_out = machine._carry_out

    def carry_out_and_tell(work: Work) -> None:
        told.extend(work.abstained)
        carry_out(work)

    monkeypatch.setattr(machine, "_carry_out", carry_out_and_tell)
    notes = _notes(cluster)
    for each in cluster.machines.values():
        each.start()
    cluster.run_for(5)
    for each in cluster.machines.values():
        each.kill()
    agreed = dict(told)[height]
    validators = machine.store.head.validators
    release = make_release(cluster.genesis.chain_id, 1, agreed, notes, "2.0.1", validators)
    # Three do not do: by what they show, the fourth might have made one of the wrong results final.
    signed = _sign(cluster, release, "v1", "v2", "v3", "v4")
    for name in cluster.machines:
        _apply(cluster, signed, name)
    _go_on(cluster, height, agreed)


def test_what_was_signed_for_an_earlier_round_is_void(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = scene(4)
    height = _split(cluster, monkeypatch, {"v3": 1, "v4": 1})
    first, second = _text_of(cluster, "v3", height), _text_of(cluster, "v1", height)
    early = _sign(cluster, _make(cluster, first), "v1", "v2", "v3", "v4")
    _apply(cluster, early, "v1")
    with pytest.raises(PromiseBroken, match="higher round"):
        _sign(cluster, _make(cluster, second), "v1")
    late = _sign(cluster, _make(cluster, second, round=2), "v1", "v2", "v3", "v4")
    with pytest.raises(PromiseBroken, match="higher round"):
        _apply(cluster, early, "v2")
    for name in cluster.machines:
        _apply(cluster, late, name)
    _go_on(cluster, height, second)
    with pytest.raises(BadRelease, match="has a certificate"):
        _apply(cluster, late, "v3")
