"""The values that queries look at, out of an event: names, words, moments, readings, fields of extensions."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from epcis_event_hash_generator.dl_normaliser import normaliser

from standards.epcis.document import Event
from standards.epcis.semantics import instant
from standards.epcis.vocabulary import bare

VALUES_MAX = 1_000
NUMBER_LENGTH_MAX = 32
MAGNITUDE_MAX = 18

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


def elements(event: Event) -> Iterator[dict[str, object]]:
    """Every quantity element."""
    for name in QUANTITIES["anyEPCClass"]:
        yield from objects(event.get(name))


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


def text_list(value: object, known: Iterable[str] = ()) -> list[str]:
    """The texts that a parameter's value gives, of `known` ones where those are told. Raises ValueError, in English."""
    items = value if isinstance(value, list | tuple) else [value]
    said = [str(item) for item in items if isinstance(item, str | int | float) and not isinstance(item, bool)]
    if not 1 <= len(items) <= VALUES_MAX or len(said) < len(items) or not all(said):
        raise ValueError(f"needs 1 to {VALUES_MAX} texts")
    if known and not set(said) <= set(known):
        raise ValueError(f"must be of {', '.join(known)}")
    return said


def number(value: object) -> Decimal:
    """A number of a parameter's value or of a member. Raises ValueError, in English."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > NUMBER_LENGTH_MAX:
        raise ValueError("needs a number")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("needs a number") from None
    if not found.is_finite() or found.adjusted() > MAGNITUDE_MAX or found.adjusted() < -MAGNITUDE_MAX:
        raise ValueError("the number is out of range")
    return found


def as_number(value: object) -> Decimal | None:
    """The number that `value` tells; None where it tells none."""
    try:
        return number(value)
    except ValueError:
        return None


def moment(value: object) -> datetime:
    """A moment with its offset. Raises ValueError, in English."""
    found = instant(value)
    if found is None:
        raise ValueError("needs a moment with its offset from UTC")
    return found


def truth(value: object) -> bool:
    """Yes or no; the standard's empty value of `EXISTS_` is yes. Raises ValueError, in English."""
    if value in (True, "true", "True", "", None):
        return True
    if value in (False, "false", "False"):
        return False
    raise ValueError("needs true or false")
