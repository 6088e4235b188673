"""Where a record of readings belongs in its device's series, by number and by time: next, or late into a gap.

Records are numbered from 0 without a hole; a hole is named and remembered with the event times between which it lies,
so that a late record can fill it and nothing else.
"""

from msgspec.structs import replace

from ledger.context import Context
from ledger.modules.trace.errors import DeviceNotAssigned, LateOutsideGap, ReadingsOverlap, SequenceRepeated
from ledger.modules.trace.messages import RecordReadings
from ledger.modules.trace.state import Attachment, Gap, Series

GAPS_MAX = 64
"""Gaps remembered for a device; beyond it the oldest is given up, and said to be."""

QUIET_INTERVALS = 3
"""Expected intervals without a reading from which on silence between consecutive records is named."""


def find_attachment(device: str, row: Series, start_ms: int, end_ms: int) -> int:
    """The position of the association that covers [start_ms, end_ms]; raises `DeviceNotAssigned`."""
    for place in range(len(row.attachments) - 1, -1, -1):
        known = row.attachments[place]
        if known.from_ms <= start_ms and (known.to_ms is None or end_ms < known.to_ms):
            return place
    raise DeviceNotAssigned(device, start_ms, end_ms)


def insert_record(
    ctx: Context, device: str, row: Series, action: RecordReadings, end_ms: int, interval_ms: int
) -> Series:
    """`row` with one more record, from `action.start_ms` to `end_ms`; gaps, steps and silences become events.

    Raises `SequenceRepeated`, `ReadingsOverlap` or `LateOutsideGap`.
    """
    if action.clock_step_ms:
        ctx.event("clock_step", action.sequence, action.clock_step_ms)
    if action.sequence < row.next_sequence:
        return _fill_gap(ctx, device, row, action, end_ms)
    back_ms = min(action.clock_step_ms, 0)
    if action.start_ms - back_ms <= row.last_ms:
        raise ReadingsOverlap(device, action.start_ms, row.last_ms)
    gaps = row.gaps
    if action.sequence > row.next_sequence:
        ctx.event("gap", row.next_sequence, action.sequence - 1)
        gap = Gap(row.next_sequence, action.sequence - 1, row.last_ms, action.start_ms - back_ms)
        gaps = _bounded(ctx, (*gaps, gap))
    elif row.last_ms >= 0 and action.start_ms - row.last_ms > QUIET_INTERVALS * interval_ms:
        ctx.event("time_gap", row.last_ms, action.start_ms)
    return Series(action.sequence + 1, end_ms, gaps, row.attachments)


def _fill_gap(ctx: Context, device: str, row: Series, action: RecordReadings, end_ms: int) -> Series:
    """A record that comes after later ones: it must lie, by number and time, in a gap."""
    number = action.sequence
    gap = next((gap for gap in row.gaps if gap.first <= number <= gap.last), None)
    if gap is None:
        raise SequenceRepeated(device, number)
    if action.start_ms <= gap.after_ms or end_ms >= gap.before_ms:
        raise LateOutsideGap(device, number, gap.after_ms, gap.before_ms)
    ctx.event("late", number)
    before = Gap(gap.first, number - 1, gap.after_ms, action.start_ms)
    after = Gap(number + 1, gap.last, end_ms, gap.before_ms)
    rest = tuple(part for part in (before, after) if part.first <= part.last)
    place = row.gaps.index(gap)
    return replace(row, gaps=_bounded(ctx, (*row.gaps[:place], *rest, *row.gaps[place + 1 :])))


def _bounded(ctx: Context, gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """`gaps`, without the oldest when there are too many."""
    if len(gaps) <= GAPS_MAX:
        return gaps
    ctx.event("gap_given_up", gaps[0].first, gaps[0].last)
    return gaps[1:]


def note_record(row: Series, place: int, sequence: int) -> Series:
    """`row` with `sequence` counted among the records taken under the association at `place`."""
    known = row.attachments[place]
    if known.first <= sequence <= known.last:
        return row
    first = sequence if known.first < 0 else min(known.first, sequence)
    return with_attachment(row, place, replace(known, first=first, last=max(known.last, sequence)))


def with_attachment(row: Series, place: int, attachment: Attachment) -> Series:
    """`row` with another association at `place`."""
    return replace(row, attachments=(*row.attachments[:place], attachment, *row.attachments[place + 1 :]))
