"""A curve as a small SVG that reads on a phone, in print, and by a screen reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from client.batch import Curve, Excursion
from client.journey import Clock, decimal

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 352, 14, 162
BUCKETS_MAX = 150
"""Points along the way; of each bucket the lowest and the highest are drawn, so that no peak is lost."""
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
STEPS = (1, 2, 5)

Point = tuple[int, int | None]


@dataclass(frozen=True)
class Span:
    """A part of the curve in figures."""

    when: str
    low: str
    high: str
    out: bool


@dataclass(frozen=True)
class Chart:
    """A drawn curve: `path` in the view box; `band`, `bursts` as (x, y, width, height); ticks as (place, label).

    `plot`: first and last time (ms), value at the bottom and at the top, by which a browser checks the drawing.
    """

    curve: Curve
    key: str
    plot: tuple[int, int, int, int]
    path: str
    low: str
    high: str
    band: tuple[float, float, float, float] | None
    bursts: tuple[tuple[float, float, float, float], ...]
    y_ticks: tuple[tuple[float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    excursions: tuple[Excursion, ...]
    spans: tuple[Span, ...]


def draw(curve: Curve, key: str, clock: Clock) -> Chart:
    """Draw a curve of at least two readings. `key`: a name for its parts that no other chart of the page has."""
    values, times = curve.values, [time_ms for time_ms, _ in curve.points]
    step, bottom, top = _scale(min([*values, *_present(curve.low)]), max([*values, *_present(curve.high)]))
    start_ms, end_ms = times[0], max(times[-1], times[0] + 1)

    def x(time_ms: int) -> float:
        inside = min(max(time_ms, start_ms), end_ms)
        return round(LEFT + (RIGHT - LEFT) * (inside - start_ms) / (end_ms - start_ms), 1)

    def y(value: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - bottom) / (top - bottom), 1)

    band = None
    if curve.low is not None and curve.high is not None:
        band = (LEFT, y(curve.high), RIGHT - LEFT, round(y(curve.low) - y(curve.high), 1))
    told = _last_told(curve.excursions)
    return Chart(
        curve,
        key,
        (start_ms, end_ms, bottom, top),
        _path([(x(time_ms), None if value is None else y(value)) for time_ms, value in thin(curve.points)]),
        curve.shown(min(values)),
        curve.shown(max(values)),
        band,
        tuple(
            (x(one.first_ms), TOP, max(2.0, round(x(one.last_ms) - x(one.first_ms), 1)), BOTTOM - TOP) for one in told
        ),
        tuple((y(value), decimal(value, curve.exponent)) for value in range(bottom, top + 1, step)),
        tuple((x(time_ms), label) for time_ms, label in _moments(start_ms, end_ms, clock)),
        told,
        tuple(_spans(curve, clock)),
    )


def thin(points: list[Point]) -> list[Point]:
    """At most two points a bucket, its lowest and its highest in order of time; gaps stay gaps."""
    if len(points) <= 2 * BUCKETS_MAX:
        return points
    start_ms, length_ms = points[0][0], points[-1][0] - points[0][0] + 1
    kept: list[Point] = []
    for _, group in groupby(points, key=lambda point: (point[0] - start_ms) * BUCKETS_MAX // length_ms):
        inside = list(group)
        there = [(value, time_ms) for time_ms, value in inside if value is not None]
        if len(there) < len(inside):
            kept.append((next(time_ms for time_ms, value in inside if value is None), None))
        if there:
            extremes = {min(there), max(there)}
            kept += sorted((time_ms, value) for value, time_ms in extremes)
    return kept


def _path(points: list[tuple[float, float | None]]) -> str:
    parts, lifted = list[str](), True
    for across, down in points:
        if down is None:
            lifted = True
            continue
        parts.append(f"{'M' if lifted else 'L'}{across:g} {down:g}")
        lifted = False
    return "".join(parts)


def _scale(low: int, high: int) -> tuple[int, int, int]:
    """A step of 1, 2 or 5 times a power of ten, and the multiples of it around both values: three to six lines."""
    room = max(high - low, 1)
    step, power = 1, 1
    while room > 4 * step:
        step, power = _next_step(step, power)
    return step, low // step * step, -(-(high + (high == low)) // step) * step


def _next_step(step: int, power: int) -> tuple[int, int]:
    place = STEPS.index(step // power)
    return (STEPS[place + 1] * power, power) if place < 2 else (power * 10, power * 10)


def _moments(start_ms: int, end_ms: int, clock: Clock) -> Iterator[tuple[int, str]]:
    """Round hours, or midnights where it is about days: three to five of them."""
    length_ms = end_ms - start_ms
    sizes = [
        HOUR_MS // 2,
        HOUR_MS,
        2 * HOUR_MS,
        3 * HOUR_MS,
        6 * HOUR_MS,
        12 * HOUR_MS,
        *(n * DAY_MS for n in (1, 2, 7, 30, 90)),
    ]
    size_ms = next((size for size in sizes if length_ms <= 4.5 * size), 365 * DAY_MS)
    local = clock.local(start_ms)
    midnight_ms = start_ms - (local.hour * 3600 + local.minute * 60 + local.second) * 1000 - local.microsecond // 1000
    time_ms = midnight_ms + -(-(start_ms - midnight_ms) // size_ms) * size_ms
    while time_ms <= end_ms:
        yield time_ms, clock.hour(time_ms) if size_ms < DAY_MS else f"{clock.local(time_ms):%m-%d}"
        time_ms += size_ms


def _last_told(excursions: list[Excursion]) -> tuple[Excursion, ...]:
    """Records of one excursion tell it again and again, longer each time: of each the last."""
    by_start = {one.first_ms: one for one in sorted(excursions, key=lambda one: one.last_ms)}
    return tuple(by_start.values())


def _spans(curve: Curve, clock: Clock) -> Iterator[Span]:
    """By day, or by hour where it is all about one."""
    start_ms, by_day = curve.points[0][0], curve.points[-1][0] - curve.points[0][0] > DAY_MS
    length_ms = DAY_MS if by_day else HOUR_MS
    ahead_ms = int((clock.local(start_ms).utcoffset() or timedelta()).total_seconds()) * 1000
    for number, group in groupby(curve.points, key=lambda point: (point[0] + ahead_ms) // length_ms):
        time_ms = number * length_ms - ahead_ms
        label = clock.day(time_ms) if by_day else f"{clock.local(time_ms):%H}:00"
        values = [value for _, value in group if value is not None]
        if values:
            out = (curve.high is not None and max(values) > curve.high) or (
                curve.low is not None and min(values) < curve.low
            )
            yield Span(label, curve.shown(min(values)), curve.shown(max(values)), out)


def _present(value: int | None) -> list[int]:
    return [] if value is None else [value]
