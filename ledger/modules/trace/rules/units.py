"""Rules for packing and unpacking. Contents of a unit change only while it is in nothing, not even in a store."""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace import identifiers
from ledger.modules.trace.errors import (
    CustodyNotHeld,
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
    edge_from,
    edge_to,
    give,
    journal_organisations,
    need_lot,
    need_movable,
    next_state,
    take,
)
from ledger.modules.trace.rules.stays import check_none_recalled, enter, leave, stays_of_unit
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


@RULES.rule(PackUnit, by=HANDLERS)
def pack_unit(ctx: Context, action: PackUnit) -> None:
    """Goods and units in the signer's hands go into a unit, which comes into being if it is new."""
    check_event(ctx, action.event_ms)
    _check_named(action, "pack_unit")
    holder, subject = ctx.signer.organisation, f"unit:{action.unit}"
    if units.has(ctx, action.unit):
        check_holder(ctx, action.unit, need_unit(ctx, action.unit))
        row = step_unit(ctx, action.unit, "pack", action.event_ms)
    else:
        check_key("unit", action.unit, identifiers.check_unit)
        row = Unit(holder, action.kind, since_ms=action.event_ms)
    if not row.contents and not row.units:
        row = replace(row, kind=action.kind, filled_from_ms=edge_from(ctx, action.event_ms))
    began: list[Stay] = []
    contents = {portion.lot: portion.quantity for portion in row.contents}
    for portion in action.lots:
        lot = need_movable(ctx, portion.lot)
        check_order(f"lot:{portion.lot}", action.event_ms, lot.commissioned_ms)
        take(ctx, portion.lot, holder, portion.quantity)
        contents[portion.lot] = contents.get(portion.lot, 0) + portion.quantity
        began.append(Stay(portion.lot, f"lot:{portion.lot}", holder, action.event_ms, row.filled_from_ms))
        ctx.journal(f"lot:{portion.lot}", SELF)
    for unit in action.units:
        check_holder(ctx, unit, need_unit(ctx, unit))
        inner = step_unit(ctx, unit, "enter", action.event_ms)
        check_none_recalled(ctx, f"unit:{unit}")
        began += stays_of_unit(ctx, f"unit:{unit}", holder, action.event_ms, row.filled_from_ms)
        units.put(ctx, unit, replace(inner, container=subject, edge_from_ms=row.filled_from_ms), SELF)
    inside = (*row.units, *action.units)
    if len(contents) > CONTENTS_MAX or len(inside) > CONTENTS_MAX:
        raise TooMany(f"contents of {subject}", CONTENTS_MAX)
    row = replace(row, contents=tuple(Portion(*pair) for pair in contents.items()), units=inside)
    units.put(ctx, action.unit, row, CONTAINER, row.filled_from_ms)
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
    left: set[str] = set()
    for portion in action.lots:
        need_lot(ctx, portion.lot)
        there = contents.get(portion.lot, 0)
        if portion.quantity > there:
            raise QuantityOverdrawn(portion.lot, subject, there, portion.quantity)
        contents[portion.lot] = there - portion.quantity
        if there == portion.quantity:
            del contents[portion.lot]
            left.add(f"lot:{portion.lot}")
        give(ctx, portion.lot, holder, portion.quantity)
        ctx.journal(f"lot:{portion.lot}", SELF if portion.lot not in contents else OTHER)
    for unit in action.units:
        if unit not in row.units:
            raise NotInside(f"unit:{unit}", subject)
        inner = step_unit(ctx, unit, "leave", action.event_ms)
        units.put(ctx, unit, replace(inner, container="", edge_from_ms=0, holder=holder), SELF)
        left.add(f"unit:{unit}")
    rest = tuple(unit for unit in row.units if unit not in action.units)
    bound_ms = row.filled_from_ms
    row = replace(row, contents=tuple(Portion(*pair) for pair in contents.items()), units=rest)
    if not contents and not rest:
        row = replace(row, filled_from_ms=0)
    if left:
        units.put(ctx, action.unit, row, CONTAINER, bound_ms, edge_to(ctx, action.event_ms))
        leave(ctx, subject, left, action.event_ms)
    else:
        units.put(ctx, action.unit, row, SELF)
    journal_organisations(ctx, holder)
