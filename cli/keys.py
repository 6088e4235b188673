"""`linxin key new|show`, and how other commands open a key."""

import sys
from pathlib import Path

import click
from rich.markup import escape

from cli.output import Output, Problem, network_option, reports
from client.network_directory import DirectoryFailure, NetworkDirectory, environment_passphrase, open_network
from client.wallet import Cost, create_key, load_key, public_key_of
from ledger.crypto.hashing import sha256
from ledger.crypto.signing import Algorithm, SigningKey
from ledger.modules.registry.messages import possession_message

ALGORITHMS = {"ed25519": Algorithm.ED25519, "p256": Algorithm.P256}


@click.group()
def key() -> None:
    """Make and look at encrypted key files."""


@key.command(short_help="Make a random key in a new encrypted file.")
@click.argument("keyfile", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--algorithm", type=click.Choice(list(ALGORITHMS)), default="ed25519", show_default=True)
@click.option(
    "--subject",
    metavar="TYPE:ID",
    help="Also print the possession signature with which the key is registered, such as device:probe-1.",
)
@network_option
@reports
def new(out: Output, keyfile: Path, algorithm: str, subject: str | None, network_root: Path) -> None:
    """Make a random key in the new file KEYFILE, encrypted under the passphrase."""
    made = create_key(keyfile, ALGORITHMS[algorithm], _passphrase(network_root, confirm=True), Cost.MODERATE)
    document = {"ok": True, "file": keyfile.resolve(), "algorithm": algorithm, "public_key": made.public_key.hex()}
    out.say(f"[bold green]✓[/] {escape(str(keyfile))}  {algorithm}  {made.public_key.hex()}")
    if subject is not None:
        chain_id = sha256(open_network(network_root).genesis_bytes())
        possession = made.sign(possession_message(chain_id, subject)).hex()
        out.say(f"  possession of {escape(subject)}: {possession}")
        document["new_key"] = {
            "algorithm": int(made.algorithm),
            "public_key": made.public_key.hex(),
            "possession": possession,
        }
    out.finish(document)


@key.command()
@click.argument("keyfile", type=click.Path(path_type=Path, dir_okay=False))
@reports
def show(out: Output, keyfile: Path) -> None:
    """Show algorithm and public key of KEYFILE; needs no passphrase."""
    algorithm, public_key = public_key_of(keyfile)
    name = next(name for name, known in ALGORITHMS.items() if known is algorithm)
    out.say(f"{name}  {public_key.hex()}")
    out.finish({"ok": True, "file": keyfile.resolve(), "algorithm": name, "public_key": public_key.hex()})


def open_key(name: str, network: NetworkDirectory) -> SigningKey:
    """The key in the file `name`, or in the network's key file of that name. Raises `Problem`, `KeyFileFailure`."""
    return load_key(find_key_file(name, network), _passphrase(network.root))


def find_key_file(name: str, network: NetworkDirectory) -> Path:
    """The file `name`, or the network's key file of that name. Raises `Problem` naming those there are."""
    path = Path(name)
    if not path.is_file():
        path = network.key_file(name)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in network.keys.glob("*.key"))) or "none"
        raise Problem(
            f"没有密钥文件 {name}",
            f"there is no key file {name}",
            f"请给出文件路径，或以下名称之一：{known}",
            f"give a path, or one of these names: {known}",
        )
    return path.resolve()


def _passphrase(network_root: Path, *, confirm: bool = False) -> str:
    """The environment's passphrase, the network folder's, or one typed at the terminal."""
    known = environment_passphrase()
    if known is not None:
        return known
    try:
        return open_network(network_root).passphrase()
    except DirectoryFailure:
        if not sys.stdin.isatty():
            raise
    return str(click.prompt("口令 passphrase", hide_input=True, confirmation_prompt=confirm, err=True))
