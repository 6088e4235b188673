"""A validator with wrong rules stops alone and loudly; mended, it goes on, and never signs those heights again."""

from collections.abc import Iterator

import pytest

from ledger.block import Block, Proposal
from ledger.crypto.checkpoint import parse_checkpoint, parse_note
from ledger.execute import execute_in_steps
from ledger.module import Registry
from network.replica import finality
from network.replica.errors import Diverged
from network.replica.messages import BlocksGiven, Cosigned, decode_peer
from network.replica.work import Work
from tests.simulation.cluster import Cluster
from tests.simulation.conftest import Scene
from tests.simulation.machine import Machine
from tests.simulation.world import registry


def _give_wrong_rules(monkeypatch: pytest.MonkeyPatch, machine: Machine, first: int) -> None:
    """From height `first` on this machine's process, until it ends, executes every block to another result."""
    wrong = Registry(registry().modules)

    def differ(head, reader, proposal, at, checked, rules, genesis) -> Iterator[Block | None]:  # type: ignore[no-untyped-def]
        if rules is wrong and head.height + 1 >= first:
            proposal = Proposal(proposal.time_ms + 1, proposal.transactions)
        return execute_in_steps(head, reader, proposal, at, checked, rules, genesis)

    monkeypatch.setattr(finality, "execute_in_steps", differ)
    assert machine.replica is not None
    machine.replica.finality._registry = wrong
    machine.excuses = (Diverged,)


def _record_abstentions(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> list[int]:
    abstained: list[int] = []
    carry_out = machine._carry_out

    def carry_out_and_record(work: Work) -> None:
        abstained.extend(height for height, _ in work.abstained)
        carry_out(work)

    monkeypatch.setattr(machine, "_carry_out", carry_out_and_record)
    return abstained


def _check_both_sides_kept(machine: Machine, diverged: Diverged) -> None:
    """What it stops with holds its own signed result of that height, and another that others signed."""
    notes = [parse_note(note) for note in diverged.notes]
    assert {parse_checkpoint(note.text).height for note in notes} >= {diverged.height}
    notes = [note for note in notes if parse_checkpoint(note.text).height == diverged.height]
    signed = {text: {each.name for each in lines} for text, lines in notes}
    own = [text for text, names in signed.items() if any(name.endswith(f"/{machine.name}") for name in names)]
    others = [text for text in signed if text not in own]
    assert len(own) == 1
    assert len(others) == 1
    assert len(signed[others[0]]) >= 2


@pytest.mark.parametrize("leads", [False, True])
def test_a_validator_with_wrong_rules_stops_alone_and_mended_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, leads: bool
) -> None:
    cluster = scene(4)
    cluster.run_until(lambda: cluster.leader() is not None, 10, "somebody leads")
    leader = cluster.leader()
    machine = next(each for name, each in cluster.machines.items() if (name == leader) == leads)
    first = cluster.height + 5
    _give_wrong_rules(monkeypatch, machine, first)
    cluster.run_until(lambda: machine.stopped_by is not None, 10, "it stops")
    assert isinstance(machine.stopped_by, Diverged)
    assert machine.stopped_by.height == first
    assert machine.store.head.height == first - 1, "nothing of its own result is stored"
    _check_both_sides_kept(machine, machine.stopped_by)
    signed = [given.height for given in machine.safety.promises.cosigned if given.height >= first]
    assert first in signed

    # Nobody else is disturbed. Not for long: their logs shall still hold what it is to execute again.
    target = cluster.height + 3
    cluster.run_until(lambda: cluster.height >= target, 15, "the others go on")
    assert all(each.is_up for each in cluster.machines.values() if each is not machine)
    assert leads or cluster.leader() == leader

    # The same disks, the right rules; no blocks of others at first, so that it executes what its own log holds.
    abstained = _record_abstentions(monkeypatch, machine)
    cluster.network.passes = lambda _sender, receiver, data: (
        receiver != machine.name or not isinstance(decode_peer(data), BlocksGiven)
    )
    machine.start()
    cluster.run_for(3)
    assert machine.is_up
    assert abstained == signed
    assert machine.store.head.height == first - 1, "without a certificate of the others it waits"
    assert machine.replica is not None
    following = [each for each in machine.replica.finality.awaiting if each.block.height not in signed]
    assert following
    assert not any(each.cosigned for each in following), "it does not vouch for what it has not signed"
    cluster.network.passes = lambda sender, receiver, data: True
    cluster.run_until(lambda: machine.store.head.height >= cluster.height - 1, 15, "it has caught up")
    given = {each.height for each in machine.safety.promises.cosigned}
    assert given >= {each.block.height for each in following}, "now that others have certified that, it signs these"
    name = cluster.genesis.cosigner_name(machine.name)

    def signs_again() -> bool:
        note = machine.store.contents.notes[-1]
        return name in {signature.name for signature in parse_note(note).signatures}

    cluster.run_until(signs_again, 15, "it signs later heights")
    for block, note in zip(machine.store.contents.blocks, machine.store.contents.notes, strict=True):
        if block.height in signed:
            assert name not in {signature.name for signature in parse_note(note).signatures}
    cluster.finish()


def test_a_validator_that_hears_no_signatures_stops_at_the_certificate_of_another_result(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = scene(4)
    cluster.run_until(lambda: cluster.leader() is not None, 10, "somebody leads")
    machine = next(each for name, each in cluster.machines.items() if name != cluster.leader())
    first = cluster.height + 5
    _give_wrong_rules(monkeypatch, machine, first)
    # What others sign does not reach it, so that it cannot count; certified blocks do.
    cluster.network.passes = lambda _sender, receiver, data: (
        receiver != machine.name or not isinstance(decode_peer(data), Cosigned)
    )
    cluster.run_until(lambda: machine.stopped_by is not None, 15, "it stops")
    assert isinstance(machine.stopped_by, Diverged)
    assert machine.stopped_by.height == first
    assert machine.store.head.height == first - 1
    _check_both_sides_kept(machine, machine.stopped_by)
    certificate = machine.stopped_by.notes[0]
    assert len(parse_note(certificate).signatures) >= 3
    assert cluster.machines[_other(cluster, machine)].store.contents.notes[first - 1] in machine.stopped_by.notes
    cluster.network.passes = lambda sender, receiver, data: True
    machine.start()
    cluster.run_until(lambda: machine.store.head.height >= cluster.height - 1, 15, "mended, it has caught up")
    cluster.finish()


def _other(cluster: Cluster, machine: Machine) -> str:
    return next(name for name in cluster.machines if name != machine.name)
