"""Nodes as processes: what counts as running, what is told when one does not start, what stopping touches."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.processes import PID_FILE, NodeFailure, _start_time, find_process, stop_node

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("processes")]


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == status, result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture
def home(tmp_path: Path) -> Path:
    run("network", "init", str(tmp_path / "network"))
    return tmp_path / "network" / "nodes" / "platform"


def test_a_number_used_again_is_not_our_node(tmp_path: Path) -> None:
    mine = os.getpid()
    (tmp_path / PID_FILE).write_text(f"{mine} {_start_time(mine)}\n")
    running = find_process(tmp_path)
    assert running is not None
    assert running.pid == mine
    for text in (f"{mine} 1\n", f"{mine}\n", "", "x y\n", "999999999 5\n"):
        (tmp_path / PID_FILE).write_text(text)
        assert find_process(tmp_path) is None, text


def test_down_leaves_a_stranger_with_an_old_number_alone(home: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        (home / PID_FILE).write_text(f"{stranger.pid} 1\n")
        assert run("network", "down", str(home.parent.parent))["stopped"] == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.communicate()


def test_a_node_that_cannot_start_says_why(home: Path) -> None:
    (home / "genesis.json").write_text("{}")
    failed = run("network", "up", str(home.parent.parent), status=1)
    assert "genesis" in failed["error"]["message_en"]
    assert find_process(home) is None


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    host, _, port = run("network", "status", str(home.parent.parent), status=1)["nodes"][0]["endpoint"].partition(":")
    with socket.create_server((host, int(port))):
        failed = run("network", "up", str(home.parent.parent), status=1)
    assert port in failed["error"]["message_en"]


def test_a_killed_node_comes_up_again_and_stops_cleanly(home: Path) -> None:
    root = str(home.parent.parent)
    first = run("network", "up", root)["nodes"][0]["pid"]
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert find_process(home) is None
    second = run("network", "up", root)["nodes"][0]["pid"]
    assert second != first
    assert run("network", "down", root)["stopped"] == ["platform"]
    assert "stopped" in (home / "node.log").read_text().splitlines()[-1]
    assert not (home / PID_FILE).exists()


def test_a_node_that_does_not_stop_is_told(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.processes.STOP_S_MAX", 0.3)
    deaf = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        (home / PID_FILE).write_text(f"{process.pid} {_start_time(process.pid)}\n")
        running = find_process(home)
        assert running is not None
        with pytest.raises(NodeFailure, match=r"has not stopped within 0 seconds") as told:
            stop_node(running)
        assert "kill -9" in told.value.remedy_en
    finally:
        process.kill()
        process.communicate()
