"""Several validators as processes: with two down it waits, with one back it goes on; validators come and go by vote."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.modules import standard_registry
from cli.processes import find_process
from client.network_directory import open_network
from client.wallet import load_key
from consensus.evidence import equivocal_cosignatures, evidence_id
from consensus.storage.evidence import EvidenceBook
from consensus.storage.files import OsDirectory
from ledger.crypto.checkpoint import Checkpoint, assemble_note, cosign
from ledger.genesis import load_genesis

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("members")]


TAKES_EFFECT_S_MAX = 60.0


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == status, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = str(tmp_path_factory.mktemp("members") / "network")
    # Blocks without records come often here, since a change of the set takes effect some heights after its vote.
    run("network", "init", made, "--parameter", "empty_block_ms=500")
    run("network", "up", made)
    yield made
    run("network", "down", made)


def kill(root: str, *nodes: str) -> None:
    for node in nodes:
        process = find_process(Path(root) / "nodes" / node)
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        os.waitpid(process.pid, 0)


def site(tmp_path: Path, number: str) -> str:
    path = tmp_path / f"{number}.json"
    action = {"action": "trace.register_site", "site": number, "name_zh": "店", "name_en": "Shop"}
    path.write_text(json.dumps(action), encoding="utf-8")
    return str(path)


def vote(root: str, number: int, *organisations: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for organisation in organisations:
        said = run("governance", "vote", str(number), "yes", "--key", organisation, "--network", root)
    return said


def wait_for_quorum(root: str) -> None:
    """The nodes that run find each other within seconds of a start."""
    deadline = time.monotonic() + TAKES_EFFECT_S_MAX
    while True:
        told = CliRunner().invoke(main, ["network", "status", root, "--json"], catch_exceptions=False)
        if json.loads(told.stdout)["has_quorum"]:
            return
        assert time.monotonic() < deadline, told.stdout


def test_with_two_down_it_waits_and_goes_on_when_one_is_back(root: str, tmp_path: Path) -> None:
    well = run("network", "status", root)
    assert (well["has_quorum"], well["waiting_for"], len(well["validators"])) == (True, [], 4)
    assert len(well["signed"]) >= well["quorum"] == 3
    assert [node["role"] for node in well["nodes"]].count("leader") == 1
    at = ("--key", "farm", "--network", root)
    assert well["has_reserve"] is True
    assert run("network", "down", root, "--node", "hub")["stopped"] == ["hub"]
    run("submit", site(tmp_path, "9521234000990"), *at)
    without_hub = run("network", "status", root, status=1)
    assert (without_hub["has_quorum"], without_hub["has_reserve"]) == (True, False)
    kill(root, "platform")
    waiting = run("network", "status", root, status=3)
    assert (waiting["has_quorum"], waiting["waiting_for"]) == (False, ["hub", "platform"])
    later = site(tmp_path, "9521234000983")
    told = run("submit", later, *at, "--timeout", "3", status=1)
    assert "waits for hub, platform" in told["error"]["message_en"]
    assert [node["name"] for node in run("network", "up", root, "--node", "hub")["nodes"]] == ["hub"]
    assert "farm, hub" in run("network", "up", root, "--node", "huub", status=1)["error"]["remedy_en"]
    wait_for_quorum(root)
    run("network", "up", root)
    run("submit", site(tmp_path, "9521234000976"), *at)
    assert run("network", "status", root)["has_quorum"] is True


def test_a_validator_joins_and_leaves_by_vote(root: str) -> None:
    made = run("network", "add-validator", root, "--organisation", "warehouse", "--id", "warehouse")
    assert "linxin governance propose add warehouse" in made["next"][0]
    add = ("governance", "propose", "add", "warehouse", "--organisation", "warehouse", "--address", made["address"])
    keys = ("--public-key", made["public_key"], "--possession", made["possession"])
    number = run(*add, *keys, "--key", "farm", "--network", root)["number"]
    assert vote(root, number, "hub", "platform")["status"] == "passed"
    run("network", "up", root)
    listed = {each["id"]: each["status"] for each in run("governance", "list", "--network", root)["validators"]}
    assert listed["warehouse"] == "learner"
    promoted = run("governance", "propose", "promote", "warehouse", "--key", "farm", "--network", root)
    assert vote(root, promoted["number"], "hub", "platform")["status"] == "passed"
    wait_for_members(root, ["farm", "hub", "inspector", "platform", "warehouse"])
    leaving = run("governance", "propose", "remove", "warehouse", "--key", "farm", "--network", root)["number"]
    assert run("governance", "show", str(leaving), "--network", root)["yes"] == ["farm"]
    told = CliRunner().invoke(main, ["governance", "show", str(leaving), "--network", root]).stdout
    assert "4 validators, quorum 3: it survives 1 down" in told, "what the vote would make of the network"
    assert vote(root, leaving, "hub", "platform", "inspector")["status"] == "passed"
    wait_for_members(root, ["farm", "hub", "inspector", "platform"])


def wait_for_members(root: str, members: list[str]) -> None:
    found: list[str] = []
    deadline = time.monotonic() + TAKES_EFFECT_S_MAX
    while found != members:
        assert time.monotonic() < deadline, found
        result = CliRunner().invoke(main, ["network", "status", root, "--json"], catch_exceptions=False)
        found = json.loads(result.stdout)["validators"]


def test_a_key_is_rotated_step_by_step(root: str) -> None:
    steps: list[str] = []
    deadline = time.monotonic() + TAKES_EFFECT_S_MAX
    while steps[-1:] != ["done"]:
        assert time.monotonic() < deadline, steps
        told = run("network", "rotate", root, "inspector")
        if not steps or steps[-1] != told["step"]:
            steps.append(told["step"])
        if told["step"] == "voting":
            vote(root, told["proposal"], "hub", "platform")
    assert steps[0] == "voting"
    assert not (Path(root) / "nodes" / "inspector").exists()
    assert (Path(root) / "retired" / "inspector" / "validator.key").exists(), "the operator destroys it"
    wait_for_members(root, ["farm", "hub", "inspector-2", "platform"])
    [ended] = [
        each
        for each in run("governance", "list", "--all", "--network", root)["validators"]
        if each["id"] == "inspector"
    ]
    assert ended["status"] == "retired"


def test_an_observer_follows_from_genesis_and_answers_reads(root: str, tmp_path: Path) -> None:
    run("network", "add-observer", root)
    run("network", "add-observer", root, "--id", "audit", "--key", "auditor")
    run("network", "up", root)
    now = ["farm", "hub", "inspector-2", "platform"]
    nodes: dict[str, Any] = {}
    deadline = time.monotonic() + TAKES_EFFECT_S_MAX
    while nodes.get("audit", {}).get("validators") != now:
        assert time.monotonic() < deadline, "it follows every handover"
        nodes = {node["name"]: node for node in run("network", "status", root)["nodes"]}
    assert nodes["warehouse"]["state"] in ("up", "retired"), "started again, one that has left stops by itself"
    assert nodes["observer"]["role"] == nodes["audit"]["role"] == "observer"
    assert nodes["observer"]["height"] > 0
    run("submit", site(tmp_path, "9521234000969"), "--key", "farm", "--network", root)


def test_who_has_left_is_not_started_again(root: str) -> None:
    home, deadline = Path(root) / "nodes" / "warehouse", time.monotonic() + TAKES_EFFECT_S_MAX
    while find_process(home) is not None:
        assert time.monotonic() < deadline, "it stops by itself"
        time.sleep(0.2)
    assert "warehouse" not in [node["name"] for node in run("network", "up", root)["nodes"]]
    assert find_process(home) is None


def test_evidence_against_one_who_joined_later_carries_the_proof_of_its_key(root: str, tmp_path: Path) -> None:
    opened = open_network(Path(root))
    genesis = load_genesis(opened.genesis_bytes(), standard_registry())
    liar = load_key(opened.root / "nodes" / "inspector-2" / "validator.key", opened.passphrase())
    notes = []
    for size in (20, 21):
        hashes = [digit * 32 for digit in (b"\x01", b"\x02", b"\x03", b"\x04")]
        text = Checkpoint(genesis.origin, size, hashes[0], 7, 1_700_000_000_000, *hashes[1:]).text()
        notes.append(assemble_note(text, [cosign(liar, genesis.cosigner_name("inspector-2"), text, 1_700_000_000)]))
    found = equivocal_cosignatures(*notes)
    directory = OsDirectory(opened.root / "nodes" / "warehouse" / "data" / "evidence")
    EvidenceBook(directory).keep(found)
    directory.close()
    [listed] = run("evidence", "list", "--network", root)["evidence"]
    assert (listed["culprit"], listed["kept_by"]) == ("inspector-2", ["warehouse"])
    file = tmp_path / "inspector.evidence"
    exported = run("evidence", "export", evidence_id(found)[:12], str(file), "--network", root)
    key_proof = Path(exported["key_proof"])
    assert key_proof == tmp_path / "inspector.evidence.key-proof"
    verify = ("evidence", "verify", str(file), "--genesis", str(opened.genesis))
    judged = run(*verify)
    assert (judged["culprit"], judged["public_key"]) == ("inspector-2", liar.public_key.hex())
    proof = key_proof.read_bytes()
    for changed in (proof[:-1], proof.replace(liar.public_key, bytes(32)), b""):
        key_proof.write_bytes(changed)
        assert "proves nothing" in run(*verify, status=1)["error"]["message_en"]
    key_proof.unlink()
    assert "proves nothing" in run(*verify, status=1)["error"]["message_en"], "genesis does not name that key"
