"""Which lots were inside which container when: what lets a reading of a truck speak about the berries in it.

A container is a unit, vehicle or site. Its stays name lots directly, however deep in units they lie: contents of a unit
change only while the unit is in nothing, so what entered with it leaves with it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import EnteredApart, RecalledGoods, TooMany
from ledger.modules.trace.rules.common import check_order, edge_from, need_lot, need_product
from ledger.modules.trace.rules.late import judge_late
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


def entry_bound(ctx: Context, container: str, event_ms: int, items: Collection[str], spent_ms: int) -> int:
    """The bound on the edges from `items` (subjects) to `container`, which they enter together at `event_ms`.

    What is in a vehicle or unit together shares a bound, so that one record can end it; a store is never empty,
    so there each entry has its own. A bound that ended for one of the items, by the stays kept or, for units, up
    to `spent_ms`, is not used for it again: the edge would count as ended. Raises `EventOutOfOrder` where no new
    bound is left.
    """
    own_ms = edge_from(ctx, event_ms)
    row = stays.get(ctx, container)
    if row is None:
        return own_ms
    if any(item.startswith("lot:") for item in items):
        check_order(container, event_ms, row.forgotten_ms + 1)
    ended = [stay for stay in row.stays if stay.to_ms is not None and stay.item in items]
    for stay in ended:
        check_order(stay.item, event_ms, (stay.to_ms or 0) + 1)
    shared_ms = min((stay.edge_from_ms for stay in row.stays if stay.to_ms is None), default=own_ms)
    latest_ms = max([spent_ms, row.forgotten_ms, *(stay.edge_from_ms for stay in ended)])
    return shared_ms if latest_ms < shared_ms < own_ms and not container.startswith("site:") else own_ms


@dataclass
class Leaving:
    """What leaves a container in one record: all of it must have entered with one bound."""

    bound_ms: int = 0
    items: list[str] = field(default_factory=list)

    def add(self, item: str, bound_ms: int) -> None:
        """Take `item` (a subject) along; raises `EnteredApart`."""
        if self.items and bound_ms != self.bound_ms:
            raise EnteredApart(item, self.items[0])
        self.bound_ms = bound_ms
        self.items.append(item)


def enter(ctx: Context, container: str, new: Iterable[Stay]) -> None:
    """Begin stays, but for lots that are in `container` with the same item already. Raises `TooMany`.

    Readings that came before this record are held against the lots, too.
    """
    row = stays.get(ctx, container) or Stays()
    known = {(stay.lot, stay.item) for stay in row.stays if stay.to_ms is None}
    added = tuple(stay for stay in new if (stay.lot, stay.item) not in known)
    if added:
        _write(ctx, container, (*row.stays, *added), row.forgotten_ms)
        judged = {(stay.lot, stay.from_ms) for stay in row.stays}
        judge_late(ctx, container, [stay for stay in added if (stay.lot, stay.from_ms) not in judged])


def leave(ctx: Context, container: str, items: Collection[str], to_ms: int) -> None:
    """End all open stays of `items` (subjects) in `container`."""
    row = stays.get(ctx, container)
    if row is None:
        return
    ended = (replace(stay, to_ms=to_ms) if stay.to_ms is None and stay.item in items else stay for stay in row.stays)
    _write(ctx, container, tuple(ended), row.forgotten_ms)


def _write(ctx: Context, container: str, rows: tuple[Stay, ...], forgotten_ms: int) -> None:
    """Store stays without those that no late reading can concern, with the limits that hold for all of them."""
    if sum(stay.to_ms is None for stay in rows) > OPEN_MAX:
        raise TooMany(f"lots in {container}", OPEN_MAX)
    earliest_ms = ctx.time_ms - ctx.parameters["late_readings_ms"]
    ends = sorted(stay.to_ms for stay in rows if stay.to_ms is not None)
    if len(rows) > KEPT_MAX:
        earliest_ms = max(earliest_ms, ends[len(rows) - KEPT_MAX - 1] + 1)
    kept = tuple(stay for stay in rows if stay.to_ms is None or stay.to_ms >= earliest_ms)
    forgotten_ms = max([forgotten_ms, *(end_ms for end_ms in ends if end_ms < earliest_ms)])
    stays.put(ctx, container, Stays(kept, _limits(ctx, kept), forgotten_ms))


def _limits(ctx: Context, kept: Iterable[Stay]) -> tuple[Limit, ...]:
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
