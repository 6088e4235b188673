"""`linxin network status DIR`: how each validator fares and whether the network goes on; live with `--watch`."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.network_status import Overview, describe_nodes, overview
from cli.output import Output, reports
from client.network_directory import NetworkDirectory, open_network

WATCH_S = 1.0
ALL_WELL, SOME_DOWN, NO_QUORUM = 0, 1, 3
"""Exit statuses: every node answers and records become final; some node does not answer; the network waits."""

STATES = {"up": "正常 up", "stopped": "已停止 stopped", "failing": "异常 failing", "retired": "已退出 retired"}
ROLES = {
    "leader": "领导 leader",
    "follower": "跟随 follower",
    "candidate": "竞选 candidate",
    "pre-candidate": "竞选 candidate",
    "learner": "学习 learner",
    "observer": "旁观 observer",
}
COLUMNS = (
    *("节点\nnode", "角色\nrole", "任期\nterm", "投票\nvote", "高度\nheight", "已执行\nexecuted", "落后\nbehind"),
    *("时差\nlag", "连接\npeers", "签名\nsigned", "等待\nwaiting", "进程\npid", "地址\nendpoint", "状态\nstate"),
)

ROOMY = 160
"""Terminals of fewer columns show the essential ones alone: node, role, term, height, peers, signed, state."""
ESSENTIAL = (0, 1, 2, 4, 8, 9, 13)
CRAMPED = 80
"""Those of fewer columns still show who is there, how far, and how it fares."""
BARE = (0, 1, 4, 13)


@click.command(short_help="How the nodes of a folder fare, and who leads.")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--watch", is_flag=True, help="Show it anew each second, until interrupted.")
@reports
def status(out: Output, directory: Path, watch: bool) -> None:
    """Show how the nodes of DIRECTORY fare, who leads, and who signed the last certificate.

    Exit status 0 when all answer; 1 when one does not; 3 when the network waits for a quorum (the words say for whom).
    """
    if watch and out.as_json:
        raise click.UsageError("--watch is for people; ask again and again for --json")
    opened = open_network(directory)
    if watch:
        _watch(out, opened)
        return
    nodes = asyncio.run(describe_nodes(opened))
    seen = overview(nodes)
    out.show(view(opened, nodes, seen, _columns(out)))
    ending = exit_status(nodes, seen)
    document = {"ok": ending == ALL_WELL, "home": opened.root, "network": opened.settings.name, "nodes": nodes}
    out.finish(document | seen.document())
    if ending != ALL_WELL:
        raise click.exceptions.Exit(ending)


def exit_status(nodes: list[dict[str, Any]], seen: Overview) -> int:
    """0, 1 or 3; see the command."""
    if seen.waiting_for:
        return NO_QUORUM
    return ALL_WELL if nodes and all(node["healthy"] or node["state"] == "retired" for node in nodes) else SOME_DOWN


def _columns(out: Output) -> Sequence[int]:
    """Which columns there is room for; a pipe takes all."""
    width = out.console.width if out.console.is_terminal else ROOMY
    return BARE if width < CRAMPED else ESSENTIAL if width < ROOMY else range(len(COLUMNS))


def _watch(out: Output, opened: NetworkDirectory) -> None:
    with contextlib.suppress(KeyboardInterrupt), Live(console=out.console, auto_refresh=False) as live:
        while True:
            started = time.monotonic()
            nodes = asyncio.run(describe_nodes(opened))
            live.update(view(opened, nodes, overview(nodes), _columns(out)), refresh=True)
            time.sleep(max(0.0, WATCH_S - (time.monotonic() - started)))


def view(opened: NetworkDirectory, nodes: list[dict[str, Any]], seen: Overview, shown: Sequence[int]) -> Group:
    """The table, of its `COLUMNS` those `shown`, and the sentences below it."""
    table = Table(box=SIMPLE, pad_edge=False)
    for place in shown:
        table.add_column(COLUMNS[place], no_wrap=True)
    for node in nodes:
        row = _row(node, seen)
        table.add_row(*(row[place] for place in shown))
    return Group(table, *(Text.from_markup(line) for line in sentences(opened, nodes, seen)))


def _row(node: dict[str, Any], seen: Overview) -> list[str]:
    ends = [str(node["pid"] or "-"), node["endpoint"]]
    if not node["healthy"]:
        return [
            escape(node["name"]),
            *["-"] * 10,
            *ends,
            f"[{'dim' if node['state'] == 'retired' else 'red'}]{STATES[node['state']]}[/]",
        ]
    behind = seen.height - node["height"]
    peers = [peer for peer in node["peers"] if peer["status"] != "retired"]
    connected = sum(peer["connected"] for peer in peers)
    state = "[green]正常 up[/]"
    if node["held"]:
        state = "[yellow]补日志 refilling[/]"
    elif node["waiting_for"]:
        state = "[yellow]等待 waiting[/]"
    return [
        escape(node["name"]),
        ROLES.get(node["role"], escape(node["role"])),
        str(node["term"]),
        escape(node["vote"] or "-"),
        str(node["height"]),
        str(max(node["executed_height"], node["height"])),
        str(behind) if behind else "-",
        f"{max(0, node['lag_ms']) / 1000:.1f} s",
        f"{connected}/{len(peers)}",
        ("✓" if node["id"] in seen.signed else "-") if node["id"] in seen.validators else "",
        str(node["mempool_count"]),
        *ends,
        state,
    ]


def sentences(opened: NetworkDirectory, nodes: list[dict[str, Any]], seen: Overview) -> list[str]:
    """What the numbers mean, Chinese first (rich markup)."""
    failing = [node for node in nodes if node["state"] == "failing"]
    lines = [
        f"[red]{escape(node['name'])} 应答有误 / does not answer as it should: {escape(str(node['problem']))}[/]"
        for node in failing
    ]
    if seen.height:
        signed, missing = ", ".join(seen.signed), ", ".join(seen.not_signed)
        count = f"{len(seen.signed)}/{len(seen.validators)}，法定数 quorum {seen.quorum}"
        lines.append(f"最新证书 last certificate: {seen.height}（{count}）")
        lines.append(f"  签名 signed by {escape(signed)}" + (f"；未签 not by {escape(missing)}" if missing else ""))
    lines += _verdict(seen)
    for name, ahead_ms in seen.clocks_off_ms:
        zh, en = ("快", "ahead of") if ahead_ms > 0 else ("慢", "behind")
        zh, seconds = f"{escape(name)} 的时钟比其他节点{zh}", f"{abs(ahead_ms) / 1000:.1f}"
        en = f"the clock of {escape(name)} is {seconds} s {en} the others': set it right (NTP)"
        lines += [f"[yellow]{zh} {seconds} 秒，请校时（NTP）[/]", f"[yellow]{en}[/]"]
    if seen.evidence_count:
        number = seen.evidence_count
        lines.append(f"[red]已留存 {number} 份作恶证据 / {number} pieces of evidence kept: linxin evidence list[/]")
    if any(node["state"] == "stopped" for node in nodes):
        lines.append(f"[dim]启动 / start: linxin network up {escape(str(opened.root))}[/]")
    return lines


def _verdict(seen: Overview) -> list[str]:
    """Whether the network goes on, in a sentence for each language."""
    if seen.waiting_for:
        missed = escape("、".join(seen.waiting_for))
        zh = f"网络在等待法定数（{seen.quorum}/{len(seen.validators)}）：缺 {missed}；"
        en = f"the network waits for a quorum ({seen.quorum} of {len(seen.validators)}), missing "
        en += escape(", ".join(seen.waiting_for))
        return [
            f"[bold yellow]{zh}其中有足够多恢复后会自动继续，已确认的记录不会丢失[/]",
            f"[bold yellow]{en}; it goes on by itself when enough are back, and nothing acknowledged is lost[/]",
        ]
    if not seen.height:
        return ["[bold red]没有节点应答 / no node answers[/]"]
    if not seen.members_asked:
        return ["[dim]应答的只有旁观节点，它们不知道谁在领导 / only observers answered: they do not know who leads[/]"]
    if not seen.leader:
        return ["[yellow]正在选举领导者 / electing a leader[/]"]
    leader, reserve = escape(seen.leader), []
    if not seen.has_reserve:
        reserve = [
            "[yellow]已无余量：再停一个，网络就会等待[/]",
            "[yellow]there is no reserve: with one more down the network waits[/]",
        ]
    return [
        f"[green]网络正常：{leader} 为领导者（任期 {seen.term}）[/]",
        f"[green]the network goes on, led by {leader} in term {seen.term}[/]",
        *reserve,
    ]
