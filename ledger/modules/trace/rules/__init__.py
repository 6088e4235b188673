"""The rules of the trace module, by what they are about; `make_rules` binds them to the modules they need."""

from collections.abc import Callable
from functools import partial

from ledger.module import Handler, Rule, Timer
from ledger.modules.trace.messages import (
    AuthoriseProducer,
    ClassifyProduct,
    RecordReadings,
    RegisterPlot,
    RegisterProduct,
    RegisterSite,
    RegisterVehicle,
    StateScans,
)
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules import (
    asserting,
    certificates,
    conformity,
    corrections,
    counting,
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
    "asserting",
    "certificates",
    "conformity",
    "corrections",
    "counting",
    "custody",
    "devices",
    "growing",
    "loading",
    "make_rules",
    "make_timers",
    "readings",
    "recalls",
    "things",
    "transforming",
    "units",
]

NOT_REMEMBERED = (
    RecordReadings,
    AuthoriseProducer,
    ClassifyProduct,
    RegisterPlot,
    RegisterProduct,
    RegisterSite,
    RegisterVehicle,
    StateScans,
)
"""Readings are declared wrong by device and sequence number; master data is no event, and EPCIS declares
errors of events only; what a gateway counted is never corrected."""


def _bind(handler: Callable[..., None], ports: Ports) -> Handler:
    return partial(handler, ports)


def make_rules(ports: Ports) -> tuple[Rule, ...]:
    """All rules, those that need other modules bound to `ports`; records of events can be declared wrong one by one."""
    bound = [Rule(rule.action, rule.by, _bind(rule.handler, ports)) for rule in PORT_RULES.rules]
    return tuple(
        rule if rule.action in NOT_REMEMBERED else Rule(rule.action, rule.by, corrections.recorded(rule.handler))
        for rule in (*RULES.rules, *bound)
    )


def make_timers(ports: Ports) -> dict[type[Timer], Handler]:
    """What runs when a timer of this module is due, bound to `ports` where it needs other modules."""
    return RULES.timers | {timer: _bind(handler, ports) for timer, handler in PORT_RULES.timers.items()}
