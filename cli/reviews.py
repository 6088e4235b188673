"""`linxin review ...`: what a resident found, under her key in that community; adding to it, erasing her words."""

from pathlib import Path
from typing import get_args

import click
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk, write_document
from cli.keys import open_key
from cli.moderating import appeal, decide, hide
from cli.output import Output, Problem, network_option, reports
from cli.saying import (
    MEMBERSHIP,
    MEMBERSHIP_OPTION,
    PHOTO_OPTION,
    WORDS_OPTION,
    keep_as_resident,
    membership_beside,
    named,
    need_reviewer,
    need_row,
    tell_words,
)
from cli.typed import TIME, TRANSACTION, clock
from client import trade
from client.action_json import plain
from client.blobs import tell_receipt
from client.reviewing import Opinion, erase_part, make_membership
from client.wallet import Cost, create_key
from ledger.crypto.signing import PUBLIC_KEY_SIZE, Algorithm
from ledger.modules.archive import messages as a
from ledger.modules.archive.state import CONCEALED, Addition, Review, reviews

TAGS = get_args(a.Tag)


@click.group()
def review() -> None:
    """Reviews of collected goods: write, add, erase, show; hide, appeal, decide."""


for _command in (hide, appeal, decide):
    review.add_command(_command)


@review.command("join", short_help="Make a resident's key for one community.")
@click.argument("community")
@click.argument("name")
@network_option
@reports
def join(out: Output, community: str, name: str, network_root: Path) -> None:
    """Make the key under which a resident reviews in COMMUNITY: the key file NAME. Nothing is sent.

    One key a community: all reviews under it are seen to be one person's, and nothing public links it to her orders.
    """
    with Desk(out, network_root) as desk:
        path = desk.network.key_file(name) if Path(name).name == name else Path(name)
        key = create_key(path, Algorithm.ED25519, desk.network.passphrase(), Cost.MODERATE)
        voucher = membership_beside(path)
        desk.done(
            f"密钥 {name} 已建；请社区登记员出具成员凭证 {voucher}",
            f"the key {name} is made; have the community's registrar give its voucher {voucher}",
            {"key": path.resolve(), "public_key": key.public_key.hex(), "membership": voucher.resolve()},
            f"linxin review vouch {community} {key.public_key.hex()} {voucher} --key {community} {desk.at}",
        )


@review.command("vouch", short_help="The registrar's word about a resident's key.")
@click.argument("community")
@click.argument("public_key", metavar="PUBLIC-KEY")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--serves", multiple=True, metavar="TYPE:ID", help="Whom its holder is or works for: organisation:farm.")
@click.option("--valid", "valid_to_ms", type=TIME, default="+365d", show_default=True, help="Until when it is good.")
@KEY_OPTION
@network_option
@reports
def vouch(
    out: Output,
    community: str,
    public_key: str,
    file: Path,
    serves: tuple[str, ...],
    valid_to_ms: int,
    key_name: str,
    network_root: Path,
) -> None:
    """Write the registrar's word that PUBLIC-KEY is a member's of COMMUNITY to the new FILE, signed with its key.

    Whoever is or works for a seller, leader, platform or carrier is named with --serves: she cannot review their sales.
    """
    with Desk(out, network_root, key_name) as desk:
        made = make_membership(
            desk.key, desk.chain_id, community, _public_key(public_key), serves=serves, valid_to_ms=valid_to_ms
        )
    write_document(file, MEMBERSHIP, made)
    out.say(f"[bold green]✓[/] {escape(str(file))}  {community}  → {clock(valid_to_ms)}")
    served = list(made.membership.serves)
    out.finish({"ok": True, "file": file.resolve(), "community": community, "serves": served})


def _public_key(text: str) -> tuple[int, bytes]:
    """(algorithm, key) of a public key in hex: their sizes differ."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    for algorithm, size in PUBLIC_KEY_SIZE.items():
        if len(raw) == size:
            return int(algorithm), raw
    raise click.BadParameter("expected a public key in hexadecimal digits", param_hint="PUBLIC-KEY")


@review.command("write", short_help="Review a line that was collected, once.")
@click.argument("campaign")
@click.option("--order", "order_key", required=True, metavar="KEYFILE", help="The key of the order that is reviewed.")
@click.option("--rating", type=click.IntRange(1, 5), required=True, help="Stars.")
@click.option("--recommend", type=click.IntRange(0, 10), required=True, help="How likely she would recommend it.")
@click.option("--tag", "tags", multiple=True, type=click.Choice(TAGS), help="Of the published list; up to six.")
@WORDS_OPTION
@PHOTO_OPTION
@MEMBERSHIP_OPTION
@KEY_OPTION
@network_option
@reports
def write(
    out: Output,
    campaign: str,
    order_key: str,
    rating: int,
    recommend: int,
    tags: tuple[a.Tag, ...],
    words: str,
    photos: tuple[Path, ...],
    membership_file: Path | None,
    key_name: str,
    network_root: Path,
) -> None:
    """Review the order of --order in CAMPAIGN under the resident's own key of that community (--key).

    The order stands in the restricted part; the words and photos go into the vault, where she alone can erase them.
    """
    if len(set(tags)) != len(tags) or len(tags) > a.TAGS_MAX:
        raise click.UsageError(f"at most {a.TAGS_MAX} tags, each once")
    with Desk(out, network_root, key_name) as desk:
        who, order = need_reviewer(desk, membership_file), open_key(order_key, desk.network)
        found = desk.ask(lambda connection: trade.get_campaign(connection, campaign))
        said = keep_as_resident(desk, who, words, photos)
        opinion = Opinion(rating, recommend, tuple(sorted(tags)), said.words, said.photos)
        done = desk.offer(who.review(desk.chain_id, found, order, opinion), "archive.review")
        identity = done["transaction_id"]
        desk.done(
            f"已评价：{rating} 星，推荐度 {recommend}",
            f"reviewed: {rating} of 5 stars, {recommend} of 10 for recommending it",
            done | {"review": identity} | plain(said._asdict()),
            f"linxin review show {identity} {desk.at}",
            f"linxin points balance {who.community} --key {key_name} {desk.at}",
        )


@review.command("add", short_help="Say more, later (追评).")
@click.argument("which", type=TRANSACTION, metavar="REVIEW")
@WORDS_OPTION
@PHOTO_OPTION
@MEMBERSHIP_OPTION
@KEY_OPTION
@network_option
@reports
def add(
    out: Output,
    which: bytes,
    words: str,
    photos: tuple[Path, ...],
    membership_file: Path | None,
    key_name: str,
    network_root: Path,
) -> None:
    """Add words or photos to REVIEW under the same key; what was said before stays as it is."""
    with Desk(out, network_root, key_name) as desk:
        who = need_reviewer(desk, membership_file)
        said = keep_as_resident(desk, who, words, photos)
        if said.words is None and not said.photos:
            raise Problem("没有内容", "nothing is said", "用 --words 或 --photo", "use --words or --photo")
        done = desk.offer(who.add(desk.chain_id, which, said.words, said.photos), "archive.add")
        desk.done(
            "已追评", "added to the review", done | plain(said._asdict()), f"linxin review show {which.hex()} {desk.at}"
        )


@review.command("erase", short_help="Have one's words and photos erased for good.")
@click.argument("which", type=TRANSACTION, metavar="REVIEW")
@click.option(
    "--part", type=click.IntRange(0, a.ADDITIONS_MAX), default=0, show_default=True, help="n: its nth addition."
)
@MEMBERSHIP_OPTION
@KEY_OPTION
@network_option
@reports
def erase(
    out: Output, which: bytes, part: int, membership_file: Path | None, key_name: str, network_root: Path
) -> None:
    """Erase the words and photos of REVIEW: recorded on the ledger, then destroyed in every vault, with receipts.

    The rating stays and counts. Can be repeated when a node was away.
    """
    with Desk(out, network_root, key_name) as desk:
        who = need_reviewer(desk, membership_file)
        erased = desk.ask(lambda connection: erase_part(connection, who, desk.chain_id, which, part))
        receipts = [tell_receipt(each) for given in erased.receipts.values() for each in given]
        for each in receipts:
            out.say(f"  {each['address']}  {escape(each['name'])}  {clock(each['time_ms'])}")
        desk.done(
            f"内容已删除，{len(receipts)} 份签名回执；评分仍计入",
            f"words and photos are erased, {len(receipts)} signed receipts; the rating still counts",
            {"review": which.hex(), "part": part, "receipts": receipts},
            f"linxin review show {which.hex()} {desk.at}",
        )


@review.command("show", short_help="One review, with its words.")
@click.argument("which", type=TRANSACTION, metavar="REVIEW")
@network_option
@reports
def show(out: Output, which: bytes, network_root: Path) -> None:
    """Show REVIEW: what it says, what was added, what was hidden and by whom, what was erased."""
    with Desk(out, network_root) as desk:
        row: Review = need_row(desk, reviews, which.hex(), "评价", "review")
        out.say(f"[bold]{'★' * row.rating}{'☆' * (5 - row.rating)}[/]  推荐度 recommend {row.recommend}/10")
        out.say(f"  {escape(row.product)} @ {escape(row.community)}  {clock(row.time_ms)}  {named(row.state)}")
        if row.tags:
            out.say("  " + "，".join(named(tag) for tag in row.tags))
        parts: tuple[Review | Addition, ...] = (row, *row.additions)
        texts = [_tell_part(desk, row, part) for part in parts]
        for each in row.moderation:
            rule = a.MODERATION_RULES[each.rule]
            out.say(f"  {clock(each.hidden_ms)}  {escape(each.by)} 隐藏 hid it: {each.rule} {named(rule)}")
            tell_words(desk, each.reason)
            if each.appealed_ms is not None:
                out.say(f"  {clock(each.appealed_ms)}  买家申诉 the reviewer appealed")
            if each.decided_ms is not None:
                who = each.decided_by or "期满 time"
                out.say(f"  {clock(each.decided_ms)}  {escape(who)}: {named('upheld' if each.upheld else 'restored')}")
    out.finish({"ok": True, "review": which.hex(), "texts": texts} | plain(row))


def _tell_part(desk: Desk, row: Review, part: Review | Addition) -> str | None:
    """Show one part; None where it has no words, or they are hidden or erased."""
    if part is not row:
        desk.out.say(f"  追评 added {clock(part.time_ms)}")
    if part.photos:
        desk.out.say(f"    照片 photos: {len(part.photos)}")
    if part.erased_ms is not None:
        desk.out.say(f"    [dim]内容已于 {clock(part.erased_ms)} 删除 / erased by its author[/]")
        return None
    if row.state in CONCEALED:
        desk.out.say("    [dim]内容已隐藏，仍计入 / hidden, and still counted[/]")
        return None
    return tell_words(desk, part.words)
