"""Nodes as processes of this machine: started apart from the terminal, known by a pid file, stopped by SIGTERM.

A pid file (`node.pid` in the node's home) holds the process id and the kernel's start time of that process, so that a
number used again after a crash is never taken for our node.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from client.failures import Failure
from client.network_directory import PASSPHRASE_FILE_VARIABLE, PASSPHRASE_VARIABLE, NetworkDirectory

PID_FILE = "node.pid"
LOG_FILE = "node.log"
STOP_S_MAX = 30.0
POLL_S = 0.05
LOG_TAIL_LINES = 12
LOG_TAIL_BYTES = 16_384


class NodeFailure(Failure):
    """A node did not start or did not stop; the words hold the end of its log."""


@dataclass(frozen=True)
class NodeProcess:
    """A running node of this machine."""

    home: Path
    pid: int
    log_start: int = field(default=0, compare=False)
    """Where in `node.log` this run begins, in bytes; 0 when another command started it."""
    started_ms: int = field(default=0, compare=False)
    """When this command started it, ms since the epoch; 0 as above."""


def find_process(home: Path) -> NodeProcess | None:
    """The running node of a home, or None."""
    try:
        pid, started = (home / PID_FILE).read_text().split()
    except (OSError, ValueError):
        return None
    return NodeProcess(home, int(pid)) if pid.isdigit() and _start_time(int(pid)) == started else None


def start_node(network: NetworkDirectory, home: Path) -> tuple[NodeProcess, "subprocess.Popen[bytes]"]:
    """Start the node of `home` in the background, its log appended to `node.log`. Raises `NodeFailure` if one runs."""
    running = find_process(home)
    if running is not None:
        raise NodeFailure(
            f"节点 {home.name} 已在运行（进程 {running.pid}）",
            f"the node {home.name} is running already (process {running.pid})",
            "请先执行 linxin network down",
            "run `linxin network down` first",
        )
    command = [sys.executable, node_program(), "--home", str(home)]
    return start_process(home, command, node_environment(network.passphrase_file))


def start_process(
    home: Path, command: list[str], environment: dict[str, str]
) -> tuple[NodeProcess, "subprocess.Popen[bytes]"]:
    """Start a command apart from the terminal, with its log and its pid file in `home`."""
    with (home / LOG_FILE).open("ab") as log:
        log_start, started_ms = log.tell(), time.time_ns() // 1_000_000
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    (home / PID_FILE).write_text(f"{process.pid} {_start_time(process.pid)}\n")
    return NodeProcess(home, process.pid, log_start, started_ms), process


def stop_node(process: NodeProcess) -> None:
    """Ask a node to stop and wait until it has. Raises `NodeFailure` when it has not after 30 seconds."""
    deadline = time.monotonic() + STOP_S_MAX
    os.kill(process.pid, signal.SIGTERM)
    while find_process(process.home) == process:
        if time.monotonic() > deadline:
            raise NodeFailure(
                f"节点 {process.home.name}（进程 {process.pid}）在 {STOP_S_MAX:.0f} 秒内未停止",
                f"the node {process.home.name} (process {process.pid}) has not stopped within {STOP_S_MAX:.0f} seconds",
                f"请查看 {process.home / LOG_FILE}；强制结束（kill -9）不会丢失已确认的记录",
                f"look into {process.home / LOG_FILE}; killing it (kill -9) loses nothing that was acknowledged",
            )
        _reap(process.pid)
        time.sleep(POLL_S)
    (process.home / PID_FILE).unlink(missing_ok=True)


def died(process: NodeProcess, status: int) -> NodeFailure:
    """The failure of a node that ended by itself, with the end of what it logged since it was started."""
    home, lines = process.home, log_tail(process)
    return NodeFailure(
        f"节点 {home.name} 启动后退出（状态 {status}），日志末尾见下",
        f"the node {home.name} ended by itself (status {status}); the end of {home / LOG_FILE}:\n{lines}",
        "请按日志所述处理后重试",
        "do what the log says and try again",
    )


def log_tail(process: NodeProcess) -> str:
    """The last lines that this run of a node has logged."""
    try:
        with (process.home / LOG_FILE).open("rb") as log:
            log.seek(max(process.log_start, log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_TAIL_LINES:])


def _start_time(pid: int) -> str:
    """The kernel's start time of a process (clock ticks since boot), "" when there is none or it is a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()  # the name before it may hold blanks
    return "" if fields[0] == "Z" else fields[19]


def _reap(pid: int) -> None:
    """Let a stopped child of this very process go; children of others are not ours to wait for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def node_environment(passphrase_file: Path) -> dict[str, str]:
    """The environment of a node: our own packages, and `passphrase_file` unless the environment says otherwise."""
    environment = own_environment()
    known = PASSPHRASE_VARIABLE in os.environ or PASSPHRASE_FILE_VARIABLE in os.environ
    return environment if known else environment | {PASSPHRASE_FILE_VARIABLE: str(passphrase_file)}


def own_environment() -> dict[str, str]:
    """The environment of a process that runs our own packages."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(_import_roots()), "PYTHONUNBUFFERED": "1"}


def node_program() -> str:
    """The path of node.py, which builds and runs one validator."""
    spec = importlib.util.find_spec("node")
    assert spec is not None and spec.origin is not None, "node.py is part of the installation"
    return spec.origin


def _import_roots() -> list[str]:
    """Where the packages of this very process came from, so that the node runs the same code."""
    roots = []
    for package in ("ledger", "linxin"):
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.submodule_search_locations
        roots.append(str(Path(next(iter(spec.submodule_search_locations))).parent))
    return list(dict.fromkeys(roots))
