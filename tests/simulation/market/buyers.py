"""What leaders and buyers do next, by the state that they see."""

from collections.abc import Callable, Iterator

from ledger.modules.groupbuy.rules.common import WAITING
from ledger.modules.groupbuy.state import Campaign
from tests.economy.translate import number_of, order_of
from tests.simulation.market.errand import Errand, Happening, Sight
from tests.simulation.market.plan import CampaignPlan, OrderPlan
from tests.simulation.market.sellers import is_begun, known, withdraw

HANDED = ("collect", "return", "wrong")


def leader(name: str) -> Callable[[Sight], Iterator[Errand]]:
    """The role of a leader: drafts, says that goods have arrived, hands out, disposes, pays claims."""

    def act(sight: Sight) -> Iterator[Errand]:
        yield from _draft(sight, name)
        for plan, row in known(sight):
            if row.leader == name:
                is_first = row.leader == plan.leader
                if row.state == "shipped":
                    yield from _arrive(plan, name)
                elif row.state == "arrived" and not (is_first and plan.end in ("silent", "stranded")):
                    yield from _hand_out(sight, plan, name)
                    yield from _attend(row, plan, name)
                yield from _pay(sight, plan, name)
        yield from withdraw(sight, f"member:{name}")

    return act


def _draft(sight: Sight, name: str) -> Iterator[Errand]:
    for plan in sight.market.plans:
        is_due = sight.market.now_us >= plan.begin_us and plan.name not in sight.view.campaigns
        if plan.leader == name and is_due and is_begun(sight):
            terms = plan.terms_at(sight.view.now_ms)
            yield Errand(f"draft {plan.name}", [{"do": "draft", "campaign": plan.name, "terms": terms}])


def _arrive(plan: CampaignPlan, name: str) -> Iterator[Errand]:
    yield Errand(f"arrive {plan.name}", [{"do": "arrive", "campaign": plan.name, "by": name}])


def _hand_out(sight: Sight, plan: CampaignPlan, name: str) -> Iterator[Errand]:
    """One parcel after the other; what nobody fetched is sold for half."""
    for order in plan.orders:
        row = sight.view.orders.get(order_of(order.name).hex())
        if row is None:
            continue
        if order.fate in HANDED and row.state in WAITING:
            handing: Happening = {"do": "hand_over", "order": order.name, "by": name, "wrong": False, "returned": 0}
            acts: list[Happening] = [handing]
            if order.fate == "return":
                acts = [handing | {"returned": 1}]
            elif order.fate == "wrong":
                acts = [handing | {"wrong": True}, handing | {"wrong": True}, handing]
            yield Errand(f"hand over {order.name}", [*acts], goes_on=True)
        elif row.state == "unclaimed" and row.disposed_ms is None:
            selling = {"do": "dispose", "order": order.name, "by": name, "proceeds": row.charged_fen // 2}
            yield Errand(f"dispose {order.name}", [selling])


def _attend(row: Campaign, plan: CampaignPlan, name: str) -> Iterator[Errand]:
    """Reminded of what is left, she says that she is there."""
    if row.reminded_ms is not None and row.heard_ms <= row.reminded_ms:
        yield Errand(f"attend {plan.name}", [{"do": "attend", "campaign": plan.name, "by": name}])


def _pay(sight: Sight, plan: CampaignPlan, name: str) -> Iterator[Errand]:
    """Some claims are paid at once, out of the float."""
    for order in plan.orders:
        claim = sight.view.claims.get(f"{order_of(order.name).hex()}.1")
        if order.claims == "paid" and claim is not None and claim.state == "adjudicating" and not claim.paid_fen:
            paying = {"do": "pay", "order": order.name, "by": name, "fen": max(1, claim.fen * 2 // 3), "own": False}
            yield Errand(f"pay {order.name}", [paying])


def buyers(share: int, of: int) -> Callable[[Sight], Iterator[Errand]]:
    """The role of a household that makes every `of`-th order."""

    def act(sight: Sight) -> Iterator[Errand]:
        for number, (plan, order) in enumerate(sight.market.planned()):
            row = sight.view.campaigns.get(plan.name)
            if number % of == share and row is not None:
                yield from _one_order(sight, plan, order, row)

    return act


def _one_order(sight: Sight, plan: CampaignPlan, order: OrderPlan, campaign: Campaign) -> Iterator[Errand]:
    name = order.name
    row = sight.view.orders.get(order_of(name).hex())
    if row is None:
        if campaign.state == "open":
            placing = {"do": "place", "campaign": plan.name, "order": name, "units": order.units}
            fen = order.units * plan.terms["ladder"][0][1]
            yield Errand(f"place {name}", [placing | {"fen": fen, "receipt": name, "ticket": name}])
        return
    if row.state == "placed" and order.fate == "cancel":
        yield Errand(f"take back {name}", [{"do": "cancel_order", "order": name}])
    if campaign.state == "arrived" and row.state in WAITING and order.fate == "acknowledge":
        yield Errand(f"acknowledge {name}", [{"do": "acknowledge", "order": name}])
    if row.state == "collected" and order.claims and f"{order_of(name).hex()}.1" not in sight.view.claims:
        claim = {"do": "claim", "order": name, "cause": "quality", "fen": max(1, row.charged_fen // 2)}
        yield Errand(f"claim {name}", [claim])
    if row.state == "disputed" and order.claims == "withdrawn":
        yield Errand(f"withdraw claim {name}", [{"do": "withdraw_claim", "order": name}])
    paid_back = [one for one in sight.view.instructions.values() if one.receipt == number_of("receipt", name)]
    if any(one.state == "rejected" and one.successor is None for one in paid_back):
        yield Errand(f"reissue {name}", [{"do": "reissue", "order": name}], 20)
