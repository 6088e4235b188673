"""Documents that come in: `POST /capture`, `POST /events`, and the jobs they become."""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from client.partners import organisation_of
from gateway.epcis.jobs import Behaviour, Job
from gateway.epcis.paging import PAGING, page, read_cursor
from gateway.epcis.problems import EpcisProblem, busy, described, invalid, told, too_large, unknown_resource
from gateway.epcis.serving import BASE, LIMITS, Repository, read_body, unsupported
from standards.epcis.document import EVENTS_MAX, Document
from standards.epcis.faults import Fault, Malformed
from standards.epcis.reading import BYTES_MAX
from standards.epcis.schema import FAULTS_MAX
from standards.epcis.signing import JWS_BYTES_MAX, Signed, verified
from standards.epcis.validation import validate
from standards.epcis.vocabulary import EVENT_TYPES

JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")
SIGNED_TYPES = ("application/jose",)
DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument")
EVENT_S_MAX = 60.0
TOKEN_S = 3_600
"""Tokens are told to expire, though they hold nothing: what is erased meanwhile moves no page for longer than this."""


@dataclass(frozen=True)
class _Taken:
    """A document that may become a job: which of its events are invalid, and why."""

    document: Document
    data: bytes
    signed: Signed | None
    faulty: dict[int, list[Fault]]


class Taking:
    """The endpoints that take documents."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    async def capture(self, request: Request) -> Response:
        """`POST /capture`: 202 and the address of the job."""
        behaviour = _behaviour(request)
        taken = await self._taken(request, proceed=behaviour == "proceed")
        if taken.document.kind not in DOCUMENTS:
            zh, en = "须为 EPCISDocument；单个事件请发到 /events", "must be a document; single events go to /events"
            raise invalid([Fault("/type", "epcis:document", zh, en)])
        job = self._job(taken, behaviour)
        self.repository.jobs.add(job)
        headers = {"Location": f"{BASE}/capture/{job.id}", "GS1-Capture-Error-Behaviour": behaviour}
        return Response(status_code=202, headers=LIMITS | headers)

    async def event(self, request: Request) -> Response:
        """`POST /events`: one event, 201 once it is final, and its address."""
        taken = await self._taken(request, proceed=False)
        if taken.document.kind in DOCUMENTS or len(taken.document.events) != 1:
            zh, en = "须为单个事件；文档请发到 /capture", "must be a single event; documents go to /capture"
            raise invalid([Fault("/type", "epcis:event", zh, en)])
        job = self._job(taken, "rollback")
        self.repository.jobs.add(job)
        try:
            async with asyncio.timeout(EVENT_S_MAX):
                await job.done.wait()
        except TimeoutError:
            problem = busy("尚未确认上链；请查询该任务", "not final yet; ask for the job")
            problem.headers["Location"] = f"{BASE}/capture/{job.id}"
            raise problem from None
        headers = {"Link": f'<{BASE}/capture/{job.id}>; rel="urn:linxin:rel:capture"'}
        if job.errors:
            error = job.errors[0]
            name = str(error["type"]).partition(":")[2]
            raise EpcisProblem(HTTPStatus(error["status"]), name, error["detail_zh"], error["detail"], headers=headers)
        (done,) = job.events
        headers["Location"] = f"{BASE}/capture/{job.id}"  # of readings, which the ledger does not list as events
        if "transaction" in done:
            headers["Location"] = f"{BASE}/events/urn:linxin:record:{done['transaction']}"
        if done.get("before"):
            zh, en = "该事件已收录", "the event was captured before; Location leads to it"
            raise EpcisProblem(HTTPStatus.CONFLICT, "ResourceAlreadyExistsException", zh, en, headers=headers)
        return JSONResponse(taken.document.content, 201, headers)

    async def job(self, request: Request) -> Response:
        """`GET /capture/{id}`."""
        job = self.repository.jobs.get(request.path_params["id"])
        if job is None:
            raise unknown_resource("没有这个收录任务，或已过期", "there is no such capture job, or it was long ago")
        return JSONResponse(job.described(), headers={"Cache-Control": "no-store"} | _behaved(job))

    async def jobs(self, request: Request) -> Response:
        """`GET /capture`: every job still known, oldest first, in pages."""
        parameters = single_parameters(request, PAGING)
        cursor = read_cursor("capture", parameters)
        known = self.repository.jobs.all()
        found = known[: cursor.size]
        cut = page(cursor, found, len(found))
        headers = {"Cache-Control": "no-store", **next_link(request, parameters, cut.next_token)}
        return JSONResponse([job.described() for job in cut.items], headers=headers)

    async def _taken(self, request: Request, *, proceed: bool) -> _Taken:
        if self.repository.settings.key is None:
            zh, en = "本网关没有密钥，只能查询", "this gateway has no key and can only be read"
            raise EpcisProblem(HTTPStatus.NOT_IMPLEMENTED, "ImplementationException", zh, en)
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in (*JSON_TYPES, *XML_TYPES, *SIGNED_TYPES):
            zh, en = "须为 JSON-LD、XML 或 JWS", "must be JSON-LD, XML or a JWS (application/ld+json, /xml, /jose)"
            raise unsupported("Content-Type", zh, en)
        async with self.repository.bodies.turn():
            data = await read_body(request, JWS_BYTES_MAX if media in SIGNED_TYPES else BYTES_MAX)
        async with self.repository.checkers.turn():
            taken = await asyncio.to_thread(_judged, data, media, proceed)
        if taken.signed is not None:
            await self._check_partner(taken.signed)
        return taken

    async def _check_partner(self, signed: Signed) -> None:
        """A signature of nobody known is refused before anything is stored."""
        connection = self.repository.jobs.connection
        if await organisation_of(connection, signed.algorithm, signed.public_key) is None:
            zh, en = "签名密钥不代表任何机构", "the key that signed speaks for no organisation"
            raise EpcisProblem(HTTPStatus.FORBIDDEN, "SecurityException", zh, en, faults=[Fault("/kid", "jws", zh, en)])

    @staticmethod
    def _job(taken: _Taken, behaviour: Behaviour) -> Job:
        errors = []
        for index, faults in sorted(taken.faulty.items()):
            zh, en = "事件不合标准，未收录", "the event is not valid and was not captured"
            body = described("ValidationException", HTTPStatus.BAD_REQUEST, zh, en)
            errors.append(body | {"event": index, "errors": [told(fault) for fault in faults]})
        return Job(behaviour, taken.document, taken.data, taken.signed, frozenset(taken.faulty), errors)


def single_parameters(request: Request, allowed: tuple[str, ...] | None = None) -> dict[str, str]:
    """The parameters of the URL, each once, `allowed` ones only. Raises Malformed."""
    parameters: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in parameters:
            zh, en = "参数重复；多个值以 | 分隔", "stands twice; several values are parted by |"
            raise Malformed([Fault(f"/{name}", "query", zh, en)])
        if allowed is not None and name not in allowed:
            raise Malformed([Fault(f"/{name}", "query", "没有这个参数", "there is no such parameter here")])
        parameters[name] = value
    return parameters


def next_link(request: Request, parameters: dict[str, str], token: str | None) -> dict[str, str]:
    """The headers that lead to the next page; none on the last."""
    if token is None:
        return {}
    others = {name: value for name, value in parameters.items() if name != "nextPageToken"}
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in (others | {"nextPageToken": token}).items())
    expires = datetime.fromtimestamp(time.time() + TOKEN_S, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"Link": f'<{quote(request.scope["path"])}?{query}>; rel="next"', "GS1-Next-Page-Token-Expires": expires}


def _judged(data: bytes, media: str, proceed: bool) -> _Taken:
    """The document in `data`; raises EpcisProblem with every fault when it, or without `proceed` an event, is bad."""
    try:
        signed = verified(data) if media in SIGNED_TYPES else None
    except Malformed as error:
        raise invalid(error.faults) from None
    report = validate(data if signed is None else signed.payload)
    document = report.document
    if document is None:
        if any(fault.rule == "epcis:limit" for fault in report.faults):
            raise too_large(f"超过 {EVENTS_MAX} 个事件", f"more than {EVENTS_MAX} events: send them in parts")
        raise invalid(report.faults)
    if signed is None and (document.form == "xml") != (media in XML_TYPES):
        zh, en = "内容与 Content-Type 不符", "the content is not what Content-Type says"
        raise unsupported("Content-Type", zh, en)
    if document.kind not in (*DOCUMENTS, *EVENT_TYPES) and not document.events:
        raise invalid(report.faults or [Fault("", "epcis:document", "不含事件", "holds no events")])
    faulty: dict[int, list[Fault]] = {}
    place = re.compile(re.escape(document.events_at) + r"/(\d+)(/|$)")
    for fault in report.faults:
        found = place.match(fault.path) if document.events_at else None
        told_all = len(report.faults) < FAULTS_MAX
        if found is None or not proceed or not told_all or int(found[1]) >= len(document.events):
            raise invalid(report.faults)
        faulty.setdefault(int(found[1]), []).append(fault)
    if faulty and any(fault.path == document.path_of(index) for index, held in faulty.items() for fault in held):
        raise invalid(report.faults)  # an item that is no event at all: places in the list cannot be trusted
    return _Taken(document, data, signed, faulty)


def _behaviour(request: Request) -> Behaviour:
    text = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    if text not in ("rollback", "proceed"):
        zh, en = "须为 rollback 或 proceed", "must be rollback or proceed"
        raise invalid([Fault("/GS1-Capture-Error-Behaviour", "header", zh, en)])
    return cast("Behaviour", text)


def _behaved(job: Job) -> dict[str, str]:
    return {"GS1-Capture-Error-Behaviour": job.behaviour}
