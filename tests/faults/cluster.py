"""Four validators as processes, made as users make them, and everything that may be done to one of them."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from linxin.v1 import ledger_pb2

from cli.main import main
from cli.network_status import node_status
from cli.processes import LOG_FILE, find_process, start_node, stop_node
from client.failures import Failure
from client.network_directory import NODES, NetworkDirectory, open_network

Status = ledger_pb2.GetStatusResponse

START_S_MAX = 60.0
ENDS_S_MAX = 40.0
WELL_S_MAX = 40.0
POLL_S = 0.1
ASK_S_MAX = 2.0
LOG_TAIL_BYTES = 6_000


def linxin(*arguments: str, status: int | None = 0) -> dict[str, Any]:
    """The document of a `linxin` command, run in this process; `status` None: any."""
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert status in (None, result.exit_code), result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


def eventually(holds: Callable[[], bool], within_s: float, what: str) -> float:
    """Wait until something holds; the seconds it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < within_s, f"not within {within_s:.0f} s: {what}"
        time.sleep(POLL_S)
    return time.monotonic() - started


class Cluster:
    """A network folder and its running nodes. `gone`: nodes that left for good, and are not missed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.gone: set[str] = set()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._paused: set[str] = set()
        self._log_starts: dict[str, int] = {}

    @classmethod
    def make(cls, root: Path, **parameters: int) -> "Cluster":
        """A new network of four in an empty folder; nothing runs yet."""
        pairs = [word for name, value in parameters.items() for word in ("--parameter", f"{name}={value}")]
        linxin("network", "init", str(root), "--name", "faults", *pairs)
        return cls(root)

    @property
    def opened(self) -> NetworkDirectory:
        """The folder, as it is now."""
        return open_network(self.root)

    @property
    def ids(self) -> list[str]:
        """Every validator of the folder that has not left."""
        return [home.name for home in self.opened.node_homes() if home.name not in self.gone]

    def home(self, node: str) -> Path:
        """The home of a node."""
        return self.root / NODES / node

    # What may be done to nodes.

    def launch(self, *ids: str) -> None:
        """Start processes, without waiting for what becomes of them."""
        for node in ids:
            process, child = start_node(self.opened, self.home(node))
            self._children[node] = child
            self._log_starts[node] = process.log_start

    def start(self, *ids: str) -> None:
        """Start nodes, and wait until each answers."""
        self.launch(*ids)
        for node in ids:
            eventually(partial(self._answers, node), START_S_MAX, f"{node} answers")

    def kill(self, *ids: str) -> None:
        """SIGKILL to all of them, as near to the same moment as may be."""
        for node in ids:
            self._children[node].kill()
        for node in ids:
            self._children.pop(node).wait()

    def stop(self, node: str) -> int:
        """SIGTERM; the exit status."""
        self._children[node].send_signal(signal.SIGTERM)
        return self.ended(node)

    def ended(self, node: str, within_s: float = ENDS_S_MAX) -> int:
        """Wait until a process has ended; its exit status."""
        status = self._children[node].wait(within_s)
        del self._children[node]
        return status

    def pause(self, *ids: str) -> None:
        """SIGSTOP: the process stands still, its connections stay open."""
        for node in ids:
            self._children[node].send_signal(signal.SIGSTOP)
            self._paused.add(node)

    def resume(self, *ids: str) -> None:
        """SIGCONT."""
        for node in ids:
            self._children[node].send_signal(signal.SIGCONT)
            self._paused.discard(node)

    def heal(self) -> None:
        """Whatever was done before, all run again, and go on."""
        self.resume(*self._paused)
        for node in self.ids:
            if not self.runs(node):
                self._children.pop(node, None)
                self.launch(node)
        self.well()

    def end(self) -> dict[str, int]:
        """Stop everything that runs, at once; the exit statuses."""
        self.resume(*self._paused)
        for node in self._children:
            self._children[node].send_signal(signal.SIGTERM)
        statuses = {node: self.ended(node) for node in list(self._children)}
        for home in self.opened.node_homes():  # one that a command of the test has started
            process = find_process(home)
            if process is not None:
                stop_node(process)
        return statuses

    def kill_all(self) -> None:
        """Leave no process behind, however the test ended."""
        for child in self._children.values():
            child.kill()
            child.wait()
        self._children.clear()
        for home in self.opened.node_homes():
            process = find_process(home)
            if process is not None:
                os.kill(process.pid, signal.SIGKILL)

    # What nodes say.

    def runs(self, node: str) -> bool:
        """Whether a node of ours is a running process."""
        return node in self._children and self._children[node].poll() is None

    def status(self, node: str) -> Status | None:
        """What a node says of itself; None when it does not answer."""
        try:
            return asyncio.run(node_status(self.opened, self.home(node), ASK_S_MAX))
        except (Failure, OSError):
            return None

    def statuses(self) -> dict[str, Status]:
        """What all nodes that should answer say."""
        asked = {node: self.status(node) for node in self.ids if self.runs(node) and node not in self._paused}
        return {node: said for node, said in asked.items() if said is not None}

    def leader(self) -> str:
        """Who leads now; waits until somebody does."""
        found: list[tuple[int, str]] = []

        def known() -> bool:
            found[:] = [(said.term, node) for node, said in self.statuses().items() if said.role == "leader"]
            return bool(found)

        eventually(known, WELL_S_MAX, "somebody leads")
        return max(found)[1]

    def followers(self) -> list[str]:
        """The others."""
        leader = self.leader()
        return [node for node in self.ids if node != leader]

    def height(self) -> int:
        """The highest final block that anybody shows."""
        return max(said.height for said in self.statuses().values())

    def well(self) -> None:
        """Wait until all answer, one leads, and nobody waits for anybody or refills its log."""

        def is_well() -> bool:
            said = self.statuses()
            roles = [each.role for each in said.values()]
            is_idle = not any(each.waiting_for or each.held for each in said.values())
            return len(said) == len(self.ids) and roles.count("leader") == 1 and is_idle

        eventually(is_well, WELL_S_MAX, "all nodes are well")

    def caught_up(self, node: str, within_s: float = WELL_S_MAX) -> float:
        """Wait until a node has every block that was final anywhere when this was called; the seconds it took."""
        goal = self.height()

        def has_it() -> bool:
            said = self.status(node)
            assert self.runs(node), f"{node} has ended:\n{self.said(node)}"
            return said is not None and said.height >= goal

        return eventually(has_it, within_s, f"{node} has block {goal}")

    def said(self, node: str) -> str:
        """What a node has logged since it was last started."""
        with (self.home(node) / LOG_FILE).open("rb") as log:
            log.seek(self._log_starts.get(node, 0))
            return log.read().decode("utf-8", "replace")

    def log_tail(self, node: str) -> str:
        """The end of a node's log."""
        path = self.home(node) / LOG_FILE
        return path.read_bytes()[-LOG_TAIL_BYTES:].decode("utf-8", "replace") if path.exists() else ""

    def _answers(self, node: str) -> bool:
        assert self.runs(node), f"{node} has ended:\n{self.said(node)}"
        return self.status(node) is not None
