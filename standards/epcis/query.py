"""Queries over events: the parameters of EPCIS 2.0 section 8.2.7.1 as conditions, and their evaluation with paging.

Pure: whoever holds the events hands them in. Names are compared in canonical form (Digital Link or URN alike), words of
the CBV bare, times as moments, readings in one unit. Several values of a parameter are alternatives, several parameters
hold together.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from standards.epcis.document import Event
from standards.epcis.faults import Fault, Malformed, pointer, shorten
from standards.epcis.query_conditions import Test, condition
from standards.epcis.query_fields import Prefixes, extension, order_key

PER_PAGE_MAX = 1_000
PER_PAGE = 30
PARAMETERS_MAX = 64

ORDERS = ("eventTime", "recordTime")
CONTROLS = frozenset(
    {"orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "perPage", "nextPageToken", "@context"}
)


class TooLarge(Exception):
    """More events fit than `maxEventCount` allows (QueryTooLargeException)."""


@dataclass(frozen=True)
class Query:
    """What is asked: conditions that all hold, and in which order how many.

    `digest` names the query, so that a page token of another is found out.
    """

    tests: tuple[Test, ...]
    order: Callable[[Event], tuple[int, Any] | None] | None
    descending: bool
    limit: int | None
    count_max: int | None
    digest: str


@dataclass(frozen=True)
class Page:
    """Some events, and the token of the next page; None on the last."""

    events: tuple[Event, ...]
    next_token: str | None


def query_in(content: Mapping[str, object]) -> Mapping[str, object] | None:
    """The parameters of a query document: `content` itself, or of a named query its `query`; None: it is none."""
    if "type" in content:
        return None
    inner = content.get("query")
    if isinstance(inner, dict):
        return inner
    verbs = ("EQ_", "GT_", "GE_", "LT_", "LE_", "MATCH_", "WD_", "EXISTS_", "HASATTR_", "EQATTR_")
    return content if any(name == "eventType" or name.startswith(verbs) for name in content) else None


def parse(parameters: Mapping[str, object], prefixes: Prefixes | None = None) -> Query:
    """The query in `parameters`: of a query document, or of a URL whose pipe-delimited lists were split.

    `prefixes`: what short names of extensions stand for. Raises Malformed with a fault for each parameter that is
    unknown or has no such value.
    """
    faults: list[Fault] = []
    if len(parameters) > PARAMETERS_MAX:
        raise Malformed([_fault("", f"超过 {PARAMETERS_MAX} 个参数", f"more than {PARAMETERS_MAX} parameters")])
    tests: list[Test] = []
    for name, value in parameters.items():
        if name in CONTROLS:
            continue
        try:
            tests.append(condition(name, value, prefixes))
        except ValueError as error:
            faults.append(_fault(pointer((name,)), "参数未知或取值不符", shorten(str(error))))
    order, direction = parameters.get("orderBy"), parameters.get("orderDirection", "DESC")
    by = None if order is None else _order(str(order), prefixes or {})
    if order is not None and by is None:
        zh, en = f"须为 {'、'.join(ORDERS)} 或扩展字段", f"must be {', '.join(ORDERS)} or an extension field"
        faults.append(_fault("/orderBy", zh, en))
    if direction not in ("ASC", "DESC"):
        faults.append(_fault("/orderDirection", "须为 ASC 或 DESC", "must be ASC or DESC"))
    limit, count_max = (_count(parameters, name, faults) for name in ("eventCountLimit", "maxEventCount"))
    if limit is not None and count_max is not None:
        zh, en = "不可与 maxEventCount 同用", "excludes maxEventCount"
        faults.append(_fault("/eventCountLimit", zh, en))
    if limit is not None and order is None:
        faults.append(_fault("/eventCountLimit", "须与 orderBy 同用", "needs orderBy"))
    if faults:
        raise Malformed(faults)
    kept = {name: value for name, value in parameters.items() if name not in ("perPage", "nextPageToken")}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return Query(tuple(tests), by, direction == "DESC", limit, count_max, digest)


def evaluate(query: Query, events: Iterable[Event]) -> list[Event]:
    """The events that `query` asks for, in its order, else in the order given. Raises TooLarge."""
    found = [event for event in events if all(test(event) for test in query.tests)]
    if query.order is not None:
        keyed = [(query.order(event), event) for event in found]
        ordered = sorted(
            ((key, event) for key, event in keyed if key is not None), key=itemgetter(0), reverse=query.descending
        )
        found = [event for _, event in ordered] + [event for key, event in keyed if key is None]
    if query.count_max is not None and len(found) > query.count_max:
        raise TooLarge
    return found if query.limit is None else found[: query.limit]


def page(query: Query, found: Sequence[Event], per_page: int = PER_PAGE, token: str | None = None) -> Page:
    """The page of `found` after `token`, `per_page` (1 to PER_PAGE_MAX) events; raises Malformed for a wrong one."""
    if not 1 <= per_page <= PER_PAGE_MAX:
        raise Malformed([_fault("/perPage", f"须在 1 与 {PER_PAGE_MAX} 之间", f"must be from 1 to {PER_PAGE_MAX}")])
    start = 0 if token is None else _start(query, token)
    end = start + per_page
    following = base64.urlsafe_b64encode(f"{query.digest}:{end}".encode()).decode() if end < len(found) else None
    return Page(tuple(found[start:end]), following)


def _start(query: Query, token: str) -> int:
    try:
        digest, _, place = base64.urlsafe_b64decode(token.encode("ascii")).decode().partition(":")
        start = int(place)
    except (ValueError, binascii.Error):
        digest, start = "", -1
    if digest != query.digest or start < 0:
        raise Malformed([_fault("/nextPageToken", "不是此查询的翻页标记", "is no token of this query")])
    return start


def _order(name: str, prefixes: Prefixes) -> Callable[[Event], tuple[int, Any] | None] | None:
    if name in ORDERS:
        return lambda event: order_key(lambda each: [each.get(name)], event)
    held = extension(name, prefixes)
    return None if held is None else lambda event: order_key(held, event)


def _count(parameters: Mapping[str, object], name: str, faults: list[Fault]) -> int | None:
    value = parameters.get(name)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 10**9:
        faults.append(_fault(pointer((name,)), "须为正整数", "must be a positive whole number"))
        return None
    return value


def _fault(path: str, zh: str, en: str) -> Fault:
    return Fault(path, "query", zh, en)
