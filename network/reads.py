"""Heavy reads (journeys, proofs, readings, old blocks, exports) beside the making of blocks, which they never hold up.

They run in a few threads over a snapshot that any thread may read. Threads share one interpreter and take it from each
other unfairly, so a read works in slices: after each it waits until the event loop has been round once, so that blocks,
submissions and other calls always come first. What was measured is in docs/adr/0009-heavy-reads.md.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from itertools import islice
from time import perf_counter
from typing import TypeVar

from ledger.storage.port import Snapshot
from network.errors import ReadsBusy

THREADS = 4
"""Reads that take turns; they are not faster for being more, but a short one need not wait for a long one."""

SLICE_S = 0.001
"""How long a read works before it waits for the event loop."""

SWITCH_INTERVAL_S = 0.0005
"""How long a thread may keep the interpreter while the event loop waits for it (Python's default is ten times this)."""

RETRY_AFTER_MS = 1_000

_T = TypeVar("_T")


class _Abandoned(Exception):
    """Nobody waits for the answer of this read any more."""


class Reads:
    """Runs heavy reads in threads. At most `limit` single calls run or wait; streams, whose number is bounded
    elsewhere, wait for their turn instead of being refused.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="read")
        sys.setswitchinterval(SWITCH_INTERVAL_S)

    async def call(self, snapshot: Snapshot, work: Callable[[Snapshot], _T]) -> _T:
        """The result of `work` over a snapshot, for a single call; raises what it raises, or `ReadsBusy`.

        Cancelling this (the caller left, or its deadline passed) ends the work at its next read of the snapshot.
        """
        if self._taken >= self._limit:
            raise ReadsBusy(RETRY_AFTER_MS)
        self._taken += 1
        try:
            return await self.turn(snapshot, work)
        finally:
            self._taken -= 1

    async def turn(self, snapshot: Snapshot, work: Callable[[Snapshot], _T]) -> _T:
        """As `call`, for a stream: it waits for its turn."""
        async with aclosing(self.items(snapshot, lambda stepped: iter((work(stepped),)))) as results:
            return await anext(results)

    async def items(self, snapshot: Snapshot, make: Callable[[Snapshot], Iterator[_T]]) -> AsyncGenerator[_T, None]:
        """What a generator over a snapshot yields, for a stream: each item is one turn."""
        loop, found = asyncio.get_running_loop(), list[Iterator[_T]]()
        turns = _Turns(loop)

        def take() -> list[_T]:
            turns.begin()
            if not found:
                found.append(make(snapshot.stepped(turns.step)))
            return list(islice(found[0], 1))

        try:
            while taken := await loop.run_in_executor(self._threads, take):
                yield taken[0]
        finally:
            turns.abandon()

    def close(self) -> None:
        """Forget what waits and wait for what runs."""
        self._threads.shutdown(cancel_futures=True)


class _Turns:
    """The slices of one read: `step` is called between its small steps, in its thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._turn = threading.Event()
        self._abandoned = False
        self._until = 0.0

    def begin(self) -> None:
        """A slice begins now."""
        self._until = perf_counter() + SLICE_S

    def step(self) -> None:
        """Go on, wait for the next slice, or raise `_Abandoned`."""
        if perf_counter() >= self._until:
            self._turn.clear()
            if not self._abandoned:
                self._loop.call_soon_threadsafe(self._turn.set)
                self._turn.wait()
            self.begin()
        if self._abandoned:
            raise _Abandoned

    def abandon(self) -> None:
        """End the read at its next step. Called in the event loop."""
        self._abandoned = True
        self._turn.set()
