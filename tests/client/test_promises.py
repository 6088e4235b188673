"""What a verified journey lets a reader say of a lot: its certificate of conformity, and whether it is organic."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.label import link_of
from cli.output import Problem
from client.journey import Known
from client.journey.promises import Promised, lot_row, made_of, organic_certificate, promised
from client.verified import VerifiedProof
from client.verify import verify_proof
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from ledger.proof import prove_journey
from tests.proof.kept import Kept, kept_world
from tests.registry.chain import START_MS
from tests.trace.test_conformity import PLACE, issue
from tests.trace.world import BERRY, DAY_MS, KG, PUNNET

ORGANIC = complete_network_code("ORGANIC")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Kept]:
    """The small world, kept in a store."""
    with kept_world(tmp_path / "ledger") as kept:
        yield kept


def proven(world: Kept, lot: str) -> VerifiedProof:
    return verify_proof(prove_journey(world.keep(), subject=f"lot:{lot}"), world.genesis.raw)


def organic(world: Kept, lot: str) -> str | None:
    proof = proven(world, lot)
    return organic_certificate(proof, Known(proof, world.genesis.raw), lot)


def told(world: Kept, lot: str) -> Promised | None:
    proof = proven(world, lot)
    return promised(proof, Known(proof, world.genesis.raw), lot)


def mix(world: Kept, product: str, *lots: str, cited: tuple[str, ...] = ()) -> str:
    """A kilogram of each lot, made into a new one by the hub."""
    number = f"M{len(world.blocks)}"
    world.hand_over(f"s-{number.lower()}", "farm", "hub", lots=tuple(m.Portion(lot, KG) for lot in lots))
    quantity = 4 * KG if product == PUNNET else KG
    output = m.Output(product, number, quantity * len(lots))
    world.accept("hub", m.Transform(tuple(m.Portion(lot, KG) for lot in lots), (output,), 0, world.now, cited))
    return f"{product}/{number}"


def test_a_certificate_is_told_with_its_tests_and_what_it_replaces(world: Kept) -> None:
    one, other = world.harvest("A1"), world.harvest("A2")
    test = world.accept("lab", m.Inspect(f"lot:{one}", "pass", world.now))
    world.accept("farm", issue(world, one, "test_result", inspections=(test.transaction_id,)))
    mixed = mix(world, PUNNET, one, other)
    world.accept("hub", issue(world, mixed, lots=(one,)))
    found, of_one = told(world, mixed), told(world, one)
    assert found is not None
    assert of_one is not None
    assert (found.place, found.basis[0], found.replaced) == (PLACE, "质量安全控制", (one,))
    assert (of_one.basis[0], len(of_one.tests), of_one.contact) == ("检测结果", 1, False)
    assert told(world, other) is None
    assert made_of(proven(world, mixed), mixed) == [one, other]


def test_a_certificate_declared_wrong_or_belied_is_not_told(world: Kept) -> None:
    lot = world.harvest("A1")
    receipt = world.accept("farm", issue(world, lot))
    assert told(world, lot) is not None
    world.accept("farm", m.DeclareRecordError(receipt.transaction_id, "incorrect_data", ""))
    assert told(world, lot) is None
    world.accept("farm", issue(world, lot))
    assert told(world, lot) is not None
    world.accept("lab", m.Inspect(f"lot:{lot}", "fail", world.now))
    assert told(world, lot) is None


def test_organic_is_what_a_standing_certificate_covers_and_all_that_went_in(world: Kept) -> None:
    world.accept("farm", m.RegisterProduct(ORGANIC, "莓", "Berries", "kg", 0, 0, None, ("hub",)))
    period = (START_MS - DAY_MS, START_MS + 90 * DAY_MS)
    for name, holder, scope in (("field", "farm", "planting:berry-2026"), ("hall", "hub", "organisation:hub")):
        world.accept("lab", m.IssueCertificate(name, "organic", name, holder, (scope,), *period))
    plain = world.harvest("A1")
    world.accept("farm", m.Harvest("berry-2026", BERRY, "A2", 9 * KG, world.now, ("field",)))
    grown = f"{BERRY}/A2"
    clean = mix(world, ORGANIC, grown, cited=("hall",))
    mixed = mix(world, ORGANIC, grown, plain, cited=("hall",))
    uncited = mix(world, ORGANIC, grown)
    names = (plain, grown, clean, mixed, uncited)
    found = [organic(world, lot) for lot in names]
    assert found == [None, "field", "hall", None, None]
    world.accept("lab", m.RevokeCertificate("field", "抽检不合格"))
    assert [organic(world, lot) for lot in (grown, clean)] == [None, None]


def test_a_label_links_by_gtin_or_by_trace_code(world: Kept) -> None:
    lot = world.harvest("A1")
    row = lot_row(proven(world, lot), lot)
    assert row is not None
    base = "https://trace.example.cn"
    assert link_of(row, base, "ab") == f"{base}/01/{BERRY}/10/A1?g=ab"
    mixed = mix(world, PUNNET, lot)
    own = lot_row(proven(world, mixed), mixed)
    assert own is not None
    assert link_of(own, base, "ab") == f"{base}/b/{own.code}?g=ab"
    with pytest.raises(Problem):
        link_of(row, "trace.example.cn", "ab")
    with pytest.raises(Problem):
        link_of(own, "trace example", "ab")
