"""What a reviewer writes, and what a reader is shown: the same checks on both ends, since no rule sees the words.

A text is NFC, of bounded size, without characters that hide, reorder or end up invisible (`ledger.text`), and without
words that mix letters of scripts that look alike (`раypal` with a Cyrillic а): a text that displays as something else
than its bytes would deceive beside a proof. Chinese with Latin letters and emoji is as usual as it is harmless.
"""

import re
import unicodedata

from client.failures import Failure
from ledger.text import find_forbidden

CHARACTERS_MAX = 2_000
BYTES_MAX = 8_000
LINES_MAX = 60
MARKS_MAX = 4
"""Combining marks in a row: more of them paint over other lines."""

LOOKALIKES = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"})
"""Scripts with letters that cannot be told from those of another one; a word has letters of one of them at most."""

_WORD = re.compile(r"[^\W\d_]+")


class BadText(Failure):
    """A text that is not stored, or not shown."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            f"文字不符合要求：{zh}",
            f"the text cannot be taken: {en}",
            "请删除不可见、控制、方向字符与形近混排字母，并控制长度后重试",
            "remove invisible, control and direction characters and lookalike letters, keep it short, then try again",
        )


def tidy(typed: str) -> str:
    """What somebody typed, in the one form that is stored: NFC, lines ended by line feeds, no blanks around it."""
    return unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()


def check_text(text: str) -> str:
    """The text if it may be stored and shown. Raises `BadText`, which says what is wrong and where."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if not text:
        raise BadText("没有内容", "it is empty")
    if len(text) > CHARACTERS_MAX or size > BYTES_MAX:
        raise BadText(
            f"共 {len(text)} 字（{size} 字节），至多 {CHARACTERS_MAX} 字、{BYTES_MAX} 字节",
            f"it has {len(text)} characters in {size} bytes, at most {CHARACTERS_MAX} in {BYTES_MAX} are taken",
        )
    if not unicodedata.is_normalized("NFC", text):
        raise BadText("不是 NFC 规范形式", "it is not in the form NFC")
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        raise BadText(f"共 {len(lines)} 行，至多 {LINES_MAX} 行", f"it has {len(lines)} lines, at most {LINES_MAX}")
    for number, line in enumerate(lines, 1):
        wrong = _wrong(line)
        if wrong is not None:
            raise BadText(f"第 {number} 行：{wrong}", f"line {number}: {wrong}")
    return text


def read_text(stored: bytes) -> str:
    """The text of a file of the vault. Raises `BadText`: whoever stored it made the checks, or did not."""
    try:
        return check_text(stored.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadText("不是 UTF-8", f"it is not UTF-8 ({error.reason} at {error.start})") from None


def _wrong(line: str) -> str | None:
    """What is wrong with a line, or None."""
    problem = find_forbidden(line)
    if problem is not None and not problem.startswith("blank"):
        return problem
    surrogate = next((place for place, each in enumerate(line) if 0xD800 <= ord(each) < 0xE000), None)
    if surrogate is not None:
        return f"half a character at {surrogate}"
    run = 0
    for place, each in enumerate(line):
        run = run + 1 if unicodedata.combining(each) else 0
        if run > MARKS_MAX:
            return f"too many combining marks at {place}"
    for word in _WORD.finditer(line):
        scripts = {unicodedata.name(each, "").partition(" ")[0] for each in word.group()} & LOOKALIKES
        if len(scripts) > 1:
            return f"letters of {' and '.join(sorted(scripts))} in one word at {word.start()}"
    return None
