"""The rules of group buying, by what they are about; `make_rules` binds them to the modules they need."""

from collections.abc import Callable, Mapping
from functools import partial

from ledger.module import Handler, Rule, Timer
from ledger.modules.groupbuy.ports import Ports
from ledger.modules.groupbuy.rules import (
    allocating,
    campaigns,
    cutting,
    handling,
    orders,
    overdue,
    pickup,
    recalling,
    settling,
    supply,
    sweeps,
    telling,
)
from ledger.modules.groupbuy.rules.common import RULES

__all__ = [
    "allocating",
    "campaigns",
    "cutting",
    "handling",
    "make_rules",
    "make_timers",
    "orders",
    "overdue",
    "pickup",
    "recalling",
    "settling",
    "supply",
    "sweeps",
    "telling",
]


def _bind(handler: Callable[..., None], ports: Ports) -> Handler:
    return partial(handler, ports)


def make_rules(ports: Ports) -> tuple[Rule, ...]:
    """All rules, bound to `ports`."""
    return tuple(Rule(rule.action, rule.by, _bind(rule.handler, ports)) for rule in RULES.rules)


def make_timers(ports: Ports) -> Mapping[type[Timer], Handler]:
    """All timers, bound to `ports`."""
    return {timer: _bind(handler, ports) for timer, handler in RULES.timers.items()}
