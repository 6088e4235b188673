"""Which characters may stand in a part.

Source: GS1 General Specifications §7.11 (character sets 82, 39 and 64); RFC 3986 §2.1.
"""

import re
import string

from standards.gs1.checks.wrong import Wrong

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""In the order of their values."""

_IN_82 = frozenset(SET_82)
_IN_39 = frozenset("#-/" + string.digits + string.ascii_uppercase)
_IN_64 = frozenset("-_" + string.digits + string.ascii_letters)
_IN_DIGITS = frozenset(string.digits)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def digits(part: str) -> None:
    """Digits only."""
    _only(part, _IN_DIGITS, "NON_DIGIT_CHARACTER")


def set_82(part: str) -> None:
    """Character set 82 only."""
    _only(part, _IN_82, "INVALID_CSET82_CHARACTER")


def set_39(part: str) -> None:
    """Character set 39 only."""
    _only(part, _IN_39, "INVALID_CSET39_CHARACTER")


def set_64(part: str) -> None:
    """Character set 64 only, with the padding of base64 or without."""
    body = part.rstrip("=")
    pads = len(part) - len(body)
    if pads > 2 or (pads and len(part) % 3):
        raise Wrong("INVALID_CSET64_PADDING", len(body))
    _only(body, _IN_64, "INVALID_CSET64_CHARACTER")


def has_non_digit(part: str) -> None:
    """At least one character that is no digit."""
    if _IN_DIGITS.issuperset(part):
        raise Wrong("REQUIRES_NON_DIGIT_CHARACTER")


def hyphen(part: str) -> None:
    """Hyphens only: the sign of a temperature below zero."""
    _only(part, frozenset("-"), "NOT_HYPHEN")


def importer_index(part: str) -> None:
    """A letter, a digit, - or _ (European regulation 2018/574)."""
    _only(part, _IN_64, "INVALID_IMPORT_IDX_CHARACTER")


def nonzero(part: str) -> None:
    """A figure above zero."""
    if not part.strip("0"):
        raise Wrong("ILLEGAL_ZERO_VALUE")


def zero(part: str) -> None:
    """Zeros only."""
    _only(part, frozenset("0"), "NOT_ZERO")


def no_zero_prefix(part: str) -> None:
    """No leading zero, but a single 0."""
    if part.startswith("0") and len(part) > 1:
        raise Wrong("ILLEGAL_ZERO_PREFIX")


def percent_encoded(part: str) -> None:
    """Each % begins a percent-encoded byte."""
    if found := _PERCENT.search(part):
        raise Wrong("INVALID_PERCENT_SEQUENCE", found.start())


def _only(part: str, allowed: frozenset[str], code: str) -> None:
    if not allowed.issuperset(part):
        raise Wrong(code, next(at for at, character in enumerate(part) if character not in allowed))
