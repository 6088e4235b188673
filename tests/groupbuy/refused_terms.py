"""Cases of refused terms (51xx) and supply (52xx); run by `test_refusals.py`."""

from typing import Any

from ledger.errors import Refusal
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import errors as p
from tests.groupbuy.refused import Signed, lot, recalled, refused_with
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, KG, PLANTING, PUNNET, World

# 51xx: terms.


def _terms(refusal: type[Refusal], name: str, **changes: Any) -> None:
    def make(world: World) -> Signed:
        found = {key: value(world) if callable(value) else value for key, value in changes.items()}
        return "mei", world.draft(**found), None

    make.__name__ = name
    refused_with(refusal)(make)


_terms(e.ProductUnknown, "an_unknown_product", product="NOTHINGAT4LL")
_terms(e.SourceUnknown, "an_unknown_planting", sources=("planting:none",))
_terms(e.SourceUnknown, "an_unknown_lot", sources=(f"lot:{BERRY}/none",))
_terms(e.SourceUnknown, "a_plot_as_source", sources=("plot:tunnel-1",))
_terms(e.SourceRepeats, "a_source_twice", sources=(PLANTING, PLANTING))
_terms(e.LotOfOtherProduct, "a_lot_of_another_product", product=PUNNET, sources=lambda w: (lot(w),), unit_quantity=KG)
_terms(e.SourceNotOwned, "anothers_planting", seller="rival")
_terms(e.SourceNotOwned, "anothers_lot", seller="rival", sources=lambda w: (lot(w),))
_terms(e.SourceRecalled, "a_recalled_lot", sources=lambda w: (recalled(w),))
_terms(e.LadderStart, "a_ladder_from_two_units_on", ladder=(m.Tier(2, 1_000),))
_terms(e.LadderRises, "a_rising_ladder", ladder=(m.Tier(1, 1_000), m.Tier(10, 1_001)))
_terms(e.LadderRises, "a_ladder_that_stays", ladder=(m.Tier(1, 1_000), m.Tier(10, 1_000)))
_terms(e.LadderRises, "a_ladder_whose_units_fall", ladder=(m.Tier(1, 9), m.Tier(10, 8), m.Tier(9, 7)))
_terms(e.LadderRises, "a_ladder_whose_units_stay", ladder=(m.Tier(1, 9), m.Tier(1, 8)))
_terms(e.LimitsContradict, "a_minimum_above_the_maximum", minimum=101)
_terms(e.LimitsContradict, "an_order_above_the_maximum", per_order=101)
_terms(e.TimesOutOfOrder, "a_cut_off_that_is_over", cutoff_ms=lambda w: w.now)
_terms(e.TimesOutOfOrder, "a_cut_off_now", cutoff_ms=lambda w: w.now + 1_000)
_terms(e.TimesOutOfOrder, "delivery_at_the_cut_off", delivery_from_ms=lambda w: w.now + 10 * HOUR_MS)
_terms(e.TimesOutOfOrder, "delivery_without_time", delivery_to_ms=lambda w: w.now + 20 * HOUR_MS)
_terms(e.TimesTooFar, "delivery_after_the_season", delivery_to_ms=lambda w: w.now + 90 * DAY_MS + 1_001)
_terms(e.SharesTooLarge, "shares_of_more_than_the_whole", shares=m.Shares(5_000, 4_000, 1_001))
_terms(e.ShareWithoutParty, "a_share_for_nobody", logistics=None)
_terms(e.UnitWrong, "half_a_piece", product=PUNNET, tolerance_bp=None, unit_quantity=KG // 2)
_terms(e.UnitWrong, "half_a_gram_weighed", unit_quantity=500)
_terms(e.UnitWrong, "parcels_too_heavy_to_be_weighed", unit_quantity=60_000_000 * KG)
_terms(e.WorthTooMuch, "more_money_than_there_is", ladder=(m.Tier(1, 10**11 + 1),))


# 52xx: supply.


@refused_with(e.ProductUnknown)
def supply_of_an_unknown_product(world: World) -> Signed:
    return "farm", m.CommitSupply(PLANTING, "NOTHINGAT4LL", KG, 1), None


@refused_with(e.SourceNotOwned)
def supply_of_anothers_planting(world: World) -> Signed:
    return "rival", m.CommitSupply(PLANTING, BERRY, KG, 1), None


@refused_with(e.SourceUnknown)
def supply_of_an_unknown_lot(world: World) -> Signed:
    return "farm", m.CommitSupply(f"lot:{BERRY}/none", BERRY, KG, 1), None


@refused_with(e.SupplyBelowSold)
def supply_below_what_is_sold(world: World) -> Signed:
    world.opened()
    world.place("anna", 10)
    return "farm", m.CommitSupply(PLANTING, BERRY, KG // 2, 9), None


@refused_with(e.SupplyBeyondLot)
def supply_of_more_than_the_lot(world: World) -> Signed:
    return "farm", m.CommitSupply(lot(world), BERRY, 3 * KG, 34), None


@refused_with(e.SupplyUnitDiffers)
def supply_in_other_units_while_sold(world: World) -> Signed:
    world.opened()
    world.place("anna", 10)
    return "farm", m.CommitSupply(PLANTING, BERRY, KG, 200), None


@refused_with(e.SupplyMissing)
def opened_without_supply(world: World) -> Signed:
    world.accept("mei", world.draft())
    return "farm", m.Open("c1"), None


@refused_with(e.SupplyMissing)
def opened_with_supply_in_other_units(world: World) -> Signed:
    world.accept("mei", world.draft())
    world.accept("farm", m.CommitSupply(PLANTING, BERRY, KG, 200))
    return "farm", m.Open("c1"), None


@refused_with(p.NotEnough)
def opened_without_money_for_the_deposit(world: World) -> Signed:
    world.accept("mei", world.draft(deposit_fen=1_000_001))
    world.supply()
    return "farm", m.Open("c1"), None


@refused_with(e.SourceRecalled)
def supply_of_a_recalled_lot(world: World) -> Signed:
    return "farm", m.CommitSupply(recalled(world), BERRY, KG, 1), None
