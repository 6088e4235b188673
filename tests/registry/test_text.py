"""Texts that people read: what is let through and what is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.text import TextForbidden, check_text, find_forbidden


@pytest.mark.parametrize(
    "text",
    ["", "清晨草莓 1 号棚", "Strawberries, 500 g (A+)", "𠮷野家", "爱❤️", "Crème brûlée", "全角（括号）", "ไทย"],
)
def test_ordinary_text_passes(text: str) -> None:
    check_text("name", text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\x00b", "control character U+0000 at 1"),
        ("a\nb", "control character U+000A at 1"),
        ("a\x85", "control character U+0085 at 1"),
        ("ab\u202etxt", "direction override U+202E at 2"),
        ("\u2067x", "direction override U+2067 at 0"),
        ("a\u200b", "invisible character U+200B at 1"),
        ("a\ufeff", "invisible character U+FEFF at 1"),
        ("soft\u00adhyphen", "invisible character U+00AD at 4"),
        ("tag\U000e0041", "invisible character U+E0041 at 3"),
        ("\u2028", "line separator U+2028 at 0"),
        (" lead", "blank at 0"),
        ("trail\u3000", "blank at 5"),
    ],
)
def test_deceiving_text_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(TextForbidden) as refused:
        check_text("remark", text)
    assert refused.value.details == ["remark", problem]


@given(st.text())
def test_no_format_or_control_character_passes(text: str) -> None:
    allowed = {"Cf": {chr(c) for c in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)}}
    allowed["Cf"] |= {chr(c) for c in range(0x13430, 0x13440)}
    if find_forbidden(text) is None:
        for character in text:
            category = unicodedata.category(character)
            assert category != "Cc"
            assert category != "Cf" or character in allowed["Cf"]
