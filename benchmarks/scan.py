"""What a scan costs: the journey page and the proof bundle of a batch with 200 records, and the time to verified.

    .venv/bin/python -m benchmarks.scan [--seconds N] [--rounds N] [--phones N] [--json]

Four validators and one gateway as processes of this machine, the batch of `benchmarks/season.py`. `page` is the page;
`bundle` is what its browser verifies it with (the journey's proof and the rows beside it); `scan` is both, one
after the other on one connection, compressed as browsers ask for it. Cold: the first to ask after a block was
certified, one at a time, so a refreshed proof is fetched, verified and drawn. Warm: readers in a closed loop; the
gateway asks its node again whenever what it has is older than two seconds. Then headless Chromium as a phone of
360 points with its main thread slowed down four times: milliseconds from opening the address to the verdict, on a
first visit and on a later one with the service worker. Not slowed down are threads of the browser beside the page.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks import phone
from benchmarks.load import cpu_s, running_network
from benchmarks.readers import Reader, closed_loop, latencies
from benchmarks.record import record
from benchmarks.season import Season
from benchmarks.signers import Signers
from benchmarks.tables import show
from cli.demo.cast import TRACE_CODE, Calendar
from cli.homes import free_ports
from cli.output import Output
from cli.processes import own_environment
from client.network_directory import NetworkDirectory
from client.submit import Submitter
from client.verify import verify_proof
from gateway.settings import Settings

VALIDATORS, READERS, SLOWED = 4, 8, 4
PAGE = f"/b/{TRACE_CODE}"
BUNDLE = (f"{PAGE}/bundle",)
WHAT = {"page": (PAGE,), "bundle": BUNDLE, "scan": (PAGE, *BUNDLE)}
WEIGHT_KB_MAX, VERIFIED_MS_MAX = 150, 2_000
START_S_MAX = 60.0
STALE_S = Settings("").fresh_s + 0.2


def tell(network: NetworkDirectory) -> dict[str, Any]:
    """Record the batch; how many records its journey has, and how large its proof is."""
    telling = Season(Output(as_json=True), network, Calendar.before(time.time_ns() // 1_000_000))
    with Submitter.to(network) as submitter:
        telling.tell(submitter)
        proof = telling.fetch_proof(submitter)
    verified = verify_proof(proof, network.genesis_bytes())
    return {
        "records": len(verified.records),
        "journals": len(verified.sections),
        "proof_kb": round(len(proof) / 1000, 1),
    }


@contextmanager
def gateway(network: NetworkDirectory, port: int) -> Iterator[int]:
    """A gateway of the network; its process. All readers have one address here, which may ask as often as it likes."""
    limits = ("--requests-per-s", "1000000", "--burst", "1000000")
    command = [sys.executable, "-m", "gateway", str(network.root), "--port", str(port), *limits]
    with (network.root / "gateway.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=own_environment())
    try:
        deadline = time.monotonic() + START_S_MAX
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the gateway did not start:\n{(network.root / 'gateway.log').read_text()}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    try:
        Reader(port).read(("/healthz",))
    except OSError:
        return False
    return True


def cold(network: NetworkDirectory, port: int, process: int, rounds: int) -> dict[str, Any]:
    """Page and bundle in turn, each time after a new block and after what the gateway keeps has become old."""
    signers, took_s, used_s = Signers(network), {"page": list[float](), "bundle": list[float]()}, 0.0
    reader = Reader(port)
    reader.read(WHAT["scan"])
    with Submitter.to(network) as submitter:
        for _ in range(rounds):
            for what, measured in took_s.items():
                (outcome,) = submitter.submit([signers.record()])
                outcome.need("a block of its own")
                time.sleep(STALE_S)
                before_s = cpu_s([process])
                measured.append(reader.read(WHAT[what]))
                used_s += cpu_s([process]) - before_s
    figures: dict[str, Any] = {what: latencies(measured) for what, measured in took_s.items()}
    for what, measured in took_s.items():
        figures[what]["per_s"] = round(len(measured) / sum(measured), 1)
    return figures | {"gateway_cpu_ms": round(1000 * used_s / (2 * rounds), 1)}


def warm(port: int, process: int, seconds: float) -> dict[str, Any]:
    """Many readers of what is kept."""
    figures: dict[str, Any] = {}
    for what, paths in WHAT.items():
        before_s = cpu_s([process])
        took_s, elapsed_s = closed_loop(port, paths, READERS, seconds)
        used_ms = 1000 * (cpu_s([process]) - before_s) / len(took_s)
        figures[what] = latencies(took_s) | {
            "per_s": round(len(took_s) / elapsed_s, 1),
            "gateway_cpu_ms": round(used_ms, 2),
        }
    return figures


def run(root: Path, seconds: float, rounds: int, phones: int) -> dict[str, Any]:
    """Set up, and measure one after the other."""
    (port,) = free_ports(1)
    with running_network(root, VALIDATORS) as network:
        figures = tell(network)
        with gateway(network, port) as process:
            measured = {"cold": cold(network, port, process, rounds), "warm": warm(port, process, seconds)}
            figures |= {f"{how}.{what}": figure for how, part in measured.items() for what, figure in part.items()}
            figures |= phone.measure(f"http://127.0.0.1:{port}{PAGE}", phones, SLOWED)
    return figures


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Of each warm load.")
@click.option("--rounds", default=30, show_default=True, type=click.IntRange(1), help="Cold requests of each kind.")
@click.option("--phones", default=9, show_default=True, type=click.IntRange(1), help="Fresh phones.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line instead of a table.")
def main(seconds: float, rounds: int, phones: int, as_json: bool) -> None:
    """Measure scans of a batch with 200 records."""
    with tempfile.TemporaryDirectory(prefix="linxin-scan-") as folder:
        figures = run(Path(folder) / "network", seconds, rounds, phones)
    known = {"validators": VALIDATORS, "readers": READERS, "slowed_down": SLOWED}
    line = record("scan", known | figures)
    if as_json:
        click.echo(line)
    else:
        show(figures)
    judged = [("weight.sent_kb", figures["weight"]["sent_kb"], WEIGHT_KB_MAX)]
    judged += [
        (f"{visit}.verified_median_ms", figures[visit]["verified_median_ms"], VERIFIED_MS_MAX)
        for visit in ("first", "later", "first_one_thread", "later_one_thread")
    ]
    for name, value, wanted in judged:
        click.echo(f"{name}: {value} (wanted: at most {wanted}): {'held' if value <= wanted else 'NOT held'}", err=True)


if __name__ == "__main__":
    main()
