"""Names of things in the form that a reader asks for: GS1 Digital Links or EPC URNs (header `GS1-EPC-Format`).

Only the standard's own members are translated, and only what is a GS1 key: the event hash stays what it was, since both
forms are one name to it.
"""

from collections.abc import Callable
from functools import lru_cache

from epcis_event_hash_generator.dl_normaliser import normaliser

from standards.digital_link.canonical import canonical
from standards.digital_link.epc import write_urn
from standards.epcis.document import Event
from standards.gs1.faults import Gs1Fault

CACHED = 65_536
_KEPT = frozenset({"@context", "type", "eventID", "errorDeclaration", "certificationInfo"})
"""Members that name no thing."""


class Untranslatable(ValueError):
    """A GS1 key that has no URN: of a class that URNs cannot name, or of a company prefix in no published table."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def with_links(event: Event) -> Event:
    """The event with Digital Links in place of EPC URNs."""
    return {name: _translated(name, value, as_link) for name, value in event.items()}


def with_urns(event: Event) -> Event:
    """The event with EPC URNs in place of Digital Links. Raises Untranslatable."""
    return {name: _translated(name, value, as_urn) for name, value in event.items()}


@lru_cache(CACHED)
def as_link(name: str) -> str:
    """The Digital Link of an EPC URN, as the event hash takes it; anything else as it is."""
    return (normaliser(name) or name) if name.startswith("urn:epc:") else name


@lru_cache(CACHED)
def as_urn(name: str) -> str:
    """The EPC URN of a Digital Link; anything else as it is. Raises Untranslatable."""
    if not name.startswith(("http://", "https://")):
        return name
    try:
        path = canonical(name).path
    except Gs1Fault:
        return name
    try:
        return write_urn(path)
    except Gs1Fault:
        raise Untranslatable(name) from None


def _translated(name: str, value: object, form: Callable[[str], str]) -> object:
    if ":" in name or name in _KEPT:
        return value
    if isinstance(value, str):
        return form(value)
    if isinstance(value, list):
        return [_translated(name, item, form) for item in value]
    if isinstance(value, dict):
        return {member: _translated(member, held, form) for member, held in value.items()}
    return value
