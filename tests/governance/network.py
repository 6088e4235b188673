"""A network without consensus: the real modules and `execute`, validators, blocks certified by those in force."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ledger.block import Block, Position, Proposal, Receipt
from ledger.certificate import quorum, verify_certificate
from ledger.context import Context
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.errors import Refusal
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Action, Registry
from ledger.modules.catalogue import network_registry
from ledger.modules.governance import messages as m
from ledger.modules.governance.state import SET_DELAY
from ledger.modules.registry.messages import possession_message
from ledger.state import BlockState
from ledger.storage.level import LevelStore
from ledger.storage.memory import MemoryState
from ledger.transaction import decode_transaction, make_transaction

START_MS = 1_790_000_000_000
FOUR = {"farm": "farm", "hub": "logistics", "platform": "platform", "inspector": "inspector"}
"""Organisations that each run one validator of the same name, and their roles."""

OTHERS = {"mill": "processor", "community": "community"}


def key_of(word: str) -> SigningKey:
    """An Ed25519 key made from a word: `farm` is the organisation's, `node farm` its validator's."""
    return SigningKey(Algorithm.ED25519, sha256(word.encode()).digest())


def genesis_bytes(validators: dict[str, str], parameters: dict[str, int]) -> bytes:
    """A genesis file; `validators`: id -> organisation."""
    organisations = [
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "roles": [role],
            "keys": [{"algorithm": "ed25519", "public_key": key_of(name).public_key.hex()}],
        }
        for name, role in (FOUR | OTHERS).items()
    ]
    listed = [
        {
            "id": name,
            "organisation": organisation,
            "public_key": key_of(f"node {name}").public_key.hex(),
            "address": f"{name}.example:7700",
        }
        for name, organisation in validators.items()
    ]
    document = {"format": "linxin-genesis/1", "name": "test", "time": "2026-09-21T00:00:00Z"}
    return json.dumps(
        document | {"organisations": organisations, "validators": listed, "parameters": parameters}
    ).encode()


@dataclass
class Network:
    """`validators`: id -> organisation; blocks go to `path` as well when it is given."""

    validators: dict[str, str] = field(default_factory=lambda: {name: name for name in FOUR})
    parameters: dict[str, int] = field(default_factory=dict)
    path: Path | None = None
    registry: Registry = field(default_factory=network_registry)

    def __post_init__(self) -> None:
        raw = genesis_bytes(self.validators, self.parameters)
        self.genesis: Genesis = load_genesis(raw, self.registry)
        self.state = MemoryState()
        self.head = self.genesis.head()
        self.store = None if self.path is None else LevelStore.open(self.path, self.genesis.chain_id, self.head)
        self.blocks: list[Block] = []
        self.notes: list[str] = []
        self.made = 0
        self.block()

    @property
    def height(self) -> int:
        """Of the last block."""
        return self.head.height

    @property
    def in_force(self) -> list[str]:
        """The ids of the set that certifies the next height."""
        return [validator.id for validator in self.head.validators]

    def sign(self, signer: str | SigningKey, action: Action) -> bytes:
        """The envelope of an action by an organisation, or by a key."""
        self.made += 1
        key = key_of(signer) if isinstance(signer, str) else signer
        expires_ms = max(self.head.time_ms, START_MS) + 3_600_000
        return make_transaction(key, self.genesis.chain_id, action, self.made.to_bytes(16, "big"), expires_ms)

    def block(self, *raws: bytes, after_ms: int = 1_000) -> Block:
        """Execute one proposal, certify it by just a quorum of the set that must, and check every invariant."""
        certifiers = self.head.validators
        position = Position(1, self.height + 1, sha256(b"%d" % self.height).digest(), tuple(self.in_force))
        checked = [decode_transaction(raw, self.registry, self.genesis.chain_id) for raw in raws]
        proposal = Proposal(max(self.head.time_ms, START_MS) + after_ms, list(raws))
        made = execute(self.head, self.state, proposal, position, checked, self.registry, self.genesis)
        assert not made.dropped
        signing = certifiers[-quorum(len(certifiers)) :]
        lines = [
            cosign(key_of(f"node {one.name.rpartition('/')[2]}"), one.name, made.text, made.time_ms // 1000)
            for one in signing
        ]
        note = assemble_note(made.text, lines)
        verify_certificate(note, certifiers)
        if self.store is not None:
            self.store.write(made, note)
        self.state.apply(made)
        self.head = made.head
        self.blocks.append(made)
        self.notes.append(note)
        for module in self.registry.modules:
            assert module.invariants is None or module.invariants(self.context()) == []
        return made

    def blocks_until(self, height: int) -> None:
        """Empty blocks up to this height."""
        while self.height < height:
            self.block()

    def context(self) -> Context:
        """A context on the state after the last block."""
        state, genesis = BlockState(self.state), self.genesis
        return Context(state, self.height, self.head.time_ms, genesis.parameters, genesis.chain_id)

    def act(self, signer: str | SigningKey, action: Action) -> Receipt:
        """One action in a block of its own."""
        (receipt,) = self.block(self.sign(signer, action)).receipts
        assert receipt is not None
        return receipt

    def accept(self, signer: str | SigningKey, action: Action) -> dict[str, list[object]]:
        """As `act`; fails unless accepted. Returns its events by name."""
        receipt = self.act(signer, action)
        assert receipt.code == 0, (receipt.code, receipt.details)
        return {name: fields for name, *fields in receipt.details}

    def refuse(self, signer: str | SigningKey, action: Action, refusal: type[Refusal]) -> list[str]:
        """As `act`; fails unless refused with `refusal` and nothing of governance changed. Returns the details."""
        before = self.rows()
        receipt = self.act(signer, action)
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        assert self.rows() == before
        return list(receipt.details)

    def rows(self) -> dict[bytes, bytes]:
        """All rows of governance."""
        return dict(self.state.scan(b"governance/", b""))

    def learner(self, name: str, organisation: str, key: SigningKey | None = None) -> m.ProposeLearner:
        """A proposal to add a learner whose key is `node <name>` unless given, with its proof of possession."""
        key = key or key_of(f"node {name}")
        message = possession_message(self.genesis.chain_id, m.validator_subject(name))
        return m.ProposeLearner(name, organisation, key.public_key, key.sign(message), f"{name}.example:7700")

    def pass_(self, action: Action, voters: tuple[str, ...] = ("farm", "hub", "inspector")) -> dict[str, list[object]]:
        """Propose and vote until it passes; the events of the vote that decided."""
        events = self.accept(voters[0], action)
        (number,) = events["proposed"]
        assert isinstance(number, int)
        for voter in voters[1:]:
            if "proposal_closed" not in events:
                events = self.accept(voter, m.Vote(number, True))
        assert events["proposal_closed"] == [number, "passed"]
        return events

    def change_set(self, action: Action, voters: tuple[str, ...] = ("farm", "hub", "inspector")) -> int:
        """Pass a change of the set and go on to the first height that it certifies, which is returned."""
        events = self.pass_(action, voters)
        first = self.height + SET_DELAY
        assert events["set_decided"][0] == first
        self.blocks_until(first)
        return first
