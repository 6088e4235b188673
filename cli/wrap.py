"""Lines no wider than a console: Chinese breaks between characters, other text between words, never before a comma."""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

_WIDE, _CLOSING = r"\u3400-\u9fff\uf900-\ufaff", "，。；：、）」？！"
_UNIT = re.compile(
    rf"· [^ ]+ *|（[^（）]{{1,8}}）[{_CLOSING}]*"
    rf"|[（「]*(?:[\d.]+ [{_WIDE}]|[{_WIDE}]|[^ {_WIDE}{_CLOSING}（「]+)[{_CLOSING}]* *|. *",
)
"""What stays together: who signed, a short bracket, a number with its unit; a character or word with its commas."""


def wrap(text: Text, width: int) -> list[Text]:
    """The lines of `text` (which may hold line ends), each at most `width` cells unless one word is wider."""
    return [line for paragraph in text.split("\n", allow_blank=True) for line in _lines(paragraph, width)]


def _lines(paragraph: Text, width: int) -> Iterator[Text]:
    for line in paragraph.divide(_breaks(paragraph.plain, width)):
        line.rstrip()
        yield line


def _breaks(plain: str, width: int) -> list[int]:
    """Where further lines begin."""
    places: list[int] = []
    used = 0
    for unit in _UNIT.finditer(plain):
        if used and used + cell_len(unit[0].rstrip()) > width:
            places.append(unit.start())
            used = 0
        used += cell_len(unit[0])
    return places
