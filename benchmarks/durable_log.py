"""What it costs to make a proposal and a promise durable: `python -m benchmarks.durable_log [directory]`.

Compares, on the file system of `directory` (default: the working directory), an append-only segment, a file filled with
zeros beforehand and LevelDB with synced writes, each for a small and a large proposal; then the two ways to keep the
safety file. The ways take turns within one run: a shared machine's disk changes from minute to minute. These are the
figures behind docs/adr/0006-durable-log.md.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import plyvel

from benchmarks.record import record
from consensus.entry import next_entry
from consensus.safety import Mark
from consensus.storage.files import Directory, OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile

CHAIN_ID = bytes(32)
SIZES = {"2kb": 2_000, "500kb": 500_000}
TURNS = 200
READ_BYTES = 100_000_000


class Timer:
    """Wall and CPU time of many runs of one act."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.wall_us: list[float] = []
        self.cpu_s = 0.0

    def run(self) -> None:
        """One run."""
        cpu, wall = time.process_time(), time.perf_counter()
        self._act()
        self.wall_us.append((time.perf_counter() - wall) * 1e6)
        self.cpu_s += time.process_time() - cpu

    def figures(self, name: str) -> dict[str, float]:
        """Median, 99th percentile and CPU of a run, in microseconds."""
        ordered = sorted(self.wall_us)
        return {
            f"{name}_p50_us": round(ordered[len(ordered) // 2], 1),
            f"{name}_p99_us": round(ordered[len(ordered) * 99 // 100], 1),
            f"{name}_cpu_us": round(self.cpu_s / len(ordered) * 1e6, 1),
        }


def append_to_log(directory: Directory, payload: bytes) -> Callable[[], None]:
    """The log as it is: append, fdatasync."""
    log = DurableLog.open(directory, CHAIN_ID)

    def act() -> None:
        log.append([next_entry(log.tip, 1, payload)])
        log.sync()

    return act


def overwrite_zeros(path: Path, payload: bytes) -> Callable[[], None]:
    """A file of its final size beforehand, so that a sync changes no metadata."""
    size = len(payload) * TURNS
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    for offset in range(0, size, 1 << 20):
        os.pwrite(descriptor, bytes(min(1 << 20, size - offset)), offset)
    os.fsync(descriptor)
    place = iter(range(0, size, len(payload)))

    def act() -> None:
        os.pwrite(descriptor, payload, next(place))
        os.fdatasync(descriptor)

    return act


def put_in_leveldb(path: Path, payload: bytes) -> Callable[[], None]:
    """The same entries under consecutive keys, each write synced, with paranoid checks."""
    database = plyvel.DB(str(path), create_if_missing=True, paranoid_checks=True)
    index = iter(range(TURNS))
    return lambda: database.put(next(index).to_bytes(8, "big"), payload, sync=True)


def promise_in_place(directory: Directory) -> Callable[[], None]:
    """The safety file as it is: two slots, overwritten in turn."""
    safety = SafetyFile.create(directory, CHAIN_ID, bytes(32))
    heights = iter(range(1, TURNS + 1))

    def act() -> None:
        height = next(heights)
        safety.cosign(height, bytes(32), height, Mark(1, height))

    return act


def promise_by_rename(directory: Directory) -> Callable[[], None]:
    """The alternative: write a new file, sync it, rename it, sync the directory."""

    def act() -> None:
        file = directory.create("promise.new")
        file.write(0, bytes(2048))
        file.sync()
        file.close()
        directory.rename("promise.new", "promise")
        directory.sync()

    return act


def read_speed(directory: Directory, payload: bytes) -> dict[str, float]:
    """How fast a log is read and checked at start."""
    log = DurableLog.open(directory, CHAIN_ID)
    while log.tip.index * len(payload) < READ_BYTES:
        log.append([next_entry(log.tip, 1, payload)])
    log.sync()
    log.close()
    started = time.perf_counter()
    DurableLog.open(directory, CHAIN_ID).close()
    return {"open_mb_per_s": round(READ_BYTES / 1e6 / (time.perf_counter() - started), 1)}


def measure(root: Path) -> dict[str, float]:
    """All figures."""
    draw, timers = random.Random(1), dict[str, Timer]()
    for size, length in SIZES.items():
        payload = draw.randbytes(length)
        timers[f"append_{size}"] = Timer(append_to_log(OsDirectory(root / f"log-{size}"), payload))
        timers[f"zeros_{size}"] = Timer(overwrite_zeros(root / f"zeros-{size}", payload))
        timers[f"leveldb_{size}"] = Timer(put_in_leveldb(root / f"leveldb-{size}", payload))
    timers["safety_in_place"] = Timer(promise_in_place(OsDirectory(root / "in-place")))
    timers["safety_by_rename"] = Timer(promise_by_rename(OsDirectory(root / "by-rename")))
    for _ in range(TURNS):
        for timer in timers.values():
            timer.run()
    figures = {key: value for name, timer in timers.items() for key, value in timer.figures(name).items()}
    return figures | read_speed(OsDirectory(root / "read"), draw.randbytes(SIZES["500kb"]))


def main() -> None:
    """Measure, append a line to the history, print it."""
    root = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else Path.cwd(), prefix=".durable-log-"))
    try:
        print(record("durable_log", measure(root)))
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
