"""Transports of several validators in one process, over real sockets and real TLS, and what each of them was told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from cli.homes import free_ports
from ledger.crypto.signing import Algorithm, SigningKey
from network.peers.records import Status
from network.peers.transport import PeerTransport


@dataclass(frozen=True)
class Record:
    """A validator's record as the ledger would have it."""

    public_key: bytes
    address: str
    status: str = Status.VALIDATOR


CHAIN_ID = sha256(b"a chain").digest()
WAIT_S_MAX = 8.0


def key_of(name: str) -> SigningKey:
    """A validator's ledger key, made from its name."""
    return SigningKey(Algorithm.ED25519, sha256(name.encode()).digest())


def free_port() -> int:
    """A loopback port that nobody listens on now, and that no outgoing connection will be given."""
    return free_ports(1)[0]


def record_of(name: str, port: int, status: str = Status.VALIDATOR, key: str = "") -> Record:
    """The record of a validator by name."""
    return Record(key_of(key or name).public_key, f"127.0.0.1:{port}", status)


async def eventually(holds: Callable[[], object], what: str = "") -> None:
    """Wait until something holds; fails after `WAIT_S_MAX`."""
    try:
        async with asyncio.timeout(WAIT_S_MAX):
            while not holds():  # noqa: ASYNC110  # what other tasks do, on both sides of a socket
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"it never came: {what or holds}") from None


@dataclass
class Validator:
    """One validator: its own view of the records, its transport, and what that has told it."""

    id: str
    port: int
    records: dict[str, Record]
    key: SigningKey
    chain_id: bytes = CHAIN_ID
    received: list[tuple[str, bytes]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    on_message: Callable[[str, bytes], None] | None = None

    def __post_init__(self) -> None:
        self.build()

    def build(self) -> None:
        """Make the transport for the port and the key."""
        self.transport = PeerTransport(
            self.id,
            self.key,
            self.chain_id,
            f"127.0.0.1:{self.port}",
            lambda: self.records,
            self._take,
            lambda peer: self.events.append(f"+{peer}"),
            lambda peer: self.events.append(f"-{peer}"),
            jitter=lambda: 0.5,
        )

    def _take(self, peer: str, data: bytes) -> None:
        self.received.append((peer, data))
        if self.on_message is not None:
            self.on_message(peer, data)

    def set(self, peer: str, record: Record) -> None:
        """Give a peer this record, as a certified block would."""
        self.records[peer] = record
        self.transport.update()

    def remove(self, peer: str) -> None:
        """Remove a peer's record."""
        del self.records[peer]
        self.transport.update()

    def got(self, peer: str) -> list[bytes]:
        """What came from a peer, in order."""
        return [data for sender, data in self.received if sender == peer]

    def is_connected(self, *peers: str) -> bool:
        """Whether `send` reaches all of these."""
        return set(peers) <= set(self.transport.connected())


class Group:
    """Validators that know each other; `async with` starts and stops them."""

    def __init__(self, *names: str) -> None:
        self.ports = {name: free_port() for name in names}
        self.records = {name: record_of(name, port) for name, port in self.ports.items()}
        self.running: list[Validator] = []

    def make(self, name: str, *, id: str = "", key: str = "", chain_id: bytes = CHAIN_ID) -> Validator:
        """A validator that is not started: by default who it should be, else one that lies."""
        port = self.ports[name] if name in self.ports else free_port()
        return Validator(id or name, port, dict(self.records), key_of(key or name), chain_id)

    async def start(self, name: str, **lies: str) -> Validator:
        """Make a validator and start it."""
        made = self.make(name, **lies)  # type: ignore[arg-type]  # texts only
        return await self.run(made)

    async def run(self, made: Validator) -> Validator:
        """Start a validator that was made."""
        await made.transport.start()
        self.running.append(made)
        return made

    async def stop(self, validator: Validator) -> None:
        """Stop one validator."""
        self.running.remove(validator)
        await validator.transport.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(validator.transport.stop() for validator in self.running))


async def pair(group: Group) -> tuple[Validator, Validator]:
    """Two validators, farm and hub, connected both ways."""
    farm, hub = await group.start("farm"), await group.start("hub")
    await eventually(lambda: farm.is_connected("hub") and hub.is_connected("farm"), "both connected")
    return farm, hub
