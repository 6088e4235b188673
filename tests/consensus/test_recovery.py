"""The decision at start, and ordering with one voter."""

from dataclasses import replace

import pytest

from consensus.entry import first_tip, next_entry
from consensus.errors import CannotResume, PromiseBroken
from consensus.port import NotAccepted, Ordering, Ready
from consensus.recovery import Found, Plan, plan
from consensus.safety import COSIGNATURES_KEPT, Cosigned, Mark, Promises
from consensus.single import PENDING_MAX, SingleVoter

TIP = first_tip(bytes(32))


def promises(height: int, mark: Mark) -> Promises:
    return Promises(1, "", mark, tuple(Cosigned(h, bytes(32), h) for h in range(max(1, height - 31), height + 1)))


SOUND = Found(Mark(1, 10), Mark(1, 30), promises(29, Mark(1, 29)), 25, Mark(1, 25), 1)
"""Log entries 11 to 30, ledger at 25, cosigned up to 29."""


def test_the_log_is_replayed_from_where_the_ledger_ends() -> None:
    assert plan(SOUND) == Plan(26, 30, 29)
    assert plan(Found(Mark(0, 0), Mark(0, 0), Promises(), 0, Mark(0, 0), 0)) == Plan(1, 0, 0)
    level = replace(SOUND, height=30, position=Mark(1, 30), promises=promises(30, Mark(1, 30)))
    assert plan(level) == Plan(31, 30, 30)


def test_the_ledger_may_stand_where_the_log_begins() -> None:
    assert plan(replace(SOUND, height=10, position=Mark(1, 10))) == Plan(11, 30, 29)


@pytest.mark.parametrize(
    ("changed", "fault", "words"),
    [
        ({"last": Mark(1, 28)}, PromiseBroken, "was acknowledged"),
        ({"promises": promises(29, Mark(2, 3))}, PromiseBroken, "was acknowledged"),
        ({"base": Mark(1, 26)}, CannotResume, "begins at 27"),
        ({"height": 29, "position": Mark(1, 31), "position_term": None}, CannotResume, "log ends at 30"),
        ({"position_term": 2}, CannotResume, "disagree on the term"),
        ({"promises": promises(24, Mark(1, 24))}, CannotResume, "old copy"),
        ({"height": 14, "promises": promises(14 + COSIGNATURES_KEPT + 1, Mark(1, 29))}, CannotResume, "more than 32"),
        ({"promises": promises(31, Mark(1, 29))}, CannotResume, "too few"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, object], fault: type[Exception], words: str) -> None:
    with pytest.raises(fault, match=words):
        plan(replace(SOUND, **changed))  # type: ignore[arg-type]  # fields by name from the table above


def test_a_validator_among_others_may_hold_certificates_it_did_not_sign() -> None:
    assert plan(replace(SOUND, promises=promises(3, Mark(1, 3))), sole=False) == Plan(26, 30, 25)


def test_a_replay_must_come_back_to_what_was_signed() -> None:
    planned = plan(SOUND)
    planned.check_reached(29)
    with pytest.raises(CannotResume, match="height 29 is signed"):
        planned.check_reached(28)


def test_an_entry_is_committed_only_when_it_is_durable() -> None:
    voter: Ordering = SingleVoter("v1", TIP)
    assert (voter.leader, voter.term) == ("v1", 1)
    assert not voter.ready()
    assert voter.propose(b"a") == (1, 1)
    assert voter.propose(b"b") == (1, 2)
    first = voter.ready()
    assert [entry.payload for entry in first.persist] == [b"a", b"b"]
    assert first.committed == ()
    assert voter.ready() == first
    assert voter.propose(b"c") == (1, 3)
    voter.advance(first)
    second = voter.ready()
    assert [entry.payload for entry in second.persist] == [b"c"]
    assert second.committed == first.persist
    voter.advance(second)
    third = voter.ready()
    assert third == Ready((), second.persist)
    voter.advance(third)
    assert not voter.ready()


def test_what_is_proposed_chains_and_continues_after_a_restart() -> None:
    voter = SingleVoter("v1", TIP)
    voter.propose(b"a")
    voter.propose(b"b")
    entry = next_entry(next_entry(TIP, 1, b"a").tip, 1, b"b")
    assert voter.ready().persist[1] == entry
    restarted = SingleVoter("v1", entry.tip, term=4)
    assert restarted.propose(b"c") == (4, 3)
    assert not restarted.ready().committed


def test_waiting_proposals_are_bounded() -> None:
    voter = SingleVoter("v1", TIP)
    for _ in range(PENDING_MAX):
        voter.propose(b"")
    with pytest.raises(NotAccepted):
        voter.propose(b"")
    voter.advance(voter.ready())
    with pytest.raises(NotAccepted):
        voter.propose(b"")
    voter.advance(voter.ready())
    voter.propose(b"")


def test_work_of_another_time_cannot_be_reported_as_done() -> None:
    voter = SingleVoter("v1", TIP)
    voter.propose(b"a")
    stale = voter.ready()
    voter.advance(stale)
    with pytest.raises(AssertionError):
        voter.advance(stale)
