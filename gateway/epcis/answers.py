"""Events as answers: an EPCISQueryDocument in which every event keeps its meaning, and so its hash."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.epcis.negotiating import AS_CAPTURED, LINKS, not_acceptable
from gateway.epcis.store import Held
from standards.epcis.faults import shorten
from standards.epcis.hashing import standard_terms
from standards.epcis.translation import Untranslatable, as_link, as_urn, with_links, with_urns
from standards.epcis.vocabulary import CONTEXT


def agreeing(found: Sequence[Held]) -> int:
    """How many of `found`, from the first, can stand in one document: no name means another thing for one of them.

    The event hash is computed in the context of the document alone, so events cannot bring contexts of their own.
    """
    return bisect_left(range(1, len(found) + 1), True, key=lambda count: _merged(found[:count]) is None)


def query_document(found: Sequence[Held]) -> dict[str, Any]:
    """The answer to a query: events that agree, under the contexts of all."""
    merged = _merged(found)
    assert merged is not None, "a page holds events that agree"
    return {
        "@context": merged,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {
            "queryResults": {
                "queryName": "SimpleEventQuery",
                "resultsBody": {"eventList": [held.event for held in found]},
            }
        },
    }


def in_format(held: Held, form: str) -> Held:
    """The event with its names in the form of `GS1-EPC-Format`. Raises EpcisProblem where one has none."""
    if form == AS_CAPTURED:
        return held
    with _told():
        return replace(held, event=with_links(held.event) if form == LINKS else with_urns(held.event))


def name_in_format(name: str, form: str) -> str:
    """A name as `in_format` gives it."""
    if form == AS_CAPTURED:
        return name
    with _told():
        return as_link(name) if form == LINKS else as_urn(name)


@contextmanager
def _told() -> Iterator[None]:
    """A name without a URN is told as the problem that it is to who asked for URNs."""
    try:
        yield
    except Untranslatable as fault:
        zh = f"{shorten(fault.name)} 没有 EPC URN：厂商识别代码长度未知，或该类标识无 URN"
        en = f"{shorten(fault.name)} has no EPC URN: its company prefix is in no published table, or nothing names it"
        raise not_acceptable("GS1-EPC-Format", zh, en) from None


def collection(members: Sequence[str]) -> dict[str, Any]:
    """Names of resources."""
    return {"@context": [CONTEXT], "type": "Collection", "member": list(members)}


def _merged(found: Sequence[Held]) -> list[object] | None:
    """One context for all events; None when it would change what a name of one of them means."""
    distinct = {_key(held): held.context for held in found}
    if len(distinct) <= 1:
        return list(next(iter(distinct.values()), (CONTEXT,)))
    prefixes: dict[str, object] = {}
    for context in distinct.values():
        for part in context:
            if isinstance(part, str):
                if part != CONTEXT:
                    return None
            elif not isinstance(part, dict) or any(prefixes.setdefault(name, of) != of for name, of in part.items()):
                return None
    if any(name.startswith("@") for name in prefixes) or not standard_terms().isdisjoint(prefixes):
        return None  # one that alters GS1's own names would alter them in every event
    if any(_gains(held, prefixes) for held in found):
        return None
    return [CONTEXT, prefixes] if prefixes else [CONTEXT]


def _key(held: Held) -> str:
    return json.dumps(held.context, sort_keys=True)


def _gains(held: Held, prefixes: dict[str, object]) -> bool:
    """Whether a name of the event, which meant nothing in its own context, would mean something under `prefixes`."""
    own = {name for part in held.context if isinstance(part, dict) for name in part}
    others = prefixes.keys() - own
    if not others:
        return False
    text = json.dumps(held.event)
    return any(f'"{name}:' in text or f'"{name}"' in text for name in others)
