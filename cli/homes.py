"""Homes of nodes on this machine: key, safety file, `node.toml` and TLS, for validators old and new and for observers.

What lies in a home: network/home.py; every setting: docs/OPERATORS.md.
"""

import errno
import os
import random
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from client import network_directory as layout
from client.failures import Failure
from client.network_directory import NetworkDirectory
from client.wallet import Cost, create_key
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm
from network.config import load_config
from network.home import create_safety
from network.tls import issue_server_certificate, write_private

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Ports of networks made for one machine. Linux connects from 32768 on (net.ipv4.ip_local_port_range)."""
KEY_FILE = "validator.key"
AUTHORITY_KEY_FILE = "ca.key"
CORES_PER_WORKER = 2
"""A validator gets a process that checks signatures where so many cores are its own; else it checks them itself."""


class WrongAuthority(Failure):
    """A file that is not the authority's private key."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} 不是本网络 CA 的私钥：{reason}",
            f"{path} is not the private key of this network's authority: {reason}",
            "请用 --authority-key 给出 linxin network init 生成的 ca.key",
            "name the ca.key that `linxin network init` made with --authority-key",
        )


@dataclass(frozen=True)
class Authority:
    """Who issues the TLS certificates of a network's public endpoints: certificate and private key, PEM."""

    certificate: bytes
    key: bytes
    path: Path

    @classmethod
    def of(cls, network: NetworkDirectory, key: Path | None = None) -> "Authority":
        """The authority of a folder. Raises `WrongAuthority` when its key is not where it is said to be."""
        path = key or network.root / AUTHORITY_KEY_FILE
        try:
            return cls((network.root / layout.AUTHORITY_FILE).read_bytes(), path.read_bytes(), path)
        except OSError as error:
            raise WrongAuthority(path, error.strerror or str(error)) from None

    def issue(self, hosts: Sequence[str]) -> tuple[bytes, bytes]:
        """A server certificate for these hosts and this machine's loopback. Raises `WrongAuthority`."""
        names = list(dict.fromkeys([*hosts, HOST, "localhost"]))
        try:
            return issue_server_certificate(self.certificate, self.key, names)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise WrongAuthority(self.path, str(error)) from None


@dataclass(frozen=True)
class Place:
    """Where a node is reached: `host`, the port of the public API and the port of validators among themselves.

    A node on loopback listens there; one that is reached by a name or address of its own listens on all interfaces.
    """

    host: str
    public_port: int
    peer_port: int

    @property
    def endpoint(self) -> str:
        """host:port for clients."""
        return f"{self.host}:{self.public_port}"

    @property
    def peer_address(self) -> str:
        """host:port for the other validators."""
        return f"{self.host}:{self.peer_port}"

    @property
    def listen_host(self) -> str:
        """The address to bind."""
        return HOST if self.host in (HOST, "localhost") else "0.0.0.0"  # noqa: S104  # TLS guards both ports


def workers_for(validators: int) -> int:
    """How many signature processes each of so many validators of this machine should have."""
    cores = len(os.sched_getaffinity(0))
    return 1 if validators == 1 or cores >= CORES_PER_WORKER * validators else 0


def make_validator_key(home: Path, passphrase: str) -> bytes:
    """Make the folder of a new validator and its encrypted key; returns the public key. Raises FileExistsError."""
    home.mkdir(parents=True, mode=0o700)
    return create_key(home / KEY_FILE, Algorithm.ED25519, passphrase, Cost.INTERACTIVE).public_key


def fill_home(
    home: Path, place: Place, genesis: bytes, authority: Authority, settings: str, public_key: bytes | None
) -> None:
    """Write all else: genesis, TLS, `node.toml` with `settings` added, and the safety file of a key just made.

    `public_key` is None for an observer, which signs nothing.
    """
    home.mkdir(parents=True, mode=0o700, exist_ok=True)
    chain, key = authority.issue([place.host])
    (home / "tls").mkdir(mode=0o700)
    (home / "tls" / "server.crt").write_bytes(chain)
    write_private(home / "tls" / "server.key", key)
    (home / layout.GENESIS_FILE).write_bytes(genesis)
    (home / layout.AUTHORITY_FILE).write_bytes(authority.certificate)
    (home / "node.toml").write_text(settings, encoding="utf-8")
    config = load_config(home)
    if public_key is not None:
        create_safety(home, config, sha256(genesis), public_key)


def validator_settings(name: str, place: Place, workers: int, follow: Sequence[str] = ()) -> str:
    """The `node.toml` of a validator; `follow` are public endpoints that one who starts far behind fetches from."""
    return (
        "# One validator; docs/OPERATORS.md explains every setting.\n"
        f'name = "{name}"\n\n'
        f'[listen]\naddress = "{place.listen_host}:{place.public_port}"\n\n'
        f'[peers]\nlisten = "{place.listen_host}:{place.peer_port}"\n\n'
        f"[verify]\nworkers = {workers}\n" + _follow_settings(follow)
    )


def observer_settings(name: str, place: Place, follow: Sequence[str], key: str) -> str:
    """The `node.toml` of an observer; `key`: file of the auditor's key it reads restricted parts with, or ""."""
    return (
        "# One observer: it votes on nothing; docs/OPERATORS.md explains every setting.\n"
        f'name = "{name}"\nrole = "observer"\n\n'
        f'[listen]\naddress = "{place.listen_host}:{place.public_port}"\n' + _follow_settings(follow, key)
    )


def _follow_settings(endpoints: Sequence[str], key: str = "") -> str:
    if not endpoints:
        return ""
    listed = ", ".join(f'"{endpoint}"' for endpoint in endpoints)
    return f"\n[follow]\nendpoints = [{listed}]\n" + (f'key = "{key}"\n' if key else "")


def renew_certificate(home: Path, authority: Authority, hosts: Sequence[str]) -> x509.Certificate:
    """Issue a node a new TLS certificate for `hosts` and this machine's loopback, with a new key, in place of the old.

    Raises `WrongAuthority` and OSError; the old files stay until both new ones are whole.
    """
    settings = load_config(home).listen
    chain, key = authority.issue(hosts)
    drafts = {home / f"{name}.new": home / name for name in (settings.certificate, settings.key)}
    for draft, data in zip(drafts, (chain, key), strict=True):
        draft.unlink(missing_ok=True)
        write_private(draft, data)
    for draft, place in drafts.items():
        draft.rename(place)
    return x509.load_pem_x509_certificate(chain)


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, all different.

    Below those that the kernel gives to outgoing connections: a node that is down must find its port free again.
    """
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(errno.EADDRNOTAVAIL, f"no {count} free ports between {PORTS.start} and {PORTS.stop}")
