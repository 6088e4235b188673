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
"""Beside records a block has room for timers that wait in one of so many rows; where the records leave nothing, only
one block in so many has it.
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


def room_to_wait(room: int, records: int, height: int, parameters: "Mapping[str, int]") -> int:
    """How many rows' worth of work timers that wait may do in the block of a height.

    `room`: what others have left of `timers_per_block`; negative: they used more. Without records it is all theirs,
    beside records a small share: what a block does for them, its records wait for.
    """
    if not records and room > 0:
        return room
    is_turn = room > RECORD_WORK * records or height % WAITING_EVERY == 0
    return max(1, parameters["timers_per_block"] // WAITING_SHARE) if is_turn else 0
