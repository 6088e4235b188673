"""Rules for the two-sided hand-over: what one organisation ships, the other receives or refuses."""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import (
    AlreadyRegistered,
    NothingNamed,
    NotInside,
    NotParty,
    ShipmentToSelf,
    ShipmentUnknown,
    ShortageTooLarge,
    SubjectUnknown,
    TransitionRefused,
)
from ledger.modules.trace.messages import Receive, RefuseShipment, Ship, ShippingTerms
from ledger.modules.trace.ports import Ports
from ledger.modules.trace.rules.common import (
    PORT_RULES,
    RULES,
    check_distinct,
    check_event,
    check_order,
    give,
    journal_organisations,
    need_movable,
    next_state,
    spend,
    take,
)
from ledger.modules.trace.rules.conformity import check_first_sale
from ledger.modules.trace.rules.stays import check_none_recalled, lots_inside, open_stays
from ledger.modules.trace.rules.units import check_holder, need_unit, step_unit
from ledger.modules.trace.state import (
    SHIPMENT_TRANSITIONS,
    Flag,
    Shipment,
    Terms,
    shipments,
    shipping_terms,
    sites,
    units,
    vehicles,
)
from ledger.roles import HANDLERS
from ledger.state import OTHER, SELF
from ledger.text import check_text


@PORT_RULES.rule(Ship, by=HANDLERS)
def ship(ports: Ports, ctx: Context, action: Ship) -> None:
    """The holder lets go of units and loose goods; nobody holds them until the receiver signs."""
    check_event(ctx, action.event_ms)
    shipper = ctx.signer.organisation
    if not action.units and not action.lots:
        raise NothingNamed("ship")
    check_distinct("units", action.units)
    check_distinct("lots", (portion.lot for portion in action.lots))
    if shipments.has(ctx, action.shipment):
        raise AlreadyRegistered(f"shipment {action.shipment}")
    if action.receiver == shipper:
        raise ShipmentToSelf(shipper)
    ports.organisations.need(ctx, action.receiver)
    _check_places(ctx, action)
    goods: list[str] = []
    for unit in action.units:
        known = need_unit(ctx, unit)
        check_holder(ctx, unit, known)
        if known.container.startswith("unit:"):
            raise TransitionRefused(f"unit:{unit}", known.state, "ship")
        row = step_unit(ctx, unit, "ship", action.event_ms)
        check_none_recalled(ctx, f"unit:{unit}")
        units.put(ctx, unit, replace(row, shipment=action.shipment), SELF)
        goods += lots_inside(ctx, f"unit:{unit}")
    for portion in action.lots:
        lot = need_movable(ctx, portion.lot)
        check_order(f"lot:{portion.lot}", action.event_ms, lot.commissioned_ms)
        take(ctx, portion.lot, shipper, portion.quantity)
        ctx.journal(f"lot:{portion.lot}", SELF)
        goods.append(portion.lot)
    check_first_sale(ctx, goods)
    row_of_shipment = Shipment(
        shipper,
        action.receiver,
        action.units,
        action.lots,
        action.vehicle,
        action.origin,
        action.destination,
        action.event_ms,
    )
    shipments.put(ctx, action.shipment, row_of_shipment)
    if isinstance(ctx.restricted, ShippingTerms):
        check_text("document", ctx.restricted.document)
        shipping_terms.put(ctx, action.shipment, Terms(ctx.restricted.document, ctx.restricted.price_fen))
    _journal_parties(ctx, row_of_shipment)


def _check_places(ctx: Context, action: Ship) -> None:
    """Raise unless origin and destination exist and the goods are in the vehicle, where one is named."""
    for site in (action.origin, action.destination):
        if site is not None and not sites.has(ctx, site):
            raise SubjectUnknown(f"site:{site}")
    if action.vehicle is None:
        return
    vehicle = f"vehicle:{action.vehicle}"
    if not vehicles.has(ctx, action.vehicle):
        raise SubjectUnknown(vehicle)
    for unit in action.units:
        if need_unit(ctx, unit).container != vehicle:
            raise NotInside(f"unit:{unit}", vehicle)
    inside = {stay.item for stay in open_stays(ctx, vehicle)} if action.lots else set()
    for portion in action.lots:
        if f"lot:{portion.lot}" not in inside:
            raise NotInside(f"lot:{portion.lot}", vehicle)


def _journal_parties(ctx: Context, row: Shipment) -> None:
    """Enter the record into the journals of both sides, the signer first, and of vehicle and sites."""
    if row.vehicle is not None:
        ctx.journal(f"vehicle:{row.vehicle}", OTHER)
    for site in (row.origin, row.destination):
        if site is not None:
            ctx.journal(f"site:{site}", OTHER)
    journal_organisations(ctx, ctx.signer.organisation, row.shipper, row.receiver)


def _need_shipment(ctx: Context, shipment: str) -> Shipment:
    return shipments.need(ctx, shipment, ShipmentUnknown(shipment))


@RULES.rule(Receive, by=HANDLERS)
def receive(ctx: Context, action: Receive) -> None:
    """The receiver has the goods in hand; loose goods that did not arrive are lost, and their lot is flagged."""
    check_event(ctx, action.event_ms)
    check_text("remark", action.remark)
    row = _need_shipment(ctx, action.shipment)
    receiver = ctx.signer.organisation
    if receiver != row.receiver:
        raise NotParty(action.shipment, row.receiver, receiver)
    state = next_state(f"shipment {action.shipment}", SHIPMENT_TRANSITIONS, row.state, "receive")
    check_order(f"shipment {action.shipment}", action.event_ms, row.shipped_ms)
    check_distinct("shortages", (portion.lot for portion in action.shortages))
    missing = {portion.lot: portion.quantity for portion in action.shortages}
    for unit in row.units:
        check_none_recalled(ctx, f"unit:{unit}")
        moved = step_unit(ctx, unit, "receive", action.event_ms)
        units.put(ctx, unit, replace(moved, holder=receiver, shipment=""), SELF)
    for portion in row.lots:
        need_movable(ctx, portion.lot)
        short = missing.pop(portion.lot, 0)
        if short > portion.quantity:
            raise ShortageTooLarge(portion.lot, portion.quantity, short)
        give(ctx, portion.lot, receiver, portion.quantity - short)
        ctx.journal(f"lot:{portion.lot}", SELF)
        if short:
            ctx.event("shortage", f"lot:{portion.lot}", short)
            spend(ctx, portion.lot, SELF, lost=short, flags=Flag.SHORTAGE)
    for lot, short in missing.items():
        raise ShortageTooLarge(lot, 0, short)
    shipments.put(ctx, action.shipment, replace(row, state=state, closed_ms=action.event_ms))
    _journal_parties(ctx, row)


@RULES.rule(RefuseShipment, by=HANDLERS)
def refuse_shipment(ctx: Context, action: RefuseShipment) -> None:
    """Goods not received go back to the shipper's hands; recalled goods go back this way too."""
    check_event(ctx, action.event_ms)
    check_text("reason", action.reason)
    row = _need_shipment(ctx, action.shipment)
    signer = ctx.signer.organisation
    if signer not in (row.shipper, row.receiver):
        raise NotParty(action.shipment, row.receiver, signer)
    event = "refuse" if signer == row.receiver else "withdraw"
    state = next_state(f"shipment {action.shipment}", SHIPMENT_TRANSITIONS, row.state, event)
    check_order(f"shipment {action.shipment}", action.event_ms, row.shipped_ms)
    for unit in row.units:
        moved = step_unit(ctx, unit, "refuse", action.event_ms)
        units.put(ctx, unit, replace(moved, shipment=""), SELF)
    for portion in row.lots:
        give(ctx, portion.lot, row.shipper, portion.quantity)
        ctx.journal(f"lot:{portion.lot}", SELF)
    shipments.put(ctx, action.shipment, replace(row, state=state, closed_ms=action.event_ms))
    _journal_parties(ctx, row)
