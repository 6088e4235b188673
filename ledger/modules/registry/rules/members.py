"""Communities admit residents and leaders, organisations their staff: pseudonymous, attested adults."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.registry import messages as m
from ledger.modules.registry.errors import (
    AdultNotAttested,
    MemberExists,
    MemberRetired,
    MemberRoleRefused,
    MemberUnknown,
    NotMemberParty,
    PersonalIdentifier,
)
from ledger.modules.registry.rules.common import require_organisation
from ledger.modules.registry.rules.keys import enrol, revoke_all
from ledger.modules.registry.state import Member, members
from ledger.roles import ANYONE, ORGANISATION_ROLES, Role
from ledger.state import OTHER, SELF

if TYPE_CHECKING:
    from ledger.context import Context

rules = Rules()


@rules.rule(m.RegisterMember, by=ORGANISATION_ROLES)
def register_member(ctx: "Context", action: m.RegisterMember) -> None:
    """Admit a pseudonymous adult."""
    require_organisation(ctx, "register_member")
    organisation = ctx.signer.organisation
    allowed = action.role == "staff" or ctx.signer.has(Role.COMMUNITY)
    ctx.require(allowed, MemberRoleRefused(organisation, action.role))
    ctx.require(action.adult_attested, AdultNotAttested(action.member))
    if m.PERSONAL_NUMBER.search(action.member):
        raise PersonalIdentifier("phone or identity number")
    ctx.require(not members.has(ctx, action.member), MemberExists(action.member))
    enrol(ctx, f"member:{action.member}", organisation, action.role, action.key)
    row = Member(organisation, action.role, True, None, (action.key.public_key,), 1)
    members.put(ctx, action.member, row, SELF)
    ctx.journal(f"organisation:{organisation}", OTHER)


@rules.rule(m.RetireMember, by=ANYONE)
def retire_member(ctx: "Context", action: m.RetireMember) -> None:
    """Let a member go, by itself or by the organisation that attested it."""
    row = members.need(ctx, action.member, MemberUnknown(action.member))
    if row.retired_height is not None:
        raise MemberRetired(action.member, row.retired_height)
    parties = (f"member:{action.member}", f"organisation:{row.organisation}")
    ctx.require(ctx.signer.subject in parties, NotMemberParty(action.member))
    revoke_all(ctx, row.keys, "left")
    members.put(ctx, action.member, replace(row, retired_height=ctx.height, keys=()), SELF)
    ctx.journal(f"organisation:{row.organisation}", OTHER)
