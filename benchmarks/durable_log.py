"""What it costs to make a proposal and a promise durable: `python -m benchmarks.durable_log [--turns N] [directory]`.

Compares, on the file system of `directory` (default: the working directory), the append-only log, LevelDB with synced
writes and paranoid checks, and a file filled with zeros beforehand, all at the same job: chain an entry to the last
one, make its record, write it, sync, and forget the front every so often; for a small and a large proposal. Then
another leader's entry in place of the last three; the ways to keep the safety file; and reading it all back at start.
The ways take turns within one run: a shared machine's disk changes from minute to minute. These are the figures behind
docs/adr/0006-durable-log.md.
"""

import argparse
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import plyvel

from benchmarks.record import record
from consensus.entry import Entry, Tip, first_tip, next_entry
from consensus.safety import Mark
from consensus.storage import format as layout
from consensus.storage.files import Directory, OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.safety import SafetyFile

CHAIN_ID = bytes(32)
SIGNATURE = bytes(64)
SIZES = {"2kb": 2_000, "500kb": 500_000}
TURNS = 200
KEPT = 32
"""Entries that stay when the front is forgotten, once in as many turns."""
REPLACED = 3
READ_BYTES = 50_000_000


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


def made(tip: Tip, payload: bytes, term: int = 1) -> Entry:
    """The next entry, as a leader makes it but for the signature, which costs the same everywhere."""
    return next_entry(tip, term, payload, leader="farm", signature=SIGNATURE)


class Level:
    """The log's job done by LevelDB: one record a key, in the log's own format, so that it can be judged the same."""

    def __init__(self, path: Path) -> None:
        self._database = plyvel.DB(str(path), create_if_missing=True, paranoid_checks=True)
        self.tip = first_tip(CHAIN_ID)
        self._first = 1

    def put(self, entries: list[Entry], replaced: int = 0) -> None:
        """Write and sync, in place of the last `replaced` entries."""
        with self._database.write_batch(sync=True) as batch:
            for index in range(entries[0].index, entries[0].index + replaced):
                batch.delete(_key(index))
            for entry in entries:
                batch.put(_key(entry.index), layout.encode_record(entry, 0))
        self.tip = entries[-1].tip

    def forget(self, index: int) -> None:
        """Forget entries up to `index`."""
        with self._database.write_batch() as batch:
            for gone in range(self._first, index + 1):
                batch.delete(_key(gone))
        self._first = index + 1

    def read(self) -> None:
        """Read and check everything, as the log does at start."""
        tip = first_tip(CHAIN_ID)
        for value in self._database.iterator(include_key=False):
            header = layout.decode_record_header(value[: layout.RECORD_HEADER_SIZE])
            tip = layout.decode_record(header, value[layout.RECORD_HEADER_SIZE :], tip).tip
        assert tip == self.tip

    def close(self) -> None:
        """Release it."""
        self._database.close()


def append_to_log(directory: Directory, payload: bytes) -> Callable[[], None]:
    """The log as it is."""
    log = DurableLog.open(directory, CHAIN_ID)

    def act() -> None:
        log.append([made(log.tip, payload)])
        log.sync()
        if log.tip.index % KEPT == 0:
            log.truncate_prefix(log.tip.index - KEPT)

    return act


def put_in_leveldb(path: Path, payload: bytes) -> Callable[[], None]:
    """The same in LevelDB."""
    level = Level(path)

    def act() -> None:
        level.put([made(level.tip, payload)])
        if level.tip.index % KEPT == 0:
            level.forget(level.tip.index - KEPT)

    return act


def overwrite_zeros(path: Path, payload: bytes, turns: int) -> Callable[[], None]:
    """The same in a file of its final size beforehand, so that a sync changes no metadata; nothing is forgotten."""
    room = len(payload) + layout.RECORD_HEADER_SIZE + layout.DIGEST_SIZE
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    for offset in range(0, room * turns, 1 << 20):
        os.pwrite(descriptor, bytes(min(1 << 20, room * turns - offset)), offset)
    os.fsync(descriptor)
    tip = first_tip(CHAIN_ID)

    def act() -> None:
        nonlocal tip
        entry = made(tip, payload)
        os.pwrite(descriptor, layout.encode_record(entry, 0), tip.index * room)
        os.fdatasync(descriptor)
        tip = entry.tip

    return act


def replace_in_log(directory: Directory, payload: bytes) -> Callable[[], None]:
    """Another leader's entry in place of the last ones, which are appended in the same turn, so that there are any."""
    log = DurableLog.open(directory, CHAIN_ID)

    def act() -> None:
        for _ in range(REPLACED):
            log.append([made(log.tip, payload, log.tip.term)])
        log.truncate_suffix(log.tip.index - REPLACED)
        log.append([made(log.tip, payload, log.tip.term + 1)])
        log.sync()
        log.truncate_prefix(log.tip.index - 1)

    return act


def replace_in_leveldb(path: Path, payload: bytes) -> Callable[[], None]:
    """The same in LevelDB."""
    level = Level(path)

    def act() -> None:
        before, entries = level.tip, list[Entry]()
        for _ in range(REPLACED):
            entries.append(made(entries[-1].tip if entries else before, payload, before.term))
        level.put(entries)
        level.put([made(before, payload, before.term + 1)], REPLACED)

    return act


def promise_in_place(directory: Directory) -> Callable[[], None]:
    """The safety file as it is: two slots, overwritten in turn."""
    safety = SafetyFile.create(directory, CHAIN_ID, bytes(32))

    def act() -> None:
        height = safety.promises.height + 1
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


def read_speed(root: Path, payload: bytes) -> dict[str, float]:
    """How fast each is read and checked at start."""
    directory, level = OsDirectory(root / "read-log"), Level(root / "read-leveldb")
    log = DurableLog.open(directory, CHAIN_ID)
    while log.tip.index * len(payload) < READ_BYTES:
        log.append([made(log.tip, payload)])
        level.put([made(level.tip, payload)])
    log.sync()
    log.close()
    level.close()
    started = time.perf_counter()
    DurableLog.open(directory, CHAIN_ID).close()
    opened = time.perf_counter()
    level = Level(root / "read-leveldb")
    level.tip = log.tip
    level.read()
    ended = time.perf_counter()
    megabytes = READ_BYTES / 1e6
    return {
        "open_log_mb_per_s": round(megabytes / (opened - started), 1),
        "open_leveldb_mb_per_s": round(megabytes / (ended - opened), 1),
    }


def measure(root: Path, turns: int) -> dict[str, float]:
    """All figures."""
    draw, timers = random.Random(1), dict[str, Timer]()
    for size, length in SIZES.items():
        payload = draw.randbytes(length)
        timers[f"log_{size}"] = Timer(append_to_log(OsDirectory(root / f"log-{size}"), payload))
        timers[f"leveldb_{size}"] = Timer(put_in_leveldb(root / f"leveldb-{size}", payload))
        timers[f"zeros_{size}"] = Timer(overwrite_zeros(root / f"zeros-{size}", payload, turns))
    payload = draw.randbytes(SIZES["2kb"])
    timers["replace_log"] = Timer(replace_in_log(OsDirectory(root / "replace-log"), payload))
    timers["replace_leveldb"] = Timer(replace_in_leveldb(root / "replace-leveldb", payload))
    timers["safety_in_place"] = Timer(promise_in_place(OsDirectory(root / "in-place")))
    timers["safety_by_rename"] = Timer(promise_by_rename(OsDirectory(root / "by-rename")))
    for _ in range(turns):
        for timer in timers.values():
            timer.run()
    figures = {key: value for name, timer in timers.items() for key, value in timer.figures(name).items()}
    return {"turns": turns} | figures | read_speed(root, draw.randbytes(SIZES["500kb"]))


def main() -> None:
    """Measure, append a line to the history, print it."""
    parser = argparse.ArgumentParser(description="What it costs to make a proposal and a promise durable.")
    parser.add_argument("directory", nargs="?", type=Path, default=Path.cwd())
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(dir=options.directory, prefix=".durable-log-"))
    try:
        print(record("durable_log", measure(root, options.turns)))
    finally:
        shutil.rmtree(root)


def _key(index: int) -> bytes:
    return index.to_bytes(8, "big")


if __name__ == "__main__":
    main()
