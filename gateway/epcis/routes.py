"""EPCIS 2.0 over HTTP: which resource answers where under /epcis/v2."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.epcis.asking import Asking
from gateway.epcis.openapi import description
from gateway.epcis.problems import unknown_resource
from gateway.epcis.serving import BASE, Endpoint, Repository, Resource
from gateway.epcis.taking import Taking


def mounted(repository: Repository) -> BaseRoute:
    """All of it."""
    taking, asking = Taking(repository), Asking(repository)

    def at(path: str, *, captures: bool = False, **endpoints: Endpoint) -> Route:
        return Route(path, Resource(repository, endpoints, captures=captures))

    resources = [
        Route("/openapi.json", Resource(repository, {"GET": _openapi}, free=True)),
        at("/", GET=asking.top),
        at("/capture", captures=True, GET=taking.jobs, POST=taking.capture),
        at("/capture/{id}", GET=taking.job),
        at("/events", captures=True, GET=asking.events, POST=taking.event),
        at("/events/{id:path}/proof", GET=asking.proof),
        at("/events/{id:path}", GET=asking.event),
        at("/{kind}", GET=asking.names),
        at("/{kind}/{name:path}/events", GET=asking.events_of),
        at("/{kind}/{name:path}", GET=asking.named),
        Route("/{rest:path}", Resource(repository, {"GET": _unknown})),
    ]
    return Mount(BASE, routes=resources)


async def _openapi(_: Request) -> Response:
    return JSONResponse(description(), headers={"Access-Control-Allow-Origin": "*"})


async def _unknown(_: Request) -> Response:
    raise unknown_resource()
