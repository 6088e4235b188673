"""Presales on plantings and lots: money is held until the food is in hand, and every price only falls."""

from functools import partial
from typing import TYPE_CHECKING

from ledger.module import Bounds, Module
from ledger.modules.groupbuy.invariants import check_invariants
from ledger.modules.groupbuy.ports import CampaignListener, Disputes, FillListener, Goods, Keys, Organisations, Ports
from ledger.modules.groupbuy.rules import make_rules, make_timers
from ledger.modules.groupbuy.rules.offered import Lines, Recalls
from ledger.modules.groupbuy.words import WORDS

if TYPE_CHECKING:
    from ledger.modules.payments.ports import Payments

__all__ = ["Lines", "Recalls", "groupbuy_module"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

PARAMETERS = {
    "publish_ms": 60_000,
    "hold_grace_ms": DAY_MS,
    "perishable_window_ms": DAY_MS,
    "statutory_window_ms": 7 * DAY_MS,
    "pickup_ms": 8 * HOUR_MS,
    "noshow_grace_ms": DAY_MS,
    "disposal_ms": DAY_MS,
    "leader_silence_ms": DAY_MS,
    "substitute_ms": DAY_MS,
    "holdback_ms": 7 * DAY_MS,
}
"""How often totals are shown; how long a hold outlives the cut-off; how long a buyer can claim after collection; how
long goods wait at the point before the reminder, and then before they count as not collected; how long the leader has
to dispose of them; how long she may say nothing; how long a substitute can be named; how long holdback and deposit stay
after the last line."""

BOUNDS: dict[str, Bounds] = dict.fromkeys(PARAMETERS, (1000, 90 * DAY_MS))


def groupbuy_module(
    payments: "Payments",
    organisations: Organisations,
    keys: Keys,
    goods: Goods,
    disputes: Disputes | None = None,
    listeners: tuple[CampaignListener, ...] = (),
    fill_listeners: tuple[FillListener, ...] = (),
) -> Module:
    """The module, over payments, the registry's organisations and keys, trace's goods, and open claims; `listeners`
    hear how each campaign ended, `fill_listeners` which lots fill one.

    `Recalls` is to be given to trace, so that recalled lots are heard of.
    """
    ports = Ports(payments, organisations, keys, goods, disputes, listeners, fill_listeners)
    return Module(
        "groupbuy",
        make_rules(ports),
        timers=make_timers(ports),
        parameters=PARAMETERS,
        bounds=BOUNDS,
        invariants=partial(check_invariants, ports),
        words=WORDS,
    )
