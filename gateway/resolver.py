"""The GS1 Digital Link resolver over HTTP: what a label's link leads to (GS1-Conformant Resolver Standard 1.0)."""

import json
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from client.batch import summarise
from client.failures import Remote
from client.identifiers import BadIdentifier, check_product
from gateway.settings import Settings
from gateway.shelf import Asked, Shelf
from gateway.web.errors import Problem, not_found
from standards.gs1.elements import Element
from standards.gs1.faults import Gs1Fault
from standards.resolver.model import Answer, Entry, Resolver, Target
from standards.resolver.model import Request as Question
from standards.resolver.resolve import read_request, resolve

GTIN, LOT = "01", "10"
NO_LINK = "URI_NO_KEY"
NOT_THERE = ("NOT_FOUND", "INVALID_ARGUMENT")
PAGES = {"zh": "中文", "en": "English"}
PARTS = (
    ("pip", "", "这批食物的来历", "Where this food comes from"),
    ("traceability", "#life-h", "一生的每一步", "Every step of its life"),
    ("certificationInfo", "#papers-h", "检测与证书", "Tests and certificates"),
)
"""Link types of the GS1 Web Vocabulary, and which part of the page answers them."""


async def endpoint(request: Request) -> Response:
    """Any path that begins with a GS1 application identifier, and the resolver's description file."""
    settings: Settings = request.app.state.settings
    resolver = Resolver(settings.public_url, "Linxin")
    path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
    question = Question(
        path,
        request.url.query,
        request.method,
        request.headers.get("accept", ""),
        request.headers.get("accept-language", ""),
    )
    known = await _known(request.app.state.shelf, question, resolver, settings.public_url)
    answer = resolve(question, known.get, resolver)
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise _problem(answer)
    return Response(answer.body, answer.status, dict(answer.headers))


def _problem(answer: Answer) -> Problem:
    """The resolver's refusal as every other error here; readable from any origin, as its answers are."""
    said = json.loads(answer.body or b"{}")
    if said.get("code") == NO_LINK:
        return not_found("没有这个页面", "there is no such page")
    zh, _, en = said.get("title", "/").partition(" / ")
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Type", "Content-Length")}
    return Problem(HTTPStatus(answer.status), zh, en, field=said.get("code", ""), headers=headers)


async def _known(
    shelf: Shelf, question: Question, resolver: Resolver, public_url: str
) -> dict[tuple[Element, ...], Entry]:
    """What is known of the lot that is asked about; empty where it is none, or nobody has recorded it."""
    try:
        link, _ = read_request(question, resolver)
    except Gs1Fault:
        return {}
    values = {element.ai: element.value for element in link.path}
    if not {GTIN, LOT} <= values.keys():
        return {}
    try:
        check_product(values[GTIN])
        evidence = await shelf.get(Asked(subject=f"lot:{values[GTIN]}/{values[LOT]}"))
    except BadIdentifier:
        return {}
    except Remote as refusal:
        if refusal.status.name in NOT_THERE:
            return {}
        raise
    batch = summarise(evidence)
    if batch is None:
        return {}
    targets = tuple(
        Target(f"{public_url}/b/{batch.code}?lang={language}{part}", kind, (zh, en)[place], "text/html", (language,))
        for kind, part, zh, en in PARTS
        for place, language in enumerate(PAGES)
    )
    path = tuple(element for element in link.path if element.ai in (GTIN, LOT))
    return {path: Entry(f"{batch.goods[0]} · {batch.number}", targets, "pip")}
