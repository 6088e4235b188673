"""Starting and stopping the nodes of a folder."""

import asyncio
import subprocess
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from linxin.v1 import ledger_pb2

from cli.network_status import listens, listens_on, node_status, retired_nodes
from cli.output import Output, Problem
from cli.processes import NodeProcess, died, find_process, start_node, stop_node
from client.failures import Unreachable
from client.network_directory import NetworkDirectory

START_S_MAX = 60.0


def bring_up(out: Output, opened: NetworkDirectory, names: Collection[str] = ()) -> list[NodeProcess]:
    """Start every node of the folder, or those of `names`, that is not running; returns them once they answer.

    One that has left the network is not started, or not waited for. Stops what it started when one fails.
    """
    started: list[tuple[NodeProcess, subprocess.Popen[bytes]]] = []
    running: list[NodeProcess] = []
    left = asyncio.run(retired_nodes(opened))
    try:
        for home in homes_of(opened, names):
            known = find_process(home)
            if known is not None:
                running.append(known)
            elif home.name in left:
                _tell_retired(out, home)
            else:
                out.note(f"启动 {home.name} … / starting {home.name} …")
                started.append(start_node(opened, home))
        healthy = [process for process, child in started if asyncio.run(_wait_healthy(opened, process, child))]
        left = asyncio.run(retired_nodes(opened)) if started else left
        for process, _ in started:
            if process.home.name in left or process not in healthy:
                _tell_retired(out, process.home)
            else:
                running.append(process)
    except BaseException:
        for process, _ in started:
            if find_process(process.home) == process:
                stop_node(process)
        raise
    return sorted(running, key=lambda process: process.home)


def homes_of(opened: NetworkDirectory, names: Collection[str]) -> Sequence[Path]:
    """The homes of the nodes of these names; without names all of the folder. Raises `Problem`."""
    homes = {home.name: home for home in opened.node_homes()}
    for name in names:
        if name not in homes:
            listed = ", ".join(homes)
            raise Problem(
                f"没有节点 {name}", f"there is no node {name}", f"本目录中有：{listed}", f"in this folder lie: {listed}"
            )
    return [home for name, home in homes.items() if name in names or not names]


def _tell_retired(out: Output, home: Path) -> None:
    out.note(
        f"{home.name} 已退出网络，不再运行或即将自行停止；随后请移走 {home} 并销毁其密钥 / "
        f"{home.name} has left the network and runs no more, or stops by itself soon: then move its home away and "
        "destroy its key"
    )


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


def take_down(out: Output, opened: NetworkDirectory, names: Collection[str] = ()) -> list[str]:
    """Stop every running node of the folder, or those of `names`; returns whom it stopped. Raises `NodeFailure`."""
    stopped = []
    for home in homes_of(opened, names):
        process = find_process(home)
        if process is not None:
            out.note(f"停止 {home.name} … / stopping {home.name} (pid {process.pid}) …")
            stop_node(process)
            stopped.append(home.name)
        elif listens(listens_on(home)):
            out.note(
                f"{home.name} 由别处启动（如 systemd），请在那里停止 / {home.name} was started elsewhere, such as by "
                "systemd: stop it there"
            )
    return stopped
