"""What capturing a document means for the ledger: for each event the record it stands for, or that it is asserted only.

Pure: who calls it asks the ledger for facts, stores the document in the vault, and signs and submits what comes out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from standards.epcis.document import Document, Event
from standards.epcis.mapping import Action, Facts, NotRuled, happened_ms, record_of, subjects_of
from standards.epcis.names import OWN, subject_of
from standards.epcis.vocabulary import EVENT_TYPES, bare

UNLINKED = frozenset({"trace.record_readings"})
"""Records that no assertion can name as theirs: readings are named by device and sequence number."""

STEP_LENGTH_MAX = 128


@dataclass(frozen=True)
class Planned:
    """What is to be done for the event at `index`.

    `record` is the record that it stands for; None: it is asserted only, and `why` tells why. `assertion` are the
    fields of `trace.assert_event` that do not depend on where the document is stored and what became of the record;
    None for readings, whose record says all that there is.
    """

    index: int
    hash: str | None
    record: Action | None
    why: NotRuled | None
    assertion: Action | None


def named_in(events: tuple[Event, ...]) -> set[str]:
    """Every thing, shipment and record of this network that `events` name anywhere: what facts are needed of."""
    return {subject for text in _texts(list(events)) if (subject := subject_of(text)) is not None}


def hash_bytes(document: Document, value: str | None) -> bytes:
    """The 32 bytes of an event hash; of an event without one, SHA-256 of the document."""
    if value is None:
        return hashlib.sha256(document.data).digest()
    return bytes.fromhex(value.partition(";")[2].partition("?")[0])


def plan_event(document: Document, index: int, value: str | None, facts: Facts, *, foreign: bool = False) -> Planned:
    """What is to be done for the event at `index` of a valid `document`, whose event hash is `value`.

    `foreign`: another organisation signed the document than the one that submits it, so nothing in it is ruled: only
    its own signature could make a record of it.
    """
    event = document.events[index]
    record, why = None, None
    try:
        if foreign:
            raise NotRuled(
                "由另一机构签名，须由其自己的密钥提交", "signed by another organisation: its own key must submit"
            )
        record = record_of(event, facts, value)
    except NotRuled as reason:
        why = reason
    assertion = None if record is not None and record["action"] in UNLINKED else _assertion(document, index, value)
    return Planned(index, value, record, why, assertion)


def _assertion(document: Document, index: int, value: str | None) -> Action:
    event = document.events[index]
    kind, step = str(event["type"]), bare(str(event.get("bizStep", "")))
    return {
        "action": "trace.assert_event",
        "event": hash_bytes(document, value).hex(),
        "hashed": "bytes" if value is None else "event",
        "index": index,
        "kind": kind if kind in EVENT_TYPES else "other",
        "step": step if len(step) <= STEP_LENGTH_MAX else "",
        "event_ms": happened_ms(event),
        "declares_error": "errorDeclaration" in event,
        "subjects": list(subjects_of(event)),
    }


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        held = waiting.pop()
        if isinstance(held, str) and (held.startswith(OWN) or ":" in held):
            yield held
        elif isinstance(held, dict):
            waiting.extend(held.values())
        elif isinstance(held, list):
            waiting.extend(held)
