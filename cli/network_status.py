"""How the nodes of a network fare: asked over their public API, here and elsewhere."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from linxin.v1 import ledger_pb2

from cli.processes import find_process
from client.connection import Connection
from client.failures import Failure
from client.network_directory import NetworkDirectory
from ledger.crypto.hashing import sha256
from network.config import load_config

STATUS_S_MAX = 3.0
CONNECT_S_MAX = 0.5


def listens_on(home: Path) -> str:
    """host:port of a node, from its configuration."""
    return load_config(home).listen.address


async def node_status(opened: NetworkDirectory, home: Path, timeout_s: float) -> ledger_pb2.GetStatusResponse:
    """What one node of this machine says of itself. Raises `Unreachable`, `WrongNetwork`, `Remote`."""
    authority = None if load_config(home).listen.plaintext else opened.authority()
    async with Connection([listens_on(home)], authority, sha256(opened.genesis_bytes())) as connection:
        return await connection.status(timeout_s)


def describe_node(opened: NetworkDirectory, home: Path) -> dict[str, Any]:
    """How a node of this machine fares: `state` is up, stopped (nothing listens) or failing (`problem` says why)."""
    process, endpoint = find_process(home), listens_on(home)
    known = {"name": home.name, "pid": process.pid if process else None, "endpoint": endpoint}
    if process is None and not listens(endpoint):
        return known | {"healthy": False, "state": "stopped", "problem": "已停止 stopped"}
    return known | _ask(lambda: node_status(opened, home, STATUS_S_MAX))


def describe_remote(opened: NetworkDirectory, endpoint: str) -> dict[str, Any]:
    """A node that runs elsewhere, as a participant without nodes sees it."""

    async def status() -> ledger_pb2.GetStatusResponse:
        async with Connection([endpoint], opened.authority(), sha256(opened.genesis_bytes())) as connection:
            return await connection.status(STATUS_S_MAX)

    found = _ask(status)
    return {"name": str(found.get("cosigner", "-")).rpartition("/")[2], "pid": None, "endpoint": endpoint} | found


def _ask(status: Callable[[], Coroutine[Any, Any, ledger_pb2.GetStatusResponse]]) -> dict[str, Any]:
    """What a node says of itself, or why it does not."""
    known: dict[str, Any] = {"healthy": False, "state": "up", "problem": None}
    try:
        said = asyncio.run(status())
    except Failure as failure:
        return known | {"state": "failing", "problem": failure.en}
    facts = ("height", "time_ms", "lag_ms", "log_size", "mempool_count", "version", "quorum", "started_ms")
    named = {"healthy": True, "signers": list(said.signers), "cosigner": said.name}
    return known | named | {fact: getattr(said, fact) for fact in facts}


def listens(endpoint: str) -> bool:
    """Whether anything accepts connections at host:port."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S_MAX).close()
    except OSError:
        return False
    return True
