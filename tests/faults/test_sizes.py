"""A network of one takes in a second validator and lets it go again, by the commands that an operator gives."""

from pathlib import Path
from typing import Any

import pytest

from cli import processes
from cli.evidence import fetch_key_proof
from cli.evidence_releases import sets_of
from cli.modules import standard_registry
from ledger.certificate import verify_certificate
from ledger.genesis import load_genesis
from tests.faults import impatient_node
from tests.faults.cluster import Cluster, eventually, linxin
from tests.faults.impatient_node import FAR_BEHIND_BLOCKS

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("sizes")]

WITHIN_S = 40.0


def governance(cluster: Cluster, *words: str, key: str = "platform") -> dict[str, Any]:
    return linxin("governance", *words, "--key", key, "--network", str(cluster.root))


def members(cluster: Cluster) -> list[str]:
    found = linxin("network", "status", str(cluster.root), status=None)["validators"]
    assert isinstance(found, list)
    return found


def test_one_two_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "one"
    linxin("network", "init", str(root), "--name", "one", "--validators", "1", "--parameter", "empty_block_ms=100")
    cluster = Cluster(root)
    try:
        cluster.start("platform")
        eventually(lambda: cluster.height() > FAR_BEHIND_BLOCKS + 10, WITHIN_S, "the chain has some length")
        join_far_behind(cluster, monkeypatch)
        promoted = governance(cluster, "propose", "promote", "farm")
        assert promoted["status"] == "passed", "the one organisation decides alone"
        eventually(lambda: members(cluster) == ["farm", "platform"], WITHIN_S, "two certify")
        together = cluster.height() + 5
        eventually(lambda: cluster.height() > together, WITHIN_S, "two go on")

        removal = governance(cluster, "propose", "remove", "farm")
        assert removal["status"] == "open", "two decide together"
        assert governance(cluster, "vote", str(removal["number"]), "yes", key="farm")["status"] == "passed"
        assert cluster.ended("farm") == 0, "it stops by itself"
        cluster.gone.add("farm")
        assert members(cluster) == ["platform"]
        goal = cluster.height() + 5
        eventually(lambda: cluster.height() > goal, WITHIN_S, "the one goes on alone")
        sets_are_proven(cluster, {1: 1, together: 2, goal: 1})
        assert set(cluster.end().values()) == {0}
    finally:
        cluster.kill_all()


def join_far_behind(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes late takes an archive from the endpoints that `add-validator` has written into its settings."""
    made = linxin("network", "add-validator", str(cluster.root), "--organisation", "farm", "--id", "farm")
    keys = ("--public-key", made["public_key"], "--possession", made["possession"], "--address", made["address"])
    assert governance(cluster, "propose", "add", "farm", "--organisation", "farm", *keys)["status"] == "passed"
    with monkeypatch.context() as patch:
        patch.setattr(processes, "node_program", lambda: str(impatient_node.__file__))
        cluster.start("farm")
    eventually(lambda: "took the ledger over" in cluster.said("farm"), WITHIN_S, "it takes an archive")
    cluster.caught_up("farm")


def sets_are_proven(cluster: Cluster, sizes: dict[int, int]) -> None:
    """Any proof file tells who certified which height, as the judging of releases needs it."""
    genesis = load_genesis(cluster.opened.genesis_bytes(), standard_registry())
    sets = sets_of(genesis, fetch_key_proof(cluster.opened, "platform"))
    for height, size in sizes.items():
        note = linxin("block", str(height), "--network", str(cluster.root))["note"]
        assert verify_certificate(note, sets(height)).height == height
        assert len(sets(height)) == size
