r"""Element strings: application identifiers with their values, side by side.

Written for people, identifiers stand in brackets, `(01)...(10)...`, and a bracket that belongs to a value is written
`\(`. Written as scanners hand them on, `^` stands for FNC1: one at the beginning, and one after each value that has no
predefined length and is not the last.

Source: GS1 General Specifications §7.8 (processing of element strings).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from standards.gs1.checks import CHARSETS, CHECK_DIGITS, CHECKS
from standards.gs1.checks.wrong import Wrong
from standards.gs1.dictionary import Component, Entry, find, find_prefix
from standards.gs1.faults import Gs1Fault

FNC1 = "^"
ELEMENTS_MAX = 64
TEXT_MAX = 8_192
"""Characters of an element string or a URI: more than any barcode holds."""


class Element(NamedTuple):
    """An application identifier and its value."""

    ai: str
    value: str


def check_element(element: Element, entry: Entry, *, check_digits: bool = True) -> None:
    """Raise `Gs1Fault` unless the value is what `entry` asks for; `check_digits` or not."""
    check_length(element, entry)
    at = 0
    for part in entry.components:
        text = element.value[at : at + part.most]
        if part.optional and not text:
            continue
        if len(text) < part.least:
            raise Gs1Fault("VALUE_LENGTH", ai=element.ai, position=at + 1, length=len(text), least=part.least)
        _check_part(element.ai, part, text, at, check_digits=check_digits)
        at += len(text)
    assert at == len(element.value), "its length was checked"


def check_length(element: Element, entry: Entry) -> None:
    """Raise `Gs1Fault` for a value that is empty, too short, too long, or holds the separator."""
    length = len(element.value)
    if not length:
        raise Gs1Fault("VALUE_EMPTY", ai=element.ai)
    if length < entry.least:
        raise Gs1Fault("VALUE_TOO_SHORT", ai=element.ai, length=length, least=entry.least)
    if length > entry.most:
        raise Gs1Fault("VALUE_TOO_LONG", ai=element.ai, length=length, most=entry.most)
    if FNC1 in element.value:
        raise Gs1Fault("FNC1_IN_VALUE", ai=element.ai, position=element.value.index(FNC1) + 1)


def parse_bracketed(text: str, *, unknown: bool = False) -> tuple[Element, ...]:
    """The elements of `(01)...(10)...`. Raises `Gs1Fault`. `unknown`: identifiers not yet assigned are taken."""
    _check_size(text)
    found: list[tuple[Element, Entry]] = []
    at = 0
    while at < len(text):
        close = text.find(")", at)
        if text[at] != "(" or close < 0:
            raise Gs1Fault("BRACKETS_MALFORMED", position=at + 1)
        ai = text[at + 1 : close]
        entry = find(ai, unknown=unknown)
        if entry is None:
            raise Gs1Fault("AI_UNKNOWN", position=at + 2, found=ai)
        value, at = _bracketed_value(text, close + 1)
        check_length(Element(ai, value), entry)
        found.append((Element(ai, value), entry))
    return _checked(found)


def parse_element_string(text: str) -> tuple[Element, ...]:
    """The elements of `^01...10...^21...`. Raises `Gs1Fault`. A `^` after a value of predefined length is tolerated."""
    _check_size(text)
    if not text.startswith(FNC1):
        raise Gs1Fault("MISSING_FNC1", position=1)
    found: list[tuple[Element, Entry]] = []
    at = 1
    while at < len(text):
        entry = find_prefix(text[at : at + 4])
        if entry is None:
            raise Gs1Fault("AI_MISSING", position=at + 1, found=text[at : at + 4])
        at += len(entry.ai)
        end = text.find(FNC1, at)
        end = len(text) if end < 0 else end
        if entry.fixed:
            end = min(end, at + entry.most)
        element = Element(entry.ai, text[at:end])
        check_length(element, entry)
        found.append((element, entry))
        at = end + text.startswith(FNC1, end)
    return _checked(found)


def write_element_string(elements: Iterable[Element]) -> str:
    """`^01...10...^21...`, with `^` where FNC1 stands in a barcode."""
    text, needed = "", True
    for element in elements:
        text += f"{FNC1 if needed else ''}{element.ai}{element.value}"
        entry = find(element.ai, unknown=True)
        needed = entry is None or not entry.fixed
    return text


def write_bracketed(elements: Iterable[Element]) -> str:
    """`(01)...(10)...`, as people read it."""
    return "".join(f"({ai}){value.replace('(', chr(92) + '(')}" for ai, value in elements)


def _checked(found: Sequence[tuple[Element, Entry]]) -> tuple[Element, ...]:
    if not found:
        raise Gs1Fault("NO_DATA")
    if len(found) > ELEMENTS_MAX:
        raise Gs1Fault("TOO_MANY_AIS", most=ELEMENTS_MAX)
    for element, entry in found:
        check_element(element, entry)
    return tuple(element for element, _ in found)


def _bracketed_value(text: str, at: int) -> tuple[str, int]:
    """The value that begins at `at`, and where the next identifier begins."""
    value = ""
    while True:
        end = text.find("(", at)
        if end < 0:
            return value + text[at:], len(text)
        if text[end - 1] != "\\" or end == at:
            return value + text[at:end], end
        value += text[at : end - 1] + "("
        at = end + 1


def _check_part(ai: str, part: Component, text: str, at: int, *, check_digits: bool) -> None:
    tests = [CHARSETS[part.charset]]
    tests += [CHECKS[name] for name in part.checks if check_digits or name not in CHECK_DIGITS]
    for test in tests:
        try:
            test(text)
        except Wrong as wrong:
            raise Gs1Fault(wrong.code, ai=ai, position=at + wrong.at + 1, **wrong.details) from None


def _check_size(text: str) -> None:
    if len(text) > TEXT_MAX:
        raise Gs1Fault("TEXT_TOO_LONG", most=TEXT_MAX)
