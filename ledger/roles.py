"""The roles an organisation can hold (DESIGN §5), those of devices and members, and who may sign what."""

from enum import StrEnum


class Role(StrEnum):
    """A role granted to an organisation by the platform and the genesis file; rules name the roles they accept."""

    FARM = "farm"
    COOPERATIVE = "cooperative"
    HOUSEHOLD = "household"
    PROCESSOR = "processor"
    LOGISTICS = "logistics"
    WAREHOUSE = "warehouse"
    PLATFORM = "platform"
    CUSTODIAN = "custodian"
    INSPECTOR = "inspector"
    COMMUNITY = "community"
    REGULATOR = "regulator"
    AUDITOR = "auditor"
    DEVICE = "device"
    LEADER = "leader"
    RESIDENT = "resident"


SIGNER_ROLES = (Role.DEVICE, Role.LEADER, Role.RESIDENT)
"""What a device or member signs as, whatever its organisation is: a stolen sensor cannot register a harvest. Staff sign
with their organisation's roles. Never granted to an organisation."""

ORGANISATION_ROLES = tuple(role for role in Role if role not in SIGNER_ROLES)
"""What an organisation can be."""

PRODUCERS = (Role.FARM, Role.COOPERATIVE, Role.HOUSEHOLD)
"""Those who grow."""

HANDLERS = (*PRODUCERS, Role.PROCESSOR, Role.LOGISTICS, Role.WAREHOUSE, Role.PLATFORM)
"""Those through whose hands goods pass."""

ANYONE = tuple(Role)
"""Any registered key, whatever the role of its organisation."""

OPEN: tuple[Role, ...] = ()
"""No registered key is needed: the authority is a credential inside the action."""
