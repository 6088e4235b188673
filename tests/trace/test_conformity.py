"""承诺达标合格证: who must have one, what it rests on, how mixing re-issues it; and what may be called organic."""

import pytest

from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.invariants import check_promises
from ledger.modules.trace.messages.conformity import Basis
from ledger.modules.trace.messages.types import CertificateKind
from ledger.modules.trace.state import Conformity, conformities
from tests.registry.chain import START_MS
from tests.trace.world import BERRY, DAY_MS, KG, PUNNET, World, crate

PLACE = "上海市青浦区练塘镇"


def issue(world: World, lot: str, basis: Basis = "quality_control", **more: object) -> m.IssueConformity:
    return m.IssueConformity(lot, "order_2025_4", basis, PLACE, world.now, **more)  # type: ignore[arg-type]


def test_listed_produce_is_first_sold_with_a_certificate_only(world: World) -> None:
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    lot = world.harvest("A1")
    world.accept("farm", m.PackUnit(crate(1), "crate", world.now, (m.Portion(lot, 40 * KG),)))
    loose = m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, 10 * KG),))
    packed = m.Ship("s2", "hub", world.now, (crate(1),))
    for shipped in (loose, packed):
        assert world.refuse("farm", shipped, e.ConformityMissing) == [lot, "fruit"]
    receipt = world.accept("farm", issue(world, lot))
    world.accept("farm", loose)
    world.accept("farm", packed)
    world.accept("hub", m.Receive("s1", world.now))
    world.accept("hub", m.Ship("s3", "shop", world.now, lots=(m.Portion(lot, 10 * KG),)))
    leaf = world.leaves_of(f"lot:{lot}")[2]
    assert leaf.tag == "trace.issue_conformity"
    assert leaf.named(f"lot:{lot}") == [f"lot:{lot}", "self", None, None]
    assert receipt.code == 0


def test_what_is_not_listed_needs_none(world: World) -> None:
    lot = world.harvest("A1")
    world.hand_over("s1", "farm", "hub", lots=(m.Portion(lot, KG),))


def test_a_passed_test_of_the_lot_is_another_proof_as_long_as_it_stands(world: World) -> None:
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    lot, other = world.harvest("A1"), world.harvest("A2")
    test = world.accept("lab", m.Inspect(f"lot:{lot}", "pass", world.now))
    world.accept("lab", m.Inspect(f"lot:{other}", "inconclusive", world.now))
    world.accept("farm", m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, KG),)))
    world.refuse("farm", m.Ship("s2", "hub", world.now, lots=(m.Portion(other, KG),)), e.ConformityMissing)
    world.accept("lab", m.DeclareRecordError(test.transaction_id, "incorrect_data", ""))
    world.refuse("farm", m.Ship("s2", "hub", world.now, lots=(m.Portion(lot, KG),)), e.ConformityMissing)


def test_a_certificate_stops_counting_when_it_is_declared_wrong_or_a_fault_is_found(world: World) -> None:
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    lot = world.harvest("A1")
    ship = m.Ship("s1", "hub", world.now, lots=(m.Portion(lot, KG),))
    first = world.accept("farm", issue(world, lot))
    world.refuse("farm", issue(world, lot), e.ConformityIssued)
    world.accept("farm", m.DeclareRecordError(first.transaction_id, "incorrect_data", "产地写错"))
    world.refuse("farm", ship, e.ConformityMissing)
    world.accept("farm", issue(world, lot))
    world.accept("lab", m.Inspect(f"lot:{lot}", "fail", world.now))
    world.refuse("farm", ship, e.ConformityMissing)
    world.refuse("farm", issue(world, lot), e.PromiseContradicted)


def test_tests_are_a_basis_when_this_lot_or_its_planting_passed_them(world: World) -> None:
    lot, other = world.harvest("A1"), world.harvest("A2")
    of_lot = world.accept("lab", m.Inspect(f"lot:{lot}", "pass", world.now)).transaction_id
    of_planting = world.accept("lab", m.Inspect("planting:berry-2026", "pass", world.now)).transaction_id
    world.refuse("farm", issue(world, other, "test_result", inspections=(of_lot,)), e.InspectionUnfit)
    world.accept("farm", issue(world, other, "test_result", inspections=(of_planting,)))
    world.accept("farm", issue(world, lot, "test_result", inspections=(of_lot, of_planting)))


def test_mixing_issues_anew_and_names_what_it_replaces(world: World) -> None:
    world.accept("hub", m.ClassifyProduct(PUNNET, "fruit"))
    lots = [world.harvest(number) for number in ("A1", "A2", "A3")]
    for lot in lots[:2]:
        world.accept("farm", issue(world, lot))
    world.hand_over("s1", "farm", "hub", lots=tuple(m.Portion(lot, 10 * KG) for lot in lots))
    output = m.Output(PUNNET, "P1", 120 * KG)
    world.accept("hub", m.Transform(tuple(m.Portion(lot, 10 * KG) for lot in lots), (output,), 0, world.now))
    mixed = f"{PUNNET}/P1"
    shipped = m.Ship("s2", "shop", world.now, lots=(m.Portion(mixed, KG),))
    world.refuse("hub", shipped, e.ConformityMissing)
    assert world.refuse("hub", issue(world, mixed, lots=(lots[1],)), e.InputUnnamed) == [mixed, lots[0]]
    assert world.refuse("hub", issue(world, mixed, lots=tuple(lots)), e.InputUnfit) == [mixed, lots[2]]
    world.accept("hub", issue(world, mixed, lots=(lots[0], lots[1])))
    world.accept("hub", shipped)
    issued = [leaf for leaf in world.leaves_of(f"lot:{lots[0]}") if leaf.tag == "trace.issue_conformity"]
    assert [leaf.named(f"lot:{lots[0]}")[1] for leaf in issued] == ["self", "other"]  # type: ignore[index]


@pytest.mark.parametrize(("owner", "sold"), [("home", True), ("farm", False)])
def test_a_household_may_and_an_enterprise_must(world: World, owner: str, sold: bool) -> None:
    world.accept("farm", m.AuthoriseProducer(BERRY, "home", allowed=True))
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    world.accept(owner, m.RegisterPlot("garden", "菜园", "Garden", 10))
    world.accept(owner, m.StartPlanting("garden-1", "garden", "草莓", "红颜", world.now))
    world.accept(owner, m.Harvest("garden-1", BERRY, "H1", KG, world.now))
    ship = m.Ship("s1", "hub", world.now, lots=(m.Portion(f"{BERRY}/H1", KG),))
    if sold:
        world.accept(owner, ship)
    else:
        world.refuse(owner, ship, e.ConformityMissing)
    world.accept(owner, issue(world, f"{BERRY}/H1", contact=b"n" * 32))


def test_the_owner_classes_once_and_a_regulator_corrects(world: World) -> None:
    world.refuse("hub", m.ClassifyProduct(BERRY, "fruit"), e.NotOwner)
    world.accept("farm", m.ClassifyProduct(BERRY, "eggs"))
    assert world.refuse("farm", m.ClassifyProduct(BERRY, "fruit"), e.ClassSettled) == [BERRY, "eggs"]
    world.accept("watch", m.ClassifyProduct(BERRY, "fruit"))
    lot = world.harvest("A1")
    refused = world.refuse("farm", m.Ship("s", "hub", world.now, lots=(m.Portion(lot, KG),)), e.ConformityMissing)
    assert refused == [lot, "fruit"]


@pytest.mark.parametrize("names", [("有机草莓", "Strawberry"), ("草莓", "ORGANIC strawberry")])
def test_nothing_is_called_organic_without_a_certificate_that_covers_it(world: World, names: tuple[str, str]) -> None:
    product = complete_network_code("ORGANIC")
    world.accept("farm", m.RegisterProduct(product, *names, "kg", 0, 0, None, ("hub",)))
    end_ms = START_MS + 90 * DAY_MS
    issued: list[tuple[str, CertificateKind, str]] = [
        ("good", "organic", "planting:berry-2026"),
        ("green", "green", "planting:berry-2026"),
        ("hub", "organic", "organisation:hub"),
    ]
    for certificate, kind, scope in issued:
        holder = "hub" if certificate == "hub" else "farm"
        world.accept(
            "lab", m.IssueCertificate(certificate, kind, certificate, holder, (scope,), START_MS - DAY_MS, end_ms)
        )

    def harvest(number: str, *cited: str) -> m.Harvest:
        return m.Harvest("berry-2026", product, number, 10 * KG, world.now, cited)

    world.refuse("farm", harvest("O1"), e.OrganicUncovered)
    world.refuse("farm", harvest("O1", "green"), e.OrganicUncovered)
    world.refuse("farm", harvest("O1", "hub"), e.CertificateInvalid)
    world.accept("farm", harvest("O1", "good"))
    plain = world.harvest("A1", 10)
    lots = (m.Portion(f"{product}/O1", 4 * KG), m.Portion(plain, 4 * KG))
    world.hand_over("s1", "farm", "hub", lots=lots)

    def mix(number: str, *inputs: m.Portion) -> m.Transform:
        return m.Transform(inputs, (m.Output(product, number, KG * len(inputs)),), 0, world.now, ("hub",))

    one, other = (m.Portion(portion.lot, KG) for portion in lots)
    world.accept("hub", mix("M1", one))
    world.refuse("hub", mix("M2", one, other), e.OrganicUncovered)
    world.accept("lab", m.RevokeCertificate("good", "抽检不合格"))
    world.refuse("hub", mix("M2", one), e.OrganicUncovered)
    world.refuse("farm", harvest("O2", "good"), e.CertificateInvalid)


def test_a_record_that_no_producer_made_is_found(world: World) -> None:
    lot = world.harvest("A1")
    world.accept("farm", issue(world, lot))
    ctx = world.context()
    assert list(check_promises(ctx)) == []
    conformities.put(ctx, lot, Conformity("rival", b"0" * 32, 0))
    assert len(list(check_promises(ctx))) == 1
