"""`linxin network add-validator`: all that a new validator needs on this machine, and the words to propose it with."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import click
from rich.markup import escape

from cli.homes import (
    HOST,
    KEY_FILE,
    Authority,
    Place,
    fill_home,
    free_ports,
    make_validator_key,
    observer_settings,
    validator_settings,
    workers_for,
)
from cli.keys import find_key_file
from cli.output import Output, Problem, reports
from client.network_directory import NODES, NetworkDirectory, add_endpoint, open_network
from client.wallet import load_key
from ledger.crypto.hashing import sha256
from ledger.modules.governance.messages import ProposeLearner, validator_subject
from ledger.modules.registry.messages import possession_message

PUBLIC_PORT, PEER_PORT = 7600, 7700
"""Of a validator with a machine of its own."""

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")

DIRECTORY = click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
AUTHORITY_OPTION = click.option(
    "--authority-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TLS authority's private key; else DIRECTORY/ca.key.",
)
HOST_OPTION = click.option(
    "--host", default=HOST, show_default=True, help="Name or address by which others reach this machine."
)


@dataclass(frozen=True)
class NewValidator:
    """A validator that has all it needs but the others' consent."""

    home: Path
    organisation: str
    public_key: bytes
    possession: bytes
    place: Place

    def proposal(self, reason: str = "") -> ProposeLearner:
        """What is put to the vote."""
        return ProposeLearner(
            self.home.name, self.organisation, self.public_key, self.possession, self.place.peer_address, reason
        )

    def command(self, opened: NetworkDirectory) -> str:
        """The command by which any member proposes it, on any machine."""
        return (
            f"linxin governance propose add {self.home.name} --organisation {self.organisation} "
            f"--address {self.place.peer_address} --public-key {self.public_key.hex()} "
            f"--possession {self.possession.hex()} --key KEYFILE --network {opened.root}"
        )


@click.command("add-validator", short_help="Make a new validator's home, key and safety file.")
@DIRECTORY
@click.option("--organisation", required=True, help="Who runs it.")
@click.option("--id", "validator", required=True, help="Its id: new, and never used again.")
@HOST_OPTION
@AUTHORITY_OPTION
@reports
def add_validator(
    out: Output, directory: Path, organisation: str, validator: str, host: str, authority_key: Path | None
) -> None:
    """Make a new validator in DIRECTORY: home, key, safety file, TLS, settings; then say how it is let in.

    It follows as a learner once the validators' organisations have agreed, and votes once they have promoted it.
    """
    opened = open_network(directory)
    made = make_member(opened, organisation, validator, host, Authority.of(opened, authority_key))
    steps = [
        made.command(opened),
        f"linxin governance vote NUMBER yes --key KEYFILE --network {opened.root}",
        f"linxin network up {opened.root}",
        f"linxin governance propose promote {validator} --key KEYFILE --network {opened.root}",
    ]
    out.say(f"[bold green]✓[/] {escape(validator)}（{escape(organisation)}）{escape(str(made.home))}")
    out.say(f"  公钥 public key  {made.public_key.hex()}")
    out.say(f"  地址 addresses   {escape(made.place.endpoint)}，{escape(made.place.peer_address)}")
    for zh, en, step in zip(
        ("一、提案加入", "二、其余机构投票", "三、启动，等它赶上", "四、提案升为验证节点"),
        ("propose it", "the others vote", "start it and let it catch up", "propose its promotion"),
        steps,
        strict=True,
    ):
        out.say(f"  {zh} / {en}\n    [cyan]{escape(step)}[/]")
    out.finish(
        {
            "ok": True,
            "id": validator,
            "organisation": organisation,
            "home": made.home,
            "endpoint": made.place.endpoint,
            "address": made.place.peer_address,
            "public_key": made.public_key.hex(),
            "possession": made.possession.hex(),
            "next": steps,
        }
    )


def make_member(
    opened: NetworkDirectory, organisation: str, validator: str, host: str, authority: Authority
) -> NewValidator:
    """Make a validator's home in the network's folder, with a key that never served and its safety file.

    Raises `Problem` (a bad id, a home that exists), `WrongAuthority`, `DirectoryFailure` (no passphrase), OSError.
    """
    home = _new_home(opened, validator)
    genesis, passphrase = opened.genesis_bytes(), opened.passphrase()
    ports = free_ports(2) if host == HOST else [PUBLIC_PORT, PEER_PORT]
    place = Place(host, *ports)
    public_key = make_validator_key(home, passphrase)
    workers = workers_for(len(opened.node_homes()) + 1)
    settings = validator_settings(validator, place, workers, opened.endpoints)
    fill_home(home, place, genesis, authority, settings, public_key)
    add_endpoint(opened, place.endpoint)
    return member_of(opened, home, organisation, place, passphrase)


def _new_home(opened: NetworkDirectory, name: str) -> Path:
    """Where a new node of this name will lie. Raises `Problem`."""
    if ID.fullmatch(name) is None:
        raise Problem(
            f"标识 {name} 不可用",
            f"the id {name} cannot be used",
            "请用 1 至 40 个小写字母、数字或连字符",
            "use 1 to 40 lower-case letters, digits and hyphens",
        )
    home = opened.root / NODES / name
    if home.exists():
        raise Problem(
            f"{home} 已存在",
            f"{home} exists already",
            "请另选标识：用过的标识与密钥不可再用",
            "choose another id: ids and keys are never used twice",
        )
    return home


@click.command("add-observer", short_help="Make a read-only node that follows by certificates.")
@DIRECTORY
@click.option("--id", "name", default="observer", show_default=True, help="What it is called here.")
@click.option("--key", "key_name", help="An auditor's or regulator's key: it then holds restricted parts too.")
@HOST_OPTION
@AUTHORITY_OPTION
@reports
def add_observer(
    out: Output, directory: Path, name: str, key_name: str | None, host: str, authority_key: Path | None
) -> None:
    """Make an observer in DIRECTORY: it believes the genesis file and certificates alone, and serves every public read.

    Nobody needs to let it in. With --key it fetches restricted parts as well, and executes every block again.
    """
    opened = open_network(directory)
    home = _new_home(opened, name)
    key = ""
    if key_name is not None:
        path = find_key_file(key_name, opened)
        key = os.path.relpath(path, home)
    port = free_ports(1)[0] if host == HOST else PUBLIC_PORT
    place = Place(host, port, 0)
    settings = observer_settings(name, place, opened.endpoints, key)
    fill_home(home, place, opened.genesis_bytes(), Authority.of(opened, authority_key), settings, None)
    add_endpoint(opened, place.endpoint)
    step = f"linxin network up {opened.root}"
    out.say(f"[bold green]✓[/] {escape(name)}（旁观 observer）{escape(str(home))}  {escape(place.endpoint)}")
    out.say(f"  下一步 / next: [cyan]{escape(step)}[/]")
    out.finish(
        {"ok": True, "id": name, "home": home, "endpoint": place.endpoint, "restricted": bool(key), "next": [step]}
    )


def member_of(opened: NetworkDirectory, home: Path, organisation: str, place: Place, passphrase: str) -> NewValidator:
    """A home made earlier, with a fresh signature that its key is held here."""
    key = load_key(home / KEY_FILE, passphrase)
    message = possession_message(sha256(opened.genesis_bytes()), validator_subject(home.name))
    return NewValidator(home, organisation, key.public_key, key.sign(message), place)
