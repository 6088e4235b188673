"""Making a network's folder: genesis, keys, authority, homes of validators. Layout: client/network_directory.py."""

import secrets
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from client import network_directory as layout
from client.failures import Failure
from client.network_directory import NetworkDirectory, NetworkSettings, open_network, settings_text
from client.wallet import Cost, create_key
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm
from ledger.genesis import FORMAT, GenesisFile, GenesisKey, GenesisOrganisation, GenesisValidator, load_genesis
from ledger.module import Registry
from ledger.roles import Role
from network.config import load_config
from network.home import create_safety
from network.tls import issue_server_certificate, make_authority, write_private

HOST = "127.0.0.1"
PASSPHRASE_BYTES = 24
AUTHORITY_KEY_FILE = "ca.key"


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

VALIDATORS_MAX = 1
"""A network of this version orders by itself; several validators need the replicated log."""


class NotEmpty(Failure):
    """The folder for a new network has something in it."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            f"{root} 不是空目录，未作任何改动",
            f"{root} is not empty; nothing in it was touched",
            "请改用一个空目录；若要启动其中已有的网络，请用 linxin network up",
            "choose an empty folder; to start a network that is there already, use `linxin network up`",
        )


class TooManyValidators(Failure):
    """More validators than this version can order with."""

    def __init__(self, asked: int) -> None:
        super().__init__(
            f"本版本的网络只有 {VALIDATORS_MAX} 个验证节点，无法建立 {asked} 个",
            f"a network of this version has {VALIDATORS_MAX} validator, not {asked}",
            "请使用 --validators 1",
            "use --validators 1",
        )


class WrongAuthority(Failure):
    """A file that is not the authority's private key."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} 不是本网络 CA 的私钥：{reason}",
            f"{path} is not the private key of this network's authority: {reason}",
            "请用 --authority-key 给出 linxin network init 生成的 ca.key",
            "name the ca.key that `linxin network init` made with --authority-key",
        )


def init_network(
    root: Path, name: str, registry: Registry, *, validators: int = 1, parameters: Mapping[str, int] | None = None
) -> NetworkDirectory:
    """Make a network in an empty folder: all files of the layout, with fresh keys and free loopback ports.

    Raises `NotEmpty`, `TooManyValidators`, `BadGenesis` (a parameter that no module has) and OSError.
    """
    if not 1 <= validators <= VALIDATORS_MAX:
        raise TooManyValidators(validators)
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
    homes = [root / layout.NODES / founder.id for founder in FOUNDERS[:validators]]
    organisations = [_make_organisation(root, founder, passphrase) for founder in FOUNDERS]
    members = [_make_validator(home, passphrase) for home in homes]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    file = GenesisFile(FORMAT, name, now, organisations, members, dict(sorted(parameters.items())))
    genesis = msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
    load_genesis(genesis, registry)
    (root / layout.GENESIS_FILE).write_bytes(genesis)
    ports = free_ports(len(homes))
    _make_homes(root, name, homes, ports, genesis)
    for home, member in zip(homes, members, strict=True):
        create_safety(home, load_config(home), sha256(genesis), bytes.fromhex(member.public_key))
    settings = NetworkSettings(name=name, endpoints=[f"{HOST}:{port}" for port in ports])
    (root / layout.NETWORK_FILE).write_text(settings_text(settings), encoding="utf-8")
    return open_network(root)


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


def _make_validator(home: Path, passphrase: str) -> GenesisValidator:
    home.mkdir(parents=True, mode=0o700)
    key = create_key(home / "validator.key", Algorithm.ED25519, passphrase, Cost.INTERACTIVE)
    return GenesisValidator(home.name, home.name, key.public_key.hex())


def _make_homes(root: Path, name: str, homes: Sequence[Path], ports: Sequence[int], genesis: bytes) -> None:
    """TLS files and `node.toml` of each node, and the authority that issued them."""
    certificate, authority_key = make_authority(name)
    (root / layout.AUTHORITY_FILE).write_bytes(certificate)
    write_private(root / AUTHORITY_KEY_FILE, authority_key)
    for home, port in zip(homes, ports, strict=True):
        chain, key = issue_server_certificate(certificate, authority_key, [HOST, "localhost"])
        (home / "tls").mkdir(mode=0o700)
        (home / "tls" / "server.crt").write_bytes(chain)
        write_private(home / "tls" / "server.key", key)
        (home / layout.GENESIS_FILE).write_bytes(genesis)
        (home / "node.toml").write_text(
            "# One validator; docs/OPERATORS.md explains every setting.\n"
            f'name = "{home.name}"\n\n'
            f'[listen]\naddress = "{HOST}:{port}"\n',
            encoding="utf-8",
        )


def renew_certificate(root: Path, home: Path, authority_key: Path, hosts: Sequence[str]) -> x509.Certificate:
    """Issue a node a new TLS certificate for `hosts` and this machine's loopback, with a new key, in place of the old.

    Raises `WrongAuthority` and OSError; the old files stay until both new ones are whole.
    """
    certificate, settings = (root / layout.AUTHORITY_FILE).read_bytes(), load_config(home).listen
    names = list(dict.fromkeys([*hosts, HOST, "localhost"]))
    try:
        chain, key = issue_server_certificate(certificate, authority_key.read_bytes(), names)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WrongAuthority(authority_key, str(error)) from None
    drafts = {home / f"{name}.new": home / name for name in (settings.certificate, settings.key)}
    for draft, data in zip(drafts, (chain, key), strict=True):
        draft.unlink(missing_ok=True)
        write_private(draft, data)
    for draft, place in drafts.items():
        draft.rename(place)
    return x509.load_pem_x509_certificate(chain)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, all different."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()
