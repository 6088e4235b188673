"""Rules for goods entering and leaving vehicles and stores: where they are, whoever owns them."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import (
    AlreadyInside,
    CustodyNotHeld,
    EnteredApart,
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
    edge_from,
    edge_to,
    journal_organisations,
    need_lot,
    need_movable,
)
from ledger.modules.trace.rules.stays import check_none_recalled, enter, leave, open_stays, stays_of_unit
from ledger.modules.trace.rules.units import need_unit, step_unit
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


def _bound(ctx: Context, container: str, event_ms: int) -> int:
    """The bound on edges to a container that goods enter at `event_ms`.

    All that is in a vehicle at one time shares the bound of the first that entered, so that one record can unload goods
    loaded at several stops. A store is never empty, so there each entry has its own.
    """
    own_ms = edge_from(ctx, event_ms)
    if not container.startswith("vehicle:"):
        return own_ms
    return min((stay.edge_from_ms for stay in open_stays(ctx, container)), default=own_ms)


@RULES.rule(Load, by=HANDLERS)
def load(ctx: Context, action: Load) -> None:
    """Units and loose goods in the signer's hands enter a vehicle or store; readings taken there concern them from
    now on.
    """
    check_event(ctx, action.event_ms)
    _check_named(action, "load")
    owner_of_container(ctx, action.container)
    organisation = ctx.signer.organisation
    bound_ms = min(_bound(ctx, action.container, action.event_ms), edge_from(ctx, action.event_ms))
    began: list[Stay] = []
    for unit in action.units:
        if not _has_in_hand(ctx, need_unit(ctx, unit)):
            raise CustodyNotHeld(f"unit:{unit}", need_unit(ctx, unit).holder, organisation)
        row = step_unit(ctx, unit, "enter", action.event_ms)
        check_none_recalled(ctx, f"unit:{unit}")
        began += stays_of_unit(ctx, f"unit:{unit}", organisation, action.event_ms, bound_ms)
        units.put(ctx, unit, replace(row, container=action.container, edge_from_ms=bound_ms), SELF)
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


@dataclass
class _Leaving:
    """What leaves a container in one record: all of it must have entered with one bound."""

    container: str
    bound_ms: int = -1
    items: list[str] = field(default_factory=list)

    def add(self, item: str, bound_ms: int) -> None:
        """Take `item` (a subject) along; raises `EnteredApart`."""
        if self.items and bound_ms != self.bound_ms:
            raise EnteredApart(item, self.items[0])
        self.bound_ms = bound_ms
        self.items.append(item)


@RULES.rule(Unload, by=HANDLERS)
def unload(ctx: Context, action: Unload) -> None:
    """Goods leave a vehicle or store, by who has them in hand, who brought them or who runs it; recalled ones too."""
    check_event(ctx, action.event_ms)
    _check_named(action, "unload")
    organisation = ctx.signer.organisation
    runs_it = owner_of_container(ctx, action.container) == organisation
    leaving = _Leaving(action.container)
    for unit in action.units:
        known = need_unit(ctx, unit)
        if known.container != action.container:
            raise NotInside(f"unit:{unit}", action.container)
        if not runs_it and not _has_in_hand(ctx, known):
            raise CustodyNotHeld(f"unit:{unit}", known.holder, organisation)
        row = step_unit(ctx, unit, "leave", action.event_ms)
        leaving.add(f"unit:{unit}", known.edge_from_ms)
        units.put(ctx, unit, replace(row, container="", edge_from_ms=0), SELF)
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
