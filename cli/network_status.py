"""How the nodes of a network fare: asked over their public API, here and elsewhere, all at once."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import Any

from linxin.v1 import ledger_pb2

from cli.processes import find_process
from client.connection import Connection
from client.failures import Failure
from client.network_directory import NetworkDirectory
from ledger.block import validator_id
from ledger.certificate import quorum
from ledger.crypto.hashing import sha256
from network.config import load_config

STATUS_S_MAX = 3.0
CONNECT_S_MAX = 0.5
POLL_S = 0.05
CLOCK_OFF_MS = 2_000
"""How far clocks may differ: entries from further in the future are not accepted by other validators."""

FACTS = (
    *("id", "role", "term", "leader", "vote", "held", "height", "executed_height", "committed_index", "last_index"),
    *("time_ms", "lag_ms", "log_size", "mempool_count", "version", "quorum", "started_ms", "evidence_count"),
)
"""What is passed on of a node's answer as it says it."""


def listens_on(home: Path) -> str:
    """host:port of a node, from its configuration; where it listens on all interfaces, this machine's loopback."""
    return load_config(home).listen.address.replace("0.0.0.0:", "127.0.0.1:")


async def node_status(opened: NetworkDirectory, home: Path, timeout_s: float) -> ledger_pb2.GetStatusResponse:
    """What one node of this machine says of itself. Raises `Unreachable`, `WrongNetwork`, `Remote`."""
    authority = None if load_config(home).listen.plaintext else opened.authority()
    async with Connection([listens_on(home)], authority, sha256(opened.genesis_bytes())) as connection:
        return await connection.status(timeout_s)


def wait_for_height(opened: NetworkDirectory, home: Path, height: int, timeout_s: float) -> int:
    """Wait until a node of this machine has a block; returns its height, which is lower when the time was up."""
    deadline, reached = time.monotonic() + timeout_s, 0
    while True:
        with contextlib.suppress(Failure):
            reached = asyncio.run(node_status(opened, home, STATUS_S_MAX)).height
        if reached >= height or time.monotonic() > deadline:
            return reached
        time.sleep(POLL_S)


async def describe_nodes(opened: NetworkDirectory) -> list[dict[str, Any]]:
    """How each node of the folder fares; in a participant's folder, which has none, each endpoint of the network."""
    homes = opened.node_homes()
    if not homes:
        return list(await asyncio.gather(*(describe_remote(opened, endpoint) for endpoint in opened.endpoints)))
    nodes = list(await asyncio.gather(*(describe_node(opened, home) for home in homes)))
    left = _left(nodes)
    return [
        node | {"state": "retired"} if node["state"] == "stopped" and node["name"] in left else node for node in nodes
    ]


async def retired_nodes(opened: NetworkDirectory) -> set[str]:
    """Which validators have left the network for good, as its nodes that run here say; empty when none does."""
    return _left(await asyncio.gather(*(describe_node(opened, home) for home in opened.node_homes())))


def _left(nodes: Sequence[dict[str, Any]]) -> set[str]:
    return {peer["id"] for node in nodes for peer in node.get("peers", ()) if peer["status"] == "retired"}


async def describe_node(opened: NetworkDirectory, home: Path) -> dict[str, Any]:
    """How a node of this machine fares: `state` is up, stopped (nothing listens) or failing (`problem` says why).

    `describe_nodes` besides calls retired what is stopped because it has left the network.
    """
    process, endpoint = find_process(home), listens_on(home)
    known = {"name": home.name, "pid": process.pid if process else None, "endpoint": endpoint}
    if process is None and not listens(endpoint):
        return known | {"healthy": False, "state": "stopped", "problem": "已停止 stopped"}
    return known | await _ask(lambda: node_status(opened, home, STATUS_S_MAX))


async def describe_remote(opened: NetworkDirectory, endpoint: str) -> dict[str, Any]:
    """A node that runs elsewhere, as a participant without nodes sees it."""

    async def status() -> ledger_pb2.GetStatusResponse:
        async with Connection([endpoint], opened.authority(), sha256(opened.genesis_bytes())) as connection:
            return await connection.status(STATUS_S_MAX)

    found = await _ask(status)
    return {"name": validator_id(str(found.get("cosigner", "-"))), "pid": None, "endpoint": endpoint} | found


async def _ask(status: Callable[[], Coroutine[Any, Any, ledger_pb2.GetStatusResponse]]) -> dict[str, Any]:
    """What a node says of itself, or why it does not."""
    known: dict[str, Any] = {"healthy": False, "state": "up", "problem": None}
    try:
        said = await status()
    except Failure as failure:
        return known | {"state": "failing", "problem": failure.en}
    offset_ms = said.time_ms + said.lag_ms - time.time_ns() // 1_000_000 if said.height else 0
    peers = [
        {fact: getattr(peer, fact) for fact in ("id", "address", "status", "connected", "certified_height", "behind")}
        for peer in said.peers
    ]
    listed = {"signers": list(said.signers), "validators": list(said.validators), "waiting_for": list(said.waiting_for)}
    named = {"healthy": True, "cosigner": said.name, "peers": peers, "clock_offset_ms": offset_ms}
    return known | named | listed | {fact: getattr(said, fact) for fact in FACTS}


@dataclass(frozen=True)
class Overview:
    """A network as those of its nodes that answered see it; `height` 0: none did."""

    height: int
    term: int
    leader: str
    quorum: int
    validators: tuple[str, ...]
    signed: tuple[str, ...]
    waiting_for: tuple[str, ...]
    evidence_count: int
    has_reserve: bool = True
    """Whether another member may stop and the network still goes on; not looked into when none is down."""
    members_asked: bool = True
    """Whether a member answered: observers know neither leader nor quorum."""
    clocks_off_ms: tuple[tuple[str, int], ...] = ()
    """Nodes whose clock is wrong, and by how much it is ahead of the others'."""

    @property
    def not_signed(self) -> tuple[str, ...]:
        """Members whose signature is not on the last certificate: a quorum is enough for one."""
        return tuple(each for each in self.validators if each not in self.signed)

    def document(self) -> dict[str, Any]:
        """As `--json` tells it."""
        return {
            "height": self.height,
            "term": self.term,
            "leader": self.leader or None,
            "quorum": self.quorum,
            "validators": list(self.validators),
            "signed": list(self.signed),
            "not_signed": list(self.not_signed),
            "has_quorum": self.height > 0 and not self.waiting_for,
            "waiting_for": list(self.waiting_for),
            "has_reserve": self.has_reserve,
            "evidence_count": self.evidence_count,
            "clocks_off_ms": dict(self.clocks_off_ms),
        }


def overview(nodes: Sequence[dict[str, Any]]) -> Overview:
    """What the nodes' answers say together: the highest certificate, the leader of the highest term, who is missed."""
    up = [node for node in nodes if node["healthy"]]
    if not up:
        return Overview(0, 0, "", 0, (), (), (), 0)
    highest = max(up, key=lambda node: int(node["height"]))
    newest = max(up, key=lambda node: (int(node["term"]), bool(node["leader"])))
    validators = tuple(highest["validators"])
    return Overview(
        height=highest["height"],
        term=newest["term"],
        leader=newest["leader"],
        quorum=highest["quorum"],
        validators=validators,
        signed=tuple(sorted(map(validator_id, highest["signers"]))),
        waiting_for=_waiting_for(nodes, up, validators),
        evidence_count=max(node["evidence_count"] for node in up),
        has_reserve=_has_reserve(nodes, up, validators),
        members_asked=any(node["id"] in validators for node in up),
        clocks_off_ms=_clocks_off_ms(up),
    )


def _has_reserve(nodes: Sequence[dict[str, Any]], up: Sequence[dict[str, Any]], validators: Sequence[str]) -> bool:
    """False when some member is known to be down and no other may follow."""
    answering = {node["id"] for node in up}
    down = {node["name"] for node in nodes if not node["healthy"]} - answering
    return down.isdisjoint(validators) or len(answering.intersection(validators)) > quorum(len(validators))


def _clocks_off_ms(up: Sequence[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    """Compared with the middle one of all clocks, this machine's included."""
    offsets = {node["name"]: node["clock_offset_ms"] for node in up if node["height"]}
    middle = median_low([0, *offsets.values()])
    return tuple((name, offset - middle) for name, offset in offsets.items() if abs(offset - middle) > CLOCK_OFF_MS)


def _waiting_for(
    nodes: Sequence[dict[str, Any]], up: Sequence[dict[str, Any]], validators: Sequence[str]
) -> tuple[str, ...]:
    """Members without which there is no quorum; empty as soon as one member that is up says that it has one.

    Where every member was asked, those that answer are counted besides: nodes need a moment to miss each other.
    """
    members = [node for node in up if node["id"] in validators]
    answering = {node["id"] for node in members}
    asked = {node.get("id") or node["name"] for node in nodes}
    if validators and asked.issuperset(validators) and len(answering) < quorum(len(validators)):
        return tuple(each for each in validators if each not in answering)
    if not members or not all(node["waiting_for"] for node in members):
        return ()
    return tuple(sorted({each for node in members for each in node["waiting_for"]}))


def listens(endpoint: str) -> bool:
    """Whether anything accepts connections at host:port."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S_MAX).close()
    except OSError:
        return False
    return True
