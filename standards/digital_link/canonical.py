"""The one form under which identifiers are compared, and the forms that EPCIS events may hold.

Canonical: `https://id.gs1.org`, numeric identifiers, GTIN-14, the finest level only (a serial number instead of its
lot; never the consumer product variant), no query. Two names of a thing are equal when their canonical forms are.

Source: GS1 Digital Link URI syntax, "canonical GS1 Digital Link URIs"; CBV 2.0 §8.2 (constrained URIs) and §8.9.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from standards.digital_link.epc import parse_urn
from standards.digital_link.leniency import CONSTRAINED, HASHING
from standards.digital_link.link import CANONICAL_STEM, Link, parse_link
from standards.gs1.elements import Element
from standards.gs1.faults import Gs1Fault

VARIANT = "22"


class Kind(StrEnum):
    """What an identifier in an EPCIS event names."""

    INSTANCE = "instance"
    """One thing: `epcList`, `parentID`, `childEPCs`."""

    CLASS = "class"
    """A sort or a lot of things: `quantityList`."""

    PLACE = "place"
    """A location or party: `readPoint`, `bizLocation`, sources and destinations."""


_KIND_WORDS = {
    Kind.INSTANCE: ("单件", "instances"),
    Kind.CLASS: ("类别", "classes"),
    Kind.PLACE: ("地点与主体", "places and parties"),
}

_FORMS: Mapping[Kind, Mapping[tuple[str, ...], range]] = {
    Kind.INSTANCE: {
        ("00",): range(18, 19),
        ("01", "21"): range(14, 15),
        ("01", "235"): range(14, 15),
        ("253",): range(14, 31),
        ("255",): range(14, 26),
        ("401",): range(5, 31),
        ("402",): range(17, 18),
        ("8003",): range(15, 31),
        ("8004",): range(5, 31),
        ("8006", "21"): range(18, 19),
        ("8010", "8011"): range(5, 31),
        ("8017",): range(18, 19),
        ("8018",): range(18, 19),
    },
    Kind.CLASS: {
        ("01",): range(14, 15),
        ("01", "10"): range(14, 15),
        ("253",): range(13, 14),
        ("255",): range(13, 14),
        ("8003",): range(14, 15),
        ("8006",): range(18, 19),
        ("8006", "10"): range(18, 19),
        ("8010",): range(5, 31),
    },
    Kind.PLACE: {
        ("414",): range(13, 14),
        ("414", "254"): range(13, 14),
        ("417",): range(13, 14),
    },
}
"""Identifiers in the path -> lengths of the key: with a serial number an instance, without one a class."""


def canonical(identifier: str) -> Link:
    """The canonical link of an EPC URN or Digital Link, `.uri` its text. Raises `Gs1Fault`.

    Words for identifiers and short GTINs are understood; check digits are not compared, since two names of a thing
    stay equal where both hold the same slip.
    """
    if identifier.startswith("urn:epc:"):
        return Link(CANONICAL_STEM, finest(parse_urn(identifier)))
    if not identifier.lower().startswith(("http://", "https://")):
        raise Gs1Fault("NOT_IDENTIFIER")
    return Link(CANONICAL_STEM, finest(parse_link(identifier, HASHING).path))


def finest(path: Sequence[Element]) -> tuple[Element, ...]:
    """The key with its last qualifier that is no variant."""
    qualifiers = [element for element in path[1:] if element.ai != VARIANT]
    return (path[0], *qualifiers[-1:])


def check_constrained(uri: str, kind: Kind) -> Link:
    """The link of a constrained Digital Link URI. Raises `Gs1Fault` where EPCIS does not allow it for `kind`."""
    zh, en = _KIND_WORDS[kind]
    link = parse_link(uri, CONSTRAINED)
    lengths = _FORMS[kind].get(tuple(ai for ai, _ in link.path))
    if lengths is None or len(link.path[0].value) not in lengths or "?" in uri or "#" in uri:
        raise Gs1Fault("NOT_CONSTRAINED", kind_zh=zh, kind_en=en)
    return link
