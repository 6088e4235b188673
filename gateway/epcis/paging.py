"""Pages of any list: `perPage`, `nextPageToken`, and the link to the next one (EPCIS 2.0 section 12.6).

A token names what was asked, where the page begins and how long the list was when its first page was made: lists grow
at their end only, so what is captured meanwhile moves no page.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from standards.epcis.faults import Fault, Malformed
from standards.epcis.query import PER_PAGE, PER_PAGE_MAX

PAGING = ("perPage", "nextPageToken")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Cursor:
    """Where a page begins, how many items it has, and of how long a list; `size` None: the first page."""

    digest: str
    per_page: int
    start: int = 0
    size: int | None = None


@dataclass(frozen=True)
class Page(Generic[_T]):
    """A page; `next_token` is None on the last."""

    items: tuple[_T, ...]
    next_token: str | None


def read_cursor(about: str, parameters: Mapping[str, str]) -> Cursor:
    """The page that `parameters` ask for, of what `about` and the other parameters name. Raises Malformed."""
    others = sorted((name, value) for name, value in parameters.items() if name not in PAGING)
    digest = hashlib.sha256(json.dumps([about, others]).encode()).hexdigest()[:16]
    text = parameters.get("perPage", str(PER_PAGE))
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and 1 <= int(text) <= PER_PAGE_MAX):
        zh, en = f"须为 1 至 {PER_PAGE_MAX} 的整数", f"must be a whole number from 1 to {PER_PAGE_MAX}"
        raise Malformed([Fault("/perPage", "query", zh, en)])
    token = parameters.get("nextPageToken")
    if token is None:
        return Cursor(digest, int(text))
    try:
        found, start, size = base64.urlsafe_b64decode(token.encode("ascii")).decode().split(":")
        cursor = Cursor(digest, int(text), int(start), int(size))
    except (ValueError, binascii.Error):
        found, cursor = "", Cursor("", 1)
    if found != digest or cursor.size is None or not 0 <= cursor.start <= cursor.size:
        raise Malformed([Fault("/nextPageToken", "query", "不是此查询的翻页标记", "is no token of this query")])
    return cursor


def page(cursor: Cursor, found: Sequence[_T], size: int, fitting: Callable[[Sequence[_T]], int] = len) -> Page[_T]:
    """The page of `found`, made from a list of `size` items; `fitting`: how many of those at hand fit on one page."""
    end = cursor.start + fitting(found[cursor.start : cursor.start + cursor.per_page])
    token = None
    if end < len(found):
        token = base64.urlsafe_b64encode(f"{cursor.digest}:{end}:{size}".encode()).decode()
    return Page(tuple(found[cursor.start : end]), token)
