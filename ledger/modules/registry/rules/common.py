"""Checks that several rules of the registry share."""

from typing import TYPE_CHECKING

from ledger.modules.registry.errors import ListRepeats, OrganisationOnly, RoleNotGranted
from ledger.roles import ORGANISATION_ROLES, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.context import Context


def check_distinct(field: str, values: "Sequence[str]") -> None:
    """Raise `ListRepeats` when `values` names something twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ListRepeats(field, value)
        seen.add(value)


def check_roles(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """The roles in their canonical order; refuses repetitions and roles that are not for organisations."""
    check_distinct("roles", roles)
    for role in roles:
        if role not in ORGANISATION_ROLES:
            raise RoleNotGranted(role)
    return tuple(role for role in ORGANISATION_ROLES if role in roles)


def require_organisation(ctx: "Context", action: str) -> None:
    """Only a key of the organisation itself: staff do not make organisations or other staff."""
    if ctx.signer.subject != f"organisation:{ctx.signer.organisation}":
        raise OrganisationOnly(ctx.signer.subject, action)
