"""Where a network lies on disk: one folder that says all a client needs, and holds the nodes that run on this machine.

    DIR/network.toml       name, endpoints, the authority whose TLS certificates are trusted
    DIR/genesis.json       the genesis file; its SHA-256 is the chain id
    DIR/ca.crt             the authority's certificate (its key, ca.key, belongs offline)
    DIR/passphrase         opens the key files of this folder; the environment variables below win over it
    DIR/keys/<name>.key    encrypted keys of organisations, devices and members
    DIR/nodes/<id>/        the home of each validator that runs here: node.toml, validator.key, tls/, data/

A participant who runs no node has the first three and keys of its own.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec.structs import replace

from client.failures import Failure

NETWORK_FILE = "network.toml"
GENESIS_FILE = "genesis.json"
AUTHORITY_FILE = "ca.crt"
PASSPHRASE_FILE = "passphrase"  # noqa: S105  # a file name
KEYS = "keys"
NODES = "nodes"

NETWORK_VARIABLE = "LINXIN_NETWORK"
PASSPHRASE_VARIABLE = "LINXIN_PASSPHRASE"  # noqa: S105  # a variable name
PASSPHRASE_FILE_VARIABLE = "LINXIN_PASSPHRASE_FILE"  # noqa: S105  # a variable name

Endpoint = Annotated[str, msgspec.Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\[\]\s/]+):[0-9]{1,5}$", max_length=260)]


class NetworkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contents of `network.toml`.

    `certificate_authority` is relative to the folder; "" means plain text, which is for loopback only.
    """

    name: str
    endpoints: Annotated[list[Endpoint], msgspec.Meta(min_length=1, max_length=64)]
    certificate_authority: str = AUTHORITY_FILE


class DirectoryFailure(Failure):
    """A network folder is missing something, or something in it is wrong."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        super().__init__(
            f"网络目录有误：{path}：{zh}",
            f"the network folder is not usable: {path}: {en}",
            "请用 --network 或 LINXIN_NETWORK 指定网络目录，或用 linxin network init 新建",
            f"name the folder with --network or {NETWORK_VARIABLE}, or make one with `linxin network init`",
        )
        self.path = path


class PassphraseFailure(DirectoryFailure):
    """The file that should hold the passphrase of the keys does not."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        super().__init__(path, zh, en)
        self.zh, self.en = f"口令文件 {path}：{zh}", f"the passphrase file {path}: {en}"
        self.args = (self.en,)
        self.remedy_zh = f"请设置 {PASSPHRASE_VARIABLE}，或令 {PASSPHRASE_FILE_VARIABLE} 指向仅属主可读的口令文件"
        self.remedy_en = (
            f"set {PASSPHRASE_VARIABLE}, or let {PASSPHRASE_FILE_VARIABLE} name a file with the passphrase "
            "that only its owner can read"
        )


@dataclass(frozen=True)
class NetworkDirectory:
    """An opened network folder; all paths are absolute."""

    root: Path
    settings: NetworkSettings

    @property
    def genesis(self) -> Path:
        """The genesis file."""
        return self.root / GENESIS_FILE

    @property
    def keys(self) -> Path:
        """The folder of key files."""
        return self.root / KEYS

    @property
    def passphrase_file(self) -> Path:
        """The generated passphrase of this folder's key files; it may have been moved away."""
        return self.root / PASSPHRASE_FILE

    @property
    def endpoints(self) -> tuple[str, ...]:
        """host:port of every node that clients may use."""
        return tuple(self.settings.endpoints)

    def key_file(self, name: str) -> Path:
        """The key file of an organisation, device or member by its id, whether or not it exists."""
        return self.keys / f"{name}.key"

    def node_homes(self) -> list[Path]:
        """The homes of the nodes that run on this machine, by id."""
        return sorted(path for path in (self.root / NODES).glob("*") if (path / "node.toml").is_file())

    def genesis_bytes(self) -> bytes:
        """The genesis file, byte for byte. Raises `DirectoryFailure`."""
        return _read(self.genesis)

    def authority(self) -> bytes | None:
        """The PEM certificate that endpoints must be issued by; None when the network speaks plain text."""
        name = self.settings.certificate_authority
        return _read(self.root / name) if name else None

    def passphrase(self) -> str:
        """The passphrase: `LINXIN_PASSPHRASE`, the file named by `LINXIN_PASSPHRASE_FILE`, or the folder's own file."""
        known = environment_passphrase()
        if known is not None:
            return known
        return read_passphrase(self.passphrase_file)


def environment_passphrase() -> str | None:
    """The passphrase that the environment gives, or None."""
    if PASSPHRASE_VARIABLE in os.environ:
        return os.environ[PASSPHRASE_VARIABLE]
    if PASSPHRASE_FILE_VARIABLE in os.environ:
        return read_passphrase(Path(os.environ[PASSPHRASE_FILE_VARIABLE]))
    return None


def read_passphrase(path: Path) -> str:
    """The first line of a passphrase file. Raises `PassphraseFailure` if it is missing, empty or readable by others."""
    try:
        text = path.read_bytes().decode("utf-8", "replace").split("\n", 1)[0].strip()
    except OSError as error:
        said = error.strerror or str(error)
        raise PassphraseFailure(path, said, said) from None
    if path.stat().st_mode & 0o077:
        zh, en = "对他人可读，请执行 chmod 600", "it is readable by others; `chmod 600` it"
        raise PassphraseFailure(path, zh, en)
    if not text:
        raise PassphraseFailure(path, "文件为空", "it is empty")
    return text


def open_network(root: Path) -> NetworkDirectory:
    """Open a network folder. Raises `DirectoryFailure` naming the file and what is wrong with it."""
    path = root / NETWORK_FILE
    try:
        settings = msgspec.toml.decode(_read(path), type=NetworkSettings, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DirectoryFailure(path, str(error), str(error)) from None
    for number, endpoint in enumerate(settings.endpoints):
        if not 0 < int(endpoint.rpartition(":")[2]) <= 65_535:
            where = f"endpoints[{number}]"
            raise DirectoryFailure(path, f"{where} 端口无效：{endpoint}", f"{where} has no such port: {endpoint}")
        if not settings.certificate_authority and not is_loopback(endpoint):
            raise DirectoryFailure(
                path, f"{endpoint} 不是本机地址，必须使用 TLS", f"plain text is for loopback only, not for {endpoint}"
            )
    return NetworkDirectory(root.resolve(), settings)


def is_loopback(endpoint: str) -> bool:
    """Whether host:port names this machine's loopback."""
    return endpoint.rpartition(":")[0] in ("127.0.0.1", "localhost", "[::1]")


def settings_text(settings: NetworkSettings) -> str:
    """The text of a `network.toml`."""
    listed = "".join(f'  "{endpoint}",\n' for endpoint in settings.endpoints)
    return (
        "# What a client needs to use this network; genesis.json beside it says what to trust.\n"
        f'name = "{settings.name}"\n'
        f"endpoints = [\n{listed}]\n"
        f'certificate_authority = "{settings.certificate_authority}"  # issuer of the endpoints\' TLS certificates\n'
    )


def add_endpoint(network: NetworkDirectory, endpoint: str) -> None:
    """List one more endpoint in `network.toml`."""
    _write_endpoints(network, [*_listed(network), endpoint])


def remove_endpoint(network: NetworkDirectory, endpoint: str) -> None:
    """List an endpoint no more, unless it is the only one."""
    left = [each for each in _listed(network) if each != endpoint]
    if left:
        _write_endpoints(network, left)


def _listed(network: NetworkDirectory) -> list[str]:
    """The endpoints of the file as it is now."""
    return list(open_network(network.root).endpoints)


def _write_endpoints(network: NetworkDirectory, endpoints: list[str]) -> None:
    text = settings_text(replace(network.settings, endpoints=list(dict.fromkeys(endpoints))))
    draft = network.root / f".{NETWORK_FILE}.new"
    draft.write_text(text, encoding="utf-8")
    draft.rename(network.root / NETWORK_FILE)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        said = error.strerror or str(error)
        raise DirectoryFailure(path, said, said) from None
