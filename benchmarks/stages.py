"""Where the CPU of a transaction goes, by stage, in a network of four validators under full load.

    .venv/bin/python -m benchmarks.stages [--seconds S] [--write] [--json]

py-spy samples each node a hundred times a second, its threads on a processor only. A sample belongs to the innermost
file that has a stage (`benchmarks.stage_names`); the samples divide the CPU time that the kernel counted for that
thread, so waiting is nowhere. Threads without Python (gRPC's, LevelDB's) are taken from the kernel alone. Each row is
divided by the records that became final meanwhile. Sampling itself costs the machine some per cent. `--write` puts the
table into benchmarks/profile.txt.
"""

import asyncio
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.load import TICKS_PER_S, cpu_s, drive, node_pids, process_tree, running_network, verify_cost_s
from benchmarks.record import commit, record
from benchmarks.signers import Signers
from benchmarks.stage_names import stage_of
from client.connection import Connection
from client.network_directory import NetworkDirectory

VALIDATORS = 4
IN_FLIGHT = 8
SAMPLES_PER_S = 100
WARM_UP_S = 3.0
RECORDS_PER_S_MAX = 6_000
PROFILE = Path(__file__).with_name("profile.txt")

THREAD = re.compile(r"thread \((\d+)\)")
NATIVE = "threads without Python: gRPC, LevelDB"
WORKERS = "signature checks, in processes of their own"

say = Console(stderr=True)


def thread_cpu_s(process: int) -> dict[int, float]:
    """CPU seconds of each thread of a process so far."""
    used: dict[int, float] = {}
    for task in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            used[int(task.name)] = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return used


def read_samples(path: Path) -> dict[int, Counter[str]]:
    """Samples by stage of each thread of one process; threads are known by the kernel's number."""
    found: dict[int, Counter[str]] = {}
    for line in path.read_text("utf-8", "replace").splitlines():
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        number = THREAD.match(thread)
        assert number is not None, f"py-spy names threads differently: {thread}"
        found.setdefault(int(number[1]), Counter())[stage_of(frames)] += int(count)
    return found


class Taken:
    """CPU seconds of all nodes by stage, between two moments."""

    def __init__(self, nodes: list[int]) -> None:
        self._nodes = nodes
        self._threads = {node: thread_cpu_s(node) for node in nodes}
        self._workers_s = self._of_workers()
        self.by_stage: dict[str, float] = defaultdict(float)

    def _of_workers(self) -> float:
        return cpu_s([each for node in self._nodes for each in process_tree(node) if each != node])

    def end(self, samples: dict[int, dict[int, Counter[str]]]) -> None:
        """Divide what each thread has used since by its samples."""
        for node in self._nodes:
            for thread, used_s in thread_cpu_s(node).items():
                spent_s = used_s - self._threads[node].get(thread, 0.0)
                seen = samples[node].get(thread, Counter())
                for stage, count in seen.items():
                    self.by_stage[stage] += spent_s * count / seen.total()
                if not seen:
                    self.by_stage[NATIVE] += spent_s
        self.by_stage[WORKERS] = self._of_workers() - self._workers_s


async def sample(node: int, seconds: float, path: Path) -> None:
    """Let py-spy sample a process, native thread numbers with each stack."""
    program = Path(sys.executable).with_name("py-spy")
    command = [str(program), "record", "--threads", "--format", "raw", "--rate", str(SAMPLES_PER_S)]
    command += ["--duration", str(round(seconds)), "--output", str(path), "--pid", str(node)]
    child = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await child.communicate()
    if child.returncode != 0:
        raise SystemExit(f"py-spy failed: {said.decode().strip()}")


async def profile(
    network: NetworkDirectory, batches: list[list[bytes]], seconds: float, folder: Path
) -> tuple[Taken, int]:
    """CPU by stage under full load, and the records that became final meanwhile."""
    nodes = list(node_pids(network).values())
    load = asyncio.create_task(drive(network, batches, IN_FLIGHT))
    async with Connection.to(network) as connection:
        await asyncio.sleep(WARM_UP_S)
        before = await connection.status()
        taken = Taken(nodes)
        await asyncio.gather(*(sample(node, seconds, folder / str(node)) for node in nodes))
        after = await connection.status()
        taken.end({node: read_samples(folder / str(node)) for node in nodes})
    if load.done():
        raise SystemExit("the load ended before the samples did: more records are needed")
    load.cancel()
    await asyncio.gather(load, return_exceptions=True)
    return taken, (after.log_size - before.log_size) - (after.height - before.height)


def table_of(figures: dict[str, Any]) -> Table:
    """Stages, most expensive first."""
    title = f"CPU of the network a record, {figures['validators']} validators, {figures['records_per_s']} records/s"
    table = Table("stage", "us a record", "share", title=title)
    total = figures["cpu_us_per_record"]
    for stage, used_us in figures["stages_us"].items():
        table.add_row(stage, f"{used_us:.1f}", f"{100 * used_us / total:.1f}%")
    table.add_row("all", f"{total:.1f}", "100%")
    table.add_row("of which could not be avoided: checks of signatures", f"{figures['signatures_floor_us']:.1f}", "")
    return table


@click.command()
@click.option("--seconds", default=15.0, show_default=True, help="How long the samples are taken.")
@click.option("--write", "is_written", is_flag=True, help="Put the table into benchmarks/profile.txt.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(seconds: float, is_written: bool, as_json: bool) -> None:
    """Profile four validators of this machine under full load."""
    if shutil.which("py-spy", path=str(Path(sys.executable).parent)) is None:
        say.print("skipped: py-spy is not installed; `make setup` installs it")
        return
    with (
        tempfile.TemporaryDirectory(prefix="linxin-stages-") as folder,
        running_network(Path(folder, "n"), VALIDATORS) as network,
    ):
        with say.status("signing"):
            batches = Signers(network).batches(round(RECORDS_PER_S_MAX * (seconds + 2 * WARM_UP_S)))
        with say.status(f"sampling {VALIDATORS} nodes for {seconds:.0f} s"):
            taken, records = asyncio.run(profile(network, batches, seconds, Path(folder)))
    dearest = sorted(taken.by_stage.items(), key=lambda each: -each[1])
    stages = {stage: round(1e6 * used_s / records, 1) for stage, used_s in dearest if used_s}
    figures = {
        "validators": VALIDATORS,
        "cores": os.cpu_count(),
        "records_per_s": round(records / seconds),
        "cpu_us_per_record": round(1e6 * sum(taken.by_stage.values()) / records, 1),
        "signatures_floor_us": round(1e6 * VALIDATORS * verify_cost_s(), 1),
        "stages_us": stages,
    }
    line = record("stages", figures)
    if is_written:
        with PROFILE.open("w", encoding="utf-8") as file:
            Console(file=file, width=100).print(f"commit {commit()}, {seconds:.0f} s\n", table_of(figures))
    if as_json:
        click.echo(line)
    else:
        Console(width=100).print(table_of(figures))


if __name__ == "__main__":
    main()
