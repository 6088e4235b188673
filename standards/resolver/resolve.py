"""The resolver: one function from a request to an answer.

Kept to: GS1-Conformant Resolver Standard 1.0 (and Digital Link resolution 1.1 and 1.2, where older readers ask in
their words, as `linkType=all`), RFC 9264, RFC 8288. Every answer, a refusal too, may be read from any origin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from urllib.parse import parse_qsl, quote

from standards.digital_link.compression import decompress_link, is_compressed
from standards.digital_link.leniency import RESOLVER
from standards.digital_link.link import Link, parse_link, path_of
from standards.gs1.elements import TEXT_MAX, Element
from standards.gs1.faults import Gs1Fault
from standards.resolver.choice import choose, preferences
from standards.resolver.description import DESCRIPTION_PATH, description
from standards.resolver.linkset import CONTEXT, CONTEXT_PATH, MEDIA_TYPE, choices, dump, linkset
from standards.resolver.model import DEFAULT, DEFAULT_MULTI, Answer, Entry, Request, Resolver, Source, Target, link_type

METHODS = ("GET", "HEAD", "OPTIONS")

CORS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": ", ".join(METHODS),
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type",
    "Access-Control-Expose-Headers": "Link, Location, Content-Language",
}
"""Any page may ask: what a resolver says is public."""

_ALL = {"linkset", "all"}


def resolve(request: Request, source: Source, resolver: Resolver) -> Answer:
    """The answer to `request`. Raises nothing, whatever comes in."""
    if request.method == "OPTIONS":
        return Answer(204, {**CORS, "Allow": ", ".join(METHODS)})
    if request.method not in METHODS:
        return _problem(
            405, "METHOD", "只支持 GET、HEAD、OPTIONS", "only GET, HEAD and OPTIONS", Allow=", ".join(METHODS)
        )
    answer = _get(request, source, resolver)
    return replace(answer, body=b"") if request.method == "HEAD" else answer


def read_request(request: Request, resolver: Resolver) -> tuple[Link, bool]:
    """The link that was asked for, with the resolver as its stem, and whether it came compressed. Raises `Gs1Fault`."""
    uri = resolver.root + request.path + ("?" + request.query if request.query else "")
    try:
        return parse_link(uri, RESOLVER), False
    except Gs1Fault as fault:
        if fault.code != "URI_NO_KEY" or not is_compressed(uri):
            raise
    return decompress_link(uri, RESOLVER), True


def _get(request: Request, source: Source, resolver: Resolver) -> Answer:
    if request.path == DESCRIPTION_PATH:
        return _json(200, description(resolver), "application/json")
    if request.path == CONTEXT_PATH:
        return _json(200, CONTEXT, "application/ld+json")
    if len(request.path) + len(request.query) > TEXT_MAX:
        return _refuse(Gs1Fault("TEXT_TOO_LONG", most=TEXT_MAX))
    try:
        link, compressed = read_request(request, resolver)
    except Gs1Fault as fault:
        return _refuse(fault)
    anchor = resolver.root + path_of(link.path)
    levels = [entry for path in _levels(link.path) if (entry := source(path)) is not None]
    if not any(entry.targets for entry in levels):
        return _problem(404, "UNKNOWN", "没有这个标识的信息", "nothing is known of this identifier")
    answer = _answer(request, link, anchor, levels)
    return replace(
        answer, headers={**answer.headers, "Link": _link_header(link, anchor, resolver, compressed=compressed)}
    )


def _answer(request: Request, link: Link, anchor: str, levels: Sequence[Entry]) -> Answer:
    query = {key.lower(): value for key, value in parse_qsl("&".join(link.others))}
    wanted = link_type(query.get("linktype", ""))
    if wanted in _ALL or (not wanted and preferences(request.accept.lower())[:1] == [MEDIA_TYPE]):
        return _json(200, linkset(anchor, levels), MEDIA_TYPE)
    if wanted in ("", DEFAULT, DEFAULT_MULTI):
        level = next(entry for entry in levels if entry.targets)
        default = level.default
        assert default is not None, "a level with links has a default"
        same = [target for target in level.targets if target.type == default.type]
        targets, several = [default, *(target for target in same if target != default)], False
    else:
        targets, several = _of_type(levels, wanted), True
        if not targets:
            return _problem(404, "LINK_TYPE", f"没有 {wanted} 类型的链接", f"there is no link of type {wanted}")
    best = choose(targets, request.accept_language, request.accept, query.get("context", ""))
    if several and len(best) > 1:
        return _json(300, choices(anchor, levels[0].description, best), MEDIA_TYPE)
    return _redirect(best[0], request.query)


def _levels(path: tuple[Element, ...]) -> list[tuple[Element, ...]]:
    """What a thing is one of, from itself to its primary key: with each choice of its qualifiers, the finest first."""
    key, *qualifiers = path
    return [
        (key, *reversed(chosen))
        for size in range(len(qualifiers), -1, -1)
        for chosen in combinations(reversed(qualifiers), size)
    ]


def _of_type(levels: Sequence[Entry], wanted: str) -> list[Target]:
    """The links of a type at the finest level that has any."""
    for entry in levels:
        found = [target for target in entry.targets if target.type == wanted]
        if found:
            return found
    return []


def _redirect(target: Target, query: str) -> Answer:
    location = target.href
    if query and target.forwards:
        before, hash_mark, fragment = location.partition("#")
        location = f"{before}{'&' if '?' in before else '?'}{query}{hash_mark}{fragment}"
    headers = {**CORS, "Location": _header_safe(location), "Vary": "Accept, Accept-Language"}
    return Answer(307, headers)


def _link_header(link: Link, anchor: str, resolver: Resolver, *, compressed: bool) -> str:
    """Where all links are, what makes them JSON-LD, and the uncompressed form of what came compressed."""
    links = [
        f'<{anchor}?linkType=linkset>; rel="linkset"; type="{MEDIA_TYPE}"; title="All links"',
        f'<{resolver.root}{CONTEXT_PATH}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
    ]
    if compressed:
        links.append(f'<{link.uri}>; rel="owl:sameAs"')
    return ", ".join(links)


def _json(status: int, document: Mapping[str, object], media_type: str) -> Answer:
    return Answer(status, {**CORS, "Content-Type": media_type, "Vary": "Accept, Accept-Language"}, dump(document))


def _refuse(fault: Gs1Fault) -> Answer:
    return _problem(400, fault.code, fault.zh, fault.en, remedy=f"{fault.remedy_zh} / {fault.remedy_en}")


def _problem(status: int, code: str, zh: str, en: str, *, remedy: str = "", **headers: str) -> Answer:
    """RFC 9457 problem details, in both languages."""
    document = {"type": "about:blank", "status": status, "title": f"{zh} / {en}", "code": code}
    if remedy:
        document["detail"] = remedy
    return Answer(status, {**CORS, **headers, "Content-Type": "application/problem+json"}, dump(document))


def _header_safe(location: str) -> str:
    """`location` as a header can carry it: what is not ASCII or would end a line is percent-encoded."""
    return quote(location, safe="!#$%&'()*+,-./:;=?@[]_~")
