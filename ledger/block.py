"""Proposal (what is ordered), Block (what came of it), Receipt, and the leaves of the log."""

from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from ledger.crypto.encoding import Decoder, Malformed, Message, encode
from ledger.crypto.log_tree import Frontier

LEAF_SIZE_MAX = 65_535
PROPOSAL_SIZE_MAX = 16 * 1024 * 1024

TRANSACTION, EFFECT, HEADER = 0, 1, 2
"""Kinds of leaves: a transaction; what the ledger did by itself (a timer, or `ledger.genesis`); the last leaf of a
block."""

ACCEPTED = 0


class Proposal(Message):
    """What consensus orders: a time and transactions. Results are computed by everyone, so a proposal cannot be
    invalid.

    `time_ms` is the proposer's clock; block time is max(time_ms, previous + 1).
    """

    time_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    transactions: Annotated[list[bytes], msgspec.Meta(max_length=10_000)]


decode_proposal: Decoder[Proposal] = Decoder(Proposal, PROPOSAL_SIZE_MAX)


class Leaf(Message):
    """A leaf of the log, as docs/PROOF.md describes it.

    `outcome` = [height, time_ms, code, details]; `subjects` = [[subject, role] | [subject, role, from_ms, to_ms], ...].
    """

    kind: int
    body: bytes
    signature: bytes
    outcome: tuple[int, int, int, list[Any]]
    subjects: list[list[str | int | None]]


decode_leaf: Decoder[Leaf] = Decoder(Leaf, LEAF_SIZE_MAX)


class Receipt(Message):
    """What came of a transaction: `code` 0 = accepted, else the number of the refusal, with its details."""

    transaction_id: bytes
    height: int
    index: int
    time_ms: int
    code: int
    details: list[Any]


class Position(Message):
    """Where a block stands in the consensus log, and who votes on what follows it (state key `consensus/position`).

    `digest` is that entry's (32 bytes); `voters` and `outgoing` are validator ids, sorted: the configuration in force
    after the entry, `outgoing` the other half while a change of voters is under way. All that a node needs in order to
    go on from this block without its log.
    """

    term: int
    index: int
    digest: bytes = b""
    voters: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()

    def details(self) -> list[Any]:
        """What a header leaf's details say of it."""
        return [self.term, self.index, self.digest, self.voters, self.outgoing]


_decode_position: Decoder[Position] = Decoder(Position, LEAF_SIZE_MAX)


def position_of(header: Leaf) -> Position:
    """The position that a decoded header leaf tells. Raises `Malformed`."""
    details = header.outcome[3]
    position = _decode_position(encode(details))
    if header.kind != HEADER or len(details) != len(Position.__struct_fields__) or min(details[:2]) < 0:
        raise Malformed("$.outcome.details", "not a header's term, index, digest, voters and outgoing voters")
    return position


def validator_id(name: str) -> str:
    """The id in a cosigner name: `linxin/demo/farm` -> `farm`."""
    return name.rpartition("/")[2]


@dataclass(frozen=True)
class Validator:
    """A validator as certificates know it: its cosigner name and Ed25519 public key."""

    name: str
    public_key: bytes

    @property
    def id(self) -> str:
        """The last part of its name, by which the ledger and the others know it."""
        return validator_id(self.name)


@dataclass(frozen=True)
class Head:
    """The end of the chain: all that executing the next block needs besides the state. Height 0 = nothing yet."""

    height: int
    time_ms: int
    checkpoint_hash: bytes
    log: Frontier
    validators: tuple[Validator, ...]


@dataclass
class Changes:
    """What a block writes besides its leaves; keys and values as `Reader` gives them, None = delete.

    `log_nodes` and `journal_nodes` hold completed inner nodes of level >= `STORED_LEVEL`; `journal` = (subject,
    position
    in its journal, index in the log).
    """

    values: dict[bytes, bytes | None] = field(default_factory=dict)
    private: dict[bytes, bytes | None] = field(default_factory=dict)
    nodes: dict[bytes, bytes | None] = field(default_factory=dict)
    log_nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    journal: list[tuple[str, int, int]] = field(default_factory=list)
    journal_nodes: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    transactions: dict[bytes, int] = field(default_factory=dict)
    restricted: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Block:
    """An executed proposal. `receipts` are aligned with the proposal's transactions: None = dropped, with `dropped`
    saying why.

    `text` is the checkpoint to be cosigned; `head` is what the next block builds on; `first_index` the log index of the
    block's first leaf.
    """

    height: int
    time_ms: int
    text: str
    first_index: int
    leaves: list[bytes]
    receipts: list[Receipt | None]
    dropped: dict[int, tuple[int, list[str]]]
    changes: Changes
    head: Head


def encode_leaf(
    kind: int,
    body: bytes,
    signature: bytes,
    outcome: tuple[int, int, int, list[Any]],
    subjects: list[list[str | int | None]],
) -> bytes:
    """The bytes of a leaf."""
    return encode((kind, body, signature, outcome, subjects))
