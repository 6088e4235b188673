"""Code lists, and figures with a range.

Source: GS1 General Specifications §3; ISO 3166-1, ISO 4217 and ISO/IEC 5218; UN/ECE Recommendation 21 with GS1's
additions (code list PackageTypeCode).
"""

import re
from functools import cache
from importlib import resources

import iso3166
import iso4217

from standards.gs1.checks.wrong import Wrong

_USER_ASSIGNED = "900"
"""Numeric codes from here on are given by users, not by ISO 3166."""

COUNTRY_LETTERS = frozenset(country.alpha2 for country in iso3166.countries if country.numeric < _USER_ASSIGNED)
"""Two-letter country codes."""

_COUNTRIES = frozenset(country.numeric for country in iso3166.countries if country.numeric < _USER_ASSIGNED)
_CURRENCIES = frozenset(f"{currency.number:03}" for currency in iso4217.Currency)
_MEDIA_TYPES = frozenset(f"{code:02}" for code in (*range(1, 11), *range(80, 100)))
_SEQUENCE = re.compile(r"(\d+)/(\d+)", re.ASCII)
LATITUDE_MAX, LONGITUDE_MAX = 1_800_000_000, 3_600_000_000
"""Ten-millionths of a degree, counted from the south pole and from the antimeridian."""


def country(part: str) -> None:
    """A numeric country code."""
    if part not in _COUNTRIES:
        raise Wrong("NOT_ISO3166", found=part)


def country_or_999(part: str) -> None:
    """A numeric country code, or 999: several or unknown."""
    if part not in _COUNTRIES and part != "999":
        raise Wrong("NOT_ISO3166_OR_999", found=part)


def country_letters(part: str) -> None:
    """A two-letter country code."""
    if part not in COUNTRY_LETTERS:
        raise Wrong("NOT_ISO3166_ALPHA2", found=part)


def currency(part: str) -> None:
    """A numeric currency code."""
    if part not in _CURRENCIES:
        raise Wrong("NOT_ISO4217", found=part)


def sex(part: str) -> None:
    """A code of ISO/IEC 5218."""
    if part not in {"0", "1", "2", "9"}:
        raise Wrong("INVALID_BIOLOGICAL_SEX_CODE")


def media_type(part: str) -> None:
    """An AIDC media type that ICCBBA has assigned, or one for local use."""
    if part not in _MEDIA_TYPES:
        raise Wrong("INVALID_MEDIA_TYPE", found=part)


def package_type(part: str) -> None:
    """A package type code."""
    if part not in _package_types():
        raise Wrong("INVALID_PACKAGE_TYPE", found=part)


def winding(part: str) -> None:
    """The direction a roll is wound in: 0 face out, 1 face in, 9 not defined."""
    if part not in {"0", "1", "9"}:
        raise Wrong("INVALID_WINDING_DIRECTION")


def yes_no(part: str) -> None:
    """0 for no, 1 for yes."""
    if part not in {"0", "1"}:
        raise Wrong("NOT_ZERO_OR_ONE")


def latitude(part: str) -> None:
    """Degrees north of the south pole."""
    if int(part) > LATITUDE_MAX:
        raise Wrong("INVALID_LATITUDE")


def longitude(part: str) -> None:
    """Degrees east of the antimeridian."""
    if int(part) > LONGITUDE_MAX:
        raise Wrong("INVALID_LONGITUDE")


def piece_of_total(part: str) -> None:
    """Piece number and total, both above zero, of equal length."""
    half = len(part) // 2
    piece, total = part[:half], part[half:]
    if int(piece) == 0:
        raise Wrong("ZERO_PIECE_NUMBER")
    if int(total) == 0:
        raise Wrong("ZERO_TOTAL_PIECES", half)
    if int(piece) > int(total):
        raise Wrong("PIECE_NUMBER_EXCEEDS_TOTAL", found=piece)


def position_in_sequence(part: str) -> None:
    """`position/end`, both above zero and without leading zeros."""
    found = _SEQUENCE.fullmatch(part)
    if found is None:
        raise Wrong("POSITION_IN_SEQUENCE_MALFORMED")
    for number in (1, 2):
        if found[number].startswith("0"):
            raise Wrong("ILLEGAL_ZERO_PREFIX", found.start(number))
    if int(found[1]) > int(found[2]):
        raise Wrong("POSITION_EXCEEDS_END")


@cache
def _package_types() -> frozenset[str]:
    return frozenset(resources.files("standards.gs1").joinpath("data/package-types.txt").read_text("ascii").split())
