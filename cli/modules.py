"""The registry of a network's modules, made once a process."""

from functools import cache

from ledger.module import Registry
from ledger.modules.catalogue import network_registry


@cache
def standard_registry() -> Registry:
    """All modules of a Linxin network."""
    return network_registry()
