"""The modules of this version, joined: each is handed the narrow interfaces it needs of the others, here alone."""

from ledger.module import RULES_VERSION, Module, Registry
from ledger.modules.archive import ClaimsHeard, ExcursionsHeard, Reviews, archive_module
from ledger.modules.claims import Disputes, claims_module
from ledger.modules.governance import governance_module
from ledger.modules.groupbuy import Lines, Recalls, groupbuy_module
from ledger.modules.payments import Money, payments_module
from ledger.modules.registry import registry_module
from ledger.modules.registry.rules.keys import KeyView
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.rewards import Merits, Records, rewards_module
from ledger.modules.trace import Goods, trace_module
from ledger.modules.trace.evidence import Evidence


def network_registry(rules_version: int = RULES_VERSION) -> Registry:
    """All modules of a Linxin network. Only tests of upgrades say which version of the rules the software knows."""
    organisations, keys = OrganisationView(), KeyView()
    modules = (registry_module(), *joined_modules(Money(organisations, keys)))
    governance = governance_module(organisations, keys, modules)
    return Registry([*modules, governance], rules_version)


def joined_modules(money: Money) -> tuple[Module, ...]:
    """All but those of organisations and their votes, which every network has."""
    organisations, keys, devices = OrganisationView(), KeyView(), DeviceView()
    goods, lines, reviews = Goods(), Lines(), Reviews()
    records, warm = Records(lines), ExcursionsHeard(goods)
    claim_listeners = (ClaimsHeard(lines), records)
    disputes = Disputes(money, lines, claim_listeners)
    return (
        trace_module(devices, organisations, (Recalls(),), (warm,)),
        payments_module(money),
        groupbuy_module(money, organisations, keys, goods, disputes, (records,), (warm,)),
        claims_module(money, lines, Evidence(devices), claim_listeners),
        archive_module(organisations, keys, goods, lines, (Merits(reviews),)),
        rewards_module(organisations, reviews),
    )
