"""Money in whole fen: in by a custodian's receipt, out by an instruction that it confirms, conserved in between."""

from ledger.module import Bounds, Module
from ledger.modules.payments.invariants import check_block, check_invariants
from ledger.modules.payments.ports import Payments, Transfer
from ledger.modules.payments.rules import make_rules
from ledger.modules.payments.rules.money import Money
from ledger.modules.payments.splitting import split
from ledger.modules.payments.words import WORDS

__all__ = ["Money", "Payments", "Transfer", "payments_module", "split"]

DAY_MS = 24 * 3600 * 1000
PARAMETERS = {"guarantee_notice_ms": 14 * DAY_MS}
"""How long before money leaves the guarantee everybody is told."""

BOUNDS: dict[str, Bounds] = {"guarantee_notice_ms": (DAY_MS, 366 * DAY_MS)}


def payments_module(money: Money) -> Module:
    """The module, over the `money` that group buying and claims are handed as well."""
    rules, timers = make_rules(money)
    return Module(
        "payments",
        rules,
        timers=timers,
        parameters=PARAMETERS,
        bounds=BOUNDS,
        balance=check_block,
        invariants=check_invariants,
        words=WORDS,
    )
