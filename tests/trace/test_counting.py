"""Gateways' counts of scans: once a day, of a day that is over, of lots and communities that exist, and no reader."""

import pytest
from msgspec.structs import replace

from ledger.crypto.encoding import encode
from ledger.days import day_of
from ledger.errors import WrongRole
from ledger.module import TRANSACTION_SIZE_MAX
from ledger.modules.registry.messages import RegisterOrganisation
from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from ledger.modules.trace.rules.counting import STATED_WITHIN_DAYS
from ledger.modules.trace.state import scan_days, scan_key
from ledger.roles import Role
from tests.registry.chain import key_of
from tests.trace.world import World

LOTS = ("A1", "B2")


@pytest.fixture
def statement(world: World) -> m.StateScans:
    first, second = (world.harvest(number) for number in LOTS)
    counts = (m.LotScans(first, None, 7), m.LotScans(second, None, 1))
    return m.StateScans("main", day_of(world.now) - 1, counts)


def test_a_day_is_kept_as_stated_and_joins_no_journey(world: World, statement: m.StateScans) -> None:
    before = len(world.leaves_of(f"lot:{statement.counts[0].lot}"))
    world.accept("hub", replace(statement, rest_rows=2, rest_scans=5))
    row = scan_days.get(world.context(), scan_key(statement.day, "hub", "main"))
    assert row is not None
    assert (row.scans, row.counts, row.rest_rows, row.rest_scans) == (13, statement.counts, 2, 5)
    assert len(world.leaves_of(f"lot:{statement.counts[0].lot}")) == before
    leaf = world.leaves_of("organisation:hub")[-1]
    assert leaf.tag == "trace.state_scans"
    assert [named[0] for named in leaf.subjects] == ["organisation:hub"]


def test_a_statement_stands_and_each_gateway_has_its_own(world: World, statement: m.StateScans) -> None:
    receipt = world.accept("hub", statement)
    world.refuse("hub", replace(statement, counts=()), e.ScanDayStated)
    world.accept("hub", replace(statement, gateway="second"))
    world.accept("farm", statement)
    world.accept("hub", replace(statement, day=statement.day - 1, counts=()))
    row = scan_days.get(world.context(), scan_key(statement.day, "hub", "main"))
    assert row is not None
    assert row.scans == 8, "the first one stands"
    world.refuse("hub", m.DeclareRecordError(receipt.transaction_id, "incorrect_data", ""), e.RecordUnknown)


def test_only_days_that_are_over_and_not_long_ago(world: World, statement: m.StateScans) -> None:
    today = statement.day + 1
    world.refuse("hub", replace(statement, day=today), e.ScanDayNotOver)
    world.refuse("hub", replace(statement, day=today - STATED_WITHIN_DAYS - 1), e.ScanDayTooOld)
    world.accept("hub", replace(statement, day=today - STATED_WITHIN_DAYS))


def test_the_largest_statement_fits_a_record() -> None:
    lots = [f"{'N' * 24}/{number:020}" for number in range(m.COUNTS_MAX)]
    counts = tuple(m.LotScans(lot, "c" * 64, 10**9) for lot in lots)
    assert 1.5 * len(encode(m.StateScans("g" * 64, 3_000_000, counts, 10**9, 10**9))) < TRANSACTION_SIZE_MAX


def test_a_community_is_one(world: World, statement: m.StateScans) -> None:
    lot = statement.counts[0].lot
    for unknown in ("garden", "farm"):
        world.refuse("hub", replace(statement, counts=(m.LotScans(lot, unknown, 1),)), e.CommunityUnknown)
    new = world.new_key(key_of("garden"), "organisation:garden")
    world.accept("platform", RegisterOrganisation("garden", "花园", "Garden", (Role.COMMUNITY,), new))
    world.accept("hub", replace(statement, counts=(m.LotScans(lot, "garden", 1), m.LotScans(lot, None, 4))))


def test_every_lot_is_known_and_named_once(world: World, statement: m.StateScans) -> None:
    (first, *_) = statement.counts
    world.refuse("hub", replace(statement, counts=(first, first)), e.NamedTwice)
    unknown = m.LotScans(first.lot + "9", None, 1)
    assert world.refuse("hub", replace(statement, counts=(first, unknown)), e.LotUnknown) == [unknown.lot]


@pytest.mark.parametrize("rest", [(0, 3), (3, 0), (3, 2)])
def test_the_rest_adds_up(world: World, statement: m.StateScans, rest: tuple[int, int]) -> None:
    world.refuse("hub", replace(statement, rest_rows=rest[0], rest_scans=rest[1]), e.RestContradicts)


def test_devices_and_strangers_count_nothing(world: World, statement: m.StateScans) -> None:
    world.refuse("cold", statement, WrongRole)
