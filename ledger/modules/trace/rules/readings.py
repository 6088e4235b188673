"""The rule for readings that a device signs. It runs far more often than any other: looks first, computes only when
it must.
"""

from itertools import pairwise

from ledger.context import Context
from ledger.modules.trace.errors import (
    EventInFuture,
    MetricUnknown,
    NamedTwice,
    OutsideCalibration,
    ReadingsMalformed,
    ReadingsTooOld,
)
from ledger.modules.trace.messages import RecordReadings
from ledger.modules.trace.ports import MetricFacts, Ports
from ledger.modules.trace.rules.common import PORT_RULES
from ledger.modules.trace.rules.excursions import check_stays
from ledger.modules.trace.rules.late import remember
from ledger.modules.trace.rules.series import find_attachment, insert_record, note_record
from ledger.modules.trace.rules.watches import note_watch
from ledger.modules.trace.state import Measured, Series, series
from ledger.roles import Role
from ledger.state import DEVICE, SELF


@PORT_RULES.rule(RecordReadings, by=(Role.DEVICE,))
def record_readings(ports: Ports, ctx: Context, action: RecordReadings) -> None:
    """Readings join the device's series and the journal of the thing it is tied to at that time."""
    subject = ctx.signer.subject
    device = subject.removeprefix("device:")
    facts = ports.devices.need(ctx, device)
    end_ms = check_shape(action)
    _check_times(ctx, device, action.start_ms, end_ms)
    if not facts.calibrated(action.start_ms, end_ms):
        raise OutsideCalibration(device, action.start_ms, end_ms)
    row = series.get(ctx, device) or Series()
    place = find_attachment(device, row, action.start_ms, end_ms)
    thing = row.attachments[place].thing
    interval_ms = max(facts.interval_ms, action.interval_ms)
    row = insert_record(ctx, device, row, action, end_ms, interval_ms)
    row = note_record(row, place, action.sequence)
    # So a journey that comes by the thing finds the device, however long ago it was tied to it.
    ctx.journal(thing, SELF)
    ctx.journal(subject, DEVICE, ctx.time_ms, ctx.time_ms)
    measured = []
    for column in action.columns:
        metric = facts.metric(column.metric)
        if metric is None:
            raise MetricUnknown(device, column.metric)
        measured.append(_look_at(ctx, action, column.values, metric))
    watched = not thing.startswith("plot:")
    series.put(ctx, device, note_watch(ctx, row, place, action, end_ms, measured) if watched else row)
    check_stays(ctx, device, thing, action, end_ms, interval_ms, measured)
    if watched:
        remember(ctx, device, thing, action, end_ms, interval_ms, measured)


def check_shape(action: RecordReadings) -> int:
    """The event time of the last reading; raises `ReadingsMalformed` or `NamedTwice` when columns and times do not
    fit.
    """
    columns = action.columns
    count = len(columns[0].values)
    for column in columns:
        if len(column.values) != count:
            raise ReadingsMalformed("columns", "各指标读数个数不同", "columns have different lengths")
    if len(columns) > 1 and len({column.metric for column in columns}) < len(columns):
        names = [column.metric for column in columns]
        raise NamedTwice("columns", next(name for name in names if names.count(name) > 1))
    offsets = action.offsets_ms
    if not offsets:
        if count > 1 and not action.interval_ms:
            raise ReadingsMalformed("interval_ms", "多个读数须有间隔", "several readings need an interval or offsets")
        return action.start_ms + (count - 1) * action.interval_ms
    if len(offsets) != count or action.interval_ms:
        raise ReadingsMalformed(
            "offsets_ms", "须与读数一一对应，且间隔为 0", "needs one for each reading, and no interval"
        )
    if offsets[0] != 0 or any(before >= after for before, after in pairwise(offsets)):
        raise ReadingsMalformed("offsets_ms", "须从 0 开始严格递增", "they begin with 0 and rise")
    return action.start_ms + offsets[-1]


def _check_times(ctx: Context, device: str, start_ms: int, end_ms: int) -> None:
    latest_ms = ctx.time_ms + ctx.parameters["clock_ahead_ms"]
    if end_ms > latest_ms:
        raise EventInFuture(end_ms, latest_ms)
    earliest_ms = ctx.time_ms - ctx.parameters["late_readings_ms"]
    if start_ms < earliest_ms:
        raise ReadingsTooOld(device, start_ms, earliest_ms)


def _look_at(ctx: Context, action: RecordReadings, values: tuple[int | None, ...], metric: MetricFacts) -> Measured:
    """Name what is missing and what the device cannot plausibly say; neither counts for anything else."""
    plausible = values
    if None in values:
        ctx.event("missing", metric.name, values.count(None))
        known = [value for value in values if value is not None]
    else:
        known = list(values)  # type: ignore[arg-type]  # the test above has shown that none is None
    if not known:
        return Measured(metric.name, metric.unit, metric.exponent, values, None, None)
    low, high = min(known), max(known)
    if low < metric.minimum or high > metric.maximum:
        wrong = [value for value in known if not metric.minimum <= value <= metric.maximum]
        worst = max(wrong, key=lambda value: max(metric.minimum - value, value - metric.maximum))
        place = values.index(wrong[0])
        at_ms = action.start_ms + (action.offsets_ms[place] if action.offsets_ms else place * action.interval_ms)
        ctx.event("outlier", metric.name, len(wrong), worst, metric.exponent, at_ms)
        limits = (metric.minimum, metric.maximum)
        plausible = tuple(value if value is not None and limits[0] <= value <= limits[1] else None for value in values)
        known = [value for value in plausible if value is not None]
        if not known:
            return Measured(metric.name, metric.unit, metric.exponent, plausible, None, None)
        low, high = min(known), max(known)
    return Measured(metric.name, metric.unit, metric.exponent, plausible, low, high)
