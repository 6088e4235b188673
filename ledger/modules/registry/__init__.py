"""Who is who: organisations, members, devices and their keys, with heights, so that old signatures stay provable."""

from ledger.module import Module
from ledger.modules.registry.invariants import check_invariants
from ledger.modules.registry.rules import RULES
from ledger.modules.registry.rules.genesis import write_genesis
from ledger.modules.registry.state import identify
from ledger.modules.registry.words import WORDS


def registry_module() -> Module:
    """The module that every network has: it tells whose key signed."""
    return Module("registry", RULES, genesis=write_genesis, identify=identify, invariants=check_invariants, words=WORDS)
