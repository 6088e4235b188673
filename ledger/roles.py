"""The roles an organisation can hold (DESIGN §5), and who may sign what."""

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


PRODUCERS = (Role.FARM, Role.COOPERATIVE, Role.HOUSEHOLD)
"""Those who grow."""

HANDLERS = (*PRODUCERS, Role.PROCESSOR, Role.LOGISTICS, Role.WAREHOUSE, Role.PLATFORM)
"""Those through whose hands goods pass."""

ANYONE = tuple(Role)
"""Any registered key, whatever the role of its organisation."""

OPEN: tuple[Role, ...] = ()
"""No registered key is needed: the authority is a credential inside the action."""
