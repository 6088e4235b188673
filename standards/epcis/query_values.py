"""The values that queries look at, out of an event: names, words, moments, readings, fields of extensions."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from epcis_event_hash_generator.dl_normaliser import normaliser

from standards.epcis.document import Event
from standards.epcis.semantics import instant
from standards.epcis.vocabulary import bare

QUANTITIES = {
    "epcClass": ("quantityList", "childQuantityList"),
    "inputEPCClass": ("inputQuantityList",),
    "outputEPCClass": ("outputQuantityList",),
    "anyEPCClass": ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
}
EPCS = {
    "epc": ("epcList", "childEPCs"),
    "parentID": ("parentID",),
    "inputEPC": ("inputEPCList",),
    "outputEPC": ("outputEPCList",),
    "anyEPC": ("epcList", "childEPCs", "inputEPCList", "outputEPCList", "parentID"),
}


def canonical(name: str) -> str:
    """A name of a thing in the form in which equal ones are equal texts."""
    return normaliser(name) or name


def texts(event: Event, name: str) -> Iterator[str]:
    """The member `name` as texts: itself, its items, or the `id` of a place."""
    value = event.get(name)
    for item in value if isinstance(value, list) else [value]:
        held = item.get("id") if isinstance(item, dict) else item
        if isinstance(held, str):
            yield held


def objects(value: object) -> list[dict[str, object]]:
    """The objects in a list; of a single one, that."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def epcs(event: Event, which: str) -> Iterator[str]:
    """Names of instances that `MATCH_<which>` looks at."""
    for name in EPCS[which]:
        yield from texts(event, name)


def classes(event: Event, which: str) -> Iterator[str]:
    """Names of classes that `MATCH_<which>` looks at."""
    for name in QUANTITIES[which]:
        for element in objects(event.get(name)):
            yield str(element.get("epcClass", ""))


def amounts(event: Event) -> Iterator[int | float]:
    """Quantities of all quantity elements."""
    for name in QUANTITIES["anyEPCClass"]:
        for element in objects(event.get(name)):
            quantity = element.get("quantity")
            if isinstance(quantity, int | float) and not isinstance(quantity, bool):
                yield quantity


def typed(event: Event, name: str, kind: str) -> Iterator[str]:
    """Values of type `kind` in `bizTransactionList`, `sourceList` or `destinationList` (`name` without `List`)."""
    for held in objects(event.get(f"{name}List")):
        if bare(str(held.get("type", ""))) == bare(kind):
            yield str(held.get(name, ""))


def sensed(event: Event, name: str) -> Iterator[object]:
    """The attribute `name` of every sensor element, in its metadata or its reports."""
    for element in objects(event.get("sensorElementList")):
        for members in (*objects(element.get("sensorMetadata")), *objects(element.get("sensorReport"))):
            if name in members:
                yield members[name]


def reports(event: Event) -> Iterator[dict[str, object]]:
    """Every sensor report."""
    for element in objects(event.get("sensorElementList")):
        yield from objects(element.get("sensorReport"))


def happened(event: Event, name: str) -> datetime | None:
    """The moment in the member `name`; None where there is none."""
    return instant(event.get(name))


def fields(members: object, name: str, *, inner: bool) -> Iterator[object]:
    """Values of the extension `name` in `members`; with `inner` at any depth below."""
    if isinstance(members, Mapping):
        for key, value in members.items():
            if key == name:
                yield from value if isinstance(value, list) else [value]
            if inner:
                yield from fields(value, name, inner=True)
    elif isinstance(members, list) and inner:
        for item in members:
            yield from fields(item, name, inner=True)
