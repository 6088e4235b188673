"""The rules of governance: who proposes, who votes, and what comes of it."""

from collections.abc import Mapping
from typing import get_args

from ledger.module import Bounds, Rules
from ledger.modules.governance import messages as m
from ledger.modules.governance.ports import Keys, Organisations
from ledger.modules.governance.rules.changes import Changes, hand_over
from ledger.modules.governance.rules.deciding import Deciding
from ledger.modules.governance.rules.genesis import write_genesis
from ledger.roles import ORGANISATION_ROLES

__all__ = ["hand_over", "make_rules", "write_genesis"]


def make_rules(organisations: Organisations, keys: Keys, bounds: Mapping[str, Bounds]) -> Rules:
    """All rules and timers, bound to what they need; `bounds` are the parameters that may change, and how far."""
    deciding = Deciding(Changes(organisations, keys, bounds))
    rules = Rules()
    for change in get_args(m.Change):
        rules.rule(change, by=ORGANISATION_ROLES)(deciding.propose)
    rules.rule(m.Vote, by=ORGANISATION_ROLES)(deciding.vote)
    rules.rule(m.Withdraw, by=ORGANISATION_ROLES)(deciding.withdraw)
    rules.rule(m.SetAddress, by=ORGANISATION_ROLES)(deciding.set_address)
    rules.timer(m.Expire)(deciding.expire)
    return rules
