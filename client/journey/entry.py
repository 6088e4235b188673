"""One line of a timeline, and how an action's fields are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from client.verified import VerifiedRecord
from ledger.module import Registry
from ledger.modules.catalogue import network_registry
from ledger.words import Words

READINGS = "trace.record_readings"


@dataclass(frozen=True)
class FlagRaised:
    """Something to look at; `serious` when goods, not only data, are concerned."""

    event: str
    serious: bool
    zh: str
    en: str


@dataclass(frozen=True)
class Entry:
    """One line of a timeline. Times are ms since the epoch.

    `time_ms`, `until_ms`: from when to when it happened as its signer says (else block time); `recorded_ms`: block
    time. `who`: the subject whose key signed, an organisation or device, "" where that is not known. `subject`: what it
    is about; `aside`: it names goods, but none of this journey: they grew or travelled beside them. `records` = how
    many records the line stands for: a device's readings of a day make one line; `leaves`: hashes of their leaves.
    """

    time_ms: int
    until_ms: int
    recorded_ms: int
    tag: str
    who: str
    who_words: Words
    subject: str
    aside: bool
    zh: str
    en: str
    flags: tuple[FlagRaised, ...]
    records: int
    transaction_ids: tuple[bytes, ...]
    leaves: tuple[bytes, ...]


@cache
def known_registry() -> Registry:
    """The modules of this version: the fields of actions, and their words."""
    return network_registry()


def fields_of(record: VerifiedRecord) -> dict[str, Any]:
    """An action's values by field name; by position ("1", "2", ...) where this version does not know the action."""
    action = known_registry().actions.get(record.tag)
    names = action.__struct_fields__ if action else tuple(str(place) for place in range(1, len(record.action)))
    return dict(zip(names, record.action[1:], strict=False))


def about(record: VerifiedRecord) -> str:
    """What a record is about: the first subject that is itself or comes out of it, else the first that it names.

    Readings are about the device that took them.
    """
    roles = ("device",) if record.tag == READINGS else ("self", "output")
    chosen = [subject for subject, naming in record.subjects.items() if naming.role in roles]
    return next(iter([*chosen, *record.subjects]), "")


def device_of(record: VerifiedRecord) -> str:
    """The device that a record names, "" if none: of readings the one that took and signed them."""
    return next((subject for subject in record.subjects if subject.startswith("device:")), "")


def instants(fields: Mapping[str, Any]) -> list[int]:
    """When the readings of a record (its `fields_of`) were taken, ms."""
    start_ms, offsets = fields["start_ms"], fields.get("offsets_ms")
    if offsets:
        return [start_ms + offset for offset in offsets]
    return [start_ms + place * fields["interval_ms"] for place in range(len(fields["columns"][0][1]))]
