"""A number on its own: which GS1 keys it can be, its check digit, who gave it out.

Source: GS1 General Specifications §7.9.1, §1.4; the prefixes are the ones GS1 publishes, as `biip` brings them.
"""

from dataclasses import dataclass

from biip.gs1_prefixes import GS1Prefix

from standards.gs1.checks.keys import expected_check_digit
from standards.gs1.dictionary import is_digits
from standards.gs1.elements import TEXT_MAX
from standards.gs1.faults import Gs1Fault

KEYS = {
    8: ("GTIN-8",),
    12: ("GTIN-12",),
    13: ("GTIN-13", "GLN"),
    14: ("GTIN-14",),
    17: ("GSIN",),
    18: ("SSCC", "GSRN"),
}
"""Digits -> the keys that have so many."""

_PREFIX_AT = {12: -1, 14: 1}
"""Where the GS1 prefix begins: after the indicator; before a GTIN-12 stands an unwritten zero."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number whose check digit is right. `prefix_usage`: whom or what GS1 gave its prefix to, where that is known."""

    digits: str
    keys: tuple[str, ...]
    prefix: str | None
    prefix_usage: str | None


def check_number(text: str) -> Number:
    """The number in `text`; blanks between digits do not matter. Raises `Gs1Fault` naming the digit expected."""
    if len(text) > TEXT_MAX:
        raise Gs1Fault("TEXT_TOO_LONG", most=TEXT_MAX)
    digits = "".join(text.split())
    if not is_digits(digits):
        at = next((at for at, character in enumerate(digits) if not is_digits(character)), 0)
        raise Gs1Fault("NON_DIGIT_CHARACTER", position=at + 1)
    if len(digits) not in KEYS:
        raise Gs1Fault("NUMBER_LENGTH", length=len(digits))
    expected = expected_check_digit(digits[:-1])
    if digits[-1] != expected:
        raise Gs1Fault("INCORRECT_CHECK_DIGIT", position=len(digits), found=digits[-1], expected=expected)
    prefix = _prefix(digits)
    known = (None, None) if prefix is None else (prefix.value, prefix.usage)
    return Number(digits, KEYS[len(digits)], *known)


def _prefix(digits: str) -> GS1Prefix | None:
    """The prefix that names the member organisation; None where the key's kind, so its place, is not known."""
    if len(digits) in (8, 18):
        return None
    at = _PREFIX_AT.get(len(digits), 0)
    return GS1Prefix.extract("0" + digits if at < 0 else digits[at:])
