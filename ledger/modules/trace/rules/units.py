"""Rules for packing and unpacking. Contents of a unit change only while it is in nothing, not even in a store."""

from collections.abc import Iterable

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace import identifiers
from ledger.modules.trace.errors import (
    CustodyNotHeld,
    EventOutOfOrder,
    NothingNamed,
    NotInside,
    QuantityOverdrawn,
    SubjectUnknown,
    TooMany,
    UnitInItself,
)
from ledger.modules.trace.messages import PackUnit, Portion, UnpackUnit
from ledger.modules.trace.rules.common import (
    RULES,
    check_distinct,
    check_event,
    check_key,
    check_order,
    edge_to,
    give,
    journal_organisations,
    need_lot,
    need_movable,
    next_state,
    take,
)
from ledger.modules.trace.rules.stays import (
    Leaving,
    check_none_recalled,
    enter,
    entry_bound,
    leave,
    open_stays,
    stays_of_unit,
)
from ledger.modules.trace.state import UNIT_TRANSITIONS, Stay, Unit, units
from ledger.roles import HANDLERS
from ledger.state import CONTAINER, OTHER, SELF

CONTENTS_MAX = 64
"""Lots directly in one unit; as many units."""


def need_unit(ctx: Context, unit: str) -> Unit:
    """The row of a unit; raises `SubjectUnknown`."""
    return units.need(ctx, unit, SubjectUnknown(f"unit:{unit}"))


def check_holder(ctx: Context, unit: str, row: Unit) -> None:
    """Raise `CustodyNotHeld` unless the signer's organisation has the unit in hand."""
    if row.holder != ctx.signer.organisation:
        raise CustodyNotHeld(f"unit:{unit}", row.holder, ctx.signer.organisation)


def step_unit(ctx: Context, unit: str, event: str, event_ms: int) -> Unit:
    """The row of `unit` after `event` at `event_ms`, not written yet; raises `TransitionRefused` or
    `EventOutOfOrder`.
    """
    row = need_unit(ctx, unit)
    state = next_state(f"unit:{unit}", UNIT_TRANSITIONS, row.state, event)
    check_order(f"unit:{unit}", event_ms, row.since_ms)
    return replace(row, state=state, since_ms=event_ms)


def _check_named(action: PackUnit | UnpackUnit, tag: str) -> None:
    if not action.lots and not action.units:
        raise NothingNamed(tag)
    check_distinct("lots", (portion.lot for portion in action.lots))
    check_distinct("units", action.units)
    if action.unit in action.units:
        raise UnitInItself(action.unit)


def step_inside(ctx: Context, unit: str, container: str, event_ms: int, bound_ms: int) -> None:
    """`unit` enters `container`; raises `RecalledGoods`, `TransitionRefused` or `EventOutOfOrder`."""
    row = step_unit(ctx, unit, "enter", event_ms)
    if bound_ms <= row.spent_ms:
        raise EventOutOfOrder(f"unit:{unit}", event_ms, event_ms + row.spent_ms - bound_ms + 1)
    check_none_recalled(ctx, f"unit:{unit}")
    units.put(ctx, unit, replace(row, container=container, edge_from_ms=bound_ms), SELF)


def step_outside(ctx: Context, unit: str, event_ms: int, leaving: Leaving) -> Unit:
    """The row of `unit` once it has left what it is in, not written yet; adds it to `leaving`."""
    row = step_unit(ctx, unit, "leave", event_ms)
    leaving.add(f"unit:{unit}", row.edge_from_ms)
    return replace(row, container="", edge_from_ms=0, spent_ms=max(row.spent_ms, row.edge_from_ms))


def latest_spent(ctx: Context, named: Iterable[str]) -> int:
    """The latest bound that one of the units has used up; -1 for none."""
    return max((need_unit(ctx, unit).spent_ms for unit in named), default=-1)


def _open_for_packing(ctx: Context, action: PackUnit) -> Unit:
    """The row of the unit to pack, new or at rest in the signer's hands."""
    if units.has(ctx, action.unit):
        check_holder(ctx, action.unit, need_unit(ctx, action.unit))
        row = step_unit(ctx, action.unit, "pack", action.event_ms)
        return row if row.contents or row.units else replace(row, kind=action.kind)
    check_key("unit", action.unit, identifiers.check_unit)
    return Unit(ctx.signer.organisation, action.kind, since_ms=action.event_ms)


@RULES.rule(PackUnit, by=HANDLERS)
def pack_unit(ctx: Context, action: PackUnit) -> None:
    """Goods and units in the signer's hands go into a unit, which comes into being if it is new."""
    check_event(ctx, action.event_ms)
    _check_named(action, "pack_unit")
    holder, subject = ctx.signer.organisation, f"unit:{action.unit}"
    row = _open_for_packing(ctx, action)
    contents = {portion.lot: portion.quantity for portion in row.contents}
    new = [f"lot:{portion.lot}" for portion in action.lots if portion.lot not in contents]
    new += [f"unit:{unit}" for unit in action.units]
    bound_ms = entry_bound(ctx, subject, action.event_ms, new, latest_spent(ctx, action.units))
    began: list[Stay] = []
    for portion in action.lots:
        lot = need_movable(ctx, portion.lot)
        check_order(f"lot:{portion.lot}", action.event_ms, lot.commissioned_ms)
        take(ctx, portion.lot, holder, portion.quantity)
        # More of a lot that is inside already: its edge is open, and a second one would never be closed.
        ctx.journal(f"lot:{portion.lot}", OTHER if portion.lot in contents else SELF)
        contents[portion.lot] = contents.get(portion.lot, 0) + portion.quantity
        began.append(Stay(portion.lot, f"lot:{portion.lot}", holder, action.event_ms, bound_ms))
    for unit in action.units:
        check_holder(ctx, unit, need_unit(ctx, unit))
        step_inside(ctx, unit, subject, action.event_ms, bound_ms)
        began += stays_of_unit(ctx, f"unit:{unit}", holder, action.event_ms, bound_ms)
    inside = (*row.units, *action.units)
    if len(contents) > CONTENTS_MAX or len(inside) > CONTENTS_MAX:
        raise TooMany(f"contents of {subject}", CONTENTS_MAX)
    row = replace(row, contents=tuple(Portion(*pair) for pair in contents.items()), units=inside)
    if new:
        units.put(ctx, action.unit, row, CONTAINER, bound_ms)
    else:
        units.put(ctx, action.unit, row, SELF)
    enter(ctx, subject, began)
    journal_organisations(ctx, holder)


@RULES.rule(UnpackUnit, by=HANDLERS)
def unpack_unit(ctx: Context, action: UnpackUnit) -> None:
    """Goods and units come out into the signer's hands. Recalled goods may come out, to be destroyed."""
    check_event(ctx, action.event_ms)
    _check_named(action, "unpack_unit")
    holder, subject = ctx.signer.organisation, f"unit:{action.unit}"
    check_holder(ctx, action.unit, need_unit(ctx, action.unit))
    row = step_unit(ctx, action.unit, "unpack", action.event_ms)
    contents = {portion.lot: portion.quantity for portion in row.contents}
    bounds = {stay.item: stay.edge_from_ms for stay in open_stays(ctx, subject)}
    leaving = Leaving()
    for portion in action.lots:
        need_lot(ctx, portion.lot)
        there, item = contents.get(portion.lot, 0), f"lot:{portion.lot}"
        if portion.quantity > there:
            raise QuantityOverdrawn(portion.lot, subject, there, portion.quantity)
        contents[portion.lot] = there - portion.quantity
        if there == portion.quantity:
            del contents[portion.lot]
            leaving.add(item, bounds[item])
        give(ctx, portion.lot, holder, portion.quantity)
        ctx.journal(item, OTHER if portion.lot in contents else SELF)
    for unit in action.units:
        if unit not in row.units:
            raise NotInside(f"unit:{unit}", subject)
        units.put(ctx, unit, replace(step_outside(ctx, unit, action.event_ms, leaving), holder=holder), SELF)
    rest = tuple(unit for unit in row.units if unit not in action.units)
    row = replace(row, contents=tuple(Portion(*pair) for pair in contents.items()), units=rest)
    if leaving.items:
        units.put(ctx, action.unit, row, CONTAINER, leaving.bound_ms, edge_to(ctx, action.event_ms))
        leave(ctx, subject, leaving.items, action.event_ms)
    else:
        units.put(ctx, action.unit, row, SELF)
    journal_organisations(ctx, holder)
