"""Dates and times as application identifiers write them.

Source: GS1 General Specifications §3.4, §7.12. Of a year with two digits only the leap day needs the century, and
every fourth year of those the standard can mean (51 years back, 49 ahead) is a leap year until 2099.
"""

from standards.gs1.checks.wrong import Wrong

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def date(part: str) -> None:
    """YYMMDD."""
    _date(part, leap=int(part[:2]) % 4 == 0, whole_month=False)


def date_or_month(part: str) -> None:
    """YYMMDD, or YYMM00: the whole month."""
    _date(part, leap=int(part[:2]) % 4 == 0, whole_month=True)


def long_date(part: str) -> None:
    """YYYYMMDD."""
    year = int(part[:4])
    _date(part, leap=year % 4 == 0 and (year % 100 != 0 or year % 400 == 0), whole_month=False)


def hour(part: str) -> None:
    """00 to 23."""
    _below(part, 24, "ILLEGAL_HOUR", 0)


def minute(part: str) -> None:
    """00 to 59."""
    _below(part, 60, "ILLEGAL_MINUTE", 0)


def second(part: str) -> None:
    """00 to 59."""
    _below(part, 60, "ILLEGAL_SECOND", 0)


def hour_minute(part: str) -> None:
    """HHMM."""
    hour(part[:2])
    _below(part[2:], 60, "ILLEGAL_MINUTE", 2)


def _date(part: str, *, leap: bool, whole_month: bool) -> None:
    at = len(part) - 4
    month, day = part[at : at + 2], part[at + 2 :]
    if not 1 <= int(month) <= 12:
        raise Wrong("ILLEGAL_MONTH", at, found=month)
    last = 28 if month == "02" and not leap else _DAYS[int(month) - 1]
    if not (0 if whole_month else 1) <= int(day) <= last:
        raise Wrong("ILLEGAL_DAY", at + 2, found=day)


def _below(part: str, limit: int, code: str, at: int) -> None:
    if int(part) >= limit:
        raise Wrong(code, at, found=part)
