"""Which lots were inside which container when: what lets a reading of a truck speak about the berries in it.

A container is a unit, vehicle or site. Its stays name lots directly, however deep in units they lie: contents of a unit
change only while the unit is in nothing, so what entered with it leaves with it.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import RecalledGoods, TooMany
from ledger.modules.trace.rules.common import need_lot, need_product
from ledger.modules.trace.state import Limit, Stay, Stays, stays

OPEN_MAX = 256
"""Stays that have not ended, in one container: each is a lot with what it came in."""

KEPT_MAX = 512
"""Stays kept, ended ones included; beyond it the earliest ended go."""


def open_stays(ctx: Context, container: str) -> list[Stay]:
    """The stays in `container` (a subject) that have not ended."""
    row = stays.get(ctx, container)
    return [] if row is None else [stay for stay in row.stays if stay.to_ms is None]


def lots_inside(ctx: Context, container: str) -> list[str]:
    """The lots inside `container` now, each once, in order of entry."""
    return list(dict.fromkeys(stay.lot for stay in open_stays(ctx, container)))


def check_none_recalled(ctx: Context, container: str) -> None:
    """Raise `RecalledGoods` when a recalled lot is inside."""
    for lot in lots_inside(ctx, container):
        if need_lot(ctx, lot).state == "recalled":
            raise RecalledGoods(lot)


def stays_of_unit(ctx: Context, unit: str, by: str, from_ms: int, bound_ms: int) -> list[Stay]:
    """The stays that begin in a container when `unit` (a subject) enters it: one for each lot inside the unit."""
    return [Stay(lot, unit, by, from_ms, bound_ms) for lot in lots_inside(ctx, unit)]


def enter(ctx: Context, container: str, new: Iterable[Stay]) -> None:
    """Begin stays, but for lots that are in `container` with the same item already. Raises `TooMany`."""
    row = stays.get(ctx, container) or Stays()
    known = {(stay.lot, stay.item) for stay in row.stays if stay.to_ms is None}
    added = tuple(stay for stay in new if (stay.lot, stay.item) not in known)
    if added:
        _write(ctx, container, (*row.stays, *added))


def leave(ctx: Context, container: str, items: Collection[str], to_ms: int) -> None:
    """End all open stays of `items` (subjects) in `container`."""
    row = stays.get(ctx, container)
    if row is None:
        return
    ended = (replace(stay, to_ms=to_ms) if stay.to_ms is None and stay.item in items else stay for stay in row.stays)
    _write(ctx, container, tuple(ended))


def _write(ctx: Context, container: str, rows: tuple[Stay, ...]) -> None:
    """Store stays without those that no late reading can concern, with the limits that hold for all of them."""
    earliest_ms = ctx.time_ms - ctx.parameters["late_readings_ms"]
    kept = [stay for stay in rows if stay.to_ms is None or stay.to_ms >= earliest_ms]
    running = sum(stay.to_ms is None for stay in kept)
    if running > OPEN_MAX:
        raise TooMany(f"lots in {container}", OPEN_MAX)
    if len(kept) > KEPT_MAX:
        ended = sorted((stay.to_ms, place) for place, stay in enumerate(kept) if stay.to_ms is not None)
        dropped = {place for _, place in ended[: len(kept) - KEPT_MAX]}
        kept = [stay for place, stay in enumerate(kept) if place not in dropped]
    if kept:
        stays.put(ctx, container, Stays(tuple(kept), _limits(ctx, kept)))
    else:
        stays.delete(ctx, container)


def _limits(ctx: Context, kept: list[Stay]) -> tuple[Limit, ...]:
    """The narrowest band for each metric, unit and exponent that the products of the kept stays name."""
    products = dict.fromkeys(need_lot(ctx, lot).product for lot in dict.fromkeys(stay.lot for stay in kept))
    limits: dict[tuple[str, str, int], Limit] = {}
    for product in products:
        band = need_product(ctx, product).band
        if band is None:
            continue
        key = (band.metric, band.unit, band.exponent)
        known = limits.get(key)
        low = band.minimum if known is None else max(band.minimum, known.minimum)
        high = band.maximum if known is None else min(band.maximum, known.maximum)
        limits[key] = Limit(band.metric, band.unit, band.exponent, low, high)
    return tuple(limits.values())
