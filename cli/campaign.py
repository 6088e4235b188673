"""`linxin campaign ...`: group buying from the draft to the pickup point; here: drafting, opening, calling off."""

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.markup import escape

from cli import campaign_goods, campaign_shown
from cli.acting import KEY_OPTION, Desk
from cli.modules import standard_registry
from cli.output import Output, Problem, network_option, reports
from cli.typed import TIME, clock, read_time
from client import trade
from client.action_json import DOCUMENT_SIZE_MAX, BadAction, plain, read_action
from ledger.module import tag_of
from ledger.modules.groupbuy import messages as m

TIMES = ("cutoff_ms", "delivery_from_ms", "delivery_to_ms")

TEMPLATE = """\
# 团购条款 / terms of a campaign: linxin campaign draft terms.toml --key LEADER
campaign = "strawberry-week-48"          # 团购编号 its id, never used before
title = "红颜草莓 约 500 克"              # 品名
community = "community"                  # 社区：团长所属，登记员签发票据
seller = "farm"                          # 卖方
platform = "platform"                    # 平台：先赔保证金
custodian = "custodian"                  # 托管机构
logistics = "hub"                        # 物流；没有则删去此行 leave it out if there is none
adjudicator = "inspector"                # 裁定机构：不是卖方、平台、物流
product = "09521234000259"               # 产品
sources = ["planting:strawberry-gh4-winter"]  # 货源：地块上的一茬，或批次 lot:PRODUCT/LOT
unit_quantity = 500000                   # 一份：百万分之一公斤或件 micro-kg or micro-pieces
tolerance_bp = 500                       # 称重可比标称轻多少（万分之）；不称重则删去此行
minimum = 30                             # 成团份数 units
maximum = 80
per_order = 4
cutoff_ms = "+2d"                        # 截单：+2d、2026-11-30T20:00（北京时间）或毫秒
delivery_from_ms = "+3d"
delivery_to_ms = "+5d"
pickup = "gate-3"                        # 自提点编号
pickup_address = "{address}"  # 地址存证据库，此处为其编号：linxin blob put
deposit_fen = 20000                      # 卖方押金，分
holdback_bp = 1000                       # 卖方所得留作质保的比例（万分之）
perishable = true                        # 生鲜：收货后 24 小时内可申报；否则 7 天
reading_gap_ms = 0                       # 冷链读数最长间隔；0 为不要求

[shares]                                 # 其余归卖方 the seller has the rest
leader = 800
platform = 300
logistics = 500

[[ladder]]                               # 阶梯价只降不升 prices only fall
units = 1
price_fen = 2980

[[ladder]]
units = 20
price_fen = 2680
"""


@click.group()
def campaign() -> None:
    """Group buying: draft, open, watch, allocate, pack, ship, hand out. Money is held until the food is in hand."""


for command in (
    *(campaign_shown.list_, campaign_shown.show, campaign_shown.watch, campaign_shown.lines),
    *(campaign_shown.packing_list, campaign_goods.supply, campaign_goods.allocate, campaign_goods.pack),
    *(campaign_goods.ship, campaign_goods.arrive, campaign_goods.attend),
):
    campaign.add_command(command)


@campaign.command("template", short_help="A file of terms to begin with.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="TERMS.toml")
@reports
def template(out: Output, file: Path) -> None:
    """Write an example of terms, with what each means, to the new file TERMS.toml."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(TEMPLATE.replace("{address}", "0" * 64))
    except FileExistsError:
        raise Problem(f"{file} 已存在", f"{file} exists already", "请另选文件名", "choose another name") from None
    out.say(f"[bold green]✓[/] {escape(str(file))}")
    out.say(f"  → [cyan]linxin campaign draft {escape(str(file))} --key LEADER[/]")
    out.finish({"ok": True, "file": file.resolve()})


@campaign.command("draft", short_help="Draft a campaign from a file of terms.")
@click.argument("terms", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="TERMS.toml|json")
@KEY_OPTION
@network_option
@reports
def draft(out: Output, terms: Path, key_name: str, network_root: Path) -> None:
    """Draft a campaign on the terms of a TOML or JSON file, by its leader; `linxin campaign template` makes one.

    Times may be ms since the epoch, ISO 8601 (UTC+8 where no offset is given), or `+2d` from now.
    """
    drafted = read_terms(terms)
    with Desk(out, network_root, key_name) as desk:
        _submit_draft(desk, drafted)


@campaign.command("clone", short_help="Draft a campaign on the terms of an earlier one.")
@click.argument("earlier", required=False)
@click.option("--last-of", "leader", help="Instead of an id: the last campaign that this leader drafted.")
@click.option("--name", required=True, help="The new campaign's id.")
@click.option("--cutoff", "cutoff_ms", type=TIME, required=True, help="The new cut-off; deliveries move along.")
@click.option("--source", "sources", multiple=True, help="Sell from these plantings or lots; may be repeated.")
@KEY_OPTION
@network_option
@reports
def clone(
    out: Output,
    earlier: str | None,
    leader: str | None,
    name: str,
    cutoff_ms: int,
    sources: tuple[str, ...],
    key_name: str,
    network_root: Path,
) -> None:
    """Draft a campaign on the terms of EARLIER, or of the last one of --last-of, by its leader."""
    if (earlier is None) == (leader is None):
        raise click.UsageError("name either EARLIER or --last-of")
    with Desk(out, network_root, key_name) as desk:
        if earlier is not None:
            last = desk.ask(lambda connection: trade.get_campaign(connection, earlier))
        else:
            found = desk.ask(lambda connection: trade.last_campaign(connection, leader or ""))
            if found is None:
                raise Problem(
                    f"{leader} 没有发起过团购",
                    f"{leader} has drafted no campaign",
                    "linxin campaign template",
                    "`linxin campaign template`",
                )
            last = found
        _submit_draft(desk, trade.clone_campaign(last, name, cutoff_ms, sources))


def _submit_draft(desk: Desk, drafted: m.Draft) -> None:
    done = desk.act(drafted)
    desk.done(
        f"{drafted.campaign} 已发起，截单 {clock(drafted.cutoff_ms)}，等卖方 {drafted.seller} 确认开团",
        f"{drafted.campaign} is drafted, orders until {clock(drafted.cutoff_ms)} (UTC+8); "
        f"{drafted.seller} has to agree",
        done | {"campaign": drafted.campaign, "terms": plain(drafted)},
        f"linxin campaign open {drafted.campaign} --key {drafted.seller} {desk.at}",
    )


def read_terms(path: Path) -> m.Draft:
    """The terms in a TOML (`.toml`) or JSON file. Raises `BadAction`, which names the field, and OSError."""
    raw = path.read_bytes()
    if len(raw) > DOCUMENT_SIZE_MAX:
        raise BadAction("$", f"超过 {DOCUMENT_SIZE_MAX} 字节", f"more than {DOCUMENT_SIZE_MAX} bytes")
    try:
        fields: Any = (msgspec.toml if path.suffix == ".toml" else msgspec.json).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAction("$", f"无法读取（{error}）", f"cannot be read ({error})") from None
    if not isinstance(fields, dict):
        raise BadAction("$", "应为对象", "expected an object")
    for name in TIMES:
        if isinstance(fields.get(name), str):
            try:
                fields[name] = read_time(fields[name])
            except ValueError:
                raise BadAction(f"$.{name}", "不是时间", "no time: as in 2026-11-30T20:00, or +2d from now") from None
    whole = {"logistics": None, "tolerance_bp": None} | fields | {"action": tag_of(m.Draft)}
    found, _ = read_action(msgspec.json.encode(whole), standard_registry())
    assert isinstance(found, m.Draft), found
    return found


@campaign.command("open", short_help="The seller agrees: orders are taken.")
@click.argument("name", metavar="CAMPAIGN")
@KEY_OPTION
@network_option
@reports
def open_(out: Output, name: str, key_name: str, network_root: Path) -> None:
    """Agree to the terms of CAMPAIGN as its seller, and put up the deposit: orders are taken until the cut-off."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Open(name))
        desk.done(
            f"{name} 已开团，开始接单",
            f"{name} is open and takes orders",
            done,
            f"linxin campaign watch {name} {desk.at}",
            f"linxin order new {name} ORDER-NAME {desk.at}",
        )


@campaign.command("cancel", short_help="Call a campaign off; every fen goes back.")
@click.argument("name", metavar="CAMPAIGN")
@click.option("--reason", required=True, help="Why; everybody can read it.")
@KEY_OPTION
@network_option
@reports
def cancel(out: Output, name: str, reason: str, key_name: str, network_root: Path) -> None:
    """Call CAMPAIGN off before it is shipped: leader or seller before it forms, seller or platform after."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Cancel(name, reason))
        desk.done(f"{name} 已取消，款项全部退回", f"{name} is called off, all money goes back", done)


@campaign.command("substitute", short_help="Another leader takes over for a silent one.")
@click.argument("name", metavar="CAMPAIGN")
@click.argument("leader")
@KEY_OPTION
@network_option
@reports
def substitute(out: Output, name: str, leader: str, key_name: str, network_root: Path) -> None:
    """Let LEADER hand out CAMPAIGN, whose leader fell silent; by the platform or the community."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Substitute(name, leader))
        desk.done(f"{name} 由 {leader} 代任团长", f"{leader} leads {name} from now on", done)
