"""A toy module and a chain in memory: the ledger core seen without the rules of food."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated

import msgspec

from ledger.block import Block, Head, Position, Proposal
from ledger.context import Context
from ledger.crypto.encoding import Message
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import Refusal, refusal
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Action, Module, Registry, Rules, Timer
from ledger.modules.registry import registry_module
from ledger.roles import ANYONE, OPEN, Role
from ledger.state import OTHER, Reader, Table
from ledger.storage.memory import MemoryState
from ledger.transaction import Transaction, decode_transaction, make_transaction

START_MS = 1_790_000_000_000


class Price(Message):
    """The restricted part of a note."""

    fen: int


class Put(Action, tag="toy.put"):
    """Write a row, or fail on request."""

    restricted = Price
    key: Annotated[str, msgspec.Meta(max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=55_000)]
    fail: str = ""
    remind_ms: int = 0


class Drop(Action, tag="toy.drop"):
    """Delete a row."""

    key: str


class Open(Action, tag="toy.open"):
    """Needs no registered key."""


class Remind(Timer, tag="toy.remind"):
    """Writes a row when due."""

    key: str


class Note(Message):
    """The row of the toy table."""

    text: str


notes: Table[Note] = Table("toy", "note", Note)
prices: Table[Price] = Table("toy", "price", Price, restricted=True)
rules = Rules()


@refusal(9001)
class ToyRefused(Refusal):
    """Asked for."""

    key: str
    zh = "拒绝 {key}"
    en = "refused {key}"
    remedy_zh = "无"
    remedy_en = "none"


@rules.rule(Put, by=(Role.PLATFORM, Role.FARM))
def put(ctx: Context, action: Put) -> None:
    """Write, then fail if asked to, so that nothing may remain of what was written."""
    notes.put(ctx, action.key, Note(action.text))
    ctx.journal(f"organisation:{ctx.signer.organisation}", OTHER)
    ctx.event("put", action.key)
    if isinstance(ctx.restricted, Price):
        prices.put(ctx, action.key, ctx.restricted)
    if action.remind_ms:
        ctx.schedule(ctx.time_ms + action.remind_ms, Remind(action.key))
    if action.fail == "refuse":
        raise ToyRefused(action.key)
    if action.fail == "crash":
        raise ZeroDivisionError


@rules.rule(Drop, by=ANYONE)
def drop(ctx: Context, action: Drop) -> None:
    """Delete the row."""
    notes.delete(ctx, action.key)


@rules.rule(Open, by=OPEN)
def open_door(ctx: Context, action: Open) -> None:
    """Say that somebody came."""
    ctx.event("open")


@rules.timer(Remind)
def remind(ctx: Context, timer: Remind) -> None:
    """Mark the row."""
    notes.put(ctx, timer.key, Note("reminded"))
    ctx.journal("organisation:platform", OTHER)


def signing_key(name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """A key made from a name."""
    return SigningKey(algorithm, sha256(name.encode()).digest())


PLATFORM, HUB, STRANGER = signing_key("platform"), signing_key("hub", Algorithm.P256), signing_key("stranger")
VALIDATOR = signing_key("validator")


def toy_registry() -> Registry:
    """The registry module and the toy."""
    return Registry([registry_module(), Module("toy", tuple(rules.rules), rules.timers)])


def toy_genesis(registry: Registry, **parameters: int) -> Genesis:
    """A network of one validator, a platform (Ed25519) and a hub (P-256)."""

    def organisation(name: str, role: str, algorithm: str, key: SigningKey) -> dict[str, object]:
        keys = [{"algorithm": algorithm, "public_key": key.public_key.hex()}]
        return {"id": name, "name_zh": name, "name_en": name, "roles": [role], "keys": keys}

    document = {
        "format": "linxin-genesis/1",
        "name": "toy",
        "time": "2026-11-22T00:00:00Z",
        "organisations": [
            organisation("platform", "platform", "ed25519", PLATFORM),
            organisation("hub", "logistics", "p256", HUB),
        ],
        "validators": [{"id": "v1", "organisation": "platform", "public_key": VALIDATOR.public_key.hex()}],
        "parameters": parameters,
    }
    return load_genesis(msgspec.json.encode(document), registry)


@dataclass
class ToyChain:
    """A chain in memory, one block at a time."""

    registry: Registry = field(default_factory=toy_registry)
    parameters: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.genesis = toy_genesis(self.registry, **self.parameters)
        self.state = MemoryState()
        self.reader: Reader = self.state
        self.head: Head = self.genesis.head()
        self.blocks: list[Block] = []
        self.made = 0

    def sign(
        self, action: Action, key: SigningKey = PLATFORM, *, ttl_ms: int = 60_000, price: Price | None = None
    ) -> bytes:
        """An envelope with a nonce of its own."""
        self.made += 1
        now = max(self.head.time_ms, START_MS)
        salt = None if price is None else sha256(b"salt%d" % self.made).digest()
        return make_transaction(
            key, self.genesis.chain_id, action, self.made.to_bytes(16, "big"), now + ttl_ms, price, salt
        )

    def checked(self, raw: bytes) -> Transaction | Refusal:
        """What admission makes of an envelope."""
        try:
            return decode_transaction(raw, self.registry, self.genesis.chain_id)
        except Refusal as refused:
            return refused

    def block(self, *raws: bytes, after_ms: int = 1000) -> Block:
        """Execute one proposal and make it final."""
        proposal = Proposal(max(self.head.time_ms, START_MS) + after_ms, list(raws))
        at = Position(1, self.head.height + 1)
        made = execute(
            self.head, self.reader, proposal, at, [self.checked(raw) for raw in raws], self.registry, self.genesis
        )
        self.state.apply(made)
        self.head = made.head
        self.blocks.append(made)
        return made
