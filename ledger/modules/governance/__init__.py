"""How the validators' organisations decide about the network itself: its validators, parameters and upgrades."""

from collections.abc import Iterable
from functools import partial

from ledger.module import Bounds, Module, changeable
from ledger.modules.governance.invariants import check_invariants
from ledger.modules.governance.ports import Keys, Organisations
from ledger.modules.governance.rules import hand_over, make_rules, write_genesis
from ledger.modules.governance.state import standing
from ledger.modules.governance.words import WORDS

DAY_MS = 24 * 3600 * 1000
PARAMETERS = {"proposal_expiry_ms": 7 * DAY_MS}
"""How long a proposal may be voted on."""

BOUNDS: dict[str, Bounds] = {"proposal_expiry_ms": (1_000, 90 * DAY_MS)}


def governance_module(organisations: Organisations, keys: Keys, others: Iterable[Module]) -> Module:
    """The module, over the registry's organisations and keys; parameters of `others` may change within their bounds.

    Its genesis comes after the registry's, which must know all keys of organisations by then.
    """
    rules = make_rules(organisations, keys, changeable(others) | BOUNDS)
    return Module(
        "governance",
        tuple(rules.rules),
        timers=rules.timers,
        parameters=PARAMETERS,
        bounds=BOUNDS,
        genesis=partial(write_genesis, keys),
        standing=standing,
        hand_over=hand_over,
        invariants=check_invariants,
        words=WORDS,
    )
