"""`linxin account ...`: money in by a custodian's receipt, out by an instruction it confirms; statements between."""

from pathlib import Path
from typing import Any

import click
from linxin.v1 import trade_pb2
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from cli.acting import KEY_OPTION, Desk, gather, read_document, write_document
from cli.campaign_shown import as_json
from cli.orders import RECEIPT
from cli.output import Output, Problem, network_option, reports
from cli.typed import INSTRUCTION, MONEY, TIME, clock, read_time, yuan
from client import trade
from client.trading import make_receipt
from ledger.modules.payments import messages as p
from ledger.modules.payments.ports import custodian_account

CONFIRMED_MAX = 256
CUSTODIAN_OPTION = click.option("--custodian", default="custodian", show_default=True, help="Where the money is.")


@click.group()
def account() -> None:
    """Money: receipts, deposits, withdrawals, balances and statements; the custodian's instructions."""


@account.command("receipt", short_help="A custodian's word that it holds money for somebody.")
@click.argument("beneficiary", metavar="order:HEX|organisation:ID|member:ID")
@click.argument("amount", type=MONEY)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--valid", "valid_to_ms", type=TIME, default="+24h", show_default=True, help="The ledger takes it until.")
@CUSTODIAN_OPTION
@KEY_OPTION
@network_option
@reports
def receipt(
    out: Output,
    beneficiary: str,
    amount: int,
    file: Path,
    valid_to_ms: int,
    custodian: str,
    key_name: str,
    network_root: Path,
) -> None:
    """Write a receipt over AMOUNT for BENEFICIARY to the new FILE, signed with the custodian's key. Good once."""
    with Desk(out, network_root, key_name) as desk:
        made = make_receipt(
            desk.key, desk.chain_id, custodian, fen=amount, beneficiary=beneficiary, valid_to_ms=valid_to_ms
        )
    write_document(file, RECEIPT, made)
    out.say(f"[bold green]✓[/] {escape(str(file))}  {yuan(amount)}  {escape(beneficiary)}")
    out.say(f"  {clock(valid_to_ms)} 前有效，只能用一次 / good once, until then")
    out.finish({"ok": True, "file": file.resolve(), "fen": amount, "number": made.number.hex()})


@account.command("deposit", short_help="Bring money in by a receipt made out to oneself.")
@click.argument("receipt_file", type=click.Path(path_type=Path, exists=True), metavar="RECEIPT")
@KEY_OPTION
@network_option
@reports
def deposit(out: Output, receipt_file: Path, key_name: str, network_root: Path) -> None:
    """Bring the money of RECEIPT into the account of the organisation or leader it is made out to."""
    found = read_document(receipt_file, RECEIPT, p.Receipt)
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.Deposit(), found)
        name = f"{found.custodian}/{found.beneficiary}"
        desk.done(
            f"{yuan(found.fen)} 已入账 {name}",
            f"{yuan(found.fen)} is in the account {name}",
            done | {"account": name, "fen": found.fen},
            f"linxin account statement {name} --key {key_name} {desk.at}",
        )


@account.command("withdraw", short_help="Have the custodian pay out money of one's own.")
@click.argument("amount", type=MONEY)
@CUSTODIAN_OPTION
@KEY_OPTION
@network_option
@reports
def withdraw(out: Output, amount: int, custodian: str, key_name: str, network_root: Path) -> None:
    """Have AMOUNT paid out; it is held until the custodian has confirmed."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.Withdraw(), p.WithdrawTerms(custodian, amount))
        desk.done(
            f"提现 {yuan(amount)} 已冻结，等 {custodian} 付款",
            f"{yuan(amount)} is held until {custodian} has paid it out",
            done | {"fen": amount},
            f"linxin account instructions {custodian} --key {custodian} {desk.at}",
        )


@account.command("move", short_help="The platform moves money between its own accounts.")
@click.argument("amount", type=MONEY)
@click.option("--from", "source", default="", help="guarantee, float:LEADER; left out: the main account.")
@click.option("--to", "target", default="", help="guarantee, float:LEADER; left out: the main account.")
@CUSTODIAN_OPTION
@KEY_OPTION
@network_option
@reports
def move(out: Output, amount: int, source: str, target: str, custodian: str, key_name: str, network_root: Path) -> None:
    """Move AMOUNT between the platform's accounts. What leaves the guarantee does so after a notice."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.Move(), p.MoveTerms(custodian, source, target, amount))
        way = f"{source or 'main'} → {target or 'main'}"
        desk.done(f"{yuan(amount)}：{way}", f"{yuan(amount)} from {way}", done | {"fen": amount})


@account.command("balance", short_help="Balances, and what of them is held.")
@click.argument("name", required=False, metavar="[ACCOUNT]")
@click.option("--prefix", default="", help="Without ACCOUNT: those whose names begin so.")
@KEY_OPTION
@network_option
@reports
def balance(out: Output, name: str | None, prefix: str, key_name: str, network_root: Path) -> None:
    """Show ACCOUNT, such as custodian/organisation:farm, or all accounts that the key may read."""
    with Desk(out, network_root, key_name) as desk:
        if name is not None:
            found = [desk.ask(lambda connection: trade.get_account(connection, desk.key, name))]
        else:
            found = desk.ask(gather(lambda connection: trade.list_accounts(connection, desk.key, prefix)))
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("账户\naccount")
    for title in ("余额\nbalance", "冻结\nheld", "可用\navailable", "欠\nowes"):
        table.add_column(title, justify="right", no_wrap=True)
    for each in found:
        cells = (each.balance_fen, each.held_fen, each.available_fen, each.owes_fen)
        table.add_row(escape(each.name), *map(yuan, cells))
    out.show(table)
    out.finish({"ok": True, "accounts": [as_json(each) for each in found]})


@account.command("statement", short_help="Every movement of an account; it adds up.")
@click.argument("name", metavar="ACCOUNT")
@click.option("--from", "from_ms", type=TIME, default=0, help="From this time on.")
@click.option("--to", "to_ms", type=TIME, default=0, help="Before this time.")
@KEY_OPTION
@network_option
@reports
def statement(out: Output, name: str, from_ms: int, to_ms: int, key_name: str, network_root: Path) -> None:
    """Show the statement of ACCOUNT, checked here entry by entry: opening + in - out = closing."""
    with Desk(out, network_root, key_name) as desk:
        found = desk.ask(lambda connection: trade.get_statement(connection, desk.key, name, from_ms, to_ms))
    table = Table(box=SIMPLE, pad_edge=False, title=escape(name), title_justify="left")
    for title in ("#", "时间\ntime", "事由\nwhy"):
        table.add_column(title, no_wrap=True)
    for title in ("变动\nchange", "余额\nbalance"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_row("", "", "期初 opening", "", yuan(found.opening_fen))
    for entry in found.entries:
        why = f"{entry.why_zh} {entry.why_en}"
        change = f"{'+' if entry.change_fen > 0 else ''}{yuan(entry.change_fen)}"
        table.add_row(str(entry.number), clock(entry.time_ms), why, change, yuan(entry.balance_fen))
    table.add_row("", "", "期末 closing", "", yuan(found.closing_fen))
    out.show(table)
    out.say(
        f"[bold green]✓[/] 对账相符：{yuan(found.opening_fen)} + {yuan(found.in_fen)} − {yuan(found.out_fen)} = "
        f"{yuan(found.closing_fen)}，其中冻结 {yuan(found.account.held_fen)}\n"
        f"  it adds up: opening + in − out = closing; {yuan(found.account.held_fen)} of the balance is held"
    )
    document = {part: getattr(found, part) for part in ("opening_fen", "in_fen", "out_fen", "closing_fen")}
    entries = [as_json(entry) for entry in found.entries]
    out.finish({"ok": True, "account": as_json(found.account)} | document | {"adds_up": True, "entries": entries})


@account.command("instructions", short_help="What a custodian is told to pay.")
@click.argument("custodian")
@click.option("--all", "with_closed", is_flag=True, help="Also what is confirmed or rejected.")
@KEY_OPTION
@network_option
@reports
def instructions(out: Output, custodian: str, with_closed: bool, key_name: str, network_root: Path) -> None:
    """List the instructions that CUSTODIAN has not carried out yet, oldest first, or all."""
    with Desk(out, network_root, key_name) as desk:
        found = _instructions(desk, custodian, with_closed=with_closed)
        table = Table(box=SIMPLE, pad_edge=False)
        for title in ("指令\ninstruction", "事由\nwhy", "状态\nstate", "发出\nissued"):
            table.add_column(title, no_wrap=True)
        table.add_column("金额\namount", justify="right", no_wrap=True)
        for each in found:
            why, state = f"{each.why_zh} {each.why_en}", f"{each.state_zh} {each.state}"
            table.add_row(each.id.hex(), why, state, clock(each.issued_ms), yuan(each.fen))
        out.show(table)
        waiting = [each for each in found if each.state == "issued"]
        total = sum(each.fen for each in waiting)
        out.say(f"待付 {len(waiting)} 笔 {yuan(total)} / {len(waiting)} wait to be paid")
        steps = [f"linxin account confirm {custodian} --all --key {key_name} {desk.at}"] if waiting else []
        desk.tell_next(steps)
    document = [as_json(each) for each in found]
    out.finish({"ok": True, "instructions": document, "waiting_fen": total, "next": steps})


def _instructions(desk: Desk, custodian: str, *, with_closed: bool = False) -> list[trade_pb2.Instruction]:
    ask = gather(
        lambda connection: trade.list_instructions(connection, desk.key, custodian, include_closed=with_closed)
    )
    found: list[trade_pb2.Instruction] = desk.ask(ask)
    return found


@account.command("confirm", short_help="The custodian has paid.")
@click.argument("custodian")
@click.argument("ids", nargs=-1, type=INSTRUCTION, metavar="[INSTRUCTION]...")
@click.option("--all", "every", is_flag=True, help="All that wait.")
@KEY_OPTION
@network_option
@reports
def confirm(
    out: Output, custodian: str, ids: tuple[bytes, ...], every: bool, key_name: str, network_root: Path
) -> None:
    """Confirm that instructions were carried out, by the custodian: the money has left."""
    if every == bool(ids):
        raise click.UsageError("name instructions, or --all")
    with Desk(out, network_root, key_name) as desk:
        chosen = [each.id for each in _instructions(desk, custodian)] if every else list(ids)
        parts = [chosen[start : start + CONFIRMED_MAX] for start in range(0, len(chosen), CONFIRMED_MAX)]
        done: list[dict[str, Any]] = [desk.act(p.Confirm(), p.Confirmed(tuple(part))) for part in parts]
        desk.done(
            f"已确认付款 {len(chosen)} 笔",
            f"{len(chosen)} payments are confirmed",
            {"confirmed": [each.hex() for each in chosen], "records": done},
            f"linxin account balance {custodian_account(custodian)} --key {key_name} {desk.at}",
        )


@account.command("reject", short_help="The custodian cannot pay.")
@click.argument("instruction", type=INSTRUCTION)
@click.option("--reason", required=True, help="Why; only the parties read it.")
@KEY_OPTION
@network_option
@reports
def reject(out: Output, instruction: bytes, reason: str, key_name: str, network_root: Path) -> None:
    """Say that INSTRUCTION could not be carried out, by the custodian: the money waits where it came from."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.Reject(), p.Rejected(instruction, reason))
        desk.done(
            "已退回指令，款项回到原处",
            "rejected, the money is back where it came from",
            done,
            f"linxin account reissue {instruction.hex()} --key {key_name} {desk.at}",
        )


@account.command("reissue", short_help="Have a rejected refund tried once more.")
@click.argument("instruction", type=INSTRUCTION)
@KEY_OPTION
@network_option
@reports
def reissue(out: Output, instruction: bytes, key_name: str, network_root: Path) -> None:
    """Instruct a rejected refund again, to the same receipt. Anybody may."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.Reissue(), p.Again(instruction))
        desk.done("退款指令已重新发出", "the refund is instructed again", done)


@account.command("state-day", short_help="The custodian's statement of a day, compared with the ledger.")
@click.argument("date", metavar="YYYY-MM-DD")
@click.option("--issued", type=MONEY, required=True, help="Taken in on that day, by the custodian's own books.")
@click.option("--redeemed", type=MONEY, required=True, help="Paid out on that day.")
@click.option("--balance", "kept", type=MONEY, required=True, help="Held at its end.")
@KEY_OPTION
@network_option
@reports
def state_day(out: Output, date: str, issued: int, redeemed: int, kept: int, key_name: str, network_root: Path) -> None:
    """State a day (UTC+8) that is over, by the custodian; the ledger says in public whether it agrees."""
    try:
        day = (read_time(f"{date}T12:00+00:00")) // 86_400_000
    except ValueError:
        raise click.BadParameter("expected YYYY-MM-DD", param_hint="DATE") from None
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(p.StateDay(day), p.DayTotals(issued, redeemed, kept))
        agrees = any(event[0] == "statement_agrees" for event in done.get("events", []))
        if not agrees:
            raise Problem(
                f"{date} 的日结与账本不一致，已公开记录",
                f"the statement of {date} differs from the ledger, and this is recorded in public",
                "请与审计机构核对",
                "go through it with the auditor",
            )
        desk.done(
            f"{date} 的日结与账本一致", f"the statement of {date} agrees with the ledger", done | {"agrees": True}
        )
