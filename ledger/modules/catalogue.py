"""The modules of this version, joined: each is handed the narrow interfaces it needs of the others, here alone."""

from ledger.module import Registry
from ledger.modules.registry import registry_module
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import trace_module


def network_registry() -> Registry:
    """All modules of a Linxin network."""
    return Registry([registry_module(), trace_module(devices=DeviceView(), organisations=OrganisationView())])
