"""Nodes as processes: what counts as running, what is told when one does not start, what stopping touches."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cli.main import main
from cli.processes import PID_FILE, NodeFailure, _start_time, find_process, node_environment, stop_node

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("processes")]


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == status, result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture
def home(tmp_path: Path) -> Path:
    run("network", "init", str(tmp_path / "network"), "--validators", "1")
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


def test_what_an_earlier_run_said_is_not_told_again(home: Path) -> None:
    (home / "node.log").write_text("an old complaint\n")
    (home / "genesis.json").unlink()
    failed = run("network", "up", str(home.parent.parent), status=1)
    assert "genesis.json" in failed["error"]["message_en"]
    assert "old complaint" not in failed["error"]["message_en"]


def test_another_node_on_the_port_is_not_taken_for_ours(home: Path, tmp_path: Path) -> None:
    root, twin = home.parent.parent, tmp_path / "twin"
    shutil.copytree(root, twin)
    run("network", "up", str(root))
    try:
        failed = run("network", "up", str(twin), status=1)
        assert "cannot listen" in failed["error"]["message_en"]
        assert run("network", "down", str(twin))["stopped"] == []
    finally:
        run("network", "down", str(root))


def test_a_participant_without_a_node_asks_how_the_others_fare(home: Path, tmp_path: Path) -> None:
    root, part = home.parent.parent, tmp_path / "part"
    part.mkdir()
    for name in ("network.toml", "genesis.json", "ca.crt"):
        shutil.copy(root / name, part)
    [node] = run("network", "status", str(part), status=1)["nodes"]
    assert (node["name"], node["state"]) == ("-", "failing")
    run("network", "up", str(root))
    try:
        [node] = run("network", "status", str(part))["nodes"]
        assert (node["name"], node["state"], node["pid"]) == ("platform", "up", None)
        for command in ("down", "up"):
            assert "no node lies" in run("network", command, str(part), status=1)["error"]["message_en"]
        told = run("audit", "--home", str(home), "--genesis", str(part / "genesis.json"), status=1)["error"]
        assert "in use" in told["message_en"]
        assert "export" in told["remedy_en"]
    finally:
        run("network", "down", str(root))


def test_a_certificate_that_expired_is_told_and_issued_anew(home: Path) -> None:
    root = home.parent.parent
    expire(root, home / "tls" / "server.crt")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "node", "run", "--home", str(home)],
        env=node_environment(root / "passphrase"),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "certificate expired" in process.stderr.readline()
        assert "serving" in process.stderr.readline()
        [told] = run("network", "status", str(root), status=1)["nodes"]
        assert (told["state"], "certificate has expired" in told["problem"]) == ("failing", True)
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0
    made = run("network", "certificate", str(root), "--host", "farm.example", "--host", "10.0.0.7")
    assert made["hosts"] == ["farm.example", "10.0.0.7", "127.0.0.1", "localhost"]
    run("network", "up", str(root))
    assert run("network", "status", str(root))["nodes"][0]["state"] == "up"
    run("network", "down", str(root))
    wrong = ("--authority-key", str(home / "tls" / "server.key"))
    assert "ca.key" in run("network", "certificate", str(root), *wrong, status=1)["error"]["remedy_en"]
    assert "platform" in run("network", "certificate", str(root), "--node", "farm", status=1)["error"]["remedy_en"]


def expire(root: Path, certificate: Path) -> None:
    """The same certificate again, issued by the network's authority, but over since 2020."""
    authority = x509.load_pem_x509_certificate((root / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((root / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    old = x509.load_pem_x509_certificate(certificate.read_bytes())
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), old.serial_number)
    builder = builder.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2020, 1, 1, tzinfo=UTC)
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    issued = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    certificate.write_bytes(issued.public_bytes(pem) + authority.public_bytes(pem))


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
