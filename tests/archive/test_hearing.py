"""What the archive learns from others: every end of a claim, and every lot that became too warm, once on each shelf."""

from collections.abc import Callable

import pytest

from ledger.modules.archive.state import farm_listing, listing_of, lot_listing, product_listing
from ledger.modules.groupbuy.messages import Cancel
from ledger.modules.trace import messages as t
from tests.archive.world import BERRY, CAMPAIGN, DAY_MS, Memoir, check_recount
from tests.claims.world import CHILLED, HOUR_MS, MINUTE_MS, TRUCK, WARM
from tests.groupbuy.market import HALF
from tests.trace.world import crate

HERE = listing_of(BERRY, "garden")


def ends(memoir: Memoir, key: str = HERE) -> dict[str, int]:
    """What became of claims, as a listing shows it."""
    return {tally.name: tally.count for tally in memoir.listing(key).claims}


def _paid(memoir: Memoir, order: str) -> None:
    memoir.endow(floated=1_000)
    memoir.pay(order, 400)


@pytest.mark.parametrize(
    ("act", "end"),
    [
        (lambda memoir, order: memoir.adjudicate(order, 300, "farm"), "upheld"),
        (lambda memoir, order: memoir.adjudicate(order, 0), "rejected"),
        (lambda memoir, _order: memoir.withdraw(), "withdrawn"),
        (lambda memoir, _order: memoir.later(3 * DAY_MS), "lapsed"),
        (_paid, "paid"),
    ],
)
def test_every_end_of_a_claim_is_counted(memoir: Memoir, act: Callable[[Memoir, str], None], end: str) -> None:
    memoir.arrived(6, 4)
    order = memoir.hand(0)
    memoir.claim(0)
    shelves = (HERE, product_listing(BERRY), farm_listing("farm"), lot_listing(f"{BERRY}/{CAMPAIGN}"))
    assert [ends(memoir, key) for key in shelves] == [{"opened": 1}] * 4
    act(memoir, order)
    assert [ends(memoir, key) for key in shelves] == [{"opened": 1, end: 1}] * 4
    check_recount(memoir)


def test_claims_that_a_recall_ends_are_counted_each(memoir: Memoir) -> None:
    memoir.arrived(6, 4)
    for number in range(2):
        memoir.hand(number)
        memoir.claim(number)
    memoir.accept("farm", t.Recall((memoir.campaign().lots[0].lot,), "农残", "Residue"))
    memoir.drain()
    assert ends(memoir) == {"opened": 2, "recalled": 2}
    check_recount(memoir)


def test_a_finding_of_the_rule_that_stands_is_upheld(memoir: Memoir) -> None:
    memoir.warm_ride(10)
    memoir.claim(0, cause="spoiled")
    memoir.later(DAY_MS)
    assert ends(memoir, listing_of(CHILLED, "garden")) == {"opened": 1, "upheld": 1}
    check_recount(memoir)


def excursions(memoir: Memoir, *keys: str) -> list[int]:
    return [memoir.listing(key).excursions for key in keys]


def test_a_lot_that_becomes_too_warm_is_counted_once(memoir: Memoir) -> None:
    shelves = (
        lot_listing(f"{CHILLED}/C1"),
        product_listing(CHILLED),
        farm_listing("farm"),
        listing_of(CHILLED, "garden"),
    )
    memoir.formed_chilled(10)
    memoir.loaded()
    memoir.received()
    for minutes in (5, 15, 35):
        memoir.say(memoir.shipped_ms + minutes * MINUTE_MS, WARM, 10)
        memoir.drain()
        assert excursions(memoir, *shelves) == [1, 1, 1, 1], f"the same lot, {minutes} minutes on"
    assert len(memoir.events("excursion")) == 3
    check_recount(memoir)


def test_each_lot_of_a_warm_crate_is_counted(memoir: Memoir) -> None:
    memoir.warm_ride(12, lots=3)
    memoir.drain()
    assert excursions(memoir, *(lot_listing(f"{CHILLED}/C{number}") for number in (1, 2, 3))) == [1, 1, 1]
    assert excursions(memoir, listing_of(CHILLED, "garden"), product_listing(CHILLED)) == [3, 3]
    check_recount(memoir)


def warmed(memoir: Memoir, lot: str, units: int) -> None:
    """A lot of so many units is loaded, and gets too warm in the truck."""
    memoir.accept("hub", t.AttachDevice("cold", TRUCK, memoir.now))
    memoir.accept("farm", t.PackUnit(crate(1), "crate", memoir.now, (t.Portion(lot, units * HALF),)))
    memoir.accept("farm", t.Load(TRUCK, memoir.now, (crate(1),)))
    start_ms = memoir.now
    memoir.run([], HOUR_MS)
    memoir.say(start_ms, WARM, 40)
    memoir.drain()


def chilled(memoir: Memoir, number: str, units: int) -> str:
    """A lot of goods that must stay cool."""
    memoir.accept("farm", t.Harvest("berry-2026", CHILLED, number, units * HALF, memoir.now))
    return f"{CHILLED}/{number}"


def test_a_lot_that_was_warm_before_it_is_sold_is_counted_in_the_community_that_gets_it(memoir: Memoir) -> None:
    memoir.formed(10, product=CHILLED)
    lot = chilled(memoir, "W1", 10)
    warmed(memoir, lot, 10)
    shelves = (lot_listing(lot), product_listing(CHILLED), listing_of(CHILLED, "garden"))
    assert excursions(memoir, *shelves) == [1, 1, 0]
    memoir.allocate({lot: 10})
    assert excursions(memoir, *shelves) == [1, 1, 1]
    check_recount(memoir)


def test_a_warm_lot_that_is_sold_twice_in_a_community_is_counted_there_once(memoir: Memoir) -> None:
    lot = chilled(memoir, "W1", 20)
    memoir.formed(10, product=CHILLED)
    memoir.allocate({lot: 10})
    warmed(memoir, lot, 20)
    shelves = (lot_listing(lot), product_listing(CHILLED), listing_of(CHILLED, "garden"))
    assert excursions(memoir, *shelves) == [1, 1, 1]
    memoir.formed(10, campaign="c2", product=CHILLED)
    memoir.allocate({lot: 10}, "c2")
    assert excursions(memoir, *shelves) == [1, 1, 1]
    check_recount(memoir)


def test_what_was_called_off_before_it_left_brought_its_community_nothing(memoir: Memoir) -> None:
    lot = chilled(memoir, "W1", 10)
    memoir.formed(10, product=CHILLED)
    memoir.allocate({lot: 10})
    memoir.accept("farm", Cancel(CAMPAIGN, ""))
    memoir.drain()
    warmed(memoir, lot, 10)
    assert excursions(memoir, product_listing(CHILLED), listing_of(CHILLED, "garden")) == [1, 0]
    check_recount(memoir)


def test_a_lot_made_of_a_warm_one_is_warm_when_it_is_sold(memoir: Memoir) -> None:
    before = chilled(memoir, "W1", 10)
    memoir.formed(10, product=CHILLED)
    warmed(memoir, before, 10)
    memoir.accept("farm", t.Unload(TRUCK, memoir.now, (crate(1),)))
    memoir.accept("farm", t.UnpackUnit(crate(1), memoir.now, (t.Portion(before, 10 * HALF),)))
    made = t.Transform((t.Portion(before, 10 * HALF),), (t.Output(CHILLED, "P1", 10 * HALF),), 0, memoir.now)
    memoir.accept("farm", made)
    memoir.drain()
    lot = f"{CHILLED}/P1"
    shelves = (lot_listing(lot), product_listing(CHILLED), listing_of(CHILLED, "garden"))
    assert excursions(memoir, *shelves) == [0, 1, 0]
    memoir.allocate({lot: 10})
    assert excursions(memoir, *shelves) == [1, 2, 1]
    check_recount(memoir)
