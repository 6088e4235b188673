"""Keys: enrolled with proof of possession, rotated, revoked, never deleted, never used twice.

Who may change the keys of a subject (`_may_add`, `_may_revoke`):
- the subject itself, signing with a key that is still valid;
- for a device or staff: its organisation;
- for an organisation that lost its keys: the platform;
- for a resident or leader: only itself adds; the community may revoke, but cannot sign in a resident's name.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.crypto.signing import Algorithm, BadKey, check_public_key, verify
from ledger.module import Rules
from ledger.modules.registry import messages as m
from ledger.modules.registry.errors import (
    DeviceRetired,
    KeyAuthority,
    KeyInvalid,
    KeyRevoked,
    KeyUnknown,
    KeyUsed,
    LastKey,
    MemberRetired,
    PossessionUnproven,
    SubjectUnknown,
    TooManyKeys,
)
from ledger.modules.registry.state import (
    KEYS_ACTIVE_MAX,
    KEYS_EVER_MAX,
    Device,
    HolderKind,
    KeyRecord,
    Member,
    Organisation,
    OrganisationView,
    devices,
    keys,
    members,
    organisations,
    reserved,
)
from ledger.roles import ANYONE, Role
from ledger.state import SELF

if TYPE_CHECKING:
    from ledger.context import Context

rules = Rules()

Holder = Organisation | Device | Member


def enrol(ctx: "Context", subject: str, organisation: str, holder: HolderKind, key: m.NewKey) -> None:
    """Write the record of a new key. Raises unless it is sound, never served before, and signed for `subject` here.

    The caller counts it in the subject's row.
    """
    check_new(ctx, subject, key.algorithm, key.public_key, key.possession)
    record = KeyRecord(subject, organisation, holder, key.algorithm, ctx.height, None, "")
    keys.put(ctx, key.public_key.hex(), record)


def check_new(ctx: "Context", subject: str, algorithm: Algorithm, public_key: bytes, possession: bytes) -> None:
    """Raise unless the key is sound, never served anybody, and signed for `subject` on this chain."""
    hexadecimal = public_key.hex()
    try:
        check_public_key(algorithm, public_key)
    except BadKey as error:
        raise KeyInvalid(hexadecimal, str(error)) from None
    record = keys.get(ctx, hexadecimal)
    used = reserved.get(ctx, hexadecimal) if record is None else record.subject
    if used is not None:
        raise KeyUsed(hexadecimal, used)
    if not verify(algorithm, public_key, possession, m.possession_message(ctx.chain_id, subject)):
        raise PossessionUnproven(hexadecimal, subject)


class KeyView:
    """What other modules may do with keys: check a new Ed25519 key, reserve one for a use of theirs, and ask for whom
    one speaks.
    """

    def speaks_for(self, ctx: "Context", organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's, not a device's or member's."""
        return OrganisationView().speaks_for(ctx, organisation, algorithm, public_key)

    def check_new(self, ctx: "Context", subject: str, public_key: bytes, possession: bytes) -> None:
        """Raise unless the key is sound, never served anybody, and signed for `subject` on this chain."""
        check_new(ctx, subject, Algorithm.ED25519, public_key, possession)

    def reserve(self, ctx: "Context", subject: str, public_key: bytes) -> None:
        """Remember that the key serves `subject` and nothing else, ever. Requires a key that never served."""
        hexadecimal = public_key.hex()
        assert not keys.has(ctx, hexadecimal), f"{hexadecimal} signs transactions"
        assert not reserved.has(ctx, hexadecimal), f"{hexadecimal} is reserved"
        reserved.put(ctx, hexadecimal, subject)

    def known(self, ctx: "Context", public_key: bytes) -> bool:
        """Whether the key serves or ever served anybody."""
        return keys.has(ctx, public_key.hex()) or reserved.has(ctx, public_key.hex())


def revoke_all(ctx: "Context", public_keys: tuple[bytes, ...], reason: str) -> None:
    """End every key of `public_keys`, all of them active, at this height."""
    for public_key in public_keys:
        record = keys.get(ctx, public_key.hex())
        assert record is not None, public_key.hex()
        assert record.revoked_height is None, public_key.hex()
        keys.put(ctx, public_key.hex(), replace(record, revoked_height=ctx.height, reason=reason))


def _holder(ctx: "Context", subject: str) -> Holder:
    """The row behind a subject that may hold keys; raises when it is unknown, retired or gone."""
    kind, _, name = subject.partition(":")
    row: Holder | None
    if kind == "organisation":
        row = organisations.get(ctx, name)
    elif kind == "device":
        row = devices.get(ctx, name)
        if row is not None and row.retired_height is not None:
            raise DeviceRetired(name, row.retired_height)
    else:
        row = members.get(ctx, name)
        if row is not None and row.retired_height is not None:
            raise MemberRetired(name, row.retired_height)
    if row is None:
        raise SubjectUnknown(subject)
    return row


def _put_holder(ctx: "Context", subject: str, row: Holder) -> None:
    name = subject.partition(":")[2]
    if isinstance(row, Organisation):
        organisations.put(ctx, name, row, SELF)
    elif isinstance(row, Device):
        devices.put(ctx, name, row, SELF)
    else:
        members.put(ctx, name, row, SELF)


def _owner(subject: str, row: Holder) -> str:
    return subject.partition(":")[2] if isinstance(row, Organisation) else row.organisation


def _kind(row: Holder) -> HolderKind:
    if isinstance(row, Organisation):
        return "organisation"
    return "device" if isinstance(row, Device) else row.role


def _is_organisation(ctx: "Context", organisation: str) -> bool:
    return ctx.signer.subject == f"organisation:{organisation}"


def _may_add(ctx: "Context", subject: str, row: Holder) -> bool:
    if ctx.signer.subject == subject:
        return True
    if isinstance(row, Organisation):
        return ctx.signer.has(Role.PLATFORM) and _is_organisation(ctx, ctx.signer.organisation)
    return (isinstance(row, Device) or row.role == "staff") and _is_organisation(ctx, row.organisation)


def _may_revoke(ctx: "Context", subject: str, row: Holder) -> bool:
    return _may_add(ctx, subject, row) or (isinstance(row, Member) and _is_organisation(ctx, row.organisation))


def _add(ctx: "Context", subject: str, row: Holder, key: m.NewKey, dropped: bytes | None) -> None:
    """Enrol `key` and write the holder's row with it in place of the active key `dropped`, or beside the others."""
    kept = tuple(each for each in row.keys if each != dropped)
    if len(kept) >= KEYS_ACTIVE_MAX:
        raise TooManyKeys(subject, KEYS_ACTIVE_MAX)
    if row.keys_ever >= KEYS_EVER_MAX:
        raise TooManyKeys(subject, KEYS_EVER_MAX)
    enrol(ctx, subject, _owner(subject, row), _kind(row), key)
    _put_holder(ctx, subject, replace(row, keys=(*kept, key.public_key), keys_ever=row.keys_ever + 1))


@rules.rule(m.AddKey, by=ANYONE)
def add_key(ctx: "Context", action: m.AddKey) -> None:
    """One more key for a subject."""
    row = _holder(ctx, action.subject)
    ctx.require(_may_add(ctx, action.subject, row), KeyAuthority(ctx.signer.subject, action.subject))
    _add(ctx, action.subject, row, action.key, dropped=None)


def _active(ctx: "Context", public_key: bytes) -> tuple[str, Holder]:
    """The subject and row that hold an active key."""
    record = keys.need(ctx, public_key.hex(), KeyUnknown(public_key.hex()))
    if record.revoked_height is not None:
        raise KeyRevoked(public_key.hex(), record.revoked_height)
    row = _holder(ctx, record.subject)
    assert public_key in row.keys, f"{record.subject} does not list its active key {public_key.hex()}"
    return record.subject, row


@rules.rule(m.RotateKey, by=ANYONE)
def rotate_key(ctx: "Context", action: m.RotateKey) -> None:
    """Put a new key in the place of an active one."""
    subject, row = _active(ctx, action.old_public_key)
    ctx.require(_may_add(ctx, subject, row), KeyAuthority(ctx.signer.subject, subject))
    revoke_all(ctx, (action.old_public_key,), "rotated")
    _add(ctx, subject, row, action.key, dropped=action.old_public_key)


@rules.rule(m.RevokeKey, by=ANYONE)
def revoke_key(ctx: "Context", action: m.RevokeKey) -> None:
    """End a key. An organisation does not revoke its own last one: it could never act again."""
    subject, row = _active(ctx, action.public_key)
    ctx.require(_may_revoke(ctx, subject, row), KeyAuthority(ctx.signer.subject, subject))
    if isinstance(row, Organisation) and ctx.signer.subject == subject and len(row.keys) == 1:
        raise LastKey(subject)
    revoke_all(ctx, (action.public_key,), action.reason)
    _put_holder(ctx, subject, replace(row, keys=tuple(each for each in row.keys if each != action.public_key)))
