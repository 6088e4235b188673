"""The rules of rewards, by what they are about; `make_rules` binds them to the modules they need."""

from collections.abc import Callable, Mapping
from functools import partial

from ledger.module import Handler, Rule, Timer
from ledger.modules.rewards.ports import Ports
from ledger.modules.rewards.rules import earning, records, spending, titles
from ledger.modules.rewards.rules.common import RULES

__all__ = ["earning", "make_rules", "make_timers", "records", "spending", "titles"]


def _bind(handler: Callable[..., None], ports: Ports) -> Handler:
    return partial(handler, ports)


def make_rules(ports: Ports) -> tuple[Rule, ...]:
    """All rules, bound to `ports`."""
    return tuple(Rule(rule.action, rule.by, _bind(rule.handler, ports)) for rule in RULES.rules)


def make_timers(ports: Ports) -> Mapping[type[Timer], Handler]:
    """All timers, bound to `ports`."""
    return {timer: _bind(handler, ports) for timer, handler in RULES.timers.items()}
