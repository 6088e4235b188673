"""What LevelDB's merging of tables costs while keys are looked up, by the size at which its memory becomes a table.

    .venv/bin/python -m benchmarks.merging [--blocks N] [--lookups N] [--write-buffer MIB ...]

LevelDB merges a table after some hundred lookups that passed through it on their way to an older one (`allowed_seeks`,
db/version_set.cc), whatever its filters say, and nothing switches that off. So each table it writes soon goes down
through all that is older, and what that costs grows with the ledger.
"""

import random
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from benchmarks.record import record
from benchmarks.tables import show
from ledger.storage.level import WRITE_BUFFER_SIZE, open_database

VALUE_SIZE = 300
PUTS = 2_500
"""Rows and nodes that a block of the platform's load writes, near enough; half of them over older ones."""

QUIET_S = 0.01


def written_mb() -> float:
    """What this process has written so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar")) / 1e6


def let_merge() -> None:
    """Wait until LevelDB's thread has nothing to write for a moment: in life 0.4 s pass between two blocks."""
    before = written_mb()
    time.sleep(QUIET_S)
    while (now := written_mb()) > before:
        before = now
        time.sleep(QUIET_S)


def run(folder: Path, blocks: int, lookups: int, write_buffer: int) -> dict[str, float]:
    """Write `blocks` batches, with so many lookups of absent and of old keys before each."""
    draw = random.Random(1)
    database = open_database(folder, folder, write_buffer)
    keys = [draw.randbytes(33)]
    put_mb, before_mb, began, own = 0.0, written_mb(), time.process_time(), time.thread_time()
    looking = 0.0
    for _ in track(range(blocks), f"{write_buffer >> 20} MiB", console=Console(stderr=True), transient=True):
        snapshot, looked = database.snapshot(), time.thread_time()
        for number in range(lookups):
            snapshot.get(draw.choice(keys) if number % 2 else draw.randbytes(33), verify_checksums=True)
        looking += time.thread_time() - looked
        batch = database.write_batch()
        for number in range(PUTS):
            if number % 2 == 0:
                keys.append(draw.randbytes(33))
            key = draw.choice(keys) if number % 2 else keys[-1]
            batch.put(key, draw.randbytes(VALUE_SIZE))
            put_mb += (len(key) + VALUE_SIZE) / 1e6
        batch.write()
        let_merge()
    own_s = time.thread_time() - own
    background_s = time.process_time() - began - own_s
    database.close()
    return {
        "put_mb": round(put_mb),
        "written_per_put": round((written_mb() - before_mb) / put_mb, 1),
        "leveldb_thread_ms_per_block": round(1000 * background_s / blocks, 1),
        "lookup_us": round(1e6 * looking / max(1, blocks * lookups), 1),
    }


@click.command()
@click.option("--blocks", default=700, show_default=True, help="Of the platform's load: 0.4 s each.")
@click.option("--lookups", default=1_000, show_default=True, help="Before each block.")
@click.option("--write-buffer", "sizes", multiple=True, type=int, help="MiB; may be repeated.")
def main(blocks: int, lookups: int, sizes: tuple[int, ...]) -> None:
    """Measure on the temporary folder's file system; the line is appended to benchmarks/results.jsonl."""
    figures: dict[str, object] = {"blocks": blocks, "lookups": lookups}
    for size in sizes or (16, WRITE_BUFFER_SIZE >> 20):
        with tempfile.TemporaryDirectory(prefix="linxin-bench-") as folder:
            figures[f"write_buffer_{size}_mib"] = run(Path(folder), blocks, lookups, size << 20)
    record("merging", figures)
    show(figures)


if __name__ == "__main__":
    main()
