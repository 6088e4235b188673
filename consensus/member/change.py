"""Changes of the voters, between what an entry says, what the driver decides and what the core does.

Every change is joint (dissertation §4.3), the leader leaves it by itself, and one is in flight at a time.
"""

from typing import Annotated

import msgspec

from consensus.messages import Number
from consensus.raft.configuration import Change, ConfChange, Configuration, Operation, Transition
from consensus.voters import Voters
from ledger.crypto.encoding import Decoder, Malformed, Message

VOTERS_MAX = 64
CHANGE_SIZE_MAX = 32_768
"""Bytes of a change."""

_Named = tuple[Annotated[str, msgspec.Meta(max_length=255)], Annotated[bytes, msgspec.Meta(max_length=64)]]


class ChangePayload(Message):
    """The certified height that authorises a change, and the set [cosigner name, public key] that height names."""

    height: Number
    validators: Annotated[list[_Named], msgspec.Meta(min_length=1, max_length=VOTERS_MAX)]

    @property
    def targets(self) -> frozenset[str]:
        """The ids of the voters to come: the last part of each cosigner name."""
        return frozenset(name.rpartition("/")[2] for name, _ in self.validators)


_decode: Decoder[ChangePayload] = Decoder(ChangePayload, CHANGE_SIZE_MAX)


def decode_change(payload: bytes) -> ChangePayload | None:
    """What a CONFIGURATION entry asks for; None = it is none. The empty payload leaves a joint configuration."""
    try:
        change = _decode(payload)
    except Malformed:
        return None
    return change if "" not in change.targets else None


def is_change(payload: bytes) -> bool:
    """Whether a CONFIGURATION entry may hold this."""
    return not payload or decode_change(payload) is not None


def change_to(voters: frozenset[str] | set[str], targets: frozenset[str] | set[str]) -> ConfChange:
    """The joint change from one set of voters to another."""
    changes = [Change(Operation.REMOVE, name) for name in sorted(voters - targets)]
    changes += [Change(Operation.ADD_VOTER, name) for name in sorted(targets - voters)]
    return ConfChange(tuple(changes), Transition.JOINT_IMPLICIT)


LEAVE = ConfChange()


def steps(current: Configuration, wanted: Voters) -> list[ConfChange]:
    """The changes that lead from one configuration to another that a certified block names."""
    incoming, outgoing = set(wanted.incoming), set(wanted.outgoing)
    if current.voters == incoming and current.outgoing == outgoing:
        return []
    found = [LEAVE] if current.outgoing else []
    voters = set(current.voters)
    if outgoing and voters != outgoing:
        found += [change_to(voters, outgoing), LEAVE]
        voters = outgoing
    if voters != incoming:
        found.append(change_to(voters, incoming))
        if not outgoing:
            found.append(LEAVE)
    return found
