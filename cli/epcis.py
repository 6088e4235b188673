"""`linxin epcis ...`: documents of partners in the language of EPCIS 2.0, checked and hashed without a network."""

from pathlib import Path

import click

from cli.epcis_capture import capture, sign
from cli.epcis_export import export
from cli.epcis_reading import FILE, bytes_of, described, document_of, refuse, tell
from cli.output import Output, reports
from standards.epcis.hashing import document_hashes
from standards.epcis.validation import validate as check


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
    if not report.valid:
        refuse(out, report)
    tell(out, report)
    assert report.document is not None
    out.say(f"✓ 有效 / valid: {report.document.kind}, {len(report.document.events)} 个事件 / events", markup=False)
    out.finish(described(report))


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


for command in (sign, capture, export):
    epcis.add_command(command)
