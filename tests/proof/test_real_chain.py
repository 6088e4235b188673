"""Proofs, archives and timelines of a chain made by the real rules and kept in the real store."""

from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
import pytest

from client.verify import verify_proof
from ledger.errors import Refusal
from ledger.modules.trace.state import lots
from ledger.proof import (
    BoundsReversed,
    CodeUnknown,
    LeafUnknown,
    NothingFinal,
    SubjectUnknown,
    prove_consistency,
    prove_journal,
    prove_journey,
    prove_leaf,
    prove_value,
)
from ledger.storage.archive import export_archive
from ledger.storage.level import LevelStore
from tests.proof.kept import Kept
from tests.proof.test_mutations import standalone
from tests.trace.world import Closure


def check_both(proof: bytes, genesis: bytes) -> Any:
    verified = verify_proof(proof, genesis)
    found = standalone.verify_proof(proof, standalone.Genesis(genesis))
    assert (found["height"], found["signers"]) == (verified.checkpoint.height, list(verified.signers))
    assert found["subjects"] == list(verified.sections)
    return verified


def test_a_journey_by_its_code_is_whole(told: tuple[Kept, str]) -> None:
    world, pack = told
    row = lots.get(world.context(), pack)
    assert row is not None
    verified = check_both(prove_journey(world.keep(), code=row.code), world.genesis.raw)
    expected = Closure(world).walk(f"lot:{pack}")
    assert set(verified.sections) == set(expected.ranges)
    for subject, section in verified.sections.items():
        assert [record.tag for record in section.records] == expected.tags(subject), subject
    assert verified.sections[f"lot:{pack}"].is_whole


def test_journal_value_and_leaf_proofs(told: tuple[Kept, str]) -> None:
    world, pack = told
    snapshot, genesis = world.keep(), world.genesis.raw
    whole = check_both(prove_journal(snapshot, "vehicle:truck-1"), genesis).sections["vehicle:truck-1"]
    assert whole.is_whole
    times = [record.time_ms for record in whole.records]
    part = check_both(prove_journal(snapshot, "vehicle:truck-1", times[2], times[4]), genesis)
    inside = [record for record in whole.records if times[2] <= record.time_ms <= times[4]]
    assert list(part.sections["vehicle:truck-1"].records) == inside
    key = f"trace/lot/{pack}"
    assert check_both(prove_value(snapshot, key), genesis).claim.value == snapshot.get(key.encode())
    assert check_both(prove_value(snapshot, "trace/lot/none"), genesis).claim.value is None
    for index in (0, 1, len(world.leaves) // 2, len(world.leaves) - 1):
        (record,) = check_both(prove_leaf(snapshot, index), genesis).records
        assert record.leaf_hash == snapshot.log_node(0, index)
    assert len(prove_consistency(snapshot, 7)) >= 1


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda snapshot: prove_journey(snapshot, code="NONE"), CodeUnknown),
        (lambda snapshot: prove_journey(snapshot, subject="lot:none"), SubjectUnknown),
        (lambda snapshot: prove_journey(snapshot, subject="zebra:none"), SubjectUnknown),
        (lambda snapshot: prove_journal(snapshot, "lot"), SubjectUnknown),
        (lambda snapshot: prove_journal(snapshot, "vehicle:truck-1", 5, 4), BoundsReversed),
        (lambda snapshot: prove_leaf(snapshot, 10**9), LeafUnknown),
        (lambda snapshot: prove_leaf(snapshot, -1), LeafUnknown),
        (lambda snapshot: prove_consistency(snapshot, 10**9), LeafUnknown),
    ],
)
def test_what_cannot_be_proven_is_refused(told: tuple[Kept, str], ask: Any, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal) as caught:
        ask(told[0].keep())
    assert str(caught.value)


def test_nothing_is_proven_before_the_first_block(tmp_path: Path, told: tuple[Kept, str]) -> None:
    genesis = told[0].genesis
    store = LevelStore.open(tmp_path / "new", genesis.chain_id, genesis.head())
    with pytest.raises(NothingFinal):
        prove_value(store.snapshot(), "trace/lot/x")
    store.close()


def archive(world: Kept, *, full: bool) -> bytes:
    return b"".join(export_archive(world.keep(), world.genesis.raw, full=full))


def archive_verdict(data: bytes, genesis: bytes) -> str:
    try:
        standalone.verify_archive(BytesIO(data), standalone.Genesis(genesis))
    except standalone.Wrong as wrong:
        return str(wrong.kind)
    return ""


@pytest.mark.parametrize("full", [False, True])
def test_the_standalone_verifier_accepts_the_real_archive(told: tuple[Kept, str], *, full: bool) -> None:
    world, _ = told
    found = standalone.verify_archive(BytesIO(archive(world, full=full)), standalone.Genesis(world.genesis.raw))
    assert found["records"] == len(world.leaves)
    assert found["height"] == world.head.height
    assert "not run again" in found["not checked"]


def objects(data: bytes) -> list[Any]:
    return list(msgpack.Unpacker(BytesIO(data), raw=False, strict_map_key=False))


def hidden_row(parts: list[Any]) -> Any:
    """An entry of the state that brings its restricted row."""
    return next(entry for part in parts if part[0] == "state" for entry in part[1] if len(entry) == 3)


ARCHIVE_LIES: dict[str, tuple[Any, str]] = {
    "block-left-out": (lambda a: a.pop(5), "block"),
    "first-block-left-out": (lambda a: a.pop(1), "block"),
    "blocks-swapped": (lambda a: a.__setitem__(slice(4, 6), [a[5], a[4]]), "block"),
    "last-blocks-left-out": (lambda a: a.__delitem__(slice(-4, -2)), "journal"),
    "leaf-left-out": (lambda a: a[6][2].pop(0), "block"),
    "leaf-repeated": (lambda a: a[6][2].insert(0, a[6][2][0]), "block"),
    "header-left-out": (lambda a: a[6][2].pop(), "block"),
    "restricted-left-out": (lambda a: a[-3][3].clear(), "block"),
    "restricted-changed": (lambda a: a[-3][3].update({0: b"x" * 40}), "block"),
    "restricted-added": (lambda a: a[4][3].update({0: b"x" * 40}), "block"),
    "called-public": (lambda a: a[0].__setitem__(1, "public"), "block"),
    "scope-unknown": (lambda a: a[0].__setitem__(1, "private"), "encoding"),
    "genesis-changed": (lambda a: a[0].__setitem__(2, a[0][2] + b" "), "chain"),
    "value-changed": (lambda a: a[-2][1][0].__setitem__(1, b"\x00"), "state"),
    "value-left-out": (lambda a: (a[-2][1].pop(0), a[-1].__setitem__(2, a[-1][2] - 1)), "state"),
    "value-added": (
        lambda a: (a[-2][1].append([b"zz/z/z", b"\x00"]), a[-1].__setitem__(2, a[-1][2] + 1)),
        "state",
    ),
    "restricted-row-changed": (lambda a: hidden_row(a).__setitem__(2, b"x" * 40), "state"),
    "restricted-row-added": (lambda a: a[-2][1][0].append(b"x" * 40), "state"),
    "restricted-row-in-public": (
        lambda a: (a[0].__setitem__(1, "public"), [one[3].clear() for one in a if isinstance(one[0], int)]),
        "encoding",
    ),
    "values-swapped": (lambda a: a[-2][1].__setitem__(slice(0, 2), [a[-2][1][1], a[-2][1][0]]), "state"),
    "end-left-out": (lambda a: a.pop(), "encoding"),
    "end-of-another-height": (lambda a: a[-1].__setitem__(1, 3), "encoding"),
    "something-after-the-end": (lambda a: a.append(["end", 1, 1]), "encoding"),
    "state-before-blocks": (lambda a: a.insert(1, a.pop(-2)), "encoding"),
}


@pytest.mark.parametrize("name", ARCHIVE_LIES)
def test_the_standalone_verifier_refuses_a_changed_archive(told: tuple[Kept, str], name: str) -> None:
    world, _ = told
    change, kind = ARCHIVE_LIES[name]
    parts = objects(archive(world, full=True))
    change(parts)
    assert archive_verdict(b"".join(map(msgpack.packb, parts)), world.genesis.raw) == kind


def test_an_archive_with_any_byte_changed_is_refused(told: tuple[Kept, str]) -> None:
    world, _ = told
    data = archive(world, full=True)
    for place in range(0, len(data), len(data) // 60):
        changed = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        assert archive_verdict(changed, world.genesis.raw), place
    assert archive_verdict(data[:-1], world.genesis.raw) == "encoding"
    assert archive_verdict(data + b"\xc0", world.genesis.raw) == "encoding"
