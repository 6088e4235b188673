"""Blocks made without rules: every kind of change a block can hold, with true trees and a true certificate."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ledger.block import Block, Changes, Head, Position, Validator, encode_leaf
from ledger.certificate import validators_hash
from ledger.crypto import state_tree
from ledger.crypto.checkpoint import Checkpoint, assemble_note, checkpoint_hash, cosign
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import ZERO_HASH, digest, sha256
from ledger.crypto.log_tree import STORED_LEVEL, Frontier, leaf_hash
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.storage.level import LevelStore
from ledger.storage.snapshot import POSITION_KEY

CHAIN_ID = sha256(b"made chain")
KEY = SigningKey(Algorithm.ED25519, sha256(b"validator"))
NAME = "linxin/made/v1"
FIRST_HEAD = Head(0, 0, ZERO_HASH, Frontier(), (Validator(NAME, KEY.public_key),))
TIMESTAMP_S = 1_790_000_000


def open_store(path: Path, **options: int) -> LevelStore:
    """The made chain's store."""
    return LevelStore.open(path, CHAIN_ID, FIRST_HEAD, **options)


@dataclass
class Model:
    """What a store should hold: plain dictionaries and lists beside it."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    private: dict[bytes, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    restricted: dict[int, bytes] = field(default_factory=dict)
    transactions: dict[bytes, int] = field(default_factory=dict)
    journals: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)


class Maker:
    """Makes consecutive blocks; the same seed makes the same blocks."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)
        self.head = FIRST_HEAD
        self.model = Model()
        self.nodes: dict[bytes, bytes] = {}
        self.frontiers: dict[str, Frontier] = {}

    def make(self, records: int, size: int = 100) -> tuple[Block, str]:
        """A block of `records` leaves of about `size` bytes and a header leaf; with its note."""
        draw, model, changes = self.random, self.model, Changes()
        height, first = self.head.height + 1, self.head.log.size
        leaves = []
        for place in range(records):
            body = encode([height, place, draw.randbytes(size)])
            leaf = encode_leaf(0, body, b"", (height, height * 1000, 0, []), [])
            index = first + place
            leaves.append(leaf)
            changes.transactions[sha256(body)] = index
            changes.values[b"toy/row/%06d" % draw.randrange(500)] = draw.randbytes(40) if draw.random() < 0.9 else None
            if draw.random() < 0.3:
                hidden, key = draw.randbytes(50), b"toy/hidden/%04d" % draw.randrange(99)
                changes.restricted[index] = changes.private[key] = hidden
                changes.values[key] = encode(digest("restricted", hidden))
            self.journal(f"lot:{draw.randrange(9)}", index, leaf, changes)
        changes.values[POSITION_KEY] = encode(Position(1, height))
        block = self.close(height, leaves, changes)
        note = assemble_note(block.text, [cosign(KEY, NAME, block.text, TIMESTAMP_S)])
        self.remember(block, note)
        model.heights.append(first)
        return block, note

    def journal(self, subject: str, index: int, leaf: bytes, changes: Changes) -> None:
        """Enter a leaf into a journal."""
        frontier = self.frontiers.get(subject, Frontier())
        changes.journal.append((subject, frontier.size, index))
        keep = _keep(lambda level, at, node: changes.journal_nodes.__setitem__((subject, level, at), node))
        self.frontiers[subject] = frontier.append(leaf_hash(leaf), keep)

    def close(self, height: int, leaves: list[bytes], changes: Changes) -> Block:
        """The block around records and changes."""
        hashed = {sha256(k): None if v is None else state_tree.value_hash(v) for k, v in changes.values.items()}
        root, changes.nodes = state_tree.update(hashed, self.nodes.get)
        for path, node in changes.nodes.items():
            if node is None:
                self.nodes.pop(path, None)
            else:
                self.nodes[path] = node
        leaves = [*leaves, encode_leaf(2, root, b"", (height, height * 1000, 0, []), [])]
        keep = _keep(lambda level, at, node: changes.log_nodes.__setitem__((level, at), node))
        log = self.head.log.extend(map(leaf_hash, leaves), keep)
        previous, validators = self.head.checkpoint_hash, validators_hash(FIRST_HEAD.validators)
        origin = f"linxin/made/{CHAIN_ID.hex()[:16]}"
        text = Checkpoint(origin, log.size, log.root(), height, height * 1000, root, previous, validators).text()
        first = self.head.log.size
        self.head = Head(height, height * 1000, checkpoint_hash(text), log, FIRST_HEAD.validators)
        return Block(height, height * 1000, text, first, leaves, [], {}, changes, self.head)

    def remember(self, block: Block, note: str) -> None:
        """Apply a block to the model."""
        model, changes = self.model, block.changes
        for target, source in ((model.values, changes.values), (model.private, changes.private)):
            for key, value in source.items():
                if value is None:
                    target.pop(key, None)
                else:
                    target[key] = value
        model.leaves += block.leaves
        model.restricted |= changes.restricted
        model.transactions |= changes.transactions
        model.notes.append(note)
        for subject, position, index in changes.journal:
            assert position == len(model.journals.setdefault(subject, []))
            model.journals[subject].append(index)


def _keep(store: Callable[[int, int, bytes], object]) -> Callable[[int, int, bytes], None]:
    def keep(level: int, index: int, node: bytes) -> None:
        if level >= STORED_LEVEL:
            store(level, index, node)

    return keep
