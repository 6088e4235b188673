"""`linxin node run`: one validator in the foreground, its log on standard error; `linxin node release ...`."""

import os
import sys
from pathlib import Path

import click

from cli.processes import node_environment, node_program
from cli.release import release
from client.network_directory import PASSPHRASE_FILE


@click.group()
def node() -> None:
    """One validator: run it, or release it from what it signed when validators have diverged."""


node.add_command(release)


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
