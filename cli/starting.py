"""Starting and stopping the nodes of a folder."""

import asyncio
import subprocess
import time

from linxin.v1 import ledger_pb2

from cli.network_status import listens, listens_on, node_status
from cli.output import Output, Problem
from cli.processes import NodeProcess, died, find_process, start_node, stop_node
from client.failures import Unreachable
from client.network_directory import NetworkDirectory

START_S_MAX = 60.0


def bring_up(out: Output, opened: NetworkDirectory) -> list[NodeProcess]:
    """Start every node of the folder that is not running; returns all, once they answer.

    Stops what it started when one fails.
    """
    started: list[tuple[NodeProcess, subprocess.Popen[bytes]]] = []
    running: list[NodeProcess] = []
    try:
        for home in opened.node_homes():
            known = find_process(home)
            if known is None:
                out.note(f"starting {home.name} …")
                started.append(start_node(opened, home))
            else:
                out.note(f"{home.name} is running already (pid {known.pid})")
                running.append(known)
        for process, child in started:
            if asyncio.run(_wait_healthy(opened, process, child)):
                running.append(process)
            else:
                name = process.home.name
                out.note(f"{name} 已退出网络，自行停止 / {name} has left the network and stopped by itself")
    except BaseException:
        for process, _ in started:
            if find_process(process.home) == process:
                stop_node(process)
        raise
    return running


async def _wait_healthy(opened: NetworkDirectory, process: NodeProcess, child: "subprocess.Popen[bytes]") -> bool:
    """Return once the node has a final block, or says that it waits for what this folder cannot start.

    False when it has stopped by itself for good: it was removed from the network. Raises `NodeFailure` when it fails,
    `Problem` after a minute. An answer counts only from a node as young as the process: another may hold the port.
    """
    here = {home.name for home in opened.node_homes()}
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        ended = child.poll()
        if ended == 0:
            return False
        if ended is not None:
            raise died(process, ended)
        try:
            said = await node_status(opened, process.home, 1.0)
        except Unreachable:
            continue
        if said.started_ms >= process.started_ms and (said.height > 0 or _waits_for_others(said, here)):
            return True
        await asyncio.sleep(0.05)
    raise Problem(
        f"节点 {process.home.name} 在 {START_S_MAX:.0f} 秒内未就绪",
        f"the node {process.home.name} is not ready after {START_S_MAX:.0f} seconds",
        f"请查看 {process.home}/node.log",
        f"look into {process.home}/node.log",
    )


def _waits_for_others(said: ledger_pb2.GetStatusResponse, here: set[str]) -> bool:
    """Whether a node without a block yet lacks validators that run elsewhere, or a vote that lets it in."""
    if said.role in ("learner", "observer"):
        return True
    return bool(said.waiting_for) and not here.issuperset(said.waiting_for)


def take_down(out: Output, opened: NetworkDirectory) -> list[str]:
    """Stop every running node of the folder; returns their names. Raises `NodeFailure`."""
    stopped = []
    for home in opened.node_homes():
        process = find_process(home)
        if process is not None:
            out.note(f"stopping {home.name} (pid {process.pid}) …")
            stop_node(process)
            stopped.append(home.name)
        elif listens(listens_on(home)):
            out.note(
                f"{home.name} 由别处启动（如 systemd），请在那里停止 / {home.name} was started elsewhere, such as by "
                "systemd: stop it there"
            )
    return stopped
