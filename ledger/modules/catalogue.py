"""The modules of this version, joined: each is handed the narrow interfaces it needs of the others, here alone."""

from ledger.module import RULES_VERSION, Registry
from ledger.modules.archive import ClaimsHeard, ExcursionsHeard, archive_module
from ledger.modules.claims import Disputes, claims_module
from ledger.modules.governance import governance_module
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.payments import Money, payments_module
from ledger.modules.registry import registry_module
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace.evidence import Evidence


def network_registry(rules_version: int = RULES_VERSION) -> Registry:
    """All modules of a Linxin network. Only tests of upgrades say which version of the rules the software knows."""
    organisations, keys, devices, lines = OrganisationView(), KeyView(), DeviceView(), Lines()
    money, goods = Money(organisations, keys), Goods()
    claims_heard, excursions_heard = (ClaimsHeard(lines),), ExcursionsHeard(goods)
    disputes = Disputes(money, lines, claims_heard)
    modules = [
        registry_module(),
        trace_module(devices, organisations, (Recalls(),), (excursions_heard,)),
        payments_module(money),
        groupbuy_module(money, organisations, keys, goods, disputes, fill_listeners=(excursions_heard,)),
        claims_module(money, lines, Evidence(devices), claims_heard),
        archive_module(organisations, keys, goods, lines),
    ]
    governance = governance_module(organisations, keys, modules)
    return Registry([*modules, governance], rules_version)
