"""Timers: work that falls due by itself, kept in the state by due time, and how much of it a block has room for.

What fell due lately goes first, so that nobody waits behind a crowd; what waits since before makes room for a block's
records (docs/adr/0032).
"""

from typing import TYPE_CHECKING

from ledger.state import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.context import Context
    from ledger.state import Reader

TIMERS_PER_PAGE = 64
"""Much of what a block does falls due at one time, and each row that a block changes costs a path of the state tree."""

RECORD_WORK = 8
"""Rows' worth of work that a record is counted as where timers that wait make room for it."""

WAITING_SHARE, WAITING_EVERY = 8, 2
"""Where nothing is left for timers that wait, one block in so many has room for one in so many rows all the same."""

LATE_SHARE, LATE_EVERY = 8, 16
"""A block that comes more than one in so many parts of `block_interval_ms` too late tells of a network that has more to
do than it can: then only one block in so many has that room.
"""

LATE_ROOM_MAX = 8
"""A block that comes late has room for as much of what fell due lately as the blocks it stands for, up to so many."""

timers: Table[tuple[bytes, ...]] = Table("ledger", "timer", tuple[bytes, ...])
"""Due work, by due time: `ledger/timer/<due ms>-<height>-<page>` -> encoded timers in the order of scheduling."""


def timer_key(due_ms: int, height: int = 0, page: int = 0) -> str:
    """Key of a row of timers that the block of a height scheduled; no block has height 0: before all that are due."""
    return f"{due_ms:016d}-{height:012d}-{page:04d}"


def scheduled(ctx: "Context") -> "Iterator[tuple[int, bytes]]":
    """(due time in ms, encoded timer) of everything scheduled, in order of due time, then of scheduling: unbounded, for
    invariants and readers, not for rules.
    """
    for key, page in timers.every(ctx):
        due_ms = int(key.partition("-")[0])
        yield from ((due_ms, raw) for raw in page)


def is_timer_due(reader: "Reader", time_ms: int) -> bool:
    """Whether a state has timers that were due at a block time."""
    first = next(reader.scan(timers.prefix, b""), None)
    return first is not None and first[0] < timers.prefix + timer_key(time_ms + 1).encode()


def forget(ctx: "Context", key: str, ran: int) -> None:
    """Take the first timers off a row, to which they may have added others."""
    left = (timers.get(ctx, key) or ())[ran:]
    if left:
        timers.put(ctx, key, left)
    else:
        timers.delete(ctx, key)


def room_for_lately(elapsed_ms: int, parameters: "Mapping[str, int]") -> int:
    """How many rows' worth of work timers that fell due lately may do in a block, so long after the one before."""
    per_block = parameters["timers_per_block"]
    return min(LATE_ROOM_MAX * per_block, max(per_block, per_block * elapsed_ms // parameters["block_interval_ms"]))


def room_to_wait(room: int, records: int, height: int, elapsed_ms: int, parameters: "Mapping[str, int]") -> int:
    """How many rows' worth of work timers that wait may do in the block of a height, so long after the one before.

    `room`: what others have left of `timers_per_block`; negative: they used more. Beside many records it is little.
    """
    left = room - RECORD_WORK * records
    if left > 0:
        return left
    interval_ms = parameters["block_interval_ms"]
    every = LATE_EVERY if elapsed_ms > interval_ms + interval_ms // LATE_SHARE else WAITING_EVERY
    return max(1, parameters["timers_per_block"] // WAITING_SHARE) if height % every == 0 else 0
