"""What the archive learns from others: every end of a claim, and every lot that became too warm, once on each shelf."""

from collections.abc import Callable

import pytest

from ledger.modules.archive.state import farm_listing, listing_of, lot_listing, product_listing
from ledger.modules.trace import messages as t
from tests.archive.world import BERRY, CAMPAIGN, DAY_MS, Memoir, check_recount
from tests.claims.world import CHILLED, HOUR_MS, MINUTE_MS, WARM
from tests.groupbuy.world import KG
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


def test_a_lot_that_was_warm_before_it_is_sold_is_counted_in_the_community_that_gets_it(memoir: Memoir) -> None:
    lot, sold = f"{CHILLED}/W1", 10
    memoir.formed(sold, product=CHILLED)
    memoir.accept("farm", t.Harvest("berry-2026", CHILLED, "W1", sold * KG // 2, memoir.now))
    memoir.accept("hub", t.AttachDevice("cold", "vehicle:truck-1", memoir.now))
    loaded_ms = memoir.now
    memoir.accept("farm", t.PackUnit(crate(1), "crate", loaded_ms, (t.Portion(lot, sold * KG // 2),)))
    memoir.accept("farm", t.Load("vehicle:truck-1", memoir.now, (crate(1),)))
    start_ms = memoir.now
    memoir.run([], HOUR_MS)
    memoir.say(start_ms, WARM, 40)
    memoir.drain()
    here = listing_of(CHILLED, "garden")
    assert excursions(memoir, lot_listing(lot), product_listing(CHILLED), here) == [1, 1, 0]
    memoir.allocate({lot: sold})
    memoir.drain()
    assert excursions(memoir, lot_listing(lot), product_listing(CHILLED), here) == [1, 1, 1]
    check_recount(memoir)
