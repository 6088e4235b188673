"""`linxin certificate classify|issue`: which products need a 承诺达标合格证, and the one of a lot."""

import asyncio
import time
from pathlib import Path
from typing import get_args

import click

from cli.acting import KEY_OPTION, Desk
from cli.output import Output, Problem, network_option, reports
from cli.proofs import asked_for, fetch_journey
from cli.typed import COMMITMENT, TIME
from client.journey import Known
from client.journey.promises import made_of, promised
from ledger.modules.trace.messages import ClassifyProduct, IssueConformity
from ledger.modules.trace.messages.conformity import Basis, ProduceClass
from ledger.modules.trace.words import WORDS

TRANSACTION_ID_DIGITS = 64


@click.group()
def certificate() -> None:
    """承诺达标合格证: which products need one, and the certificate of a lot."""


@certificate.command(short_help="A product is of a class that needs certificates.")
@click.argument("product")
@click.argument("produce", type=click.Choice(get_args(ProduceClass)))
@KEY_OPTION
@network_option
@reports
def classify(out: Output, product: str, produce: ProduceClass, key_name: str, network_root: Path) -> None:
    """Class PRODUCT: lots of enterprises and co-operatives then need a certificate, or a passed test, to be sold."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(ClassifyProduct(product, produce))
        zh, en = WORDS.values[produce]
        desk.done(f"{product} 归入：{zh}", f"{product} is classed as: {en}", done)


@certificate.command(short_help="Issue the certificate of one's lot.")
@click.argument("code")
@click.option("--basis", type=click.Choice(get_args(Basis)), default="quality_control", show_default=True)
@click.option("--place", required=True, help="Where it was produced, down to the village.")
@click.option("--test", "tests", multiple=True, metavar="ID", help="A passed test (transaction id); may be repeated.")
@click.option("--contact", type=COMMITMENT, metavar="HEX", help="Vault address of name and telephone (households).")
@click.option("--date", "event_ms", type=TIME, help="Date of issue; now when left out.")
@KEY_OPTION
@network_option
@reports
def issue(
    out: Output,
    code: str,
    basis: Basis,
    place: str,
    tests: tuple[str, ...],
    contact: bytes | None,
    event_ms: int | None,
    key_name: str,
    network_root: Path,
) -> None:
    """Promise that the lot with trace code CODE conforms; certificates of lots it was made of are replaced."""
    with Desk(out, network_root, key_name) as desk:
        _, proof, more = asyncio.run(fetch_journey(desk.network, asked_for(code)))
        lot = next(iter(proof.sections), "").removeprefix("lot:")
        known = Known(proof, desk.network.genesis_bytes(), more)
        replaced = tuple(source for source in made_of(proof, lot) if promised(proof, known, source) is not None)
        date_ms = time.time_ns() // 1_000_000 if event_ms is None else event_ms
        inspections = tuple(map(_test_id, tests))
        done = desk.act(IssueConformity(lot, "order_2025_4", basis, place, date_ms, inspections, contact, replaced))
        desk.done(
            f"已开具承诺达标合格证：{lot}" + (f"，换开 {len(replaced)} 张" if replaced else ""),
            f"{lot} has its certificate of conformity" + (f", which replaces {len(replaced)}" if replaced else ""),
            done | {"lot": lot, "replaced": list(replaced)},
            f"linxin label print {code} {desk.at}",
        )


def _test_id(text: str) -> bytes:
    """A transaction id. Raises `Problem`."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if 2 * len(found) != TRANSACTION_ID_DIGITS:
        raise Problem(
            f"{text} 不是记录编号", f"{text} is no transaction id", "须为 64 位十六进制", "give 64 hexadecimal digits"
        )
    return found
