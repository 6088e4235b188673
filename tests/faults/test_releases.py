"""Validators that a faulty build has split go on by `linxin node release`, as an operator does it."""

from pathlib import Path
from typing import Any

import pytest

from cli import processes
from client.wallet import load_key
from consensus.evidence import encode_evidence, equivocal_cosignatures
from consensus.release import read_notes
from consensus.storage.evidence import EvidenceBook
from consensus.storage.files import OsDirectory
from ledger.block import validator_id
from ledger.crypto.checkpoint import assemble_note, checkpoint_hash, cosign, parse_checkpoint, parse_note
from tests.faults import faulty_node
from tests.faults.cluster import Cluster, eventually, linxin
from tests.faults.faulty_node import FIRST_WRONG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("releases")]

WITHIN_S = 40.0


def release(cluster: Cluster, *words: str, node: str, status: int = 0) -> dict[str, Any]:
    """A `linxin node release` command on a node's home."""
    return linxin("node", "release", *words, "--home", str(cluster.home(node)), status=status)


def test_one_against_one_go_on_with_mended_software(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "two"
    linxin("network", "init", str(root), "--name", "two", "--validators", "2", "--parameter", "empty_block_ms=200")
    cluster = Cluster(root)
    sound, faulty = cluster.ids
    file = tmp_path / "two.release"
    try:
        with monkeypatch.context() as patch:
            patch.setattr(processes, "node_program", lambda: str(faulty_node.__file__))
            cluster.launch(faulty)
        cluster.launch(sound)
        agreed, wrong = stop_diverged(cluster, sound, faulty)
        sign_by_both(cluster, file, agreed, sound, faulty)
        applied = release(cluster, "apply", str(file), node=faulty)
        assert applied["released"][faulty][0]["height"] == FIRST_WRONG
        cluster.start(sound, faulty)
        goal = FIRST_WRONG + 5
        eventually(lambda: min(said.height for said in cluster.statuses().values()) >= goal, WITHIN_S, "it goes on")
        assert linxin("block", str(FIRST_WRONG), "--network", str(root))["note"].startswith(agreed)
        assert set(cluster.end().values()) == {0}
    finally:
        cluster.kill_all()
    refused = release(cluster, "apply", str(file), node=faulty, status=1)
    assert "has a certificate" in refused["error"]["message_en"]
    nobody_is_accused(cluster, Path(applied["file"]), faulty, agreed, wrong)


def stop_diverged(cluster: Cluster, sound: str, faulty: str) -> tuple[str, str]:
    """Wait until one has seen that they diverged, and stop the other; the texts of both."""
    eventually(lambda: not (cluster.runs(sound) and cluster.runs(faulty)), WITHIN_S, "one stops")
    for node in (sound, faulty):
        if cluster.runs(node):
            cluster.stop(node)
        else:
            assert cluster.ended(node) == 1
            assert "signed another checkpoint" in cluster.said(node)
    notes = [parse_note(note) for path in left(cluster) for note in read_notes(path.read_text())]
    at_height = [note for note in notes if parse_checkpoint(note.text).height == FIRST_WRONG]
    texts = {validator_id(each.name): note.text for note in at_height for each in note.signatures}
    return texts[sound], texts[faulty]


def left(cluster: Cluster) -> list[Path]:
    """What nodes wrote down when they stopped."""
    return [path for node in cluster.ids for path in cluster.home(node).glob(f"divergence-{FIRST_WRONG}.txt")]


def sign_by_both(cluster: Cluster, file: Path, agreed: str, sound: str, faulty: str) -> None:
    notes = [word for path in left(cluster) for word in ("--notes", str(path))]
    hashed = checkpoint_hash(agreed).hex()
    asked = release(cluster, "make", str(file), *notes, node=sound, status=1)
    assert hashed[:16] in asked["error"]["message_en"], "without a choice it shows the sides"
    words = ("--agreed", hashed[:12], "--reason", "1.0.1 is right")
    made = release(cluster, "make", str(file), *notes, *words, node=sound)
    assert (made["height"], made["signers"], made["whole"]) == (FIRST_WRONG, [], False)
    refused = release(cluster, "apply", str(file), node=faulty, status=1)
    assert "0 of 2 validators have signed" in refused["error"]["message_en"]
    assert "有 0 个" in refused["error"]["message_zh"]
    assert not release(cluster, "sign", str(file), node=sound)["whole"]
    assert release(cluster, "sign", str(file), node=faulty)["whole"]
    assert release(cluster, "show", str(file), node=sound)["signers"] == sorted((sound, faulty))


def nobody_is_accused(cluster: Cluster, kept: Path, faulty: str, agreed: str, wrong: str) -> None:
    """Both signatures together are proof, but with the release."""
    key = load_key(cluster.home(faulty) / "validator.key", cluster.opened.passphrase())
    notes = [assemble_note(text, [cosign(key, f"linxin/two/{faulty}", text, 1)]) for text in (agreed, wrong)]
    evidence = equivocal_cosignatures(*notes)
    file = kept.with_name("both.evidence")
    file.write_bytes(encode_evidence(evidence))
    words = ("evidence", "verify", str(file), "--genesis", str(cluster.opened.genesis))
    assert linxin(*words)["culprit"] == faulty
    excused = linxin(*words, "--release", str(kept), status=1)
    assert "no breach of faith" in excused["error"]["message_en"]
    assert "1.0.1 is right" in excused["error"]["remedy_en"]
    directory = OsDirectory(cluster.home(faulty) / "data" / "evidence")
    EvidenceBook(directory).keep(evidence)
    directory.close()
    [listed] = linxin("evidence", "list", "--network", str(cluster.root))["evidence"]
    assert (listed["culprit"], listed["released"]) == (faulty, True)
    out = kept.with_name("exported")
    exported = linxin("evidence", "export", listed["id"], str(out), "--network", str(cluster.root))
    assert exported["release"] == f"{out}.release"
    beside = linxin("evidence", "verify", str(out), "--genesis", str(cluster.opened.genesis), status=1)
    assert "no breach of faith" in beside["error"]["message_en"]
