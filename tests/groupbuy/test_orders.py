"""Orders up to the cut-off and what it makes of them: formed at the tier reached, or paid back, to the fen."""

import pytest

from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.errors import CutOffPassed
from ledger.modules.groupbuy.rules.common import supply_key
from ledger.modules.groupbuy.rules.sweeps import LINE_WORK, LINES_MAX
from ledger.modules.groupbuy.state import progress, sold
from ledger.modules.payments.messages import Expire, Overdue
from ledger.modules.payments.ports import deposit_account, escrow_account, organisation_account, transfer_id
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, MINUTE_MS, PLANTING, World

ESCROW = escrow_account("bank", "c1")
FARM = organisation_account("bank", "farm")


def units_sold(world: World) -> int:
    """What counts against the planting's commitment."""
    return sold.get(world.context(), supply_key(PLANTING, BERRY)) or 0


def test_the_price_falls_with_the_quantity_and_the_difference_goes_back(world: World) -> None:
    orders = world.formed(5, 6, 20)
    row = world.campaign()
    assert (row.state, row.orders, row.units, row.price_fen, row.lines_left) == ("formed", 3, 31, 777, 3)
    lines = [world.line(order) for order in orders]
    assert [(line.number, line.state, line.paid_fen, line.charged_fen) for line in lines] == [
        (1, "owed", 5_000, 3_885),
        (2, "owed", 6_000, 4_662),
        (3, "owed", 20_000, 15_540),
    ]
    assert [world.refunded(order) for order in orders] == [1_115, 1_338, 4_460]
    assert world.available(ESCROW) == 31 * 777


@pytest.mark.parametrize(("units", "price"), [((10,), 900), ((9, 1), 900), ((20, 9), 900), ((20, 10), 777)])
def test_the_tier_is_the_last_one_reached(world: World, units: tuple[int, ...], price: int) -> None:
    world.formed(*units)
    assert world.campaign().price_fen == price


def test_where_no_tier_is_reached_nothing_goes_back(world: World) -> None:
    (order,) = world.formed(4, minimum=4)
    assert (world.line(order).charged_fen, world.refunded(order)) == (4_000, 0)


def test_a_group_that_fails_pays_every_fen_back(world: World) -> None:
    before = world.available(FARM)
    world.opened()
    assert world.available(FARM) == before - 5_000
    orders = [world.place("anna", 4), world.place("bea", 5)]
    assert world.available(ESCROW) == 0
    world.cut()
    row = world.campaign()
    assert (row.state, row.orders, row.units, row.price_fen, row.lines_left) == ("failed", 2, 9, None, 0)
    assert [world.line(order).state for order in orders] == ["failed", "failed"]
    assert [world.refunded(order) for order in orders] == [4_000, 5_000]
    assert (world.available(FARM), world.balance(deposit_account("bank", "c1"))) == (before, 0)
    assert units_sold(world) == 0


def test_a_group_without_orders_fails_and_needs_no_sweep(world: World) -> None:
    world.opened()
    world.run([], 10 * HOUR_MS)
    assert (world.campaign().state, world.available(deposit_account("bank", "c1"))) == ("failed", 0)


def test_a_draft_that_nobody_opened_ends_at_its_cut_off(world: World) -> None:
    world.accept("mei", world.draft())
    world.cut()
    assert world.campaign().state == "cancelled"


def test_an_order_taken_back_is_paid_back_and_its_units_are_free_again(world: World) -> None:
    world.opened(maximum=12, per_order=12)
    order = world.place("anna", 8)
    world.accept(world.buyer("anna"), m.Order("c1"), m.CancelOrder())
    assert (world.line(order).state, world.refunded(order), units_sold(world)) == ("cancelled", 8_000, 0)
    other = world.place("bea", 12)
    assert world.line(other).number == 2
    world.cut()
    assert (world.campaign().orders, world.campaign().units, world.campaign().price_fen) == (1, 12, 900)
    assert world.refunded(order) == 8_000


def test_at_the_exact_time_of_the_cut_off_it_is_late_wherever_it_stands_in_the_block(world: World) -> None:
    world.opened()
    taken = world.place("anna", 10)
    cutoff_ms = world.campaign().terms.cutoff_ms
    world.run([], cutoff_ms - world.now - 2)
    in_time = world.envelope(world.buyer("bea"), m.Order("c1"), world.placing("bea", 1))
    assert [each.code for each in world.run([in_time], 1)] == [0]
    assert (world.now, world.campaign().state) == (cutoff_ms - 1, "open")
    late = world.envelope(world.buyer("cleo"), m.Order("c1"), world.placing("cleo", 1))
    back = world.envelope(world.buyer("anna"), m.Order("c1"), m.CancelOrder())
    receipts = world.run([late, back], 1)
    assert (world.now, [each.code for each in receipts]) == (cutoff_ms, [CutOffPassed.number] * 2)
    assert world.campaign().state == "forming"
    world.drain()
    assert (world.campaign().units, world.line(taken).state) == (11, "owed")


def test_progress_is_shown_once_a_while_and_exactly_at_the_end(world: World) -> None:
    world.opened()
    world.place("anna", 3)
    world.place("bea", 4)
    assert (world.campaign().orders, world.campaign().units) == (0, 0)
    world.run([], MINUTE_MS)
    assert (world.campaign().orders, world.campaign().units) == (2, 7)
    world.place("cleo", 5)
    assert world.campaign().units == 7
    world.accept(world.buyer("anna"), m.Order("c1"), m.CancelOrder())
    world.cut()
    assert (world.campaign().orders, world.campaign().units) == (2, 9)


def test_an_order_shows_the_public_no_more_than_that_it_is_one(world: World) -> None:
    world.opened()
    order = world.place("anna", 3)
    placed = world.placing("anna", 3)
    (leaf,) = [leaf for leaf in world.leaves_of(f"order:{order}") if leaf.tag == "groupbuy.order"]
    assert leaf.events == []
    assert [subject[:2] for subject in leaf.subjects] == [[f"order:{order}", "self"], ["campaign:c1", "other"]]
    written = b"".join([leaf.body, *world.state_of("groupbuy", "payments")])
    for secret in (placed.receipt.number, placed.ticket.number, placed.code):
        assert secret not in written
        assert secret.hex().encode() not in written


def test_lines_are_worked_through_a_bounded_number_a_block(world: World) -> None:
    world.opened(per_order=1, minimum=1)
    count = 2 * LINES_MAX + 3
    for name in range(count):
        world.place(f"b{name}", 1)
    world.accept(world.buyer("b0"), m.Order("c1"), m.CancelOrder())
    world.run([], world.campaign().terms.cutoff_ms - world.now)
    states = []
    while world.campaign().state == "forming":
        states.append(sum(world.line(world.order(f"b{name}")).state == "owed" for name in range(count)))
        world.run([], 1)
    assert states == [0, LINES_MAX - 1, 2 * LINES_MAX - 1]
    assert world.campaign().state == "formed"
    assert 0 < LINE_WORK * LINES_MAX <= world.genesis.parameters["timers_per_block"]


def test_two_campaigns_that_cut_off_at_once_both_get_through(world: World) -> None:
    cutoff_ms = world.now + 10 * HOUR_MS
    for campaign, units in (("c1", 10), ("c2", 9)):
        world.opened(campaign, cutoff_ms=cutoff_ms)
        world.place(f"{campaign} anna", units, campaign)
    world.until(cutoff_ms)
    assert [world.campaign(each).state for each in ("c1", "c2")] == ["formed", "failed"]


def test_a_hold_that_expired_while_the_network_stood_still_is_given_back(world: World) -> None:
    world.opened()
    lost, kept = world.place("anna", 10), world.place("bea", 10)
    hold = transfer_id(world.line(lost).receipt, b"hold")
    still_ms = world.campaign().terms.cutoff_ms + DAY_MS - world.now
    asked = world.envelope("bank", Expire(), Overdue(hold), later_ms=still_ms)
    assert [each.code for each in world.run([asked], still_ms)] == [0]
    world.drain()
    assert world.campaign().state == "formed"
    assert [world.line(order).state for order in (lost, kept)] == ["failed", "owed"]
    assert (world.refunded(lost), world.campaign().lines_left) == (10_000, 1)
    count = progress.get(world.context(), "c1")
    assert count is not None
    assert count.missed == 10
