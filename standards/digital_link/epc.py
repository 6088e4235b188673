"""EPC URNs and the elements they stand for.

`urn:epc:id:sgtin:4012345.011111.987` is GTIN 04012345111118 with serial number 987: company prefix and reference stand
apart, check digits are left out. Classes (`urn:epc:class:lgtin`) are lots, patterns (`urn:epc:idpat`) with `*` at the
end are all instances of a class.

Source: GS1 EPC Tag Data Standard §6 (URN syntax, and its correspondence to element strings), CBV 2.0 §8.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from biip.gs1_prefixes import GS1CompanyPrefix

from standards.digital_link.percent import decode
from standards.gs1.checks.keys import expected_check_digit
from standards.gs1.dictionary import find
from standards.gs1.elements import TEXT_MAX, Element, check_element
from standards.gs1.faults import Gs1Fault

_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_TEXT = re.compile(r"(?:[!'()*+,.\-0-9:;=A-Z_a-z]|%[0-9A-Fa-f]{2})+")
_PREFIX_LENGTHS = range(6, 13)
_CODED = {character: f"%{ord(character):02X}" for character in '"%&/<>?#'}
"""Characters of values that a URN percent-encodes (TDS table A-1)."""


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How the fields of a scheme become elements.

    `digits`: company prefix and reference together; 0 where the reference is text. `indicator`: the reference begins
    with a digit that goes before the prefix. `key`: identifier; `lead`: what stands before it; `checked`: whether a
    check digit follows. `rest`: the fields after these, as (identifier of its own, or "" to be added to the key).
    """

    key: str
    digits: int
    indicator: bool = False
    lead: str = ""
    checked: bool = True
    rest: tuple[str, ...] = ()


_SCHEMES: Mapping[str, _Scheme] = {
    "id:sgtin": _Scheme("01", 13, indicator=True, rest=("21",)),
    "id:sscc": _Scheme("00", 17, indicator=True),
    "id:sgln": _Scheme("414", 12, rest=("254",)),
    "id:grai": _Scheme("8003", 12, lead="0", rest=("",)),
    "id:giai": _Scheme("8004", 0, checked=False),
    "id:gsrn": _Scheme("8018", 17),
    "id:gsrnp": _Scheme("8017", 17),
    "id:gdti": _Scheme("253", 12, rest=("",)),
    "id:cpi": _Scheme("8010", 0, checked=False, rest=("8011",)),
    "id:sgcn": _Scheme("255", 12, rest=("",)),
    "id:ginc": _Scheme("401", 0, checked=False),
    "id:gsin": _Scheme("402", 16),
    "id:itip": _Scheme("8006", 13, indicator=True, rest=("", "", "21")),
    "id:upui": _Scheme("01", 13, indicator=True, rest=("235",)),
    "id:pgln": _Scheme("417", 12),
    "class:lgtin": _Scheme("01", 13, indicator=True, rest=("10",)),
}
_PATTERNS = frozenset({"sgtin", "grai", "gdti", "sgcn", "cpi", "itip", "upui"})
"""Schemes whose instances have a class."""

_INSTANCES: Mapping[tuple[str, ...], str] = {
    ("01", "21"): "id:sgtin", ("01", "235"): "id:upui", ("01", "10"): "class:lgtin", ("00",): "id:sscc",
    ("414",): "id:sgln", ("414", "254"): "id:sgln", ("8003",): "id:grai", ("8004",): "id:giai", ("8018",): "id:gsrn",
    ("8017",): "id:gsrnp", ("253",): "id:gdti", ("8010", "8011"): "id:cpi", ("255",): "id:sgcn", ("401",): "id:ginc",
    ("402",): "id:gsin", ("8006", "21"): "id:itip", ("417",): "id:pgln",
}  # fmt: skip
_CLASSES: Mapping[tuple[str, ...], str] = {("01",): "sgtin", ("8010",): "cpi", ("8006",): "itip"}


def parse_urn(urn: str) -> tuple[Element, ...]:
    """The primary key and its qualifier that an EPC URN names. Raises `Gs1Fault`."""
    found = _URN.fullmatch(urn) if len(urn) <= TEXT_MAX else None
    kind, name, body = found.groups() if found else ("", "", "")
    pattern = kind == "idpat" and name in _PATTERNS
    scheme = _SCHEMES.get(f"id:{name}" if pattern else f"{kind}:{name}")
    fault = Gs1Fault("URN", found=f"{kind}:{name}" if found else "EPC")
    if scheme is None or (pattern and not body.endswith(".*")):
        raise fault
    fields = _fields(body, scheme)
    wanted = 2 + len(scheme.rest)
    if fields is None or len(fields) != wanted or not all(fields[2:]):
        raise fault
    try:
        return _elements(scheme, fields, pattern=pattern)
    except ValueError:
        raise fault from None


def write_urn(path: tuple[Element, ...], company_prefix_digits: int | None = None) -> str:
    """The EPC URN of a primary key and its finest qualifier; a pattern where it names a class.

    `company_prefix_digits`: how long the company prefix is; by default GS1's published table tells. Raises `Gs1Fault`.
    """
    for element in path:
        entry = find(element.ai)
        if entry is None:
            raise Gs1Fault("AI_UNKNOWN", found=element.ai)
        check_element(element, entry)
    order = tuple(ai for ai, _ in path)
    name = _INSTANCES.get(order)
    if name is not None and (name not in _SERIALISED or len(path[0].value) > _SERIALISED[name]):
        return _urn(name, path, company_prefix_digits)
    kind = _CLASSES.get(order) or (name or "").removeprefix("id:")
    if kind in _PATTERNS:
        return _urn(f"id:{kind}", path, company_prefix_digits).replace(":id:", ":idpat:", 1)
    raise Gs1Fault("NO_URN", found=") (".join(order))


_SERIALISED = {"id:grai": 14, "id:gdti": 13, "id:sgcn": 13}
"""Keys that hold their serial number: longer than this they name an instance, else a class."""


def _fields(body: str, scheme: _Scheme) -> list[str] | None:
    """Company prefix, reference, and the fields after them, still encoded; None where they are not told apart."""
    prefix, dot, rest = body.partition(".")
    if not dot or not _DIGITS.fullmatch(prefix) or len(prefix) not in _PREFIX_LENGTHS:
        return None
    if not scheme.digits:
        if not scheme.rest:
            return [prefix, rest]
        reference, _, serial = rest.rpartition(".")
        return [prefix, reference, serial]
    return [prefix, *rest.split(".", len(scheme.rest))]


def _elements(scheme: _Scheme, fields: list[str], *, pattern: bool) -> tuple[Element, ...]:
    prefix, reference, *rest = fields
    if scheme.digits:
        if len(prefix) + len(reference) != scheme.digits or (reference and not _DIGITS.fullmatch(reference)):
            raise ValueError
        value = reference[:1] + prefix + reference[1:] if scheme.indicator else prefix + reference
        value = scheme.lead + value
        value += expected_check_digit(value) if scheme.checked else ""
    else:
        value = prefix + _decoded(reference)
    qualifiers: list[Element] = []
    for at, (ai, text) in enumerate(zip(scheme.rest, rest, strict=True)):
        if pattern and at == len(rest) - 1:
            if text != "*":
                raise ValueError
        elif ai:
            qualifiers.append(Element(ai, _decoded(text)))
        else:
            value += _decoded(text)
    if scheme.key == "414" and qualifiers == [("254", "0")]:
        qualifiers = []  # TDS §6.3.3: an extension of 0 says that there is none
    elements = (Element(scheme.key, value), *qualifiers)
    for element in elements:
        entry = find(element.ai)
        assert entry is not None, "schemes name known identifiers"
        check_element(element, entry)
    return elements


def _decoded(text: str) -> str:
    if not _TEXT.fullmatch(text):
        raise ValueError
    return decode(text)


def _urn(name: str, path: tuple[Element, ...], digits: int | None) -> str:
    scheme = _SCHEMES[name]
    value = path[0].value.removeprefix(scheme.lead) if scheme.lead else path[0].value
    body, tail = (value[: scheme.digits], value[scheme.digits + 1 :]) if scheme.digits else (value, "")
    numbered = body[1:] if scheme.indicator else body
    length = _company_prefix_digits(numbered) if digits is None else digits
    if length not in _PREFIX_LENGTHS or length > len(numbered) or not _DIGITS.fullmatch(numbered[:length]):
        raise Gs1Fault("COMPANY_PREFIX", ai=path[0].ai)
    reference = (body[0] if scheme.indicator else "") + numbered[length:]
    fields = [numbered[:length], _coded(reference), *_tail_fields(scheme, tail, path)]
    return f"urn:epc:{name}:" + ".".join(fields)


def _tail_fields(scheme: _Scheme, tail: str, path: tuple[Element, ...]) -> list[str]:
    """What follows the reference; `*` and nothing behind it where a class is meant."""
    if scheme.key == "8006":
        return [tail[:2], tail[2:], _coded(path[1].value) if len(path) > 1 else "*"]
    if not scheme.rest:
        return []
    if len(path) > 1:
        return [_coded(path[1].value)]
    if scheme.key == "414":
        return ["0"]
    return [_coded(tail) if tail else "*"]


def _coded(text: str) -> str:
    return "".join(_CODED.get(character, character) for character in text)


def _company_prefix_digits(text: str) -> int:
    digits = _DIGITS.match(text)
    found = GS1CompanyPrefix.extract(digits[0]) if digits else None
    return len(found.value) if found else 0
