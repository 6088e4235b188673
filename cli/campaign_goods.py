"""`linxin campaign supply|allocate|pack|ship|arrive|attend`: the goods, by seller, logistics and leader."""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from linxin.v1 import trade_pb2

from cli.acting import KEY_OPTION, Desk, gather
from cli.output import Output, Problem, network_option, reports
from cli.typed import QUANTITY, TIME
from client import trade
from ledger.modules.groupbuy import messages as m
from ledger.modules.trace.messages import Portion

CSV_BYTES_MAX = 1 << 22


def _portions(_ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Portion, ...]:
    """`PRODUCT/LOT=QUANTITY`, several times."""
    found = []
    for value in values:
        lot, equals, quantity = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r}: expected PRODUCT/LOT=QUANTITY, as in 09521234000259/L1=15")
        found.append(Portion(lot, QUANTITY.convert(quantity, None, None)))
    return tuple(found)


@click.command("supply", short_help="Say how much of a planting or lot is for sale.")
@click.argument("source", metavar="planting:ID|lot:PRODUCT/LOT")
@click.option("--product", required=True, help="What is sold of it.")
@click.option("--unit", "unit_quantity", type=QUANTITY, required=True, help="One unit (份), in kg or pieces: 0.5.")
@click.option(
    "--units", type=click.IntRange(0, m.UNITS_MAX), required=True, help="At most so many, over all campaigns."
)
@KEY_OPTION
@network_option
@reports
def supply(
    out: Output, source: str, product: str, unit_quantity: int, units: int, key_name: str, network_root: Path
) -> None:
    """Commit UNITS of SOURCE: campaigns cannot sell more of it. By the seller, who grew or made it."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.CommitSupply(source, product, unit_quantity, units))
        desk.done(f"{source} 承诺供应 {units} 份", f"{units} units of {source} are committed", done)


@click.command("allocate", short_help="Name the lots that fill a formed campaign.")
@click.argument("campaign")
@click.option("--lot", "portions", multiple=True, required=True, metavar="LOT=QUANTITY", callback=_portions)
@KEY_OPTION
@network_option
@reports
def allocate(out: Output, campaign: str, portions: tuple[Portion, ...], key_name: str, network_root: Path) -> None:
    """Fill CAMPAIGN from lots, by its seller. Fewer units than sold: whole units pro rata, the rest by order time."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Allocate(campaign, portions))
        found = desk.ask(lambda connection: trade.get_campaign(connection, campaign))
        desk.done(
            f"{campaign}：{found.units} 份中可配 {found.allocated} 份，缺的当即退款",
            f"{campaign}: {found.allocated} of {found.units} units; what is missing is paid back at once",
            done | {"allocated": found.allocated, "units": found.units},
            f"linxin campaign packing-list --campaign {campaign} --csv parcels.csv --key {key_name} {desk.at}",
        )


@click.command("pack", short_help="Parcels are packed, with their weights, from a CSV file.")
@click.argument("campaign")
@click.argument("parcels", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="PARCELS.csv")
@KEY_OPTION
@network_option
@reports
def pack(out: Output, campaign: str, parcels: Path, key_name: str, network_root: Path) -> None:
    """Record the parcels of PARCELS.csv: columns `grams`, and `number` (跟团号) or `order`; others are ignored.

    What a parcel weighs less than nominal is paid back at once; nobody pays for what it weighs more (多退少不补).
    """
    with Desk(out, network_root, key_name) as desk:
        found = read_parcels(parcels, lambda: _orders_by_number(desk, campaign))
        parts = [found[start : start + m.PARCELS_MAX] for start in range(0, len(found), m.PARCELS_MAX)]
        done = [desk.act(m.Handle(campaign), m.Pack(tuple(part))) for part in parts]
        desk.done(
            f"{len(found)} 个包裹已称重打包，少的当即退款",
            f"{len(found)} parcels are packed; what weighs less is paid back at once",
            {"parcels": len(found), "records": done},
            f"linxin campaign ship {campaign} SHIPMENT --key {key_name} {desk.at}",
        )


def _orders_by_number(desk: Desk, campaign: str) -> dict[str, str]:
    """Hex order ids of a campaign's packing list, by number."""
    ask = gather(lambda connection: trade.packing_list(connection, desk.key, campaign=campaign))
    found: list[trade_pb2.Line] = desk.ask(ask)
    return {str(line.number): line.order for line in found}


def read_parcels(path: Path, by_number: Callable[[], dict[str, str]]) -> list[m.Parcel]:
    """The parcels of a CSV file. Raises `Problem`, which names the line. `by_number`: asked only where needed."""
    if path.stat().st_size > CSV_BYTES_MAX:
        raise _wrong(path, 0, f"超过 {CSV_BYTES_MAX} 字节", f"more than {CSV_BYTES_MAX} bytes")
    orders: dict[str, str] | None = None
    found = []
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        for row in (reader := csv.DictReader(file)):
            grams, order = (row.get("grams") or "").strip(), (row.get("order") or "").strip()
            if not grams:
                continue  # not packed yet
            if not order:
                orders = by_number() if orders is None else orders
                order = orders.get((row.get("number") or "").strip(), "")
            try:
                parcel = m.Parcel(bytes.fromhex(order), int(grams))
            except ValueError:
                parcel = m.Parcel(b"", 0)
            if len(parcel.order) != m.ORDER_ID_SIZE or not 0 < (parcel.grams or 0) <= m.GRAMS_MAX:
                raise _wrong(path, reader.line_num, "订单或克数有误", "no such order, or no whole grams")
            found.append(parcel)
    if not found:
        raise _wrong(path, 0, "没有填写克数的行", "no line has grams")
    return found


def _wrong(path: Path, line: int, zh: str, en: str) -> Problem:
    where_zh, where_en = (f"第 {line} 行", f"line {line}") if line else ("", "")
    return Problem(
        f"{path} {where_zh}：{zh}",
        f"{path} {where_en}: {en}",
        "每行需有 grams，以及 number（跟团号）或 order",
        "each line needs `grams`, and `number` or `order`",
    )


@click.command("ship", short_help="Say by which shipments the goods travel.")
@click.argument("campaign")
@click.argument("shipments", nargs=-1, required=True, metavar="SHIPMENT...")
@KEY_OPTION
@network_option
@reports
def ship(out: Output, campaign: str, shipments: tuple[str, ...], key_name: str, network_root: Path) -> None:
    """Name the trace shipments, in order of travel, by which the goods of CAMPAIGN go; further legs can follow."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Ship(campaign, shipments))
        way = " → ".join(shipments)
        desk.done(
            f"{campaign} 已发货：{way}",
            f"{campaign} is on its way: {way}",
            done,
            f"linxin campaign arrive {campaign} --key LEADER {desk.at}",
        )


@click.command("arrive", short_help="The goods are at the pickup point.")
@click.argument("campaign")
@click.option("--at", "event_ms", type=TIME, help="When they came; now unless given.")
@KEY_OPTION
@network_option
@reports
def arrive(out: Output, campaign: str, event_ms: int | None, key_name: str, network_root: Path) -> None:
    """Say that the goods of CAMPAIGN are at the pickup point, by its leader: buyers can come with their codes."""
    with Desk(out, network_root, key_name) as desk:
        when_ms = time.time_ns() // 1_000_000 if event_ms is None else event_ms
        done: dict[str, Any] = desk.act(m.Arrive(campaign, when_ms))
        desk.done(
            f"{campaign} 已到自提点，买家可凭取货码自提",
            f"{campaign} is at the pickup point: buyers can collect with their codes",
            done,
            f"linxin order hand-over {campaign} NUMBER CODE --key {key_name} {desk.at}",
        )


@click.command("attend", short_help="The leader is there with what is left.")
@click.argument("campaign")
@KEY_OPTION
@network_option
@reports
def attend(out: Output, campaign: str, key_name: str, network_root: Path) -> None:
    """Say, by the leader of CAMPAIGN, that she hands out what is left of it: after the reminder this, or a hand-over,
    is what parcels count as not collected for.
    """
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(m.Attend(campaign))
        desk.done(
            f"{campaign} 的团长仍在自提点候取",
            f"the leader of {campaign} is there with what is left",
            done,
            f"linxin campaign packing-list --campaign {campaign} --key {key_name} {desk.at}",
        )
