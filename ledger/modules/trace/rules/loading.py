"""Rules for goods entering and leaving vehicles and stores: where they are, whoever owns them."""

from ledger.context import Context
from ledger.modules.trace.errors import (
    AlreadyInside,
    CustodyNotHeld,
    NothingNamed,
    NotInside,
    QuantityOverdrawn,
    SubjectUnknown,
)
from ledger.modules.trace.messages import Load, Unload
from ledger.modules.trace.rules.common import (
    RULES,
    check_distinct,
    check_event,
    check_order,
    edge_to,
    journal_organisations,
    need_lot,
    need_movable,
)
from ledger.modules.trace.rules.stays import Leaving, enter, entry_bound, leave, open_stays, stays_of_unit
from ledger.modules.trace.rules.units import latest_spent, need_unit, step_inside, step_outside
from ledger.modules.trace.state import Stay, Unit, holdings, shipments, sites, units, vehicles
from ledger.roles import HANDLERS
from ledger.state import CONTAINER, SELF


def owner_of_container(ctx: Context, container: str) -> str:
    """The organisation that runs a vehicle or site (a subject); raises `SubjectUnknown`."""
    kind, _, key = container.partition(":")
    row = vehicles.get(ctx, key) if kind == "vehicle" else sites.get(ctx, key)
    if row is None:
        raise SubjectUnknown(container)
    return row.owner


def _check_named(action: Load | Unload, tag: str) -> None:
    if not action.lots and not action.units:
        raise NothingNamed(tag)
    check_distinct("lots", action.lots)
    check_distinct("units", action.units)


def _has_in_hand(ctx: Context, row: Unit) -> bool:
    """Whether the signer holds a unit, or is either side of the hand-over it is in."""
    organisation = ctx.signer.organisation
    shipment = shipments.get(ctx, row.shipment) if row.shipment else None
    return organisation == row.holder or (shipment is not None and organisation == shipment.receiver)


@RULES.rule(Load, by=HANDLERS)
def load(ctx: Context, action: Load) -> None:
    """Units and loose goods in the signer's hands enter a vehicle or store; readings taken there concern them
    from now.
    """
    check_event(ctx, action.event_ms)
    _check_named(action, "load")
    owner_of_container(ctx, action.container)
    organisation = ctx.signer.organisation
    items = [*(f"unit:{unit}" for unit in action.units), *(f"lot:{lot}" for lot in action.lots)]
    bound_ms = entry_bound(ctx, action.container, action.event_ms, items, latest_spent(ctx, action.units))
    began: list[Stay] = []
    for unit in action.units:
        row = need_unit(ctx, unit)
        if not _has_in_hand(ctx, row):
            raise CustodyNotHeld(f"unit:{unit}", row.holder, organisation)
        step_inside(ctx, unit, action.container, action.event_ms, bound_ms)
        began += stays_of_unit(ctx, f"unit:{unit}", organisation, action.event_ms, bound_ms)
    inside = {stay.item for stay in open_stays(ctx, action.container)} if action.lots else set()
    for lot in action.lots:
        row_of_lot = need_movable(ctx, lot)
        check_order(f"lot:{lot}", action.event_ms, row_of_lot.commissioned_ms)
        if not holdings.has(ctx, f"{lot}/{organisation}"):
            raise QuantityOverdrawn(lot, organisation, 0, 1)
        if f"lot:{lot}" in inside:
            raise AlreadyInside(f"lot:{lot}", action.container)
        began.append(Stay(lot, f"lot:{lot}", organisation, action.event_ms, bound_ms))
        ctx.journal(f"lot:{lot}", SELF)
    enter(ctx, action.container, began)
    ctx.journal(action.container, CONTAINER, bound_ms)
    journal_organisations(ctx, organisation)


@RULES.rule(Unload, by=HANDLERS)
def unload(ctx: Context, action: Unload) -> None:
    """Goods leave a vehicle or store, by who has them in hand, who brought them or who runs it; recalled ones too."""
    check_event(ctx, action.event_ms)
    _check_named(action, "unload")
    organisation = ctx.signer.organisation
    runs_it = owner_of_container(ctx, action.container) == organisation
    leaving = Leaving()
    for unit in action.units:
        known = need_unit(ctx, unit)
        if known.container != action.container:
            raise NotInside(f"unit:{unit}", action.container)
        if not runs_it and not _has_in_hand(ctx, known):
            raise CustodyNotHeld(f"unit:{unit}", known.holder, organisation)
        units.put(ctx, unit, step_outside(ctx, unit, action.event_ms, leaving), SELF)
    inside = {stay.item: stay for stay in open_stays(ctx, action.container)} if action.lots else {}
    for lot in action.lots:
        need_lot(ctx, lot)
        stay = inside.get(f"lot:{lot}")
        if stay is None:
            raise NotInside(f"lot:{lot}", action.container)
        if not runs_it and stay.by != organisation and not holdings.has(ctx, f"{lot}/{organisation}"):
            raise CustodyNotHeld(f"lot:{lot}", stay.by, organisation)
        check_order(f"lot:{lot}", action.event_ms, stay.from_ms)
        leaving.add(f"lot:{lot}", stay.edge_from_ms)
        ctx.journal(f"lot:{lot}", SELF)
    leave(ctx, action.container, leaving.items, action.event_ms)
    ctx.journal(action.container, CONTAINER, leaving.bound_ms, edge_to(ctx, action.event_ms))
    journal_organisations(ctx, organisation)
