"""The rules of payments, by what they are about."""

from typing import TYPE_CHECKING

from ledger.modules.payments.rules import days, holding, instructions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.module import Handler, Rule, Timer
    from ledger.modules.payments.rules.money import Money


def make_rules(money: "Money") -> "tuple[tuple[Rule, ...], Mapping[type[Timer], Handler]]":
    """All rules and timers, over `money`."""
    held = holding.make_rules(money)
    return (*held.rules, *instructions.rules.rules, *days.rules.rules), held.timers
