"""What the commands of `linxin epcis` share: reading a file, and telling what is wrong with it."""

from pathlib import Path
from typing import Any, NoReturn

import click

from cli.output import Output, Problem
from standards.epcis.document import Document, read
from standards.epcis.faults import Fault, Malformed
from standards.epcis.reading import BYTES_MAX
from standards.epcis.validation import Report

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))


def bytes_of(file: Path, size_max: int = BYTES_MAX) -> bytes:
    """The bytes of `file`, one more than there may be at most, so that too long a one is told as such."""
    with file.open("rb") as stream:
        return stream.read(size_max + 1)


def document_of(file: Path) -> Document:
    """The document in `file`, judged no further; raises `Problem` when it is none."""
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


def tell(out: Output, report: Report) -> None:
    """Every fault on a line of its own, remarks beside them."""
    for fault in report.faults:
        out.say(str(fault), markup=False)
    for remark in report.remarks:
        out.note(str(remark), markup=False)


def described(report: Report) -> dict[str, Any]:
    """A report as `--json` tells it."""
    return {
        "ok": report.valid,
        "valid": report.valid,
        "kind": report.document and report.document.kind,
        "events": len(report.document.events) if report.document else 0,
        "faults": [_shown(fault) for fault in report.faults],
        "remarks": [_shown(remark) for remark in report.remarks],
    }


def refuse(out: Output, report: Report) -> NoReturn:
    """End with exit status 1 because of what is wrong with a document."""
    tell(out, report)
    out.finish(described(report))
    raise click.exceptions.Exit(1)


def _shown(fault: Fault) -> dict[str, str]:
    return {"path": fault.path, "rule": fault.rule, "message_zh": fault.zh, "message_en": fault.en}
