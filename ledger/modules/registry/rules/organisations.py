"""The platform admits organisations, sets their roles, suspends and restores them; nobody decides about itself."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.registry import messages as m
from ledger.modules.registry.errors import (
    OrganisationActive,
    OrganisationExists,
    OrganisationSuspended,
    OrganisationUnknown,
    OwnStanding,
)
from ledger.modules.registry.rules.common import check_roles, require_organisation
from ledger.modules.registry.rules.keys import enrol
from ledger.modules.registry.state import Organisation, organisations
from ledger.roles import Role
from ledger.state import SELF
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context

rules = Rules()


@rules.rule(m.RegisterOrganisation, by=(Role.PLATFORM,))
def register_organisation(ctx: "Context", action: m.RegisterOrganisation) -> None:
    """Admit an organisation with its first key."""
    require_organisation(ctx, "register_organisation")
    ctx.require(not organisations.has(ctx, action.organisation), OrganisationExists(action.organisation))
    check_text("name_zh", action.name_zh)
    check_text("name_en", action.name_en)
    roles = check_roles(action.roles)
    enrol(ctx, f"organisation:{action.organisation}", action.organisation, "organisation", action.key)
    row = Organisation(action.name_zh, action.name_en, roles, None, (action.key.public_key,), 1)
    organisations.put(ctx, action.organisation, row, SELF)


def _other_organisation(ctx: "Context", organisation: str, action: str) -> Organisation:
    require_organisation(ctx, action)
    ctx.require(organisation != ctx.signer.organisation, OwnStanding(organisation))
    return organisations.need(ctx, organisation, OrganisationUnknown(organisation))


@rules.rule(m.SetRoles, by=(Role.PLATFORM,))
def set_roles(ctx: "Context", action: m.SetRoles) -> None:
    """Replace the roles of another organisation; what it signed before stays as it is."""
    row = _other_organisation(ctx, action.organisation, "set_roles")
    roles = check_roles(action.roles)
    ctx.event("roles", ",".join(row.roles), ",".join(roles))
    organisations.put(ctx, action.organisation, replace(row, roles=roles), SELF)


@rules.rule(m.SuspendOrganisation, by=(Role.PLATFORM,))
def suspend_organisation(ctx: "Context", action: m.SuspendOrganisation) -> None:
    """Stop an organisation and all that signs for it."""
    row = _other_organisation(ctx, action.organisation, "suspend_organisation")
    if row.suspended_height is not None:
        raise OrganisationSuspended(action.organisation, row.suspended_height)
    organisations.put(ctx, action.organisation, replace(row, suspended_height=ctx.height), SELF)


@rules.rule(m.RestoreOrganisation, by=(Role.PLATFORM,))
def restore_organisation(ctx: "Context", action: m.RestoreOrganisation) -> None:
    """End a suspension."""
    row = _other_organisation(ctx, action.organisation, "restore_organisation")
    ctx.require(row.suspended_height is not None, OrganisationActive(action.organisation))
    organisations.put(ctx, action.organisation, replace(row, suspended_height=None), SELF)
