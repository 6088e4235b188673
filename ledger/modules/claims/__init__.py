"""Leader-first compensation: the buyer is paid at once, and the records, or a person, tell who bears it."""

from functools import partial
from typing import TYPE_CHECKING

from ledger.module import Bounds, Module
from ledger.modules.claims.invariants import check_invariants
from ledger.modules.claims.ports import ClaimListener, Evidence, Ports
from ledger.modules.claims.rules import make_rules, make_timers
from ledger.modules.claims.rules.deciding import Disputes
from ledger.modules.claims.words import WORDS

if TYPE_CHECKING:
    from ledger.modules.claims.ports import Lines
    from ledger.modules.payments.ports import Payments

__all__ = ["ClaimListener", "Disputes", "claims_module"]

DAY_MS = 24 * 3600 * 1000

PARAMETERS = {
    "repay_ms": DAY_MS,
    "contest_ms": DAY_MS,
    "adjudication_ms": 3 * DAY_MS,
    "float_order_cap_fen": 20_000,
    "float_day_cap_fen": 200_000,
}
"""When a leader has her own money back; how long a finding can be contested; how long the adjudicator has; what may be
laid out for one order, and by one leader on one day."""

BOUNDS: dict[str, Bounds] = {
    "repay_ms": (1_000, DAY_MS),
    "contest_ms": (1_000, 30 * DAY_MS),
    "adjudication_ms": (1_000, 90 * DAY_MS),
    "float_order_cap_fen": (0, 10**9),
    "float_day_cap_fen": (0, 10**9),
}


def claims_module(
    payments: "Payments", lines: "Lines", evidence: Evidence, listeners: tuple[ClaimListener, ...] = ()
) -> Module:
    """The module, over payments, group buying's lines and trace's evidence; `listeners` count what becomes of claims.

    `Disputes` is to be given to group buying, so that recalls end claims.
    """
    ports = Ports(payments, lines, evidence, listeners)
    return Module(
        "claims",
        make_rules(ports),
        timers=make_timers(ports),
        parameters=PARAMETERS,
        bounds=BOUNDS,
        invariants=partial(check_invariants, ports),
        words=WORDS,
    )
