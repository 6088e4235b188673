"""`linxin gateway`: start, status, stop; and that what is wrong is told."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.demo import cast
from client.network_directory import NetworkDirectory
from tests.gateway.serving import free_port, get

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("gateway")]


def linxin(*arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "gateway", *arguments, "--json"],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    document: dict[str, Any] = json.loads(ran.stdout)
    assert document["ok"] == (ran.returncode == 0)
    return document


def test_it_starts_answers_and_stops(network: NetworkDirectory) -> None:
    root, port = str(network.root), free_port()
    assert not linxin("status", "--network", root)["ok"]
    started = linxin("start", root, "--port", str(port))
    try:
        assert started["url"] == f"http://127.0.0.1:{port}"
        assert get(f"{started['url']}/b/{cast.TRACE_CODE}").status == 200
        assert linxin("status", "--network", root)["pid"] == started["pid"]
        again = linxin("start", root, "--port", str(free_port()))
        assert "already" in again["error"]["message_en"]
    finally:
        assert linxin("stop", "--network", root)["stopped"]
    assert not linxin("stop", "--network", root)["stopped"]


def test_a_folder_that_is_no_network_is_told(tmp_path: Path) -> None:
    failed = linxin("start", str(tmp_path))
    assert "network.toml" in failed["error"]["message_en"]
