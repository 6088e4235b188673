"""How fast a real node that was down catches up over the network; `benchmarks.catch_up` runs it.

Four validators run. One of them is killed, misses many records and is started again: it executes the certified blocks
that the others give it. An observer without any key begins from genesis when the others have just been restarted and so
remember no block's changes: it takes an archive. Then it is killed, misses some, and follows by leaves and changes.
"""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linxin.v1 import ledger_pb2
from rich.console import Console

from benchmarks.load import drive, linxin, running_network
from benchmarks.signers import Signers
from cli.network_status import node_status
from cli.processes import find_process, start_node, stop_node
from client.failures import Failure
from client.network_directory import NODES, NetworkDirectory, open_network

VALIDATORS = 4
IN_FLIGHT = 8
OBSERVER = "observer"
GIVE_UP_S = 600.0
POLL_S = 0.05
FORGOTTEN_SHARE = 10
"""The observer misses a tenth of the records: as many as the others are sure to remember the changes of."""

say = Console(stderr=True)


def rejoin(records: int) -> dict[str, Any]:
    """The figures of the three ways, each with as many records as it brought."""
    with (
        tempfile.TemporaryDirectory(prefix="linxin-rejoin-") as folder,
        running_network(Path(folder, "n"), VALIDATORS) as network,
    ):
        signers = Signers(network)
        fallen = _follower(network)
        has = _status(network, fallen).log_size
        _kill(fallen)
        _load(signers, records)
        with say.status("a validator executes what it missed"):
            validator = _caught_up(network, fallen, has)
        linxin("network", "down", str(network.root))
        linxin("network", "up", str(network.root))
        linxin("network", "add-observer", str(network.root), "--id", OBSERVER)
        network = open_network(network.root)
        home = network.root / NODES / OBSERVER
        with say.status("an observer takes an archive"), _stopped_at_the_end(home):
            archive = _caught_up(network, home, 0)
            if b"took the ledger over" not in (home / "node.log").read_bytes():
                raise SystemExit("the observer did not take an archive")
            has = _status(network, home).log_size
            _kill(home)
            _load(signers, records // FORGOTTEN_SHARE)
            with say.status("an observer follows what it missed"):
                observer = _caught_up(network, home, has)
    return {"validator_by_blocks": validator, "observer_by_archive": archive, "observer_by_blocks": observer}


def _load(signers: Signers, records: int) -> None:
    with say.status(f"{records} records are recorded meanwhile"):
        asyncio.run(drive(signers.network, signers.batches(records), IN_FLIGHT))


def _caught_up(network: NetworkDirectory, home: Path, has: int) -> dict[str, float]:
    """Start a node that has `has` leaves; records a second from the start of its process until it has all, and from its
    first answer on of those that it lacked then.

    `start_s`: until that first answer, by when the interpreter has been loaded and the disk read.
    """
    target = _status(network, _follower(network, but=home))
    began = time.perf_counter()
    _, child = start_node(network, home)
    first: tuple[float, int] | None = None
    while time.perf_counter() - began < GIVE_UP_S:
        if child.poll() is not None:
            raise SystemExit(f"{home.name} has stopped: see {home}/node.log")
        try:
            status = asyncio.run(node_status(network, home, 1.0))
        except Failure:
            continue
        now_s = time.perf_counter()
        first = first or (now_s, status.log_size)
        if status.height >= target.height:
            missed, lacked = target.log_size - has, target.log_size - first[1]
            return {
                "records": missed,
                "start_s": round(first[0] - began, 2),
                "seconds": round(now_s - began, 2),
                "records_per_s": round(lacked / (now_s - first[0])) if lacked > 0 else 0,
                "records_per_s_with_start": round(missed / (now_s - began)),
            }
        time.sleep(POLL_S)
    raise SystemExit(f"{home.name} did not catch up in {GIVE_UP_S:.0f} s")


def _follower(network: NetworkDirectory, but: Path | None = None) -> Path:
    """The home of a validator that runs and does not lead, other than `but`."""
    for home in network.node_homes():
        running = home != but and find_process(home) is not None
        if running and _status(network, home).role == "follower":
            return home
    raise SystemExit("no validator follows")


def _status(network: NetworkDirectory, home: Path) -> ledger_pb2.GetStatusResponse:
    return asyncio.run(node_status(network, home, 5.0))


def _kill(home: Path) -> None:
    process = find_process(home)
    assert process is not None, f"{home.name} runs"
    os.kill(process.pid, signal.SIGKILL)
    while find_process(home) is not None:
        time.sleep(0.01)


@contextmanager
def _stopped_at_the_end(home: Path) -> Iterator[None]:
    try:
        yield
    finally:
        process = find_process(home)
        if process is not None:
            stop_node(process)
