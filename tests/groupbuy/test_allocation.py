"""Lots fill orders: whole units pro rata, the rest by order time, every missing fen back at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Refusal
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.groupbuy.rules.allocating import whole_share
from ledger.modules.groupbuy.rules.common import line_state
from ledger.modules.groupbuy.state import lot_campaigns, lot_use, sold
from ledger.modules.trace import messages as t
from ledger.modules.trace.messages import Portion
from tests.groupbuy.market import CAMPAIGN, ESCROW, HALF, Market, fresh, portions
from tests.groupbuy.world import BERRY, DAY_MS, PLANTING, PUNNET


def test_a_lot_that_suffices_fills_every_order(market: Market) -> None:
    orders = market.formed(5, 3, 2)
    market.allocate({market.lot("A1", 10): 10})
    assert market.state() == "allocated"
    assert [market.line(order).allotted for order in orders] == [5, 3, 2]
    assert market.balance(ESCROW) == 10 * 900
    assert [market.refunded(order) for order in orders] == [500, 300, 200]
    assert market.campaign().allocated == 10
    assert market.campaign().lines_left == 3
    assert market.events("allocated") == [[CAMPAIGN]]


def test_too_little_is_shared_out_and_the_rest_goes_by_order_time(market: Market) -> None:
    # 11 of 17 units: 7 * 11 / 17 = 4.5, 5 * 11 / 17 = 3.2, 4 * 11 / 17 = 2.6, 1 * 11 / 17 = 0.6: whole ones 4, 3, 2, 0.
    # Of the two left, one goes to each of the first two, although the fourth has the larger remainder.
    orders = market.formed(7, 5, 4, 1)
    assert market.campaign().price_fen == 900
    market.allocate({market.lot("A1", 11): 11})
    assert [market.line(order).allotted for order in orders] == [5, 4, 2, 0]
    assert [market.line(order).charged_fen for order in orders] == [4_500, 3_600, 1_800, 0]
    assert market.states(orders) == ["allotted", "allotted", "allotted", "refunded"]
    # Each paid ten yuan a unit: one yuan each came back at the cut-off, nine for each unit that is missing now.
    assert [market.refunded(order) for order in orders] == [2_500, 1_400, 2_200, 1_000]
    assert market.balance(ESCROW) == 11 * 900
    assert market.campaign().lines_left == 3
    assert sold.get(market.context(), f"{PLANTING}/{BERRY}") == 16


def test_the_price_of_the_tier_stays_when_the_harvest_is_short(market: Market) -> None:
    orders = market.formed(15, 15)
    assert market.campaign().price_fen == 777
    market.allocate({market.lot("A1", 3): 3})
    assert [market.line(order).charged_fen for order in orders] == [2 * 777, 777]


def test_many_lines_are_worked_through_block_by_block(market: Market) -> None:
    orders = market.formed(*([1] * 70))
    market.accept("farm", m.Allocate(CAMPAIGN, portions({market.lot("A1", 50): 50})))
    assert market.state() == "allocating"
    market.drain()
    assert market.state() == "allocated"
    assert [market.line(order).allotted for order in orders] == [1] * 50 + [0] * 20
    assert market.balance(ESCROW) == 50 * 777


def test_several_lots_add_up_to_whole_units(market: Market) -> None:
    orders = market.formed(6, 4)
    first, second = market.lot("A1", 6), market.lot("A2", 4)
    odd = (Portion(first, 6 * HALF - 7), Portion(second, 3 * HALF + 7))
    market.accept("farm", m.Allocate(CAMPAIGN, odd))
    market.drain()
    assert [market.line(order).allotted for order in orders] == [6, 3]
    assert lot_use.get(market.context(), first) == 6 * HALF - 7
    assert [key for key, _ in lot_campaigns.scan(market.context())] == [f"{first}:c1", f"{second}:c1"]


def test_no_batch_shows_a_buyer(market: Market) -> None:
    market.formed(6, 4)
    lot = market.lot("A1", 10)
    before = len(market.leaves_of(f"lot:{lot}"))
    market.allocate({lot: 10})
    assert len(market.leaves_of(f"lot:{lot}")) == before
    assert len(market.leaves_of(f"product:{BERRY}")) == len(
        [leaf for leaf in market.leaves_of(f"product:{BERRY}") if leaf.tag.startswith("trace.")]
    )


def test_goods_that_were_made_of_the_source_fill_orders_too(market: Market) -> None:
    market.formed(6, 4)
    first, second = market.lot("A1", 8), market.lot("A2", 8)
    inputs = (Portion(first, 8 * HALF), Portion(second, 8 * HALF))
    market.accept("farm", t.Transform(inputs, (t.Output(BERRY, "SORTED", 16 * HALF),), 0, market.now))
    market.allocate({f"{BERRY}/SORTED": 10})
    assert market.state() == "allocated"


def test_only_the_seller_allocates_and_only_once(market: Market) -> None:
    market.formed(6, 4)
    lot = market.lot("A1", 20)
    act = m.Allocate(CAMPAIGN, portions({lot: 10}))
    for other in ("platform", "hub", "rival"):
        market.refuse(other, act, e.NotCampaignParty)
    market.refuse("farm", m.Allocate("c2", portions({lot: 10})), e.CampaignUnknown)
    market.accept("farm", act)
    market.refuse("farm", m.Allocate(CAMPAIGN, portions({market.lot("A2", 20): 10})), e.CampaignStateRefused)


def test_it_is_too_early_before_the_cut_off(market: Market) -> None:
    market.opened()
    market.place("a", 10)
    act = m.Allocate(CAMPAIGN, portions({market.lot("A1", 20): 10}))
    market.refuse("farm", act, e.CampaignStateRefused)


def test_only_sound_lots_of_the_named_sources_fill_orders(market: Market) -> None:
    market.formed(6, 4)
    lot = market.lot("A1", 10)

    def refused(refusal: type[Refusal], *found: Portion) -> None:
        market.refuse("farm", m.Allocate(CAMPAIGN, found), refusal)

    refused(e.LotMissing, Portion(f"{BERRY}/NONE", HALF))
    refused(e.LotRepeats, Portion(lot, HALF), Portion(lot, HALF))
    refused(e.LotOverused, Portion(lot, 11 * HALF))
    refused(e.AllocationUneven, Portion(lot, HALF + 1))
    refused(e.AllocationTooLarge, Portion(market.lot("BIG", 11), 11 * HALF))
    market.accept("farm", t.StartPlanting("other", "tunnel-1", "草莓", "红颜", market.now))
    market.accept("farm", t.Harvest("other", BERRY, "B1", 10 * HALF, market.now))
    refused(e.LotForeign, Portion(f"{BERRY}/B1", HALF))
    mixed = (Portion(lot, HALF), Portion(f"{BERRY}/B1", HALF))
    market.accept("farm", t.Transform(mixed, (t.Output(BERRY, "MIX", 2 * HALF),), 0, market.now))
    refused(e.LotForeign, Portion(f"{BERRY}/MIX", HALF))
    market.hand_over("s1", "farm", "hub", lots=(Portion(lot, 2 * HALF),))
    market.accept("hub", t.Transform((Portion(lot, 2 * HALF),), (t.Output(PUNNET, "P1", 4_000_000),), 0, market.now))
    refused(e.LotOfOtherProduct, Portion(f"{PUNNET}/P1", HALF))
    spent = market.lot("GONE", 2)
    market.accept("farm", t.Destroy(spent, 2 * HALF, market.now, "坏了"))
    refused(e.LotNotActive, Portion(spent, HALF))
    bad = market.lot("BAD", 2)
    market.accept("farm", t.Recall((bad,), "农残", "residues"))
    refused(e.LotNotActive, Portion(bad, HALF))


def test_what_the_registrar_made_fills_no_order_of_its_community(market: Market) -> None:
    market.roles("garden", "community", "processor")
    market.formed(6, 4)
    lot = market.lot("A1", 20)
    market.hand_over("s1", "farm", "garden", lots=(Portion(lot, 10 * HALF),))
    market.accept("farm", t.AuthoriseProducer(BERRY, "garden", True))
    sorted_out = t.Output(BERRY, "SORTED", 10 * HALF)
    market.accept("garden", t.Transform((Portion(lot, 10 * HALF),), (sorted_out,), 0, market.now))
    act = m.Allocate(CAMPAIGN, portions({f"{BERRY}/SORTED": 10}))
    assert market.refuse("farm", act, e.PartyConflict) == ["community", "maker", "garden"]
    market.allocate({lot: 10})


def test_all_campaigns_together_get_no_more_of_a_lot_than_there_was(market: Market) -> None:
    market.formed(6, 4)
    market.formed(6, 4, campaign="c2")
    lot = market.lot("A1", 15)
    market.allocate({lot: 10})
    market.refuse("farm", m.Allocate("c2", portions({lot: 6})), e.LotOverused)
    market.allocate({lot: 5}, "c2")
    assert lot_use.get(market.context(), lot) == 15 * HALF


def test_a_campaign_called_off_before_it_ships_sets_its_lots_free(market: Market) -> None:
    orders = market.formed(6, 4)
    lot = market.lot("A1", 10)
    market.allocate({lot: 9})
    market.accept("platform", m.Cancel(CAMPAIGN, "天气"))
    market.drain()
    assert market.state() == "cancelled"
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    assert market.balance(ESCROW) == 0
    assert lot_use.get(market.context(), lot) == 0
    market.formed(6, 4, campaign="c2")
    market.allocate({lot: 10}, "c2")


def test_what_is_allocated_and_not_shipped_in_time_is_paid_back(market: Market) -> None:
    orders = market.allocated(6, 4)
    market.until(market.campaign().terms.delivery_to_ms)
    assert market.state() == "cancelled"
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]
    assert market.balance(ESCROW) == 0


def test_what_is_not_allocated_in_time_is_paid_back(market: Market) -> None:
    orders = market.formed(6, 4)
    market.later(2 * DAY_MS)
    assert market.state() == "cancelled"
    assert [market.refunded(order) for order in orders] == [6_000, 4_000]


def plain_shares(units: list[int], allocated: int) -> list[int]:
    """What the rule says, in the plainest way: floors, then one each in order."""
    whole = [each * allocated // sum(units) for each in units]
    for place in range(allocated - sum(whole)):
        whole[place] += 1
    return whole


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=200), st.data())
def test_shares_are_whole_add_up_and_stay_within_a_unit_of_the_exact_share(
    units: list[int], data: st.DataObject
) -> None:
    ordered = sum(units)
    allocated = data.draw(st.integers(1, ordered))
    whole = [whole_share(each, allocated, ordered) for each in units]
    rest = allocated - sum(whole)
    assert 0 <= rest < len(units)
    if allocated == ordered:
        assert whole == units
    given_out = [share + (place < rest) for place, share in enumerate(whole)]
    assert sum(given_out) == allocated
    for each, share in zip(units, given_out, strict=True):
        assert share <= each
        assert abs(share * ordered - each * allocated) <= ordered


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=8).filter(lambda units: 10 <= sum(units) <= 100), st.data())
def test_random_shortages_on_the_chain(units: list[int], data: st.DataObject) -> None:
    filled = data.draw(st.integers(1, sum(units)))
    market = fresh()
    orders = market.formed(*units)
    price = market.campaign().price_fen
    assert price is not None
    market.allocate({market.lot("A1", filled): filled})
    shares = plain_shares(units, filled)
    assert [market.line(order).allotted for order in orders] == shares
    expected = [1_000 * each - price * share for each, share in zip(units, shares, strict=True)]
    assert [market.refunded(order) for order in orders] == expected
    assert market.balance(ESCROW) == price * filled


def test_lots_that_hold_all_units_fill_all_lines_without_a_record_of_each(market: Market) -> None:
    orders = market.formed(7, 4)
    lot = market.lot("A1", 11)
    market.run([market.envelope("farm", m.Allocate(CAMPAIGN, portions({lot: 11})))])
    assert market.state() == "allocated", "in the same block"
    assert [(row.state, row.allotted) for row in map(market.line, orders)] == [("owed", 7), ("owed", 4)]
    assert [line_state(market.campaign(), market.line(order)) for order in orders] == ["allotted", "allotted"]
