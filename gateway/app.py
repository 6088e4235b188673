"""The application: routes, and what every answer passes through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from client.connection import Connection
from client.failures import Failure
from client.identifiers import BadIdentifier, read_trace_code
from client.network_directory import NetworkDirectory
from client.verified import InvalidProof
from gateway import resolver
from gateway.assets import Assets
from gateway.epcis import routes as epcis_routes
from gateway.epcis.serving import Repository
from gateway.epcis.settings import EpcisSettings
from gateway.files import Files
from gateway.kept import Kept
from gateway.pages import batch
from gateway.scans import Scans, ScanSettings
from gateway.settings import Settings
from gateway.shelf import Shelf
from gateway.web.errors import not_found, tell
from gateway.web.headers import Headers
from gateway.web.language import language_of, templates
from gateway.web.limits import Limits
from gateway.web.metrics import Measured, Metrics

RESOLVED = ["GET", "HEAD", "OPTIONS"]
GENESIS_TYPE = "application/json"


def application(
    network: NetworkDirectory,
    settings: Settings,
    epcis: EpcisSettings = EpcisSettings(),  # noqa: B008 - frozen
    scans: ScanSettings = ScanSettings(),  # noqa: B008 - frozen
) -> Starlette:
    """The gateway of a network's folder, which must hold its genesis and endpoints. Without `epcis` and `scans` it
    needs no key.
    """
    repository = Repository(epcis)
    metrics, assets = Metrics(), Assets()
    counting = Scans(scans, metrics.registry, behind_proxy=settings.behind_proxy)
    genesis = network.genesis_bytes()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            Connection.to(network) as connection,
            repository.running(connection),
            counting.running(connection),
        ):
            app.state.shelf = Shelf(connection, genesis, settings, metrics)
            app.state.files = Files(connection)
            app.state.kept = Kept()
            yield

    app = Starlette(
        routes=[
            Route("/", home),
            Route("/b/{code}", batch.page),
            Route("/b/{code}/proof", batch.proof),
            Route("/b/{code}/bundle", batch.bundle),
            Route("/.well-known/{name}", resolver.endpoint, methods=RESOLVED),
            Route("/file/{address}", file),
            Route("/genesis.json", genesis_file),
            Route("/verify", verifier),
            Route("/sw.js", assets.worker),
            Route("/static/{path:path}", assets.endpoint),
            Route("/healthz", health),
            Route("/metrics", metrics.endpoint),
            epcis_routes.mounted(repository),
            Route("/{link:path}", resolver.endpoint, methods=RESOLVED),
        ],
        middleware=[
            Middleware(Measured, metrics=metrics),
            Middleware(Headers),
            Middleware(Limits, settings=settings),
            Middleware(GZipMiddleware, minimum_size=1024),
        ],
        exception_handlers={HTTPException: tell, Failure: tell, InvalidProof: tell},
        lifespan=lifespan,
    )
    app.state.settings, app.state.genesis, app.state.assets = settings, genesis, assets
    app.state.scans = counting
    app.state.version = f"{assets.version}-{_own_version()}"
    return app


async def home(request: Request) -> Response:
    """`GET /`: a field for a code; `?code=` goes to its page."""
    typed = request.query_params.get("code", "")
    language = language_of(request)
    if typed:
        try:
            return RedirectResponse(f"/b/{read_trace_code(typed[:64])}?lang={language}", 303)
        except BadIdentifier as error:
            raise not_found(error.reason_zh, error.reason_en, "code") from None
    return templates().TemplateResponse(request, "home.html", {"language": language})


async def file(request: Request) -> Response:
    """`GET /file/{address}`."""
    files: Files = request.app.state.files
    return await files.endpoint(request)


async def genesis_file(request: Request) -> Response:
    """`GET /genesis.json`: the genesis file, byte for byte. Readers should have it from somebody else, too."""
    return Response(request.app.state.genesis, headers={"Cache-Control": "no-cache"}, media_type=GENESIS_TYPE)


async def verifier(_: Request) -> Response:
    """`GET /verify`: to the stand-alone verifier, which anybody may host; browsers keep the fragment on the way."""
    return RedirectResponse("/static/verify.html", 308)


async def health(request: Request) -> Response:
    """`GET /healthz`: whether a node answers; programs that balance load ask this."""
    shelf: Shelf = request.app.state.shelf
    status = await shelf.connection.status(2.0)
    return JSONResponse({"ok": True, "height": status.height, "network": status.network}, headers=_unkept())


def _unkept() -> dict[str, Any]:
    return {"Cache-Control": "no-store"}


def _own_version() -> str:
    try:
        return version("linxin")
    except PackageNotFoundError:
        return "0"
