"""What executing and storing blocks costs without a network: CPU a record, by the rules and by LevelDB's own thread.

.venv/bin/python -m benchmarks.store [--records N] [--write-buffer MIB]
"""

import hashlib
import tempfile
import time
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import track

from benchmarks.record import record
from ledger.block import Position, Proposal
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Registry
from ledger.modules.catalogue import network_registry
from ledger.modules.trace.messages import RegisterVehicle
from ledger.storage.level import WRITE_BUFFER_SIZE, LevelStore
from ledger.transaction import Transaction, decode_transaction, make_transaction

START_MS = 1_790_000_000_000
BLOCK = 1_000
FARM = SigningKey(Algorithm.ED25519, hashlib.sha256(b"farm").digest())
VALIDATOR = SigningKey(Algorithm.ED25519, hashlib.sha256(b"validator").digest())


def small_genesis(registry: Registry) -> Genesis:
    """A network of one validator and one farm."""
    key = {"algorithm": "ed25519", "public_key": FARM.public_key.hex()}
    farm = {"id": "farm", "name_zh": "农场", "name_en": "farm", "roles": ["platform", "farm"], "keys": [key]}
    validator = {"id": "v", "organisation": "farm", "public_key": VALIDATOR.public_key.hex()}
    document = {
        "format": "linxin-genesis/1",
        "name": "bench",
        "time": "2026-11-22T00:00:00Z",
        "organisations": [farm],
        "validators": [validator],
    }
    return load_genesis(msgspec.json.encode(document), registry)


def transactions(registry: Registry, genesis: Genesis, block: int) -> list[Transaction]:
    """One block's records, decoded; each is one table row, journalled to itself and to the farm."""
    made = []
    for number in range(block * BLOCK, (block + 1) * BLOCK):
        action = RegisterVehicle(f"v{number}", "冷藏车", "van", True)
        raw = make_transaction(FARM, genesis.chain_id, action, number.to_bytes(16, "big"), START_MS + 3_600_000)
        made.append(decode_transaction(raw, registry, genesis.chain_id))
    return made


def run(folder: Path, blocks: int, write_buffer: int) -> dict[str, float]:
    """Execute and store `blocks` blocks; CPU in microseconds a record."""
    registry = network_registry()
    genesis = small_genesis(registry)
    store = LevelStore.open(folder, genesis.chain_id, genesis.head(), write_buffer_size=write_buffer)
    executing = storing = other = 0.0
    for number in track(range(blocks), "blocks", console=Console(stderr=True), transient=True):
        checked = transactions(registry, genesis, number)
        whole, thread = time.process_time(), time.thread_time()
        snapshot = store.snapshot()
        proposal, at = Proposal(START_MS + number * 50, []), Position(1, number + 1)
        block = execute(snapshot.head, snapshot, proposal, at, checked, registry, genesis)
        assert all(receipt is not None and receipt.code == 0 for receipt in block.receipts)
        executed = time.thread_time()
        store.write(block, assemble_note(block.text, [cosign(VALIDATOR, "linxin/bench/v", block.text, 1)]))
        executing += executed - thread
        storing += time.thread_time() - executed
        other += (time.process_time() - whole) - (time.thread_time() - thread)
    store.close()
    count = blocks * BLOCK
    figures = {"execute_us": executing, "store_us": storing, "leveldb_thread_us": other}
    return {name: round(1e6 * spent / count, 1) for name, spent in figures.items()}


@click.command()
@click.option("--records", default=100_000, help="Records to execute and store, in blocks of 1,000.")
@click.option("--write-buffer", default=WRITE_BUFFER_SIZE >> 20, help="LevelDB's write buffer, MiB.")
def main(records: int, write_buffer: int) -> None:
    """Measure on the temporary folder's file system; one JSON line, also appended to benchmarks/results.jsonl."""
    with tempfile.TemporaryDirectory(prefix="linxin-bench-") as folder:
        figures = run(Path(folder) / "ledger", max(1, records // BLOCK), write_buffer << 20)
    click.echo(record("store", {"records": records, "write_buffer_mib": write_buffer, **figures}))


if __name__ == "__main__":
    main()
