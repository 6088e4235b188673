"""The lives that the capacity benchmark offers, played on the real rules in memory: each step is accepted, all end."""

import time
from pathlib import Path

import pytest

from benchmarks import groups as g
from benchmarks.lives import Cast, Market, Pace, Step
from ledger.modules.groupbuy.state import campaigns, orders
from ledger.modules.payments.state import due
from tests.groupbuy.world import DAY_MS, World
from tests.registry.chain import key_of

PARTS = {
    "seller": "farm",
    "community": "garden",
    "custodian": "bank",
    "platform": "platform",
    "logistics": "hub",
    "adjudicator": "court",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small data set of the published form: two items with a campaign's worth of groups, one with too few."""
    pairs = [(7, 100 + 2 * number, 101 + 2 * number) for number in range(28)]
    pairs += [(8, 300 + 2 * number, 301 + 2 * number) for number in range(26)]
    pairs += [(9, 500, 501)]
    lines = [f"{initiator}\t{item}\t{participant}" for item, initiator, participant in pairs]
    (tmp_path / "success_sample.txt").write_text("\n".join([*lines, f"{100}\t7\t{999}"]) + "\n")
    (tmp_path / "invalid.txt").write_text("71\t7\n72\t9\n")
    return tmp_path


def first(folder: Path, wanted: int) -> list[g.Group]:
    return [group for _, group in zip(range(wanted), g.groups(folder), strict=False)]


def test_groups_are_those_of_the_data(folder: Path) -> None:
    found = first(folder, 12)
    assert [group.number for group in found] == list(range(12))
    one, other, again = found[0], found[1], found[2]
    assert (one.item, one.leader, len(one.buyers)) == (7, 100, g.MEMBERS)
    assert [buyer.member for buyer in one.buyers] == list(range(100, 150))
    assert (other.item, other.leader, len(other.buyers)) == (8, 300, g.MEMBERS)
    assert (again.item, again.leader) == (7, 100), "of what items 7 and 8 have left, too few; of item 9 too"
    failing = [group for group in found if not group.succeeds]
    assert [(group.leader, group.item) for group in failing] == [(71, 7), (72, 9)]
    assert all(len(group.buyers) == 1 + g.STRANGERS for group in failing)
    assert all(1 <= buyer.units <= g.UNITS_MAX for group in found for buyer in group.buyers)


def test_without_the_data_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINXIN_SHARED", str(tmp_path))
    with pytest.raises(g.NoData) as caught:
        g.data_folder()
    assert "LINXIN_SHARED" in caught.value.remedy_en


def play(world: World, steps: list[Step]) -> None:
    """Each step in the block of its second; all must be accepted."""
    zero_ms = world.now
    for second in range(int(max(step.due_s for step in steps)) + 1):
        now = [step for step in sorted(steps) if int(step.due_s) == second]
        receipts = world.run([step.envelope for step in now], zero_ms + (second + 1) * 1000 - world.now)
        refused = [(step.kind, one.code, one.details) for step, one in zip(now, receipts, strict=True) if one.code]
        assert not refused, refused
        world.drain()


def test_every_step_of_a_life_is_accepted_and_every_life_ends(folder: Path) -> None:
    world = World()
    world.wait(time.time_ns() // 1_000_000 - world.now)
    cast = Cast(world.genesis.chain_id, PARTS, {part: key_of(name) for part, name in PARTS.items()})
    market = Market(cast, Pace(order_s=6, gap_s=2), "t")
    some = first(folder, 5)[-2:]
    assert {group.succeeds for group in some} == {True, False}
    for wave in market.setup(some):
        for receipt in world.run(wave):
            assert receipt.code == 0, receipt
    market.zero_ms = world.now
    play(world, [step for number, group in enumerate(some) for step in market.life(group, number * 0.5)])
    for _ in range(4):
        world.wait(3 * DAY_MS)
        world.drain()
    wanted = {market.campaign(group): "closed" if group.succeeds else "failed" for group in some}
    assert {key: row.state for key, row in campaigns.scan(world.context()) if key in wanted} == wanted
    rows = [row for _, row in orders.scan(world.context(), limit=1000)]
    assert len(rows) == sum(len(group.buyers) for group in some)
    assert {row.state for row in rows} == {"settled", "failed"}
    assert any(row.packed_grams is not None and row.packed_grams % 500 for row in rows), "some are light"
    assert due.scan(world.context()) == [], "the custodian has paid back all that it was told to"


def test_steps_that_need_each_other_are_a_gap_apart(folder: Path) -> None:
    world = World()
    cast = Cast(world.genesis.chain_id, PARTS, {part: key_of(name) for part, name in PARTS.items()})
    pace = Pace(order_s=6, gap_s=2)
    market = Market(cast, pace, "t")
    (group,) = first(folder, 1)
    list(market.setup([group]))
    steps = market.life(group, 10.0)
    placed = [step.due_s for step in steps if step.kind == "place"]
    given = [step.due_s for step in steps if step.kind == "hand_over"]
    assert len(placed) == len(given) == 50
    assert placed[0] == 10 + 2 * pace.gap_s
    assert max(placed) < 10 + pace.cutoff_s - pace.gap_s
    assert given[0] == 10 + pace.handing_s
    assert max(given) < 10 + pace.life_s
