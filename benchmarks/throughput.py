"""Records and readings through gRPC to final and durable, against what signature checks alone would cost.

    .venv/bin/python -m benchmarks.throughput [--validators N] [--records N] [--readings N] [--seconds S] [--memory]

`useful` = committed records/s x validators x seconds per signature verification / cores: the share of all CPU that goes
into the one cost nobody can avoid. The load generator runs on the same cores and is counted. Figures are appended to
benchmarks/results.jsonl.
"""

import asyncio
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from benchmarks.load import BATCH, cpu_s, drive, node_pids, process_tree, resident_bytes, running_network, verify_cost_s
from benchmarks.open_loop import measure_platform, measure_rate
from benchmarks.record import record
from benchmarks.signers import READINGS_IN_COLUMN, Signers
from benchmarks.tables import show
from client.network_directory import NetworkDirectory

IN_FLIGHT = 8
DEVICES = 40
RATES_PER_S = (200, 1_000)
"""Open loops beside the closed one."""

say = Console(stderr=True)


class Bench:
    """A running network, its signers, and the figures gathered so far."""

    def __init__(self, network: NetworkDirectory) -> None:
        self.network = network
        self.signers = Signers(network)
        self.nodes = list(node_pids(network).values())
        self.figures: dict[str, Any] = {"cores": os.cpu_count(), "validators": len(self.nodes)}

    def processes(self) -> list[int]:
        """Every process of the network."""
        return [process for node in self.nodes for process in process_tree(node)]

    def records(self, wanted: int) -> list[list[bytes]]:
        """Individually signed records, in batches."""
        with say.status(f"signing {wanted} records"):
            return self.signers.batches(wanted)

    def run(self, name: str, batches: list[list[bytes]], in_flight: int) -> float:
        """Drive a load; note rate, latency and CPU under `name`. Returns records/s."""
        processes = self.processes()
        before, own = cpu_s(processes), time.process_time()
        load = asyncio.run(drive(self.network, batches, in_flight))
        node_s, generator_s = cpu_s(processes) - before, time.process_time() - own
        rate = load.accepted / load.elapsed_s
        self.figures[name] = {
            "records": load.accepted,
            "records_per_s": round(rate),
            "p50_ms": round(load.percentile_ms(0.5), 1),
            "p99_ms": round(load.percentile_ms(0.99), 1),
            "network_cpu_us_per_record": round(1e6 * node_s / load.accepted, 1),
            "generator_cpu_us_per_record": round(1e6 * generator_s / load.accepted, 1),
        }
        return rate


def measure_records(bench: Bench, wanted: int) -> None:
    """Individually signed records at full load, then one at a time."""
    bench.run("warm_up", bench.records(5_000), IN_FLIGHT)
    batches = bench.records(wanted)
    before_s = verify_cost_s()
    with say.status(f"submitting {wanted} records"):
        rate = bench.run("records", batches, IN_FLIGHT)
    verify_s = (before_s + verify_cost_s()) / 2
    bench.figures["verify_us"] = round(1e6 * verify_s, 1)
    bench.figures["useful"] = round(rate * len(bench.nodes) * verify_s / (os.cpu_count() or 1), 3)
    single = [[raw] for batch in bench.records(BATCH) for raw in batch][:300]
    with say.status("one record at a time"):
        bench.run("one_at_a_time", single, 1)


def measure_readings(bench: Bench, wanted: int) -> None:
    """Readings in device-signed columns of sixty; one column of a device after the other, so one call under way."""
    keys = bench.signers.enrol("probe", DEVICES, ["temperature"])
    with say.status(f"signing {wanted} readings"):
        batches = list(bench.signers.columns(keys, wanted))
    with say.status(f"submitting {wanted} readings"):
        rate = bench.run("columns", batches, 2)
    bench.figures["readings_per_s"] = round(rate * READINGS_IN_COLUMN)


def measure_memory(bench: Bench) -> None:
    """Resident memory of the node after 200,000 and after 1,000,000 records."""
    resident: dict[int, int] = {}
    done = 0
    for target in (200_000, 1_000_000):
        while done < target:
            bench.run("memory_load", bench.records(20_000), IN_FLIGHT)
            done += 20_000
            say.print(f"{done:>9} records, {resident_bytes(bench.processes()) / 1e6:.0f} MB resident")
        resident[target] = resident_bytes(bench.processes())
    bench.figures["resident_mb"] = {str(target): round(size / 1e6, 1) for target, size in resident.items()}
    bench.figures["resident_ratio"] = round(resident[1_000_000] / resident[200_000], 3)


def measure_latency(bench: Bench, seconds: float) -> None:
    """Latency to final at moderate rates that wait for nothing, and under the load that the platform expects."""
    for per_s in RATES_PER_S:
        with say.status(f"{per_s} records/s through all endpoints for {seconds:.0f} s"):
            bench.figures[f"open_{per_s}_per_s"] = measure_rate(bench.signers, per_s, seconds)
    with say.status(f"orders, readings and scans of the platform for {2 * seconds:.0f} s"):
        bench.figures["platform"] = measure_platform(bench.signers, bench.processes(), 2 * seconds)


def note_resident(bench: Bench) -> None:
    """Resident memory of each node now, its signature workers included."""
    sizes = {name: resident_bytes(process_tree(pid)) for name, pid in node_pids(bench.network).items()}
    bench.figures["resident_mb_per_node"] = {name: round(size / 1e6, 1) for name, size in sizes.items()}


@click.command()
@click.option("--validators", default=1, show_default=True, help="Validators of the network, all on this machine.")
@click.option("--records", default=100_000, help="Individually signed records.")
@click.option("--readings", default=1_200_000, help="Readings in columns of sixty; 0 leaves them out.")
@click.option("--seconds", default=10.0, help="Length of each open loop; the platform's load twice that. 0: none.")
@click.option("--memory", is_flag=True, help="Also fill the chain to 1,000,000 records and compare resident memory.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(validators: int, records: int, readings: int, seconds: float, memory: bool, as_json: bool) -> None:
    """Measure a network on this machine."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="linxin-bench-"))
        bench = Bench(stack.enter_context(running_network(Path(folder, "n"), validators)))
        measure_records(bench, records)
        note_resident(bench)
        if seconds:
            measure_latency(bench, seconds)
        if readings:
            measure_readings(bench, readings)
        if memory:
            measure_memory(bench)
    line = record("throughput", bench.figures)
    if as_json:
        click.echo(line)
    else:
        show(bench.figures)


if __name__ == "__main__":
    main()
