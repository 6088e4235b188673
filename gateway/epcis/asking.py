"""What is asked: events by the standard's parameters, one event and its proof, the names in events."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus

from linxin.v1 import ledger_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from client.verify import verify_proof
from gateway.epcis.answers import agreeing, collection, in_format, name_in_format, query_document
from gateway.epcis.negotiating import format_of, prefixes_of
from gateway.epcis.paging import PAGING, page, read_cursor
from gateway.epcis.problems import EpcisProblem, unknown_resource
from gateway.epcis.serving import BASE, Repository
from gateway.epcis.store import Held
from gateway.epcis.taking import next_link, single_parameters
from standards.epcis.document import Event
from standards.epcis.query import Query, TooLarge, evaluate, parse
from standards.epcis.query_values import canonical, classes, epcs, texts
from standards.epcis.vocabulary import EVENT_TYPES, bare

PROOF_TYPE = "application/vnd.linxin.proof"
PROOF_S_MAX = 30.0

Names = Callable[[Event], Iterable[str]]


def _anything(event: Event) -> Iterable[str]:
    yield from epcs(event, "anyEPC")
    yield from classes(event, "anyEPCClass")


RESOURCES: dict[str, tuple[Names, Callable[[str], str]]] = {
    "eventTypes": (lambda event: texts(event, "type"), str),
    "epcs": (_anything, canonical),
    "bizSteps": (lambda event: map(bare, texts(event, "bizStep")), bare),
    "bizLocations": (lambda event: texts(event, "bizLocation"), canonical),
    "readPoints": (lambda event: texts(event, "readPoint"), canonical),
    "dispositions": (lambda event: map(bare, texts(event, "disposition")), bare),
}
"""Each resource: the names of it that an event has, and the form in which equal ones are equal."""


class Asking:
    """The endpoints that read."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository

    async def top(self, request: Request) -> Response:
        """`GET /`: what there is."""
        single_parameters(request, ())
        return JSONResponse(collection(["capture", "events", *RESOURCES]))

    async def events(self, request: Request) -> Response:
        """`GET /events`."""
        return await self._answer(request, "events", await self.repository.store.events())

    async def event(self, request: Request) -> Response:
        """`GET /events/{id}`: what has this eventID, hash, or `urn:linxin:record:...`, declarations of error among it.

        As the standard wants it a query document. Links lead to the proof of each event.
        """
        found = await self._named(request.path_params["id"])
        return await self._answer(request, f"events/{request.path_params['id']}", found, PAGING, proofs=True)

    async def proof(self, request: Request) -> Response:
        """`GET /events/{id}/proof`: the proof file (docs/PROOF.md) of the record that names the event's hash.

        Where several events have the id it is that of the one captured first; each has an id of its own as a record.
        """
        single_parameters(request, ())
        held = (await self._named(request.path_params["id"]))[0]
        leaf = ledger_pb2.LeafProof(transaction_id=bytes.fromhex(held.transaction))
        answer = await self.repository.store.connection.call(
            lambda to: to.ledger.GetProof,
            ledger_pb2.GetProofRequest(leaf=leaf),
            ledger_pb2.GetProofResponse,
            timeout_s=PROOF_S_MAX,
        )
        await asyncio.to_thread(verify_proof, answer.file, request.app.state.genesis)
        name = f'attachment; filename="{held.transaction[:16]}.proof"'
        return Response(answer.file, headers={"Content-Disposition": name}, media_type=PROOF_TYPE)

    async def names(self, request: Request) -> Response:
        """`GET /eventTypes`, `/epcs`, ...: every name of that kind in the events."""
        kind = request.path_params["kind"]
        _need(kind)
        parameters = single_parameters(request, PAGING)
        cursor = read_cursor(kind, parameters)
        held = (await self.repository.store.events())[: cursor.size]
        async with self.repository.readers.turn():
            members = await asyncio.to_thread(_names, kind, held)
        cut = page(cursor, members, len(held))
        form = format_of(request)
        told = [name_in_format(name, form) for name in cut.items]
        headers = {"GS1-EPC-Format": form, **next_link(request, parameters, cut.next_token)}
        return JSONResponse(collection(told), headers=headers)

    async def named(self, request: Request) -> Response:
        """`GET /eventTypes/{name}`, ...: what can be asked of it."""
        single_parameters(request, ())
        await self._of_name(request)
        return JSONResponse(collection(["events"]))

    async def events_of(self, request: Request) -> Response:
        """`GET /eventTypes/{name}/events`, ...: as `/events`, of that name only."""
        found = await self._of_name(request)
        about = f"{request.path_params['kind']}/{request.path_params['name']}"
        return await self._answer(request, about, found)

    async def _answer(
        self,
        request: Request,
        about: str,
        held: Sequence[Held],
        allowed: tuple[str, ...] | None = None,
        *,
        proofs: bool = False,
    ) -> Response:
        parameters, form = single_parameters(request, allowed), format_of(request)
        query = parse({name: _values(value) for name, value in parameters.items()}, prefixes_of(request))
        cursor = read_cursor(about, parameters)
        known = held[: cursor.size]
        async with self.repository.readers.turn():
            found = await asyncio.to_thread(_found, query, known)
            cut = await asyncio.to_thread(page, cursor, found, len(known), agreeing)
            response = await asyncio.to_thread(_told, cut.items, form)
        headers = next_link(request, parameters, cut.next_token)
        if proofs:
            links = [_proof_link(each) for each in cut.items]
            headers["Link"] = ", ".join([*links, *([headers["Link"]] if headers else [])])
        response.headers.update({"GS1-EPC-Format": form, **headers})
        return response

    async def _named(self, identity: str) -> list[Held]:
        """What has this identity, oldest first."""
        found = [held for held in await self.repository.store.events() if identity in held.identities]
        if not found:
            raise unknown_resource(
                "没有这个事件，或此处无权读取", "there is no such event, or none that may be read here"
            )
        return found

    async def _of_name(self, request: Request) -> list[Held]:
        kind, name = request.path_params["kind"], request.path_params["name"]
        names, form = _need(kind)
        wanted = form(name)
        events = await self.repository.store.events()
        async with self.repository.readers.turn():
            found = await asyncio.to_thread(
                lambda: [held for held in events if wanted in {form(each) for each in names(held.event)}]
            )
        if not found and not (kind == "eventTypes" and name in EVENT_TYPES):
            raise unknown_resource()
        return found


def _need(kind: str) -> tuple[Names, Callable[[str], str]]:
    if kind not in RESOURCES:
        raise unknown_resource()
    return RESOURCES[kind]


def _names(kind: str, held: Sequence[Held]) -> list[str]:
    """Every name once, in the spelling that came first, in the order in which they came."""
    names, form = RESOURCES[kind]
    found: dict[str, str] = {}
    for each in held:
        for name in names(each.event):
            found.setdefault(form(name), name)
    return list(found.values())


def _found(query: Query, held: Sequence[Held]) -> list[Held]:
    judged = [(each.judged, each) for each in held]
    back = {id(event): each for event, each in judged}
    try:
        return [back[id(event)] for event in evaluate(query, (event for event, _ in judged))]
    except TooLarge:
        zh, en = "符合的事件多于 maxEventCount", "more events fit than maxEventCount allows"
        raise EpcisProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "QueryTooLargeException", zh, en) from None


def _values(value: str) -> str | list[str]:
    """Values in a URL are parted by `|`."""
    return value.split("|") if "|" in value else value


def _told(found: Sequence[Held], form: str) -> Response:
    return JSONResponse(query_document([in_format(held, form) for held in found]))


def _proof_link(held: Held) -> str:
    where = f"{BASE}/events/urn:linxin:record:{held.transaction}/proof"
    return f'<{where}>; rel="urn:linxin:rel:proof"; type="{PROOF_TYPE}"'
