"""`linxin gateway scans`: what gateways stated of a day, checked."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.acting import Desk
from cli.output import Output, Problem, network_option, reports
from client import scans as s

SHOWN_MAX = 20


@click.command("scans", short_help="How often batches were looked up on a day.")
@click.option("--day", "day_text", metavar="YYYY-MM-DD", help="Beijing time; the newest that is over if left out.")
@click.option("--proofs", type=click.Path(path_type=Path, file_okay=False), help="Also write the proof files there.")
@network_option
@reports
def scans(out: Output, day_text: str | None, proofs: Path | None, network_root: Path) -> None:
    """Tell what each gateway counted on a day, by lot and community, each statement checked against its proof."""
    with Desk(out, network_root) as desk:
        genesis = desk.network.genesis_bytes()
        day = _day(day_text, desk)
        found = desk.ask(lambda connection: s.list_statements(connection, genesis, day))
        name = s.date_of(day).isoformat()
        out.say(f"[bold]{name}[/]  {len(found)} 份统计 statements，{sum(each.row.scans for each in found)} 次 scans")
        told = [_tell(out, each) for each in found]
        if proofs is not None:
            proofs.mkdir(parents=True, exist_ok=True)
            for each in found:
                (proofs / _file_of(each)).write_bytes(each.file)
        document = {"day": name, "scans": sum(each.row.scans for each in found), "statements": told}
        before = s.date_of(day - 1).isoformat()
        if not found:
            desk.done(
                "当日没有统计", "no statement of that day", document, f"linxin gateway scans --day {before} {desk.at}"
            )
            return
        desk.done(
            "每份统计均与证书核对无误；签名见其记录",
            "each statement holds against the certificate; its record holds the signature",
            document,
            f"linxin transaction {found[0].row.transaction.hex()} {desk.at}",
            f"linxin gateway scans --day {before} {desk.at}",
        )


def _day(text: str | None, desk: Desk) -> int:
    """The day asked for; without one, the last that was over by the node's newest certificate."""
    if text is None:
        return s.day_of(desk.ask(lambda connection: connection.status()).time_ms) - 1
    try:
        return s.day_named(text)
    except ValueError:
        raise Problem(f"{text} 不是日期", f"{text} is no day", "写法：2026-11-23", "write it as 2026-11-23") from None


def _file_of(each: s.Statement) -> str:
    return f"{s.date_of(each.day).isoformat()}-{each.organisation}-{each.gateway}.proof"


def _tell(out: Output, each: s.Statement) -> dict[str, Any]:
    """Show one statement; as JSON has it."""
    row = each.row
    out.say(
        f"  [cyan]{escape(each.organisation)}/{escape(each.gateway)}[/]  {row.scans:,} 次 scans  "
        f"[dim]{row.transaction.hex()}[/]"
    )
    for count in row.counts[:SHOWN_MAX]:
        where = escape(count.community or "未注明社区 no community named")
        out.say(f"    {count.scans:>8,}  {escape(count.lot)}  {where}")
    if len(row.counts) > SHOWN_MAX:
        out.say(f"    … 另 {len(row.counts) - SHOWN_MAX} 项，见 --json / more with --json")
    if row.rest_rows:
        out.say(f"    {row.rest_scans:>8,}  其余 {row.rest_rows} 项合计 the rest in sum")
    return {
        "organisation": each.organisation,
        "gateway": each.gateway,
        "scans": row.scans,
        "counts": [{"lot": count.lot, "community": count.community, "scans": count.scans} for count in row.counts],
        "rest_rows": row.rest_rows,
        "rest_scans": row.rest_scans,
        "transaction_id": row.transaction,
        "proof": _file_of(each),
    }
