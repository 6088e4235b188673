"""What always holds in governance; run by tests and the simulator after every block. Each breach is told in words."""

from typing import TYPE_CHECKING

from ledger.block import validator_id
from ledger.modules.governance import state as s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.context import Context


def check_invariants(ctx: "Context") -> list[str]:
    """Every breach found, empty when all is sound. `ctx` shows the state after a block, at that block's height."""
    row = s.in_force.get(ctx, "")
    if row is None:
        return [] if ctx.height == 0 else ["nothing is in force"]
    records, history = dict(s.all_validators(ctx)), dict(s.all_sets(ctx))
    return [
        *_set_breaches(ctx.height, row, history),
        *_record_breaches(ctx.height, row, records, history),
        *_proposal_breaches(ctx, records),
    ]


def _set_breaches(height: int, row: s.InForce, history: dict[int, s.ValidatorSet]) -> "Iterator[str]":
    """Exactly one set is in force, at most one to come, and every set is one that verifiers accept."""
    begun = [first for first in history if first <= height + 1]
    coming = [first for first in history if first > height + 1]
    if not begun or row.set_height != max(begun):
        yield f"the set of height {row.set_height} is in force at {height}, the history has {begun}"
    if coming != ([row.next_set_height] if row.next_set_height else []):
        yield f"the set of height {row.next_set_height} is to come, the history has {coming}"
    if begun and min(begun) != 1:
        yield f"the history of sets begins at {min(begun)}"
    before: s.ValidatorSet | None = None
    for first in sorted(history):
        members = history[first].members
        names, keys = [name for name, _ in members], {key for _, key in members}
        if not 1 <= len(members) <= s.VALIDATORS_MAX or names != sorted(set(names)) or len(keys) != len(members):
            yield f"the set of height {first} is empty, too large, unsorted, or has somebody twice"
        if before is not None and before.members == members:
            yield f"the set of height {first} is the one before it"
        before = history[first]


def _record_breaches(
    height: int, row: s.InForce, records: dict[str, s.ValidatorRecord], history: dict[int, s.ValidatorSet]
) -> "Iterator[str]":
    """Records and sets tell the same: who is in force, since when; no key twice, nobody comes back."""
    keys: dict[bytes, str] = {}
    for name, record in records.items():
        other = keys.setdefault(record.public_key, name)
        if other != name:
            yield f"{name} and {other} have one key"
        if (record.status == "retired") != (record.retired_height is not None):
            yield f"{name} is {record.status}, retired at {record.retired_height}"
    current = history.get(row.set_height)
    in_force = set(current.ids()) if current is not None else set[str]()
    active = {name for name, record in records.items() if record.status == "validator"}
    if in_force != active:
        yield f"in force are {sorted(in_force)}, the records have {sorted(active)}"
    seats: dict[str, list[int]] = {}
    ordered = sorted(history)
    for place, first in enumerate(ordered):
        for name, key in history[first].members:
            owner = records.get(validator_id(name))
            if owner is None or owner.public_key != key:
                yield f"{name} of the set of height {first} has another key in its record, or none"
            seats.setdefault(validator_id(name), []).append(place)
    for name, places in seats.items():
        if places != list(range(places[0], places[-1] + 1)):
            yield f"{name} left and came back"
        known = records.get(name)
        begun = ordered[places[0]] if ordered[places[0]] <= height + 1 else None
        if known is not None and known.first_height != begun:
            yield f"{name} certifies from {begun}, its record says {known.first_height}"


def _proposal_breaches(ctx: "Context", records: dict[str, s.ValidatorRecord]) -> "Iterator[str]":
    """The docket lists exactly the open proposals, in bounds; votes are of organisations that ever ran a validator."""
    docket = s.docket.get(ctx, "")
    rows = dict(s.all_proposals(ctx))
    opened = tuple(number for number, row in rows.items() if row.status == "open")
    if docket is None or docket.open != opened or docket.count != len(rows) or len(opened) > s.OPEN_MAX:
        yield f"the docket {docket} does not list the open proposals {opened} of {len(rows)}"
    voters = {record.organisation for record in records.values() if record.first_height is not None}
    for number, row in rows.items():
        organisations = [organisation for organisation, _ in row.votes]
        if organisations != sorted(set(organisations)) or not voters.issuperset(organisations):
            yield f"proposal {number} has votes of {organisations}"
        if (row.status == "open") != (row.decided_height is None):
            yield f"proposal {number} is {row.status}, decided at {row.decided_height}"
