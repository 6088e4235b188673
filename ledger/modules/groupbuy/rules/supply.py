"""Committed supply: what a source will give at most bounds what can be sold of it, over all campaigns."""

from typing import TYPE_CHECKING

from ledger.modules.groupbuy.errors import ProductUnknown, SoldOut, SupplyBelowSold, SupplyBeyondLot, SupplyUnitDiffers
from ledger.modules.groupbuy.messages import CommitSupply
from ledger.modules.groupbuy.rules.common import RULES, supply_key
from ledger.modules.groupbuy.rules.terms import SELLERS, check_source
from ledger.modules.groupbuy.state import Supply, sold, supplies
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import Ports


@RULES.rule(CommitSupply, by=SELLERS)
def commit_supply(ports: "Ports", ctx: "Context", action: CommitSupply) -> None:
    """The owner of a planting or lot says how much of it is for sale; never less than is sold already."""
    seller = ctx.signer.organisation
    if ports.goods.product(ctx, action.product) is None:
        raise ProductUnknown(action.product)
    check_source(ports, ctx, action.source, action.product, seller)
    kind, _, key = action.source.partition(":")
    if kind == "lot":
        lot = ports.goods.lot(ctx, key)
        assert lot is not None
        most = lot.produced // action.unit_quantity
        ctx.require(action.units <= most, SupplyBeyondLot(action.source, most))
    place = supply_key(action.source, action.product)
    known, taken = supplies.get(ctx, place), sold.get(ctx, place) or 0
    if known is not None and known.unit_quantity != action.unit_quantity and taken:
        raise SupplyUnitDiffers(action.source)
    ctx.require(action.units >= taken, SupplyBelowSold(action.source))
    supplies.put(ctx, place, Supply(seller, action.unit_quantity, action.units))
    ctx.journal(f"organisation:{seller}", OTHER)


def is_committed(ctx: "Context", terms: "Draft") -> bool:
    """Whether some source has supply in the campaign's own units."""
    found = (supplies.get(ctx, supply_key(source, terms.product)) for source in terms.sources)
    return any(row is not None and row.units > 0 and row.unit_quantity == terms.unit_quantity for row in found)


def take_supply(ports: "Ports", ctx: "Context", campaign: str, terms: "Draft", units: int) -> int:
    """Count units against the first source that has room for all of them; its place in `terms.sources`.

    Raises `SoldOut`. A source of another size of unit has no room, a recalled one neither.
    """
    for place, source in enumerate(terms.sources):
        key = supply_key(source, terms.product)
        row = supplies.get(ctx, key)
        if row is None or row.unit_quantity != terms.unit_quantity or _recalled(ports, ctx, source):
            continue
        taken = (sold.get(ctx, key) or 0) + units
        if taken <= row.units:
            sold.put(ctx, key, taken)
            return place
    raise SoldOut(campaign)


def _recalled(ports: "Ports", ctx: "Context", source: str) -> bool:
    kind, _, key = source.partition(":")
    lot = ports.goods.lot(ctx, key) if kind == "lot" else None
    return lot is not None and lot.state == "recalled"
