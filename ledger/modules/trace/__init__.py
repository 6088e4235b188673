"""Where goods come from and where they go: plots to lots to units to hands, EPCIS in substance."""

from ledger.module import Module
from ledger.modules.trace.invariants import check_invariants
from ledger.modules.trace.ports import Devices, ExcursionListener, Goods, Organisations, Ports, RecallListener
from ledger.modules.trace.rules import make_rules, make_timers
from ledger.modules.trace.words import WORDS

__all__ = ["ExcursionListener", "Goods", "RecallListener", "trace_module"]

LATE_READINGS_MS = 7 * 24 * 3600 * 1000
"""Default of the genesis parameter `late_readings_ms`: how much later than measured a reading may be recorded.
It has no bounds, so it never changes: edges of journeys end by it."""

EVIDENCE_RETENTION_MS = 3 * 366 * 24 * 3600 * 1000
"""Default of the parameter `evidence_retention_ms`: how long vaults keep evidence after it was stored, whoever asks.

Three years, as the e-commerce law (电子商务法 §31) asks of records of sales; 农产品质量安全法 asks two of growers'
records. No rule goes by it: vaults do.
"""


def trace_module(
    devices: Devices,
    organisations: Organisations,
    recall_listeners: tuple[RecallListener, ...] = (),
    excursion_listeners: tuple[ExcursionListener, ...] = (),
) -> Module:
    """The module, over the registry's devices and organisations; `recall_listeners` hear of each lot recalled,
    `excursion_listeners` of each that became too warm.
    """
    ports = Ports(devices, organisations, recall_listeners, excursion_listeners)
    return Module(
        "trace",
        make_rules(ports),
        timers=make_timers(ports),
        parameters={"late_readings_ms": LATE_READINGS_MS, "evidence_retention_ms": EVIDENCE_RETENTION_MS},
        bounds={"evidence_retention_ms": (1_000, 30 * 366 * 24 * 3600 * 1000)},
        invariants=check_invariants,
        words=WORDS,
    )
