"""What the transport knows of a peer, the lanes to it, and who may use which."""

from enum import StrEnum
from typing import Protocol

FRAME_SIZE_MAX = 24 * 1024 * 1024
"""Bytes of one gRPC message, both ways: one message of full size and its framing."""


class Lane(StrEnum):
    """A stream that waits for no other: each lane has a queue and a TCP connection of its own."""

    VOTES = "votes"
    LOG = "log"
    BULK = "bulk"


class Status(StrEnum):
    """A validator's standing in the ledger."""

    VALIDATOR = "validator"
    LEARNER = "learner"
    RETIRED = "retired"


class PeerRecord(Protocol):
    """A validator as the ledger has it now."""

    @property
    def public_key(self) -> bytes:
        """Ed25519, 32 bytes."""

    @property
    def address(self) -> str:
        """`host:port` where it listens for peers; empty when unknown."""

    @property
    def status(self) -> str:
        """A `Status`."""


def may_use(status: str, lane: Lane) -> bool:
    """Whether a validator of this status may send on a lane: a retired one may only ask for blocks."""
    return lane is Lane.BULK if status == Status.RETIRED else status in (Status.VALIDATOR, Status.LEARNER)
