"""The kernel: one queue of events, virtual time in whole microseconds, named streams of chance, and a fingerprint.

A seed is one execution, bit for bit: nothing that runs here reads a clock, the system's randomness or the order of a
set. Two runs of a seed have the same fingerprint, whatever PYTHONHASHSEED says; a test compares them.
"""

import heapq
import random
import zlib
from collections.abc import Callable
from typing import Any

MILLISECOND = 1_000
SECOND = 1_000_000

START_MS = 1_790_000_000_000
"""The moment, in milliseconds since 1970, at which every simulation begins."""

Call = Callable[..., None]

_MASK = (1 << 64) - 1


class Violation(AssertionError):
    """Something happened that must never happen; the text says what, to whom, and between which values."""


class Kernel:
    """Scheduler, clock and source of chance of one simulation."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now = 0
        self.events = 0
        self.notes: list[tuple[int, str, str]] = []
        """The story: (microseconds, who, what)."""
        self._queue: list[tuple[int, int, Call, tuple[Any, ...]]] = []
        self._count = 0
        self._streams: dict[str, random.Random] = {}
        self._trace = 0

    def stream(self, name: str) -> random.Random:
        """The stream of chance of that name: drawing from one never shifts another."""
        found = self._streams.get(name)
        if found is None:
            found = self._streams[name] = random.Random(f"{self.seed}/{name}")
        return found

    def after(self, delay_us: float, call: Call, *arguments: Any) -> None:
        """Call later; among equal times, first come first served."""
        self._count += 1
        heapq.heappush(self._queue, (self.now + max(0, int(delay_us)), self._count, call, arguments))

    def run(self, until_us: int, stop: Callable[[], bool] = lambda: False) -> None:
        """Let time pass up to `until_us`, or until `stop` says so after an event."""
        queue = self._queue
        while queue and queue[0][0] <= until_us:
            self.now, number, call, arguments = heapq.heappop(queue)
            self._trace = (self._trace * 1_000_003 ^ self.now ^ number) & _MASK
            self.events += 1
            call(*arguments)
            if stop():
                return
        self.now = until_us

    def mix(self, data: bytes) -> None:
        """Let bytes that were produced count in the fingerprint."""
        self._trace = (self._trace * 1_000_003 ^ zlib.crc32(data)) & _MASK

    @property
    def fingerprint(self) -> str:
        """What two runs of one seed must agree on."""
        return f"{self._trace:016x}"

    def note(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self.notes.append((self.now, who, what))
        self.mix(what.encode())
