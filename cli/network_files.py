"""Making a network's folder: genesis, keys, authority, homes of validators. Layout: client/network_directory.py."""

import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cli.homes import (
    AUTHORITY_KEY_FILE,
    HOST,
    Authority,
    Place,
    fill_home,
    free_ports,
    make_validator_key,
    validator_settings,
    workers_for,
)
from client import network_directory as layout
from client.failures import Failure
from client.network_directory import NetworkDirectory, NetworkSettings, open_network, settings_text
from client.wallet import Cost, create_key
from ledger.crypto.signing import Algorithm
from ledger.genesis import FORMAT, GenesisFile, GenesisKey, GenesisOrganisation, GenesisValidator, load_genesis
from ledger.module import Registry
from ledger.roles import Role
from network.tls import make_authority, write_private

PASSPHRASE_BYTES = 24


@dataclass(frozen=True)
class Founder:
    """An organisation of the example network."""

    id: str
    name_zh: str
    name_en: str
    roles: tuple[Role, ...]


FOUNDERS: Sequence[Founder] = (
    Founder("platform", "邻信平台", "Linxin platform", (Role.PLATFORM,)),
    Founder("farm", "草莓园合作社", "Strawberry farm", (Role.FARM,)),
    Founder("hub", "城郊物流枢纽", "Logistics hub", (Role.LOGISTICS, Role.PROCESSOR)),
    Founder("warehouse", "社区前置仓", "Micro-warehouse", (Role.WAREHOUSE,)),
    Founder("inspector", "检验检测中心", "Inspection laboratory", (Role.INSPECTOR,)),
    Founder("community", "幸福里社区", "Xingfuli community", (Role.COMMUNITY,)),
    Founder("custodian", "资金托管银行", "Custodian bank", (Role.CUSTODIAN,)),
    Founder("auditor", "审计事务所", "Audit office", (Role.AUDITOR,)),
    Founder("regulator", "市场监管局", "Market regulator", (Role.REGULATOR,)),
)
"""Whom a new network knows from the start. The platform registers all others."""

VALIDATORS: Sequence[str] = (
    *("platform", "farm", "hub", "inspector"),
    *("warehouse", "community", "regulator", "auditor", "custodian"),
)
"""Who runs the validators of a new network: the first so many of these, one each."""

VALIDATORS_MAX = len(VALIDATORS)


class NotEmpty(Failure):
    """The folder for a new network has something in it."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} 不是空目录，未作任何改动",
            f"{root} is not empty; nothing in it was touched",
            "请改用一个空目录；若要启动其中已有的网络，请用 linxin network up",
            "choose an empty folder; to start a network that is there already, use `linxin network up`",
        )


class WrongNumber(Failure):
    """More validators than there are founders, or none."""

    def __init__(self, asked: int) -> None:
        super().__init__(
            f"新网络可有 1 至 {VALIDATORS_MAX} 个验证节点（每个创始组织一个），不能是 {asked} 个",
            f"a new network has 1 to {VALIDATORS_MAX} validators, one for each founder, not {asked}",
            "请改用 --validators 4；其余可在运行中加入：linxin network add-validator",
            "use --validators 4; more can join while it runs: `linxin network add-validator`",
        )


def init_network(
    root: Path, name: str, registry: Registry, *, validators: int = 1, parameters: Mapping[str, int] | None = None
) -> NetworkDirectory:
    """Make a network in an empty folder: all files of the layout, with fresh keys and free loopback ports.

    Raises `NotEmpty`, `WrongNumber`, `BadGenesis` (a parameter that no module has) and OSError.
    """
    if not 1 <= validators <= VALIDATORS_MAX:
        raise WrongNumber(validators)
    if root.exists() and any(root.iterdir()):
        raise NotEmpty(root)
    made_here = not root.exists()
    root.mkdir(parents=True, exist_ok=True, mode=0o755)
    try:
        return _fill(root.resolve(), name, registry, validators, parameters or {})
    except BaseException:
        _empty(root, remove=made_here)
        raise


def _fill(
    root: Path, name: str, registry: Registry, validators: int, parameters: Mapping[str, int]
) -> NetworkDirectory:
    """Write all files of a network into an empty folder."""
    passphrase = layout.environment_passphrase()
    if passphrase is None:
        passphrase = secrets.token_urlsafe(PASSPHRASE_BYTES)
        write_private(root / layout.PASSPHRASE_FILE, f"{passphrase}\n".encode())
    (root / layout.KEYS).mkdir(mode=0o700)
    homes = [root / layout.NODES / name for name in sorted(VALIDATORS[:validators])]
    ports = free_ports(2 * len(homes))
    places = [Place(HOST, *ports[number : number + 2]) for number in range(0, len(ports), 2)]
    organisations = [_make_organisation(root, founder, passphrase) for founder in FOUNDERS]
    keys = [make_validator_key(home, passphrase) for home in homes]
    members = [
        GenesisValidator(home.name, home.name, key.hex(), place.peer_address)
        for home, key, place in zip(homes, keys, places, strict=True)
    ]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    file = GenesisFile(FORMAT, name, now, organisations, members, dict(sorted(parameters.items())))
    genesis = msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
    load_genesis(genesis, registry)
    (root / layout.GENESIS_FILE).write_bytes(genesis)
    authority = _make_authority(root, name)
    for home, key, place in zip(homes, keys, places, strict=True):
        settings = validator_settings(home.name, place, workers_for(validators))
        fill_home(home, place, genesis, authority, settings, key)
    listed = NetworkSettings(name=name, endpoints=[place.endpoint for place in places])
    (root / layout.NETWORK_FILE).write_text(settings_text(listed), encoding="utf-8")
    return open_network(root)


def _make_authority(root: Path, name: str) -> Authority:
    certificate, key = make_authority(name)
    (root / layout.AUTHORITY_FILE).write_bytes(certificate)
    write_private(root / AUTHORITY_KEY_FILE, key)
    return Authority(certificate, key, root / AUTHORITY_KEY_FILE)


def _empty(root: Path, *, remove: bool) -> None:
    """Take a half-made network away again; the folder was empty before."""
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if remove:
        root.rmdir()


def _make_organisation(root: Path, founder: Founder, passphrase: str) -> GenesisOrganisation:
    path = root / layout.KEYS / f"{founder.id}.key"
    key = create_key(path, Algorithm.ED25519, passphrase, Cost.INTERACTIVE)
    listed = GenesisKey("ed25519", key.public_key.hex())
    return GenesisOrganisation(founder.id, founder.name_zh, founder.name_en, list(founder.roles), [listed])
