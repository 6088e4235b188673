"""What people type for money, quantities and times becomes whole fen, millionths and ms, or is refused."""

import time
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.typed import MONEY, ORDER, QUANTITY, TIME, percent
from cli.yuan import read_yuan, yuan


def read(kind: click.ParamType[Any], typed: str) -> Any:
    return kind.convert(typed, None, None)


@given(st.integers(0, 10**13 - 1))
def test_what_is_shown_is_read_again(fen: int) -> None:
    assert read_yuan(yuan(fen)) == fen
    assert yuan(-fen) == f"-{yuan(fen)}" or fen == 0


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("23.9", 2_390), ("23.90", 2_390), ("¥1,023.05", 102_305), ("0.01", 1), ("7fen", 7), ("30", 3_000)],
)
def test_money(typed: str, fen: int) -> None:
    assert read(MONEY, typed) == fen


@pytest.mark.parametrize("typed", ["", "1.234", "-1", "1e3", "x", "１２", "1.5fen", ".5", "nan"])
def test_what_is_no_money_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter):
        read(MONEY, typed)


def test_quantities_are_millionths() -> None:
    assert read(QUANTITY, "0.5") == 500_000
    assert read(QUANTITY, "15") == 15_000_000
    for typed in ("0.1234567", "-1", "1,5", ""):
        with pytest.raises(click.BadParameter):
            read(QUANTITY, typed)


def test_times_are_of_china_unless_they_say_otherwise() -> None:
    assert read(TIME, "2026-11-30T20:00") == read(TIME, "2026-11-30T12:00+00:00") == 1_796_040_000_000
    before_ms = time.time_ns() // 1_000_000
    assert 0 <= read(TIME, "+90m") - before_ms - 90 * 60_000 < 10_000
    for typed in ("soon", "+1w", "2026-13-01", ""):
        with pytest.raises(click.BadParameter):
            read(TIME, typed)


def test_orders_are_named_by_their_id_or_subject() -> None:
    assert read(ORDER, "ab" * 16) == read(ORDER, "order:" + "ab" * 16) == b"\xab" * 16
    for typed in ("ab" * 15, "zz" * 16, "#1"):
        with pytest.raises(click.BadParameter):
            read(ORDER, typed)


def test_shares_in_per_cent() -> None:
    assert [percent(850), percent(10_000), percent(1)] == ["8.5%", "100%", "0.01%"]
