"""`linxin archive ...`: the trust archive, read by proven ranges. Archives of the whole chain are `linxin export`'s."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click

from cli.acting import Desk
from cli.archive_shown import Shown, describe_counts, describe_entry, describe_moderation, is_moderation
from cli.archive_words import Page
from cli.output import Output, Problem, network_option, reports
from client.archive import Entry, Filter, Found, prove_range, search
from ledger.modules.archive.messages import Tag
from ledger.modules.archive.state import Listing, Review, farm_listing, listing_of, lot_listing

LOOK_AT = 1_000
"""Entries that one command looks at if not told otherwise."""


@click.group()
def archive() -> None:
    """The trust archive: counts of what neighbours found, their reviews, visits, endorsements, moderation.

    A LISTING is `<product>@<community>`, `<product>@` (everywhere), `lot/<lot>` or `farm/<organisation>`. All that is
    shown is checked against the genesis file: counts are certified, and of the entries shown none is left out.
    """


@archive.command("show", short_help="Counts, distributions and reviews of a listing.")
@click.argument("listing", required=False)
@click.option("--product", help="Of this product, in --community or everywhere.")
@click.option("--community", help="In this community.")
@click.option("--lot", help="Of this lot: <product>/<lot>.")
@click.option("--farm", help="Of this seller.")
@click.option("--rating", "ratings", type=click.IntRange(1, 5), multiple=True, help="Reviews with this rating.")
@click.option("--tag", "tags", type=click.Choice(get_args(Tag)), multiple=True, help="Reviews with this tag.")
@click.option("--with-photos", is_flag=True, help="Reviews with photos.")
@click.option(
    "--photos",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save the photos of what is shown there.",
)
@click.option("--limit", type=click.IntRange(1, 1_000), default=10, show_default=True, help="Entries shown.")
@click.option("--before", type=click.IntRange(1), help="Entries before this position: the next page.")
@click.option("--within", type=click.IntRange(1), default=LOOK_AT, show_default=True, help="Entries looked at.")
@network_option
@reports
def show(
    out: Output,
    listing: str | None,
    product: str | None,
    community: str | None,
    lot: str | None,
    farm: str | None,
    ratings: tuple[int, ...],
    tags: tuple[str, ...],
    with_photos: bool,
    folder: Path | None,
    limit: int,
    before: int | None,
    within: int,
    network_root: Path,
) -> None:
    """Show LISTING (or what the options name), its newest reviews first, with their words.

    Filters are applied here, over the proven journal: how much of it was looked at is said below. Words and photos come
    out of the vaults and are held against their commitments; what cannot be had is said in its place.
    """
    key = _listing(listing, product, community, lot, farm)
    wanted = Filter(frozenset(ratings), frozenset(tags), with_photos)
    everything = wanted == Filter()

    def takes(entry: Entry) -> bool:
        return (everything and entry.row is not None) or wanted.takes(entry.row)

    with Desk(out, network_root) as desk:
        found = _search(desk, key, takes, limit, before, within)
        page = Page(desk, found.entries, folder)
        shown = Shown(out)
        if found.first is None:
            shown.nothing(key)
        else:
            shown.counts(found.first)
            for entry in found.entries:
                shown.entry(entry)
                page.tell(out, entry.row)
            _tell_page(desk, found, key)
        said = [describe_entry(entry) | {"parts": page.describe(entry.row)} for entry in found.entries]
        out.finish(_document(key, found) | {"found": said})


def _listing(listing: str | None, product: str | None, community: str | None, lot: str | None, farm: str | None) -> str:
    """The key that is named in one way. Raises `click.UsageError`."""
    named = [name for name, value in (("product", product), ("lot", lot), ("farm", farm)) if value is not None]
    if len(named) + (listing is not None) != 1 or (community is not None and named != ["product"]):
        raise click.UsageError("name a LISTING, or --product P [--community C], or --lot L, or --farm F")
    if product is not None:
        return listing_of(product, community or "")
    if lot is not None:
        return lot_listing(lot)
    return farm_listing(farm) if farm is not None else str(listing)


def _search(
    desk: Desk, key: str, takes: Callable[[Entry], bool], limit: int, before: int | None, within: int | None
) -> Found:
    genesis = desk.network.genesis_bytes()
    return desk.ask(
        lambda connection: search(connection, genesis, key, takes, limit=limit, before=before, look_at_max=within)
    )


def _tell_page(desk: Desk, found: Found, key: str) -> None:
    """Over how many of how many entries something was looked for, and where the next page is."""
    assert found.first is not None
    size, count = found.first.size, len(found.entries)
    desk.out.say(
        f"  [green]✓[/] 在已证明无遗漏的 {found.looked_at} 条记录中找到 {count} 条（全部 {size} 条）\n"
        f"    {count} found among {found.looked_at} entries proven complete, of {size} in all"
    )
    if found.reached:
        desk.tell_next([f"linxin archive show {key} --before {found.reached} {desk.at}"])


def _document(key: str, found: Found) -> dict[str, Any]:
    """A search as `--json` tells it."""
    first = found.first
    return {
        "ok": True,
        "listing": key,
        "height": None if first is None else first.verified.checkpoint.height,
        "as_of_ms": None if first is None else first.verified.time_ms,
        "counts": describe_counts(Listing() if first is None else first.counts),
        "entries": 0 if first is None else first.size,
        "looked_at": found.looked_at,
        "next_before": found.reached or None,
    }


@archive.command("proof", short_help="Write a proof file of a listing, whole or a range of it.")
@click.argument("listing")
@click.option(
    "-o", "--output", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The new file."
)
@click.option("--from", "start", type=click.IntRange(0), default=0, show_default=True, help="First position.")
@click.option("--to", "end", type=click.IntRange(1), help="The position after the last; left out: the end.")
@network_option
@reports
def proof(out: Output, listing: str, file: Path, start: int, end: int | None, network_root: Path) -> None:
    """Write a proof of LISTING for `linxin verify` and verifier/verify_linxin.py, and check it.

    Of the whole listing, it also shows that the certified counts are those of its entries.
    """
    if file.exists():
        raise Problem(f"{file} 已存在", f"{file} exists already", "请另选文件名", "choose another name")
    with Desk(out, network_root) as desk:
        genesis = desk.network.genesis_bytes()
        found = desk.ask(lambda connection: prove_range(connection, genesis, listing, start, end))
        file.write_bytes(found.file)
        whole = len(found.entries) == found.size
        recounted = "，计数已由全部记录重算" if whole else ""
        desk.done(
            f"{file}：{listing} 的第 {found.start + 1} 至 {found.end} 条记录，共 {found.size} 条{recounted}",
            f"entries {found.start + 1} to {found.end} of {found.size}"
            + (", the counts counted again from all of them" if whole else ""),
            {
                "listing": listing,
                "proof": file.resolve(),
                "bytes": len(found.file),
                "start": found.start,
                "end": found.end,
                "entries": found.size,
                "recounted": whole,
                "height": found.verified.checkpoint.height,
            },
            f"linxin verify {file} --about listing:{listing} --genesis {desk.network.genesis}",
        )


@archive.command("moderation", short_help="What was hidden of a listing, by whom, under which rule.")
@click.argument("listing")
@click.option("--within", type=click.IntRange(1), help="Entries looked at, the newest; left out: all.")
@network_option
@reports
def moderation(out: Output, listing: str, within: int | None, network_root: Path) -> None:
    """Show what was hidden, appealed and decided of LISTING, out of its proven journal: none of it can be left out.

    Hidden is not deleted, and counts like everything else.
    """
    reviews: dict[str, Review] = {}

    def takes(entry: Entry) -> bool:
        if isinstance(entry.row, Review):
            reviews[entry.identity] = entry.row
        return is_moderation(entry)

    with Desk(out, network_root) as desk:
        found = _search(desk, listing, takes, sys.maxsize, None, within)
        shown = Shown(out)
        log = [describe_moderation(entry, reviews) for entry in reversed(found.entries)]
        for told in log:
            shown.moderation(told)
        if found.first is None:
            shown.nothing(listing)
        else:
            size, hidden = found.first.size, found.first.counts.hidden
            out.say(f"  [green]✓[/] 已核对 {found.looked_at}/{size} 条记录；当前隐藏 {hidden} 条，仍然计数")
            out.say(f"    {found.looked_at} of {size} entries looked at; {hidden} hidden now, which still count")
        out.finish(_document(listing, found) | {"log": log})
