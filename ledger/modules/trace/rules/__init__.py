"""The rules of the trace module, by what they are about; `make_rules` binds them to the modules they need."""

from collections.abc import Callable
from functools import partial

from ledger.module import Handler, Rule
from ledger.modules.trace.messages import RecordReadings
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules import (
    certificates,
    corrections,
    custody,
    devices,
    growing,
    loading,
    readings,
    recalls,
    things,
    transforming,
    units,
)
from ledger.modules.trace.rules.common import PORT_RULES, RULES

__all__ = [
    "TIMERS",
    "certificates",
    "corrections",
    "custody",
    "devices",
    "growing",
    "loading",
    "make_rules",
    "readings",
    "recalls",
    "things",
    "transforming",
    "units",
]

TIMERS = RULES.timers


def _bind(handler: Callable[..., None], ports: Ports) -> Handler:
    return partial(handler, ports)


def make_rules(ports: Ports) -> tuple[Rule, ...]:
    """All rules, those that need other modules bound to `ports`; records other than readings can be declared wrong."""
    bound = [Rule(rule.action, rule.by, _bind(rule.handler, ports)) for rule in PORT_RULES.rules]
    return tuple(
        rule if rule.action is RecordReadings else Rule(rule.action, rule.by, corrections.recorded(rule.handler))
        for rule in (*RULES.rules, *bound)
    )
