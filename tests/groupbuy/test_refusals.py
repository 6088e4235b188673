"""Every refusal of campaigns, terms, supply and orders is provoked through the real `execute`, and leaves nothing."""

from typing import Any

import pytest
from msgspec.structs import replace

import tests.groupbuy.refused_terms  # noqa: F401  # declares its cases
from ledger.errors import Refusal, RestrictedNeeded, WrongRole, all_refusals
from ledger.modules.groupbuy import errors as e
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments import errors as p
from ledger.modules.trace.messages import Recall
from ledger.text import TextForbidden
from tests.groupbuy.refused import CASES, Make, Signed, lot, ordered, refused_with
from tests.groupbuy.world import BERRY, HOUR_MS, KG, PLANTING, World, number_of
from tests.registry.chain import key_of

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
def a_registrar_that_carries(world: World) -> Signed:
    world.roles("garden", "community", "warehouse")
    return "mei", world.draft(logistics="garden"), None


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
