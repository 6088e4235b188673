"""Refusals about what is promised of goods, for `test_refusals`: each case prepares the world, and returns who signs
what is then refused.
"""

from collections.abc import Callable

from ledger.errors import Refusal
from ledger.module import Action
from ledger.modules.trace import errors as e
from ledger.modules.trace import messages as m
from ledger.modules.trace.identifiers import complete_network_code
from ledger.modules.trace.messages.conformity import Basis
from tests.trace.world import BERRY, KG, World

LOT = f"{BERRY}/A1"


def promise(world: World, basis: Basis = "quality_control", **more: object) -> m.IssueConformity:
    """The certificate of conformity of a lot, which is harvested if it is not there."""
    if not any(LOT.encode() in key for key in world.rows("lot/")):
        world.harvest("A1")
    return m.IssueConformity(LOT, "order_2025_4", basis, "青浦", world.now, **more)  # type: ignore[arg-type]


def classing_twice(world: World) -> tuple[str, Action]:
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    return "farm", m.ClassifyProduct(BERRY, "tea_leaf")


def selling_listed_produce_without_a_promise(world: World) -> tuple[str, Action]:
    world.accept("farm", m.ClassifyProduct(BERRY, "fruit"))
    return "farm", m.Ship("s1", "hub", world.now, lots=(m.Portion(world.harvest("A1"), KG),))


def promising_twice(world: World) -> tuple[str, Action]:
    world.accept("farm", promise(world))
    return "farm", promise(world)


def promising_on_tests_not_named(world: World) -> tuple[str, Action]:
    return "farm", promise(world, "test_result")


def promising_on_tests_never_made(world: World) -> tuple[str, Action]:
    return "farm", promise(world, inspections=(b"1" * 32,))


def promising_what_failed(world: World) -> tuple[str, Action]:
    action = promise(world)
    world.accept("lab", m.Inspect(f"lot:{LOT}", "fail", world.now))
    return "farm", action


def replacing_what_is_not_there(world: World) -> tuple[str, Action]:
    return "farm", promise(world, lots=(f"{BERRY}/X",))


def replacing_in_silence(world: World) -> tuple[str, Action]:
    world.accept("farm", promise(world))
    made = m.Output(BERRY, "B1", 9 * KG)
    world.accept("farm", m.Transform((m.Portion(LOT, 9 * KG),), (made,), 0, world.now))
    return "farm", m.IssueConformity(f"{BERRY}/B1", "order_2025_4", "quality_control", "青浦", world.now)


def a_household_without_a_telephone(world: World) -> tuple[str, Action]:
    world.accept("farm", m.AuthoriseProducer(BERRY, "home", allowed=True))
    world.accept("home", m.RegisterPlot("garden", "菜园", "Garden", 10))
    world.accept("home", m.StartPlanting("garden-1", "garden", "草莓", "红颜", world.now))
    world.accept("home", m.Harvest("garden-1", BERRY, "H1", KG, world.now))
    return "home", m.IssueConformity(f"{BERRY}/H1", "order_2025_4", "quality_control", "青浦", world.now)


def calling_it_organic(world: World) -> tuple[str, Action]:
    product = complete_network_code("ORGANIC")
    world.accept("farm", m.RegisterProduct(product, "有机草莓", "Berries", "kg", 0, 0))
    return "farm", m.Harvest("berry-2026", product, "A1", KG, world.now)


PROMISES: list[tuple[type[Refusal], Callable[[World], tuple[str, Action]]]] = [
    (e.ClassSettled, classing_twice),
    (e.ConformityMissing, selling_listed_produce_without_a_promise),
    (e.ConformityIssued, promising_twice),
    (e.InspectionMissing, promising_on_tests_not_named),
    (e.InspectionUnfit, promising_on_tests_never_made),
    (e.PromiseContradicted, promising_what_failed),
    (e.InputUnfit, replacing_what_is_not_there),
    (e.InputUnnamed, replacing_in_silence),
    (e.ContactMissing, a_household_without_a_telephone),
    (e.OrganicUncovered, calling_it_organic),
]
