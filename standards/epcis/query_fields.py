"""Extension fields in queries: where they stand, how their names agree, how their values compare (§8.2.7.1).

A name is a CURIE or a whole address. A CURIE whose prefix the query declares, and an address, find a field by what its
own document's prefixes make of it; any other CURIE finds the same letters.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from standards.epcis.document import Event
from standards.epcis.query_values import as_number, fields, number, objects, reports, text_list
from standards.epcis.semantics import instant

Prefixes = Mapping[str, str]
Spelling = Callable[[Event], Collection[str]]

_NAME = r"[A-Za-z][\w.-]*:[^\s]+"
_FIELD = re.compile(
    r"(INNER_)?(?:(ILMD|ERROR_DECLARATION|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|readPoint|bizLocation)_)?"
    rf"({_NAME})"
)
_OWN = frozenset(
    {"ilmd", "errorDeclaration", "sensorElementList", "readPoint", "bizLocation", "@context", "masterData"}
)
"""Members of an event that have names of their own in queries."""

_ROOTS: Mapping[str | None, Callable[[Event], list[dict[str, object]]]] = {
    None: lambda event: [{name: value for name, value in event.items() if name not in _OWN}],
    "ILMD": lambda event: objects(event.get("ilmd")),
    "ERROR_DECLARATION": lambda event: objects(event.get("errorDeclaration")),
    "SENSORELEMENT": lambda event: objects(event.get("sensorElementList")),
    "SENSORMETADATA": lambda event: [
        held for element in objects(event.get("sensorElementList")) for held in objects(element.get("sensorMetadata"))
    ],
    "SENSORREPORT": lambda event: list(reports(event)),
    "readPoint": lambda event: objects(event.get("readPoint")),
    "bizLocation": lambda event: objects(event.get("bizLocation")),
}


def spelling(name: str, prefixes: Prefixes) -> Spelling:
    """The names under which an event may hold the field `name`."""
    prefix, _, local = name.partition(":")
    address = name if prefix in ("http", "https", "urn") else prefixes.get(prefix, "") + local
    if prefix not in ("http", "https", "urn", *prefixes):
        return lambda _: (name,)

    def spell(event: Event) -> Collection[str]:
        declared = ((short, long) for short, long in _prefixes(event) if address.startswith(long))
        return {address, *(f"{short}:{address[len(long) :].removeprefix('#')}" for short, long in declared)}

    return spell


def extension(subject: str, prefixes: Prefixes) -> Callable[[Event], Iterator[object]] | None:
    """What gives the values of the extension field that `subject` names; None where it names none."""
    found = _FIELD.fullmatch(subject)
    if found is None:
        return None
    inner, where, name = found.groups()
    roots, names = _ROOTS[where], spelling(name, prefixes)

    def held(event: Event) -> Iterator[object]:
        for spelt in names(event):
            for root in roots(event):
                yield from fields(list(root.values()) if inner else root, spelt, inner=bool(inner))

    return held


def compared(
    held: Callable[[Event], Iterable[object]], compare: Callable[[Any, Any], bool], value: object
) -> Callable[[Event], bool]:
    """Whether any value compares so with `value`: as moments or numbers. Raises ValueError."""
    moment = instant(value)
    if moment is not None:
        return lambda event: any(compare(told, moment) for each in held(event) if (told := instant(each)) is not None)
    limit = number(value)
    return lambda event: any(compare(told, limit) for each in held(event) if (told := as_number(each)) is not None)


def equals(held: Callable[[Event], Iterable[object]], value: object) -> Callable[[Event], bool]:
    """Whether any value is one of `value`: the same text, number or moment. Raises ValueError."""
    wanted = text_list(value)
    alike = {form for text in wanted for form in _forms(text)}
    return lambda event: any(not alike.isdisjoint(_forms(each)) for each in held(event))


def order_key(held: Callable[[Event], Iterable[object]], event: Event) -> tuple[int, Any] | None:
    """Where the first value of a field stands among others: numbers, moments, texts; None: it has none."""
    value = next(iter(held(event)), None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, Decimal(str(value))
    if (moment := instant(value)) is not None:
        return 1, moment
    return (2, value) if isinstance(value, str) else None


def _forms(value: object) -> Iterator[object]:
    yield str(value).lower() if isinstance(value, bool) else str(value)
    if (amount := as_number(value)) is not None:
        yield amount
    if (moment := instant(value)) is not None:
        yield moment


def _prefixes(event: Event) -> Iterator[tuple[str, str]]:
    for part in objects(event.get("@context")):
        for short, long in part.items():
            if isinstance(long, str) and long:
                yield short, long
