"""Each invariant of governance notices the damage it is there for."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s
from ledger.modules.governance.invariants import check_invariants
from tests.governance.network import Network, key_of


@pytest.fixture(scope="module")
def net() -> Network:
    """A network in which a validator joined, one left, and a proposal is open."""
    made = Network()
    made.pass_(made.learner("mill", "mill"))
    made.change_set(m.ProposeReplacement("inspector", "mill"))
    made.pass_(made.learner("farm-2", "farm"), ("farm", "hub", "platform"))
    made.accept("farm", m.ProposeParameter("empty_block_ms", 5_000))
    return made


def in_force(ctx: Context, **changes: object) -> None:
    s.in_force.put(ctx, "", replace(s.need_in_force(ctx), **changes))


def record(ctx: Context, name: str, **changes: object) -> None:
    row = s.validators.get(ctx, name)
    assert row is not None
    s.validators.put(ctx, name, replace(row, **changes))


def members(ctx: Context, change: Callable[[list[tuple[str, bytes]]], object], height: int = 0) -> None:
    height = height or s.need_in_force(ctx).set_height
    found = list(s.need_set(ctx, height).members)
    change(found)
    s.sets.put(ctx, s.set_key(height), s.ValidatorSet(tuple(found), 0))


def come_back(ctx: Context) -> None:
    """A later set, in force, brings back who has left."""
    first = s.need_set(ctx, 1)
    s.sets.put(ctx, s.set_key(ctx.height), first)
    in_force(ctx, set_height=ctx.height)


def proposal(ctx: Context, number: int, **changes: object) -> None:
    row = s.proposals.get(ctx, s.proposal_key(number))
    assert row is not None
    s.proposals.put(ctx, s.proposal_key(number), replace(row, **changes))


DAMAGE: dict[str, tuple[Callable[[Context], object], str]] = {
    "old-set-in-force": (lambda ctx: in_force(ctx, set_height=1), "is in force"),
    "a-set-to-come-that-is-not": (lambda ctx: in_force(ctx, next_set_height=ctx.height + 5), "is to come"),
    "a-set-to-come-untold": (
        lambda ctx: s.sets.put(ctx, s.set_key(ctx.height + 5), s.need_set(ctx, 1)), "is to come",
    ),
    "history-without-genesis": (lambda ctx: s.sets.delete(ctx, s.set_key(1)), "begins at"),
    "an-empty-set": (lambda ctx: members(ctx, list.clear), "empty"),
    "an-unsorted-set": (lambda ctx: members(ctx, list.reverse), "unsorted"),
    "a-set-like-the-one-before": (
        lambda ctx: members(ctx, lambda found: found.__setitem__(slice(None), s.need_set(ctx, 1).members)),
        "the one before it",
    ),
    "a-member-with-another-key": (
        lambda ctx: members(ctx, lambda found: found.__setitem__(0, (found[0][0], key_of("x").public_key))),
        "another key",
    ),
    "a-member-without-a-record": (lambda ctx: s.validators.delete(ctx, "farm"), "or none"),
    "a-member-that-is-no-validator": (lambda ctx: record(ctx, "farm", status="learner"), "in force are"),
    "a-validator-that-is-no-member": (lambda ctx: record(ctx, "farm-2", status="validator"), "in force are"),
    "a-key-twice": (lambda ctx: record(ctx, "farm-2", public_key=key_of("node hub").public_key), "one key"),
    "retired-without-a-height": (lambda ctx: record(ctx, "inspector", retired_height=None), "retired at None"),
    "who-left-came-back": (come_back, "came back"),
    "certifies-from-another-height": (lambda ctx: record(ctx, "mill", first_height=3), "certifies from"),
    "an-open-proposal-unlisted": (lambda ctx: s.docket.put(ctx, "", s.Docket(4, ())), "docket"),
    "a-proposal-uncounted": (lambda ctx: s.docket.put(ctx, "", s.Docket(3, (4,))), "docket"),
    "a-vote-of-a-stranger": (lambda ctx: proposal(ctx, 4, votes=(("community", True),)), "votes of"),
    "two-votes-of-one": (lambda ctx: proposal(ctx, 4, votes=(("farm", True), ("farm", False))), "votes of"),
    "decided-while-open": (lambda ctx: proposal(ctx, 4, decided_height=3), "is open"),
    "nothing-in-force": (lambda ctx: s.in_force.delete(ctx, ""), "nothing is in force"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_noticed(net: Network, name: str) -> None:
    ctx = net.context()
    assert check_invariants(ctx) == []
    change, word = DAMAGE[name]
    change(ctx)
    assert any(word in breach for breach in check_invariants(ctx)), check_invariants(ctx)
