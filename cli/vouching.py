"""`linxin visit ...` and `linxin endorse ...`: where a leader was, with the farm's word, and what she vouches for."""

from pathlib import Path

import click
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk
from cli.output import Output, Problem, network_option, reports
from cli.saying import (
    PHOTO_OPTION,
    REASON_OPTION,
    WORDS_OPTION,
    keep_as_registered,
    keep_reason,
    named,
    need_row,
    tell_words,
)
from cli.typed import TIME, TRANSACTION, clock, percent
from client.action_json import plain
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import Endorsement, Visit, endorsements, visits
from ledger.modules.groupbuy.messages import BASIS_POINTS


@click.group()
def visit() -> None:
    """Visits of leaders (探访): record, confirm, show."""


@visit.command("record", short_help="A leader was at a farm.")
@click.argument("farm")
@click.argument("site")
@click.option("--product", "products", multiple=True, required=True, help="What she looked at; may be repeated.")
@click.option("--from", "from_ms", type=TIME, required=True, help="When she came.")
@click.option("--to", "to_ms", type=TIME, required=True, help="When she left; a week later at most.")
@WORDS_OPTION
@PHOTO_OPTION
@KEY_OPTION
@network_option
@reports
def record(
    out: Output,
    farm: str,
    site: str,
    products: tuple[str, ...],
    from_ms: int,
    to_ms: int,
    words: str,
    photos: tuple[Path, ...],
    key_name: str,
    network_root: Path,
) -> None:
    """Record a leader's visit of FARM at SITE. It is shown at once, and counts when the farm confirms it."""
    with Desk(out, network_root, key_name) as desk:
        said = keep_as_registered(desk, words, photos)
        done = desk.act(a.RecordVisit(farm, site, products, from_ms, to_ms, said.photos, said.words))
        identity = done["transaction_id"]
        desk.done(
            f"探访已登记，待 {farm} 确认",
            f"the visit is recorded; {farm} has to confirm it",
            done | {"visit": identity},
            f"linxin visit confirm {identity} --key {farm} {desk.at}",
        )


@visit.command("confirm", short_help="The farm says that she was there.")
@click.argument("which", type=TRANSACTION, metavar="VISIT")
@KEY_OPTION
@network_option
@reports
def confirm(out: Output, which: bytes, key_name: str, network_root: Path) -> None:
    """Confirm VISIT, by the farm that was visited."""
    with Desk(out, network_root, key_name) as desk:
        row: Visit = need_row(desk, visits, which.hex(), "探访", "visit")
        done = desk.act(a.ConfirmVisit(which))
        desk.done(
            f"农场已会签团长 {row.leader} 的探访",
            f"the farm confirms the visit of {row.leader}",
            done | {"visit": which.hex()},
            f"linxin endorse give {row.products[0]} --visit {which.hex()} --commission 8 --words TEXT "
            f"--key {row.leader} {desk.at}",
        )


@visit.command("show", short_help="One visit.")
@click.argument("which", type=TRANSACTION, metavar="VISIT")
@network_option
@reports
def show(out: Output, which: bytes, network_root: Path) -> None:
    """Show VISIT: who, where, when, and whether the farm confirmed it."""
    with Desk(out, network_root) as desk:
        row: Visit = need_row(desk, visits, which.hex(), "探访", "visit")
        out.say(f"[bold]{escape(row.leader)}[/] → {escape(row.farm)} ({escape(row.site)})  {named(row.state)}")
        out.say(f"  {clock(row.from_ms)} – {clock(row.to_ms)}  {', '.join(row.products)}  照片 photos {len(row.media)}")
        text = tell_words(desk, row.words)
    out.finish({"ok": True, "visit": which.hex(), "text": text} | plain(row))


@click.group()
def endorse() -> None:
    """Endorsements of leaders (背书) after a visit: give, withdraw, show."""


def _share(_context: click.Context, _option: click.Parameter, value: float) -> int:
    """Percent as basis points."""
    points = round(value * 100)
    if not 0 <= points <= BASIS_POINTS or abs(points - value * 100) > 1e-6:
        raise click.BadParameter("expected percent from 0 to 100 with at most two decimals")
    return points


@endorse.command("give", short_help="Vouch for a product that one saw.")
@click.argument("product")
@click.option("--visit", "which", type=TRANSACTION, required=True, metavar="VISIT", help="When she saw it; confirmed.")
@click.option("--commission", type=float, required=True, callback=_share, help="Percent that she earns on it.")
@WORDS_OPTION
@KEY_OPTION
@network_option
@reports
def give(
    out: Output, product: str, which: bytes, commission: int, words: str, key_name: str, network_root: Path
) -> None:
    """Vouch for PRODUCT after a confirmed visit, saying what one earns on it."""
    with Desk(out, network_root, key_name) as desk:
        said = keep_as_registered(desk, words).words
        if said is None:
            raise Problem("没有写理由", "no words are given", "请用 --words 说明", "say why with --words")
        done = desk.act(a.Endorse(which, product, commission, said))
        identity = done["transaction_id"]
        desk.done(
            f"已为 {product} 背书，披露佣金 {percent(commission)}",
            f"vouched for {product}, a commission of {percent(commission)} is disclosed",
            done | {"endorsement": identity},
            f"linxin endorse show {identity} {desk.at}",
        )


@endorse.command("withdraw", short_help="Vouch no longer; it stays visible.")
@click.argument("which", type=TRANSACTION, metavar="ENDORSEMENT")
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def withdraw(out: Output, which: bytes, reason: str, key_name: str, network_root: Path) -> None:
    """Take ENDORSEMENT back, with the reason; to vouch again takes another visit."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(a.WithdrawEndorsement(which, keep_reason(desk, reason)))
        desk.done(
            "已撤回背书，记录仍可见",
            "the endorsement is withdrawn, and stays visible as such",
            done | {"endorsement": which.hex()},
            f"linxin endorse show {which.hex()} {desk.at}",
        )


@endorse.command("show", short_help="One endorsement.")
@click.argument("which", type=TRANSACTION, metavar="ENDORSEMENT")
@network_option
@reports
def show_endorsement(out: Output, which: bytes, network_root: Path) -> None:
    """Show ENDORSEMENT: who vouches for what, after which visit, for what commission; why it was withdrawn."""
    with Desk(out, network_root) as desk:
        row: Endorsement = need_row(desk, endorsements, which.hex(), "背书", "endorsement")
        out.say(
            f"[bold]{escape(row.leader)}[/] → {escape(row.product)}  {named(row.state)}  "
            f"佣金 commission {percent(row.commission_bp)}  {clock(row.time_ms)}"
        )
        text, reason = tell_words(desk, row.words), None
        if row.withdrawn_ms is not None:
            out.say(f"  {clock(row.withdrawn_ms)}  {named('withdrawn')}")
            reason = tell_words(desk, row.reason)
    found = {"text": text, "reason_text": reason}
    out.finish({"ok": True, "endorsement": which.hex()} | found | plain(row))
