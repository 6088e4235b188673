"""How gateways' counts of scans are refused; cases for `test_refusals.py`."""

from collections.abc import Callable

from ledger.days import day_of
from ledger.errors import Refusal
from ledger.module import Action
from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from tests.trace.promises import PROMISES
from tests.trace.world import World

Signed = tuple[str, Action]


def stated(world: World, *counts: m.LotScans, ago: int = 1, rest: int = 0) -> Signed:
    """The hub's statement of a day so many days ago."""
    return "hub", m.StateScans("main", day_of(world.now) - ago, counts, rest_scans=rest)


def of_today(world: World) -> Signed:
    return stated(world, ago=0)


def of_last_year(world: World) -> Signed:
    return stated(world, ago=365)


def twice(world: World) -> Signed:
    world.accept(*stated(world))
    return stated(world)


def of_no_community(world: World) -> Signed:
    return stated(world, m.LotScans(world.harvest("A1"), "hub", 1))


def of_a_rest_without_rows(world: World) -> Signed:
    return stated(world, rest=3)


SCANS: list[tuple[type[Refusal], Callable[[World], Signed]]] = [
    (e.ScanDayNotOver, of_today),
    (e.ScanDayTooOld, of_last_year),
    (e.ScanDayStated, twice),
    (e.CommunityUnknown, of_no_community),
    (e.RestContradicts, of_a_rest_without_rows),
]

ELSEWHERE = [*PROMISES, *SCANS]
"""All cases that stand in files of their own."""
