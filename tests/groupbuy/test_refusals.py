"""Every refusal of campaigns, terms, supply and orders is provoked through the real `execute`, and leaves nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal, RestrictedNeeded, WrongRole, all_refusals
from ledger.module import Action
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import errors as p
from ledger.modules.trace.messages import Recall
from ledger.text import TextForbidden
from tests.groupbuy.world import BERRY, DAY_MS, HOUR_MS, KG, PLANTING, PUNNET, World, number_of
from tests.registry.chain import key_of

Signed = tuple[SigningKey | str, Action, Message | None]
Make = Callable[[World], Signed]
CASES: list[tuple[type[Refusal], Make]] = []


def refused_with(refusal: type[Refusal]) -> Callable[[Make], Make]:
    """Declare a case: it prepares the world and returns who signs what is then refused."""

    def declare(make: Make) -> Make:
        CASES.append((refusal, make))
        return make

    return declare


def ordered(world: World, name: str = "zoe", units: int = 1, campaign: str = "c1", **more: Any) -> Signed:
    """An order, right but for what `more` replaces."""
    return world.buyer(name), m.Order(campaign), world.placing(name, units, campaign, **more)


# 50xx: campaigns and rights.


@refused_with(e.CampaignExists)
def drafted_twice(world: World) -> Signed:
    world.accept("mei", world.draft())
    return "lan", world.draft(), None


@refused_with(e.CampaignUnknown)
def opening_nothing(world: World) -> Signed:
    return "farm", m.Open("c9"), None


@refused_with(e.CampaignUnknown)
def ordering_from_nothing(world: World) -> Signed:
    world.opened()
    _, _, said = ordered(world)
    return world.buyer("zoe"), m.Order("c9"), said


@refused_with(e.CampaignStateRefused)
def opened_twice(world: World) -> Signed:
    return "farm", m.Open(world.opened()), None


@refused_with(e.CampaignStateRefused)
def ordering_from_a_draft(world: World) -> Signed:
    world.accept("mei", world.draft())
    return ordered(world)


@refused_with(e.CampaignStateRefused)
def ordering_from_a_cancelled_campaign(world: World) -> Signed:
    world.accept("mei", m.Cancel(world.opened(), ""))
    return ordered(world)


@refused_with(e.CampaignStateRefused)
def ordering_from_a_failed_campaign(world: World) -> Signed:
    world.opened()
    world.cut()
    return ordered(world)


@refused_with(e.CampaignStateRefused)
def cancelling_a_failed_campaign(world: World) -> Signed:
    world.opened()
    world.cut()
    return "farm", m.Cancel("c1", ""), None


@refused_with(e.CampaignStateRefused)
def taking_back_after_the_group_formed(world: World) -> Signed:
    world.formed(10)
    return world.buyer("c1 0"), m.Order("c1"), m.CancelOrder()


@refused_with(e.NotCampaignParty)
def opened_by_another_farm(world: World) -> Signed:
    world.accept("mei", world.draft())
    return "rival", m.Open("c1"), None


@refused_with(e.NotCampaignParty)
def cancelled_by_another_leader(world: World) -> Signed:
    return "lan", m.Cancel(world.opened(), ""), None


@refused_with(e.NotCampaignParty)
def cancelled_by_the_platform_before_it_formed(world: World) -> Signed:
    return "platform", m.Cancel(world.opened(), ""), None


@refused_with(e.NotCampaignParty)
def cancelled_by_the_leader_after_it_formed(world: World) -> Signed:
    world.formed(10)
    return "mei", m.Cancel("c1", ""), None


@refused_with(e.NotCampaignParty)
def substituted_by_another_community(world: World) -> Signed:
    return "orchard", m.Substitute(world.opened(), "wen"), None


@refused_with(WrongRole)
def drafted_by_a_farm(world: World) -> Signed:
    return "farm", world.draft(), None


@refused_with(WrongRole)
def supply_of_a_laboratory(world: World) -> Signed:
    return "lab", m.CommitSupply(PLANTING, BERRY, KG, 1), None


def _party(field: str, organisation: str | None, refusal: type[Refusal]) -> None:
    def make(world: World) -> Signed:
        changes: dict[str, Any] = {field: organisation}
        return "mei", world.draft(**changes), None

    make.__name__ = f"{organisation}_as_{field}"
    refused_with(refusal)(make)


for _field, _organisation in (
    ("seller", "bank"),
    ("seller", "nobody"),
    ("platform", "farm"),
    ("custodian", "farm"),
    ("logistics", "farm"),
    ("adjudicator", "farm"),
):
    _party(_field, _organisation, e.PartyWrong)


@refused_with(e.PartyConflict)
def a_seller_that_judges_itself(world: World) -> Signed:
    return "mei", world.draft(seller="rival", adjudicator="rival", sources=("planting:none",)), None


@refused_with(e.PartyConflict)
def a_custodian_that_delivers(world: World) -> Signed:
    world.roles("bank", "custodian", "logistics")
    return "mei", world.draft(logistics="bank"), None


@refused_with(e.PartyConflict)
def a_custodian_that_sells(world: World) -> Signed:
    world.roles("bank", "custodian", "processor")
    return "mei", world.draft(seller="bank"), None


@refused_with(e.PartyConflict)
def a_platform_that_holds_the_money(world: World) -> Signed:
    world.roles("bank", "custodian", "platform")
    return "mei", world.draft(platform="bank"), None


@refused_with(e.PartyConflict)
def a_registrar_that_sells(world: World) -> Signed:
    world.roles("garden", "community", "farm")
    return "mei", world.draft(seller="garden"), None


@refused_with(e.PartyConflict)
def a_registrar_that_runs_the_platform(world: World) -> Signed:
    world.roles("garden", "community", "platform")
    return "mei", world.draft(platform="garden"), None


@refused_with(e.PartyConflict)
def a_carrier_that_judges(world: World) -> Signed:
    world.roles("hub", "logistics", "inspector")
    return "mei", world.draft(adjudicator="hub"), None


@refused_with(e.CommunityForeign)
def drafted_for_another_community(world: World) -> Signed:
    return "wen", world.draft(), None


@refused_with(e.LeaderNotSilent)
def substituted_while_orders_are_taken(world: World) -> Signed:
    return "garden", m.Substitute(world.opened(), "lan"), None


@refused_with(TextForbidden)
def a_title_that_hides_something(world: World) -> Signed:
    return "mei", world.draft(title="草莓\u202e"), None


@refused_with(TextForbidden)
def a_reason_that_hides_something(world: World) -> Signed:
    return "mei", m.Cancel(world.opened(), "no\u200b"), None


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


def lot(world: World) -> str:
    """A lot of berries of the farm's."""
    return f"lot:{world.harvest('A1')}"


def recalled(world: World) -> str:
    """A lot of berries that was called back."""
    world.accept("farm", Recall((world.harvest("A1"),), "农残", "residues"))
    return f"lot:{BERRY}/A1"


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


# 53xx: orders.


@refused_with(e.OrderExists)
def a_second_order_of_one_key(world: World) -> Signed:
    world.opened()
    world.place("zoe", 1)
    receipt = world.receipt(f"order:{world.order('zoe')}", 1_000, "2")
    return ordered(world, ticket=world.ticket("zoe", number="2"), receipt=receipt)


@refused_with(e.OrderExists)
def an_order_again_after_it_was_taken_back(world: World) -> Signed:
    world.opened()
    world.place("zoe", 1)
    world.accept(world.buyer("zoe"), m.Order("c1"), m.CancelOrder())
    return ordered(world)


@refused_with(e.OrderUnknown)
def taking_back_what_was_never_ordered(world: World) -> Signed:
    world.opened()
    return world.buyer("zoe"), m.Order("c1"), m.CancelOrder()


@refused_with(e.OrderUnknown)
def taking_back_in_another_campaign(world: World) -> Signed:
    world.opened()
    world.opened("c2")
    world.place("zoe", 1)
    return world.buyer("zoe"), m.Order("c2"), m.CancelOrder()


@refused_with(e.LineStateRefused)
def taking_back_twice(world: World) -> Signed:
    world.opened()
    world.place("zoe", 1)
    world.accept(world.buyer("zoe"), m.Order("c1"), m.CancelOrder())
    return world.buyer("zoe"), m.Order("c1"), m.CancelOrder()


def _registered(name: str) -> None:
    def make(world: World) -> Signed:
        world.opened()
        key = key_of(name)
        order = m.order_id(key.algorithm, key.public_key)
        receipt = world.receipt(f"order:{order.hex()}", 1_000)
        garden = key_of("garden")
        number = number_of("registered")
        signed = garden.sign(m.ticket_message(world.genesis.chain_id, "garden", "c1", order, number))
        ticket = m.Ticket(number, garden.algorithm, garden.public_key, signed)
        return key, m.Order("c1"), m.Place(1, receipt, ticket, m.code_commitment(order, "0" * 16))

    make.__name__ = f"an_order_under_the_key_of_{name}"
    refused_with(e.OrderKeyRegistered)(make)


for _name in ("mei", "farm", "platform", "validator"):
    _registered(_name)


@refused_with(e.TooManyUnits)
def more_than_one_order_may_have(world: World) -> Signed:
    world.opened()
    return ordered(world, units=21)


@refused_with(e.SoldOut)
def more_than_the_maximum(world: World) -> Signed:
    world.opened(maximum=25)
    world.place("anna", 20)
    return ordered(world, units=6)


@refused_with(e.SoldOut)
def more_than_is_committed(world: World) -> Signed:
    world.supply(25)
    world.opened()
    world.opened("c2")
    world.place("anna", 20)
    return ordered(world, units=6, campaign="c2")


@refused_with(e.SoldOut)
def from_a_lot_that_was_recalled_meanwhile(world: World) -> Signed:
    source = lot(world)
    world.supply(100, source)
    world.opened(sources=(source,))
    world.accept("farm", Recall((f"{BERRY}/A1",), "农残", "residues"))
    return ordered(world)


@refused_with(e.ReceiptAmountWrong)
def paid_a_fen_too_little(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=world.receipt(f"order:{world.order('zoe')}", 999))


@refused_with(e.ReceiptAmountWrong)
def paid_a_fen_too_much(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=world.receipt(f"order:{world.order('zoe')}", 1_001))


@refused_with(e.ReceiptCustodianWrong)
def paid_through_another_custodian(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=world.receipt(f"order:{world.order('zoe')}", 1_000, custodian="bank-2"))


@refused_with(p.ReceiptUsed)
def a_receipt_used_by_another_order(world: World) -> Signed:
    world.opened()
    world.place("anna", 1)
    used = world.line(world.order("anna")).receipt
    return ordered(world, receipt=world.receipt(f"order:{world.order('zoe')}", 1_000, used=used))


@refused_with(p.ReceiptForOther)
def a_receipt_made_out_to_another_order(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=world.receipt(f"order:{world.order('anna')}", 1_000))


@refused_with(p.ReceiptExpired)
def a_receipt_that_is_over(world: World) -> Signed:
    world.opened()
    receipt = world.receipt(f"order:{world.order('zoe')}", 1_000, valid_to_ms=world.now + 1_000)
    return ordered(world, receipt=receipt)


@refused_with(p.ReceiptKeyForeign)
def a_receipt_signed_by_the_farm(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=world.receipt(f"order:{world.order('zoe')}", 1_000, key="farm"))


@refused_with(p.ReceiptSignatureBad)
def a_receipt_over_another_sum(world: World) -> Signed:
    world.opened()
    return ordered(world, receipt=replace(world.receipt(f"order:{world.order('zoe')}", 1), fen=1_000))


def _ticket(name: str, **more: Any) -> None:
    def make(world: World) -> Signed:
        world.opened()
        return ordered(
            world, ticket=world.ticket(more.get("of", "zoe"), **{k: v for k, v in more.items() if k != "of"})
        )

    make.__name__ = name
    refused_with(e.TicketInvalid)(make)


_ticket("a_ticket_of_another_order", of="anna")
_ticket("a_ticket_for_another_campaign", campaign="c2")
_ticket("a_ticket_for_another_community", community="orchard")
_ticket("a_ticket_signed_by_the_leader", key="mei")
_ticket("a_ticket_signed_by_the_seller", key="farm")
_ticket("a_ticket_signed_by_the_platform", key="platform")
_ticket("a_ticket_signed_by_another_community", key="orchard")
_ticket("a_ticket_signed_by_an_unknown_key", key="stranger")


@refused_with(e.TicketUsed)
def a_ticket_used_by_another_order(world: World) -> Signed:
    world.opened()
    world.place("anna", 1)
    return ordered(world, ticket=world.ticket("zoe", number="anna"))


@refused_with(e.TicketUsed)
def a_ticket_of_an_order_taken_back(world: World) -> Signed:
    world.opened()
    world.place("anna", 1)
    world.accept(world.buyer("anna"), m.Order("c1"), m.CancelOrder())
    return ordered(world, ticket=world.ticket("zoe", number="anna"))


@refused_with(RestrictedNeeded)
def an_order_that_says_nothing(world: World) -> Signed:
    world.opened()
    return world.buyer("zoe"), m.Order("c1"), None


@pytest.mark.parametrize(
    ("refusal", "make"), [pytest.param(*one, id=f"{one[0].number}-{one[1].__name__}") for one in CASES]
)
def test_refused(world: World, refusal: type[Refusal], make: Make) -> None:
    signer, action, restricted = make(world)
    details = world.refuse(signer, action, refusal, restricted)
    if isinstance(action, m.Order):  # public: no amounts, units, receipts or tickets
        assert not {"receipt", "ticket", "fen", "units", "state"} & set(refusal.fields()), details


@pytest.mark.parametrize("late", ["order", "take back", "open"])
def test_what_is_late_changes_nothing(world: World, late: str) -> None:
    if late == "open":
        world.accept("mei", world.draft())
        world.supply()
        raw = world.envelope("farm", m.Open("c1"), later_ms=10 * HOUR_MS)
    else:
        world.opened()
        world.place("anna", 10)
        said = world.placing("zoe", 1) if late == "order" else m.CancelOrder()
        key = world.buyer("zoe" if late == "order" else "anna")
        raw = world.envelope(key, m.Order("c1"), said, later_ms=10 * HOUR_MS)
    later_ms = world.campaign().terms.cutoff_ms - world.now
    idle = world.fork()
    assert [receipt.code for receipt in world.run([raw], later_ms)] == [e.CutOffPassed.number]
    idle.run([], later_ms)
    # Salts differ, as the refused part is among what they come from: compare what they hide.
    assert world.rows_of("payments", "groupbuy") == idle.rows_of("payments", "groupbuy")


ELSEWHERE = {e.CutOffPassed, e.LeaderUnknown, e.AlreadySubstituted}
"""Those above, and those of a campaign that has travelled, which tests/groupbuy/test_deadlines.py provokes."""


def test_every_refusal_has_its_case() -> None:
    declared = {refusal for refusal in all_refusals() if 5000 <= refusal.number < 5400}
    assert declared - {refusal for refusal, _ in CASES} == ELSEWHERE
