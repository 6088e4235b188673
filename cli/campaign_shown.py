"""`linxin campaign list|show|watch|lines|packing-list`: how campaigns stand, for everybody and for their parties."""

import csv
import time
from pathlib import Path
from typing import Any

import click
from linxin.v1 import trade_pb2
from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cli.acting import KEY_OPTION, Desk, gather
from cli.output import Output, Problem, network_option, reports
from cli.typed import clock, percent, yuan
from client import trade
from client.connection import Connection
from ledger.modules.groupbuy.messages import BASIS_POINTS


@click.command("list", short_help="Campaigns, those that match.")
@click.option("--state", default="", help="Such as open, formed, arrived, closed, failed.")
@click.option("--community", default="", help="Whose residents can order.")
@click.option("--leader", default="", help="Who leads it, first or now.")
@click.option("--seller", default="", help="Who sells.")
@click.option("--pickup", default="", help="Where it is collected.")
@network_option
@reports
def list_(out: Output, state: str, community: str, leader: str, seller: str, pickup: str, network_root: Path) -> None:
    """List campaigns by id."""
    with Desk(out, network_root) as desk:
        ask = gather(
            lambda to: trade.list_campaigns(
                to, state=state, community=community, leader=leader, seller=seller, pickup=pickup
            )
        )
        found: list[trade_pb2.Campaign] = desk.ask(ask)
    table = _table("团购\ncampaign", "品名\ntitle", "团长\nleader", "状态\nstate", "单\norders", "份\nunits")
    for name in ("价\nprice", "截单\ncut-off"):
        table.add_column(name, justify="right")
    for each in found:
        state = f"{each.state_zh} {each.state}"
        numbers = (str(each.orders), f"{each.units}/{each.terms.minimum}", yuan(each.price_now_fen))
        table.add_row(each.id, escape(each.terms.title), each.leader, state, *numbers, clock(each.terms.cutoff_ms))
    out.show(table)
    if found:
        desk.tell_next([f"linxin campaign show {found[0].id} {desk.at}"])
    out.finish({"ok": True, "campaigns": [describe(each) for each in found]})


@click.command("show", short_help="One campaign: terms, shares, how it stands.")
@click.argument("campaign")
@network_option
@reports
def show(out: Output, campaign: str, network_root: Path) -> None:
    """Show CAMPAIGN: its terms as buyers see them before they order, and how it stands."""
    with Desk(out, network_root) as desk:
        found = desk.ask(lambda connection: trade.get_campaign(connection, campaign))
    out.show(shown(found))
    steps = next_steps(found, desk.at)
    desk.tell_next(steps)
    out.finish({"ok": True} | describe(found) | {"next": steps})


@click.command("watch", short_help="One campaign, live, until it is over.")
@click.argument("campaign")
@click.option("--until", metavar="STATE", default="", help="End when it is in this state.")
@network_option
@reports
def watch(out: Output, campaign: str, until: str, network_root: Path) -> None:
    """Show CAMPAIGN again whenever it changes: orders, units, price, what is missing to the next tier, time left.

    With --json each change is a line of JSON. Ends when the campaign is over, or in the state of --until.
    """
    with Desk(out, network_root) as desk, Live(console=out.console, refresh_per_second=2) as live:

        async def follow(connection: Connection) -> trade_pb2.Campaign | None:
            last = None
            async for found in trade.watch_campaign(connection, campaign):
                last = found
                out.each(describe(found))
                live.update(_Ticking(found), refresh=True)
                if found.state == until:
                    break
            return last

        last = desk.ask(follow)
    if until and (last is None or last.state != until):
        raise Problem(
            f"{campaign} 已结束，未到 {until}",
            f"{campaign} is over and was never {until}",
            f"linxin campaign show {campaign}",
            f"`linxin campaign show {campaign}`",
        )


class _Ticking:
    """A campaign whose time left goes on while nothing else changes."""

    def __init__(self, campaign: trade_pb2.Campaign) -> None:
        self._campaign = campaign

    def __rich__(self) -> RenderableType:
        return shown(self._campaign)


@click.command("lines", short_help="The orders of a campaign, for its leader and seller.")
@click.argument("campaign")
@KEY_OPTION
@network_option
@reports
def lines(out: Output, campaign: str, key_name: str, network_root: Path) -> None:
    """List the orders of CAMPAIGN by number (跟团号), as far as the key may see them."""
    with Desk(out, network_root, key_name) as desk:
        found = desk.ask(gather(lambda connection: trade.list_lines(connection, desk.key, campaign)))
    table = _table("#", "订单\norder", "状态\nstate", "订\nunits", "得\nallotted", "克\ngrams", "退\nreturned")
    for name in ("付\npaid", "应付\ncharged", "赔\ncompensated"):
        table.add_column(name, justify="right")
    for entry in found:
        money = ("", "", "")
        if entry.HasField("money"):
            fen = (entry.money.paid_fen, entry.money.charged_fen, entry.money.compensated_fen)
            money = (yuan(fen[0]), yuan(fen[1]), yuan(fen[2]))
        table.add_row(*_cells(entry.line), *money)
    out.show(table)
    document = [describe_line(entry.line) | describe_money(entry) for entry in found]
    out.finish({"ok": True, "campaign": campaign, "lines": document})


@click.command("packing-list", short_help="What is packed, carried and handed out.")
@click.option("--campaign", default="", help="Of one campaign.")
@click.option("--pickup", default="", help="Of all campaigns of a pickup point.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file too.")
@KEY_OPTION
@network_option
@reports
def packing_list(
    out: Output, campaign: str, pickup: str, csv_file: Path | None, key_name: str, network_root: Path
) -> None:
    """The packing list of a campaign or of a pickup point: numbers, units, grams, no money and no names."""
    if (campaign == "") == (pickup == ""):
        raise click.UsageError("name either --campaign or --pickup")
    with Desk(out, network_root, key_name) as desk:
        ask = gather(lambda to: trade.packing_list(to, desk.key, campaign=campaign, pickup=pickup))
        found: list[trade_pb2.Line] = desk.ask(ask)
    table = _table(
        "团购\ncampaign", "#", "订单\norder", "状态\nstate", "订\nunits", "得\nallotted", "克\ngrams", "退\nback"
    )
    for line in found:
        table.add_row(line.campaign, *_cells(line))
    out.show(table)
    units = sum(line.allotted if line.HasField("allotted") else line.units for line in found)
    out.say(f"共 {len(found)} 单 {units} 份 / {len(found)} orders, {units} units in all")
    if csv_file is not None:
        _write_csv(csv_file, found)
        desk.tell_next([f"linxin campaign pack CAMPAIGN {csv_file} --key KEYFILE {desk.at}"])
    out.finish({"ok": True, "lines": [describe_line(line) for line in found], "units": units})


def _write_csv(path: Path, found: list[trade_pb2.Line]) -> None:
    """The list as `campaign pack` reads it: fill in the grams."""
    with path.open("x", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("campaign", "number", "order", "units", "nominal_grams", "grams"))
        for line in found:
            units = line.allotted if line.HasField("allotted") else line.units
            grams = line.packed_grams if line.HasField("packed_grams") else ""
            nominal = line.nominal_grams if line.HasField("nominal_grams") else ""
            writer.writerow((line.campaign, line.number, line.order, units, nominal, grams))


def shown(found: trade_pb2.Campaign) -> RenderableType:
    """A campaign for people."""
    terms = found.terms
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for zh, en, said in _rows(found):
        table.add_row(f"{zh} {en}", escape(said))
    title = Text.assemble((terms.title, "bold"), f"  {found.id}  ", (f"{found.state_zh} {found.state}", "cyan"))
    return Group(title, table)


def _rows(found: trade_pb2.Campaign) -> list[tuple[str, str, str]]:
    terms = found.terms
    of = terms.ladder
    ladder = "，".join(f"{tier.units} 份起 {yuan(tier.price_fen)}" for tier in of)
    rest = BASIS_POINTS - terms.leader_bp - terms.platform_bp - terms.logistics_bp
    shares = (("农场/卖方", rest), ("团长", terms.leader_bp), ("平台", terms.platform_bp), ("物流", terms.logistics_bp))
    price = yuan(found.price_fen if found.HasField("price_fen") else found.price_now_fen)
    if found.HasField("price_fen"):
        price += "（已定 frozen）"
    elif found.units_to_next:
        price += f"，再 {found.units_to_next} 份又降 / {found.units_to_next} more and it falls"
    rows = [
        ("价", "price", price),
        ("已订", "ordered", f"{found.orders} 单 orders，{found.units} 份 units"),
        ("成团", "forms with", f"{terms.minimum} 份起，至多 {terms.maximum}，每单至多 {terms.per_order}"),
        ("阶梯", "ladder", ladder),
        ("分配", "shares", "，".join(f"{who} {percent(share)}" for who, share in shares)),
        ("卖方押金", "deposit", f"{yuan(terms.deposit_fen)}，质保留款 held back {percent(terms.holdback_bp)}"),
        ("截单", "cut-off", f"{clock(terms.cutoff_ms)}{_left(terms.cutoff_ms)}"),
        ("送达", "delivery", f"{clock(terms.delivery_from_ms)} – {clock(terms.delivery_to_ms)}"),
        ("自提点", "pickup", terms.pickup),
        ("团长", "leader", _leader(found)),
        ("卖方", "seller", _party(terms.seller)),
        ("平台", "platform", _party(terms.platform)),
        ("托管", "custodian", _party(terms.custodian)),
        ("物流", "logistics", _party(terms.logistics) if terms.HasField("logistics") else "—"),
        ("裁定", "adjudicator", _party(terms.adjudicator)),
        ("货源", "sources", "，".join(terms.sources)),
    ]
    if found.HasField("allocated"):
        lots = "，".join(portion.lot for portion in found.lots)
        rows.append(("到货", "allocated", f"{found.allocated} 份 units：{lots}"))
    if found.shipments:
        rows.append(("运输", "shipments", " → ".join(found.shipments)))
    return rows


def _party(party: trade_pb2.Party) -> str:
    return f"{party.name_zh} {party.name_en} ({party.id})"


def _leader(found: trade_pb2.Campaign) -> str:
    if not found.HasField("silent_ms"):
        return found.leader
    return f"{found.leader}，失联 called silent {clock(found.silent_ms)}"


def _left(until_ms: int) -> str:
    """How long from now on, for people; nothing once it is over."""
    seconds = (until_ms - time.time_ns() // 1_000_000) // 1000
    if seconds < 0:
        return ""
    hours, rest = divmod(seconds, 3600)
    return f"  还剩 {hours}:{rest // 60:02d}:{rest % 60:02d} left"


def next_steps(found: trade_pb2.Campaign, at: str) -> list[str]:
    """What can be done with a campaign now."""
    name = found.id
    is_awaited = found.HasField("reminded_ms") and found.heard_ms <= found.reminded_ms
    attend = [f"linxin campaign attend {name} --key {found.leader} {at}"] if is_awaited else []
    return {
        "draft": [f"linxin campaign open {name} --key {found.terms.seller.id} {at}"],
        "open": [f"linxin campaign watch {name} {at}", f"linxin order new {name} ORDER-NAME {at}"],
        "formed": [f"linxin campaign allocate {name} --lot LOT=QUANTITY --key {found.terms.seller.id} {at}"],
        "allocated": [
            f"linxin campaign packing-list --campaign {name} --csv parcels.csv --key {found.terms.seller.id} {at}",
            f"linxin campaign ship {name} SHIPMENT --key {found.terms.seller.id} {at}",
        ],
        "shipped": [f"linxin campaign arrive {name} --key {found.leader} {at}"],
        "arrived": [*attend, f"linxin order hand-over {name} NUMBER CODE --key {found.leader} {at}"],
    }.get(found.state, [])


def describe(found: trade_pb2.Campaign) -> dict[str, Any]:
    """A campaign as `--json` tells it: all of the message, by name."""
    return as_json(found)


def as_json(message: Any) -> dict[str, Any]:
    """A message of ours as JSON holds it: fields by name, numbers as numbers, bytes in hex; absent ones are null."""
    known: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.is_repeated:
            known[field.name] = [_value(each) for each in value]
        elif field.has_presence and not message.HasField(field.name):
            known[field.name] = None
        else:
            known[field.name] = _value(value)
    return known


def _value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return as_json(value) if hasattr(value, "DESCRIPTOR") else value


def describe_line(line: trade_pb2.Line) -> dict[str, Any]:
    """A line as `--json` tells it."""
    return as_json(line)


def describe_money(entry: Any) -> dict[str, Any]:
    """What a line's money stands at; null where the key may not see it."""
    return {"money": as_json(entry.money) if entry.HasField("money") else None}


def _cells(line: trade_pb2.Line) -> tuple[str, ...]:
    allotted = str(line.allotted) if line.HasField("allotted") else ""
    grams = str(line.packed_grams) if line.HasField("packed_grams") else ""
    state = f"{line.state_zh} {line.state}"
    return (str(line.number), line.order, state, str(line.units), allotted, grams, str(line.returned or ""))


def _table(*names: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=True)
    return table
