"""`linxin order ...`: a buyer's order under a key of its own, its ticket and pickup code; handing it over.

Whoever holds an order's key and pickup code holds the order. `order new` makes both: the key in an encrypted file, the
code in a file beside it that only its owner can read.
"""

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
from linxin.v1 import trade_pb2
from rich.markup import escape

from cli.acting import KEY_OPTION, Desk, gather, read_document, write_document
from cli.campaign_shown import as_json
from cli.keys import find_key_file
from cli.output import Output, Problem, network_option, reports
from cli.typed import ORDER, clock, yuan
from client import trade
from client.connection import Connection
from client.failures import Remote
from client.trading import BadCode, NewOrder, make_ticket, read_code, show_code
from client.wallet import Cost, create_key
from ledger.crypto.signing import Algorithm
from ledger.errors import UnknownKey
from ledger.modules.groupbuy import messages as m
from ledger.modules.payments.messages import Receipt

_T = TypeVar("_T")

RECEIPT, TICKET = "receipt/1", "ticket/1"
CODE_SUFFIX = ".code"
REASONS = get_args(m.ReturnReason)

CODE_OPTION = click.option("--code", "typed", help="Her pickup code, if it is not in the file beside the key.")


@click.group()
def order() -> None:
    """Orders: make one, place it, take it back, show it; hand it over against its code."""


@order.command("new", short_help="Make the key and pickup code of an order.")
@click.argument("campaign")
@click.argument("name")
@click.option("--units", type=click.IntRange(1, m.UNITS_MAX), default=1, show_default=True, help="How many are wanted.")
@network_option
@reports
def new(out: Output, campaign: str, name: str, units: int, network_root: Path) -> None:
    """Make an order of CAMPAIGN, to be placed with a receipt and a ticket: key file and pickup code NAME.

    Nothing is sent. It says what is to be paid to the custodian, and what to show the community's registrar.
    """
    with Desk(out, network_root) as desk:
        terms = desk.ask(lambda connection: trade.get_campaign(connection, campaign)).terms
        path = desk.network.key_file(name) if Path(name).name == name else Path(name)
        key = create_key(path, Algorithm.ED25519, desk.network.passphrase(), Cost.MODERATE)
        made = NewOrder(campaign, key)
        _keep_code(path, made.code)
        fen = units * terms.ladder[0].price_fen
        out.say(f"[bold]{made.subject}[/]  取货码 pickup code  [bold]{show_code(made.code)}[/]")
        out.say(f"  {escape(str(path))}，{escape(str(_code_file(path)))}")
        desk.done(
            f"请付 {yuan(fen)} 给 {terms.custodian.name_zh}，凭证开给本订单；再向 {terms.community.name_zh} 领取票据",
            f"pay {yuan(fen)} to {terms.custodian.name_en} for this order, and get a ticket of "
            f"{terms.community.name_en}",
            {"order": made.id.hex(), "key": path.resolve(), "code": made.code, "fen": fen, "units": units},
            f"linxin account receipt {made.subject} {fen}fen {name}.receipt --key {terms.custodian.id} {desk.at}",
            f"linxin order ticket {campaign} {made.id.hex()} {name}.ticket --key {terms.community.id} {desk.at}",
            f"linxin order place {campaign} --units {units} --receipt {name}.receipt --ticket {name}.ticket "
            f"--key {name} {desk.at}",
        )


def _code_file(key_file: Path) -> Path:
    return key_file.with_suffix(CODE_SUFFIX)


def _keep_code(key_file: Path, code: str) -> None:
    """Write the code to a new file that only its owner can read."""
    descriptor = os.open(_code_file(key_file), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{show_code(code)}\n")


def _own(desk: Desk, campaign: str, typed: str | None = None) -> NewOrder:
    """The order whose key is `--key`. Raises `Problem` where its code is needed (`typed` not None) and not here."""
    if typed is None:
        return NewOrder(campaign, desk.key, "")
    if not typed:
        path = _code_file(find_key_file(desk.key_name, desk.network))
        if not path.is_file():
            raise Problem(
                f"没有取货码文件 {path}",
                f"there is no pickup code in {path}",
                "请用 --code 给出，或用 linxin order new 新建订单",
                "give it with --code, or make an order with `linxin order new`",
            )
        typed = path.read_text(encoding="ascii")
    return NewOrder(campaign, desk.key, _read_code(typed))


def _read_code(typed: str) -> str:
    try:
        return read_code(typed)
    except BadCode as bad:
        raise Problem(bad.reason_zh, bad.reason_en, "请核对取货码", "look at the code again") from None


@order.command("place", short_help="Place an order with its receipt and ticket.")
@click.argument("campaign")
@click.option("--units", type=click.IntRange(1, m.UNITS_MAX), required=True, help="As many as the receipt pays for.")
@click.option("--receipt", "receipt_file", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--ticket", "ticket_file", type=click.Path(path_type=Path, exists=True), required=True)
@CODE_OPTION
@KEY_OPTION
@network_option
@reports
def place(
    out: Output,
    campaign: str,
    units: int,
    receipt_file: Path,
    ticket_file: Path,
    typed: str | None,
    key_name: str,
    network_root: Path,
) -> None:
    """Order UNITS of CAMPAIGN under the order's own key (`linxin order new`), before the cut-off."""
    receipt = read_document(receipt_file, RECEIPT, Receipt)
    ticket = read_document(ticket_file, TICKET, m.Ticket)
    with Desk(out, network_root, key_name) as desk:
        own = _own(desk, campaign, typed or "")
        done = desk.offer(own.place(desk.chain_id, units, receipt, ticket), "groupbuy.order")
        line = desk.ask(lambda connection: trade.get_order(connection, desk.key)).line
        out.say(f"[bold]跟团号 #{line.number}[/]  取货码 pickup code  [bold]{show_code(own.code)}[/]")
        desk.done(
            f"已下单 {units} 份，跟团号 {line.number}；成团前可撤回",
            f"{units} units are ordered, number {line.number}; it can be taken back before the cut-off",
            done | {"order": own.id.hex(), "number": line.number, "units": units, "code": own.code},
            f"linxin order show --key {key_name} {desk.at}",
            f"linxin campaign watch {campaign} {desk.at}",
        )


@order.command("cancel", short_help="Take an order back before the cut-off.")
@click.argument("campaign")
@KEY_OPTION
@network_option
@reports
def cancel(out: Output, campaign: str, key_name: str, network_root: Path) -> None:
    """Take the order of --key in CAMPAIGN back, before the cut-off; all of its money goes back."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.offer(_own(desk, campaign).cancel(desk.chain_id), "groupbuy.order")
        desk.done("订单已撤回，款项全部退回", "the order is taken back, all of its money goes back", done)


@order.command("acknowledge", short_help="Say oneself that one has the goods.")
@click.argument("campaign")
@KEY_OPTION
@network_option
@reports
def acknowledge(out: Output, campaign: str, key_name: str, network_root: Path) -> None:
    """Say that the goods of the order of --key are collected, where the code is lost or the leader does not record."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.offer(_own(desk, campaign).acknowledge(desk.chain_id), "groupbuy.order")
        desk.done(
            "已确认收货",
            "the goods are collected, by the buyer's own word",
            done,
            f"linxin claim open {campaign} --help",
        )


@order.command("show", short_help="One order, as far as the key may see it.")
@click.argument("which", type=ORDER, required=False, metavar="[ORDER]")
@KEY_OPTION
@network_option
@reports
def show(out: Output, which: bytes | None, key_name: str, network_root: Path) -> None:
    """Show ORDER, or the order made under --key: number (跟团号), state, units, weight and money."""
    with Desk(out, network_root, key_name) as desk:
        wanted = which.hex() if which is not None else ""
        found = ask_of_order(desk, lambda connection: trade.get_order(connection, desk.key, wanted))
        for zh, en, said in _rows(found):
            out.say(f"  {zh} {en}  {escape(said)}")
        code = _code_file(find_key_file(key_name, desk.network)) if which is None else None
        if code is not None and code.is_file():
            out.say(f"  取货码 pickup code  [bold]{escape(code.read_text(encoding='ascii').strip())}[/]")
    out.finish({"ok": True} | as_json(found))


def ask_of_order(desk: Desk, read: Callable[[Connection], Coroutine[Any, Any, _T]]) -> _T:
    """What is read with an order's own key. Raises `Problem` where no order is placed under it, nor anybody known."""
    try:
        return desk.ask(read)
    except Remote as refused:
        if refused.number != UnknownKey.number:
            raise
    order = m.order_id(desk.key.algorithm, desk.key.public_key).hex()
    raise Problem(
        f"链上还没有用密钥 {desk.key_name} 下的订单（编号将是 {order}）",
        f"no order is placed under the key {desk.key_name} yet (its id would be {order})",
        "凭收款凭证与票据下单：linxin order place CAMPAIGN --help；查他人订单请换用当事人或审计机构的密钥",
        "place it with its receipt and ticket: `linxin order place CAMPAIGN --help`; to look at another's order, use "
        "the key of one of its parties or of an auditor",
    )


def _rows(found: trade_pb2.GetOrderResponse) -> list[tuple[str, str, str]]:
    line = found.line
    allotted = str(line.allotted) if line.HasField("allotted") else "—"
    rows = [
        ("订单", "order", line.order),
        ("团购", "campaign", f"{line.campaign}，跟团号 number #{line.number}"),
        ("状态", "state", f"{line.state_zh} {line.state}"),
        ("份数", "units", f"订 ordered {line.units}，得 allotted {allotted}，退 returned {line.returned}"),
    ]
    if line.HasField("packed_grams"):
        rows.append(("重量", "weight", f"{line.packed_grams} g（标称 nominal {line.nominal_grams} g）"))
    if found.HasField("money"):
        money = found.money
        rows.append(("已付", "paid", yuan(money.paid_fen)))
        rows.append(("应付", "charged", yuan(money.charged_fen)))
        rows.append(("获赔", "compensated", yuan(money.compensated_fen)))
        if money.HasField("settle_ms"):
            rows.append(("申报截止", "claims until", clock(money.settle_ms)))
    if found.HasField("ties"):
        ties = found.ties
        rows.append(("已退回", "instructed back", f"{yuan(ties.instructed_back_fen)} / {yuan(ties.receipt_fen)}"))
    return rows


@order.command("ticket", short_help="The registrar's word that a member holds an order.")
@click.argument("campaign")
@click.argument("which", type=ORDER, metavar="ORDER")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@KEY_OPTION
@network_option
@reports
def ticket(out: Output, campaign: str, which: bytes, file: Path, key_name: str, network_root: Path) -> None:
    """Write a ticket for ORDER in CAMPAIGN to the new FILE, signed with the community's key.

    One ticket a member a campaign: whom it was given, the registrar keeps in its vault.
    """
    with Desk(out, network_root, key_name) as desk:
        community = desk.ask(lambda connection: trade.get_campaign(connection, campaign)).terms.community.id
        made = make_ticket(desk.key, desk.chain_id, community, campaign, which)
    write_document(file, TICKET, made)
    out.say(f"[bold green]✓[/] {escape(str(file))}  {community}  {made.number.hex()}")
    out.finish({"ok": True, "file": file.resolve(), "community": community, "number": made.number.hex()})


def find_order(desk: Desk, campaign: str, which: str) -> bytes:
    """The order named by its hex id or its number (跟团号, with or without #). Raises `Problem`, `Remote`."""
    number = which.removeprefix("#")
    if number.isdecimal() and len(number) <= 6:
        ask = gather(lambda connection: trade.list_lines(connection, desk.key, campaign))
        listed: list[trade_pb2.ListLinesResponse.Entry] = desk.ask(ask)
        for entry in listed:
            if entry.line.number == int(number):
                return bytes.fromhex(entry.line.order)
        raise Problem(
            f"{campaign} 没有跟团号 {number}",
            f"{campaign} has no order number {number}",
            f"linxin campaign lines {campaign}",
            f"`linxin campaign lines {campaign}`",
        )
    found: bytes = ORDER.convert(which, None, None)
    return found


@order.command("hand-over", short_help="A buyer shows her code and takes, or returns, the goods.")
@click.argument("campaign")
@click.argument("which", metavar="NUMBER|ORDER")
@click.argument("code", metavar="CODE")
@click.option("--returned", type=click.IntRange(0, m.UNITS_MAX), default=0, help="Units that she hands back at once.")
@click.option("--reason", type=click.Choice(REASONS), help="Why she does.")
@KEY_OPTION
@network_option
@reports
def hand_over(
    out: Output,
    campaign: str,
    which: str,
    code: str,
    returned: int,
    reason: m.ReturnReason | None,
    key_name: str,
    network_root: Path,
) -> None:
    """Record that the order NUMBER (跟团号) was collected against CODE, by the leader. Five wrong codes lock it."""
    read = _read_code(code)
    with Desk(out, network_root, key_name) as desk:
        found = find_order(desk, campaign, which)
        done = desk.act(m.Handle(campaign), m.HandOver(found, read, returned, reason))
        what = f"，退回 {returned} 份" if returned else ""
        desk.done(
            f"{which} 已取货{what}",
            f"{which} is collected" + (f", {returned} units handed back" if returned else ""),
            done | {"order": found.hex(), "returned": returned},
        )


@order.command("dispose", short_help="What became of goods that nobody collected.")
@click.argument("campaign")
@click.argument("which", metavar="NUMBER|ORDER")
@click.option(
    "--proceeds", type=click.Path(path_type=Path, exists=True), help="A receipt over what they still brought."
)
@click.option("--remark", default="", help="What became of them; only the parties read it.")
@KEY_OPTION
@network_option
@reports
def dispose(
    out: Output, campaign: str, which: str, proceeds: Path | None, remark: str, key_name: str, network_root: Path
) -> None:
    """Record what became of the goods of an order that nobody collected, by the leader; proceeds are the buyer's."""
    receipt = read_document(proceeds, RECEIPT, Receipt) if proceeds is not None else None
    with Desk(out, network_root, key_name) as desk:
        found = find_order(desk, campaign, which)
        done: dict[str, Any] = desk.act(m.Handle(campaign), m.Dispose(found, receipt, remark))
        desk.done(f"{which} 已处置，所得归买家", f"{which} is disposed of, the proceeds are the buyer's", done)
