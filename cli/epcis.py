"""`linxin epcis ...`: documents of partners in the language of EPCIS 2.0, checked and hashed without a network."""

from pathlib import Path

import click

from cli.output import Output, Problem, reports
from standards.epcis.document import Document, read
from standards.epcis.faults import Fault, Malformed
from standards.epcis.hashing import document_hashes
from standards.epcis.reading import BYTES_MAX
from standards.epcis.validation import validate as check

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


@click.group()
def epcis() -> None:
    """EPCIS 2.0 documents: JSON-LD or XML, a whole document, a query document, or a single event."""


@epcis.command()
@FILE
@click.option("--strict", is_flag=True, help="Refuse what is remarkable, too: breaches that published examples commit.")
@reports
def validate(out: Output, file: Path, *, strict: bool) -> None:
    """Tell every fault of FILE with its path; exit status 0: it may be captured, 1: it may not."""
    report = check(bytes_of(file), strict=strict)
    for fault in report.faults:
        out.say(str(fault), markup=False)
    for remark in report.remarks:
        out.note(str(remark), markup=False)
    if report.valid and report.document is not None:
        out.say(f"✓ 有效 / valid: {report.document.kind}, {len(report.document.events)} 个事件 / events", markup=False)
    out.finish(
        {
            "ok": report.valid,
            "valid": report.valid,
            "kind": report.document and report.document.kind,
            "events": len(report.document.events) if report.document else 0,
            "faults": [_shown(fault) for fault in report.faults],
            "remarks": [_shown(remark) for remark in report.remarks],
        }
    )
    if not report.valid:
        raise click.exceptions.Exit(1)


@epcis.command(name="hash")
@FILE
@reports
def hash_command(out: Output, file: Path) -> None:
    """Print the event hash (CBV 2.0, section 8.9) of each event of FILE, one ni:/// a line, in the document's order.

    A document that the reference implementation cannot hash gets one line: SHA-256 of its bytes, without `?ver=CBV2.0`.
    """
    hashes = document_hashes(document_of(file))
    if hashes.how == "bytes":
        out.note("无法计算事件哈希，以下为文件字节的 SHA-256 / no event hash can be made: SHA-256 of the bytes")
    for value in hashes.values:
        out.say(value, markup=False)
    out.finish({"ok": True, "how": hashes.how, "hashes": hashes.values})


def bytes_of(file: Path) -> bytes:
    """The bytes of `file`, one more than a document may have at most, so that too long a one is told as such."""
    with file.open("rb") as stream:
        return stream.read(BYTES_MAX + 1)


def document_of(file: Path) -> Document:
    """The document in `file`; raises `Problem` when it is none."""
    try:
        document = read(bytes_of(file))
    except Malformed as error:
        told = error.faults[0]
        raise Problem(
            f"{file} 不是 EPCIS 文档：{told.path or '/'} {told.zh}",
            f"{file} is no EPCIS document: {told.path or '/'} {told.en}",
            f"用 linxin epcis validate {file} 查看全部问题",
            f"`linxin epcis validate {file}` tells all that is wrong",
        ) from None
    if not document.events and document.kind not in ("EPCISDocument", "EPCISQueryDocument"):
        raise Problem(f"{file} 中没有 EPCIS 事件", f"{file} holds no EPCIS event", "请检查文件", "check the file")
    return document


def _shown(fault: Fault) -> dict[str, str]:
    return {"path": fault.path, "rule": fault.rule, "message_zh": fault.zh, "message_en": fault.en}
