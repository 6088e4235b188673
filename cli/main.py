"""`linxin`: the root command. A command's module is imported only when it is called, so that help answers at once."""

import importlib
import sys
from typing import Any

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("cli.demo.command:demo", "The life of a strawberry: recorded, proven, verified, tampered with."),
    "network": ("cli.network:network", "Make, start, look at and stop a network on this machine."),
    "node": ("cli.node:node", "Run one validator in the foreground, under any supervisor."),
    "readings": ("cli.readings:readings", "Bring sensor files onto the ledger, signed by their device."),
    "submit": ("cli.records:submit_action", "Sign and submit any action, written as JSON."),
    "actions": ("cli.records:actions", "The actions that can be submitted, with their fields."),
    "transaction": ("cli.records:transaction", "Show one final transaction by its id."),
    "block": ("cli.records:block", "Show one final block."),
    "key": ("cli.keys:key", "Make and look at encrypted key files."),
    "journey": ("cli.proofs:journey", "The whole journey of a trace code, and its proof file."),
    "verify": ("cli.proofs:verify", "Check a proof file offline."),
    "export": ("cli.archive:export", "Write the whole chain to an archive file."),
    "audit": ("cli.archive:audit", "Execute and verify the whole chain again."),
    "blob": ("cli.blobs:blob", "Evidence files in the vault: put, get, erase."),
}
"""Name -> (where it is, its short help: shown without importing it)."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All command names, in the order of a newcomer's way."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # as above
        """Import and return a command, or None for an unknown name."""
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        module, _, name = known[0].partition(":")
        found: Any = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # as above
        """The list in `--help`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="linxin", prog_name="linxin")
def main() -> None:
    """Linxin 邻信: the trust ledger of a community group-buying platform.

    Every command takes --json. Failures are told in Chinese and English and end with exit status 1.
    """


if __name__ == "__main__":
    sys.exit(main())
