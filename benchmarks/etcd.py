"""The same machine's etcd beside our validators, in one run: single writes under the same load, and failover.

    .venv/bin/python -m benchmarks.etcd [--seconds S] [--kills N] [--json]

Both are driven by the same load generator (`benchmarks.h2`): so many clients, each with one write under way on a
connection of its own to the leader. What differs, and is not made up for: etcd's three members trust each other and
their clients, sign nothing, prove nothing and keep 256 bytes under a key; our four validators check a signature and the
rules of every record each for itself, keep journals and a state tree that prove it, and agree on one signed
certificate of every block.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.etcd_cluster import MEMBERS, MISSING, PUT, EtcdCluster, is_installed, put_request
from benchmarks.failover import GIVE_UP_S, SETTLE_S, Light, strike
from benchmarks.h2 import Caller
from benchmarks.load import cpu_s, drive, leader_endpoint, node_pids, process_tree, running_network
from benchmarks.open_loop import SUBMIT, is_accepted, percentiles_ms, submission
from benchmarks.record import record
from benchmarks.signers import Signers
from client.network_directory import NetworkDirectory

CLIENTS = (64, 256)
VALIDATORS = 4
IN_FLIGHT = 8
RECORDS_PER_S_MAX = 5_000
"""So many records are signed beforehand for each second; a run that uses them up ends early."""

WIDE = 110
say = Console(stderr=True)

Figures = dict[str, Any]


def closed_loop(
    endpoint: str,
    authority: str | None,
    path: str,
    messages: Iterator[bytes],
    clients: int,
    seconds: float,
    is_good: Callable[[bytes | None], bool],
    processes: Sequence[int],
) -> Figures:
    """Writes of so many clients for so many seconds: rate, latency, and the servers' CPU a write."""
    latencies: list[float] = []
    with Caller([endpoint] * clients, authority) as caller:
        before_s, started = cpu_s(processes), time.perf_counter()
        for number, channel in enumerate(caller.channels):
            channel.call(path, next(messages), (number, time.perf_counter()))
        while caller.outstanding:
            for answer in caller.wait(1.0):
                if not is_good(answer.message):
                    raise SystemExit(f"a write failed: {answer.message!r}")
                number, begun_s = _token(answer.token)
                latencies.append(answer.at_s - begun_s)
                message = next(messages, None) if answer.at_s - started < seconds else None
                if message is not None:
                    caller.channels[number].call(path, message, (number, time.perf_counter()))
        elapsed_s, used_s = time.perf_counter() - started, cpu_s(processes) - before_s
    return {
        "writes": len(latencies),
        "per_s": round(len(latencies) / elapsed_s),
        "cpu_us_per_write": round(1e6 * used_s / len(latencies), 1),
        **percentiles_ms(latencies),
    }


def _token(token: object) -> tuple[int, float]:
    assert isinstance(token, tuple)
    number, begun_s = token
    return number, begun_s


def puts() -> Iterator[bytes]:
    """Puts of new keys, without end."""
    number = 0
    while True:
        number += 1
        yield put_request(b"benchmark/%012d" % number)


def measure_etcd(root: Path, seconds: float, kills: int, *, tls: bool) -> Figures:
    """Throughput, and with `kills` failover, of a cluster of its own."""
    figures: Figures = {}
    with EtcdCluster(root, tls=tls) as cluster:
        leader, messages = cluster.endpoints[cluster.leader()], puts()
        for clients in CLIENTS:
            with say.status(f"etcd{' with TLS' if tls else ''}: {clients} clients"):
                figures[f"clients_{clients}"] = closed_loop(
                    leader,
                    cluster.authority,
                    PUT,
                    messages,
                    clients,
                    seconds,
                    lambda message: message is not None,
                    cluster.pids,
                )
        if kills:
            outages = [_strike_etcd(cluster, messages) for _ in _tracked(range(kills), "killing leaders of etcd")]
            figures["failover"] = {"times": kills, **percentiles_ms(outages)}
    return figures


def _strike_etcd(cluster: EtcdCluster, messages: Iterator[bytes]) -> float:
    """Kill etcd's leader under a light load through another member; seconds to the first put offered since then."""
    leader = cluster.leader()
    light = Light(cluster.endpoints[(leader + 1) % MEMBERS], cluster.authority, PUT, lambda: next(messages), None)
    light.run(SETTLE_S)
    killed_s = time.perf_counter()
    cluster.kill(leader)
    again_s = light.run(GIVE_UP_S, killed_s)
    light.finish()
    cluster.bring_back(leader)
    if again_s is None:
        raise SystemExit(f"etcd took no put for {GIVE_UP_S:.0f} s after its leader was killed")
    return again_s - killed_s


def measure_ours(network: NetworkDirectory, seconds: float, kills: int) -> Figures:
    """The same of four validators; and what they do with records in batches, as farms and gateways send them."""
    figures: Figures = {}
    signers = Signers(network)
    authority = str(network.root / network.settings.certificate_authority)
    processes = [each for pid in node_pids(network).values() for each in process_tree(pid)]
    leader = asyncio.run(leader_endpoint(network))
    for clients in CLIENTS:
        with say.status(f"Linxin: {clients} clients"):
            count = int(RECORDS_PER_S_MAX * seconds) // 2 + clients
            made = [submission(signers.record()) for _ in range(count)]
            figures[f"clients_{clients}"] = closed_loop(
                leader, authority, SUBMIT, iter(made), clients, seconds, is_accepted, processes
            )
    with say.status("Linxin: batches"):
        before_s = cpu_s(processes)
        load = asyncio.run(drive(network, signers.batches(int(RECORDS_PER_S_MAX * seconds)), IN_FLIGHT))
        used_s = cpu_s(processes) - before_s
    figures["batches"] = {
        "writes": load.accepted,
        "per_s": round(load.accepted / load.elapsed_s),
        "cpu_us_per_write": round(1e6 * used_s / load.accepted, 1),
        **percentiles_ms(load.latencies_s),
    }
    if kills:
        outages = [strike(signers, signal.SIGKILL)[0] for _ in _tracked(range(kills), "killing leaders of ours")]
        figures["failover"] = {"times": kills, **percentiles_ms(outages)}
    return figures


def _tracked(times: Iterable[int], what: str) -> Iterator[int]:
    with Progress(console=say, transient=True) as bar:
        yield from bar.track(list(times), description=what)


def compare(figures: Figures) -> Table:
    """Both side by side. The last column: our rate over etcd's with TLS under the same load; of batches: its best."""
    table = Table("load", "who", "writes/s", "p50 ms", "p99 ms", "CPU us/write", "of etcd's rate")
    ours = figures["linxin"]
    for clients in CLIENTS:
        part = f"clients_{clients}"
        yardstick = figures["etcd_tls"][part]["per_s"]
        _row(table, f"{clients} clients", "etcd, plain", figures["etcd"][part], yardstick)
        _row(table, "", "etcd, TLS", figures["etcd_tls"][part], yardstick)
        _row(table, "", "Linxin, TLS", ours[part], yardstick)
    most = max(figures["etcd_tls"][f"clients_{clients}"]["per_s"] for clients in CLIENTS)
    _row(table, "8 x 500 records", "Linxin, TLS", ours["batches"], most)
    for who, found in (("etcd, plain", figures["etcd"]), ("Linxin, TLS", ours)):
        if "failover" in found:
            outage = found["failover"]
            table.add_row("leader killed", who, "", str(outage["p50_ms"]), str(outage["p99_ms"]), "", "")
    return table


def _row(table: Table, load: str, who: str, found: Figures, yardstick: int) -> None:
    ratio = f"{found['per_s'] / yardstick:.2f}"
    cells = (found["per_s"], found["p50_ms"], found["p99_ms"], found["cpu_us_per_write"])
    table.add_row(load, who, *map(str, cells), ratio)


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Length of each load.")
@click.option("--kills", default=10, show_default=True, help="Leaders killed, of each; 0 leaves failover out.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(seconds: float, kills: int, as_json: bool) -> None:
    """Measure etcd, then ours, on this machine."""
    if not is_installed():
        say.print(f"skipped: {MISSING}")
        return
    with tempfile.TemporaryDirectory(prefix="linxin-etcd-") as folder:
        root = Path(folder)
        figures: Figures = {"seconds": seconds, "members": MEMBERS, "validators": VALIDATORS}
        figures["etcd"] = measure_etcd(root / "plain", seconds, kills, tls=False)
        figures["etcd_tls"] = measure_etcd(root / "tls", seconds, 0, tls=True)
        with running_network(root / "n", VALIDATORS) as network:
            figures["linxin"] = measure_ours(network, seconds, kills)
    line = record("etcd", figures)
    if as_json:
        click.echo(line)
    else:
        Console(width=WIDE).print(compare(figures))


if __name__ == "__main__":
    main()
