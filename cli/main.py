"""`linxin`: the root command. A command's module is imported only when it is called, so that help answers at once."""

import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

# gRPC's own lines tell nothing that the words of a failure do not; they are there for who asks: GRPC_VERBOSITY=debug.
os.environ.setdefault("GRPC_VERBOSITY", "none")

USAGE_STATUS = 2
"""Exit status of a command line that is wrong in itself."""

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("cli.demo.command:demo", "The life of a strawberry, and of every fen paid for it."),
    "network": ("cli.network:network", "Make, start, look at and stop a network on this machine."),
    "governance": ("cli.proposals:governance", "What its organisations decide: validators, parameters, upgrades."),
    "evidence": ("cli.evidence:evidence", "Proof of what a cheating validator did: list, export, verify."),
    "node": ("cli.node:node", "Run one validator in the foreground, under any supervisor."),
    "campaign": ("cli.campaign:campaign", "Group buying: draft, open, watch, allocate, pack, ship, arrive."),
    "order": ("cli.orders:order", "Orders: make, place, take back, show; hand over against the pickup code."),
    "claim": ("cli.claims:claim", "Claims: open, pay at once, contest, decide."),
    "review": ("cli.reviews:review", "Reviews of collected goods: write, add, erase, show; hide, appeal, decide."),
    "visit": ("cli.vouching:visit", "Leaders' visits at farms: record, confirm, show."),
    "endorse": ("cli.vouching:endorse", "What leaders vouch for: give, withdraw, show."),
    "points": ("cli.points:points_group", "Points for reviews: balance, offers, spend, honour."),
    "title": ("cli.titles:title", "Honour titles and the thresholds they are given by."),
    "leader": ("cli.titles:leader", "A leader's record."),
    "archive": ("cli.archive:archive", "The trust archive: what neighbours found of a product, a batch, a farm."),
    "account": ("cli.accounts:account", "Money: receipts, balances, statements, a custodian's instructions."),
    "readings": ("cli.readings:readings", "Bring sensor files onto the ledger, signed by their device."),
    "submit": ("cli.records:submit_action", "Sign and submit any action, written as JSON."),
    "actions": ("cli.records:actions", "The actions that can be submitted, with their fields."),
    "transaction": ("cli.records:transaction", "Show one final transaction by its id."),
    "block": ("cli.records:block", "Show one final block."),
    "key": ("cli.keys:key", "Make and look at encrypted key files."),
    "certificate": ("cli.certificate:certificate", "承诺达标合格证: which products need one; issue it."),
    "label": ("cli.label:label", "Labels for goods, with the sheet of their certificate."),
    "journey": ("cli.proofs:journey", "The whole journey of a trace code, and its proof file."),
    "gateway": ("cli.gateway:gateway", "The scan page and its proofs over HTTP."),
    "verify": ("cli.proofs:verify", "Check a proof file offline."),
    "epcis": ("cli.epcis:epcis", "EPCIS 2.0 documents: validate, hash, sign, capture, export."),
    "gs1": ("cli.gs1:gs1", "GS1 identifiers and Digital Links: read, build, compare, check."),
    "export": ("cli.chain_archive:export", "Write the whole chain to an archive file."),
    "audit": ("cli.chain_archive:audit", "Execute and verify the whole chain again."),
    "blob": ("cli.blobs:blob", "Evidence files in the vault: put, get, erase."),
    "privacy": ("cli.privacy:privacy", "What the vaults hold of oneself: export, erase."),
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

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run; with `--json` a wrong command line, too, is told as one document on standard output."""
        given = list(sys.argv[1:] if args is None else args)
        if "--json" not in given:
            return super().main(given, *rest, **more)
        try:
            status = super().main(given, *rest, **more | {"standalone_mode": False})
        except click.UsageError as wrong:
            _tell_usage(wrong)
        sys.exit(status if isinstance(status, int) else 0)


def _tell_usage(wrong: click.UsageError) -> NoReturn:
    """The document of a wrong command line, its words for people on standard error."""
    wrong.show()
    path = wrong.ctx.command_path if wrong.ctx is not None else "linxin"
    said = " ".join(wrong.format_message().split())
    error = {
        "number": 0,
        "message_zh": f"命令有误：{said}",
        "message_en": f"the command line is wrong: {said}",
        "remedy_zh": f"用法见 {path} --help",
        "remedy_en": f"`{path} --help` shows how it is used",
    }
    click.echo(json.dumps({"ok": False, "error": error}, ensure_ascii=False, indent=2))
    sys.exit(USAGE_STATUS)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="linxin", prog_name="linxin")
def main() -> None:
    """Linxin 邻信: the trust ledger of a community group-buying platform.

    Every command takes --json (but `node run`, which logs). Failures are told in Chinese and English and end with exit
    status 1; a command line that is wrong in itself ends with 2.
    """


if __name__ == "__main__":
    sys.exit(main())
