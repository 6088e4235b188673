"""The community's memory: what buyers found, what leaders saw, what became of claims; nothing is ever left out."""

from ledger.module import Bounds, Module
from ledger.modules.archive.invariants import balance, check_invariants
from ledger.modules.archive.ports import Goods, Keys, Lines, Organisations, Ports, ReviewListener, Reviews
from ledger.modules.archive.rules import make_rules, make_timers
from ledger.modules.archive.rules.hearing import ClaimsHeard, ExcursionsHeard
from ledger.modules.archive.words import WORDS

__all__ = ["ClaimsHeard", "ExcursionsHeard", "Reviews", "archive_module"]

DAY_MS = 24 * 3600 * 1000

PARAMETERS = {"endorse_within_ms": 365 * DAY_MS, "appeal_ms": 7 * DAY_MS}
"""How long after a visit its leader can vouch; how long somebody has to decide an appeal."""

BOUNDS: dict[str, Bounds] = {"endorse_within_ms": (1_000, 3 * 365 * DAY_MS), "appeal_ms": (1_000, 90 * DAY_MS)}


def archive_module(
    organisations: Organisations,
    keys: Keys,
    goods: Goods,
    lines: Lines,
    listeners: tuple[ReviewListener, ...] = (),
) -> Module:
    """The module, over the registry's organisations and keys, trace's goods and group buying's lines; `listeners` hear
    of what comes into the archive.

    `ClaimsHeard` is to be given to claims, `ExcursionsHeard` to trace and to group buying.
    """
    ports = Ports(organisations, keys, goods, lines, listeners)
    return Module(
        "archive",
        make_rules(ports),
        timers=make_timers(ports),
        parameters=PARAMETERS,
        bounds=BOUNDS,
        balance=balance,
        invariants=check_invariants,
        words=WORDS,
    )
