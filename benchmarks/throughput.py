"""Records and readings through gRPC to final and durable, against what signature checks alone would cost.

    .venv/bin/python -m benchmarks.throughput [--validators N] [--records N] [--readings N] [--memory] [--json]

`useful` = committed records/s x validators x seconds per signature verification / cores: the share of all CPU that goes
into the one cost nobody can avoid. The load generator runs on the same cores and is counted. Figures are appended to
benchmarks/results.jsonl.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.load import BATCH, cpu_s, drive, node_pids, process_tree, resident_bytes, running_network, verify_cost_s
from benchmarks.record import record
from client.network_directory import NetworkDirectory
from client.submit import Submitter, sign_action
from client.wallet import load_key
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.module import Action
from ledger.modules.registry.messages import (
    CalibrateDevice,
    Metric,
    NewKey,
    RegisterDevice,
    possession_message,
)
from ledger.modules.trace.messages import AttachDevice, Column, RecordReadings, RegisterPlot, RegisterVehicle

IN_FLIGHT = 8
DEVICES = 40
READINGS_IN_COLUMN = 60
LIFETIME_MS = 600_000
"""Benchmark records expire after ten minutes."""

say = Console(stderr=True)


class Bench:
    """A running network, its signers, and the figures gathered so far."""

    def __init__(self, network: NetworkDirectory) -> None:
        self.network = network
        self.chain_id = sha256(network.genesis_bytes())
        self.farm = load_key(network.key_file("farm"), network.passphrase())
        self.nodes = list(node_pids(network).values())
        self.numbers = count()
        self.figures: dict[str, Any] = {"cores": os.cpu_count(), "validators": len(self.nodes)}

    def processes(self) -> list[int]:
        """Every process of the network."""
        return [process for node in self.nodes for process in process_tree(node)]

    def sign(self, action: Action, key: SigningKey) -> bytes:
        """An envelope of the benchmark's lifetime."""
        return sign_action(key, self.chain_id, action, lifetime_ms=LIFETIME_MS)

    def records(self, wanted: int) -> list[list[bytes]]:
        """Individually signed records, each one table row (a vehicle) and its journal entry, in batches."""
        made: list[list[bytes]] = []
        with say.status(f"signing {wanted} records"):
            for _ in range(wanted // BATCH):
                actions = [RegisterVehicle(f"v{next(self.numbers)}", "冷藏车", "van", True) for _ in range(BATCH)]
                made.append([self.sign(action, self.farm) for action in actions])
        return made

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


def enrol_devices(bench: Bench) -> list[SigningKey]:
    """Devices of the farm, calibrated and tied to a plot each."""
    keys = [SigningKey(Algorithm.ED25519, sha256(b"benchmark device %d" % number)) for number in range(DEVICES)]
    now_ms = time.time_ns() // 1_000_000
    day_ms = 86_400_000
    metrics = (Metric("temperature", "CEL", -2, -4000, 8500),)
    steps: list[list[Action]] = [[], [], []]
    for number, key in enumerate(keys):
        name, thing = f"probe-{number}", f"bench-plot-{number}"
        possession = key.sign(possession_message(bench.chain_id, f"device:{name}"))
        new_key = NewKey(key.algorithm, key.public_key, possession)
        steps[0].append(RegisterPlot(thing, "地块", "plot", 1000))
        steps[0].append(RegisterDevice(name, "探头", "probe", metrics, 1000, new_key))
        steps[1].append(CalibrateDevice(name, now_ms - 30 * day_ms, now_ms + 300 * day_ms, None))
        steps[2].append(AttachDevice(name, f"plot:{thing}", now_ms - 6 * day_ms))
    with Submitter.to(bench.network) as submitter:
        for step in steps:
            for outcome in submitter.submit([bench.sign(action, bench.farm) for action in step]):
                outcome.need("the benchmark's devices")
    return keys


def columns(bench: Bench, keys: list[SigningKey], wanted: int) -> Iterator[list[bytes]]:
    """Device-signed columns of sixty one-second readings, the devices in turn, in batches."""
    start_ms = time.time_ns() // 1_000_000 - 5 * 86_400_000
    batch: list[bytes] = []
    for number in range(wanted // READINGS_IN_COLUMN):
        sequence, device = divmod(number, len(keys))
        values = tuple(1800 + (number * 7 + i * 3) % 400 for i in range(READINGS_IN_COLUMN))
        action = RecordReadings(sequence, start_ms + sequence * 60_000, 1000, (Column("temperature", values),))
        batch.append(bench.sign(action, keys[device]))
        if len(batch) == BATCH:
            yield batch
            batch = []


def measure_readings(bench: Bench, wanted: int) -> None:
    """Readings in device-signed columns of sixty; one column of a device after the other, so one call under way."""
    keys = enrol_devices(bench)
    with say.status(f"signing {wanted} readings"):
        batches = list(columns(bench, keys, wanted))
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


def show(figures: dict[str, Any]) -> None:
    """The figures as a table on standard output."""
    table = Table("figure", "value")
    for name, value in figures.items():
        if isinstance(value, dict):
            for inner, figure in value.items():
                table.add_row(f"{name}.{inner}", str(figure))
        else:
            table.add_row(name, str(value))
    Console().print(table)


@click.command()
@click.option("--validators", default=1, show_default=True, help="Validators of the network, all on this machine.")
@click.option("--records", default=100_000, help="Individually signed records.")
@click.option("--readings", default=1_200_000, help="Readings in columns of sixty; 0 leaves them out.")
@click.option("--memory", is_flag=True, help="Also fill the chain to 1,000,000 records and compare resident memory.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(validators: int, records: int, readings: int, memory: bool, as_json: bool) -> None:
    """Measure a network on this machine."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="linxin-bench-"))
        bench = Bench(stack.enter_context(running_network(Path(folder, "n"), validators)))
        measure_records(bench, records)
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
