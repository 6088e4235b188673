"""EPCIS 2.0 over HTTP: which resource answers where under /epcis/v2."""

from http import HTTPStatus

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.epcis.asking import RESOURCES, Asking
from gateway.epcis.openapi import description
from gateway.epcis.problems import EpcisProblem, unknown_resource
from gateway.epcis.serving import BASE, Endpoint, Repository, Resource
from gateway.epcis.taking import Taking

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
NOT_OFFERED = ("/queries", "/queries/{rest:path}", "/nextPageToken/{token}")
"""Resources of the standard that a repository may do without (§12: 501)."""


class _Kind(Convertor[str]):
    """The name of a resource that lists names in events."""

    regex = "|".join(RESOURCES)

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("epcis_kind", _Kind())


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
        Route("/events/{id:path}/proof", Resource(repository, {"GET": asking.proof}, json=False)),
        at("/events/{id:path}", GET=asking.event),
        at("/{kind:epcis_kind}", GET=asking.names),
        at("/{kind:epcis_kind}/{name:path}/events", GET=asking.events_of),
        at("/{kind:epcis_kind}/{name:path}", GET=asking.named),
        *(Route(path, Resource(repository, dict.fromkeys(METHODS, _not_offered))) for path in NOT_OFFERED),
        Route("/{rest:path}", Resource(repository, dict.fromkeys(METHODS, _unknown))),
    ]
    return Mount(BASE, routes=resources)


async def _openapi(_: Request) -> Response:
    return JSONResponse(description(), headers={"Access-Control-Allow-Origin": "*"})


async def _unknown(_: Request) -> Response:
    raise unknown_resource()


async def _not_offered(_: Request) -> Response:
    zh = "本网关不提供命名查询与订阅，翻页标记也不占资源；请直接查询 /events，参数相同"
    en = (
        "named queries and subscriptions are not offered, and page tokens hold nothing to be released: ask /events, "
        "with the same parameters"
    )
    raise EpcisProblem(HTTPStatus.NOT_IMPLEMENTED, "ImplementationException", zh, en)
