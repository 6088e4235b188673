"""Rules between the lots and the pickup point: packing with weights, legs of travel, arrival.

A weighed parcel is paid for as packed when it is lighter than nominal, as nominal when it is heavier (多退少不补).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.errors import RestrictedNeeded
from ledger.modules.groupbuy.errors import (
    ArrivalInFuture,
    GoodsRecalled,
    NotCampaignParty,
    ParcelRepeats,
    ShipmentForeign,
    ShipmentMissing,
    ShipmentRepeats,
    ShipmentWithoutGoods,
    TooLight,
    TooManyLegs,
    WeightMissing,
    WeightUnwanted,
)
from ledger.modules.groupbuy.messages import BASIS_POINTS, Arrive, Handle, Pack, Ship
from ledger.modules.groupbuy.rules.common import (
    RULES,
    acts_for,
    await_buyers,
    escrow_of,
    is_leader,
    need_campaign,
    need_order_of,
    progress_of,
    put_campaign,
    put_order,
    refund,
    require_state,
    step_campaign,
    step_line,
)
from ledger.modules.groupbuy.state import progress
from ledger.roles import HANDLERS, Role
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.crypto.encoding import Message
    from ledger.modules.groupbuy.messages import Draft, Parcel
    from ledger.modules.groupbuy.ports import Ports, ProductFacts
    from ledger.modules.groupbuy.state import Campaign

LEGS_MAX = 16
"""Shipments of one campaign."""

MICRO = 1_000_000
MICRO_KG_IN_GRAM = 1_000

HANDLE_PARTS: "dict[type[Message], Callable[[Ports, Context, str, Campaign], None]]" = {}
"""What is done with a `Handle` action, by the kind of its restricted part. Each file adds its own."""


@RULES.rule(Handle, by=(*HANDLERS, Role.LEADER))
def handle(ports: "Ports", ctx: "Context", action: Handle) -> None:
    """What seller, logistics or leader do with orders; which, tells the restricted part."""
    part = HANDLE_PARTS.get(type(ctx.restricted)) if ctx.restricted is not None else None
    if part is None:
        raise RestrictedNeeded("Pack | HandOver | Dispose")
    part(ports, ctx, action.campaign, need_campaign(ctx, action.campaign))


def _check_forwarder(ctx: "Context", campaign: str, terms: "Draft", step: str) -> None:
    """Raise `NotCampaignParty` unless the seller or the campaign's logistics signed."""
    if not acts_for(ctx, terms.seller) and not (terms.logistics is not None and acts_for(ctx, terms.logistics)):
        raise NotCampaignParty(campaign, ctx.signer.subject, step)


def check_not_recalled(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """Raise `GoodsRecalled` when a lot that fills the campaign is recalled, even before its sweep has begun."""
    for portion in row.lots:
        lot = ports.goods.lot(ctx, portion.lot)
        if lot is None or lot.state == "recalled":
            raise GoodsRecalled(campaign, portion.lot)


def pack(ports: "Ports", ctx: "Context", campaign: str, row: "Campaign") -> None:
    """Parcels are packed; what a weighed one lacks is paid back at once."""
    said = ctx.need_restricted(Pack)
    _check_forwarder(ctx, campaign, row.terms, "pack")
    require_state(campaign, row, "allocated", "pack")
    product = ports.goods.product(ctx, row.terms.product)
    assert product is not None, f"{campaign} sells an unknown product"
    seen = set[bytes]()
    for parcel in said.parcels:
        order = parcel.order.hex()
        ctx.require(parcel.order not in seen, ParcelRepeats(order))
        seen.add(parcel.order)
        _pack_parcel(ports, ctx, row, product, parcel)


def _pack_parcel(
    ports: "Ports", ctx: "Context", campaign: "Campaign", product: "ProductFacts", parcel: "Parcel"
) -> None:
    terms, order = campaign.terms, parcel.order.hex()
    row = need_order_of(ctx, terms.campaign, order)
    after = step_line(order, campaign, row, "pack")
    if terms.tolerance_bp is None:
        ctx.require(parcel.grams is None, WeightUnwanted(order))
        put_order(ctx, order, after)
        return
    if parcel.grams is None:
        raise WeightMissing(order)
    assert row.allotted is not None, order
    assert campaign.price_fen is not None, order
    nominal = row.allotted * unit_mass(terms, product)
    packed = parcel.grams * MICRO_KG_IN_GRAM * MICRO
    least = nominal * (BASIS_POINTS - terms.tolerance_bp)
    ctx.require(packed * BASIS_POINTS >= least, TooLight(order))
    worth_fen = packed_worth(row.allotted * campaign.price_fen, nominal, packed)
    charged_fen = min(row.charged_fen, worth_fen)
    # Packed twice, a line is paid back twice; what it comes down to tells the two apart.
    step = charged_fen.to_bytes(8, "big")
    refund(ports, ctx, terms, row, escrow_of(campaign), row.charged_fen - charged_fen, "weight", step)
    put_order(ctx, order, replace(after, packed_grams=parcel.grams, charged_fen=charged_fen))


def unit_mass(terms: "Draft", product: "ProductFacts") -> int:
    """The nominal mass of one unit in 10⁻⁶ micro-kg, exact for kilograms and pieces alike."""
    return terms.unit_quantity * (MICRO if product.measure == "kg" else product.net_content)


def packed_worth(fen: int, nominal: int, packed: int) -> int:
    """What is left of `fen` for `nominal` mass when `packed` was packed: the part that lacks is rounded up, for the
    buyer.
    """
    lacking = max(0, nominal - packed)
    return fen - -(-fen * lacking // nominal)


@RULES.rule(Ship, by=HANDLERS)
def ship(ports: "Ports", ctx: "Context", action: Ship) -> None:
    """The goods leave, or go on by another leg. What is not packed by now goes as nominal."""
    row = need_campaign(ctx, action.campaign)
    _check_forwarder(ctx, action.campaign, row.terms, "ship")
    row = step_campaign(action.campaign, row, "ship")
    check_not_recalled(ports, ctx, action.campaign, row)
    legs = _add_legs(ports, ctx, row, action.shipments)
    put_campaign(ctx, action.campaign, replace(row, shipments=legs))
    ctx.journal(f"organisation:{ctx.signer.organisation}", OTHER)
    ctx.event("legs", action.campaign, len(legs))


def _add_legs(ports: "Ports", ctx: "Context", row: "Campaign", shipments: tuple[str, ...]) -> tuple[str, ...]:
    """The campaign's legs with new ones: each by somebody who had the goods, each carrying some of them.

    So nobody can name a leg in which the goods were not, and put another's custody where hers was.
    """
    terms, legs = row.terms, list(row.shipments)
    hands = {terms.seller, terms.logistics}
    for name in legs:
        known = ports.goods.shipment(ctx, name)
        assert known is not None, name
        hands.add(known.receiver)
    goods = {f"lot:{portion.lot}" for portion in row.lots}
    for name in shipments:
        known = ports.goods.shipment(ctx, name)
        if known is None or known.state not in ("open", "received"):
            raise ShipmentMissing(name)
        ctx.require(name not in legs, ShipmentRepeats(name))
        ctx.require(len(legs) < LEGS_MAX, TooManyLegs(terms.campaign, LEGS_MAX))
        ctx.require(known.shipper in hands, ShipmentForeign(name, known.shipper))
        ctx.require(ports.goods.carries(ctx, name, goods), ShipmentWithoutGoods(name, terms.campaign))
        hands.add(known.receiver)
        legs.append(name)
    return tuple(legs)


@RULES.rule(Arrive, by=(Role.LEADER,))
def arrive(ports: "Ports", ctx: "Context", action: Arrive) -> None:
    """The goods are at the pickup point: buyers can come, and the leader is held to be there."""
    row = need_campaign(ctx, action.campaign)
    if not is_leader(ctx, row):
        raise NotCampaignParty(action.campaign, ctx.signer.subject, "arrive")
    row = step_campaign(action.campaign, row, "arrive")
    latest_ms = ctx.time_ms + ctx.parameters["clock_ahead_ms"]
    ctx.require(action.event_ms <= latest_ms, ArrivalInFuture(action.event_ms, latest_ms))
    check_not_recalled(ports, ctx, action.campaign, row)
    row = replace(row, arrived_ms=ctx.time_ms, heard_ms=ctx.time_ms, silent_ms=None)
    put_campaign(ctx, action.campaign, row)
    # Every line that is left has its goods here.
    progress.put(ctx, action.campaign, replace(progress_of(ctx, action.campaign), waiting=row.lines_left))
    ctx.journal(ctx.signer.subject, OTHER)
    ctx.event("at_pickup", action.campaign)
    await_buyers(ctx, action.campaign)


HANDLE_PARTS[Pack] = pack
