"""Governance's tables, and pure readers of them for whoever has a snapshot: node, proofs, archives, services.

`governance/in_force/` is the one row that every block reads; `governance/set/<height>` is the whole history of the sets
that certify, by the first height of each, and no row of it is ever deleted: light clients are led along it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from ledger.block import Validator, validator_id
from ledger.crypto.encoding import Message
from ledger.module import UNGOVERNED, Standing
from ledger.modules.governance.messages import Change
from ledger.state import Table

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.genesis import Genesis

SET_DELAY = 10
"""Heights between the vote that passes a change of the set and the first one that the new set certifies. More than the
heights that are executed ahead of their certificates, so that every validator knows a set before it must act on it."""

VALIDATORS_MAX = 64
"""Members of a set; verifiers refuse larger ones (docs/PROOF.md §9)."""

LEARNERS_MAX = 64
OPEN_MAX = 64
OPEN_OF_ONE_MAX = 8
"""Open proposals of all, and of one organisation, so that none can crowd out the others."""

Status = Literal["learner", "validator", "retired"]
ProposalStatus = Literal["open", "passed", "rejected", "expired", "withdrawn"]


class InForce(Message):
    """What holds for the next block.

    `parameters` are those that differ from genesis. `upgrade` = (version, first height that goes by it), kept after it
    was reached until the next. `set_height` is the key of the set in force, `next_set_height` that of the set which
    takes over, 0 = none.
    """

    parameters: dict[str, int]
    rules_version: int
    upgrade: tuple[int, int] | None
    set_height: int
    next_set_height: int

    def version_at(self, height: int) -> int:
        """The version of the rules that a height goes by."""
        return self.upgrade[0] if self.upgrade is not None and height >= self.upgrade[1] else self.rules_version


class ValidatorRecord(Message):
    """A machine that follows or certifies, or once did. Nothing of it but the address and the status ever changes.

    `first_height` is the first height it must certify (None: never came to it), `retired_height` the first that it no
    longer follows; both are known when the handover is executed, one height before.
    """

    organisation: str
    public_key: bytes
    address: str
    status: Status
    added_height: int
    first_height: int | None = None
    retired_height: int | None = None


class ValidatorSet(Message):
    """A set as checkpoints name it: (cosigner name, Ed25519 key) sorted by name, and the proposal it came of (0:
    genesis).
    """

    members: tuple[tuple[str, bytes], ...]
    proposal: int

    def validators(self) -> tuple[Validator, ...]:
        """The members as certificates know them."""
        return tuple(Validator(name, key) for name, key in self.members)

    def ids(self) -> tuple[str, ...]:
        """The members' ids, in order."""
        return tuple(validator_id(name) for name, _ in self.members)


class Proposal(Message):
    """A proposal, the organisation that made it, and the last vote of each organisation, sorted by organisation."""

    change: Change
    by: str
    status: ProposalStatus
    proposed_height: int
    expires_ms: int
    votes: tuple[tuple[str, bool], ...]
    decided_height: int | None = None


class Docket(Message):
    """How many proposals there ever were, and the numbers of the open ones."""

    count: int
    open: tuple[int, ...]


in_force: Table[InForce] = Table("governance", "in_force", InForce)
validators: Table[ValidatorRecord] = Table("governance", "validator", ValidatorRecord)
sets: Table[ValidatorSet] = Table("governance", "set", ValidatorSet)
proposals: Table[Proposal] = Table("governance", "proposal", Proposal)
docket: Table[Docket] = Table("governance", "docket", Docket)

_V = TypeVar("_V")


def set_key(height: int) -> str:
    """The key of the set whose first height this is; keys sort as heights do."""
    return f"{height:016d}"


def proposal_key(number: int) -> str:
    """The key of a proposal; keys sort as numbers do."""
    return f"{number:08d}"


def need_in_force(ctx: "Context") -> InForce:
    """The row that genesis wrote."""
    row = in_force.get(ctx, "")
    assert row is not None, "genesis writes what is in force"
    return row


def need_set(ctx: "Context", height: int) -> ValidatorSet:
    """The set whose first height this is."""
    row = sets.get(ctx, set_key(height))
    assert row is not None, f"the set of height {height} is missing"
    return row


def all_validators(ctx: "Context") -> Iterator[tuple[str, ValidatorRecord]]:
    """Every validator and learner there is or ever was."""
    return validators.every(ctx)


def all_sets(ctx: "Context") -> Iterator[tuple[int, ValidatorSet]]:
    """Every set by its first height."""
    return ((int(key), row) for key, row in sets.every(ctx))


def all_proposals(ctx: "Context") -> Iterator[tuple[int, Proposal]]:
    """Every proposal by number."""
    return ((int(key), row) for key, row in proposals.every(ctx))


class PublicState(Protocol):
    """What the readers below need of a `Reader` or a snapshot: its public half."""

    def get(self, key: bytes) -> bytes | None:
        """The public value of a state key."""

    def scan(self, prefix: bytes, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Public (key, value) pairs under `prefix`, ordered by key, from `start`."""


def standing(state: PublicState, height: int) -> Standing:
    """What has been decided for `height`, from the state before it: one read, two at a handover."""
    raw = state.get(in_force.prefix)
    if raw is None:
        return UNGOVERNED
    row: InForce = in_force.decode(raw, None).value
    successors = None
    if row.next_set_height == height + 1:
        value = state.get(sets.prefix + set_key(height + 1).encode())
        assert value is not None, "the set that takes over is written when it is decided"
        successors = sets.decode(value, None).value.validators()
    return Standing(row.parameters, row.version_at(height), successors)


def effective_parameters(state: PublicState, genesis: "Genesis") -> dict[str, int]:
    """All parameters that hold for the block after the state given."""
    found = _row(state, in_force)
    return genesis.parameters | found.parameters if found is not None else genesis.parameters


def rules_version_at(state: PublicState, height: int) -> int:
    """The version of the rules that `height` goes by, as decided in the state given."""
    found = _row(state, in_force)
    return 1 if found is None else found.version_at(height)


def pending_upgrade(state: PublicState) -> tuple[int, int] | None:
    """The last upgrade decided on, reached or not: (version, its first height)."""
    found = _row(state, in_force)
    return None if found is None else found.upgrade


def validator_records(state: PublicState) -> dict[str, ValidatorRecord]:
    """Every validator and learner there is or ever was, by id."""
    return dict(_rows(state, validators))


def set_history(state: PublicState) -> list[tuple[int, tuple[Validator, ...]]]:
    """(first height, set) of every set decided on, in order; the last may still be to come."""
    return [(int(key), row.validators()) for key, row in _rows(state, sets)]


def validators_of(state: PublicState, height: int) -> tuple[Validator, ...]:
    """The set that certifies `height`, as far as the state given has decided; empty when it knows of none."""
    found: tuple[Validator, ...] = ()
    for first, members in set_history(state):
        if first > height:
            break
        found = members
    return found


def pending_change(state: PublicState) -> tuple[int, tuple[Validator, ...]] | None:
    """The change of the set that is under way: (its first height, the set), or None."""
    found = _row(state, in_force)
    if found is None or found.next_set_height == 0:
        return None
    return found.next_set_height, validators_of(state, found.next_set_height)


def proposal_records(state: PublicState) -> dict[int, Proposal]:
    """Every proposal by number, in order."""
    return {int(key): row for key, row in _rows(state, proposals)}


def _row(state: PublicState, table: Table[_V]) -> _V | None:
    raw = state.get(table.prefix)
    return None if raw is None else table.decode(raw, None).value


def _rows(state: PublicState, table: Table[_V]) -> Iterator[tuple[str, _V]]:
    for key, value in state.scan(table.prefix, table.prefix):
        yield key[len(table.prefix) :].decode(), table.decode(value, None).value
