"""What people read on the chain: bounded text without characters that hide, reorder or imitate other text.

Names and remarks are shown on phones beside a proof, so a text that displays as something else than its bytes would
deceive with the ledger's own authority. The forbidden ranges are written out here instead of asked of `unicodedata`:
its tables differ between Python releases, and validators must agree on every byte they refuse.
"""

import re
from typing import Annotated

import msgspec

from ledger.errors import Refusal, refusal

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]{0,63}\Z")]
"""The key of a subject without its type, such as `greenhouse-3`; lower case, so that no two differ by case alone."""

NAME_LENGTH_MAX = 80
REMARK_LENGTH_MAX = 1_000

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
"""The name of a thing or an organisation, in characters; pass it to `check_text` in the rule."""

Remark = Annotated[str, msgspec.Meta(max_length=REMARK_LENGTH_MAX)]
"""A free explanation, may be empty; pass it to `check_text` in the rule."""

Address = Annotated[
    str, msgspec.Meta(max_length=259, pattern=r"^(([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9][0-9]{0,4})?\Z")
]
"""Where a machine is reached, `host:port` (an IPv6 host in brackets), or empty: nowhere that the ledger knows of."""

_FORBIDDEN = (
    ("control character", "\x00-\x1f\x7f-\x9f"),
    ("line separator", "\u2028\u2029"),
    ("direction override", "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"),
    ("invisible character", "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"),
    ("invisible character", "\u2800\u3164\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"),
    ("invisible character", "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"),
)
_PATTERNS = tuple((kind, re.compile(f"[{ranges}]")) for kind, ranges in _FORBIDDEN)
_ANY = re.compile("[" + "".join(ranges for _, ranges in _FORBIDDEN) + "]")

_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


@refusal(25, "INVALID_ARGUMENT")
class TextForbidden(Refusal):
    """A text for people holds a character that hides or reorders what they see, or is blank at its ends."""

    field: str
    problem: str
    zh = "文本字段 {field} 含不允许的内容：{problem}"
    en = "the text {field} holds what is not allowed: {problem}"
    remedy_zh = "请删除控制、不可见或方向控制字符以及首尾空白后重新提交"
    remedy_en = "remove control, invisible and direction characters and blanks at both ends, then submit again"


def find_forbidden(text: str) -> str | None:
    """What is wrong with `text` and where (`invisible character U+200B at 3`), or None; positions from 0."""
    found = _ANY.search(text)
    if found is not None:
        kind = next(kind for kind, pattern in _PATTERNS if pattern.match(found.group()))
        return f"{kind} U+{ord(found.group()):04X} at {found.start()}"
    if text and (text[0] in _BLANKS or text[-1] in _BLANKS):
        return f"blank at {0 if text[0] in _BLANKS else len(text) - 1}"
    return None


def check_text(field: str, text: str) -> None:
    """Raise `TextForbidden` naming `field` unless people see just what `text` holds. Types bound the length."""
    problem = find_forbidden(text)
    if problem is not None:
        raise TextForbidden(field, problem)
