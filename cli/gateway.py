"""`linxin gateway start|run|status|stop`: the pages of a network, as a process of this machine."""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.gateway_scans import scans
from cli.output import Output, Problem, network_option, reports
from cli.processes import NodeProcess, died, find_process, own_environment, start_process, stop_node
from client.network_directory import NetworkDirectory, open_network

HOME = "gateway"
"""Where in the network's folder its pid file and log lie."""

NAMES = ("scans_name",)
"""Options that are never a file."""

START_S_MAX = 30.0
POLL_S = 0.1


@click.group()
def gateway() -> None:
    """The scan page and its proofs over HTTP: start, run in the foreground, look at, stop; daily counts of scans."""


gateway.add_command(scans)


def _options(function: "click.decorators.FC") -> "click.decorators.FC":
    """Where it listens, and under which address browsers know it."""
    for option in (
        click.option("--epcis-public", is_flag=True, help="Anybody may read captured documents in the vault."),
        click.option("--epcis-tokens", default="", help="File of tokens that EPCIS partners must show, one a line."),
        click.option("--epcis-key", default="", help="Key file (or its name) that captures EPCIS documents."),
        click.option(
            "--scans-folder",
            default=None,
            type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
            help="Where counts lie until they are stated, if not in DIR/gateway.",
        ),
        click.option("--scans-name", default="", help="Of this gateway among its organisation's, if not `main`."),
        click.option("--scans-key", default="", help="Key file (or its name) that signs daily counts of scans."),
        click.option("--behind-proxy", is_flag=True, help="Trust the last address of X-Forwarded-For."),
        click.option("--public-url", default="", help="Where browsers reach it, if not at HOST:PORT."),
        click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535)),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    ):
        function = option(function)
    return function


@gateway.command(short_help="Start it in the background.")
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@_options
@network_option
@reports
def start(
    out: Output,
    /,
    directory: Path | None,
    host: str,
    port: int,
    public_url: str,
    network_root: Path,
    **served: Any,
) -> None:
    """Start the gateway of the network in DIRECTORY (or --network), and say where its pages are."""
    network = open_network(directory or network_root)
    home = network.root / HOME
    home.mkdir(exist_ok=True)
    if find_process(home) is not None:
        raise Problem("网关已在运行", "the gateway is running already", "先执行 linxin gateway stop", "stop it first")
    command = _command(network, host, port, public_url, **served)
    process, child = start_process(home, command, own_environment())
    local = f"http://{host}:{port}"
    deadline = time.monotonic() + START_S_MAX
    while not _answers(local):
        ended = child.poll()
        if ended is not None:
            raise died(process, ended)
        if time.monotonic() > deadline:
            stop_node(process)
            log = home / "node.log"
            raise Problem("网关没有应答", "the gateway does not answer", f"请查看 {log}", f"look into {log}")
        time.sleep(POLL_S)
    url = public_url or local
    out.say(f"[green]✓[/] {escape(url)}  pid {process.pid}")
    out.say(f"    在浏览器中打开，输入包装上的溯源码 / open it in a browser: {escape(url)}/b/[bold]CODE[/]")
    out.finish({"ok": True, "url": url, "pid": process.pid, "log": home / "node.log"})


@gateway.command(short_help="Run it in the foreground until SIGTERM.")
@_options
@network_option
def run(host: str, port: int, public_url: str, network_root: Path, **served: Any) -> None:
    """Run the gateway in the foreground; made for process supervisors: this process becomes the gateway itself."""
    command = _command(open_network(network_root), host, port, public_url, **served)
    sys.stdout.flush()
    os.execve(sys.executable, command, own_environment())  # noqa: S606  # no shell is wanted


@gateway.command(short_help="Whether it runs.")
@network_option
@reports
def status(out: Output, network_root: Path) -> None:
    """Tell whether the gateway of the network runs on this machine; exit status 1 if not."""
    process = _running(network_root)
    if process is None:
        raise Problem("网关没有运行", "the gateway does not run", "linxin gateway start", "linxin gateway start")
    out.say(f"[green]✓[/] pid {process.pid}")
    out.finish({"ok": True, "pid": process.pid})


@gateway.command(short_help="Stop it.")
@network_option
@reports
def stop(out: Output, network_root: Path) -> None:
    """Stop the gateway of the network; nothing happens when it does not run."""
    process = _running(network_root)
    if process is not None:
        stop_node(process)
    out.say("已停止 / stopped" if process else "没有运行 / it was not running")
    out.finish({"ok": True, "stopped": process is not None})


def _running(network_root: Path) -> NodeProcess | None:
    return find_process(open_network(network_root).root / HOME)


def _command(network: NetworkDirectory, host: str, port: int, public_url: str, **served: Any) -> list[str]:
    """What runs it; `served` are the other options of `_options`."""
    command = [sys.executable, "-m", "gateway", str(network.root), "--host", host, "--port", str(port)]
    command += ["--public-url", public_url] if public_url else []
    for name, value in served.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            command += [option] if value else []
        elif value:
            is_file = name not in NAMES and Path(value).is_file()
            command += [option, str(Path(value).resolve() if is_file else value)]
    return command


def _answers(url: str) -> bool:
    """Whether something listens there and speaks HTTP."""
    try:
        with urllib.request.urlopen(f"{url}/static/icon.svg", timeout=2):  # noqa: S310  # http, to ourselves
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
