"""Milliseconds since the Unix epoch as RFC 3339 text in UTC, and back: pure arithmetic, no clock.

One form only, `2026-11-22T08:00:00.123Z`, so that a time has one spelling and texts can be compared byte by byte.
"""

import re

DAY_MS = 86_400_000
TIME_LIMIT_MS = 253_402_300_800_000
"""The first millisecond of the year 10000, which the form cannot say."""

_FORM = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z", re.ASCII)

# Days are counted from 0000-03-01 in eras of 400 years, so that the leap day is the last of its year.
_ERA_DAYS = 146_097
_EPOCH_DAY = 719_468


def format_time(time_ms: int) -> str:
    """RFC 3339 with milliseconds and Z. Requires 0 <= time_ms < `TIME_LIMIT_MS`, raises ValueError otherwise."""
    if not 0 <= time_ms < TIME_LIMIT_MS:
        raise ValueError(f"{time_ms} ms is not between the years 1970 and 9999")
    day, clock_ms = divmod(time_ms, DAY_MS)
    year, month, day_of_month = _date_of(day)
    seconds, milliseconds = divmod(clock_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z"


def parse_time(text: str) -> int:
    """Milliseconds of a time in exactly that form from 1970 on; raises ValueError saying what is wrong."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError("expected a time like 2026-11-22T08:00:00.123Z")
    year, month, day, hour, minute, second, milliseconds = map(int, match.groups())
    time_ms = _day_of(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
    if time_ms < 0 or format_time(time_ms) != text:
        raise ValueError("no such date or time of day")
    return time_ms


def _date_of(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day counted from 1970-01-01."""
    era, day_of_era = divmod(day + _EPOCH_DAY, _ERA_DAYS)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day_of_month = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return era * 400 + year_of_era + (month <= 2), month, day_of_month


def _day_of(year: int, month: int, day: int) -> int:
    """The day counted from 1970-01-01; nonsense dates give another date's day, which the caller sees by writing it."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _ERA_DAYS + day_of_era - _EPOCH_DAY
