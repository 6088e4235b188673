"""`linxin points ...`: what reviews earned a resident's key in its community, and what it can be spent on."""

import re
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from cli.acting import KEY_OPTION, Desk
from cli.output import Output, network_option, reports
from cli.saying import named, need_row
from cli.typed import TIME, TRANSACTION, clock
from client.action_json import plain
from client.reviewing import get_row, list_rows
from client.submit import sign_action
from ledger.modules.rewards import messages as r
from ledger.modules.rewards.state import Offer, Points, Redemption, offers, points, points_key, redemptions


@click.group("points")
def points_group() -> None:
    """Points: balance, offers, offer, spend, honour, void."""


@points_group.command("balance", short_help="The points of a resident's key.")
@click.argument("community")
@click.option("--key", "key_name", metavar="KEYFILE", help="Her key file in that community.")
@click.option("--of", "public_key", metavar="HEX", help="Or a public key: points are public.")
@network_option
@reports
def balance(out: Output, community: str, key_name: str | None, public_key: str | None, network_root: Path) -> None:
    """Show what a per-community key earned and spent in COMMUNITY; what is told needs no key."""
    if (key_name is None) == (public_key is None) or not re.fullmatch(r"[0-9a-f]+", public_key or "0"):
        raise click.UsageError("either --key KEYFILE or --of with a public key in lower-case hexadecimal digits")
    with Desk(out, network_root, key_name or "") as desk:
        holder = public_key or desk.key.public_key.hex()
        row = desk.ask(lambda connection: get_row(connection, points, points_key(community, holder))) or Points()
        out.say(f"[bold]{row.balance}[/] 积分 points  {escape(community)}  {holder}")
        out.say(f"  获得 earned {row.earned}，已用 spent {row.spent}；本月 this month {row.month_earned}")
        desk.tell_next([f"linxin points offers {community} {desk.at}"])
    out.finish({"ok": True, "community": community, "public_key": holder} | plain(row))


@points_group.command("offers", short_help="What points can be spent on.")
@click.argument("community")
@network_option
@reports
def list_offers(out: Output, community: str, network_root: Path) -> None:
    """List the offers to residents of COMMUNITY."""
    with Desk(out, network_root) as desk:
        every = desk.ask(lambda connection: list_rows(connection, offers))
    found: list[tuple[str, Offer]] = [(name, row) for name, row in every if row.community == community]
    table = Table(box=SIMPLE, pad_edge=False)
    for heading in ("兑换项\noffer", "名称\ntitle", "积分\npoints", "余\nleft", "截止\nuntil", "提供方\nby"):
        table.add_column(heading)
    for name, row in found:
        left = f"{row.left}/{row.stock}"
        table.add_row(name, escape(row.title), str(row.cost), left, clock(row.until_ms), row.maker)
    out.show(table)
    desk.tell_next([f"linxin points spend {name} --key RESIDENT {desk.at}" for name, _ in found[:1]])
    out.finish({"ok": True, "offers": [{"offer": name} | plain(row) for name, row in found]})


@points_group.command("offer", short_help="A community or the platform offers something.")
@click.argument("name")
@click.argument("community")
@click.option("--title", required=True, help="What it is.")
@click.option("--cost", type=click.IntRange(1, r.POINTS_MAX), required=True, help="Points.")
@click.option("--stock", type=click.IntRange(1, r.STOCK_MAX), required=True, help="How often it can be had.")
@click.option("--until", "until_ms", type=TIME, required=True, help="Before when it can be asked for.")
@click.option("--remark", default="", help="What else there is to know.")
@KEY_OPTION
@network_option
@reports
def offer(
    out: Output,
    name: str,
    community: str,
    title: str,
    cost: int,
    stock: int,
    until_ms: int,
    remark: str,
    key_name: str,
    network_root: Path,
) -> None:
    """Offer something to residents of COMMUNITY for points, under the id NAME."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(r.MakeOffer(name, community, title, cost, stock, until_ms, remark))
        desk.done(
            f"已设立兑换项 {name}：{title}，{cost} 积分，共 {stock} 份",
            f"the offer {name} is made: {title} for {cost} points, {stock} of them",
            done | {"offer": name},
            f"linxin points spend {name} --key RESIDENT {desk.at}",
        )


@points_group.command("spend", short_help="Ask for an offer.")
@click.argument("name", metavar="OFFER")
@KEY_OPTION
@network_option
@reports
def spend(out: Output, name: str, key_name: str, network_root: Path) -> None:
    """Spend the points of --key on OFFER; they come back if it is not given in time."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.offer(sign_action(desk.key, desk.chain_id, r.Spend(name)), "rewards.spend")
        identity = done["transaction_id"]
        row: Redemption = need_row(desk, redemptions, identity, "兑换", "redemption")
        made: Offer = need_row(desk, offers, name, "兑换项", "offer")
        desk.done(
            f"已用 {row.cost} 积分兑换 {made.title}，{clock(row.due_ms)} 前兑付，否则退回",
            f"{row.cost} points are spent on {made.title}: given by {clock(row.due_ms)}, or they come back",
            done | {"redemption": identity, "cost": row.cost, "due_ms": row.due_ms},
            f"linxin points honour {identity} --key {made.maker} {desk.at}",
        )


@points_group.command("honour", short_help="Whoever offered it gave it.")
@click.argument("which", type=TRANSACTION, metavar="REDEMPTION")
@KEY_OPTION
@network_option
@reports
def honour(out: Output, which: bytes, key_name: str, network_root: Path) -> None:
    """Say that what was asked for by REDEMPTION was given."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(r.Honour(which))
        desk.done("已兑付", "it was given", done | {"redemption": which.hex()})


@points_group.command("void", short_help="Whoever offered it cannot give it: points go back.")
@click.argument("which", type=TRANSACTION, metavar="REDEMPTION")
@click.option("--reason", required=True, help="Why; public.")
@KEY_OPTION
@network_option
@reports
def void(out: Output, which: bytes, reason: str, key_name: str, network_root: Path) -> None:
    """Say that what was asked for by REDEMPTION cannot be given; its points and the stock go back."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(r.Void(which, reason))
        row: Redemption = need_row(desk, redemptions, which.hex(), "兑换", "redemption")
        desk.done(
            f"{row.cost} 积分已退回（{named(row.state)}）",
            f"{row.cost} points went back",
            done | {"redemption": which.hex(), "state": row.state},
        )
