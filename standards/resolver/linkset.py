"""Linksets: all that is known of a thing and of what it is one of, as RFC 9264 JSON.

GS1's schema for linksets asks more than the RFC, and is kept to: every link has a target and a title, languages have
two letters and perhaps a region, the default link has nothing else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from standards.resolver.choice import UNDEFINED
from standards.resolver.model import DEFAULT, DEFAULT_MULTI, VOCABULARY, Entry, Target

MEDIA_TYPE = "application/linkset+json"

_LANGUAGE = re.compile(r"[A-Za-z]{2}(?:-[A-Za-z]{2})?")
_MEDIA_TYPE = re.compile(r"\w+/[-+.\w]+", re.ASCII)

CONTEXT: Mapping[str, Any] = {
    "@context": {
        "@vocab": "http://www.iana.org/assignments/relation/",
        "anchor": "@id",
        "href": "@id",
        "linkset": "@graph",
        "dcterms": "http://purl.org/dc/terms/",
        "gs1": VOCABULARY,
        "hreflang": {"@id": "dcterms:language", "@container": "@set"},
        "title": {"@id": "dcterms:title"},
        "type": {"@id": "dcterms:format"},
        "itemDescription": {"@id": "http://www.w3.org/2000/01/rdf-schema#comment"},
    }
}
"""What makes a linkset JSON-LD; served at `CONTEXT_PATH`."""

CONTEXT_PATH = "/.well-known/gs1linkset.jsonld"


def linkset(anchor: str, levels: Sequence[Entry]) -> dict[str, Any]:
    """The linkset about `anchor`, an uncompressed link. `levels`: what is known, from the finest to the primary key."""
    about: dict[str, Any] = {"anchor": anchor, "itemDescription": levels[0].description}
    level = next((entry for entry in levels if entry.default is not None), None)
    if level is not None and level.default is not None:
        about[VOCABULARY + DEFAULT] = [{"href": level.default.href, "title": level.default.title}]
        several = [target for target in level.targets if target.type == level.default.type]
        if len(several) > 1:
            about[VOCABULARY + DEFAULT_MULTI] = [_link(target) for target in several]
    for entry in levels:
        for target in entry.targets:
            links = about.setdefault(relation(target.type), [])
            link = _link(target)
            if link not in links:
                links.append(link)
    return {"linkset": [about]}


def choices(anchor: str, description: str, targets: Sequence[Target]) -> dict[str, Any]:
    """The linkset of several links among which a request does not decide."""
    about: dict[str, Any] = {"anchor": anchor, "itemDescription": description}
    for target in targets:
        about.setdefault(relation(target.type), []).append(_link(target))
    return {"linkset": [about]}


def relation(name: str) -> str:
    """The URI of a link type; one of another vocabulary stays what it is."""
    return name if "://" in name else VOCABULARY + name


def dump(document: Mapping[str, Any]) -> bytes:
    """JSON as it is sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _link(target: Target) -> dict[str, Any]:
    link: dict[str, Any] = {"href": target.href, "title": target.title}
    if _MEDIA_TYPE.fullmatch(target.media_type):
        link["type"] = target.media_type
    languages = [tag for each in target.languages if (tag := _schema_language(each))]
    if languages:
        link["hreflang"] = list(dict.fromkeys(languages))
    if target.contexts:
        link["context"] = list(target.contexts)
    return link


def _schema_language(tag: str) -> str:
    """`tag` as the schema takes it: `zh-Hans` is told as `zh`, no language as none."""
    if tag == UNDEFINED:
        return ""
    if _LANGUAGE.fullmatch(tag):
        return tag
    primary = tag.partition("-")[0]
    return primary if _LANGUAGE.fullmatch(primary) else ""
