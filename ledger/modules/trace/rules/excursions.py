"""The cold-chain rule: readings of a container against the bands of the lots that were inside at that time.

A reading stands for the time until the record's next instant (the last one for as long as the one before it), cut to
the stay; implausible and missing readings stand for nothing. Exposure adds up over all records of one device about
one stay.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.messages import Band, RecordReadings
from ledger.modules.trace.rules.common import need_lot, need_product
from ledger.modules.trace.rules.flags import add_flag
from ledger.modules.trace.state import Exposure, Flag, Limit, Measured, Stay, exposures, stays, touched
from ledger.modules.trace.state.watching import Part
from ledger.state import OTHER

STAYS_MAX = 256
"""Stays that one record is compared with, the latest; a container holds no more at a time."""

EXPOSURES_MAX = 64
"""Exposures kept with a lot, the latest."""

PARTS_MAX = 32
"""Parts kept of an exposure; beyond it the two that together are shortest become one."""

PART_MS = 10 * 60_000
"""No part is made longer than this, but for a single reading that stands for more."""

FOREVER_MS = 2**62

DEGREE_MS_MAX = 2**62
"""Where distance times time stops counting: beyond any limit a product can declare, and still an integer that is
stored.
"""


class Timed(Protocol):
    """The instants of a record of readings: `RecordReadings`, or what is kept of one."""

    @property
    def sequence(self) -> int:
        """Its number in the device's series."""

    @property
    def start_ms(self) -> int:
        """Event time of the first reading."""

    @property
    def interval_ms(self) -> int:
        """Time from one reading to the next; 0 with offsets."""

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        """Time of each reading after `start_ms`, or empty."""


class Outside(NamedTuple):
    """How far and how long readings were outside a band; `peak` is a scaled reading of the device."""

    outside_ms: int
    degree_ms: int
    peak: int
    first_ms: int
    last_ms: int
    parts: tuple[Part, ...]


def band_bounds(band: Band | Limit, exponent: int) -> tuple[int, int]:
    """(lowest, highest) reading of 10^`exponent` units that lies inside `band`."""
    shift = band.exponent - exponent
    if shift >= 0:
        return band.minimum * 10**shift, band.maximum * 10**shift
    return -(-band.minimum // 10**-shift), band.maximum // 10**-shift


def check_stays(
    ctx: Context,
    device: str,
    container: str,
    action: RecordReadings,
    end_ms: int,
    interval_ms: int,
    measured: list[Measured],
) -> None:
    """Hold columns against the lots inside `container`; most often the container's narrowest band settles it at
    once.
    """
    row = stays.get(ctx, container)
    if row is None:
        return
    if action.start_ms <= row.forgotten_ms:
        ctx.event("not_judged", container, row.forgotten_ms)
    if not row.limits:
        return
    for column in measured:
        if column.low is None or column.high is None or not _may_exceed(ctx, row.limits, column):
            continue
        inside = [
            stay
            for stay in row.stays
            if stay.from_ms <= end_ms and (stay.to_ms is None or stay.to_ms > action.start_ms)
        ]
        if inside:
            Comparison(ctx, device, container, action, interval_ms, column).run(inside[-STAYS_MAX:])


def _may_exceed(ctx: Context, limits: tuple[Limit, ...], column: Measured) -> bool:
    """Whether some lot may mind; a band in another unit cannot be compared, and that is said."""
    assert column.low is not None and column.high is not None
    exceeds = False
    for limit in limits:
        if limit.metric != column.name:
            continue
        if limit.unit != column.unit:
            ctx.event("not_comparable", limit.metric, column.unit, limit.unit)
            continue
        lowest, highest = band_bounds(limit, column.exponent)
        exceeds = exceeds or column.low < lowest or column.high > highest
    return exceeds


class Comparison:
    """One column of one record against many stays; lots of one product that stayed alike are computed once."""

    def __init__(
        self, ctx: Context, device: str, container: str, action: Timed, interval_ms: int, column: Measured
    ) -> None:
        self.ctx, self.device, self.container, self.action, self.column = ctx, device, container, action, column
        count = len(column.values)
        offsets = action.offsets_ms or range(0, count * action.interval_ms or 1, action.interval_ms or 1)
        self.times = [action.start_ms + offset for offset in offsets[:count]]
        last_hold = self.times[-1] - self.times[-2] if count > 1 else interval_ms
        self.holds = [after - before for before, after in zip(self.times, self.times[1:], strict=False)] + [last_hold]
        self.known: dict[tuple[str, int, int], Outside | None] = {}

    def run(self, inside: list[Stay]) -> None:
        """Add exposure to every lot that minds, once for each begin of a stay."""
        flagged: dict[str, None] = {}
        seen: set[tuple[str, int]] = set()
        for stay in inside:
            if (stay.lot, stay.from_ms) in seen:
                continue
            seen.add((stay.lot, stay.from_ms))
            product = need_lot(self.ctx, stay.lot).product
            band = need_product(self.ctx, product).band
            if band is None or (band.metric, band.unit) != (self.column.name, self.column.unit):
                continue
            until_ms = FOREVER_MS if stay.to_ms is None else stay.to_ms
            key = (product, max(stay.from_ms, self.times[0]), min(until_ms, self.times[-1] + self.holds[-1]))
            if key not in self.known:
                self.known[key] = self.measure(band, key[1], key[2])
            outside = self.known[key]
            if outside is not None and self.add(stay, band, outside):
                flagged[stay.lot] = None
        if flagged:
            name = f"{self.device}:{self.action.sequence:015d}"
            before = touched.get(self.ctx, name) or ()
            touched.put(self.ctx, name, tuple(dict.fromkeys((*before, *flagged))))

    def measure(self, band: Band, from_ms: int, to_ms: int) -> Outside | None:
        """The readings of [from_ms, to_ms) outside `band`, or None when there is none."""
        exponent = self.column.exponent
        lowest, highest = band_bounds(band, exponent)
        finer = 10 ** max(0, exponent - band.exponent)
        coarser = 10 ** max(0, band.exponent - exponent)
        total_ms = degrees = farthest = peak = 0
        parts: list[Part] = []
        first_ms = last_ms = -1
        for at_ms, hold_ms, value in zip(self.times, self.holds, self.column.values, strict=True):
            if value is None or lowest <= value <= highest or not from_ms <= at_ms < to_ms:
                continue
            stood_ms = min(hold_ms, to_ms - at_ms)
            distance = max(band.minimum * coarser - value * finer, value * finer - band.maximum * coarser)
            total_ms += stood_ms
            degrees += distance * stood_ms
            if distance > farthest:
                farthest, peak = distance, value
            if parts and at_ms == last_ms and at_ms + stood_ms - parts[-1].from_ms <= PART_MS:
                parts[-1] = Part(parts[-1].from_ms, at_ms + stood_ms, parts[-1].degree_ms + distance * stood_ms)
            else:
                parts.append(Part(at_ms, at_ms + stood_ms, distance * stood_ms))
            first_ms = at_ms if first_ms < 0 else first_ms
            last_ms = at_ms + stood_ms
        if first_ms < 0:
            return None
        scaled = (replace(part, degree_ms=min(part.degree_ms // coarser, DEGREE_MS_MAX)) for part in parts)
        degree_ms = min(degrees // coarser, DEGREE_MS_MAX)
        return Outside(total_ms, degree_ms, peak, first_ms, last_ms, _bounded(scaled))

    def add(self, stay: Stay, band: Band, new: Outside) -> bool:
        """Add `new` to the lot's exposure; whether it now exceeds what the product bears (then event, flag and
        journal).
        """
        column = self.column
        rows = exposures.get(self.ctx, stay.lot) or ()
        same = (self.container, stay.from_ms, self.device, column.name)
        place = next(
            (at for at, row in enumerate(rows) if (row.place, row.from_ms, row.device, row.metric) == same), None
        )
        if place is None:
            total = Exposure(*same, *new[:5], new.parts)
            rows = (*rows, total)[-EXPOSURES_MAX:]
        else:
            total = _sum(rows[place], new, band, column.exponent)
            rows = (*rows[:place], total, *rows[place + 1 :])
        exposures.put(self.ctx, stay.lot, rows)
        bears = band.allowed_degree_ms is None or total.degree_ms <= band.allowed_degree_ms
        if bears and total.outside_ms <= band.allowed_ms:
            return False
        if len(self.ctx.events) < STAYS_MAX:
            self.ctx.event(
                "excursion",
                f"lot:{stay.lot}",
                column.name,
                total.first_ms,
                total.last_ms,
                total.peak,
                column.exponent,
                total.outside_ms,
            )
        add_flag(self.ctx, stay.lot, Flag.EXCURSION, OTHER, total.first_ms)
        return True


def _sum(before: Exposure, new: Outside, band: Band, exponent: int) -> Exposure:
    """An exposure with more of it; the peak is the reading farther outside the band."""
    lowest, highest = band_bounds(band, exponent)

    def distance(value: int) -> int:
        return max(lowest - value, value - highest)

    return Exposure(
        before.place,
        before.from_ms,
        before.device,
        before.metric,
        before.outside_ms + new.outside_ms,
        min(before.degree_ms + new.degree_ms, DEGREE_MS_MAX),
        new.peak if distance(new.peak) > distance(before.peak) else before.peak,
        min(before.first_ms, new.first_ms),
        max(before.last_ms, new.last_ms),
        _bounded((*before.parts, *new.parts)),
    )


def _bounded(parts: Iterable[Part]) -> tuple[Part, ...]:
    """`parts` in order of time, neighbours joined until there are no more than `PARTS_MAX`."""
    ordered = sorted(parts, key=lambda part: (part.from_ms, part.to_ms))
    while len(ordered) > PARTS_MAX:
        place = min(range(1, len(ordered)), key=lambda at: ordered[at].to_ms - ordered[at - 1].from_ms)
        one, other = ordered[place - 1 : place + 1]
        degree_ms = min(one.degree_ms + other.degree_ms, DEGREE_MS_MAX)
        ordered[place - 1 : place + 1] = [Part(one.from_ms, max(one.to_ms, other.to_ms), degree_ms)]
    return tuple(ordered)
