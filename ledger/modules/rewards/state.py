"""What is known of rewards: points of community keys, what they can be spent on, titles, the records of leaders.

All rows are public. A community key is a pseudonym; no row names an order. Points are whole and conserved: what was
earned is what is left and what was spent, for each key and each community.
"""

from collections.abc import Mapping
from typing import Literal

from ledger.crypto.encoding import Message
from ledger.state import Table

RedemptionState = Literal["asked", "honoured", "voided"]

REDEMPTION_TRANSITIONS: Mapping[str, Mapping[str, RedemptionState]] = {
    "asked": {"honour": "honoured", "void": "voided", "lapse": "voided"},
    "honoured": {},
    "voided": {},
}
"""state -> event -> next state of what points were spent on. Not honoured in time it is `voided` by itself; then, as
when its maker cannot give it, points and stock go back.
"""

TitleState = Literal["held", "lost"]

TITLE_TRANSITIONS: Mapping[str, Mapping[str, TitleState]] = {"held": {"lose": "lost"}, "lost": {"gain": "held"}}
"""state -> event -> next state of a title somebody has ever held. The rules alone give and take it, by published
thresholds.
"""

Title = Literal["recommender", "taster"]
"""社区好物推荐官, of leaders; 金牌体验官, of community keys."""

Loss = Literal["withdrawn", "listing", "hidden", "thresholds"]
"""Why a title was lost: endorsements were withdrawn, what is endorsed fell below the thresholds, reviews were hidden,
the thresholds were raised."""

SPELLS_MAX = 16
"""Spells that a title's row keeps, the latest; older ones are in the journals."""


class Points(Message):
    """A community key's points. `earned` = `balance` + `spent`, where `spent` does not count what was voided.

    `day_earned`, `month_earned`: on the day `day` (2026-11-23, UTC+8) and in its month, for the caps. `hidden`: reviews
    of hers whose hiding stands.
    """

    earned: int = 0
    spent: int = 0
    balance: int = 0
    day: str = ""
    day_earned: int = 0
    month_earned: int = 0
    hidden: int = 0


class Totals(Message):
    """The sums over a community's keys."""

    earned: int = 0
    spent: int = 0
    balance: int = 0


class Offer(Message):
    """Something for points. `maker`: the organisation that gives it. `left`: how often it can still be had."""

    maker: str
    community: str
    title: str
    remark: str
    cost: int
    stock: int
    left: int
    until_ms: int
    made_ms: int


class Redemption(Message):
    """Points spent on an offer. `key`: the community key, hex; `due_ms`: by when it is honoured, or voided."""

    offer: str
    community: str
    key: str
    cost: int
    asked_ms: int
    due_ms: int
    state: RedemptionState = "asked"
    closed_ms: int | None = None
    reason: str = ""


class Spell(Message):
    """A time in which a title was held, in block time; `to_ms` and `loss` are None while it is."""

    from_ms: int
    to_ms: int | None = None
    loss: Loss | None = None


class TitleRow(Message):
    """A title of one holder; `times`: how often it was gained; `spells`: the latest, oldest first."""

    state: TitleState
    times: int
    spells: tuple[Spell, ...]


class LeaderRecord(Message):
    """What became of a leader's campaigns and words, in counts.

    `campaigns`: settled ones; `commission_bp_min`, `_max`: the least and the greatest share she took in any of them,
    as disclosed before buyers ordered. Lines with goods: `on_time` or `late` over the counter, `returned` whole on the
    spot, `no_shows` of buyers, `unserved` by her. `replaced`: times she fell silent and another carried on; `stood_in`:
    times she was that other. `claims_...`: of her lines, how many were opened, paid by a leader at once, and how they
    ended. `visits`: confirmed by the
    farm. `endorsements` ever made and `withdrawn`; `endorsed`: listings of her community that an endorsement of hers
    stands for; `sound`: those above the thresholds when last looked at.
    """

    campaigns: int = 0
    commission_bp_min: int = 0
    commission_bp_max: int = 0
    on_time: int = 0
    late: int = 0
    returned: int = 0
    no_shows: int = 0
    unserved: int = 0
    replaced: int = 0
    stood_in: int = 0
    claims_opened: int = 0
    claims_paid: int = 0
    claims_upheld: int = 0
    claims_rejected: int = 0
    claims_lapsed: int = 0
    claims_withdrawn: int = 0
    claims_recalled: int = 0
    visits: int = 0
    endorsements: int = 0
    withdrawn: int = 0
    endorsed: int = 0
    sound: int = 0


class Watch(Message):
    """A listing that `leaders` vouch for; `due_ms`: when the next look at it is due, None while no review came in."""

    leaders: int
    due_ms: int | None = None


points: Table[Points] = Table("rewards", "points", Points)
"""`points_key` -> points."""

totals: Table[Totals] = Table("rewards", "total", Totals)
"""Community -> sums."""

offers: Table[Offer] = Table("rewards", "offer", Offer)
redemptions: Table[Redemption] = Table("rewards", "redemption", Redemption)
"""Hex id of the spending transaction -> what it is for."""

titles: Table[TitleRow] = Table("rewards", "title", TitleRow)
"""`title_key` -> title."""

leaders: Table[LeaderRecord] = Table("rewards", "leader", LeaderRecord)
"""Member -> record."""

vouched: Table[bool] = Table("rewards", "vouched", bool)
"""`vouched_key` of an endorsement that stands -> whether its listing was above the thresholds when last looked at."""

watches: Table[Watch] = Table("rewards", "watch", Watch)
"""Listing -> whether those who vouch for it are to be looked at."""

hides: Table[bool] = Table("rewards", "hide", bool)
"""Hex id of a review whose hiding stands, and so counts in `Points.hidden`."""


def points_key(community: str, public_key: str) -> str:
    """Where the points of a community key (hex) are."""
    return f"{community}/{public_key}"


def title_key(title: Title, community: str, holder: str) -> str:
    """Where a title is: `holder` is a member (`recommender`) or a community key in hex (`taster`)."""
    return f"{title}/{community}/{holder}"


def vouched_key(listing: str, leader: str) -> str:
    """Where it is noted that a leader vouches for a listing."""
    return f"{listing}/{leader}"
