"""What the throughput benchmarks share: a real network on loopback, its CPU and memory, and a closed-loop load."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from linxin.v1 import ledger_pb2
from nacl.bindings import crypto_sign_open

from cli.demo.cast import PARAMETERS
from client.connection import Connection
from client.network_directory import NetworkDirectory, open_network
from ledger.crypto.signing import Algorithm, SigningKey

BATCH = 500
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def linxin(*arguments: str) -> None:
    """Run a `linxin` command and fail with what it said."""
    done = subprocess.run([sys.executable, "-m", "cli.main", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"linxin {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def running_network(
    root: Path,
    validators: int = 1,
    parameters: Mapping[str, int] | None = None,
    prepare: Callable[[NetworkDirectory], object] = lambda _: None,
) -> Iterator[NetworkDirectory]:
    """A fresh network of so many validators in `root`, running; it takes readings as late as the demonstration does.

    `parameters` go into its genesis file besides; `prepare` is called before it is started.
    """
    declared = {**PARAMETERS, **(parameters or {})}
    listed = [part for name, value in declared.items() for part in ("--parameter", f"{name}={value}")]
    linxin("network", "init", str(root), "--validators", str(validators), *listed)
    prepare(open_network(root))
    linxin("network", "up", str(root))
    try:
        yield open_network(root)
    finally:
        linxin("network", "down", str(root))


def process_tree(root: int) -> list[int]:
    """A process and its descendants."""
    found, queue = [], [root]
    while queue:
        process = queue.pop()
        found.append(process)
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            queue += [int(child) for child in task.read_text().split()]
    return found


def cpu_s(processes: Sequence[int]) -> float:
    """User and system seconds that the processes have used so far."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def resident_bytes(processes: Sequence[int]) -> int:
    """Resident memory of the processes, anonymous and file-backed."""
    return sum(int(Path(f"/proc/{process}/statm").read_text().split()[1]) for process in processes) * PAGE_BYTES


def verify_cost_s(rounds: int = 500, turns: int = 9) -> float:
    """Seconds of CPU that libsodium takes for one Ed25519 verification of a 250-byte message, on this machine, now: the
    median of `turns` measurements.
    """
    key = SigningKey(Algorithm.ED25519, bytes(range(32)))
    message = bytes(250)
    signed = key.sign(message) + message
    measured = []
    for _ in range(turns):
        started = time.process_time()
        for _ in range(rounds):
            crypto_sign_open(signed, key.public_key)
        measured.append((time.process_time() - started) / rounds)
    return statistics.median(measured)


@dataclass
class Load:
    """What a closed-loop load measured: seconds to final of each call, and how many of its records were accepted."""

    latencies_s: list[float] = field(default_factory=list)
    accepted: int = 0
    elapsed_s: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """The latency that `share` of the calls did not exceed, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def node_pids(network: NetworkDirectory) -> dict[str, int]:
    """The process of each node of a folder, by id."""
    return {home.name: int((home / "node.pid").read_text().split()[0]) for home in network.node_homes()}


async def leader_endpoint(network: NetworkDirectory) -> str:
    """Where the leader is reached, asking until there is one."""
    async with Connection.to(network) as connection:
        while True:
            endpoint = await connection.find_leader()
            if endpoint:
                return endpoint
            await asyncio.sleep(0.1)


async def drive(network: NetworkDirectory, batches: Sequence[Sequence[bytes]], in_flight: int) -> Load:
    """Submit the batches to the leader, `in_flight` calls at a time, each until it is final. Every record must be
    accepted.
    """
    load, waiting = Load(), iter(batches)
    endpoint = await leader_endpoint(network)

    async def worker(connection: Connection) -> None:
        for batch in waiting:
            started = time.perf_counter()
            request = ledger_pb2.SubmitRequest(transactions=batch, wait=True, timeout_ms=60_000)
            stub = connection.stubs(endpoint).ledger
            response = await stub.Submit(request, timeout=90)
            load.latencies_s.append(time.perf_counter() - started)
            accepted = sum(outcome.status == ledger_pb2.Outcome.ACCEPTED for outcome in response.outcomes)
            if accepted != len(batch):
                bad = next(o for o in response.outcomes if o.status != ledger_pb2.Outcome.ACCEPTED)
                raise SystemExit(f"a record was not accepted: {bad}")
            load.accepted += accepted

    async with Connection.to(network) as connection:
        started = time.perf_counter()
        await asyncio.gather(*[worker(connection) for _ in range(in_flight)])
        load.elapsed_s = time.perf_counter() - started
    return load
