"""What always holds in the registry; run by tests and the simulator after every block. Each breach is told in words."""

from typing import TYPE_CHECKING

from ledger.modules.registry.state import (
    KEYS_ACTIVE_MAX,
    KEYS_EVER_MAX,
    Device,
    KeyRecord,
    Member,
    Organisation,
    devices,
    keys,
    members,
    organisations,
    reserved,
)
from ledger.roles import ORGANISATION_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.context import Context


def check_invariants(ctx: "Context") -> list[str]:
    """Every breach found in the whole registry, empty when it is sound."""
    holders: dict[str, Organisation | Device | Member] = {}
    holders |= {f"organisation:{name}": row for name, row in organisations.every(ctx)}
    holders |= {f"device:{name}": row for name, row in devices.every(ctx)}
    holders |= {f"member:{name}": row for name, row in members.every(ctx)}
    records = {bytes.fromhex(name): record for name, record in keys.every(ctx)}
    return [
        *_holder_breaches(holders, records),
        *_key_breaches(ctx, holders, records),
        *_platform_breaches(holders),
        *(
            f"key {name} signs transactions and is reserved for {subject}"
            for name, subject in reserved.every(ctx)
            if bytes.fromhex(name) in records
        ),
    ]


def _holder_breaches(
    holders: dict[str, Organisation | Device | Member], records: dict[bytes, KeyRecord]
) -> "Iterator[str]":
    ever: dict[str, int] = {}
    for record in records.values():
        ever[record.subject] = ever.get(record.subject, 0) + 1
    for subject, row in holders.items():
        if len(set(row.keys)) != len(row.keys) or len(row.keys) > KEYS_ACTIVE_MAX:
            yield f"{subject} lists {len(row.keys)} keys, some twice or too many"
        if row.keys_ever != ever.get(subject, 0) or row.keys_ever > KEYS_EVER_MAX:
            yield f"{subject} counts {row.keys_ever} keys ever, there are {ever.get(subject, 0)}"
        for key in row.keys:
            if key not in records or records[key].revoked_height is not None or records[key].subject != subject:
                yield f"{subject} lists {key.hex()}, which is not an active key of it"
        if not isinstance(row, Organisation):
            if f"organisation:{row.organisation}" not in holders:
                yield f"{subject} belongs to the unknown {row.organisation}"
            if row.retired_height is not None and row.keys:
                yield f"{subject} is retired and still has keys"
        elif not row.roles or not set(row.roles) <= set(ORGANISATION_ROLES):
            yield f"{subject} has the roles {row.roles}"


def _key_breaches(
    ctx: "Context", holders: dict[str, Organisation | Device | Member], records: dict[bytes, KeyRecord]
) -> "Iterator[str]":
    for key, record in records.items():
        row = holders.get(record.subject)
        if row is None:
            yield f"key {key.hex()} belongs to the unknown {record.subject}"
            continue
        if record.revoked_height is None and key not in row.keys:
            yield f"key {key.hex()} is active, {record.subject} does not list it"
        if record.revoked_height is not None and record.revoked_height < record.registered_height:
            yield f"key {key.hex()} was revoked before it was registered"
        if record.registered_height > ctx.height:
            yield f"key {key.hex()} is registered in the future"
        owner = record.subject.partition(":")[2] if isinstance(row, Organisation) else row.organisation
        if record.organisation != owner:
            yield f"key {key.hex()} speaks for {record.organisation}, {record.subject} belongs to {owner}"


def _platform_breaches(holders: dict[str, Organisation | Device | Member]) -> "Iterator[str]":
    platforms = [row for row in holders.values() if isinstance(row, Organisation) and Role.PLATFORM in row.roles]
    if platforms and not any(row.keys and row.suspended_height is None for row in platforms):
        yield "no platform organisation can act any more"
