"""What cases of refusals are made with: see `test_refusals.py`."""

from collections.abc import Callable
from typing import Any

from ledger.crypto.encoding import Message
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal
from ledger.module import Action
from ledger.modules.groupbuy import messages as m
from ledger.modules.trace.messages import Recall
from tests.groupbuy.world import BERRY, World

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


def lot(world: World) -> str:
    """A lot of berries of the farm's."""
    return f"lot:{world.harvest('A1')}"


def recalled(world: World) -> str:
    """A lot of berries that was called back."""
    world.accept("farm", Recall((world.harvest("A1"),), "农残", "residues"))
    return f"lot:{BERRY}/A1"
