"""Rules from sowing to harvest. A harvest inside a safety interval is flagged, whichever of the two was recorded
first.
"""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import AlreadyRegistered, PlantingEnded, SubjectUnknown, TooMany
from ledger.modules.trace.messages import EndPlanting, Harvest, Output, RecordOperation, StartPlanting
from ledger.modules.trace.rules.certificates import cite_certificates
from ledger.modules.trace.rules.common import (
    RULES,
    check_event,
    check_order,
    check_owner,
    commission,
    edge_from,
    edge_to,
    journal_organisations,
)
from ledger.modules.trace.rules.conformity import mark_organic
from ledger.modules.trace.rules.flags import add_flag
from ledger.modules.trace.state import Flag, Interval, Planting, Plot, harvests, plantings, plots
from ledger.roles import PRODUCERS
from ledger.state import INPUT, OTHER, PLACE, SELF
from ledger.text import check_text

PLANTINGS_MAX = 32
"""Plantings not ended on one plot; as many ended ones are remembered."""

INTERVALS_MAX = 16
"""Safety intervals kept with a plot or planting, those that end last."""

FLAGGED_MAX = 256
"""Harvests of one planting that one operation recorded late can flag."""

DAY_MS = 86_400_000


def _need_plot(ctx: Context, plot: str) -> Plot:
    return plots.need(ctx, plot, SubjectUnknown(f"plot:{plot}"))


def _need_planting(ctx: Context, planting: str) -> Planting:
    return plantings.need(ctx, planting, SubjectUnknown(f"planting:{planting}"))


@RULES.rule(StartPlanting, by=PRODUCERS)
def start_planting(ctx: Context, action: StartPlanting) -> None:
    """A crop begins on the signer's plot."""
    for field, text in (("crop", action.crop), ("variety", action.variety), ("seed", action.seed)):
        check_text(field, text)
    check_event(ctx, action.event_ms)
    plot = _need_plot(ctx, action.plot)
    check_owner(ctx, f"plot:{action.plot}", plot.owner)
    if plantings.has(ctx, action.planting):
        raise AlreadyRegistered(f"planting:{action.planting}")
    if len(plot.plantings) >= PLANTINGS_MAX:
        raise TooMany(f"plantings on plot:{action.plot}", PLANTINGS_MAX)
    begin_ms = edge_from(ctx, action.event_ms)
    row = Planting(plot.owner, action.plot, action.crop, action.variety, action.seed, action.event_ms, begin_ms)
    plantings.put(ctx, action.planting, row, SELF)
    plots.put(ctx, action.plot, replace(plot, plantings=(*plot.plantings, action.planting)), PLACE, begin_ms)
    journal_organisations(ctx, plot.owner)


@RULES.rule(EndPlanting, by=PRODUCERS)
def end_planting(ctx: Context, action: EndPlanting) -> None:
    """The crop is cleared; its hold on the plot ends, but for late readings."""
    check_event(ctx, action.event_ms)
    row = _need_planting(ctx, action.planting)
    check_owner(ctx, f"planting:{action.planting}", row.owner)
    if row.ended_ms is not None:
        raise PlantingEnded(action.planting, row.ended_ms)
    check_order(f"planting:{action.planting}", action.event_ms, max(row.started_ms, row.harvested_ms))
    plot = _need_plot(ctx, row.plot)
    plantings.put(ctx, action.planting, replace(row, ended_ms=action.event_ms), SELF)
    rest = tuple(planting for planting in plot.plantings if planting != action.planting)
    ended = (*plot.ended, action.planting)[-PLANTINGS_MAX:]
    plot = replace(plot, plantings=rest, ended=ended)
    plots.put(ctx, row.plot, plot, PLACE, row.edge_from_ms, edge_to(ctx, action.event_ms))
    journal_organisations(ctx, row.owner)


@RULES.rule(RecordOperation, by=PRODUCERS)
def record_operation(ctx: Context, action: RecordOperation) -> None:
    """Farm work; with a safety interval it marks the planting or plot, and flags what was harvested inside it."""
    for field in ("input", "registration", "dose", "remark"):
        check_text(field, getattr(action, field))
    check_event(ctx, action.event_ms)
    kind, _, key = action.target.partition(":")
    until_ms = action.event_ms + action.safety_interval_days * DAY_MS
    interval = Interval(action.event_ms, until_ms, action.registration or action.input)
    marks = action.safety_interval_days > 0
    if kind == "planting":
        planting = _need_planting(ctx, key)
        check_owner(ctx, action.target, planting.owner)
        check_order(action.target, action.event_ms, planting.started_ms)
        if marks:
            plantings.put(ctx, key, replace(planting, intervals=_kept(planting.intervals, interval)), SELF)
            _flag_taken(ctx, key, interval)
        else:
            ctx.journal(action.target, SELF)
        ctx.journal(f"plot:{planting.plot}", OTHER)
        return
    plot = _need_plot(ctx, key)
    check_owner(ctx, action.target, plot.owner)
    if marks:
        plots.put(ctx, key, replace(plot, intervals=_kept(plot.intervals, interval)), SELF)
    else:
        ctx.journal(action.target, SELF)
    for name in (*plot.plantings, *plot.ended):
        planting = _need_planting(ctx, name)
        if planting.ended_ms is None or planting.ended_ms >= action.event_ms:
            ctx.journal(f"planting:{name}", OTHER)
            if marks:
                _flag_taken(ctx, name, interval)


def _kept(intervals: tuple[Interval, ...], new: Interval) -> tuple[Interval, ...]:
    """`intervals` with `new`, the `INTERVALS_MAX` that end last."""
    return tuple(sorted((*intervals, new), key=lambda interval: interval.until_ms)[-INTERVALS_MAX:])


def _flag_taken(ctx: Context, planting: str, interval: Interval) -> None:
    """Flag lots whose harvest, recorded before, lies inside a safety interval recorded only now."""
    prefix = f"{planting}:"
    found = harvests.scan(ctx, prefix, after=f"{prefix}{interval.from_ms:015d}", limit=FLAGGED_MAX + 1)
    inside = [lot for key, lot in found if key < f"{prefix}{interval.until_ms:015d}"]
    if len(inside) > FLAGGED_MAX:
        raise TooMany(f"harvests of planting:{planting} in the interval", FLAGGED_MAX)
    for lot in inside:
        _flag(ctx, lot, interval)


def _flag(ctx: Context, lot: str, interval: Interval) -> None:
    ctx.event("safety_interval", f"lot:{lot}", interval.registration, interval.until_ms)
    add_flag(ctx, lot, Flag.SAFETY_INTERVAL, SELF)


@RULES.rule(Harvest, by=PRODUCERS)
def harvest(ctx: Context, action: Harvest) -> None:
    """A lot comes into being in the farm's hands; inside a safety interval it is flagged, not refused."""
    check_event(ctx, action.event_ms)
    row = _need_planting(ctx, action.planting)
    check_owner(ctx, f"planting:{action.planting}", row.owner)
    check_order(f"planting:{action.planting}", action.event_ms, row.started_ms)
    if row.ended_ms is not None and action.event_ms > row.ended_ms:
        raise PlantingEnded(action.planting, row.ended_ms)
    plot = _need_plot(ctx, row.plot)
    lot = commission(
        ctx, Output(action.product, action.number, action.quantity), action.event_ms, planting=action.planting, flags=0
    )
    for interval in (*row.intervals, *plot.intervals):
        if interval.from_ms <= action.event_ms < interval.until_ms:
            _flag(ctx, lot, interval)
    covered = {
        f"planting:{action.planting}",
        f"plot:{row.plot}",
        f"product:{action.product}",
        f"organisation:{row.owner}",
    }
    cite_certificates(ctx, action.certificates, action.event_ms, covered)
    mark_organic(ctx, lot, action.certificates, covered)
    harvests.put(ctx, f"{action.planting}:{action.event_ms:015d}:{lot}", lot)
    row = replace(row, harvested_ms=max(row.harvested_ms, action.event_ms))
    plantings.put(ctx, action.planting, row, INPUT)
    ctx.journal(f"plot:{row.plot}", PLACE, row.edge_from_ms, edge_to(ctx, action.event_ms))
    journal_organisations(ctx, row.owner)
