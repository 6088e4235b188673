"""The event hash of CBV 2.0 section 8.9, by the reference implementation of the standard's authors.

The library keeps namespaces of earlier documents and would fetch contexts from the network. Here each event is hashed
by itself, in the context of its document and in no other, and every address but GS1's own stands for an empty
context, so that the same event has the same hash wherever and whenever it is asked.
"""

import copy
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast
from xml.etree.ElementTree import tostring

from epcis_event_hash_generator import hash_generator, json_to_py, xml_to_py
from pyld import jsonld

from standards.epcis.document import Document

_PACKAGE = "epcis_event_hash_generator"
_CURRENT = "e532647e8eb371379b8b0e8602d8981c8566bc60f7351f22c76a5bc865962008.jsonld"
_DRAFT = "14b10c9d3e92d35f577bfc610fe5ec15aa2941124987919389d7cd9998516861.jsonld"
CONTEXTS = {
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld": _CURRENT,
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld": _CURRENT,
    "https://gs1.github.io/EPCIS/epcis-context.jsonld": _DRAFT,
}
"""Addresses of GS1's context and the local copies that ship with the library."""

COMPARISONS_MAX = 8_000_000
"""About three seconds: the library holds every text of an event against every word of a vocabulary in it."""

_NO_WORDS = ("https://id.gs1.org/", "urn:")
"""How names of things begin, which are never words."""

_lock = threading.Lock()
"""The library works on module-wide variables."""

EventTree = tuple[str, str, list[tuple[str, str, list[object]]]]


@dataclass(frozen=True)
class Hashes:
    """Hashes of a document: `event` gives one `ni:///sha-256;<hex>?ver=CBV2.0` an event, in the document's order.

    Where the library cannot hash one of the events, `bytes` gives one `ni:///sha-256;<hex>`, without a version, of
    the bytes.
    """

    how: Literal["event", "bytes"]
    values: tuple[str, ...]


def document_hashes(document: Document) -> Hashes:
    """The hashes of all events of `document`; never fails."""
    values = [event_hash(document, index) for index in range(len(document.events))]
    found = tuple(value for value in values if value is not None)
    if len(found) < len(values):
        return Hashes("bytes", (f"ni:///sha-256;{document.digest}",))
    return Hashes("event", found)


def event_hash(document: Document, index: int) -> str | None:
    """The hash of the event at `index`, or None where the library cannot hash it."""
    text = pre_hash(document, index)
    return None if text is None else f"ni:///sha-256;{hashlib.sha256(text.encode()).hexdigest()}?ver=CBV2.0"


def pre_hash(document: Document, index: int) -> str | None:
    """The canonical text of the event at `index` that is hashed; None where the library cannot make it, or would take
    minutes for what is no honest event.
    """
    if document.form == "json" and _comparisons(document.events[index]) > COMPARISONS_MAX:
        return None
    try:
        with _lock:
            found: Sequence[str] = hash_generator.derive_prehashes_from_events(_tree(document, index))
            # The library logs and leaves out an event that it cannot work on.
            return found[0] if found else None
    except Exception:  # noqa: BLE001 - whatever the library trips over, the answer is that it cannot
        return None


def _comparisons(event: object) -> int:
    """At most how often the library compares a text of `event` with a word in it."""
    count, words, waiting = 0, set(), [event]
    while waiting:
        held = waiting.pop()
        if isinstance(held, dict):
            waiting.extend(held.values())
        elif isinstance(held, list):
            waiting.extend(held)
        elif isinstance(held, str):
            count += 1
            if not held.startswith(_NO_WORDS) and not held[:1].isdigit():
                words.add(held)
    return count * len(words)


def _tree(document: Document, index: int) -> EventTree:
    json_to_py._namespaces.clear()  # noqa: SLF001 - what the library forgets to do between two documents
    if document.form == "xml":
        body = tostring(document.elements[index], encoding="unicode")
        wrapped = f"<EPCISDocument><EPCISBody><EventList>{body}</EventList></EPCISBody></EPCISDocument>"
        return cast("EventTree", xml_to_py.event_list_from_epcis_document_str(wrapped))
    event = {name: value for name, value in document.events[index].items() if name != "@context" or document.events_at}
    single = {"@context": document.context, "type": "EPCISDocument", "epcisBody": {"eventList": [event]}}
    found = json_to_py.event_list_from_epcis_document_json(copy.deepcopy(single))
    return cast("EventTree", found)


@cache
def _local(name: str) -> object:
    return json.loads(resources.files(_PACKAGE).joinpath(name).read_text("utf-8"))


@cache
def standard_terms() -> frozenset[str]:
    """The names to which GS1's context gives a meaning."""
    held = cast("dict[str, dict[str, object]]", _local(_CURRENT))
    return frozenset(held["@context"])


def _load(address: str, _options: object = None) -> dict[str, object]:
    """The document loader of JSON-LD: local copies, else an empty context; never the network."""
    name = CONTEXTS.get(address)
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": {"@context": {}} if name is None else _local(name),
    }


jsonld.set_document_loader(_load)
