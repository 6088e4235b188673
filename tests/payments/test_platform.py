"""The platform moves money between accounts of its own; what leaves the guarantee does so after a notice."""

import pytest

from ledger.block import EFFECT, decode_leaf
from ledger.errors import WrongRole
from ledger.modules.payments import errors as e
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from tests.payments.world import FARM, FLOAT, GUARANTEE, NOTICE_MS, PLATFORM, World, transfer


@pytest.fixture
def world() -> World:
    """The platform has 1,000, of which 600 are in its guarantee and 100 in mei's hands."""
    made = World()
    made.fund("platform", 1_000)
    move(made, "", "guarantee", 600)
    move(made, "", "float:mei", 100)
    return made


def move(world: World, source: str, target: str, fen: int) -> None:
    """By the platform, at the bank."""
    world.say("platform", m.Move(), m.MoveTerms("bank", source, target, fen))


def balances(world: World) -> list[int]:
    """Of the platform's main account, its guarantee and mei's float."""
    return [world.balance(name) for name in (PLATFORM, GUARANTEE, FLOAT)]


def test_money_moves_at_once_but_out_of_the_guarantee(world: World) -> None:
    assert balances(world) == [300, 600, 100]
    move(world, "float:mei", "guarantee", 10)
    move(world, "float:mei", "", 20)
    move(world, "float:mei", "float:lan", 30)
    assert balances(world) == [320, 610, 40]
    assert world.balance(p.float_account("bank", "lan")) == 30
    assert {world.account(name).owner for name in (PLATFORM, GUARANTEE, FLOAT)} == {"organisation:platform"}


def test_the_guarantee_gives_notice_first(world: World) -> None:
    move(world, "guarantee", "", 400)
    assert balances(world) == [300, 600, 100]
    world.run([], NOTICE_MS - 1)
    assert balances(world) == [300, 600, 100]
    world.run([], 1)
    assert balances(world) == [700, 200, 100]
    leaf = next(leaf for leaf in map(decode_leaf, reversed(world.leaves)) if leaf.kind == EFFECT)
    assert leaf.outcome[2:] == (0, [["guarantee_released"]])
    assert s.noticed.get(world.context(), GUARANTEE) == 0


def test_buyers_come_before_a_notice(world: World) -> None:
    move(world, "guarantee", "float:mei", 600)
    asked = transfer("charge", FARM, p.organisation_account("bank", "hub"), 450, "recall")
    world.use(lambda ctx, money: money.charge(ctx, asked, GUARANTEE))
    world.run([], NOTICE_MS)
    assert balances(world) == [300, 0, 250]


def test_a_notice_for_which_nothing_is_left(world: World) -> None:
    move(world, "guarantee", "", 600)
    world.use(lambda ctx, money: money.move(ctx, [transfer("paid", GUARANTEE, FARM, 600)]))
    world.run([], NOTICE_MS)
    assert balances(world) == [300, 0, 100]


def test_notice_is_given_of_what_is_there_and_once(world: World) -> None:
    world.deny(e.NoticeGiven, "platform", m.Move(), m.MoveTerms("bank", "guarantee", "", 601))
    move(world, "guarantee", "", 500)
    assert world.deny(e.NoticeGiven, "platform", m.Move(), m.MoveTerms("bank", "guarantee", "", 101)) == [GUARANTEE]
    move(world, "guarantee", "", 100)
    world.run([], NOTICE_MS)
    move(world, "", "guarantee", 50)
    move(world, "guarantee", "", 50)


def test_released_money_pays_the_platforms_debts_first(world: World) -> None:
    move(world, "", "guarantee", 300)
    asked = transfer("charge", PLATFORM, FARM, 150, "recall")
    world.use(lambda ctx, money: money.charge(ctx, asked, p.guarantee_account("bank", "nobody")))
    move(world, "guarantee", "", 200)
    world.run([], NOTICE_MS)
    assert (balances(world)[0], world.balance(FARM)) == (50, 150)


def test_what_the_platform_cannot_move(world: World) -> None:
    for source, target, fen, refusal in (
        ("", "", 1, e.SameAccount),
        ("float:mei", "float:mei", 1, e.SameAccount),
        ("", "guarantee", 301, e.NotEnough),
        ("float:lan", "", 1, e.NotEnough),
    ):
        world.deny(refusal, "platform", m.Move(), m.MoveTerms("bank", source, target, fen))
    world.deny(e.NotEnough, "platform", m.Move(), m.MoveTerms("bank-2", "", "guarantee", 1))
    world.deny(WrongRole, "farm", m.Move(), m.MoveTerms("bank", "", "guarantee", 1))


def test_a_float_belongs_to_the_platform_that_funded_it(world: World) -> None:
    world.fund("platform-2", 10)
    for terms in (m.MoveTerms("bank", "float:mei", "", 1), m.MoveTerms("bank", "", "float:mei", 1)):
        details = world.deny(e.FloatOfOther, "platform-2", m.Move(), terms)
        assert details == [FLOAT, "organisation:platform"]
    world.say("platform-2", m.Move(), m.MoveTerms("bank", "", "float:lan", 1))


def test_a_platform_reaches_its_own_guarantee_alone(world: World) -> None:
    world.deny(e.NoticeGiven, "platform-2", m.Move(), m.MoveTerms("bank", "guarantee", "", 1))
