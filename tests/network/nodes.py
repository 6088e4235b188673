"""A network of one on disk and its validator as a real process, for tests and for those who chase a fault by hand."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import msgspec
from linxin.v1 import blob_pb2_grpc, ledger_pb2, ledger_pb2_grpc, provenance_pb2_grpc, trade_pb2_grpc

from cli.homes import free_ports
from client.connection import Metadata, open_channel, signed_request
from client.wallet import Cost, create_key
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.genesis import load_genesis
from ledger.module import Action
from ledger.modules.catalogue import network_registry
from ledger.modules.trace.messages.things import RegisterPlot
from ledger.transaction import make_transaction
from network.config import parse_config
from network.home import create_safety
from network.tls import issue_server_certificate, make_authority, write_private

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery"
START_S_MAX = 40.0
STOP_S_MAX = 20.0
MODE_PRIVATE = 0o600


def key_of(name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """A key made from a name."""
    return SigningKey(algorithm, sha256(name.encode()).digest())


FARM, HUB, AUDITOR, PLATFORM, STRANGER = (key_of(n) for n in ("farm", "hub", "auditor", "platform", "stranger"))


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def free_port() -> int:
    """A loopback port that nobody listens on now, and that no outgoing connection will be given."""
    return free_ports(1)[0]


@dataclass
class Network:
    """A network folder of one validator, and the process that runs it (if any)."""

    home: Path
    genesis: bytes
    authority: bytes | None
    address: str
    process: "subprocess.Popen[bytes] | None" = None
    made: int = 0
    started: list[float] = field(default_factory=list)

    @property
    def chain_id(self) -> bytes:
        """SHA-256 of the genesis file."""
        return sha256(self.genesis).digest()

    def start(self) -> None:
        """Start the node and wait until it answers."""
        self.launch()
        deadline = time.monotonic() + START_S_MAX
        while not self._answers():
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the node did not start:\n{self.log()}")
            time.sleep(0.05)

    def launch(self) -> None:
        """Start the process without waiting for it to answer."""
        with (self.home / "node.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "node.py"), "--home", str(self.home)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"LINXIN_PASSPHRASE": PASSPHRASE, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}"},
                start_new_session=True,
            )

    def stop(self) -> int:
        """Stop the node by SIGTERM; returns its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_S_MAX)
        self.process = None
        return status

    def kill(self) -> None:
        """Kill the node (SIGKILL) and wait until it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self) -> str:
        """What the node has said."""
        return (self.home / "node.log").read_text("utf-8", "replace")

    def channel(self) -> grpc.aio.Channel:
        """A channel to the node."""
        return open_channel(self.address, self.authority)

    def plot(self, key: SigningKey = FARM, name: str = "", ttl_ms: int = 600_000) -> bytes:
        """A signed record that registers a plot: one row, two journal entries."""
        self.made += 1
        nonce = os.urandom(16)
        plot = name or f"plot-{nonce.hex()}"
        action = RegisterPlot(plot=plot, name_zh="一号地", name_en="Plot one", area_m2=10)
        return self.sign(action, key, nonce=nonce, ttl_ms=ttl_ms)

    def sign(self, action: Action, key: SigningKey, *, nonce: bytes | None = None, ttl_ms: int = 600_000) -> bytes:
        """A signed envelope."""
        return make_transaction(key, self.chain_id, action, nonce or os.urandom(16), now_ms() + ttl_ms)

    def _answers(self) -> bool:
        async def ask() -> bool:
            async with self.channel() as channel:
                stub = ledger_pb2_grpc.LedgerServiceStub(channel)
                try:
                    await stub.GetStatus(ledger_pb2.GetStatusRequest(), timeout=2)
                except grpc.aio.AioRpcError:
                    return False
                return True

        return asyncio.run(ask())


def make_network(
    root: Path,
    *,
    plaintext: bool = False,
    settings: str = "",
    more: Sequence[tuple[str, str]] = (),
    **parameters: int,
) -> Network:
    """A network folder with a farm, a hub, a platform and an auditor, and `more` organisations as (name, role) with the
    key `key_of` the name; `settings` is added to node.toml.
    """
    registry = network_registry()
    validator = create_key(root / "validator.key", Algorithm.ED25519, PASSPHRASE, Cost.INTERACTIVE)
    genesis = msgspec.json.encode(
        {
            "format": "linxin-genesis/1",
            "name": "test",
            "time": "2026-11-22T00:00:00.000Z",
            "organisations": [
                _organisation("farm", "farm", FARM),
                _organisation("hub", "logistics", HUB),
                _organisation("platform", "platform", PLATFORM),
                _organisation("auditor", "auditor", AUDITOR),
                *(_organisation(name, role, key_of(name)) for name, role in more),
            ],
            "validators": [{"id": "v1", "organisation": "farm", "public_key": validator.public_key.hex()}],
            "parameters": parameters,
        }
    )
    load_genesis(genesis, registry)
    (root / "genesis.json").write_bytes(genesis)
    address = f"127.0.0.1:{free_port()}"
    authority = None if plaintext else _make_tls(root)
    text = f'name = "v1"\n{settings}\n[listen]\naddress = "{address}"\nplaintext = {str(plaintext).lower()}\n'
    (root / "node.toml").write_text(text)
    create_safety(root, parse_config(text.encode()), sha256(genesis).digest(), validator.public_key)
    return Network(root, genesis, authority, address)


def _organisation(name: str, role: str, key: SigningKey) -> dict[str, object]:
    keys = [{"algorithm": "ed25519", "public_key": key.public_key.hex()}]
    return {"id": name, "name_zh": name, "name_en": name, "roles": [role], "keys": keys}


def _make_tls(root: Path) -> bytes:
    certificate, authority_key = make_authority("test")
    chain, key = issue_server_certificate(certificate, authority_key, ["127.0.0.1", "localhost"])
    (root / "tls").mkdir()
    (root / "tls" / "server.crt").write_bytes(chain)
    write_private(root / "tls" / "server.key", key)
    return certificate


@dataclass(frozen=True)
class Client:
    """The services of a running node over one channel."""

    network: Network
    channel: grpc.aio.Channel
    ledger: "ledger_pb2_grpc.LedgerServiceAsyncStub"
    provenance: "provenance_pb2_grpc.ProvenanceServiceAsyncStub"
    trade: "trade_pb2_grpc.TradeServiceAsyncStub"
    blobs: "blob_pb2_grpc.BlobServiceAsyncStub"

    @classmethod
    def of(cls, network: Network) -> "Client":
        """A client of a running node; close its channel in the end."""
        return cls.over(network, network.channel())

    @classmethod
    def over(cls, network: Network, channel: grpc.aio.Channel) -> "Client":
        """A client over a channel that the caller made."""
        return cls(
            network,
            channel,
            ledger_pb2_grpc.LedgerServiceStub(channel),
            provenance_pb2_grpc.ProvenanceServiceStub(channel),
            trade_pb2_grpc.TradeServiceStub(channel),
            blob_pb2_grpc.BlobServiceStub(channel),
        )

    async def submit(self, raws: Sequence[bytes], *, wait: bool = True) -> list[ledger_pb2.Outcome]:
        """Offer transactions; their outcomes."""
        request = ledger_pb2.SubmitRequest(transactions=raws, wait=wait, timeout_ms=20_000)
        reply = await self.ledger.Submit(request, timeout=30)
        return list(reply.outcomes)

    def signature(self, key: SigningKey, method: str, request: object) -> Metadata:
        """The metadata that proves who asks."""
        return signed_request(key, self.network.chain_id, f"/linxin.v1.{method}", request)()  # type: ignore[arg-type]


def refusal_of(error: grpc.aio.AioRpcError) -> ledger_pb2.Refusal:
    """The typed refusal that a failed call carries."""
    trailing: Any = error.trailing_metadata() or ()
    for key, value in trailing:
        if key == "linxin-refusal-bin":
            return ledger_pb2.Refusal.FromString(bytes(value))
    raise AssertionError(f"no refusal in {error!r}")
