"""Three members of etcd on loopback, as Debian packages them, with their defaults: every write synced to disk."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from cli.homes import free_ports
from network.tls import issue_server_certificate, make_authority

PROGRAMS = ("etcd", "etcdctl")
MISSING = "etcd is not installed: on Debian `apt-get install etcd-server etcd-client`"
PUT = "/etcdserverpb.KV/Put"
MEMBERS = 3
START_S_MAX = 30.0
VALUE_BYTES = 256


def is_installed() -> bool:
    """Whether etcd and its client are on the path."""
    return all(shutil.which(program) for program in PROGRAMS)


def put_request(key: bytes) -> bytes:
    """A PutRequest of etcd's KV service (field 1 the key, 2 the value) with a value of 256 bytes. Requires a short
    key.
    """
    assert len(key) < 128
    size = bytes([VALUE_BYTES & 0x7F | 0x80, VALUE_BYTES >> 7])
    return b"\x0a" + bytes([len(key)]) + key + b"\x12" + size + key.ljust(VALUE_BYTES, b".")


class EtcdCluster:
    """The members, each a process in a folder of its own under `root`; use as a context.

    `tls`: to clients, and with certificates that the members make themselves, to each other.
    """

    def __init__(self, root: Path, *, tls: bool) -> None:
        ports = free_ports(2 * MEMBERS)
        self._root = root
        self._scheme = "https" if tls else "http"
        self._clients, self._peers = ports[:MEMBERS], ports[MEMBERS:]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.authority = str(root / "ca.crt") if tls else None
        self.endpoints = [f"127.0.0.1:{port}" for port in self._clients]
        root.mkdir(parents=True)
        if tls:
            certificate, key = make_authority("etcd benchmark")
            chain, server_key = issue_server_certificate(certificate, key, ["127.0.0.1"])
            for name, data in (("ca.crt", certificate), ("server.crt", chain), ("server.key", server_key)):
                (root / name).write_bytes(data)

    def __enter__(self) -> Self:
        try:
            for number in range(MEMBERS):
                self.start(number)
            self.leader()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait(30)

    @property
    def pids(self) -> list[int]:
        """The processes of the members."""
        return [process.pid for process in self._processes.values()]

    def start(self, number: int) -> None:
        """Start a member, for the first time or again."""
        client, peer = (f"{self._scheme}://127.0.0.1:{ports[number]}" for ports in (self._clients, self._peers))
        cluster = ",".join(f"m{each}={self._scheme}://127.0.0.1:{port}" for each, port in enumerate(self._peers))
        command = ["etcd", "--name", f"m{number}", "--data-dir", str(self._root / f"m{number}")]
        command += ["--listen-client-urls", client, "--advertise-client-urls", client]
        command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
        command += ["--initial-cluster", cluster, "--logger", "zap", "--log-level", "error"]
        if self.authority is not None:
            command += ["--cert-file", str(self._root / "server.crt"), "--key-file", str(self._root / "server.key")]
            command.append("--peer-auto-tls")
        with (self._root / f"m{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, number: int) -> None:
        """SIGKILL a member."""
        os.kill(self._processes[number].pid, signal.SIGKILL)

    def bring_back(self, number: int) -> None:
        """Start a killed member again and wait until all members agree on how far they are."""
        self._processes[number].wait(10)
        self.start(number)
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            found = self._status()
            if len(found) == MEMBERS and len({each["Status"]["raftIndex"] for each in found}) == 1:
                return
            time.sleep(0.1)
        raise SystemExit(f"etcd's member {number} did not come back")

    def leader(self) -> int:
        """The number of the member that leads, waited for."""
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            for each in self._status():
                if each["Status"].get("leader") == each["Status"]["header"]["member_id"]:
                    return self.endpoints.index(each["Endpoint"].rpartition("/")[2])
            time.sleep(0.1)
        raise SystemExit(f"etcd has no leader after {START_S_MAX:.0f} s: see {self._root}")

    def _status(self) -> list[dict[str, Any]]:
        """What each member that answers says of itself."""
        listed = ",".join(f"{self._scheme}://{endpoint}" for endpoint in self.endpoints)
        command = ["etcdctl", "--endpoints", listed, "--command-timeout", "1s", "endpoint", "status", "-w", "json"]
        if self.authority is not None:
            command += ["--cacert", self.authority]
        environment = os.environ | {"ETCDCTL_API": "3"}
        ran = subprocess.run(command, capture_output=True, env=environment, check=False, timeout=30)
        found: list[dict[str, Any]] = json.loads(ran.stdout or b"[]")
        return found
