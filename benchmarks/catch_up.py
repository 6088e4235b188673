"""How fast one who is behind catches up: blocks executed again, taken over without rules, or imported from an archive.

    .venv/bin/python -m benchmarks.catch_up [--records N] [--no-network] [--json]

First the work alone, on one store; then real nodes that were down, over the network (`benchmarks.rejoin`).
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks.record import record
from benchmarks.rejoin import rejoin
from benchmarks.store import BLOCK, START_MS, VALIDATOR, small_genesis, transactions
from benchmarks.tables import show
from ledger.adopt import apply_public
from ledger.block import Block, Position, Proposal
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.execute import execute
from ledger.genesis import Genesis
from ledger.modules.catalogue import network_registry
from ledger.replay import CertifiedBlock, reexecute
from ledger.storage.archive import export_archive
from ledger.storage.install import import_archive
from ledger.storage.level import LevelStore
from ledger.storage.warm import Newest

REGISTRY = network_registry()
Certified = list[tuple[Block, str]]


@contextmanager
def opened(path: Path, genesis: Genesis) -> Iterator[LevelStore]:
    """A store, closed in the end."""
    store = LevelStore.open(path, genesis.chain_id, genesis.head())
    try:
        yield store
    finally:
        store.close()


def make_chain(path: Path, genesis: Genesis, archive: Path, blocks: int) -> Certified:
    """Blocks of `BLOCK` records each, stored in `path`, and their full archive."""
    made: Certified = []
    with opened(path, genesis) as store:
        for number in range(blocks):
            snapshot, checked = store.snapshot(), transactions(REGISTRY, genesis, number)
            proposal, at = Proposal(START_MS + number * 50, []), Position(1, number + 1)
            block = execute(snapshot.head, snapshot, proposal, at, checked, REGISTRY, genesis)
            note = assemble_note(block.text, [cosign(VALIDATOR, "linxin/bench/v", block.text, 1)])
            store.write(block, note)
            made.append((block, note))
        with archive.open("wb") as file:
            file.writelines(export_archive(store.snapshot(), genesis.raw, full=True))
    return made


def follow(path: Path, genesis: Genesis, chain: Iterable[tuple[Block, str]], *, rules: bool) -> None:
    """Store the chain block by block: executed again, or from leaves and changed values."""
    with opened(path, genesis) as store:
        top = Newest()
        for block, note in chain:
            head, reader = store.head, top.over(store.snapshot())
            if rules:
                given = CertifiedBlock(note, block.leaves, block.changes.restricted)
                made = reexecute(head, reader, given, REGISTRY, genesis)
            else:
                made = apply_public(head, reader, note, block.leaves, block.changes.values, genesis)
            store.write(made, note)
            top.follow(made)
        store.sync()


def import_file(path: Path, genesis: Genesis, archive: Path) -> None:
    """Make the store from the archive."""
    with archive.open("rb") as stream:
        import_archive(stream, path, genesis, full=True)


def measure(act: Callable[[], None], records: int) -> dict[str, float]:
    """Records a second by the clock, and CPU microseconds a record, LevelDB's own thread included."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"records_per_s": round(records / wall), "cpu_us_per_record": round(1e6 * cpu / records, 1)}


def measure_alone(records: int) -> dict[str, dict[str, float]]:
    """Catch up with one chain in three ways, without a network."""
    genesis, blocks = small_genesis(REGISTRY), max(1, records // BLOCK)
    with tempfile.TemporaryDirectory(prefix="linxin-catch-up-") as scratch:
        root = Path(scratch)
        archive = root / "archive"
        chain = make_chain(root / "made", genesis, archive, blocks)
        count = blocks * BLOCK
        return {
            "reexecution": measure(lambda: follow(root / "executed", genesis, chain, rules=True), count),
            "public_changes": measure(lambda: follow(root / "public", genesis, chain, rules=False), count),
            "archive_import": measure(lambda: import_file(root / "imported", genesis, archive), count),
        }


@click.command()
@click.option("--records", default=100_000, show_default=True, help="Length of the chain, in records.")
@click.option("--network/--no-network", "is_networked", default=True, help="Also with real nodes over the network.")
@click.option("--json", "as_json", is_flag=True, help="Print the recorded line instead of a table.")
def main(records: int, is_networked: bool, as_json: bool) -> None:
    """Catch up in every way there is."""
    figures: dict[str, Any] = {"records": records} | measure_alone(records)
    times = figures["archive_import"]["records_per_s"] / figures["reexecution"]["records_per_s"]
    figures["import_to_reexecution_ratio"] = round(times, 2)
    if is_networked:
        figures |= rejoin(records)
    line = record("catch_up", figures)
    if as_json:
        click.echo(line)
    else:
        show(figures)


if __name__ == "__main__":
    main()
