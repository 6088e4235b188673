"""What validators say to each other besides ordering (`consensus.messages`), and the one decoder of it all.

A frame of the peer transport carries these as MessagePack: arrays that begin with their tag.
"""

from typing import Annotated

import msgspec

from consensus.messages import MESSAGE_SIZE_MAX, NUMBER_MAX, Append, PeerMessage
from ledger.block import LEAF_SIZE_MAX
from ledger.crypto.checkpoint import NOTE_SIZE_MAX
from ledger.crypto.encoding import Decoder, Message
from ledger.module import TRANSACTION_SIZE_MAX
from network.peers.records import Lane

BLOCKS_MAX = 256
BLOCK_LEAVES_MAX = 16_384
FORWARD_MAX = 1_000

Note = Annotated[str, msgspec.Meta(max_length=NOTE_SIZE_MAX)]
Height = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
_Transaction = Annotated[bytes, msgspec.Meta(max_length=TRANSACTION_SIZE_MAX)]


class Cosigned(Message, tag="cosigned"):
    """A checkpoint with one or more cosignatures: the sender's own, or a whole certificate."""

    note: Note


class Newest(Message, tag="newest"):
    """The first thing said to a peer: the newest checkpoint that *the peer* cosigned, as far as the sender knows ("" =
    none), and how far the sender's ledger is certified.

    A validator whose safety file does not know of that signature was restored from a backup, and stops.
    """

    note: Note
    height: Height


class Asked(Message, tag="asked"):
    """Say `Newest` again: the sender has not heard it yet from so many that it could take part."""


class Reached(Message, tag="reached"):
    """The sender's ledger is certified up to `height`."""

    height: Height


class Forward(Message, tag="forward"):
    """Transactions that wait at the sender, for the leader to order."""

    transactions: Annotated[list[_Transaction], msgspec.Meta(max_length=FORWARD_MAX)]


class BlocksWanted(Message, tag="blocks-wanted"):
    """Send certified blocks from `first` on, as many as fit one message."""

    first: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MAX)]


class CertifiedBlock(Message):
    """A block as it is stored: certificate, leaves, and restricted parts by position of their leaf in the block."""

    height: Height
    note: Note
    leaves: Annotated[
        list[Annotated[bytes, msgspec.Meta(max_length=LEAF_SIZE_MAX)]], msgspec.Meta(max_length=BLOCK_LEAVES_MAX)
    ]
    restricted: dict[int, _Transaction]


class BlocksGiven(Message, tag="blocks-given"):
    """Consecutive certified blocks, and how far the sender's ledger is certified; none when it has not got them."""

    blocks: Annotated[list[CertifiedBlock], msgspec.Meta(max_length=BLOCKS_MAX)]
    height: Height


ReplicaMessage = Cosigned | Newest | Asked | Reached | Forward | BlocksWanted | BlocksGiven

decode_peer: Decoder[PeerMessage | ReplicaMessage] = Decoder(PeerMessage | ReplicaMessage, MESSAGE_SIZE_MAX)
"""Decode what a peer says; raises `Malformed`."""

_LANES: dict[type, Lane] = {Append: Lane.LOG, Forward: Lane.LOG, BlocksWanted: Lane.BULK, BlocksGiven: Lane.BULK}


def lane_of(message: PeerMessage | ReplicaMessage) -> Lane:
    """The lane that a message travels on: entries never wait before heartbeats and votes, nor blocks before entries."""
    return _LANES.get(type(message), Lane.VOTES)
