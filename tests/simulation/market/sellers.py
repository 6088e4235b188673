"""What seller, shop, platform, community, bank, adjudicator and authority do next, by the state that they see."""

from collections.abc import Iterator
from typing import Any

from ledger.modules.groupbuy.state import Campaign, supplies
from ledger.modules.trace.state.goods import shipments
from tests.economy.translate import order_of
from tests.simulation.market.errand import Errand, Sight
from tests.simulation.market.people import FUNDS, LEADERS, UNIT
from tests.simulation.market.plan import CampaignPlan

ALWAYS = 1_000
OVER = ("closed", "failed", "cancelled", "recalled")


def known(sight: Sight) -> Iterator[tuple[CampaignPlan, Campaign]]:
    """The campaigns that are drafted."""
    for plan in sight.market.plans:
        row = sight.view.campaigns.get(plan.name)
        if row is not None:
            yield plan, row


def begin(sight: Sight, name: str) -> Iterator[Errand]:
    """What this person has to record before there can be campaigns."""
    for number, part in enumerate(sight.market.beginnings.get(name, ())):
        what = f"begin {number}"
        if what not in sight.market.begun[name]:
            yield Errand(what, [part], ALWAYS)
            return


def deposit(sight: Sight, name: str) -> Iterator[Errand]:
    """Own money brought in, once."""
    if sight.view.account(f"organisation:{name}") is None:
        yield Errand("deposit", [{"do": "deposit", "account": f"org:{name}", "fen": FUNDS[name]}])


def is_begun(sight: Sight) -> bool:
    """Whether there is something for sale."""
    return bool(supplies.scan(sight.view.context(), limit=1))


def withdraw(sight: Sight, owner: str) -> Iterator[Errand]:
    """When everything is over, each takes out what is hers."""
    rows = dict(known(sight))
    if not sight.market.is_past_drafting or any(row.state not in OVER for row in rows.values()):
        return
    account = sight.view.account(owner)
    if account is not None and account.available_fen > 0:
        fen = account.available_fen
        name = owner.replace("organisation:", "org:")
        yield Errand("withdraw", [{"do": "withdraw", "account": name, "fen": fen}], ALWAYS)


def farm(sight: Sight) -> Iterator[Errand]:
    """The seller: opens, harvests, fills, packs, ships."""
    yield from deposit(sight, "farm")
    yield from begin(sight, "farm")
    for plan, row in known(sight):
        name = plan.name
        if row.state == "draft":
            yield Errand(f"open {name}", [{"do": "open", "campaign": name, "by": "farm"}])
        elif row.state == "formed" and plan.end == "called off":
            yield Errand(f"call off {name}", [{"do": "cancel", "campaign": name, "by": "farm"}])
        elif row.state == "formed":
            yield _allocation(sight, plan)
        elif row.state == "allocated":
            yield from _parcels(sight, plan)
            leg = {"campaign": name, "leg": 0, "by": "farm"}
            if shipments.get(sight.view.context(), f"{name}-0") is None:
                yield Errand(f"carry {name}", [{"do": "carry", "step": "ship"} | leg])
            yield Errand(f"ship {name}", [{"do": "ship"} | leg])
    yield from withdraw(sight, "organisation:farm")


def _allocation(sight: Sight, plan: CampaignPlan) -> Errand:
    """A harvest, all of which goes to the campaign."""
    ordered = sum(row.units for _, row in sight.view.orders_of(plan.name, "owed"))
    units = max(1, ordered * 2 // 3) if plan.end == "short" else max(1, ordered)
    lot = sight.market.new_lot(plan.name)
    harvest = {"do": "harvest", "by": "farm", "lot": lot, "source": plan.terms["sources"][0], "product": "kg"}
    lots = [[lot, units * UNIT]]
    return Errand(
        f"allocate {plan.name}",
        [
            harvest | {"quantity": units * UNIT},
            {"do": "allocate", "campaign": plan.name, "by": "farm", "lots": lots},
        ],
    )


def _parcels(sight: Sight, plan: CampaignPlan) -> Iterator[Errand]:
    """Every other line is weighed a little light, in one record."""
    unpacked = dict(sight.view.orders_of(plan.name, "owed", "allotted"))
    parcels: list[list[Any]] = []
    for number, order in enumerate(plan.orders):
        row = unpacked.get(order_of(order.name).hex())
        if row is not None and row.allotted and number % 2 == 0:
            parcels.append([order.name, row.allotted * 500 - 17 if plan.weighed else None])
    if parcels:
        packing = {"do": "pack", "campaign": plan.name, "by": "farm", "parcels": parcels}
        yield Errand(f"pack {plan.name}", [packing], 2)


def shop(sight: Sight) -> Iterator[Errand]:
    """The goods come to the pickup point's shop."""
    for plan, row in known(sight):
        shipment = shipments.get(sight.view.context(), f"{plan.name}-0")
        if row.state == "shipped" and shipment is not None and shipment.state == "open":
            receiving = {"do": "carry", "campaign": plan.name, "leg": 0, "step": "receive", "by": "shop"}
            yield Errand(f"receive {plan.name}", [receiving])


def hub(sight: Sight) -> Iterator[Errand]:
    """Logistics takes its share."""
    yield from withdraw(sight, "organisation:hub")


def platform(sight: Sight) -> Iterator[Errand]:
    """Money for the guarantee and the leaders' floats."""
    yield from deposit(sight, "platform")
    if sight.view.account("organisation:platform") is not None:
        yield from begin(sight, "platform")


def estate(sight: Sight) -> Iterator[Errand]:
    """The community: its leaders, and another one where one falls silent."""
    yield from begin(sight, "estate")
    for plan, row in known(sight):
        if plan.end == "silent" and row.state == "arrived" and row.arrived_ms is not None:
            late = sight.view.now_ms >= row.arrived_ms + 5_000
            if late and row.substituted_ms is None:
                other = LEADERS[1 - LEADERS.index(row.leader)]
                naming = {"do": "substitute", "campaign": plan.name, "by": "estate", "leader": other}
                yield Errand(f"substitute {plan.name}", [naming])


def lab(sight: Sight) -> Iterator[Errand]:
    """The adjudicator decides what is not meant to lapse: half of what is asked, at the seller's cost or nobody's."""
    for number, (_, order) in enumerate(sight.market.planned()):
        key = order_of(order.name).hex()
        claim = sight.view.claims.get(f"{key}.1")
        if claim is None or claim.state != "adjudicating":
            continue
        if order.claims == "judged" or (order.claims == "paid" and claim.paid_fen):
            verdict = {"do": "adjudicate", "order": order.name, "award": claim.fen * (number % 3) // 2}
            yield Errand(f"judge {order.name}", [verdict | {"liable": ("farm", "", "shop")[number % 3]}])


def watch(sight: Sight) -> Iterator[Errand]:
    """The authority recalls lots."""
    when = {"recalled": ("arrived",), "late recall": ("closed",)}
    for plan, row in known(sight):
        if row.state in when.get(plan.end, ()) and row.lots:
            lot = sight.market.lot_name(row.lots[0].lot)
            yield Errand(f"recall {plan.name}", [{"do": "recall", "lot": lot, "by": "watch"}])


def bank(sight: Sight) -> Iterator[Errand]:
    """The custodian carries out what it is told; a few refunds cannot be at first."""
    rejected = sight.market.rejected_receipts
    waiting = {key: row for key, row in sight.view.instructions.items() if row.state == "issued"}
    for row in waiting.values():
        if row.receipt in rejected:
            order = rejected[row.receipt]
            yield Errand(f"reject {order}", [{"do": "reject", "order": order}], 1, goes_on=True)
    if waiting:
        yield Errand("confirm", [{"do": "confirm"}], ALWAYS)
