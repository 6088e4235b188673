"""`linxin network init|up|down|certificate DIR`: a whole network on this machine. Its other commands are added here."""

from pathlib import Path

import click
from cryptography import x509
from rich.markup import escape

from cli.homes import Authority, renew_certificate
from cli.members import add_observer, add_validator
from cli.modules import standard_registry
from cli.network_files import init_network
from cli.network_status import listens_on
from cli.output import Output, Problem, reports
from cli.rotation import rotate
from cli.starting import bring_up, take_down
from cli.status_command import status
from cli.survival import Survival
from client.network_directory import PASSPHRASE_FILE_VARIABLE, NetworkDirectory, open_network
from ledger.crypto.hashing import sha256

_DIRECTORY = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
_NODES = click.option("--node", "names", multiple=True, metavar="ID", help="This one alone; may be repeated.")


@click.group()
def network() -> None:
    """Make, start, look at and stop a network on this machine; bring validators in and out of it."""


for command in (status, add_validator, add_observer, rotate):
    network.add_command(command)


@network.command(short_help="Make a network in an empty folder.")
@_DIRECTORY
@click.option("--name", default="demo", show_default=True, help="The network's name, part of the checkpoint origin.")
@click.option("--validators", default=4, show_default=True, help="How many validators it begins with, 1 to 9.")
@click.option(
    "--parameter",
    "pairs",
    multiple=True,
    metavar="NAME=INTEGER",
    help="A genesis parameter (docs/OPERATORS.md lists them), such as late_readings_ms=1209600000; may be repeated.",
)
@reports
def init(out: Output, directory: Path, name: str, validators: int, pairs: tuple[str, ...]) -> None:
    """Make a network in the empty folder DIRECTORY: genesis file, keys, TLS, one home a validator."""
    made = init_network(
        directory, name, standard_registry(), validators=validators, parameters=dict(map(_parameter, pairs))
    )
    chain_id = sha256(made.genesis_bytes()).hex()
    out.say(f"[bold green]✓[/] 已创建网络 / made the network [bold]{escape(name)}[/] in {escape(str(made.root))}")
    out.say(f"  chain id   {chain_id}")
    out.say(f"  endpoints  {', '.join(made.endpoints)}")
    out.say(f"  keys       {len(list(made.keys.glob('*.key')))} organisations in {escape(str(made.keys))}")
    if made.passphrase_file.exists():
        out.say(
            f"  口令 / passphrase  {escape(str(made.passphrase_file))}：正式使用时请移出本目录，并设置 "
            f"{PASSPHRASE_FILE_VARIABLE}\n"
            f"             for real use move it out of this folder and set {PASSPHRASE_FILE_VARIABLE} to where it is"
        )
    survival = Survival.of(validators)
    for line in survival.words():
        out.say(f"  [{'yellow' if survival.warns else 'dim'}]{line}[/]")
    out.say("  ca.key     签发 TLS 证书的私钥，请离线保存 / issues TLS certificates: keep it offline")
    out.say(f"  下一步 / next: linxin network up {escape(str(directory))}")
    out.finish(
        {
            "ok": True,
            "home": made.root,
            "name": name,
            "chain_id": chain_id,
            "genesis": made.genesis,
            "endpoints": made.endpoints,
            "nodes": [home.name for home in made.node_homes()],
            "quorum": survival.quorum,
            "survives": {"crashes": survival.crashes, "liars_without_fork": survival.liars},
            "keys": sorted(path.stem for path in made.keys.glob("*.key")),
            "passphrase": made.passphrase_file if made.passphrase_file.exists() else None,
        }
    )


def _parameter(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not equals or not value.lstrip("-").isdigit():
        raise click.BadParameter(f"expected NAME=INTEGER, got {text}", param_hint="--parameter")
    return name, int(value)


@network.command(short_help="Start the nodes of a folder and wait until they answer.")
@_DIRECTORY
@_NODES
@reports
def up(out: Output, directory: Path, names: tuple[str, ...]) -> None:
    """Start the nodes of DIRECTORY in the background and wait until they answer; who runs already is left alone."""
    opened = _with_nodes(directory)
    processes = bring_up(out, opened, names)
    for process in processes:
        before = "" if process.started_ms else "  已在运行 running already"
        out.say(f"[bold green]✓[/] {process.home.name}  pid {process.pid}  {listens_on(process.home)}{before}")
    if len(processes) > 1:
        out.say(f"  下一步 / next: linxin network status {escape(str(directory))} --watch")
    nodes = [{"name": each.home.name, "pid": each.pid, "endpoint": listens_on(each.home)} for each in processes]
    out.finish({"ok": True, "home": opened.root, "nodes": nodes, "endpoints": opened.endpoints})


def _with_nodes(directory: Path) -> NetworkDirectory:
    """Open a folder in which nodes lie. Raises `Problem`, `DirectoryFailure`."""
    opened = open_network(directory)
    if not opened.node_homes():
        raise Problem(
            f"{directory} 中没有节点：其节点在别处运行",
            f"no node lies in {directory}: those of this network run elsewhere",
            "参与方无需节点；linxin network status 可查看各节点",
            "participants need none; `linxin network status` asks them how they fare",
        )
    return opened


@network.command(short_help="Stop the nodes of a folder and wait until they have.")
@_DIRECTORY
@_NODES
@reports
def down(out: Output, directory: Path, names: tuple[str, ...]) -> None:
    """Stop the nodes of DIRECTORY and wait until they have."""
    opened = _with_nodes(directory)
    stopped = take_down(out, opened, names)
    out.say(f"[bold green]✓[/] 已停止 / stopped: {', '.join(stopped) or '无 none'}")
    out.finish({"ok": True, "home": opened.root, "stopped": stopped})


@network.command(short_help="Issue a node's TLS certificate anew.")
@_DIRECTORY
@click.option("--node", "node_name", help="Whose; may be left out when only one node lies in DIRECTORY.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="DNS name or IP address that clients call it by.")
@click.option(
    "--authority-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The authority's private key; else DIRECTORY/ca.key.",
)
@reports
def certificate(
    out: Output, directory: Path, node_name: str | None, hosts: tuple[str, ...], authority_key: Path | None
) -> None:
    """Issue a node of DIRECTORY a new TLS key and certificate, for each --host and for this machine itself.

    The old ones are replaced; the node takes the new ones when it is started again.
    """
    opened = open_network(directory)
    homes = {home.name: home for home in opened.node_homes()}
    name = node_name or (next(iter(homes)) if len(homes) == 1 else "")
    if name not in homes:
        listed = ", ".join(homes) or "none"
        zh, en = (f"没有节点 {name}", f"there is no node {name}") if name else ("未指明节点", "no node is named")
        raise Problem(zh, en, f"请用 --node 指明：{listed}", f"name one with --node: {listed}")
    made = renew_certificate(homes[name], Authority.of(opened, authority_key), hosts)
    names = [*made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]
    listed_hosts, until = [str(each.value) for each in names], made.not_valid_after_utc
    out.say(
        f"[bold green]✓[/] {escape(name)}: {escape(', '.join(listed_hosts))}, 有效至 / valid until {until:%Y-%m-%d}"
    )
    out.say("  重启节点后生效 / start the node again to use it")
    out.finish({"ok": True, "node": name, "hosts": listed_hosts, "valid_until": until.isoformat()})
