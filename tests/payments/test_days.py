"""The custodian's own figures of a day are compared with the ledger's, which alone are not shown."""

from ledger.block import decode_leaf
from ledger.days import day_of
from ledger.errors import WrongRole
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import state as s
from tests.payments.world import DAY_MS, HOUR_MS, World


def outcome(world: World) -> list[object]:
    """The events of the last block's statement."""
    return list(decode_leaf(world.leaves[-2]).outcome[3])


def traded() -> tuple[World, int]:
    """A day on which 500 came in and 120 went out, then one with 30 in, then an empty one, then today: the first."""
    world = World()
    world.run([], DAY_MS)
    first = day_of(world.now)
    world.fund("farm", 500)
    world.say("farm", m.Withdraw(), m.WithdrawTerms("bank", 120))
    world.confirm(*world.due())
    world.run([], DAY_MS)
    world.fund("farm", 30)
    world.run([], 2 * DAY_MS)
    world.fund("farm", 7)
    return world, first


def test_a_day_begins_at_midnight_in_beijing() -> None:
    assert day_of(0) == day_of(16 * HOUR_MS - 1) == 0
    assert day_of(16 * HOUR_MS) == 1


def test_statements_that_agree() -> None:
    world, first = traded()
    for day, totals in ((first + 1, (30, 0, 410)), (first, (500, 120, 380)), (first + 2, (0, 0, 410))):
        world.say("bank", m.StateDay(day), m.DayTotals(*totals))
        assert outcome(world) == [["statement_agrees", day]]
        assert s.agreements.get(world.context(), s.day_key("bank", day)) is True


def test_a_statement_that_differs_is_kept_and_said_so() -> None:
    world, first = traded()
    for day, totals in ((first, (501, 120, 380)), (first + 1, (30, 1, 410)), (first + 2, (0, 0, 411))):
        world.say("clerk", m.StateDay(day), m.DayTotals(*totals))
        assert outcome(world) == [["statement_differs", day]]
        assert s.agreements.get(world.context(), s.day_key("bank", day)) is False
    row = s.days.get(world.context(), s.day_key("bank", first))
    assert row == s.Day(500, 120, 380, m.DayTotals(501, 120, 380))


def test_what_is_not_stated() -> None:
    world, first = traded()
    today = day_of(world.now)
    world.deny(e.DayNotOver, "bank", m.StateDay(today), m.DayTotals(7, 0, 417))
    world.deny(e.DayNotOver, "bank", m.StateDay(today + 1), m.DayTotals(0, 0, 417))
    world.say("bank", m.StateDay(first), m.DayTotals(500, 120, 380))
    world.deny(e.DayStated, "bank", m.StateDay(first), m.DayTotals(500, 120, 380))
    world.deny(WrongRole, "farm", m.StateDay(first), m.DayTotals(500, 120, 380))
    world.run([], 366 * DAY_MS)
    oldest = day_of(world.now) - 366
    details = world.deny(e.DayTooOld, "bank", m.StateDay(oldest - 1), m.DayTotals(0, 0, 410))
    assert details == [str(oldest - 1), str(oldest)]
    world.say("bank", m.StateDay(oldest), m.DayTotals(7, 0, 417))
    assert outcome(world) == [["statement_agrees", oldest]]


def test_a_custodian_states_its_own_days() -> None:
    world, first = traded()
    world.say("bank-2", m.StateDay(first), m.DayTotals(0, 0, 0))
    assert outcome(world) == [["statement_agrees", first]]
