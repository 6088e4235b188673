"""A chain in memory: the real `execute` over a dictionary, for tests of rules."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.block import Head, Position, Proposal, Receipt
from ledger.context import Context
from ledger.crypto.signing import Algorithm, SigningKey, verify
from ledger.errors import BadSignature, Refusal
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Action, Module, Registry
from ledger.modules.governance import governance_module
from ledger.modules.registry import registry_module
from ledger.modules.registry.messages import NewKey, possession_message
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import OrganisationView
from ledger.state import BlockState
from ledger.transaction import Transaction, decode_transaction, make_transaction, signing_message

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


def key_of(name: str, algorithm: Algorithm = Algorithm.ED25519) -> SigningKey:
    """A key made from a name, so that tests repeat."""
    return SigningKey(algorithm, name.encode().rjust(32, b"\x01"))


@dataclass
class Memory:
    """A `Reader` over dictionaries."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    hidden: dict[bytes, bytes] = field(default_factory=dict)
    nodes: dict[bytes, bytes] = field(default_factory=dict)
    transactions: dict[bytes, int] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def private(self, key: bytes) -> bytes | None:
        return self.hidden.get(key)

    def node(self, path: bytes) -> bytes | None:
        return self.nodes.get(path)

    def has_transaction(self, transaction_id: bytes) -> bool:
        return transaction_id in self.transactions

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        yield from sorted((k, v) for k, v in self.values.items() if k.startswith(prefix) and k >= start)


def genesis_json(organisations: dict[str, list[str]]) -> bytes:
    """A genesis file whose organisations have the key `key_of(id)`."""
    listed = [
        {
            "id": name,
            "name_zh": f"机构{name}",
            "name_en": name,
            "roles": roles,
            "keys": [{"algorithm": "ed25519", "public_key": key_of(name).public_key.hex()}],
        }
        for name, roles in organisations.items()
    ]
    first = next(iter(organisations))
    validator = {"id": first, "organisation": first, "public_key": key_of("validator").public_key.hex()}
    document = {"format": "linxin-genesis/1", "name": "test", "time": "2026-01-01T00:00:00Z", "organisations": listed}
    return json.dumps(document | {"validators": [validator], "parameters": {}}).encode()


class Chain:
    """A network of one without consensus: each call of `run` is a block."""

    def __init__(self, organisations: dict[str, list[str]], modules: tuple[Module, ...] = ()) -> None:
        founding = registry_module()
        governance = governance_module(OrganisationView(), KeyView(), modules)
        self.registry = Registry([founding, governance, *modules])
        self.genesis: Genesis = load_genesis(genesis_json(organisations), self.registry)
        self.memory = Memory()
        self.head: Head = self.genesis.head()
        self.nonce = 0
        self.leaves: list[bytes] = []
        self.run([])

    def run(self, transactions: list[bytes], later_ms: int = 1000) -> list[Receipt]:
        """Execute one block and check every module's invariants; each transaction must be ordered."""
        time_ms = max(START_MS, self.head.time_ms + later_ms)
        checked = [self.check(raw) for raw in transactions]
        position = Position(1, self.head.height + 1)
        proposal = Proposal(time_ms, transactions)
        block = execute(self.head, self.memory, proposal, position, checked, self.registry, self.genesis)
        for target, changes in (
            (self.memory.values, block.changes.values),
            (self.memory.hidden, block.changes.private),
            (self.memory.nodes, block.changes.nodes),
        ):
            for key, value in changes.items():
                if value is None:
                    target.pop(key, None)
                else:
                    target[key] = value
        self.memory.transactions |= block.changes.transactions
        self.head = block.head
        self.leaves += block.leaves
        for module in self.registry.modules:
            assert module.invariants is None or module.invariants(self.context()) == []
        receipts = [receipt for receipt in block.receipts if receipt is not None]
        assert len(receipts) == len(transactions), block.dropped
        return receipts

    def check(self, raw: bytes) -> Transaction | Refusal:
        """What the network does before ordering: decode and verify."""
        try:
            transaction = decode_transaction(raw, self.registry, self.genesis.chain_id)
        except Refusal as refusal:
            return refusal
        message = signing_message(transaction.body)
        if not verify(transaction.algorithm, transaction.public_key, transaction.signature, message):
            return BadSignature(transaction.public_key.hex())
        return transaction

    def context(self) -> Context:
        """A context that reads the current state."""
        state = BlockState(self.memory)
        return Context(state, self.head.height, self.head.time_ms, self.genesis.parameters, self.genesis.chain_id)

    def sign(self, key: SigningKey, action: Action) -> bytes:
        """The envelope of an action."""
        self.nonce += 1
        expires_at_ms = max(START_MS, self.head.time_ms) + 60_000
        return make_transaction(key, self.genesis.chain_id, action, self.nonce.to_bytes(16, "big"), expires_at_ms)

    def do(self, key: SigningKey | str, action: Action) -> Receipt:
        """One action in a block of its own; `key` may be the name of an organisation of the genesis file."""
        signer = key_of(key) if isinstance(key, str) else key
        return self.run([self.sign(signer, action)])[0]

    def accept(self, key: SigningKey | str, action: Action) -> Receipt:
        """As `do`; fails unless accepted."""
        receipt = self.do(key, action)
        assert receipt.code == 0, (receipt.code, receipt.details)
        return receipt

    def refuse(self, key: SigningKey | str, action: Action, refusal: type[Refusal]) -> list[str]:
        """As `do`; fails unless refused with `refusal`, with no value of the registry changed. Returns the details."""
        before = {name: value for name, value in self.memory.values.items() if name.startswith(b"registry/")}
        receipt = self.do(key, action)
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        after = {name: value for name, value in self.memory.values.items() if name.startswith(b"registry/")}
        assert before == after
        return list(receipt.details)

    def new_key(self, key: SigningKey, subject: str) -> NewKey:
        """The key with its proof of possession for `subject` on this chain."""
        return NewKey(key.algorithm, key.public_key, key.sign(possession_message(self.genesis.chain_id, subject)))
