"""`linxin gs1`: identifiers and Digital Links, read, written, compared and checked; no network is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.markup import escape

from cli.output import Output, reports
from ledger.modules.trace.identifiers import BadIdentifier, check_product
from standards.digital_link.canonical import Kind, canonical, check_constrained
from standards.digital_link.compression import decompress_link, is_compressed
from standards.digital_link.epc import write_urn
from standards.digital_link.leniency import Leniency
from standards.digital_link.link import CANONICAL_STEM, Link, build_link, parse_link
from standards.gs1.dictionary import find
from standards.gs1.elements import (
    FNC1,
    Element,
    parse_bracketed,
    parse_element_string,
    write_bracketed,
    write_element_string,
)
from standards.gs1.faults import Gs1Fault
from standards.gs1.numbers import check_number

GTIN_DIGITS = (8, 12, 13, 14)


@click.group()
def gs1() -> None:
    """GS1 identifiers and Digital Links: read, build, compare, check."""


@gs1.command(short_help="The element string of a Digital Link.")
@click.argument("text", metavar="URI")
@click.option("--short-gtin", is_flag=True, help="Fill up GTIN-8, -12 and -13 (deprecated since Digital Link 1.2).")
@click.option("--words", is_flag=True, help="Take words such as gtin, lot, ser (deprecated since Digital Link 1.2).")
@click.option("--unknown", is_flag=True, help="Take identifiers that GS1 has not assigned.")
@click.option("--unknown-attributes", is_flag=True, help="Take them in the query, too.")
@reports
def parse(out: Output, text: str, short_gtin: bool, words: bool, unknown: bool, unknown_attributes: bool) -> None:
    """Print the element string that URI stands for, with ^ for FNC1.

    An element string, as `(01)...(10)...` or `^01...`, may be given instead, and a compressed link.
    """
    leniency = Leniency(
        zero_suppressed_gtin=short_gtin,
        alpha_keys=words,
        unknown_ais=unknown or unknown_attributes,
        unknown_attributes=unknown_attributes,
    )
    with told(out):
        elements, more = _read(text, leniency)
    string = write_element_string(elements)
    _print(out, string)
    out.finish({"ok": True, "ai_string": string, **_shown(elements), **more})


@gs1.command(short_help="The Digital Link of an element string.")
@click.argument("elements", metavar="ELEMENTS")
@click.option(
    "--stem", default=CANONICAL_STEM, show_default=True, help="Scheme, domain and what stands before the key."
)
@reports
def build(out: Output, elements: str, stem: str) -> None:
    """Print the link that says ELEMENTS, such as '(01)06901234567892(10)L1'."""
    with told(out):
        found = parse_element_string(elements) if elements.startswith(FNC1) else parse_bracketed(elements)
        link = build_link(found, stem)
    _print(out, link.uri)
    out.finish({"ok": True, "uri": link.uri, "ai_string": link.element_string, **_shown(link.elements)})


@gs1.command("canonical", short_help="The one form under which identifiers are compared.")
@click.argument("identifier", metavar="URI-OR-URN")
@click.option("--urn", is_flag=True, help="Print the EPC URN instead.")
@click.option("--prefix-digits", type=click.IntRange(6, 12), help="Digits of the company prefix, for --urn.")
@reports
def canonical_form(out: Output, identifier: str, urn: bool, prefix_digits: int | None) -> None:
    """Print the canonical Digital Link of an EPC URN or a Digital Link: what EPCIS event hashes use.

    Check digits are not compared; `linxin gs1 parse` does.
    """
    with told(out):
        link = canonical(identifier)
        form = write_urn(link.path, prefix_digits) if urn else link.uri
    _print(out, form)
    out.finish({"ok": True, "urn" if urn else "canonical": form, **_shown(link.elements)})


@gs1.command(short_help="Whether EPCIS events may hold a Digital Link.")
@click.argument("uri")
@click.option(
    "--as", "kind", type=click.Choice([str(kind) for kind in Kind]), default=str(Kind.INSTANCE), show_default=True
)
@reports
def constrained(out: Output, uri: str, kind: str) -> None:
    """Check that URI has the constrained form of CBV 2.0 for an instance, a class, or a place or party."""
    with told(out):
        link = check_constrained(uri, Kind(kind))
    out.say(f"[bold green]✓[/] {escape(link.uri)}  {kind}")
    out.finish({"ok": True, "uri": link.uri, "kind": kind, **_shown(link.elements)})


@gs1.command(short_help="The check digit of a number.")
@click.argument("number")
@reports
def check(out: Output, number: str) -> None:
    """Check the digits of NUMBER: a GTIN-8, -12, -13 or -14, GLN, SSCC, GSRN or GSIN."""
    with told(out):
        found = check_number(number)
    shop = _shop_code(found.digits)
    out.say(f"[bold green]✓[/] {found.digits}  {', '.join(found.keys)}  {escape(found.prefix_usage or '')}")
    if shop is not None:
        out.note(f"不作追溯标识：{shop.reason_zh}；not for tracing: {shop.reason_en}")
    out.finish({
        "ok": True,
        "number": found.digits,
        "keys": found.keys,
        "prefix": found.prefix,
        "prefix_usage": found.prefix_usage,
        "traceable": shop is None,
    })  # fmt: skip


@contextmanager
def told(out: Output) -> Iterator[None]:
    """Tell a fault of an identifier, with its code, identifier and position in the document."""
    try:
        yield
    except Gs1Fault as fault:
        out.fail(fault, fault={"code": fault.code, "ai": fault.ai, "position": fault.position})


def _read(text: str, leniency: Leniency) -> tuple[tuple[Element, ...], dict[str, Any]]:
    """The elements of a link or an element string, and what else a link says."""
    if text.startswith("("):
        return parse_bracketed(text, unknown=leniency.unknown_ais), {}
    if text.startswith(FNC1):
        return parse_element_string(text), {}
    link = _read_link(text, leniency)
    return link.elements, {"uri": link.uri, "stem": link.stem, "others": link.others}


def _read_link(uri: str, leniency: Leniency) -> Link:
    try:
        return parse_link(uri, leniency)
    except Gs1Fault as fault:
        if fault.code != "URI_NO_KEY" or not is_compressed(uri):
            raise
        try:
            return decompress_link(uri, leniency)
        except Gs1Fault:
            raise fault from None


def _print(out: Output, text: str) -> None:
    if not out.as_json:
        click.echo(text)


def _shown(elements: tuple[Element, ...]) -> dict[str, Any]:
    shown = []
    for ai, value in elements:
        entry = find(ai)
        shown.append({"ai": ai, "title": entry.title if entry else "", "value": value})
    return {"ai_bracketed": write_bracketed(elements), "elements": shown}


def _shop_code(digits: str) -> BadIdentifier | None:
    """Why a trade item number names nothing outside one shop; None where it may, or where it is no such number."""
    if len(digits) not in GTIN_DIGITS:
        return None
    if len(digits) == 8 and digits[0] in "02":  # General Specifications 1.4.3: RCN-8
        return BadIdentifier(
            f"GTIN-8 prefix {digits[0]} is for use inside one shop", f"8 位码前缀 {digits[0]} 仅限店内使用"
        )
    try:
        check_product(digits.zfill(14))
    except BadIdentifier as reason:
        return reason
    return None
