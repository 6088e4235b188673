"""Something that a person wants recorded."""

from typing import TYPE_CHECKING, Any, NamedTuple

from tests.simulation.market.people import Part

if TYPE_CHECKING:
    from tests.simulation.market.market import Market
    from tests.simulation.market.view import View

TRIES_MAX = 4
"""How often a person tries something that is refused, or that the state she sees does not show yet."""

Happening = dict[str, Any]


class Errand(NamedTuple):
    """Transactions, one after the other; once one is refused the rest is left, unless `goes_on`."""

    what: str
    acts: "list[Happening | Part]"
    tries_max: int = TRIES_MAX
    goes_on: bool = False


class Sight(NamedTuple):
    """What a person goes by: the market's plans, and the certified state that she sees."""

    market: "Market"
    view: "View"
