"""When a thing was watched, and when its devices said what cannot be: what evidence about goods is weighed by.

Kept with each association of a device, which a record of readings rewrites anyway, so that it costs no row of its own.
"""

from collections.abc import Iterable
from itertools import pairwise

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.messages import RecordReadings
from ledger.modules.trace.rules.series import with_attachment
from ledger.modules.trace.state import Measured, Series, banded
from ledger.modules.trace.state.watching import Watch

PAUSE_MS = 10 * 60_000
"""Pauses between readings up to this are no silence. A constant, not the device's own interval: its owner declares that
and could declare silence away."""

WATCHES_MAX = 16
"""Watches kept of a metric with one association. Beyond it the shortest silences go first, the long ones stay."""

FAULTS_MAX = 16
"""Faults kept with one association; beyond it neighbours become one around both, so none is ever forgotten."""


def note_watch(
    ctx: Context, row: Series, place: int, action: RecordReadings, end_ms: int, measured: list[Measured]
) -> Series:
    """`row` with a record's readings noted as watches of the association at `place`, and its faults.

    An implausible reading is still a reading: the sensor is at fault, nobody was silent. A missing one is none.
    """
    known = row.attachments[place]
    watches, faults, unwatched_ms = known.watches, known.faults, known.unwatched_ms
    odd = action.clock_step_ms != 0
    for column, seen in zip(action.columns, measured, strict=True):
        odd = odd or column.values != seen.values
        if banded.has(ctx, column.metric):
            watches = _with_readings(watches, column.metric, _readings(action, end_ms, column.values))
    if odd:
        faults = _with_fault(faults, action.start_ms, end_ms)
    kept_ms = ctx.time_ms - ctx.parameters["late_readings_ms"]
    if watches and watches[0].to_ms < kept_ms:
        unwatched_ms = max(unwatched_ms, *(watch.to_ms for watch in watches if watch.to_ms < kept_ms))
        watches = tuple(watch for watch in watches if watch.to_ms >= kept_ms)
    if (watches, faults) == (known.watches, known.faults):
        return row
    return with_attachment(row, place, replace(known, watches=watches, unwatched_ms=unwatched_ms, faults=faults))


def _readings(action: RecordReadings, end_ms: int, values: tuple[int | None, ...]) -> list[tuple[int, int]]:
    """The (first, last) times between which a column has readings without a pause."""
    if None not in values and not action.offsets_ms and action.interval_ms <= PAUSE_MS:
        return [(action.start_ms, end_ms)]
    offsets = action.offsets_ms or range(0, len(values) * action.interval_ms or 1, action.interval_ms or 1)
    times = (action.start_ms + offset for offset, value in zip(offsets, values, strict=True) if value is not None)
    return _joined((at_ms, at_ms) for at_ms in times)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order of time, those that no silence parts as one."""
    joined: list[tuple[int, int]] = []
    for from_ms, to_ms in spans:
        if joined and from_ms - joined[-1][1] <= PAUSE_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], to_ms))
        else:
            joined.append((from_ms, to_ms))
    return joined


def _with_readings(watches: tuple[Watch, ...], metric: str, new: list[tuple[int, int]]) -> tuple[Watch, ...]:
    """`watches` with more of `metric`, still in order of their begin."""
    own = [(watch.from_ms, watch.to_ms) for watch in watches if watch.metric == metric]
    spans = _joined(sorted([*own, *new]))
    if len(spans) > WATCHES_MAX:
        longest = sorted(range(1, len(spans)), key=lambda place: (spans[place - 1][1] - spans[place][0], -place))
        cuts = [0, *sorted(longest[: WATCHES_MAX - 1]), len(spans)]
        spans = [(spans[first][0], spans[end - 1][1]) for first, end in pairwise(cuts)]
    rest = (watch for watch in watches if watch.metric != metric)
    made = (Watch(metric, from_ms, to_ms) for from_ms, to_ms in spans)
    return tuple(sorted((*rest, *made), key=lambda watch: (watch.from_ms, watch.metric)))


def _with_fault(faults: tuple[tuple[int, int], ...], from_ms: int, to_ms: int) -> tuple[tuple[int, int], ...]:
    """`faults` with one more; where there are too many, the two with the least time between become one."""
    ordered = sorted((*faults, (from_ms, to_ms)))
    if len(ordered) > FAULTS_MAX:
        near = min(range(1, len(ordered)), key=lambda place: ordered[place][0] - ordered[place - 1][1])
        (first, one), (_, other) = ordered[near - 1 : near + 1]
        ordered[near - 1 : near + 1] = [(first, max(one, other))]
    return tuple(ordered)
