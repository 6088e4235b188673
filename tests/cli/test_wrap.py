"""Lines of mixed Chinese and Latin text: never too wide, nothing lost, no comma at a line's beginning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from cli.wrap import wrap

ALPHABET = "草莓三号棚，。；：（）「」、 ab12.–°C·"


def plain(text: str, width: int) -> list[str]:
    return [line.plain for line in wrap(Text(text), width)]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("三号棚的草莓，种下", 12, ["三号棚的草", "莓，种下"]),
        ("温度 10.5–25.3°C（均 17.9），湿度", 22, ["温度 10.5–25.3°C", "（均 17.9），湿度"]),
        ("收到 4 箱  · 草莓园合作社", 18, ["收到 4 箱", "· 草莓园合作社"]),
        ("lot P-0001 of strawberries", 16, ["lot P-0001 of", "strawberries"]),
        ("第一行\n第二行", 40, ["第一行", "第二行"]),
        ("", 10, [""]),
    ],
)
def test_lines_break_where_people_would_break_them(text: str, width: int, lines: list[str]) -> None:
    assert plain(text, width) == lines


@given(st.text(ALPHABET, max_size=120), st.integers(8, 60))
def test_nothing_is_lost(text: str, width: int) -> None:
    assert "".join("".join(plain(text, width)).split()) == "".join(text.split())


@given(st.lists(st.text("草莓三号棚", min_size=1, max_size=9), max_size=20), st.integers(8, 60))
def test_no_line_is_too_wide_and_none_begins_with_a_comma(clauses: list[str], width: int) -> None:
    for line in plain("，".join(clauses), width):
        assert cell_len(line) <= width
        assert not line.startswith("，")


def test_styles_stay_with_their_words() -> None:
    first, second = wrap(Text.assemble("草莓 ", ("strawberries", "bold")), 12)
    assert (first.plain, second.plain) == ("草莓", "strawberries")
    assert [span.style for span in second.spans] == ["bold"]
