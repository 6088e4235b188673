"""What this machine's parts cost: signatures, hashes, decoding, LevelDB, fsync, gRPC. No node comes near these figures'
sum, and none can go below it.

    .venv/bin/python -m benchmarks.floor [--json] [--quick]

Each figure is microseconds of wall time for one operation, the median of several rounds; one line is appended to
benchmarks/results.jsonl.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

import click
import plyvel
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_open
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.floor_rpc import BATCH_ITEMS, rpc_costs
from benchmarks.record import record
from ledger.crypto.encoding import Decoder, Message, encode
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey, verify

ROUNDS = 7
BODY = bytes(range(250))
"""As long as the body of a typical record."""

BATCH_KEYS = 1000


class Reading(Message):
    """An action as large and as varied as a typical record's."""

    device: str
    metric: str
    place: str
    first_ms: int
    values: tuple[int, ...]
    note: str | None


class Body(Message):
    """As the body of a transaction is laid out."""

    chain_id: bytes
    algorithm: int
    public_key: bytes
    nonce: bytes
    expires_at_ms: int
    action: Reading
    commitment: bytes | None


@dataclass(frozen=True)
class Part:
    """One measured thing: `name` as in results.jsonl, what it `does`, and `run`, which does it `repeats` times."""

    name: str
    does: str
    repeats: int
    run: Callable[[int], None]


@click.command()
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the recorded line (with --quick: the figures alone) instead of a table.",
)
@click.option("--quick", is_flag=True, help="A tenth of the repeats, for a first look; not recorded.")
def main(*, as_json: bool, quick: bool) -> None:
    """Measure what this machine's parts cost."""
    screen = Console(stderr=True)
    costs_us: dict[str, float] = {}
    says: dict[str, str] = {}
    with disk_parts() as on_disk, Progress(console=screen, transient=True) as bar:
        parts = [*signature_parts(), *byte_parts(), *on_disk]
        task = bar.add_task("measuring", total=len(parts) + 1)
        for part in parts:
            bar.update(task, description=part.does)
            costs_us[f"{part.name}_us"] = measure_us(part, quick=quick)
            says[f"{part.name}_us"] = part.does
            bar.advance(task)
        bar.update(task, description="gRPC over TLS on loopback")
        for name, does, cost_us in rpc_costs(quick=quick):
            costs_us[name], says[name] = cost_us, does
    line = json.dumps(costs_us) if quick else record("floor", costs_us)
    if as_json:
        click.echo(line)
    else:
        show(costs_us, says)


def measure_us(part: Part, *, quick: bool) -> float:
    """Microseconds of wall time for one operation of `part`: the median of `ROUNDS` rounds after one to warm up."""
    repeats = max(1, part.repeats // 10) if quick else part.repeats
    part.run(max(1, repeats // 10))
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        part.run(repeats)
        rounds.append((time.perf_counter() - began) / repeats)
    return round(1e6 * statistics.median(rounds), 3)


def signature_parts() -> Iterator[Part]:
    """Verifying one signature of a record, by each library and by our whole rule."""
    ours = SigningKey(Algorithm.ED25519, bytes(range(32)))
    signature, key = ours.sign(BODY), ours.public_key
    joined = signature + BODY
    openssl = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    p256 = ec.derive_private_key(2**255 // 3, ec.SECP256R1())
    der = p256.sign(BODY, ec.ECDSA(hashes.SHA256()))
    p256_key, algorithm = p256.public_key(), ec.ECDSA(hashes.SHA256())
    keys = [SigningKey(Algorithm.ED25519, bytes([n]) * 32) for n in range(200)]
    many = [(each.sign(BODY), each.public_key) for each in keys]

    def bulk(repeats: int) -> None:
        for _ in range(repeats // len(many) or 1):
            for their_signature, their_key in many:
                assert verify(Algorithm.ED25519, their_key, their_signature, BODY)

    yield Part("libsodium_verify", "Ed25519, libsodium alone", 2000, repeat(lambda: crypto_sign_open(joined, key)))
    yield Part("ledger_verify_bulk", "Ed25519, our whole rule, 200 signers in turn", 2000, bulk)
    yield Part("cryptography_verify", "Ed25519, OpenSSL", 1000, repeat(lambda: openssl.verify(signature, BODY)))
    yield Part("p256_verify", "P-256, OpenSSL", 1000, repeat(lambda: p256_key.verify(der, BODY, algorithm)))


def byte_parts() -> Iterator[Part]:
    """Hashing, and decoding a typed body."""
    short, long = bytes(256), bytes(1024)
    reading = Reading("logger-7", "air_temperature", "plot:plot-3", 1_800_000_000_000, tuple(range(2150, 2174)), None)
    body = encode(Body(bytes(32), 1, bytes(32), bytes(16), 1_800_000_060_000, reading, None))
    decode: Decoder[Body] = Decoder(Body, 60_000)
    value = decode(body)
    yield Part("sha256_256_bytes", "SHA-256 of 256 bytes", 100_000, repeat(lambda: sha256(short)))
    yield Part("sha256_1024_bytes", "SHA-256 of 1024 bytes", 100_000, repeat(lambda: sha256(long)))
    yield Part("decode_body", f"typed body of {len(body)} bytes, decoded", 50_000, repeat(lambda: decode(body)))
    yield Part("encode_body", "the same, encoded", 50_000, repeat(lambda: encode(value)))


@contextmanager
def disk_parts() -> Iterator[list[Part]]:
    """LevelDB as the ledger opens it, and making bytes durable; in a folder that goes when the block ends.

    TMPDIR says on which disk; on a memory file system fdatasync costs nothing and means nothing.
    """
    with (
        tempfile.TemporaryDirectory(prefix="linxin-floor-") as folder,
        closing(plyvel.DB(f"{folder}/level", create_if_missing=True, paranoid_checks=True)) as database,
        (Path(folder) / "synced").open("ab", buffering=0) as synced,
    ):
        yield [*level_parts(database), sync_part(synced)]


def level_parts(database: Any) -> Iterator[Part]:
    """Putting in batches, and getting, values as large as a row."""
    counter = iter(range(1 << 60))
    value = bytes(200)

    def put(repeats: int) -> None:
        for _ in range(max(1, repeats // BATCH_KEYS)):
            with database.write_batch() as batch:
                for _ in range(BATCH_KEYS):
                    batch.put(sha256(next(counter).to_bytes(8)), value)

    def get(repeats: int) -> None:
        for number in range(repeats):
            assert database.get(sha256(number.to_bytes(8))) is not None

    yield Part("level_put", f"LevelDB put of 200 bytes, {BATCH_KEYS} in a batch", 20_000, put)
    yield Part("level_get", "LevelDB get", 20_000, get)


def sync_part(file: RawIOBase) -> Part:
    """Appending a little and waiting until it is durable."""

    def append_and_sync() -> None:
        file.write(bytes(200))
        os.fdatasync(file.fileno())

    return Part("fdatasync", "200 bytes appended and fdatasync", 200, repeat(append_and_sync))


def repeat(operation: Callable[[], object]) -> Callable[[int], None]:
    """`operation` done a given number of times."""

    def run(repeats: int) -> None:
        for _ in range(repeats):
            operation()

    return run


def show(costs_us: dict[str, float], says: dict[str, str]) -> None:
    """A table for people, on standard output."""
    table = Table("what", "one costs, µs", "a second does", title="This machine's floor")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, cost_us in costs_us.items():
        table.add_row(says[name], f"{cost_us:,.2f}", f"{1e6 / cost_us:,.0f}")
    Console().print(
        table, f"A message of {BATCH_ITEMS} items costs little more than one: batch all that crosses a process."
    )


if __name__ == "__main__":
    main()
