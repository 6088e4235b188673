"""The decision at start."""

from dataclasses import replace

import pytest

from consensus.entry import Tip, first_tip
from consensus.errors import CannotResume, PromiseBroken
from consensus.recovery import Found, Plan, plan
from consensus.safety import COSIGNATURES_KEPT, Cosigned, Mark, Promises

TIP = first_tip(bytes(32))


def promises(height: int, mark: Mark) -> Promises:
    return Promises(1, "", mark, tuple(Cosigned(h, bytes(32), h) for h in range(max(1, height - 31), height + 1)))


def place(index: int, term: int = 1, digest: bytes = b"d" * 32) -> Tip:
    return Tip(term, index, digest)


SOUND = Found(Mark(1, 10), Mark(1, 30), promises(29, Mark(1, 29)), 25, place(25), place(25))
"""Log entries 11 to 30, ledger at 25, cosigned up to 29."""


def test_the_log_is_replayed_from_where_the_ledger_ends() -> None:
    assert plan(SOUND) == Plan(26, 30, 29)
    assert plan(Found(Mark(0, 0), Mark(0, 0), Promises(), 0, TIP, TIP)) == Plan(1, 0, 0)
    level = replace(SOUND, height=30, position=place(30), logged=place(30), promises=promises(30, Mark(1, 30)))
    assert plan(level) == Plan(31, 30, 30)


def test_the_ledger_may_stand_where_the_log_begins() -> None:
    assert plan(replace(SOUND, height=10, position=place(10), logged=place(10))) == Plan(11, 30, 29)


@pytest.mark.parametrize(
    ("changed", "fault", "words"),
    [
        ({"last": Mark(1, 28)}, PromiseBroken, "was acknowledged"),
        ({"promises": promises(29, Mark(2, 3))}, PromiseBroken, "was acknowledged"),
        ({"base": Mark(1, 26), "logged": None}, CannotResume, "begins at 27"),
        ({"height": 29, "position": place(31), "logged": None}, CannotResume, "log ends at 30"),
        ({"logged": place(25, 2)}, CannotResume, "disagree on the term"),
        ({"logged": place(25, 1, b"x" * 32)}, CannotResume, "disagree on what entry 25 is"),
        ({"promises": promises(24, Mark(1, 24))}, CannotResume, "old copy"),
        ({"height": 14, "promises": promises(14 + COSIGNATURES_KEPT + 1, Mark(1, 29))}, CannotResume, "more than 32"),
        ({"promises": promises(31, Mark(1, 29))}, CannotResume, "too few"),
    ],
)
def test_a_sole_voter_refuses_what_does_not_fit_together(
    changed: dict[str, object], fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        plan(replace(SOUND, **changed))  # type: ignore[arg-type]  # fields by name from the table above


@pytest.mark.parametrize(
    ("changed", "planned"),
    [
        ({"promises": promises(3, Mark(1, 3))}, Plan(26, 30, 25)),
        ({"promises": promises(90, Mark(1, 30))}, Plan(26, 30, 25)),
        ({"promises": promises(29, Mark(1, 31))}, Plan(26, 30, 25, held=True)),
        ({"promises": promises(29, Mark(2, 3))}, Plan(26, 30, 25, held=True)),
        # An empty log, the ledger far ahead: begun anew, and held since more was acknowledged.
        ({"base": Mark(0, 0), "last": Mark(0, 0), "logged": None}, Plan(26, 25, 25, reset=place(25), held=True)),
        # The ledger adopted certified blocks beyond the log, or of another leader.
        ({"position": place(31), "logged": None, "height": 31}, Plan(32, 31, 31, reset=place(31))),
        ({"logged": place(25, 2)}, Plan(26, 25, 25, reset=place(25), held=True)),
        ({"logged": place(25, 1, b"x" * 32)}, Plan(26, 25, 25, reset=place(25), held=True)),
        # The ledger was lost, its log was not.
        ({"height": 0, "position": TIP, "logged": None}, Plan(1, 0, 0, reset=TIP, held=True)),
    ],
)
def test_a_validator_among_others_is_held_or_begins_its_log_anew(changed: dict[str, object], planned: Plan) -> None:
    assert plan(replace(SOUND, **changed), sole=False) == planned  # type: ignore[arg-type]  # fields by name, as above


def test_a_replay_must_come_back_to_what_was_signed() -> None:
    planned = plan(SOUND)
    planned.check_reached(29)
    with pytest.raises(CannotResume, match="height 29 is signed"):
        planned.check_reached(28)
