"""An EPCIS document, whatever it came as: JSON-LD document, query document, single event, or XML."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from xml.etree.ElementTree import Element

from standards.epcis.faults import Fault, Malformed, pointer
from standards.epcis.reading import read_json
from standards.epcis.vocabulary import CONTEXT
from standards.epcis.xml_reading import read_xml

Event = dict[str, object]
EVENTS_MAX = 500


@dataclass(frozen=True)
class Document:
    """`content` is the JSON form, as given or as made from XML; `events` are its events in the document's order.

    `data` are the bytes as they came: what a partner signs, and what the vault keeps.
    """

    form: Literal["json", "xml"]
    content: dict[str, object]
    events: tuple[Event, ...]
    events_at: str
    """JSON pointer of the list of events; of a single event, the empty one."""
    data: bytes
    elements: tuple[Element, ...] = field(default=(), repr=False, compare=False)
    """The events as XML elements, of an XML document."""
    remarks: tuple[Fault, ...] = ()
    """What reading it found remarkable."""

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def kind(self) -> str:
        """`EPCISDocument`, `EPCISQueryDocument`, or the type of the single event."""
        return str(self.content.get("type", ""))

    @property
    def context(self) -> object:
        """The JSON-LD context that the events stand in."""
        return self.content.get("@context", CONTEXT)

    def path_of(self, index: int) -> str:
        """JSON pointer of the event at `index`."""
        return f"{self.events_at}/{index}" if self.events_at else ""


def read(data: bytes) -> Document:
    """The document in `data`; raises Malformed when it is none, or holds more than EVENTS_MAX events.

    What it holds is not judged here: `validate` does.
    """
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        found = read_xml(data)
        events, where = _events(found.content)
        document = Document("xml", found.content, events, where, data, tuple(found.events))
    else:
        content, remarks = read_json(data)
        if not isinstance(content, dict):
            raise Malformed([Fault("", "json", "须为 JSON 对象", "must be a JSON object")])
        events, where = _events(content)
        document = Document("json", content, events, where, data, remarks=remarks)
    if len(document.events) > EVENTS_MAX:
        raise Malformed(
            [
                Fault(
                    where,
                    "epcis:limit",
                    f"事件超过 {EVENTS_MAX} 个",
                    f"more than {EVENTS_MAX} events: send them in parts",
                )
            ]
        )
    return document


def _events(content: Mapping[str, object]) -> tuple[tuple[Event, ...], str]:
    """The events that `content` holds and where; none where the place of the list holds something else."""
    if content.get("type") == "EPCISDocument":
        steps: tuple[str, ...] = ("epcisBody", "eventList")
    elif content.get("type") == "EPCISQueryDocument":
        steps = ("epcisBody", "queryResults", "resultsBody", "eventList")
    elif "type" in content and "eventTime" in content:
        return (cast("Event", dict(content)),), ""
    else:
        return (), ""
    held: object = content
    for step in steps:
        held = held.get(step) if isinstance(held, dict) else None
    events = tuple(event for event in held if isinstance(event, dict)) if isinstance(held, list) else ()
    return events, pointer(steps)
