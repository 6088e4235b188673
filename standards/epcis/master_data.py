"""Master data in the header of a document (EPCIS 2.0 §6.5, §9.5): attributes of things, and what is part of what.

They say something about the events of their own document only: nobody changes what another's events mean.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from standards.epcis.query_values import canonical, objects


@dataclass(frozen=True)
class Element:
    """One thing: its attributes by name, each with its values, and the names of its parts."""

    attributes: dict[str, set[str]] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)


MasterData = Mapping[str, Element]


def master_data(content: Mapping[str, object]) -> MasterData:
    """The elements that the header of a document tells of, by their names in canonical form."""
    found: dict[str, Element] = {}
    for header in objects(content.get("epcisHeader")):
        for data in objects(header.get("epcisMasterData")):
            for vocabulary in objects(data.get("vocabularyList")):
                for told in objects(vocabulary.get("vocabularyElementList")):
                    _learn(found.setdefault(canonical(str(told.get("id"))), Element()), told)
    return found


def descendants(data: MasterData, places: Iterable[str]) -> set[str]:
    """`places`, canonical, and all that is part of one of them, at any depth."""
    known: set[str] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in known:
            known.add(place)
            waiting += data[place].children if place in data else ()
    return known


def attributes_of(data: MasterData, names: Iterable[str]) -> Iterator[Mapping[str, set[str]]]:
    """The attributes of each of `names` that the master data know."""
    for name in names:
        element = data.get(canonical(name))
        if element is not None:
            yield element.attributes


def _learn(element: Element, told: Mapping[str, object]) -> None:
    for attribute in objects(told.get("attributes")):
        value = attribute.get("attribute")
        values = element.attributes.setdefault(str(attribute.get("id")), set())
        if isinstance(value, str | int | float):
            values.add(str(value))
    children = told.get("children")
    element.children.update(canonical(str(child)) for child in (children if isinstance(children, list) else ()))
