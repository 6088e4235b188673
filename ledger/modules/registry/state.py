"""The registry's tables, and the narrow views of them that other modules are given.

`registry/organisation|device|member/<id>` are subjects with journals; `registry/key/<hex public key>` holds every key
that ever served, and no row of it is ever deleted: whom a key spoke for, from which height to which, stays provable.
`registry/reserved/<hex public key>` are the keys that certify blocks; they sign no transactions.
"""

from functools import lru_cache
from typing import Literal

from msgspec.structs import replace

from ledger.context import Context, Signer
from ledger.crypto.encoding import Message
from ledger.crypto.signing import Algorithm
from ledger.errors import RevokedKey, UnknownKey
from ledger.modules.registry.errors import DeviceRetired, DeviceUnknown, OrganisationSuspended, OrganisationUnknown
from ledger.modules.registry.messages import MemberRole, Metric
from ledger.roles import Role
from ledger.state import OTHER, SELF, Table

KEYS_ACTIVE_MAX = 8
"""Keys of one subject in use at a time."""

KEYS_EVER_MAX = 1_000
"""Keys a subject may use up in its life: monthly rotation for eighty years."""

DOUBTFUL_MAX = 16
"""Ranges of wrong records kept in a device's row; beyond it the two that were declared first become one around both."""

CALIBRATIONS_KEPT_MAX = 16
"""Calibrations kept in a device's row, the latest to begin; older ones remain in its journal."""

HolderKind = Literal["organisation", "staff", "leader", "resident", "device"]


class Organisation(Message):
    """An organisation; `suspended_height` is the block that suspended it, `keys` its active keys, oldest first."""

    name_zh: str
    name_en: str
    roles: tuple[Role, ...]
    suspended_height: int | None
    keys: tuple[bytes, ...]
    keys_ever: int


class Member(Message):
    """A pseudonymous adult. `organisation` attested it; nothing here tells who the person is."""

    organisation: str
    role: MemberRole
    adult_attested: bool
    retired_height: int | None
    keys: tuple[bytes, ...]
    keys_ever: int


class Calibration(Message):
    """Readings count in [valid_from_ms, valid_to_ms).

    `by` is the organisation that stated it, `stated_ms` the block time of that, so that one stated afterwards shows.
    """

    valid_from_ms: int
    valid_to_ms: int
    certificate: str | None
    by: str
    stated_ms: int


class Device(Message):
    """A measuring device; `calibrations` ordered by their begin.

    `doubtful`: (first, last) numbers of records of readings that were declared wrong. In the row, they show in every
    journey that holds readings of the device, however much later they are declared.
    """

    organisation: str
    name_zh: str
    name_en: str
    metrics: tuple[Metric, ...]
    interval_ms: int
    calibrations: tuple[Calibration, ...]
    retired_height: int | None
    keys: tuple[bytes, ...]
    keys_ever: int
    doubtful: tuple[tuple[int, int], ...] = ()

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or None."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def calibrated(self, from_ms: int, to_ms: int) -> bool:
        """Whether calibrations cover every event time from `from_ms` to `to_ms`, both inclusive, without a gap."""
        reached = from_ms
        for calibration in self.calibrations:
            if calibration.valid_from_ms <= reached < calibration.valid_to_ms:
                reached = calibration.valid_to_ms
                if reached > to_ms:
                    return True
        return False


class KeyRecord(Message):
    """Whom a key speaks for, from `registered_height` to before `revoked_height`.

    Within those two blocks the order of records decides.
    """

    subject: str
    organisation: str
    holder: HolderKind
    algorithm: Algorithm
    registered_height: int
    revoked_height: int | None
    reason: str


organisations: Table[Organisation] = Table("registry", "organisation", Organisation, subject="organisation")
members: Table[Member] = Table("registry", "member", Member, subject="member")
devices: Table[Device] = Table("registry", "device", Device, subject="device")
keys: Table[KeyRecord] = Table("registry", "key", KeyRecord)
reserved: Table[str] = Table("registry", "reserved", str)
"""Keys that serve something else than signing transactions, for ever: hex public key -> whom (`validator:farm`)."""

_SIGNER_ROLES = {"device": Role.DEVICE, "leader": Role.LEADER, "resident": Role.RESIDENT}


@lru_cache(maxsize=1024)
def _role_set(roles: tuple[Role, ...]) -> frozenset[Role]:
    return frozenset(roles)


def identify(ctx: Context, algorithm: int, public_key: bytes) -> Signer:
    """Whose key this is: two reads. Raises `UnknownKey`, `RevokedKey` or `OrganisationSuspended`.

    An organisation's own keys and its staff carry the organisation's roles; a device, leader or resident only its own
    role, so that a stolen sensor cannot register a harvest.
    """
    hexadecimal = public_key.hex()
    record = keys.get(ctx, hexadecimal)
    if record is None or record.algorithm != algorithm:
        raise UnknownKey(hexadecimal)
    if record.revoked_height is not None:
        raise RevokedKey(hexadecimal, record.revoked_height)
    organisation = organisations.get(ctx, record.organisation)
    assert organisation is not None, f"key {hexadecimal} of a missing organisation"
    if organisation.suspended_height is not None:
        raise OrganisationSuspended(record.organisation, organisation.suspended_height)
    own = _SIGNER_ROLES.get(record.holder)
    roles = _role_set(organisation.roles if own is None else (own,))
    return Signer(record.organisation, record.subject, roles, public_key, algorithm)


class DeviceView:
    """What other modules may do with devices: read them and enter records into their journals."""

    def get(self, ctx: Context, device: str) -> Device | None:
        """The device's row, retired or not, or None."""
        return devices.get(ctx, device)

    def need(self, ctx: Context, device: str) -> Device:
        """The row of a device in service; raises `DeviceUnknown` or `DeviceRetired`."""
        found = devices.need(ctx, device, DeviceUnknown(device))
        if found.retired_height is not None:
            raise DeviceRetired(device, found.retired_height)
        return found

    def journal(
        self, ctx: Context, device: str, role: str = OTHER, from_ms: int | None = None, to_ms: int | None = None
    ) -> None:
        """Enter the record into the journal of a registered device; bounds as for `Context.journal`."""
        ctx.journal(f"device:{device}", role, from_ms, to_ms)

    def doubt(self, ctx: Context, device: str, first: int, last: int) -> None:
        """Note in a registered device's row that its records `first` to `last` were declared wrong."""
        row = devices.need(ctx, device, DeviceUnknown(device))
        ranges = (*row.doubtful, (first, last))
        if len(ranges) > DOUBTFUL_MAX:
            (one, two), (three, four), *rest = ranges
            ranges = ((min(one, three), max(two, four)), *rest)
        devices.put(ctx, device, replace(row, doubtful=ranges), SELF)


class OrganisationView:
    """What other modules may know of organisations and members."""

    def get(self, ctx: Context, organisation: str) -> Organisation | None:
        """The organisation's row, or None."""
        return organisations.get(ctx, organisation)

    def need(self, ctx: Context, organisation: str) -> Organisation:
        """The row of an organisation that may act; raises `OrganisationUnknown` or `OrganisationSuspended`."""
        found = organisations.need(ctx, organisation, OrganisationUnknown(organisation))
        if found.suspended_height is not None:
            raise OrganisationSuspended(organisation, found.suspended_height)
        return found

    def speaks_for(self, ctx: Context, organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's, not a device's or member's."""
        record = keys.get(ctx, public_key.hex())
        return (
            record is not None
            and record.algorithm == algorithm
            and record.revoked_height is None
            and record.organisation == organisation
            and record.holder in ("organisation", "staff")
        )

    def exists(self, ctx: Context, organisation: str) -> bool:
        """Whether the organisation is registered, suspended or not."""
        return organisations.has(ctx, organisation)

    def has_role(self, ctx: Context, organisation: str, *roles: Role) -> bool:
        """Whether the organisation is registered, not suspended, and holds one of `roles`."""
        found = organisations.get(ctx, organisation)
        return found is not None and found.suspended_height is None and not _role_set(found.roles).isdisjoint(roles)

    def member(self, ctx: Context, member: str) -> Member | None:
        """The member's row, or None."""
        return members.get(ctx, member)
