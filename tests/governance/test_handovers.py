"""Sets that change several times, on a real chain in the real store: proofs, archives and re-execution follow them."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import msgpack
import pytest

from client.verify import InvalidProof, verify_proof
from ledger.crypto.checkpoint import assemble_note, cosign, parse_note
from ledger.crypto.log_tree import range_proof
from ledger.genesis import load_genesis
from ledger.modules.governance import messages as m
from ledger.modules.governance.state import set_history
from ledger.proof import ProofTooLarge, build, handovers, prove_journal, prove_leaf, prove_value
from ledger.replay import CertifiedBlock, ReplayError, reexecute
from ledger.storage.archive import export_archive
from ledger.storage.memory import MemoryState
from tests.governance.network import Network, key_of
from tests.proof.test_mutations import standalone

NOTE, CHANGES = 1, 2
KEY = "governance/in_force/"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Four validators; one more joins, one leaves, a key is rotated, two leave: five sets in all."""
    made = Network(path=tmp_path_factory.mktemp("handovers") / "ledger")
    made.pass_(made.learner("mill", "mill"))
    made.change_set(m.ProposePromotion("mill"))
    made.change_set(m.ProposeRemoval("inspector"), ("farm", "hub", "platform", "inspector"))
    made.pass_(made.learner("farm-2", "farm"), ("farm", "hub", "platform"))
    made.change_set(m.ProposeReplacement("farm", "farm-2"), ("farm", "hub", "platform"))
    made.change_set(m.ProposeRemoval("mill"), ("farm", "hub", "platform"))
    made.accept("farm", m.ProposeParameter("empty_block_ms", 5_000))
    assert made.in_force == ["farm-2", "hub", "platform"]
    yield made
    assert made.store is not None
    made.store.close()


def snapshot(net: Network) -> Any:
    assert net.store is not None
    return net.store.snapshot()


def verdicts(proof: bytes, genesis: bytes) -> tuple[str, str]:
    """The kinds of fault that the two verifiers find, empty where it holds."""
    try:
        verify_proof(proof, genesis)
        one = ""
    except InvalidProof as invalid:
        one = invalid.kind
    try:
        standalone.verify_proof(proof, standalone.Genesis(genesis))
        other = ""
    except standalone.Wrong as wrong:
        other = wrong.kind
    return one, other


def test_proofs_lead_from_genesis_to_who_certifies_now(net: Network) -> None:
    of = snapshot(net)
    firsts = [first for first, _ in set_history(of)]
    assert len(firsts) == 5
    assert [change.note.decode() for change in handovers(of)] == [net.notes[first - 2] for first in firsts[1:]]
    for proof in (prove_value(of, KEY), prove_leaf(of, 7), prove_journal(of, "organisation:hub")):
        assert verdicts(proof, net.genesis.raw) == ("", "")
    assert len(verify_proof(prove_value(of, KEY), net.genesis.raw).signers) == 2


def test_every_height_is_proven_by_the_handovers_before_it(net: Network) -> None:
    """As of each block, the last of the old set and the first of the new one among them."""
    of = snapshot(net)
    whole = msgpack.unpackb(prove_leaf(of, 0))
    firsts = [first for first, _ in set_history(of)][1:]
    for height in range(2, net.height + 1):
        changes = [change for change, first in zip(whole[CHANGES], firsts, strict=True) if first <= height]
        text = parse_note(net.notes[height - 1]).text
        size = int(text.splitlines()[1])
        hashes = range_proof(0, 1, size, of.log_node)
        file = [whole[0], net.notes[height - 1].encode(), changes, ["leaf", 0, hashes], [], [], whole[6], []]
        assert verdicts(msgpack.packb(file), net.genesis.raw) == ("", ""), height


def resigned(net: Network, place: int, ids: list[str]) -> bytes:
    """The note of a handover, signed by others instead."""
    text = parse_note(handovers(snapshot(net))[place].note.decode()).text
    names = sorted(f"linxin/test/{name}" for name in ids)
    lines = [cosign(key_of(f"node {name.rpartition('/')[2]}"), name, text, 1_790_000_000) for name in names]
    return assemble_note(text, lines).encode()


def mine() -> list[object]:
    return ["linxin/test/zz", key_of("mine").public_key]


Change = Callable[[Network, list[Any]], object]
LIES: dict[str, Change] = {
    "first-withheld": (lambda _, changes: changes.pop(0)),
    "one-in-the-middle-withheld": (lambda _, changes: changes.pop(1)),
    "last-withheld": (lambda _, changes: changes.pop()),
    "all-withheld": (lambda _, changes: changes.clear()),
    "swapped": (lambda _, changes: changes.insert(1, changes.pop(2))),
    "repeated": (lambda _, changes: changes.insert(1, changes[1])),
    "another-member": (lambda _, changes: changes[1][1].append(mine())),
    "a-member-less": (lambda _, changes: changes[1][1].pop()),
    "a-members-key-changed": (lambda _, changes: changes[2][1][0].__setitem__(1, key_of("mine").public_key)),
    "signed-by-the-new-set": (
        lambda net, changes: changes[2].__setitem__(0, resigned(net, 2, ["farm-2", "hub", "mill", "platform"]))
    ),
    "signed-by-the-set-before": (
        lambda net, changes: changes[2].__setitem__(0, resigned(net, 2, ["farm", "hub", "inspector", "mill"]))
    ),
    "signed-by-less-than-a-quorum": (lambda net, changes: changes[2].__setitem__(0, resigned(net, 2, ["farm", "hub"]))),
    "a-block-that-hands-nothing-over": (lambda net, changes: changes.insert(0, [net.notes[3].encode(), changes[0][1]])),
    "one-block-early": (lambda net, changes: changes[0].__setitem__(0, earlier(net))),
}


def earlier(net: Network) -> bytes:
    """The certificate of the block before the first handover."""
    first = set_history(snapshot(net))[1][0]
    return net.notes[first - 3].encode()


@pytest.mark.parametrize("name", LIES)
def test_a_chain_of_handovers_with_a_lie_is_refused(net: Network, name: str) -> None:
    parts = msgpack.unpackb(prove_value(snapshot(net), KEY))
    LIES[name](net, parts[CHANGES])
    assert verdicts(msgpack.packb(parts), net.genesis.raw) == ("certificate", "certificate")


def test_a_handover_is_passed_over_only_by_a_quorum_of_those_before_it(net: Network) -> None:
    """One of four was replaced and the three others signed the next handover: a quorum of either set (PROOF.md §6)."""
    parts = msgpack.unpackb(prove_value(snapshot(net), KEY))
    passed_over = [*parts[CHANGES][:2], parts[CHANGES][3]]
    signers = ["hub", "mill", "platform"]
    lines = parts[CHANGES][3][0].decode().split("\n\n")[1]
    assert [line.split()[1].rpartition("/")[2] for line in lines.splitlines()] == signers
    file = [*parts[:CHANGES], passed_over, *parts[CHANGES + 1 :]]
    assert verdicts(msgpack.packb(file), net.genesis.raw) == ("", "")
    passed_over[2][0] = resigned(net, 3, ["farm-2", "hub", "mill"])
    assert verdicts(msgpack.packb(file), net.genesis.raw) == ("certificate", "certificate")


def test_who_left_can_certify_no_other_history(net: Network) -> None:
    """Those who were in force once sign a checkpoint of their own for a later height: it proves nothing."""
    parts = msgpack.unpackb(prove_value(snapshot(net), KEY))
    text = parse_note(parts[NOTE].decode()).text
    gone = sorted(f"linxin/test/{name}" for name in ("farm", "inspector", "mill"))
    lines = [cosign(key_of(f"node {name.rpartition('/')[2]}"), name, text, 1_790_000_000) for name in gone]
    parts[NOTE] = assemble_note(text, lines).encode()
    for kept in range(len(parts[CHANGES]) + 1):
        lie = msgpack.packb([*parts[:CHANGES], parts[CHANGES][:kept], *parts[CHANGES + 1 :]])
        assert verdicts(lie, net.genesis.raw) == ("certificate", "certificate")


def test_more_handovers_than_verifiers_accept_are_told(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SET_CHANGES_MAX", 3)
    with pytest.raises(ProofTooLarge):
        prove_value(snapshot(net), KEY)


def archive_verdict(data: bytes, genesis: bytes) -> str:
    try:
        standalone.verify_archive(BytesIO(data), standalone.Genesis(genesis))
    except standalone.Wrong as wrong:
        return str(wrong.kind)
    return ""


ARCHIVE_LIES: dict[str, Callable[[list[Any], list[int]], object]] = {
    "handover-left-out": (lambda parts, told: parts.pop(told[1])),
    "handover-moved": (lambda parts, told: parts.insert(told[1] + 1, parts.pop(told[1]))),
    "handover-to-others": (lambda parts, told: parts[told[1]][1].append(mine())),
    "handover-swapped": (lambda parts, told: parts.__setitem__(told[1], parts[told[2]])),
    "handover-repeated": (lambda parts, told: parts.insert(told[1], parts[told[1]])),
}


def test_archives_tell_every_handover(net: Network) -> None:
    data = b"".join(export_archive(snapshot(net), net.genesis.raw, full=True))
    assert archive_verdict(data, net.genesis.raw) == ""
    parts = list(msgpack.Unpacker(BytesIO(data), raw=False, strict_map_key=False))
    told = [place for place, part in enumerate(parts) if part[0] == "validators"]
    assert [parts[place - 1][0] + 1 for place in told] == [first for first, _ in set_history(snapshot(net))][1:]
    for name, lie in ARCHIVE_LIES.items():
        changed = list(msgpack.Unpacker(BytesIO(data), raw=False, strict_map_key=False))
        lie(changed, told)
        assert archive_verdict(b"".join(map(msgpack.packb, changed)), net.genesis.raw), name


def test_reexecution_from_genesis_follows_the_sets(net: Network) -> None:
    genesis = load_genesis(net.genesis.raw, net.registry)
    state, head = MemoryState(), genesis.head()
    for block, note in zip(net.blocks, net.notes, strict=True):
        made = reexecute(head, state, CertifiedBlock(note, block.leaves, {}), net.registry, genesis)
        assert made.head == block.head
        state.apply(made)
        head = made.head
    assert dict(state.values) == dict(net.state.values)


def test_reexecution_refuses_a_certificate_of_the_set_before(net: Network) -> None:
    genesis = load_genesis(net.genesis.raw, net.registry)
    state, head = MemoryState(), genesis.head()
    first = set_history(snapshot(net))[2][0]
    for block, note in zip(net.blocks[: first - 1], net.notes, strict=False):
        made = reexecute(head, state, CertifiedBlock(note, block.leaves, {}), net.registry, genesis)
        state.apply(made)
        head = made.head
    block = net.blocks[first - 1]
    names = [f"linxin/test/{name}" for name in ("farm", "hub", "inspector", "mill")]
    lines = [cosign(key_of(f"node {name.rpartition('/')[2]}"), name, block.text, 1_790_000_000) for name in names]
    with pytest.raises(ReplayError):
        reexecute(
            head, state, CertifiedBlock(assemble_note(block.text, lines), block.leaves, {}), net.registry, genesis
        )
