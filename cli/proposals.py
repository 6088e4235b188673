"""`linxin governance propose add|promote|replace|remove|parameter|upgrade`: putting changes to the vote."""

from collections.abc import Callable
from pathlib import Path

import click

from cli.governance import KEY_OPTION, governance, propose
from cli.output import Output, network_option, reports
from ledger.modules.governance import messages as m

REASON_OPTION = click.option("--reason", default="", help="Why; everybody can read it.")


def _hex(size: int) -> Callable[[click.Context, click.Parameter, str], bytes]:
    """Turns an option of hexadecimal digits into so many bytes."""

    def convert(_ctx: click.Context, _parameter: click.Parameter, value: str) -> bytes:
        try:
            found = bytes.fromhex(value)
        except ValueError:
            found = b""
        if len(found) != size:
            raise click.BadParameter(f"expected {2 * size} hexadecimal digits")
        return found

    return convert


@governance.group("propose")
def proposing() -> None:
    """Put a change to the vote; proposing is the proposer's own yes."""


@proposing.command("add", short_help="A new machine follows as a learner, without a vote.")
@click.argument("validator")
@click.option("--organisation", required=True, help="Who runs it.")
@click.option("--public-key", required=True, metavar="HEX", callback=_hex(32), help="Its Ed25519 ledger key.")
@click.option(
    "--possession", required=True, metavar="HEX", callback=_hex(64), help="Its signature that it holds the key."
)
@click.option("--address", default="", metavar="HOST:PORT", help="Where other validators reach it.")
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def add(
    out: Output,
    validator: str,
    organisation: str,
    public_key: bytes,
    possession: bytes,
    address: str,
    reason: str,
    key_name: str,
    network_root: Path,
) -> None:
    """Propose that VALIDATOR, a new id, follows the network; `linxin network add-validator` prints this command."""
    change = m.ProposeLearner(validator, organisation, public_key, possession, address, reason)
    propose(out, network_root, key_name, change)


@proposing.command("promote", short_help="A learner that has caught up becomes a validator.")
@click.argument("learner")
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def promote(out: Output, learner: str, reason: str, key_name: str, network_root: Path) -> None:
    """Propose that LEARNER becomes a validator. Look first whether it has caught up: `linxin network status`."""
    propose(out, network_root, key_name, m.ProposePromotion(learner, reason))


@proposing.command("replace", short_help="A learner takes the place of a validator: so keys are rotated.")
@click.argument("validator")
@click.argument("learner")
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def replace(out: Output, validator: str, learner: str, reason: str, key_name: str, network_root: Path) -> None:
    """Propose that LEARNER takes the place of VALIDATOR in one change; `linxin network rotate` guides through it."""
    propose(out, network_root, key_name, m.ProposeReplacement(validator, learner, reason))


@proposing.command("remove", short_help="A validator or learner leaves for good.")
@click.argument("validator")
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def remove(out: Output, validator: str, reason: str, key_name: str, network_root: Path) -> None:
    """Propose that VALIDATOR leaves; it stops itself when it has, and its id and key are never used again."""
    propose(out, network_root, key_name, m.ProposeRemoval(validator, reason))


@proposing.command("parameter", short_help="A parameter of the network gets another value.")
@click.argument("name")
@click.argument("value", type=click.IntRange(min=0))
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def parameter(out: Output, name: str, value: int, reason: str, key_name: str, network_root: Path) -> None:
    """Propose that the parameter NAME is VALUE from the height after the deciding vote."""
    propose(out, network_root, key_name, m.ProposeParameter(name, value, reason))


@proposing.command("upgrade", short_help="From a height on, the next version of the rules holds.")
@click.argument("version", type=click.IntRange(min=1))
@click.argument("height", type=click.IntRange(min=1))
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def upgrade(out: Output, version: int, height: int, reason: str, key_name: str, network_root: Path) -> None:
    """Propose that VERSION of the rules holds from HEIGHT on. A node whose software is older stops there by itself."""
    propose(out, network_root, key_name, m.ProposeUpgrade(version, height, reason))
