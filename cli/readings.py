"""`linxin readings import FILE`: a sensor's file becomes records signed by its device, with an account of every row."""

import asyncio
import time
from pathlib import Path
from typing import Any

import click
from linxin.v1 import ledger_pb2
from rich.markup import escape

from cli.keys import open_key
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from client.connection import Connection
from client.network_directory import NetworkDirectory, open_network
from client.readings import Batch, Imported, ImportOptions, Reason, Report, import_file, parse_column
from client.readings.record import decode_device, make_record
from client.submit import Submitter, sign_action
from ledger.crypto.encoding import decode
from ledger.genesis import load_genesis
from ledger.modules.registry.state import Device
from ledger.modules.trace.state import Series

RECORDS_AT_ONCE = 100
REFUSED_SHOWN_MAX = 5


@click.group()
def readings() -> None:
    """Bring sensor files onto the ledger."""


@readings.command("import", short_help="A sensor's file, sorted, judged, signed by its device.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--device", required=True, metavar="NAME", help="The registered device that measured.")
@click.option("--time", "time_columns", required=True, metavar="COL[,COL]", help="Column or columns of the time.")
@click.option(
    "--time-format", default="iso", show_default=True, metavar="F", help="strptime format, or iso, unix, unix_ms."
)
@click.option("--timezone", default="UTC", show_default=True, metavar="Z", help="IANA zone of times that name none.")
@click.option("--delimiter", default=",", show_default=True, metavar="C", help="One character between columns.")
@click.option("--column", "columns", multiple=True, required=True, metavar="METRIC=COL[:UNIT]", help="May be repeated.")
@click.option("--encoding", default="utf-8", show_default=True, metavar="NAME", help="Of the file, such as gb18030.")
@click.option("--decimal-comma", is_flag=True, help="Numbers have a comma before their decimals.")
@click.option(
    "--ambiguous",
    type=click.Choice(["refuse", "first", "second"]),
    default="refuse",
    show_default=True,
    help="What to make of times that occur twice when clocks are set back.",
)
@click.option(
    "--drop-implausible", is_flag=True, help="Leave out values outside the device's range; else they are flagged."
)
@click.option("--key", "key_name", metavar="KEYFILE", help="The device's key; else the network's key file of its name.")
@click.option("--dry-run", is_flag=True, help="Only read, judge and report; nothing is signed or sent.")
@click.option("--strict", is_flag=True, help="Exit with status 1 when anything was left out.")
@network_option
@reports
def import_(
    out: Output,
    /,
    file: Path,
    device: str,
    key_name: str | None,
    dry_run: bool,
    strict: bool,
    network_root: Path,
    **how: Any,
) -> None:
    """Read FILE, sort it by time, leave out what cannot stand (and say so), sign the rest as DEVICE and submit it."""
    network = open_network(network_root)
    known, series, parameters = asyncio.run(_facts(network, device))
    now_ms = time.time_ns() // 1_000_000
    options = ImportOptions(
        time_columns=tuple(part.strip() for part in how["time_columns"].split(",")),
        time_format=how["time_format"],
        timezone=how["timezone"],
        columns=tuple(parse_column(text) for text in how["columns"]),
        delimiter=how["delimiter"].replace("\\t", "\t"),
        encoding=how["encoding"],
        decimal_comma=how["decimal_comma"],
        ambiguous=how["ambiguous"],
        keep_out_of_range=not how["drop_implausible"],
        earliest_ms=now_ms - parameters["late_readings_ms"],
        recorded_until_ms=series.last_ms if series.last_ms >= 0 else None,
        clock_ahead_ms=parameters["clock_ahead_ms"],
    )
    imported = import_file(file, known, options, now_ms)
    for language in ("zh", "en"):
        for line in imported.report.lines(language):
            out.say(escape(line))
        out.say()
    document: dict[str, Any] = {"file": file.resolve(), "device": device, "report": imported.report.as_dict()}
    if not dry_run:
        document |= _submit(out, network, imported, device, series.next_sequence, key_name or device)
    left_out = imported.report.rows_refused + imported.report.values_refused + len(document.get("refused", []))
    failed = bool(document.get("refused")) or (strict and left_out > 0) or _brought_nothing(imported.report)
    out.finish({"ok": not failed, "dry_run": dry_run} | document)
    if failed:
        out.note(f"有 {left_out} 项未上链 / {left_out} items did not reach the ledger")
        raise click.exceptions.Exit(1)


async def _facts(network: NetworkDirectory, device: str) -> tuple[Device, Series, dict[str, int]]:
    """The device's registration, the state of its series, the network's parameters. Raises `Problem` when unknown."""
    request = ledger_pb2.GetValueRequest(keys=[f"registry/device/{device}", f"trace/series/{device}"])
    async with Connection.to(network) as connection:
        answer = await connection.call(lambda to: to.ledger.GetValue, request, ledger_pb2.GetValueResponse)
    row, series = answer.values
    if not row.HasField("value"):
        raise Problem(
            f"设备 {device} 未登记",
            f"the device {device} is not registered",
            "请先由所属机构登记并校准设备（registry.register_device）",
            "have its organisation register and calibrate it first (registry.register_device)",
        )
    genesis = load_genesis(network.genesis_bytes(), standard_registry())
    return (
        decode_device(row.value),
        decode(series.value, Series) if series.HasField("value") else Series(),
        genesis.parameters,
    )


def _brought_nothing(report: Report) -> bool:
    """Whether a file with rows gave nothing to the ledger, though not because all that is sound in it was there."""
    return report.rows > 0 and report.values_accepted == 0 and report.count(Reason.RECORDED) == 0


def _submit(
    out: Output, network: NetworkDirectory, imported: Imported, device: str, first: int, key_name: str
) -> dict[str, Any]:
    """Sign and submit all batches in order; what was refused is told, not hidden."""
    key = open_key(key_name, network)
    batches: list[Batch] = list(imported.batches)
    refused: list[dict[str, Any]] = []
    with Submitter.to(network) as submitter, out.progress() as progress:
        task = progress.add_task("提交 submitting", total=len(batches))
        for start in range(0, len(batches), RECORDS_AT_ONCE):
            group = batches[start : start + RECORDS_AT_ONCE]
            actions = [make_record(batch, first + start + place) for place, batch in enumerate(group)]
            outcomes = submitter.submit([sign_action(key, submitter.chain_id, action) for action in actions])
            for action, outcome in zip(actions, outcomes, strict=True):
                if not outcome.accepted:
                    said = outcome.refusal
                    refused.append(
                        {
                            "sequence": action.sequence,
                            "start_ms": action.start_ms,
                            "transaction_id": outcome.id,
                            "number": said.number if said else 0,
                            "message_zh": said.message_zh if said else "期限内未确认",
                            "message_en": said.message_en if said else "not known to be final in time",
                            "remedy_zh": said.remedy_zh if said else "请稍后查询该交易",
                            "remedy_en": said.remedy_en if said else "look the transaction up later",
                        }
                    )
            progress.update(task, advance=len(group))
    accepted = len(batches) - len(refused)
    out.say(f"[bold green]✓[/] 已上链 / on the ledger: {accepted} records of {escape(device)}")
    for each in refused[:REFUSED_SHOWN_MAX]:
        out.say(f"[red]✗[/] #{each['sequence']}  {escape(each['message_zh'])} / {escape(each['message_en'])}")
        out.say(f"    → {escape(each['remedy_zh'])} / {escape(each['remedy_en'])}")
    return {"records": accepted, "refused": refused}
