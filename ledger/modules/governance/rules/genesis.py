"""The first rows: the validators that the genesis file names, and that they are in force."""

from typing import TYPE_CHECKING

from ledger.crypto.signing import Algorithm, BadKey, check_public_key
from ledger.genesis import BadGenesis
from ledger.modules.governance import messages as m
from ledger.modules.governance import state as s

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.genesis import Genesis
    from ledger.modules.governance.ports import Keys


def write_genesis(keys: "Keys", ctx: "Context", genesis: "Genesis") -> None:
    """Write the first set. Raises `BadGenesis`. Its keys need no proof of possession: the file is vouched for whole."""
    for number, validator in enumerate(genesis.file.validators):
        public_key = bytes.fromhex(validator.public_key)
        try:
            check_public_key(Algorithm.ED25519, public_key)
        except BadKey as error:
            raise BadGenesis(f"$.validators[{number}].public_key", str(error)) from None
        keys.reserve(ctx, m.validator_subject(validator.id), public_key)
        record = s.ValidatorRecord(
            validator.organisation, public_key, validator.address, "validator", ctx.height, ctx.height
        )
        s.validators.put(ctx, validator.id, record)
    members = tuple((one.name, one.public_key) for one in genesis.validators())
    s.sets.put(ctx, s.set_key(ctx.height), s.ValidatorSet(members, 0))
    s.in_force.put(ctx, "", s.InForce({}, 1, None, ctx.height, 0))
    s.docket.put(ctx, "", s.Docket(0, ()))
