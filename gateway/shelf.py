"""Batches as the gateway has them now: asked of a node, verified, kept for a moment.

Many people scan one batch within minutes. What was proven is shown again for `fresh_s`; then the node is asked again,
once for all who wait. Rows of what a journey names beside (names, scales, bands) are kept for as long as the batch is.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from client.batch import Evidence, ask_evidence
from client.connection import Connection
from client.journey import Clock
from client.verified import InvalidProof
from gateway.settings import CHINA, Settings
from gateway.web.errors import too_busy
from gateway.web.metrics import Metrics

RECENT = 4
"""Heights of a batch that are kept: who opened a page seconds ago fetches its proofs now."""


class Asked(NamedTuple):
    """What a reader asks for: a trace code, else a subject."""

    code: str = ""
    subject: str = ""


class Shelf:
    """The batches of one gateway."""

    def __init__(
        self,
        connection: Connection,
        genesis: bytes,
        settings: Settings,
        metrics: Metrics,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connection, self.genesis, self.settings, self.metrics = connection, genesis, settings, metrics
        self.clock = Clock(CHINA)
        self._now_s = now_s
        self._height = 0
        self._kept: OrderedDict[Asked, tuple[float, Evidence]] = OrderedDict()
        self._recent: dict[Asked, list[Evidence]] = {}
        self._under_way: dict[Asked, asyncio.Task[Evidence]] = {}

    async def get(self, asked: Asked) -> Evidence:
        """The evidence of a batch. Raises `Remote`, `Unreachable`, `InvalidProof`, `Problem` when too much is asked."""
        since_s, evidence = self._kept.get(asked, (float("-inf"), None))
        if evidence is not None and self._now_s() - since_s < self.settings.fresh_s:
            self._kept.move_to_end(asked)
            self.metrics.journeys.labels("memory").inc()
            return evidence
        task = self._under_way.get(asked)
        if task is None:
            if len(self._under_way) >= self.settings.upstream_max:
                raise too_busy("查询太多，请稍后再试", "too many journeys are asked for at once", 2)
            task = self._under_way[asked] = asyncio.ensure_future(self._ask(asked, evidence))
            task.add_done_callback(lambda done: self._close(asked, done))
        return await asyncio.shield(task)

    async def at(self, asked: Asked, height: int) -> Evidence:
        """The evidence that a page of this height was made from, where it is still kept; else as `get`.

        So that a page and the proofs it fetches are of one height while the ledger goes on.
        """
        for evidence in self._recent.get(asked, ()):
            if evidence.verified.checkpoint.height == height:
                return evidence
        return await self.get(asked)

    async def _ask(self, asked: Asked, before: Evidence | None) -> Evidence:
        known = before.rows if before is not None else None
        try:
            found = await ask_evidence(self.connection, self.genesis, self.clock, known=known, **asked._asdict())
        except InvalidProof:
            self.metrics.invalid.inc()
            self.connection.move_on()
            raise
        self.metrics.journeys.labels("node").inc()
        if found == before:
            found = before  # what was made of it is kept with it
        self._height = max(self._height, found.verified.checkpoint.height)
        self.metrics.height.set(self._height)
        self._kept[asked] = (self._now_s(), found)
        self._kept.move_to_end(asked)
        self._recent[asked] = [found, *self._recent.get(asked, [])][:RECENT]
        if len(self._kept) > self.settings.batches_max:
            self._recent.pop(self._kept.popitem(last=False)[0], None)
        return found

    def _close(self, asked: Asked, task: "asyncio.Task[Evidence]") -> None:
        del self._under_way[asked]
        if not task.cancelled():
            task.exception()  # whoever waits has it; nobody may be left
