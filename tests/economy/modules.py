"""The modules that campaigns run on, joined as the catalogue joins them."""

from ledger.module import Registry
from ledger.modules.claims import Disputes, claims_module
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.payments import Money, payments_module
from ledger.modules.registry import registry_module
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace.evidence import Evidence


def economy_registry() -> Registry:
    """Registry, trace, payments, group buying and claims."""
    organisations, keys, devices, lines = OrganisationView(), KeyView(), DeviceView(), Lines()
    money = Money(organisations, keys)
    return Registry(
        [
            registry_module(),
            trace_module(devices, organisations, (Recalls(),)),
            payments_module(money),
            groupbuy_module(money, organisations, keys, Goods(), Disputes(money, lines)),
            claims_module(money, lines, Evidence(devices)),
        ]
    )
