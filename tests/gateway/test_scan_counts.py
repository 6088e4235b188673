"""A real gateway before a real node: opened pages are counted, kept over a restart, stated once the day is over."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from cli.demo import cast
from client.connection import Connection
from client.network_directory import NetworkDirectory
from client.scans import date_of, day_of
from client.wallet import load_key
from gateway.scans import Scans, ScanSettings
from gateway.scans.book import FILE
from tests.cli.trading import runner
from tests.gateway.serving import get, running_gateway

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("page")]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile MicroMessenger/8.0"
WAIT_S_MAX = 60.0


def until(what: Callable[[], object]) -> None:
    """Wait for what happens within seconds."""
    deadline = time.monotonic() + WAIT_S_MAX
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def metric(url: str, name: str) -> float:
    """The value of one line of the gateway's metrics; 0 where it is not there."""
    lines = get(f"{url}/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def kept(folder: Path) -> dict[str, Any]:
    """The file of counts."""
    found: dict[str, Any] = json.loads((folder / FILE).read_bytes())["days"]
    return found


def test_counted_kept_and_stated_once(network: NetworkDirectory, tmp_path: Path) -> None:
    today = day_of(time.time_ns() // 1_000_000)
    options = ("--scans-key", "platform", "--scans-name", "main", "--scans-folder", str(tmp_path))
    with running_gateway(network, *options) as url:
        page = f"{url}/b/{cast.TRACE_CODE}"
        for agent in (PHONE, PHONE, PHONE + " NetType/4G", "curl/8.5.0"):
            assert get(page, User_Agent=agent).status == 200
        get(page, User_Agent=PHONE + " 2", Sec_Purpose="prefetch")
        assert metric(url, "linxin_gateway_scans_total") == 2
    (lot,) = kept(tmp_path)[str(today)]
    assert kept(tmp_path)[str(today)] == {lot: {"": 2}}
    assert not any(word in (tmp_path / FILE).read_text("utf-8") for word in ("127.0.0.1", "iPhone"))
    # What a gateway leaves that was stopped before midnight.
    (tmp_path / FILE).write_text(json.dumps({"days": {str(today - 1): {lot: {"": 5}}, str(today): {lot: {"": 2}}}}))
    with running_gateway(network, *options) as url:
        until(lambda: metric(url, 'linxin_gateway_scan_statements_total{result="stated"}') == 1)
        get(f"{url}/b/{cast.TRACE_CODE}", User_Agent=PHONE)
    assert kept(tmp_path) == {str(today): {lot: {"": 3}}}, "the rest of today goes on from what was kept"
    (tmp_path / FILE).write_text(json.dumps({"days": {str(today - 1): {lot: {"": 9}}}}))
    with running_gateway(network, *options) as url:
        until(lambda: metric(url, 'linxin_gateway_scan_statements_total{result="stated_before"}') == 1)
    check_read_back(network, tmp_path, today - 1, lot)


async def test_what_the_ledger_refuses_is_tried_again_late_and_told_once(
    network: NetworkDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.scans.scans.LOOK_S", 0.02)
    today = day_of(time.time_ns() // 1_000_000)
    lost = {str(today - back): {f"09521234000259/LOST-{back}": {"": 5}} for back in (1, 2)}
    (tmp_path / FILE).write_text(json.dumps({"days": lost}))
    key = load_key(network.key_file("platform"), network.passphrase())
    registry = CollectorRegistry()
    scans = Scans(ScanSettings(key, "lost", tmp_path), registry, behind_proxy=False)

    def tries() -> float | None:
        return registry.get_sample_value("linxin_gateway_scan_statements_total", {"result": "refused"})

    async with Connection.to(network) as connection, scans.running(connection):
        await asyncio.to_thread(until, lambda: tries() == 2)
        await asyncio.sleep(1)  # fifty looks
        assert tries() == 2
    told = [record.getMessage() for record in caplog.records if record.name == "gateway.scans.scans"]
    assert len(told) == 2
    assert all("LOST" in line and "refused" in line for line in told)
    assert lost.items() <= kept(tmp_path).items(), "nothing is given up"


def check_read_back(network: NetworkDirectory, folder: Path, day: int, lot: str) -> None:
    """The operator reads what was stated first, with a proof that stands alone."""
    run = runner(network.root)
    told = run("gateway", "scans", "--day", date_of(day).isoformat(), "--proofs", str(folder / "proofs"))
    (statement,) = told["statements"]
    assert (told["scans"], statement["gateway"], statement["organisation"]) == (5, "main", "platform")
    assert statement["counts"] == [{"lot": lot, "community": None, "scans": 5}]
    run("verify", str(folder / "proofs" / statement["proof"]), "--genesis", str(network.root / "genesis.json"))
    recorded = run("transaction", statement["transaction_id"])
    assert "trace.state_scans" in json.dumps(recorded)
    assert run("gateway", "scans", "--day", "2020-01-01")["statements"] == []
    run("gateway", "scans", "--day", "yesterday", status=1)
