"""Capture jobs: documents that were taken, in a bounded queue, on their way onto the ledger (EPCIS 2.0 section 12.5).

Validation is all or nothing and over before there is a job. With `rollback` the ledger's rules are asked about the
whole document next, and where they would refuse any of it, nothing is recorded. After that each event is a transaction
of its own: what has changed meanwhile can still make the ledger refuse one, which takes back nothing that was accepted
before, and a job says so.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal
from weakref import WeakValueDictionary

import structlog

from client.connection import Connection
from client.failures import Failure
from gateway.epcis.capturing import Capture, Captured, Turns
from gateway.epcis.problems import busy, described, of_event
from gateway.epcis.settings import EpcisSettings
from gateway.epcis.trial import Trial
from standards.epcis.document import Document
from standards.epcis.signing import Signed

Behaviour = Literal["rollback", "proceed"]
log = structlog.get_logger("gateway.epcis")

KEPT_ZH = "试运行通过之后仍未能全部收录。账本不能收回已接受的记录：列出的已收录事件仍然有效，出错事件之后的未提交"
KEPT_EN = (
    "the dry run found nothing, and yet not all could be captured. The ledger takes back nothing that it accepted: the "
    "events listed as captured stand, those after the one with the error were not submitted"
)


@dataclass
class Job:
    """One document on its way. `skip`: indices of invalid events, with `proceed`, already told in `errors`."""

    behaviour: Behaviour
    document: Document | None
    data: bytes
    signed: Signed | None
    skip: frozenset[int] = frozenset()
    errors: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def name_recorded(self) -> None:
        """Let the errors of a document that was to be all or nothing name what of it is recorded all the same."""
        recorded = [event for event in self.events if not event.get("before")]
        if self.behaviour == "rollback" and recorded:
            self.errors = [error | {"recorded": recorded} for error in self.errors]

    def described(self) -> dict[str, Any]:
        """The job resource."""
        body: dict[str, Any] = {
            "captureID": self.id,
            "createdAt": _moment(self.created),
            "running": self.finished is None,
            "success": not self.errors,
            "captureErrorBehaviour": self.behaviour,
            "errors": self.errors,
            "events": self.events,
        }
        if self.finished is not None:
            body["finishedAt"] = _moment(self.finished)
        if self.address:
            body["document"] = self.address
        if self.errors and self.events and self.behaviour == "rollback":
            body |= {"notice_zh": KEPT_ZH, "notice_en": KEPT_EN}
        return body


class Jobs:
    """The jobs of one gateway; `told` is called whenever events were captured."""

    def __init__(self, connection: Connection, settings: EpcisSettings, told: Callable[[], None]) -> None:
        self.connection, self.settings, self._told = connection, settings, told
        self._known: OrderedDict[str, Job] = OrderedDict()
        self._turns: Turns = WeakValueDictionary()
        self._trials = asyncio.Lock()
        self._waiting: asyncio.Queue[Job] = asyncio.Queue(settings.jobs_waiting_max)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work on jobs meanwhile. Those left at the end are lost, as their finders see: a job is not kept on disk."""
        workers = [asyncio.create_task(self._work()) for _ in range(self.settings.jobs_at_once)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    def add(self, job: Job) -> None:
        """Queue a job; raises EpcisProblem when there is no room."""
        try:
            self._waiting.put_nowait(job)
        except asyncio.QueueFull:
            raise busy("等待收录的文档太多，请稍后再试", "too many documents wait to be captured") from None
        self._known[job.id] = job
        while len(self._known) > self.settings.jobs_kept + self.settings.jobs_waiting_max + self.settings.jobs_at_once:
            self._known.popitem(last=False)

    def get(self, identity: str) -> Job | None:
        """A job that is still known."""
        return self._known.get(identity)

    def all(self) -> list[Job]:
        """Every job still known, oldest first."""
        return list(self._known.values())

    async def _work(self) -> None:
        while True:
            job = await self._waiting.get()
            try:
                await self._capture(job)
            except Failure as failure:
                job.errors.append(_stopped(failure.zh, failure.en))
            except Exception:
                log.exception("capture_failed", job=job.id)
                job.errors.append(_stopped("网关内部错误", "the gateway failed; its operator finds this in the log"))
            finally:
                job.name_recorded()
                job.finished = datetime.now(UTC)
                job.document, job.data = None, b""
                job.done.set()
                self._told()

    async def _capture(self, job: Job) -> None:
        assert self.settings.key is not None, "a gateway without a key takes no document"
        assert job.document is not None
        if not job.document.events:
            return
        key, kind = self.settings.key, self.settings.document_class
        bringing = Capture(self.connection, key, job.document, job.data, job.signed, kind, self._turns)
        await bringing.begin()
        indices = [index for index in range(len(job.document.events)) if index not in job.skip]
        if job.behaviour == "proceed":
            for index in indices:
                async with bringing.turn(index):
                    await _bring(job, bringing, index)
            return
        async with bringing.turn(*indices):
            tried = await Trial(bringing, self._trials).run(indices)
            job.errors += [of_event(each.planned.index, each.failure) for each in tried if each.failure is not None]
            for index in indices:
                if not job.errors:
                    await _bring(job, bringing, index)


async def _bring(job: Job, bringing: Capture, index: int) -> None:
    """Submit one event; the job tells what came of it."""
    captured = await bringing.submit(index)
    job.address = bringing.address
    if captured.record is not None or captured.assertion is not None:
        job.events.append(_shown(captured))
    if captured.failure is not None:
        job.errors.append(of_event(index, captured.failure))


def _shown(captured: Captured) -> dict[str, Any]:
    """What became of an event: a record that a rule acted on, or an assertion; with the transactions."""
    planned = captured.planned
    shown: dict[str, Any] = {"event": planned.index, "hash": planned.hash, "ruled": captured.record is not None}
    if captured.before:
        shown["before"] = True
    if captured.record is not None:
        shown["record"] = captured.record
    elif planned.why is not None and not captured.before:
        shown |= {"why_zh": planned.why.zh, "why_en": planned.why.en}
    return shown | ({"transaction": captured.assertion} if captured.assertion is not None else {})


def _stopped(zh: str, en: str) -> dict[str, Any]:
    return described("ImplementationException", HTTPStatus.INTERNAL_SERVER_ERROR, zh, en)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
