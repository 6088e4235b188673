"""What a seed's market is like: its campaigns and orders, and what becomes of each if nothing goes wrong."""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.kernel import SECOND
from tests.simulation.market.people import LEADERS, PLANTING, UNIT

CAMPAIGNS = 3
GAP_US = 10 * SECOND
"""Between two drafts."""

FATES = ("collect", "collect", "collect", "return", "wrong", "acknowledge", "absent", "cancel")
"""Of an order: handed over; a unit handed back; wrong codes first; acknowledged; never fetched; taken back."""

ENDS = ("whole", "short", "few", "called off", "silent", "stranded", "recalled", "late recall")
"""Of a campaign: all is delivered; too little is harvested; too few order; cancelled when formed; another leader takes
over; none does; a lot is recalled at the pickup point, or when everything is paid."""


@dataclass(frozen=True)
class OrderPlan:
    """An order that somebody is going to make."""

    name: str
    units: int
    fate: str
    claims: str
    """"": content; "paid", "judged", "lapsed", "withdrawn": what becomes of the claim."""
    is_rejected: bool
    """Whether the bank cannot carry out its refund at first."""
    rating: int
    """What its buyer says of it, 0: nothing."""


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign that a leader is going to draft."""

    name: str
    begin_us: int
    leader: str
    end: str
    weighed: bool
    terms: dict[str, Any] = field(hash=False)
    orders: tuple[OrderPlan, ...] = ()

    def terms_at(self, now_ms: int) -> dict[str, Any]:
        """The terms of a draft made at that block time."""
        cutoff = now_ms + 5_000
        return self.terms | {"cutoff": cutoff, "from": cutoff + 500, "to": cutoff + 9_000}


def draw_plans(chance: random.Random, taste: random.Random) -> tuple[CampaignPlan, ...]:
    """The campaigns of a seed; `taste` decides what buyers say of them."""
    return tuple(_draw_campaign(chance, taste, number) for number in range(CAMPAIGNS))


def _draw_campaign(chance: random.Random, taste: random.Random, number: int) -> CampaignPlan:
    name, end = f"c{number + 1}", chance.choices(ENDS, (4, 3, 1, 1, 1, 1, 1, 1))[0]
    count = chance.randint(4, 8)
    holders = ("farm", "", "shop")
    weighed = chance.random() < 0.7
    terms: dict[str, Any] = {
        "seller": "farm",
        "leader": chance.choice(LEADERS),
        "platform": "platform",
        "community": "estate",
        "logistics": chance.choice(("hub", None)),
        "product": "kg",
        "sources": [PLANTING],
        "unit_quantity": UNIT,
        "tolerance_bp": 1_000 if weighed else None,
        "ladder": [[1, 1_000], [5, 901], [12, 777]],
        "minimum": 60 if end == "few" else chance.randint(1, 4),
        "maximum": 60 if end == "few" else chance.randint(15, 40),
        "per_order": 5,
        "shares": {"leader": chance.randrange(2_000), "platform": chance.randrange(1_000), "logistics": 0},
        "deposit": chance.choice((0, 500)),
        "holdback_bp": chance.choice((0, 1_000)),
        "perishable": chance.random() < 0.7,
        "gap": 0,
        "evidence": [{"holder": holder, "van": "", "hot": "", "gap": False} for holder in holders],
    }
    if terms["logistics"]:
        terms["shares"]["logistics"] = chance.randrange(1_500)
    orders = tuple(_draw_order(chance, taste, f"{name}-{place:02d}") for place in range(count))
    begin_us = SECOND + number * GAP_US + chance.randrange(2 * SECOND)
    return CampaignPlan(name, begin_us, terms["leader"], end, weighed, terms, orders)


def _draw_order(chance: random.Random, taste: random.Random, name: str) -> OrderPlan:
    claims = chance.choices(("", "paid", "judged", "lapsed", "withdrawn"), (6, 2, 2, 1, 1))[0]
    units, fate, is_rejected = chance.randint(1, 4), chance.choice(FATES), chance.random() < 0.15
    return OrderPlan(name, units, fate, claims, is_rejected, taste.choice((0, 1, 3, 4, 5)))
