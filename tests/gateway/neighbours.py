"""Food that neighbours know: lots with reviews, claims and an open campaign; organic ones, some of them wrongly so;
promises mixed and renewed. Executed by the real rules, served by an observer, shown by a real gateway.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from client.network_directory import open_network
from ledger.modules.trace import messages as t
from ledger.modules.trace.identifiers import complete_network_code, trace_code
from ledger.modules.trace.messages.conformity import Basis
from tests.archive.world import BERRY, CAMPAIGN
from tests.gateway.serving import running_gateway
from tests.network.remembered import Told, serve, tell
from tests.registry.chain import START_MS
from tests.trace.world import DAY_MS, KG, PUNNET

ORGANIC = complete_network_code("FINEBERRY")
REVIEWED = f"{BERRY}/{CAMPAIGN}"
"""Five reviews, three claims, handed out in the garden."""

COVERED, WITHDRAWN, BESIDE = f"{ORGANIC}/G1", f"{ORGANIC}/G2", f"{BERRY}/G3"
"""Organic; organic until its certificate was revoked; grown in the same field without citing any."""

PROMISED, MIXED = f"{BERRY}/G4", f"{PUNNET}/M1"
"""With its certificate of conformity, on a test; re-packed from it and from another, with one that replaces both."""

HOME = f"{BERRY}/H1"
"""A household's, whose telephone is in the vault."""

LOTS = (REVIEWED, COVERED, WITHDRAWN, BESIDE, PROMISED, MIXED, HOME)
LIMITS = ("--requests-per-s", "1000", "--burst", "5000")


def page_of(url: str, lot: str) -> str:
    """Where a gateway shows a lot."""
    return f"{url}/b/{trace_code(lot)}"


@contextmanager
def neighbours(home: Path) -> Iterator[str]:
    """The URL of a gateway before them."""
    (home / "data").mkdir()
    network = serve(tell(home / "data" / "ledger", _then), home)
    with ThreadPoolExecutor(1) as beside:  # Playwright keeps an event loop in the main thread
        try:
            beside.submit(network.start).result()
            with running_gateway(open_network(home), *LIMITS) as url:
                yield url
        finally:
            assert network.stop() == 0, network.log()


def _then(world: Told) -> None:
    _claims(world)
    _organic(world)
    _promises(world)
    world.opened("weekend")


def _claims(world: Told) -> None:
    """One upheld, one rejected, one still open."""
    for number in range(3):
        world.claim(number)
    world.adjudicate(world.order(f"{CAMPAIGN} 0"), 300, "farm")
    world.adjudicate(world.order(f"{CAMPAIGN} 1"), 0)


def _organic(world: Told) -> None:
    world.accept("farm", t.RegisterProduct(ORGANIC, "有机莓", "Organic berries", "kg", 0, 0))
    period = (START_MS - 90 * DAY_MS, START_MS + 900 * DAY_MS)
    for name in ("field", "gone"):
        issued = t.IssueCertificate(name, "organic", f"CN-{name}", "farm", ("planting:berry-2026",), *period)
        world.accept("lab", issued)
    for lot, cited in ((COVERED, ("field",)), (WITHDRAWN, ("gone",)), (BESIDE, ())):
        product, number = lot.split("/")
        world.accept("farm", t.Harvest("berry-2026", product, number, 9 * KG, world.now, cited))
    world.accept("lab", t.RevokeCertificate("gone", "抽检不合格"))
    world.accept(
        "lab", t.Inspect(f"lot:{WITHDRAWN}", "pass", world.now, remark="有机田抽样 / sampled in an organic field")
    )


def _promises(world: Told) -> None:
    for lot in (PROMISED, f"{BERRY}/G5"):
        world.accept("farm", t.Harvest("berry-2026", BERRY, lot.split("/")[1], 9 * KG, world.now))
    test = world.accept("lab", t.Inspect(f"lot:{PROMISED}", "pass", world.now))
    tests = (test.transaction_id,)
    world.accept("farm", _promise(world, PROMISED, "test_result", inspections=tests))
    world.accept("farm", _promise(world, f"{BERRY}/G5"))
    both = tuple(t.Portion(lot, KG) for lot in (PROMISED, f"{BERRY}/G5"))
    world.hand_over("to-hub", "farm", "hub", lots=both)
    world.accept("hub", t.Transform(both, (t.Output(PUNNET, "M1", 8 * KG),), 0, world.now, ()))
    world.accept("hub", _promise(world, MIXED, lots=tuple(portion.lot for portion in both)))
    world.accept("farm", t.AuthoriseProducer(BERRY, "home", allowed=True))
    world.accept("home", t.RegisterPlot("garden", "菜园", "Garden", 10))
    world.accept("home", t.StartPlanting("garden-1", "garden", "草莓", "红颜", world.now))
    world.accept("home", t.Harvest("garden-1", BERRY, "H1", KG, world.now))
    world.accept("home", _promise(world, HOME, contact=b"\x05" * 32))


def _promise(world: Told, lot: str, basis: Basis = "quality_control", **more: object) -> t.IssueConformity:
    return t.IssueConformity(lot, "order_2025_4", basis, "上海市青浦区白鹤镇", world.now, **more)  # type: ignore[arg-type]
