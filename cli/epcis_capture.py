"""`linxin epcis capture` and `sign`: a partner's document onto the ledger, under the partner's own key."""

import asyncio
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk
from cli.blobs import CLASSES
from cli.epcis_reading import FILE, bytes_of, refuse
from cli.output import Output, Problem, network_option, reports
from client.connection import Connection
from gateway.epcis.capturing import Capture, Captured
from gateway.epcis.trial import Trial
from standards.epcis.document import Document
from standards.epcis.faults import Malformed
from standards.epcis.signing import JWS_BYTES_MAX, Signed, compact, is_signed, signing_input, verified
from standards.epcis.validation import validate


@click.command()
@FILE
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@KEY_OPTION
@network_option
@reports
def sign(out: Output, file: Path, target: Path, key_name: str, network_root: Path) -> None:
    """Sign the bytes of FILE with an organisation's key and write the JSON Web Signature to the new file TARGET."""
    if target.exists():
        raise Problem(f"{target} 已存在", f"{target} exists already", "请另选文件名", "choose another name")
    with Desk(out, network_root, key_name) as desk:
        wanted = signing_input(bytes_of(file), int(desk.key.algorithm), desk.key.public_key)
        target.write_bytes(compact(wanted, desk.key.sign(wanted)))
    out.say(f"[bold green]✓[/] {escape(str(target))}")
    out.finish({"ok": True, "file": target.resolve(), "public_key": desk.key.public_key})


@click.command()
@FILE
@KEY_OPTION
@click.option("--class", "class_name", type=click.Choice(list(CLASSES)), default="restricted", show_default=True)
@click.option(
    "--dry-run", is_flag=True, help="Tell what each event would become and what the ledger would refuse, and stop."
)
@click.option("--proceed", is_flag=True, help="Go on with the next event when the ledger refuses one.")
@network_option
@reports
def capture(
    out: Output, file: Path, key_name: str, class_name: str, network_root: Path, *, dry_run: bool, proceed: bool
) -> None:
    """Bring the events of FILE (a document, or one signed by `linxin epcis sign`) onto the ledger.

    An event that says all that a record needs becomes that record, under the rules of any other; the rest is asserted:
    kept, and shown as verified by no rule. The document goes to the vault.

    The ledger's rules are asked about all events first: where they would refuse one, nothing is recorded, unless
    --proceed is given. What changes on the ledger after that can still make it refuse one; then the rest stops.
    """
    data = bytes_of(file, JWS_BYTES_MAX)
    signed = _signature(file, data)
    document = _document(out, data if signed is None else signed.payload)
    with Desk(out, network_root, key_name) as desk:

        async def work(connection: Connection) -> tuple[str, list[Captured]]:
            bringing = Capture(connection, desk.key, document, data, signed, CLASSES[class_name])
            await bringing.begin()
            if dry_run:
                return "", await Trial(bringing, asyncio.Lock()).run(range(len(document.events)))
            done = await _bring(bringing, proceed=proceed)
            return bringing.address, done

        address, done = desk.ask(work)
    told = [describe(one) for one in done]
    for line in told:
        mark = "[bold red]✗[/]" if "error" in line else "[bold green]✓[/]"
        out.say(f"{mark} {line['index']}  {escape(line['said'])}")
    failed = any("error" in line for line in told)
    left = len(document.events) - len(told)
    if failed and not any(line["record"] or line["transaction"] for line in told):
        out.note("没有记录任何事件 / nothing was recorded")
    elif left:
        out.note(f"未提交其余 {left} 个事件 / {left} events were not submitted")
    out.finish({"ok": not failed, "dry_run": dry_run, "document": address, "events": told, "left": left})
    if failed:
        raise click.exceptions.Exit(1)


async def _bring(bringing: Capture, *, proceed: bool) -> list[Captured]:
    """Every event in order, up to the first that fails unless `proceed`; if some would, nothing but those."""
    if not proceed:
        tried = await Trial(bringing, asyncio.Lock()).run(range(len(bringing.document.events)))
        if failing := [event for event in tried if event.failure is not None]:
            return failing
    done: list[Captured] = []
    for index in range(len(bringing.document.events)):
        async with bringing.turn(index):
            done.append(await bringing.submit(index))
        if done[-1].failure is not None and not proceed:
            break
    return done


def describe(captured: Captured) -> dict[str, Any]:
    """What became of an event, in words and for programs."""
    planned = captured.planned
    ruled = (captured.record if captured.before else planned.record) is not None
    facts: dict[str, Any] = {"index": planned.index, "hash": planned.hash, "ruled": ruled}
    if planned.record is not None:
        facts |= {"action": planned.record["action"], "said": str(planned.record["action"])}
    elif planned.why is not None:
        said = f"未经规则核验 / asserted: {planned.why.zh} / {planned.why.en}"
        facts |= {"said": said, "why_zh": planned.why.zh, "why_en": planned.why.en}
    facts |= {"record": captured.record, "transaction": captured.assertion, "before": captured.before}
    if captured.before:
        facts["said"] = f"{facts['said']}（已收录，未重复）/ captured before, not done again"
    if captured.failure is None:
        return facts
    failure = captured.failure
    return facts | {"said": f"{facts['said']}: {failure.zh} / {failure.en}", "error": failure.en}


def _signature(file: Path, data: bytes) -> Signed | None:
    if not is_signed(data):
        return None
    try:
        return verified(data)
    except Malformed as error:
        told = error.faults[0]
        raise Problem(f"{file}：{told.zh}", f"{file}: {told.en}", "请重新签名", "sign it again") from None


def _document(out: Output, data: bytes) -> Document:
    report = validate(data)
    if report.document is None or not report.valid:
        refuse(out, report)
    return report.document
