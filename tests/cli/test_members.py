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
from cli.processes import find_process

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


def test_with_two_down_it_waits_and_goes_on_when_one_is_back(root: str, tmp_path: Path) -> None:
    well = run("network", "status", root)
    assert (well["has_quorum"], well["waiting_for"], len(well["validators"])) == (True, [], 4)
    assert len(well["signed"]) >= well["quorum"] == 3
    assert [node["role"] for node in well["nodes"]].count("leader") == 1
    at = ("--key", "farm", "--network", root)
    kill(root, "hub")
    run("submit", site(tmp_path, "9521234000990"), *at)
    assert run("network", "status", root, status=1)["has_quorum"] is True
    kill(root, "platform")
    waiting = run("network", "status", root, status=3)
    assert (waiting["has_quorum"], waiting["waiting_for"]) == (False, ["hub", "platform"])
    later = site(tmp_path, "9521234000983")
    told = run("submit", later, *at, "--timeout", "3", status=1)
    assert "waits for hub, platform" in told["error"]["message_en"]
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
