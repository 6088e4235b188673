"""Links that an operator keeps in files, as a source: recipes, retailers, what no ledger knows.

The form is that of GS1's Resolver Community Edition: an object or a list of them, each with `anchor` (a path),
`itemDescription`, `defaultLinktype`, `links`, and perhaps `qualifiers` whose values are `{names}` that links repeat. A
GIAI may be documented by what several begin with; `{1}` in its links is the rest.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from standards.digital_link.leniency import RESOLVER
from standards.digital_link.link import parse_link
from standards.digital_link.percent import encode
from standards.gs1.elements import Element
from standards.gs1.faults import Gs1Fault
from standards.resolver.model import Entry, Source, Target, link_type

_NAME = re.compile(r"\{[^{}]*\}")
_HREF = re.compile(r"https?://[a-zA-Z0-9]")
_TYPE = re.compile(r"[A-Za-z0-9]+|https?://[a-zA-Z0-9./]+")
"""A type of the GS1 vocabulary, or the URI of another one's."""

_ASSET = "8004"


class BadDocument(ValueError):
    """A document of links that cannot be read; says which and why, in both languages."""


def documents_source(documents: Iterable[Mapping[str, Any]]) -> Source:
    """A source over documents that were read from JSON. Raises `BadDocument`."""
    known: dict[tuple[Element, ...], list[tuple[dict[str, str], Mapping[str, Any]]]] = {}
    for document in documents:
        key, qualifiers = _anchor(document)
        known.setdefault(key, []).append((qualifiers, document))

    def find(path: tuple[Element, ...]) -> Entry | None:
        key, *given = path
        for qualifiers, document in known.get((key,), ()):
            names = _match(qualifiers, given)
            if names is not None:
                return _entry(document, names)
        return None if given else _by_beginning(known, key)

    return find


def _by_beginning(
    known: Mapping[tuple[Element, ...], list[tuple[dict[str, str], Mapping[str, Any]]]], key: Element
) -> Entry | None:
    """The document of the longest value that this asset's number begins with."""
    if key.ai != _ASSET:
        return None
    for length in range(len(key.value) - 1, 0, -1):
        for qualifiers, document in known.get((Element(key.ai, key.value[:length]),), ()):
            if not qualifiers:
                return _entry(document, {"{1}": key.value[length:]})
    return None


def _anchor(document: Mapping[str, Any]) -> tuple[tuple[Element, ...], dict[str, str]]:
    try:
        path = parse_link("https://id.gs1.org" + document["anchor"], RESOLVER).path
        qualifiers = dict(pair for each in document.get("qualifiers", ()) for pair in each.items())
        _entry(document, {})
    except (Gs1Fault, KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BadDocument(f"链接文件有误 / a document of links is malformed: {fault}") from fault
    return path[:1], dict(path[1:]) | qualifiers


def _match(qualifiers: Mapping[str, str], given: list[Element]) -> dict[str, str] | None:
    """The names of the document with their values; None where it is not about `given`."""
    if qualifiers.keys() != {ai for ai, _ in given}:
        return None
    names: dict[str, str] = {}
    for ai, value in given:
        if _NAME.fullmatch(qualifiers[ai]):
            names[qualifiers[ai]] = value
        elif qualifiers[ai] != value:
            return None
    return names


def _entry(document: Mapping[str, Any], names: Mapping[str, str]) -> Entry:
    return Entry(
        description=str(document["itemDescription"]),
        targets=tuple(_target(link, names) for link in document["links"]),
        default_type=link_type(str(document.get("defaultLinktype", ""))),
    )


def _target(link: Mapping[str, Any], names: Mapping[str, str]) -> Target:
    href = str(link["href"])
    for name, value in names.items():
        href = href.replace(name, encode(value))
    name = link_type(str(link["linktype"]))
    if not _HREF.match(href) or not _TYPE.fullmatch(name):
        raise ValueError(f"{name} {href}")
    return Target(
        href=href,
        type=name,
        title=str(link["title"]),
        media_type=str(link.get("type", "")),
        languages=tuple(map(str, link.get("hreflang", ()))),
        contexts=tuple(map(str, link.get("context", ()))),
        forwards=bool(link.get("fwqs", True)),
    )
