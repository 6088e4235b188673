"""The genesis file: a network's name, first organisations, validators and parameters. The chain id is the SHA-256 of
its bytes.
"""

from typing import Annotated

import msgspec

from ledger.block import Head, Validator
from ledger.crypto.hashing import ZERO_HASH, sha256
from ledger.crypto.log_tree import Frontier
from ledger.errors import Refusal, refusal
from ledger.module import Registry
from ledger.roles import Role
from ledger.text import Address

FORMAT = "linxin-genesis/1"
GENESIS_SIZE_MAX = 4 * 1024 * 1024

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,31}$")]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Hex = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64}|0[23][0-9a-f]{64})$")]


class GenesisKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation's first key; `public_key` in hex (Ed25519: 32 bytes, P-256: 33 bytes compressed)."""

    algorithm: str
    public_key: Hex


class GenesisOrganisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation that exists from the start; the platform registers all others."""

    id: Id
    name_zh: Text
    name_en: Text
    roles: list[Role]
    keys: list[GenesisKey]


class GenesisValidator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A first validator: its id, the organisation that runs it, its Ed25519 ledger key in hex.

    `address` is where other validators reach it, `host:port`; empty where settings or governance tell it.
    """

    id: Id
    organisation: Id
    public_key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    address: Address = ""


class GenesisFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON document."""

    format: str
    name: Name
    time: str
    organisations: Annotated[list[GenesisOrganisation], msgspec.Meta(min_length=1, max_length=256)]
    validators: Annotated[list[GenesisValidator], msgspec.Meta(min_length=1, max_length=64)]
    parameters: dict[str, Annotated[int, msgspec.Meta(ge=0, le=2**53)]] = {}


@refusal(101, "INVALID_ARGUMENT")
class BadGenesis(Refusal):
    """The genesis file is not usable."""

    path: str
    reason: str
    zh = "创世文件无效：{path}：{reason}"
    en = "the genesis file is not usable: {reason} at {path}"
    remedy_zh = "请用 linxin network init 重新生成，或向网络管理者索取原文件"
    remedy_en = "make one with `linxin network init`, or ask the network's operator for the original"


class Genesis(msgspec.Struct, frozen=True):
    """A checked genesis: the raw bytes, the chain id they hash to, the document, and the full set of parameters."""

    raw: bytes
    chain_id: bytes
    file: GenesisFile
    parameters: dict[str, int]

    @property
    def origin(self) -> str:
        """The checkpoint origin: `linxin/<network name>/<first 16 hex of the chain id>`."""
        return f"linxin/{self.file.name}/{self.chain_id.hex()[:16]}"

    def cosigner_name(self, validator_id: str) -> str:
        """The name under which a validator cosigns: `linxin/<network name>/<validator id>`."""
        return f"linxin/{self.file.name}/{validator_id}"

    def validators(self) -> tuple[Validator, ...]:
        """The set that certifies height 1, sorted by name."""
        found = (Validator(self.cosigner_name(v.id), bytes.fromhex(v.public_key)) for v in self.file.validators)
        return tuple(sorted(found, key=lambda validator: validator.name))

    def place_of(self, validator_id: str) -> int:
        """Where a first validator stands among them, from 0; of a later one, how many first ones there are."""
        first = [validator.id for validator in self.file.validators]
        return first.index(validator_id) if validator_id in first else len(first)

    def head(self) -> Head:
        """The head before the first block."""
        return Head(0, 0, ZERO_HASH, Frontier(), self.validators())


_decode = msgspec.json.Decoder(GenesisFile).decode


def load_genesis(raw: bytes, registry: Registry) -> Genesis:
    """Check the bytes of a genesis file against the network's modules. Raises `BadGenesis` naming path and reason."""
    if len(raw) > GENESIS_SIZE_MAX:
        raise BadGenesis("$", f"more than {GENESIS_SIZE_MAX} bytes")
    try:
        file = _decode(raw)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        raise BadGenesis(path.strip("`") or "$", reason) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadGenesis("$", str(error)) from None
    _check(file, registry)
    return Genesis(raw, sha256(raw), file, registry.parameters | file.parameters)


def _check(file: GenesisFile, registry: Registry) -> None:
    if file.format != FORMAT:
        raise BadGenesis("$.format", f"expected {FORMAT}, got {file.format[:40]}")
    unknown = sorted(file.parameters.keys() - registry.parameters.keys())
    if unknown:
        raise BadGenesis(f"$.parameters.{unknown[0]}", "no module has this parameter")
    organisations = {organisation.id for organisation in file.organisations}
    if len(organisations) != len(file.organisations):
        raise BadGenesis("$.organisations", "an id stands twice")
    for number, validator in enumerate(file.validators):
        if validator.organisation not in organisations:
            raise BadGenesis(
                f"$.validators[{number}].organisation", f"{validator.organisation} is not among the organisations"
            )
    for values, what in (
        ([v.id for v in file.validators], "id"),
        (
            [v.public_key for v in file.validators] + [k.public_key for o in file.organisations for k in o.keys],
            "public_key",
        ),
    ):
        if len(set(values)) != len(values):
            raise BadGenesis("$.validators", f"a {what} stands twice; every {what} serves once")
