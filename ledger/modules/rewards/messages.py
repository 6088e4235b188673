"""What the rewards module is asked to do. All of it is public: points belong to a community key, a pseudonym that its
holder made herself and links to nothing.
"""

from typing import Annotated

from msgspec import Meta

from ledger.module import Action, Timer
from ledger.modules.trace.messages.types import EventTime, TransactionId
from ledger.text import Identifier, Name, Remark

POINTS_MAX = 1_000_000
STOCK_MAX = 100_000
OFFER_MS_MAX = 366 * 86_400_000
"""How far ahead an offer may end."""


class MakeOffer(Action, tag="rewards.offer"):
    """The platform, or a community, offers its residents something for points.

    `stock`: how often it can be had; `until_ms`: before when it can be asked for.
    """

    offer: Identifier
    community: Identifier
    title: Name
    cost: Annotated[int, Meta(gt=0, le=POINTS_MAX)]
    stock: Annotated[int, Meta(gt=0, le=STOCK_MAX)]
    until_ms: EventTime
    remark: Remark = ""


class Spend(Action, tag="rewards.spend"):
    """A resident asks for an offer, under her key of that community: the points are taken at once."""

    offer: Identifier


class Honour(Action, tag="rewards.honour"):
    """Whoever made the offer says that it was given."""

    redemption: TransactionId


class Void(Action, tag="rewards.void"):
    """Whoever made the offer cannot give it: points and stock go back."""

    redemption: TransactionId
    reason: Remark


class Lapse(Timer, tag="rewards.lapse"):
    """An offer that was asked for should have been given by now."""

    redemption: str


class Recheck(Timer, tag="rewards.recheck"):
    """Reviews of a listing came in: do those who vouch for it still earn their title? `after`: the leader last looked
    at, "" at the beginning.
    """

    listing: str
    after: str = ""


class HideStands(Timer, tag="rewards.hide_stands"):
    """A review's author has had time to appeal its hiding `number`, from 1."""

    review: str
    number: int
