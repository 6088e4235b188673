"""`linxin node run --home DIR`: one validator in the foreground; its log goes to standard error."""

import os
import sys
from pathlib import Path

import click

from cli.processes import node_environment, node_program
from client.network_directory import PASSPHRASE_FILE


@click.group()
def node() -> None:
    """Run one validator."""


@node.command(short_help="Run one validator until SIGTERM.")
@click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The node's home: node.toml, validator.key, tls/, data/.",
)
def run(home: Path) -> None:
    """Run one validator in the foreground until SIGTERM; made for process supervisors.

    This process becomes the node itself, so signals reach it directly. The passphrase of its key comes from
    LINXIN_PASSPHRASE, LINXIN_PASSPHRASE_FILE, or the file `passphrase` of the network folder that the home lies in.
    """
    home = home.resolve()
    environment = node_environment(home.parent.parent / PASSPHRASE_FILE)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, node_program(), "--home", str(home)], environment)  # noqa: S606  # no shell is wanted
