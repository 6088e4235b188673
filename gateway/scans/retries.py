"""When a day whose statement was refused is stated again: each try leaves a refusal on the ledger, for ever."""

import time
from collections.abc import Callable

FIRST_S = 60.0
LONGEST_S = 6 * 3_600.0
"""Four refusals a day, until somebody has read the log; a statement may be a month late."""


class Retries:
    """What is refused for the same cause waits twice as long each time, from a minute to some hours."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waiting: dict[int, tuple[int, float, float]] = {}
        """Day -> number of the refusal, how long it waits, until when."""

    def is_due(self, day: int) -> bool:
        """Whether the day may be stated now."""
        return day not in self._waiting or self._now_s() >= self._waiting[day][2]

    def refused(self, day: int, number: int) -> bool:
        """Let the day wait; whether its cause is a new one, to be told."""
        before, wait_s, _ = self._waiting.get(day, (0, 0.0, 0.0))
        is_new = number != before
        wait_s = FIRST_S if is_new else min(2 * wait_s, LONGEST_S)
        self._waiting[day] = number, wait_s, self._now_s() + wait_s
        return is_new

    def forget(self, day: int) -> None:
        """The day is done with."""
        self._waiting.pop(day, None)
