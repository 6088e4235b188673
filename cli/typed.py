"""What people type for money, goods, times and ids: click types that make fen, micro-units, ms and bytes of it."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NoReturn

import click

from cli.yuan import read_yuan, yuan
from ledger.modules.groupbuy.messages import BASIS_POINTS, ORDER_ID_SIZE

__all__ = [
    "CHINA",
    "COMMITMENT",
    "INSTRUCTION",
    "MONEY",
    "ORDER",
    "QUANTITY",
    "TIME",
    "TRANSACTION",
    "clock",
    "percent",
    "yuan",
]

CHINA = timezone(timedelta(hours=8))
MICRO = 1_000_000

_QUANTITY = re.compile(r"^([0-9]{1,9})(?:\.([0-9]{1,6}))?\Z")
_LATER = re.compile(r"^\+([0-9]{1,6})(s|m|h|d)\Z")
_LATER_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class _Money(click.ParamType[int]):
    name = "YUAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Yuan with at most two decimals, or whole fen with `fen` behind."""
        if isinstance(value, int):
            return value
        text = str(value).strip()
        try:
            fen = int(text.removesuffix("fen")) if re.fullmatch(r"[0-9]{1,13}fen", text) else read_yuan(text)
        except ValueError:
            self.fail(f"{text!r} is no amount: yuan as in 23.90, or whole fen as in 2390fen", param, ctx)
        return fen


class _Quantity(click.ParamType[int]):
    name = "QUANTITY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Kilograms or pieces with at most six decimals, as millionths."""
        if isinstance(value, int):
            return value
        if _QUANTITY.fullmatch(str(value)) is None:
            self.fail(f"{value!r} is no quantity: kilograms or pieces, as in 15 or 0.5", param, ctx)
        return int(Decimal(str(value)) * MICRO)


class _Time(click.ParamType[int]):
    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """ISO 8601 (UTC+8 where no offset is given), or `+90m` from now, as ms since the epoch."""
        if isinstance(value, int):
            return value
        try:
            return read_time(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: as in 2026-11-30T20:00, or +90m from now", param, ctx)


def read_time(text: str) -> int:
    """See `TIME`. Raises ValueError."""
    later = _LATER.fullmatch(text.strip())
    if later is not None:
        return time.time_ns() // 1_000_000 + int(later[1]) * _LATER_MS[later[2]]
    found = datetime.fromisoformat(text.strip())
    return round((found if found.tzinfo is not None else found.replace(tzinfo=CHINA)).timestamp() * 1000)


class _Hex(click.ParamType[bytes]):
    def __init__(self, name: str, size: int, prefix: str = "") -> None:
        self.name = name
        self._size = size
        self._prefix = prefix

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """So many bytes in hexadecimal."""
        if isinstance(value, bytes):
            return value
        try:
            found = bytes.fromhex(str(value).removeprefix(self._prefix))
        except ValueError:
            found = b""
        if len(found) != self._size:
            self._refuse(value, param, ctx)
        return found

    def _refuse(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f"{value!r}: expected {2 * self._size} hexadecimal digits", param, ctx)


MONEY = _Money()
QUANTITY = _Quantity()
TIME = _Time()
ORDER = _Hex("ORDER", ORDER_ID_SIZE, "order:")
INSTRUCTION = _Hex("INSTRUCTION", 16)
COMMITMENT = _Hex("COMMITMENT", 32)
TRANSACTION = _Hex("TRANSACTION", 32)


def clock(time_ms: int) -> str:
    """A time for people, in China."""
    local = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(CHINA)
    return local.replace(tzinfo=None).isoformat(" ", "seconds")


def percent(basis_points: int) -> str:
    """`850` as `8.5%`."""
    assert 0 <= basis_points <= BASIS_POINTS, basis_points
    return f"{basis_points / 100:g}%"
