"""A gateway's counting, from the page that is opened to the statement that is final."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request

from client.connection import Connection
from client.failures import Failure
from client.partners import Key
from client.scans import COMMUNITY, STATED, TOO_OLD, day_of, list_communities, state_day
from gateway.scans.book import Book
from gateway.scans.retries import Retries
from gateway.scans.visits import Readers, is_visit
from gateway.web.limits import address_of

SAVE_S = 2.0
LOOK_S = 30.0
"""How often it looks whether a day is over, or one that could not be stated can be."""

COMMUNITIES_S = 600.0
FROM = "c"
"""The parameter of a link that says for which community it was made: `/b/CODE?c=garden`."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ScanSettings:
    """`key`: an organisation's registered key that statements are signed with; None: nothing is counted. `name`: of
    this gateway among that organisation's. `folder`: where counts lie until they are stated.
    """

    key: Key | None = None
    name: str = "main"
    folder: Path = Path("gateway")


class Scans:
    """Counts, keeps and states. `running` must be entered before anything is counted."""

    def __init__(self, settings: ScanSettings, registry: CollectorRegistry, *, behind_proxy: bool) -> None:
        self.settings, self._behind_proxy = settings, behind_proxy
        self._readers = Readers()
        self._retries = Retries()
        self._book: Book | None = None
        self._communities: frozenset[str] = frozenset()
        self._asked_s = float("-inf")
        self._counted = Counter("linxin_gateway_scans_total", "Pages of batches opened by readers", registry=registry)
        self._stated = Counter(
            "linxin_gateway_scan_statements_total",
            "Daily statements by what came of them",
            ["result"],
            registry=registry,
        )

    @contextlib.asynccontextmanager
    async def running(self, connection: Connection) -> AsyncIterator[None]:
        """Keep and state what is counted meanwhile. Raises `ScanFailure`, OSError."""
        if self.settings.key is None:
            yield
            return
        self._book = await asyncio.to_thread(Book, self.settings.folder)
        tasks = [asyncio.create_task(self._keep(self._book)), asyncio.create_task(self._state(self._book, connection))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._book.close()
            self._book = None

    def note(self, request: Request, subject: str) -> None:
        """A page about `subject` is shown; counted where it is a lot's, and a reader's first look in some minutes."""
        kind, _, lot = subject.partition(":")
        if self._book is None or kind != "lot" or not is_visit(request):
            return
        address = address_of(request, behind_proxy=self._behind_proxy)
        if not self._readers.is_new(address, request.headers.get("user-agent", ""), lot):
            return
        named = request.query_params.get(FROM)
        self._book.count(day_of(_now_ms()), lot, named if named in self._communities else None)
        self._counted.inc()

    async def _keep(self, book: Book) -> None:
        """Put counts on disk every few seconds; a full disk is told, and tried again."""
        while True:
            book.open_day(day_of(_now_ms()))
            try:
                book.save()
            except OSError as error:
                _log.error("scans: the counts cannot be kept: %s", error)
            await asyncio.sleep(SAVE_S)

    async def _state(self, book: Book, connection: Connection) -> None:
        """State each day that is over, until it is final; learn which communities there are."""
        told = ""
        while True:
            try:
                await self._learn(connection)
                for day in book.days():
                    if day < day_of(_now_ms()) and self._retries.is_due(day):
                        await self._state_day(book, connection, day)
                told = ""
            except (Failure, OSError) as failure:
                self._stated.labels("waiting").inc()
                if str(failure) != told:
                    _log.warning("scans: not stated yet, will be tried again: %s", failure)
                told = str(failure)
            await asyncio.sleep(LOOK_S)

    async def _learn(self, connection: Connection, now_s: Callable[[], float] = time.monotonic) -> None:
        if now_s() - self._asked_s >= COMMUNITIES_S:
            self._communities = await list_communities(connection)
            self._asked_s = now_s()

    async def _state_day(self, book: Book, connection: Connection, day: int) -> None:
        """State one day. It is forgotten when it is stated, now or before: the ledger takes no second statement."""
        assert self.settings.key is not None
        refused = await state_day(connection, self.settings.key, self.settings.name, day, book.counts(day))
        if refused is not None and refused.number == COMMUNITY:  # one that was suspended since
            self._asked_s = float("-inf")
            await self._learn(connection)
            book.fold(day, self._communities)
            refused = await state_day(connection, self.settings.key, self.settings.name, day, book.counts(day))
        number = 0 if refused is None else refused.number
        told = "stated" if refused is None else {STATED: "stated_before", TOO_OLD: "too_old"}.get(number, "refused")
        self._stated.labels(told).inc()
        if refused is not None and self._retries.refused(day, number):
            _log.warning("scans: the statement of day %s by %s was refused: %s", day, self.settings.name, refused)
        if told != "refused":
            book.close_day(day)
            self._retries.forget(day)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
