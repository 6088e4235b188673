"""The first rows: organisations and their keys as the genesis file names them."""

from typing import TYPE_CHECKING

from ledger.crypto.signing import Algorithm, BadKey, check_public_key
from ledger.genesis import BadGenesis
from ledger.modules.registry.state import (
    KEYS_ACTIVE_MAX,
    KeyRecord,
    Organisation,
    keys,
    organisations,
)
from ledger.roles import ORGANISATION_ROLES, Role
from ledger.state import SELF
from ledger.text import find_forbidden

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.genesis import Genesis, GenesisKey, GenesisOrganisation

ALGORITHMS = {"ed25519": Algorithm.ED25519, "p256": Algorithm.P256}
"""The names of signature algorithms in a genesis file."""


def write_genesis(ctx: "Context", genesis: "Genesis") -> None:
    """Write the registry's rows of the genesis file. Raises `BadGenesis` with path and reason where it cannot stand.

    The keys of a genesis file need no proof of possession: its operator vouches for the file as a whole.
    """
    for number, organisation in enumerate(genesis.file.organisations):
        _write_organisation(ctx, f"$.organisations[{number}]", organisation)
    if not any(Role.PLATFORM in organisation.roles for organisation in genesis.file.organisations):
        raise BadGenesis("$.organisations", "one of them must have the role platform, or nobody could be admitted")


def _write_organisation(ctx: "Context", path: str, organisation: "GenesisOrganisation") -> None:
    for field, text in (("name_zh", organisation.name_zh), ("name_en", organisation.name_en)):
        problem = find_forbidden(text)
        if problem is not None:
            raise BadGenesis(f"{path}.{field}", problem)
    roles = tuple(role for role in ORGANISATION_ROLES if role in organisation.roles)
    if not roles or len(roles) != len(organisation.roles):
        raise BadGenesis(f"{path}.roles", "roles of organisations, at least one and each once, are needed")
    if not 1 <= len(organisation.keys) <= KEYS_ACTIVE_MAX:
        raise BadGenesis(f"{path}.keys", f"1 to {KEYS_ACTIVE_MAX} keys are needed")
    public_keys = tuple(
        _write_key(ctx, f"{path}.keys[{number}]", organisation.id, key) for number, key in enumerate(organisation.keys)
    )
    row = Organisation(organisation.name_zh, organisation.name_en, roles, None, public_keys, len(public_keys))
    organisations.put(ctx, organisation.id, row, SELF)


def _write_key(ctx: "Context", path: str, organisation: str, key: "GenesisKey") -> bytes:
    algorithm = ALGORITHMS.get(key.algorithm)
    if algorithm is None:
        raise BadGenesis(f"{path}.algorithm", f"expected one of {', '.join(ALGORITHMS)}, got {key.algorithm[:40]}")
    public_key = bytes.fromhex(key.public_key)
    try:
        check_public_key(algorithm, public_key)
    except BadKey as error:
        raise BadGenesis(f"{path}.public_key", str(error)) from None
    if keys.has(ctx, key.public_key):
        raise BadGenesis(f"{path}.public_key", "the key stands twice; a key never serves twice")
    record = KeyRecord(f"organisation:{organisation}", organisation, "organisation", algorithm, ctx.height, None, "")
    keys.put(ctx, key.public_key, record)
    return public_key
