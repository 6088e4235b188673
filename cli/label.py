"""`linxin label print`: labels for goods, and the sheet of their 承诺达标合格证."""

import asyncio
import re
from pathlib import Path

import click
from rich.markup import escape

from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from cli.proofs import asked_for, fetch_journey
from cli.typed import CHINA
from client.journey import Clock, Known
from client.journey.entry import fields_of
from client.journey.promises import claims_organic, lot_row, organic_certificate, promised
from client.network_directory import open_network
from client.verified import VerifiedProof
from gateway.labels import Label, LinkTooLong, Sheet, write_pdf, write_svg
from ledger.genesis import load_genesis
from ledger.modules.trace.state import Lot
from standards.digital_link.link import build_link
from standards.gs1.elements import Element
from standards.gs1.faults import Gs1Fault

CHAIN_DIGITS = 16
"""First digits of the chain id on a label: a page that is shown by another network says so."""


@click.group()
def label() -> None:
    """Labels for goods, with the sheet of their certificate of conformity."""


@label.command("print", short_help="Write the label of a trace code as PDF and SVG.")
@click.argument("code")
@click.option("--public-url", metavar="URL", help="Where the gateway is reached; else https:// and the network's name.")
@click.option("--contact", default="", metavar="TEXT", help="Name and telephone for the sheet; kept nowhere.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write.")
@network_option
@reports
def print_label(out: Output, code: str, public_url: str | None, contact: str, folder: Path, network_root: Path) -> None:
    """Write CODE.svg and CODE.pdf: the label of the lot with this trace CODE, out of its verified journey.

    The QR symbol holds a GS1 Digital Link where the product has a GTIN, else the page of the trace code. A second page
    of the PDF is the sheet 承诺达标合格证, where the lot has one that stands. 有机 is printed only under a certificate.
    """
    network = open_network(network_root)
    _, proof, more = asyncio.run(fetch_journey(network, asked_for(code)))
    genesis = network.genesis_bytes()
    known = Known(proof, genesis, more)
    lot, row = _lot_of(code, proof)
    trusted = load_genesis(genesis, standard_registry())
    base = (public_url or f"https://{trusted.file.name}").rstrip("/")
    if public_url is None:
        out.note(f"链接指向 {base}；网关地址不同时请加 --public-url / links lead to {base}; else say --public-url")
    clock = Clock(CHINA)
    drawn = _label(proof, known, clock, lot, row, link_of(row, base, trusted.chain_id.hex()[:CHAIN_DIGITS]))
    sheet = _sheet(proof, known, clock, lot, row, contact)
    try:
        svg, pdf = write_svg(drawn), write_pdf(drawn, sheet)
    except LinkTooLong:
        raise Problem(
            "链接过长，二维码无法可靠扫描", "the link is too long for a label", "请用较短的域名", "use a shorter URL"
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{row.code}.svg", folder / f"{row.code}.pdf"]
    files[0].write_text(svg, "utf-8")
    files[1].write_bytes(pdf)
    out.say(f"[bold green]✓[/] {'  '.join(escape(str(file)) for file in files)}")
    out.say(f"  {escape(drawn.link)}")
    if sheet is None:
        out.say("  没有有效的承诺达标合格证，未打印合格证页 / no standing certificate of conformity: no sheet")
    out.finish(
        {
            "ok": True,
            "code": row.code,
            "link": drawn.link,
            "files": [file.resolve() for file in files],
            "sheet": sheet is not None,
            "organic": drawn.organic,
        }
    )


def _lot_of(code: str, proof: VerifiedProof) -> tuple[str, Lot]:
    """The lot that a journey is about, and its row."""
    subject = next(iter(proof.sections), "")
    lot = subject.removeprefix("lot:")
    row = lot_row(proof, lot)
    if row is None:
        raise Problem(f"{code} 不是批次", f"{code} is no lot", "请给出溯源码", "give a trace code")
    if row.state == "recalled":
        raise Problem(
            f"批次 {lot} 已召回", f"lot {lot} is recalled", "召回的货物不再贴标", "recalled goods get no label"
        )
    return lot, row


def link_of(row: Lot, base: str, chain: str) -> str:
    """What the symbol says: a Digital Link where the product has a GTIN, else the trace code's page; both name the
    network (`chain`). Raises `Problem` for an address that cannot begin a link.
    """
    if re.fullmatch(r"https?://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~-]+)*", base) is None:
        raise Problem(f"{base} 不能作为链接", f"{base} begins no link", "须以 https:// 开头", "begin with https://")
    if not row.product[0].isdigit():
        return f"{base}/b/{row.code}?g={chain}"
    try:
        link = build_link((Element("01", row.product), Element("10", row.number)), base)
    except Gs1Fault as fault:
        raise Problem(
            f"{base} 不能作为链接", f"{base} cannot begin a link: {fault}", "请核对网址", "check it"
        ) from None
    return f"{link.uri}?g={chain}"


def _label(proof: VerifiedProof, known: Known, clock: Clock, lot: str, row: Lot, link: str) -> Label:
    """What stands on the label. Raises `Problem` where it would call goods organic that are not."""
    name = known.goods[f"lot:{lot}"][0]
    organic = organic_certificate(proof, known, lot) is not None
    if claims_organic(known.goods[f"lot:{lot}"]) and not organic:
        raise Problem(
            f"「{name}」没有覆盖该批次的有效有机证书，不能打印“有机”",
            f"no valid organic certificate covers {lot}: it may not be labelled organic",
            "请查看证书是否被撤销",
            "see whether its certificate was revoked",
        )
    harvests = [fields_of(one)["event_ms"] for one in proof.records if one.tag == "trace.harvest" and one.code == 0]
    made = f"采收 {clock.day(min(harvests))}" if harvests else ""
    date = made if row.planting is not None else f"{made} 包装 {clock.day(row.commissioned_ms)}".strip()
    keys = f"(01){row.product}(10){row.number}" if row.product[0].isdigit() else ""
    return Label(link, name, row.number, row.code, keys, known.name(f"organisation:{row.producer}")[0], date, organic)


def _sheet(proof: VerifiedProof, known: Known, clock: Clock, lot: str, row: Lot, contact: str) -> Sheet | None:
    """The sheet of the lot's certificate of conformity, if one stands."""
    found = promised(proof, known, lot)
    if found is None:
        return None
    tests = "；".join(f"{by[0]} {clock.day(time_ms)}" for by, time_ms in found.tests)
    held = "姓名与联系方式存于保密库" if found.contact else ""
    rows = [
        ("我承诺", found.promise[0].removeprefix("承诺")),
        ("承诺依据", found.basis[0] + (f"（{tests}）" if tests else "")),
        ("产品名称", known.goods[f"lot:{lot}"][0]),
        ("数量（重量）", known.amount(lot, row.produced)[0]),
        ("产地", found.place),
        ("生产者", found.issuer[0]),
        ("联系方式", contact or held or "________________"),
        ("开具日期", clock.day(found.issued_ms)),
        ("编号", f"{row.number} / {row.code}"),
        ("链上记录", found.transaction_id.hex()),
    ]
    if found.replaced:
        rows.append(("换开自", "、".join(known.name(f"lot:{source}")[0] for source in found.replaced)))
    return Sheet(tuple(rows))
