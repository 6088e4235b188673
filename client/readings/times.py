"""From the time columns of a row to milliseconds since 1970, UTC; times that exist never or twice are named."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from client.failures import Failure
from client.readings.reasons import Reason
from ledger.modules.registry.messages import TIME_MS_MAX

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TIME_LENGTH_MAX = 64

Ambiguous = Literal["refuse", "first", "second"]
"""What to do with a local time that occurs twice when clocks go back: leave it out, or take one of its turns."""

_PADDING = re.compile(r"(?<=[/:.\-]) (?=[0-9])")
_UNIX = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,9})?\Z")

TimeParser = Callable[[str], int | Reason]
"""Text of the joined time columns -> ms since 1970, or the reason why it is no time."""


class TimeSettings(Failure):
    """The time zone or the time format cannot be used."""

    def __init__(self, what: str, value: str, reason: str) -> None:
        super().__init__(
            f"{what} {value!r} 不可用：{reason}",
            f"the {what} {value!r} cannot be used: {reason}",
            "时区写作 Asia/Shanghai 或 UTC；格式如 %Y-%m-%d %H:%M:%S，或 iso、unix、unix_ms",
            "write a zone as Asia/Shanghai or UTC; a format as %Y-%m-%d %H:%M:%S, or iso, unix, unix_ms",
        )


def load_zone(name: str) -> tzinfo:
    """The IANA time zone of that name. Raises `TimeSettings`."""
    if name.upper() in {"UTC", "Z"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TimeSettings("timezone", name[:60], "no IANA time zone of this name is installed") from None


def time_parser(time_format: str, zone: tzinfo, ambiguous: Ambiguous = "refuse") -> TimeParser:
    """A parser for one file. Raises `TimeSettings` when the format itself is unusable.

    `iso` takes ISO 8601, `unix` seconds, `unix_ms` milliseconds; anything else is a strptime format. A time that brings
    its own offset (%z, ISO with offset, Unix) does not use `zone`.
    """
    if time_format in {"unix", "unix_ms"}:
        factor = 1000 if time_format == "unix" else 1
        return lambda text: _unix_ms(text, factor)
    if time_format == "iso":
        return lambda text: _parsed(datetime.fromisoformat, text, zone, ambiguous)
    try:
        example = datetime(2023, 11, 5, 13, 7, 9, tzinfo=UTC).strftime(time_format)
        datetime.strptime(example, time_format).replace(tzinfo=zone)
    except (ValueError, re.error) as error:
        raise TimeSettings("time format", time_format[:60], str(error)[:120]) from None
    return lambda text: _parsed(lambda each: datetime.strptime(each, time_format), text, zone, ambiguous)  # noqa: DTZ007  # `_parsed` sets the zone


def _unix_ms(text: str, factor: int) -> int | Reason:
    if not _UNIX.match(text):
        return Reason.TIME_INVALID
    whole, _, fraction = text.partition(".")
    milliseconds = int(whole) * factor + (int(fraction.ljust(3, "0")[:3]) if factor == 1000 and fraction else 0)
    return milliseconds if milliseconds <= TIME_MS_MAX else Reason.TIME_INVALID


def _parsed(parse: Callable[[str], datetime], text: str, zone: tzinfo, ambiguous: Ambiguous) -> int | Reason:
    if len(text) > TIME_LENGTH_MAX:
        return Reason.TIME_INVALID
    try:
        moment = parse(_PADDING.sub("0", text))
        if moment.tzinfo is None:
            local = _in_zone(moment, zone, ambiguous)
            if isinstance(local, Reason):
                return local
            moment = local
        milliseconds = (moment - EPOCH) // MILLISECOND
    except (ValueError, OverflowError):
        return Reason.TIME_INVALID
    return milliseconds if 0 <= milliseconds <= TIME_MS_MAX else Reason.TIME_INVALID


def _in_zone(naive: datetime, zone: tzinfo, ambiguous: Ambiguous) -> datetime | Reason:
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    before, after = first.utcoffset(), second.utcoffset()
    if before == after or before is None or after is None:
        return first
    if before < after:
        return Reason.TIME_SKIPPED
    if ambiguous == "refuse":
        return Reason.TIME_TWICE
    return first if ambiguous == "first" else second
