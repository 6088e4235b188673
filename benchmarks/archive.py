"""What a page of the trust archive costs of a product with many reviews: counts, newest, older ones, with proof.

    .venv/bin/python -m benchmarks.archive [--size N]... [--pages N] [--json]

The states are built by executing in this process (`benchmarks/shelf.py`: real rules, orders stood in for), one
ledger with a product of each size. A node, an observer in a process of its own, serves it over plain gRPC on loopback,
with the ledger's files held in memory, so that what grows is the work of a page and not the waiting for a disk; one
client asks for a page after the other. Wanted (`growth_p99`): the p99 of a page of the product with most reviews at
most 1.5 times that of the one with fewest, in this ledger. `alone`: the smallest product while nothing else is there,
which shows what the size of the ledger itself costs. Figures are appended to benchmarks/results.jsonl.
"""

import asyncio
import ctypes
import mmap
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import click
import grpc
from linxin.v1 import archive_pb2, archive_pb2_grpc
from rich.console import Console
from rich.progress import Progress

from benchmarks.record import record
from benchmarks.shelf import Shelf, shelf_of
from benchmarks.tables import show
from cli.homes import free_ports
from network.tls import make_authority

ROOT = Path(__file__).resolve().parents[1]
PAGE = 20
WARM_UP = 50
START_S_MAX = 120.0
GROWTH_MAX = 1.5

Request = archive_pb2.GetListingRequest | archive_pb2.ListReviewsRequest


@contextmanager
def serving(home: Path, shelf: Shelf) -> Iterator[str]:
    """A node that serves the store of a shelf in `home`, and its address; it has nobody to follow."""
    ports = free_ports(2)
    address = f"127.0.0.1:{ports[0]}"
    (home / "genesis.json").write_bytes(shelf.genesis.raw)
    (home / "ca.crt").write_bytes(make_authority("bench")[0])
    listen = f'[listen]\naddress = "{address}"\nplaintext = true\n'
    follow = f'[follow]\nendpoints = ["127.0.0.1:{ports[1]}"]\n'
    (home / "node.toml").write_text(f'name = "o1"\nrole = "observer"\n{listen}{follow}')
    known = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}"}
    with (home / "node.log").open("ab") as log:
        command = [sys.executable, str(ROOT / "node.py"), "--home", str(home)]
        node = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=known)
    try:
        deadline = time.monotonic() + START_S_MAX
        while not asyncio.run(_answers(address)):
            if node.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the node did not start:\n{(home / 'node.log').read_text()}")
        yield address
    finally:
        node.terminate()
        node.wait(30)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The files of a folder stay in memory; needs the right to lock as much (`ulimit -l`)."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    mapped: list[tuple[int, int]] = []
    for path in sorted(folder.glob("*.ldb")):
        with suppress(FileNotFoundError), path.open("rb") as file:  # the node merges files
            size = os.fstat(file.fileno()).st_size
            place = libc.mmap(None, ctypes.c_size_t(size), mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
            if libc.mlock(ctypes.c_void_p(place), ctypes.c_size_t(size)):
                raise SystemExit(f"{path} cannot be held in memory: {os.strerror(ctypes.get_errno())}")
            mapped.append((place, size))
    try:
        yield
    finally:
        for place, size in mapped:
            libc.munmap(ctypes.c_void_p(place), ctypes.c_size_t(size))


async def _answers(address: str) -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        try:
            request = archive_pb2.GetListingRequest(listing=shelf_of(0))
            await archive_pb2_grpc.ArchiveServiceStub(channel).GetListing(request, timeout=2)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.1)
            return False
        return True


def kinds(listing: str, size: int) -> dict[str, Callable[[], Request]]:
    """What readers ask for, by name."""
    draw = Random(2)

    def older(proof: bool) -> Request:
        start = draw.randrange(max(1, size - PAGE))
        return archive_pb2.ListReviewsRequest(listing=listing, start=start, page_size=PAGE, include_proof=proof)

    return {
        "counts": lambda: archive_pb2.GetListingRequest(listing=listing),
        "newest": lambda: archive_pb2.ListReviewsRequest(listing=listing, page_size=PAGE),
        "older": lambda: older(proof=False),
        "older_with_proof": lambda: older(proof=True),
    }


async def measure(address: str, listings: Mapping[str, int], pages: int) -> dict[str, dict[str, dict[str, float]]]:
    """By listing (with how many entries it has) and kind: latencies of `pages` calls in milliseconds, bytes of the last
    answer. One call after the other, of each listing in turn, so that what else the machine does bears on all alike.
    """
    asked = {listing: kinds(listing, size) for listing, size in listings.items()}
    found: dict[str, dict[str, dict[str, float]]] = {listing: {} for listing in listings}
    options = [("grpc.max_receive_message_length", 1 << 26)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stub = archive_pb2_grpc.ArchiveServiceStub(channel)
        for kind in next(iter(asked.values())):
            method: Any = stub.GetListing if kind == "counts" else stub.ListReviews
            latencies: dict[str, list[float]] = {listing: [] for listing in listings}
            sizes = dict.fromkeys(listings, 0)
            for number, listing in product(range(WARM_UP + pages), listings):
                request = asked[listing][kind]()
                started = time.perf_counter()
                answer = await method(request, timeout=30)
                if number >= WARM_UP:
                    latencies[listing].append(1000 * (time.perf_counter() - started))
                sizes[listing] = answer.ByteSize()
            for listing, measured in latencies.items():
                measured.sort()
                p50, p99 = (round(measured[int(share * len(measured))], 2) for share in (0.5, 0.99))
                found[listing][kind] = {"p50_ms": p50, "p99_ms": p99, "bytes": sizes[listing]}
    return found


def build(shelf: Shelf, number: int, size: int) -> float:
    """Give a product its reviews; milliseconds for each."""
    started = time.perf_counter()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{size} reviews", total=size)
        shelf.grow(number, size, lambda done: progress.update(task, completed=done))
    return round(1000 * (time.perf_counter() - started) / size, 3)


def run(folder: Path, sizes: list[int], pages: int) -> dict[str, Any]:
    """Build and measure; the smallest product first alone, then all in one ledger."""
    (folder / "data").mkdir()
    shelf = Shelf(folder / "data" / "ledger")
    found: dict[str, Any] = {}
    listings = {shelf_of(number): size for number, size in enumerate(sizes)}
    for number, size in enumerate(sizes):
        found[f"{size}.built_ms_per_review"] = build(shelf, number, size)
        if number == 0:
            with serving(folder, shelf) as address, held(folder / "data" / "ledger" / "leveldb"):
                alone = asyncio.run(measure(address, {shelf_of(0): size}, pages))
            found |= {f"alone.{kind}": figure for kind, figure in alone[shelf_of(0)].items()}
    with serving(folder, shelf) as address, held(folder / "data" / "ledger" / "leveldb"):
        measured = asyncio.run(measure(address, listings, pages))
    for listing, size in listings.items():
        found |= {f"{size}.{kind}": figure for kind, figure in measured[listing].items()}
    first, *_, last = measured.values()
    for kind, figure in last.items():
        found[f"growth_p99.{kind}"] = round(figure["p99_ms"] / first[kind]["p99_ms"], 2)
    return found


@click.command()
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(100),
    multiple=True,
    default=(1_000, 100_000),
    show_default=True,
    help="Reviews.",
)
@click.option("--pages", default=1_000, show_default=True, help="Pages of each kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON line instead of a table.")
def main(sizes: tuple[int, ...], pages: int, as_json: bool) -> None:
    """Measure pages of products of these sizes, such as --size 1000 --size 100000 --size 1000000."""
    if len(set(sizes)) < 2:
        raise click.UsageError("name two sizes or more: they are compared")
    with tempfile.TemporaryDirectory(prefix="linxin-archive-") as folder:
        figures = run(Path(folder), sorted(set(sizes)), pages)
    known = {"states": "executed in-process, orders stood in for", "page": PAGE, "pages": pages}
    line = record("archive", known | figures)
    if as_json:
        click.echo(line)
    else:
        show(figures)
    worst = max(value for name, value in figures.items() if name.startswith("growth_p99."))
    verdict = "held" if worst <= GROWTH_MAX else "NOT held"
    click.echo(f"growth of p99 at most {worst} (wanted: {GROWTH_MAX}): {verdict}", err=True)


if __name__ == "__main__":
    main()
