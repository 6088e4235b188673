"""What the registry is asked to do. Types bound ids, names and lists; the rules check what types cannot."""

import re
from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm
from ledger.module import Action
from ledger.roles import Role
from ledger.text import Identifier, Name

TIME_MS_MAX = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last instant that people can write in four digits."""

SCALED_MAX = 10**15
"""Bound of scaled readings and ranges on either side of zero; leaves room to add them up in 64 bits."""

TimeMs = Annotated[int, Meta(ge=0, le=TIME_MS_MAX)]
"""Milliseconds since the Unix epoch, UTC."""

Scaled = Annotated[int, Meta(ge=-SCALED_MAX, le=SCALED_MAX)]
"""A reading in units of 10^exponent of its metric's unit."""

MetricName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z", max_length=32)]
UnitCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,3}\Z", max_length=3)]
"""A UN/ECE Recommendation 20 common code: CEL (degree Celsius), P1 (per cent), LUX, MTR, D10 (siemens per metre)."""

PublicKey = Annotated[bytes, Meta(min_length=32, max_length=33)]
SubjectName = Annotated[str, Meta(pattern=r"^(organisation|device|member):[a-z0-9][a-z0-9._-]{0,63}\Z", max_length=128)]
MemberRole = Literal["leader", "resident", "staff"]
RevocationReason = Literal["lost", "compromised", "unused", "left"]

PERSONAL_NUMBER = re.compile(r"(?:^|[._-])(?:(?:0?86)?1[3-9][0-9]{9}|[0-9]{17}[0-9x])(?:$|[._-])")
"""Mainland mobile and identity numbers standing by themselves in an id."""


class NewKey(Message):
    """A key that its holder brings; `possession` is its signature over `possession_message(chain id, subject)`."""

    algorithm: Algorithm
    public_key: PublicKey
    possession: Annotated[bytes, Meta(min_length=64, max_length=64)]


def possession_message(chain_id: bytes, subject: str) -> bytes:
    """What a new key signs to show that `subject` (`device:probe-1`) holds it on the chain `chain_id` (32 bytes)."""
    return digest("key-possession", chain_id, subject.encode())


class Metric(Message):
    """One quantity that a device measures. A reading is an integer r and means r x 10^exponent `unit`.

    `minimum` and `maximum` bound what the device can plausibly say, both inclusive, in the same scaled integers.
    """

    name: MetricName
    unit: UnitCode
    exponent: Annotated[int, Meta(ge=-9, le=9)]
    minimum: Scaled
    maximum: Scaled


Metrics = Annotated[tuple[Metric, ...], Meta(min_length=1, max_length=16)]
Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=12)]
IntervalMs = Annotated[int, Meta(ge=1, le=31 * 86_400_000)]


class RegisterOrganisation(Action, tag="registry.register_organisation"):
    """The platform admits an organisation, with its first key."""

    organisation: Identifier
    name_zh: Name
    name_en: Name
    roles: Roles
    key: NewKey


class SetRoles(Action, tag="registry.set_roles"):
    """The platform replaces the roles of another organisation."""

    organisation: Identifier
    roles: Roles


class SuspendOrganisation(Action, tag="registry.suspend_organisation"):
    """The platform stops an organisation, its staff and devices from signing, from the next record on."""

    organisation: Identifier


class RestoreOrganisation(Action, tag="registry.restore_organisation"):
    """The platform ends a suspension."""

    organisation: Identifier


class RegisterDevice(Action, tag="registry.register_device"):
    """An organisation puts a device of its own into service. `interval_ms` is the expected time between readings."""

    device: Identifier
    name_zh: Name
    name_en: Name
    metrics: Metrics
    interval_ms: IntervalMs
    key: NewKey


class CalibrateDevice(Action, tag="registry.calibrate_device"):
    """The owner or an inspector states that a device was calibrated.

    Its readings count from `valid_from_ms` to before `valid_to_ms`; `certificate` is the number of the document.
    """

    device: Identifier
    valid_from_ms: TimeMs
    valid_to_ms: TimeMs
    certificate: Annotated[str, Meta(max_length=64)] | None


class RetireDevice(Action, tag="registry.retire_device"):
    """The owner takes a device out of service for good; its keys are revoked."""

    device: Identifier


class RegisterMember(Action, tag="registry.register_member"):
    """A community registers a resident or leader, an organisation its staff, under a random pseudonym."""

    member: Identifier
    role: MemberRole
    adult_attested: bool
    key: NewKey


class RetireMember(Action, tag="registry.retire_member"):
    """A member leaves, or its organisation ends the membership; its keys are revoked."""

    member: Identifier


class AddKey(Action, tag="registry.add_key"):
    """One more key for a subject."""

    subject: SubjectName
    key: NewKey


class RotateKey(Action, tag="registry.rotate_key"):
    """Replace a key by a new one of the same subject, in one step."""

    old_public_key: PublicKey
    key: NewKey


class RevokeKey(Action, tag="registry.revoke_key"):
    """End a key. What it signed at earlier heights stays valid and provable."""

    public_key: PublicKey
    reason: RevocationReason
