"""The world in which campaigns run: who is there, a chain in memory over the real `execute`, ready to be copied.

Setting up takes some forty blocks, so it is done once; each campaign begins with a copy of the state.
"""

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ledger.block import Block, Head, Position, Proposal
from ledger.context import Context
from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Action, Registry
from ledger.modules.catalogue import network_registry
from ledger.modules.registry.messages import (
    CalibrateDevice,
    Metric,
    NewKey,
    RegisterDevice,
    RegisterMember,
    possession_message,
)
from ledger.modules.trace import messages as trace
from ledger.modules.trace.identifiers import complete_network_code, gs1_check_digit
from ledger.modules.trace.messages import Band
from ledger.state import BlockState
from ledger.storage.memory import MemoryState
from ledger.timers import timers
from ledger.transaction import Transaction, decode_transaction, make_transaction
from tests.economy.campaigns import LEADERS, START_MS
from tests.registry.chain import key_of

KG_PRODUCT = "0952123456789" + gs1_check_digit("0952123456789")
PIECE_PRODUCT = complete_network_code("PUNNET250")
PRODUCTS = {"kg": KG_PRODUCT, "piece": PIECE_PRODUCT}

ORGANISATIONS = {
    "platform": ["platform"],
    "bank": ["custodian"],
    "farm": ["farm"],
    "coop": ["cooperative"],
    "hub": ["logistics"],
    "shop": ["warehouse"],
    "estate": ["community"],
    "lab": ["inspector"],
    "watch": ["regulator"],
}
PLANTINGS = {"field-1": "farm", "field-2": "farm", "field-3": "coop"}
VANS = tuple(f"{owner}-{campaign}" for owner in ("farm", "coop", "hub") for campaign in ("c1", "c2"))
"""`<owner>-<campaign>`: refrigerated, with the thermometer `probe-<van>`."""

DAY_MS = 86_400_000
MINUTE_MS = 60_000
PROBE_INTERVAL_MS = 10_000
BAND = Band("temperature", "CEL", -2, 0, 800, 10**9, 20 * 1_000 * 1_000)
"""0 to 8 degrees; what goods bear: 20 degree-seconds (hundredths of a degree x ms)."""


def genesis_file(parameters: Mapping[str, int]) -> bytes:
    """The network's genesis: every organisation has the key `key_of(its id)`."""
    organisations = [
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "roles": roles,
            "keys": [{"algorithm": "ed25519", "public_key": key_of(name).public_key.hex()}],
        }
        for name, roles in ORGANISATIONS.items()
    ]
    validator = {"id": "v1", "organisation": "platform", "public_key": key_of("validator").public_key.hex()}
    document: dict[str, Any] = {"format": "linxin-genesis/1", "name": "economy", "time": "2026-01-01T00:00:00Z"}
    document |= {"parameters": dict(parameters)}
    return json.dumps(document | {"organisations": organisations, "validators": [validator]}).encode()


class Chain:
    """A network of one without consensus, whose blocks come at chosen times."""

    def __init__(self, registry: Registry, genesis: Genesis) -> None:
        self.registry, self.genesis = registry, genesis
        self.state = MemoryState()
        self.head: Head = genesis.head()
        self.made = 0

    def clone(self) -> "Chain":
        """The same chain, to go another way from here."""
        twin = copy.copy(self)
        twin.state = MemoryState()
        for name in ("values", "hidden", "nodes", "transactions"):
            setattr(twin.state, name, copy.copy(getattr(self.state, name)))
        return twin

    def make(self, time_ms: int, key: SigningKey, action: Action, restricted: Message | None = None) -> Transaction:
        """An action as it comes out of admission for a block at `time_ms`; only its signature's check is left out."""
        self.made += 1
        nonce = self.made.to_bytes(16, "big")
        salt = None if restricted is None else sha256(b"salt" + nonce).digest()
        raw = make_transaction(key, self.genesis.chain_id, action, nonce, time_ms + MINUTE_MS, restricted, salt)
        return decode_transaction(raw, self.registry, self.genesis.chain_id)

    def run(self, time_ms: int, transactions: list[Transaction]) -> Block:
        """A block at `time_ms`; all of `transactions` must be ordered."""
        position = Position(1, self.head.height + 1)
        proposal = Proposal(time_ms, [])
        block = execute(self.head, self.state, proposal, position, transactions, self.registry, self.genesis)
        assert not block.dropped, block.dropped
        self.state.apply(block)
        self.state.leaves.clear()
        self.head = block.head
        return block

    def accept(self, key: SigningKey | str, action: Action, restricted: Message | None = None) -> None:
        """One action in a block of its own, a second later; it must be accepted."""
        signer = key_of(key) if isinstance(key, str) else key
        time_ms = max(START_MS, self.head.time_ms + 1_000)
        receipt = self.run(time_ms, [self.make(time_ms, signer, action, restricted)]).receipts[0]
        assert receipt is not None
        assert receipt.code == 0, (action, receipt)

    def context(self) -> Context:
        """A context that reads the current state."""
        state = BlockState(self.state)
        return Context(state, self.head.height, self.head.time_ms, self.genesis.parameters, self.genesis.chain_id)

    def next_due_ms(self) -> int | None:
        """When the earliest timer is due, or None."""
        first = timers.scan(self.context(), limit=1)
        return int(first[0][0].partition("-")[0]) if first else None

    def new_key(self, name: str, subject: str) -> NewKey:
        """`key_of(name)` with its proof of possession."""
        key = key_of(name)
        possession = key.sign(possession_message(self.genesis.chain_id, subject))
        return NewKey(key.algorithm, key.public_key, possession)

    def violations(self) -> list[str]:
        """What the modules' invariants say."""
        return [
            words
            for module in self.registry.modules
            if module.invariants is not None
            for words in module.invariants(self.context())
        ]


def settled_chain(timers_per_block: int, windows: Mapping[str, int]) -> Chain:
    """A chain of its own that begins with the settled world, under these parameters."""
    parameters = {"timers_per_block": timers_per_block} | {f"{name}_ms": time_ms for name, time_ms in windows.items()}
    return _settle(tuple(sorted(parameters.items()))).clone()


@lru_cache(maxsize=8)
def _settle(parameters: tuple[tuple[str, int], ...]) -> Chain:
    """The world before any campaign: members, products, plantings, vans and their thermometers."""
    registry = network_registry()
    chain = Chain(registry, load_genesis(genesis_file(dict(parameters)), registry))
    chain.run(START_MS, [])
    for leader in LEADERS:
        member = RegisterMember(leader, "leader", True, chain.new_key(leader, f"member:{leader}"))
        chain.accept("estate", member)
    band, producers = BAND, ("coop",)
    chain.accept("farm", trace.RegisterProduct(KG_PRODUCT, "草莓", "Strawberry", "kg", 0, 100_000, band, producers))
    chain.accept("farm", trace.RegisterProduct(PIECE_PRODUCT, "盒", "Box", "piece", 250_000, 100_000, None, producers))
    for planting, owner in PLANTINGS.items():
        chain.accept(owner, trace.RegisterPlot(f"plot-{planting}", "地", "Plot", 600))
        chain.accept(owner, trace.StartPlanting(planting, f"plot-{planting}", "草莓", "红颜", START_MS - 30 * DAY_MS))
    for van in VANS:
        _add_van(chain, van)
    return chain


def _add_van(chain: Chain, van: str) -> None:
    """A refrigerated vehicle and its thermometer, calibrated for two years around the start."""
    owner, probe = van.partition("-")[0], f"probe-{van}"
    chain.accept(owner, trace.RegisterVehicle(van, "车", "Van", refrigerated=True))
    metrics = (Metric("temperature", "CEL", -2, -4_000, 8_500),)
    key = chain.new_key(probe, f"device:{probe}")
    chain.accept(owner, RegisterDevice(probe, "温度计", "Thermometer", metrics, PROBE_INTERVAL_MS, key))
    chain.accept(owner, CalibrateDevice(probe, START_MS - 365 * DAY_MS, START_MS + 365 * DAY_MS, None))
    chain.accept(owner, trace.AttachDevice(probe, f"vehicle:{van}", chain.head.time_ms))
