"""Goods whose entry is recorded later than the readings of that time: nobody gains by waiting.

Readings are held against the goods inside when they are recorded (`excursions`). Of each device lately tied to a
container the last records are kept as well, and held against whatever is later said to have been inside at their time.
Where they are kept no longer, the goods are flagged as not judged.
"""

from collections.abc import Iterator

from ledger.context import Context
from ledger.modules.trace.messages import Band, RecordReadings
from ledger.modules.trace.rules.common import need_lot, need_product
from ledger.modules.trace.rules.excursions import Comparison, band_bounds
from ledger.modules.trace.rules.flags import add_flag
from ledger.modules.trace.state import (
    Flag,
    Heard,
    Listeners,
    Measured,
    Series,
    Stay,
    banded,
    heard,
    listeners,
    series,
)
from ledger.state import OTHER

HEARD_MAX = 64
"""Records kept of one device about one container, the latest."""

LISTENERS_MAX = 32
"""Devices kept with a container, the latest to be tied to it."""

COMPARISONS_MAX = 2_048
"""Lots times columns that one late entry compares."""


def listen(ctx: Context, container: str, device: str) -> None:
    """`device` is tied to `container` (a subject)."""
    if container.startswith("plot:"):
        return
    row = listeners.get(ctx, container) or Listeners()
    kept = (*(known for known in row.devices if known != device), device)
    forgotten = [(series.get(ctx, known) or Series()).last_ms for known in kept[:-LISTENERS_MAX]]
    listeners.put(ctx, container, Listeners(kept[-LISTENERS_MAX:], max([row.forgotten_ms, *forgotten])))


def remember(
    ctx: Context,
    device: str,
    container: str,
    action: RecordReadings,
    end_ms: int,
    last_hold_ms: int,
    measured: list[Measured],
) -> None:
    """Keep the columns of a record that a product's band can be about, in place of the record `HEARD_MAX` before it."""
    columns = tuple(column for column in measured if column.low is not None and banded.has(ctx, column.name))
    if not columns:
        return
    key = _place(container, device, action.sequence % HEARD_MAX)
    before = heard.get(ctx, key)
    forgotten_ms = -1 if before is None else max(before.forgotten_ms, before.end_ms)
    times = (action.sequence, action.start_ms, end_ms, action.interval_ms, action.offsets_ms, last_hold_ms)
    heard.put(ctx, key, Heard(*times, columns, forgotten_ms))


def _place(container: str, device: str, number: int) -> str:
    return f"{container}:{device}:{number:02d}"


def judge_late(ctx: Context, container: str, began: list[Stay]) -> None:
    """Hold the readings kept with `container` against the lots of new stays, which all begin at the same time."""
    known = listeners.get(ctx, container)
    if known is None or not began:
        return
    from_ms = began[0].from_ms
    late = [device for device in known.devices if (series.get(ctx, device) or Series()).last_ms >= from_ms]
    if not late and known.forgotten_ms < from_ms:
        return
    bands = {stay.lot: band for stay in began if (band := need_product(ctx, need_lot(ctx, stay.lot).product).band)}
    minding = [stay for stay in began if stay.lot in bands]
    if not minding:
        return
    whole = known.forgotten_ms < from_ms and all(
        (banded.get(ctx, band.metric) or 0) <= from_ms for band in bands.values()
    )
    budget = COMPARISONS_MAX // len(minding)
    for device in late:
        for record in _records(ctx, container, device):
            whole = whole and record.forgotten_ms < from_ms
            for column in record.columns if record.end_ms + record.last_hold_ms > from_ms else ():
                if not any(_exceeds(column, band) for band in bands.values()):
                    continue
                budget -= 1
                if budget >= 0:
                    Comparison(ctx, device, container, record, record.last_hold_ms, column).run(minding)
    if not whole or budget < 0:
        ctx.event("not_judged", container, from_ms)
        for stay in minding:
            add_flag(ctx, stay.lot, Flag.NOT_JUDGED, OTHER, from_ms)


def _records(ctx: Context, container: str, device: str) -> Iterator[Heard]:
    """What is kept of a device about a container, in the order of its series."""
    rows = (heard.get(ctx, _place(container, device, number)) for number in range(HEARD_MAX))
    return iter(sorted((row for row in rows if row is not None), key=lambda row: row.sequence))


def _exceeds(column: Measured, band: Band) -> bool:
    """Whether some reading of the column lies outside the band."""
    if (column.name, column.unit) != (band.metric, band.unit) or column.low is None or column.high is None:
        return False
    lowest, highest = band_bounds(band, column.exponent)
    return column.low < lowest or column.high > highest
