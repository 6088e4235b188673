"""Events for partners: captured ones as they came, and the events of records that came by another way."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from standards.epcis.document import Document, Event, read
from standards.epcis.hashing import event_hash
from standards.epcis.mapping import happened_ms
from standards.epcis.writing import document_of


@dataclass(frozen=True)
class Exported:
    """An event to be written: with the contexts it was written in, its hash there, and when it happened."""

    event: Event
    contexts: tuple[object, ...]
    hash: str | None
    happened_ms: int


def exported(document: Document, index: int, happened_ms: int) -> Exported:
    """The event at `index` of a captured `document`, as it came."""
    context = document.context
    contexts = tuple(context) if isinstance(context, list) else (context,)
    event = {name: value for name, value in document.events[index].items() if name != "@context"}
    return Exported(event, contexts, event_hash(document, index), happened_ms)


def made(event: Event) -> Exported:
    """The event of a record, in the context that it is written in."""
    document = read(document_of([event], 0))
    return Exported(event, tuple(cast("list[object]", document.context)), event_hash(document, 0), happened_ms(event))


def documents_of(events: Iterable[Exported], created_ms: int) -> list[bytes]:
    """`events`, by when they happened, in as few documents as leave each its hash: one, unless prefixes clash."""
    ordered = sorted(events, key=lambda each: each.happened_ms)
    whole = _document(ordered, created_ms)
    if _keeps_hashes(whole, ordered):
        return [whole]
    groups: dict[str, list[Exported]] = {}
    for each in ordered:
        groups.setdefault(json.dumps(each.contexts, sort_keys=True), []).append(each)
    return [_document(group, created_ms) for group in groups.values()]


def _document(events: Sequence[Exported], created_ms: int) -> bytes:
    contexts: list[object] = []
    for each in events:
        contexts += [context for context in each.contexts if context not in contexts]
    bodies: list[Mapping[str, object]] = [each.event for each in events]
    return document_of(bodies, created_ms, contexts)


def _keeps_hashes(data: bytes, events: Sequence[Exported]) -> bool:
    document = read(data)
    return all(event_hash(document, index) == each.hash for index, each in enumerate(events))
