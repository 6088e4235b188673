"""What group buying knows: campaigns in public, orders, progress and use of supply in restricted rows."""

from collections.abc import Mapping
from typing import Literal

from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.modules.groupbuy.messages import Draft
from ledger.modules.trace.messages.types import Portion
from ledger.state import Table

CampaignState = Literal[
    "draft",
    "open",
    "forming",
    "formed",
    "allocating",
    "allocated",
    "shipped",
    "arrived",
    "ending",
    "closed",
    "failed",
    "cancelled",
    "recalled",
]

CAMPAIGN_TRANSITIONS: Mapping[str, Mapping[str, CampaignState]] = {
    "draft": {"open": "open", "cancel": "cancelled", "expire": "cancelled"},
    "open": {"reach": "forming", "miss": "failed", "cancel": "cancelled"},
    "forming": {"form": "formed"},
    "formed": {"allocate": "allocating", "cancel": "cancelled", "overdue": "cancelled"},
    "allocating": {"fill": "allocated", "recall": "recalled"},
    "allocated": {"ship": "shipped", "cancel": "cancelled", "overdue": "cancelled", "recall": "recalled"},
    "shipped": {"ship": "shipped", "arrive": "arrived", "overdue": "cancelled", "recall": "recalled"},
    "arrived": {"settle": "ending", "recall": "recalled"},
    "ending": {"close": "closed", "recall": "recalled"},
    "closed": {"recall": "recalled"},
    "failed": {},
    "cancelled": {},
    "recalled": {},
}
"""state -> event -> next state of a campaign. `forming` and `allocating` last while its lines are worked through;
`ending`: every line is settled or paid back, holdback and deposit are still kept for recalls. In `failed`,
`cancelled` and `recalled` refunds may still be under way: `Campaign.lines_left` counts them.
"""

LineState = Literal[
    "placed",
    "cancelled",
    "failed",
    "owed",
    "allotted",
    "packed",
    "ready",
    "collected",
    "unclaimed",
    "disputed",
    "settled",
    "refunded",
]

LINE_TRANSITIONS: Mapping[str, Mapping[str, LineState]] = {
    "placed": {"cancel": "cancelled", "form": "owed", "fail": "failed"},
    "owed": {"allot": "allotted", "leave_out": "refunded", "refund": "refunded"},
    "allotted": {"pack": "packed", "arrive": "ready", "refund": "refunded"},
    "packed": {"pack": "packed", "arrive": "ready", "refund": "refunded"},
    "ready": {"collect": "collected", "return": "refunded", "refund": "refunded", "miss": "unclaimed"},
    "collected": {"settle": "settled", "dispute": "disputed", "refund": "refunded"},
    "unclaimed": {"dispose": "unclaimed", "settle": "settled", "refund": "refunded"},
    "disputed": {"resolve": "collected", "refund": "refunded"},
    "settled": {"refund": "refunded"},
    "cancelled": {},
    "failed": {},
    "refunded": {},
}
"""state -> event -> next state of a line. `ready` is reached by the campaign's arrival, without a record of the line's
own, and `allotted` by its allocation where the lots fill all lines (`line_state` of rules/common.py tells both);
`settled` leads to `refunded` by a recall alone.
"""


class Campaign(Message):
    """A campaign, in public. `leader` hands out and earns from now on (a substitute, once one is named).

    `orders`, `units`: shown once a while and from the cut-off on exact; `price_fen`: of the tier reached, frozen at the
    cut-off. `allocated`: units that the seller's lots fill. `lines_left`: from the cut-off (or an earlier cancellation)
    on, lines that are neither settled nor paid back. `heard_ms`: block time at which the leader last recorded something
    here. `substituted_ms`: when another leader was named, once at most. Of the leader who hands out now: `reminded_ms`,
    when buyers were reminded to come to her; `silent_ms`, when she was called silent.
    """

    terms: Draft
    first_leader: str
    leader: str
    state: CampaignState = "draft"
    orders: int = 0
    units: int = 0
    price_fen: int | None = None
    allocated: int | None = None
    lots: tuple[Portion, ...] = ()
    shipments: tuple[str, ...] = ()
    arrived_ms: int | None = None
    heard_ms: int = 0
    drafted_ms: int = 0
    lines_left: int = 0
    substituted_ms: int | None = None
    reminded_ms: int | None = None
    silent_ms: int | None = None


class Progress(Message):
    """How a campaign stands (restricted until published). `floors`: sum of the pro-rata whole units, while
    `allocating`; `given`: units of the rest handed out by order time; `missed`: units of lines that could not be
    charged when it formed, since their holds had expired; `waiting`: lines whose goods wait at the pickup point.
    """

    orders: int = 0
    lines: int = 0
    units: int = 0
    floors: int = 0
    given: int = 0
    missed: int = 0
    waiting: int = 0
    publishing: bool = False


class Settled(Message):
    """How a settled line's `charged_fen` less compensation was split, fen; what a recall takes back. `holdback_fen` is
    part of `seller_fen`.
    """

    seller_fen: int
    leader_fen: int
    platform_fen: int
    logistics_fen: int
    holdback_fen: int


class OrderRow(Message):
    """One line. `number`: its place in the campaign (跟团号). `paid_fen`: what the receipt brought.

    `charged_fen`: what the buyer pays as things stand (0 while placed); the rest is paid back or on its way.
    `allotted`: units that it has, from the time it is charged on; fewer than ordered where the lots fall short.
    `packed_grams`, `returned` units as they become known. `leader`: who handed it over, and so earns on it.
    `collected_ms`: block time of collection, from which its window runs; `settle_ms`: when that ends.
    `compensated_fen`: what the buyer was paid by claims; `borne_fen`: how much of that came out of this line's
    escrow, so that only the rest is left to settle. `source`: which of the campaign's sources it counts against.
    `disposed_ms`: when it was recorded what became of goods that nobody collected; `proceeds_fen`: what that brought
    the buyer. `split`: from the time it is settled.
    """

    campaign: str
    number: int
    algorithm: int
    public_key: bytes
    receipt: bytes
    ticket: bytes
    code: bytes
    units: int
    placed_ms: int
    paid_fen: int
    state: LineState = "placed"
    charged_fen: int = 0
    allotted: int | None = None
    packed_grams: int | None = None
    returned: int = 0
    leader: str = ""
    collected_ms: int | None = None
    settle_ms: int | None = None
    compensated_fen: int = 0
    borne_fen: int = 0
    source: int = 0
    disposed_ms: int | None = None
    proceeds_fen: int = 0
    split: Settled | None = None


class Supply(Message):
    """What the seller committed of a source, in units of `unit_quantity` micro-units."""

    seller: str
    unit_quantity: int
    units: int


campaigns: Table[Campaign] = Table("groupbuy", "campaign", Campaign, subject="campaign")
orders: Table[OrderRow] = Table("groupbuy", "order", OrderRow, subject="order", restricted=True)
"""Hex order id -> line."""

lines: Table[bytes] = Table("groupbuy", "line", bytes, restricted=True)
"""`<campaign>/<number, 6 digits>` -> order id; numbers from 1."""

progress: Table[Progress] = Table("groupbuy", "progress", Progress, restricted=True)
tickets: Table[bytes] = Table("groupbuy", "ticket", bytes, restricted=True)
"""`ticket_key` -> order id."""


def ticket_key(campaign: str, number: bytes) -> str:
    """Where it is noted that a ticket is used; names of keys are public, so this does not tell its number."""
    return f"{campaign}/{digest('ticket', number)[:16].hex()}"


tries: Table[int] = Table("groupbuy", "tries", int, restricted=True)
"""Hex order id -> wrong pickup codes shown so far."""

supplies: Table[Supply] = Table("groupbuy", "supply", Supply)
"""`<source subject>/<product>` -> commitment."""

sold: Table[int] = Table("groupbuy", "sold", int, restricted=True)
"""`<source subject>/<product>` -> units of open and formed orders that count against the commitment."""

lot_use: Table[int] = Table("groupbuy", "lot_use", int)
"""Lot -> micro-units allocated to campaigns."""

lot_campaigns: Table[int] = Table("groupbuy", "lot_campaign", int)
"""`<lot>:<campaign>` -> block time of the allocation: where a recall finds the buyers."""
