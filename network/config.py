"""The settings of one node: `node.toml` in its home directory, decoded strictly; docs/OPERATORS.md explains each.

Relative paths are relative to the home directory. An unknown or wrong setting is refused with its path, never ignored.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

CONFIG_FILE = "node.toml"
SETTINGS_PAGE = "docs/OPERATORS.md"

PathText = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
ADDRESS = r"^(\[[0-9a-fA-F:]+\]|[^:\[\]]+):[0-9]{1,5}$"
Address = Annotated[str, msgspec.Meta(pattern=ADDRESS, max_length=260)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Bytes = Annotated[int, msgspec.Meta(ge=1, le=1 << 50)]


class ConfigError(ValueError):
    """The configuration cannot be used; `zh` and `en` say which setting, why, and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the sections: named settings, none unknown."""


class ListenSettings(_Section, frozen=True):
    """`[listen]`: where the public API is served."""

    address: Address = "127.0.0.1:7600"
    certificate: PathText = "tls/server.crt"
    key: PathText = "tls/server.key"
    plaintext: bool = False


class PeerSettings(_Section, frozen=True):
    """`[peers]`: the port between validators; empty: none, as a network of one needs none."""

    listen: Annotated[str, msgspec.Meta(pattern=r"^$|" + ADDRESS, max_length=260)] = ""
    addresses: Annotated[dict[Id, Address], msgspec.Meta(max_length=1_000)] = {}


class MetricsSettings(_Section, frozen=True):
    """`[metrics]`: Prometheus endpoint over plain HTTP; empty: none."""

    listen: Annotated[str, msgspec.Meta(pattern=r"^$|" + ADDRESS, max_length=260)] = ""


class FollowSettings(_Section, frozen=True):
    """`[follow]`: public endpoints that an observer, or a validator that starts far behind, fetches the chain from.

    `key`: file of an auditor's or regulator's key, for an observer that is to hold what is restricted.
    """

    endpoints: Annotated[list[Address], msgspec.Meta(max_length=64)] = []
    certificate_authority: PathText | Literal[""] = "ca.crt"
    key: PathText | Literal[""] = ""


class LimitSettings(_Section, frozen=True):
    """`[limits]`: bounds on what the node holds and does at once."""

    waiting_count: Count = 20_000
    waiting_bytes: Bytes = 64_000_000
    block_count: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1_000
    block_bytes: Annotated[int, msgspec.Meta(ge=70_000, le=16_000_000)] = 4_000_000
    streams: Count = 200
    stream_buffer: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    stall_ms: Annotated[int, msgspec.Meta(ge=100, le=600_000)] = 30_000
    reads: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 16
    exports: Annotated[int, msgspec.Meta(ge=1, le=100)] = 2
    transfers: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 16
    calls: Count = 1_000


class VerifySettings(_Section, frozen=True):
    """`[verify]`: who checks signatures."""

    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 1


class VaultSettings(_Section, frozen=True):
    """`[vault]`: erasable files."""

    directory: PathText = "vault"
    keys: PathText = "vault-keys"
    total_bytes: Bytes = 10_000_000_000


class LogSettings(_Section, frozen=True):
    """`[log]`: what the node says on standard error."""

    form: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class NodeConfig(_Section, frozen=True):
    """All settings of one node."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    role: Literal["validator", "observer"] = "validator"
    genesis: PathText = "genesis.json"
    key: PathText = "validator.key"
    safety: PathText = "safety"
    data: PathText = "data"
    listen: ListenSettings = ListenSettings()
    peers: PeerSettings = PeerSettings()
    metrics: MetricsSettings = MetricsSettings()
    follow: FollowSettings = FollowSettings()
    limits: LimitSettings = LimitSettings()
    verify: VerifySettings = VerifySettings()
    vault: VaultSettings = VaultSettings()
    log: LogSettings = LogSettings()


def load_config(home: Path) -> NodeConfig:
    """Read `home/node.toml`. Raises `ConfigError` naming the file, the setting's path and the reason."""
    path = home / CONFIG_FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}：{error.strerror}；--home 应指向节点目录，linxin network init 会生成它",
            f"{path}: {error.strerror}; --home names a node's directory, which `linxin network init` makes",
        ) from None
    try:
        config = parse_config(data)
    except ConfigError as error:
        raise ConfigError(f"{path}：{error.zh}", f"{path}: {error.en}") from None
    return config


def parse_config(data: bytes) -> NodeConfig:
    """Decode and check the bytes of a `node.toml`. Raises `ConfigError`."""
    try:
        config = msgspec.toml.decode(data, type=NodeConfig, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{error}（全部设置见 {SETTINGS_PAGE}）", f"{error} ({SETTINGS_PAGE} lists all settings)"
        ) from None
    for setting, address in _addresses(config).items():
        port = address.rpartition(":")[2]
        if port and int(port) > 65_535:
            raise ConfigError(f"{setting}：端口 {port} 大于 65535", f"{setting}: the port {port} is above 65535")
    host = config.listen.address.rpartition(":")[0]
    if config.listen.plaintext and host not in ("127.0.0.1", "localhost", "[::1]"):
        raise ConfigError(
            f"listen.plaintext：明文只限本机回环地址，不能用于 {host}；请启用 TLS",
            f"listen.plaintext: plain text is for loopback only, not for {host}; set up TLS",
        )
    if config.role == "observer" and not config.follow.endpoints:
        raise ConfigError(
            "follow.endpoints：观察节点需要至少一个公共接口地址",
            "follow.endpoints: an observer needs the public address of at least one node",
        )
    if config.limits.waiting_bytes < config.limits.block_bytes:
        raise ConfigError(
            "limits.waiting_bytes：不得小于 limits.block_bytes",
            "limits.waiting_bytes: must be at least limits.block_bytes",
        )
    return config


def _addresses(config: NodeConfig) -> dict[str, str]:
    """Every `host:port` of a configuration by its setting; empty ones are off."""
    single = {
        "listen.address": config.listen.address,
        "peers.listen": config.peers.listen,
        "metrics.listen": config.metrics.listen,
    }
    return single | {f"peers.addresses.{peer}": address for peer, address in config.peers.addresses.items()}


def setting_names() -> list[str]:
    """Every setting as `section.name`, in order: what the documentation must cover."""
    names: list[str] = []
    for field in msgspec.structs.fields(NodeConfig):
        kind = field.type
        if isinstance(kind, type) and issubclass(kind, _Section):
            names += [f"{field.name}.{inner.name}" for inner in msgspec.structs.fields(kind)]
        else:
            names.append(field.name)
    return names
