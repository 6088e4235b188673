"""What every request under /epcis/v2 passes through: versions, who asks, methods, the standard's headers, problems."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from client.connection import Connection
from client.failures import Failure
from client.verified import InvalidProof
from gateway.epcis.jobs import Jobs
from gateway.epcis.negotiating import STANDARD, VERSION, check_headers, media_of
from gateway.epcis.problems import EpcisProblem, bad_parameter, busy, of_failure, too_large
from gateway.epcis.settings import EpcisSettings
from gateway.epcis.store import Store
from standards.epcis.document import EVENTS_MAX
from standards.epcis.faults import Fault, Malformed
from standards.epcis.reading import BYTES_MAX

BASE = "/epcis/v2"
QUERY_LENGTH_MAX = 8_192
BODY_S_MAX = 30.0
Endpoint = Callable[[Request], Awaitable[Response]]

DISCOVERY = {
    **STANDARD,
    "GS1-EPC-Format": "No_Preference",
    "GS1-EPCIS-Min": VERSION,
    "GS1-EPCIS-Max": VERSION,
    "GS1-CBV-Min": VERSION,
    "GS1-CBV-Max": VERSION,
    "GS1-Vendor-Version": "linxin-1",
}
"""What OPTIONS tells: in which form names can be had is for who asks to say."""
LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(EVENTS_MAX),
    "GS1-EPCIS-Capture-File-Size-Limit": str(BYTES_MAX),
    "GS1-Capture-Error-Behaviour": "all",
}
"""`all` says that both `rollback` and `proceed` can be asked for."""


class Repository:
    """What the routes share: the settings, and while the gateway runs its jobs and events."""

    def __init__(self, settings: EpcisSettings) -> None:
        self.settings = settings
        self._jobs: Jobs | None = None
        self._store: Store | None = None
        self.readers = Gate(settings.readers_at_once, settings.readers_waiting_max)
        self.bodies = Gate(settings.bodies_at_once, 0)
        self.checkers = Gate(1, settings.jobs_waiting_max)

    @asynccontextmanager
    async def running(self, connection: Connection) -> AsyncIterator[None]:
        """Serve meanwhile."""
        self._store = Store(connection, self.settings)
        self._jobs = Jobs(connection, self.settings, self._store.touch)
        async with self._jobs.running():
            yield

    @property
    def jobs(self) -> Jobs:
        """The capture jobs."""
        assert self._jobs is not None, "requests come only while the gateway runs"
        return self._jobs

    @property
    def store(self) -> Store:
        """The captured events."""
        assert self._store is not None, "requests come only while the gateway runs"
        return self._store


class Gate:
    """So many at once, so many waiting; who comes then is told to come again."""

    def __init__(self, at_once: int, waiting_max: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._room = at_once + waiting_max

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of those at once. Raises EpcisProblem."""
        if self._room == 0:
            raise busy("请求太多，请稍后再试", "too much is asked for at once")
        self._room -= 1
        try:
            async with self._turns:
                yield
        finally:
            self._room += 1


class Resource:
    """The methods of one path, as an ASGI application.

    `captures`: its discovery tells the limits of capture; `free`: nobody is asked for a token; `json`: it answers JSON.
    """

    def __init__(
        self,
        repository: Repository,
        endpoints: Mapping[str, Endpoint],
        *,
        captures: bool = False,
        free: bool = False,
        json: bool = True,
    ) -> None:
        self.repository, self.endpoints, self.free, self.json = repository, dict(endpoints), free, json
        if "GET" in self.endpoints:
            self.endpoints.setdefault("HEAD", self.endpoints["GET"])
        self.discovery = DISCOVERY | (LIMITS if captures else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except EpcisProblem as problem:
            response = problem.answer(request.url.path)
        except Malformed as error:
            response = bad_parameter(error.faults).answer(request.url.path)
        except (Failure, InvalidProof) as failure:
            response = of_failure(failure).answer(request.url.path)
        for name, value in STANDARD.items():
            response.headers.setdefault(name, value)
        if not self.free:
            response.headers.setdefault("Cache-Control", "no-store")
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS" and "OPTIONS" not in self.endpoints:
            return Response(status_code=204, headers=self.discovery | {"Allow": self._allowed()})
        if request.method not in self.endpoints:
            raise EpcisProblem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "NoSuchResourceException",
                "此处不接受这种请求",
                f"this resource takes {self._allowed()}",
                headers={"Allow": self._allowed()},
            )
        if not self.free:
            _check_reader(self.repository.settings, request)
        check_headers(request)
        media = media_of(request) if self.json and request.method in ("GET", "HEAD") else ""
        if len(request.url.query) > QUERY_LENGTH_MAX:
            en = f"the query is longer than {QUERY_LENGTH_MAX} characters"
            raise EpcisProblem(HTTPStatus.REQUEST_URI_TOO_LONG, "URITooLongException", "查询过长", en)
        response = await self.endpoints[request.method](request)
        if media:
            response.headers["Content-Type"] = media
        return response

    def _allowed(self) -> str:
        return ", ".join(sorted({*self.endpoints, "OPTIONS"}))


async def read_body(request: Request, size_max: int) -> bytes:
    """The body; raises EpcisProblem when it is larger than `size_max`, compressed, or too slow."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise unsupported("Content-Encoding", "请求体不得压缩", "the body must not be compressed")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > size_max:
                    raise too_large(f"超过 {size_max} 字节", f"larger than {size_max} bytes: send it in parts")
    except (TimeoutError, ClientDisconnect):
        zh, en = "请求体未按时到达", "the body did not arrive in time"
        raise EpcisProblem(HTTPStatus.REQUEST_TIMEOUT, "ImplementationException", zh, en) from None
    return bytes(body)


def unsupported(field: str, zh: str, en: str) -> EpcisProblem:
    """A body in another form than is read."""
    fault = Fault(f"/{field}", "media-type", zh, en)
    return EpcisProblem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeException", zh, en, faults=[fault])


def _check_reader(settings: EpcisSettings, request: Request) -> None:
    if not settings.lets_in(request.headers.get("authorization", "")):
        zh, en = "需要令牌", "a token of this gateway's operator is needed: Authorization: Bearer ..."
        challenge = {"WWW-Authenticate": 'Bearer realm="EPCIS"'}
        raise EpcisProblem(HTTPStatus.UNAUTHORIZED, "SecurityException", zh, en, headers=challenge)
