"""Gateways' daily counts of scans: stated on the ledger, and read back with proofs.

A day is UTC+8, counted from 1970-01-01. Every function raises `Remote`, `Unreachable`, `WrongNetwork`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec

from client.connection import Connection
from client.failures import AGAIN, NotAccepted, Remote
from client.proven import proven_value
from client.reviewing.rows import list_rows
from client.submit import sign_action, submit
from client.verified import InvalidProof
from ledger.crypto.encoding import Malformed, decode
from ledger.crypto.signing import SigningKey
from ledger.days import day_of
from ledger.modules.registry.state import organisations
from ledger.modules.trace.errors import CommunityUnknown, ScanDayStated, ScanDayTooOld
from ledger.modules.trace.messages import COUNTS_MAX, LotScans, StateScans
from ledger.modules.trace.state import ScanDay, scan_days
from ledger.roles import Role
from ledger.text import Identifier

__all__ = [
    "COMMUNITY",
    "STATED",
    "TOO_OLD",
    "Counts",
    "Statement",
    "check_name",
    "date_of",
    "day_named",
    "day_of",
    "list_communities",
    "list_statements",
    "state_day",
    "statement_of",
]

Counts = Mapping[tuple[str, str | None], int]
"""(lot, community or None) -> scans."""

STATED, TOO_OLD, COMMUNITY = ScanDayStated.number, ScanDayTooOld.number, CommunityUnknown.number
"""Refusals that a gateway acts on."""

_EPOCH = date(1970, 1, 1)


class Statement(NamedTuple):
    """What a gateway stated of a day, proven: `file` is the proof of its row."""

    day: int
    organisation: str
    gateway: str
    row: ScanDay
    file: bytes


def date_of(day: int) -> date:
    """The day as people write it."""
    return _EPOCH + timedelta(days=day)


def day_named(text: str) -> int:
    """The number of a day written as `2026-11-23`. Raises ValueError."""
    return (datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date() - _EPOCH).days


def check_name(text: str) -> str:
    """A gateway's name, as the ledger takes it. Raises ValueError."""
    return msgspec.convert(text, Identifier)


def statement_of(gateway: str, day: int, counts: Counts) -> StateScans:
    """The record of a day: the most scanned by name, the rest in sum."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    named, rest = ordered[:COUNTS_MAX], ordered[COUNTS_MAX:]
    rows = tuple(LotScans(lot, community, scans) for (lot, community), scans in named)
    return StateScans(gateway, day, rows, len(rest), sum(scans for _, scans in rest))


async def state_day(
    connection: Connection, key: SigningKey, gateway: str, day: int, counts: Counts
) -> NotAccepted | Remote | None:
    """State a day and wait until that is final: None, or why it was refused. Raises `NotFinal` besides.

    A `Remote` is given back where the node refuses the call itself, and raised where it may succeed later.
    """
    chain_id = (await connection.status()).chain_id
    try:
        (outcome,) = await submit(connection, [sign_action(key, chain_id, statement_of(gateway, day, counts))])
        outcome.need("trace.state_scans")
    except NotAccepted as refused:
        return refused
    except Remote as refused:
        if refused.status in AGAIN:
            raise
        return refused
    return None


async def list_communities(connection: Connection) -> frozenset[str]:
    """The organisations that are communities, as a node tells."""
    rows = await list_rows(connection, organisations)
    return frozenset(name for name, row in rows if Role.COMMUNITY in row.roles and row.suspended_height is None)


async def list_statements(connection: Connection, genesis: bytes, day: int) -> list[Statement]:
    """What gateways stated of a day, each proven. That no other did, a node is believed. Raises `InvalidProof`."""
    found = await list_rows(connection, scan_days, f"{day:07}/")
    return [await _proven(connection, genesis, name) for name, _ in found]


async def _proven(connection: Connection, genesis: bytes, name: str) -> Statement:
    key = scan_days.prefix.decode() + name
    value, proof = await proven_value(connection, genesis, key)
    if value is None:
        raise InvalidProof("claim", "$.claim", f"nothing stands under {key}, which was listed")
    try:
        row = decode(value, ScanDay)
    except Malformed as error:
        raise InvalidProof("state", "$.claim", f"no row that can be read under {key} ({error})") from None
    day, organisation, gateway = name.split("/")
    return Statement(int(day), organisation, gateway, row, proof)
