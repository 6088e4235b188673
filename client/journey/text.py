"""Numbers, times and sentences as people read them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from ledger.modules.trace.words import UNITS

MICRO = -6
_PART = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{(\w+)\}")


def decimal(value: int, exponent: int, *, fixed: bool = False) -> str:
    """An integer times 10^exponent in decimal digits, exactly; without trailing zeros unless `fixed`."""
    if exponent >= 0:
        return str(value * 10**exponent)
    digits = f"{abs(value):0{1 - exponent}d}"
    fraction = digits[exponent:] if fixed else digits[exponent:].rstrip("0")
    return ("-" if value < 0 else "") + digits[:exponent] + ("." + fraction if fraction else "")


def with_unit(code: str) -> str:
    """A UN/ECE unit code as it follows a number: " mg/kg", but "°C" and "%" close to it."""
    unit = UNITS.get(code, code)
    return unit if unit[0] in "°%" else f" {unit}"


def fill(template: str, words: Mapping[str, str | None]) -> str:
    """A sentence with its places filled; parts in square brackets go where a place in them has no words."""

    def kept(part: re.Match[str]) -> str:
        there = all(words.get(place) is not None for place in _PLACE.findall(part[1]))
        return part[1] if there else ""

    def filled(place: re.Match[str]) -> str:
        word = words.get(place[1])
        return "—" if word is None else word

    return _PLACE.sub(filled, _PART.sub(kept, template)).strip()


class Clock:
    """Instants (ms since the epoch) in one time zone; None: the zone of this machine."""

    def __init__(self, zone: tzinfo | None = UTC) -> None:
        self.zone = zone

    def local(self, time_ms: int) -> datetime:
        """The instant in this zone; the epoch for years that no calendar reaches, as a signer may write them."""
        try:
            return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(self.zone)
        except (OverflowError, ValueError):
            return datetime.fromtimestamp(0, UTC)

    def offset(self, time_ms: int) -> str:
        """How far the zone is from UTC at an instant: `UTC+08:00`."""
        minutes = int((self.local(time_ms).utcoffset() or timedelta()).total_seconds()) // 60
        return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "UTC"

    def day(self, time_ms: int) -> str:
        """The date."""
        return f"{self.local(time_ms):%Y-%m-%d}"

    def hour(self, time_ms: int) -> str:
        """The time of the day."""
        return f"{self.local(time_ms):%H:%M}"

    def instant(self, time_ms: int, beside_ms: int | None = None) -> str:
        """Date and time; the time alone where `beside_ms`, whose date is told already, is of the same day."""
        if beside_ms is not None and self.day(time_ms) == self.day(beside_ms):
            return self.hour(time_ms)
        return f"{self.local(time_ms):%Y-%m-%d %H:%M}"
