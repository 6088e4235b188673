"""Where each fen went: all receipts against all payments and accounts, and every line's split. All amounts are fen."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from linxin.v1 import trade_pb2
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from cli.demo import cast
from cli.demo.market import CUSTODIAN, LEADER, PRESALE, SECOND
from cli.demo.trading import Trading
from cli.output import Output, Problem
from cli.yuan import yuan
from client import trade
from client.connection import Connection
from ledger.modules.payments import ports as p
from ledger.modules.payments.messages import Withdraw, WithdrawTerms

AUDITOR = "auditor"
OUTSIDE = p.custodian_account(CUSTODIAN)

NAMES = {
    p.organisation_account(CUSTODIAN, cast.FARM): ("农场", "farm"),
    p.organisation_account(CUSTODIAN, cast.HUB): ("物流枢纽", "logistics"),
    p.organisation_account(CUSTODIAN, cast.PLATFORM): ("平台", "platform"),
    p.guarantee_account(CUSTODIAN, cast.PLATFORM): ("平台保证金", "the platform's guarantee"),
    p.float_account(CUSTODIAN, LEADER): ("团长先赔备用金", "float in the leader's hands"),
    p.member_account(CUSTODIAN, LEADER): ("团长", "leader"),
    p.escrow_account(CUSTODIAN, PRESALE): ("预售团托管", "escrow of the presale"),
    p.deposit_account(CUSTODIAN, PRESALE): ("预售团押金", "its deposit"),
    p.holdback_account(CUSTODIAN, PRESALE): ("预售团质保留款", "what it kept back"),
    p.deposit_account(CUSTODIAN, SECOND): ("第二团押金", "deposit of the second group"),
}


@dataclass(frozen=True)
class Books:
    """What an auditor reads once all is over."""

    issued_fen: int
    """By the custodian's account on the ledger: what it issued less what it paid out."""

    accounts: list[trade_pb2.Account]
    """All but the custodian's own, which stands for the world outside."""

    lines: dict[str, list[trade_pb2.ListLinesResponse.Entry]]
    """By campaign, by number."""

    instructions: list[trade_pb2.Instruction]
    claims: list[trade_pb2.Claim]


def withdraw(story: Trading) -> None:
    """The farm has its money paid out; the leader's is on its way."""
    farm = _available(story, cast.FARM, p.organisation_account(CUSTODIAN, cast.FARM))
    leader = _available(story, LEADER, p.member_account(CUSTODIAN, LEADER))
    story.do(cast.FARM, Withdraw(), WithdrawTerms(CUSTODIAN, farm))
    story.pay_out()
    story.do(LEADER, Withdraw(), WithdrawTerms(CUSTODIAN, leader))
    story.tick(f"农场提现 {yuan(farm)}，托管机构已付", f"the farm withdraws {yuan(farm)}, and the custodian has paid")
    story.say(
        f"团长提现 {yuan(leader)}，等托管机构付款：已冻结，尚在账上",
        f"the leader withdraws {yuan(leader)}: held until the custodian has paid",
    )


def _available(story: Trading, signer: str, account: str) -> int:
    key = story.telling.keys[signer]
    found = story.submitter.run(lambda connection: trade.get_account(connection, key, account))
    return int(found.available_fen)


def read_books(story: Trading) -> Books:
    """Read everything as the auditor; raises `Problem` where a fen is missing or too many."""
    auditor, custodian = story.telling.keys[AUDITOR], story.telling.keys[CUSTODIAN]

    async def ask(connection: Connection) -> Books:
        accounts = [each async for each in trade.list_accounts(connection, auditor, f"{CUSTODIAN}/")]
        lines = {
            name: [entry async for entry in trade.list_lines(connection, auditor, name)] for name in (PRESALE, SECOND)
        }
        listed = trade.list_instructions(connection, custodian, CUSTODIAN, include_closed=True)
        claims = trade.list_claims(connection, auditor, campaign=PRESALE, include_closed=True)
        outside = next(each for each in accounts if each.name == OUTSIDE)
        return Books(
            -outside.balance_fen,
            [each for each in accounts if each.name != OUTSIDE],
            lines,
            [each async for each in listed],
            [each async for each in claims],
        )

    books = story.submitter.run(ask)
    taken, paid = sum(story.taken_fen.values()), sum(each.fen for each in _paid(books))
    kept = sum(each.balance_fen for each in books.accounts)
    if not books.issued_fen == kept == taken - paid:
        raise Problem(
            f"账不平：账本发行 {books.issued_fen} 分，各账户合计 {kept} 分，收付相抵 {taken - paid} 分",
            f"the books do not balance: {books.issued_fen} fen issued, {kept} in accounts, {taken - paid} by receipts",
            "请报告开发者",
            "report this to the developers",
        )
    return books


def _paid(books: Books) -> list[trade_pb2.Instruction]:
    return [each for each in books.instructions if each.state == "confirmed"]


def show_books(story: Trading, books: Books) -> None:
    """Three tables: in and out, the lines of the presale, and what is left where."""
    out = story.telling.out
    _show_flows(out, story, books)
    _show_split(out, books)
    _show_accounts(out, books)


def _show_flows(out: Output, story: Trading, books: Books) -> None:
    table = _table("经托管机构的每一分钱\nevery fen through the custodian", "笔数\ncount", "金额\nfen in yuan")
    orders = [fen for who, fen in story.taken_fen.items() if who.startswith("order:")]
    others = [fen for who, fen in story.taken_fen.items() if not who.startswith("order:")]
    table.add_row("收 居民付款（含处置所得）/ in: residents, proceeds of the box", str(len(orders)), yuan(sum(orders)))
    table.add_row("收 农场、平台、物流存入 / in: farm, platform, logistics", str(len(others)), yuan(sum(others)))
    for zh, en, found in _by_why(_paid(books)):
        table.add_row(f"付 {zh} / out: {en}", str(len(found)), yuan(-sum(found)))
    table.add_section()
    table.add_row("[bold]仍在账户中 / still in accounts[/]", "", f"[bold]{yuan(books.issued_fen)}[/]")
    out.show(table)


def _by_why(found: Iterable[trade_pb2.Instruction]) -> list[tuple[str, str, list[int]]]:
    """(Chinese, English, amounts) of payments, by what they were for."""
    sorts: dict[str, tuple[str, str, list[int]]] = {}
    for each in found:
        sorts.setdefault(each.why, (each.why_zh, each.why_en, []))[2].append(each.fen)
    return list(sorts.values())


def _show_split(out: Output, books: Books) -> None:
    money = [entry.money for entry in books.lines[PRESALE]]
    paid, charged = sum(each.paid_fen for each in money), sum(each.charged_fen for each in money)
    table = _table("预售团四十单的每一分钱\nevery fen of the presale's forty orders", "金额\nfen in yuan")
    table.add_row("居民付款 / paid by residents", yuan(paid))
    table.add_row("− 降价、缺货、少重、退货退回 / back: price, shortage, weight, return", yuan(charged - paid))
    borne = sum(each.borne_fen for each in money)
    table.add_row("− 由卖方承担的赔付 / claims that the seller bears", yuan(-borne))
    table.add_section()
    for zh, en, part in (
        ("农场所得", "to the farm", "seller_fen"),
        ("团长所得", "to the leader", "leader_fen"),
        ("平台所得", "to the platform", "platform_fen"),
        ("物流所得", "to logistics", "logistics_fen"),
    ):
        table.add_row(f"{zh} / {en}", yuan(sum(getattr(each.split, part) for each in money)))
    out.show(table)


def _show_accounts(out: Output, books: Books) -> None:
    table = _table("账户\naccount", "归谁\nwhose", "余额\nbalance", "其中冻结\nof it held")
    for account in books.accounts:
        if account.name in NAMES:
            table.add_row(
                escape(account.name), " ".join(NAMES[account.name]), yuan(account.balance_fen), yuan(account.held_fen)
            )
    rest = [each for each in books.accounts if each.name not in NAMES]
    table.add_row(
        f"其余 {len(rest)} 个（各单收款） / {len(rest)} others, of receipts",
        "",
        yuan(sum(each.balance_fen for each in rest)),
        yuan(sum(each.held_fen for each in rest)),
    )
    table.add_section()
    table.add_row(
        "[bold]合计 / in all[/]", "", f"[bold]{yuan(sum(each.balance_fen for each in books.accounts))}[/]", ""
    )
    out.show(table)
    out.say(
        f"    [green]✓[/] 已发行减已兑付 = 各账户之和 = {yuan(books.issued_fen)}，一分不差\n"
        f"      issued less redeemed = sum of all accounts = {yuan(books.issued_fen)}, to the fen"
    )


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right" if name != "归谁\nwhose" else "left", no_wrap=True)
    return table


def document(books: Books) -> dict[str, Any]:
    """The part of `--json` that tells of money."""
    return {
        "issued_fen": books.issued_fen,
        "accounts": [
            {"name": each.name, "balance_fen": each.balance_fen, "held_fen": each.held_fen} for each in books.accounts
        ],
        "lines": [_line(entry) for entries in books.lines.values() for entry in entries],
        "claims": [_claim(each) for each in books.claims],
        "payments": [
            {"why": each.why, "fen": each.fen, "state": each.state, "refund": bool(each.receipt)}
            for each in books.instructions
        ],
    }


def _claim(claim: trade_pb2.Claim) -> dict[str, Any]:
    return {
        "campaign": claim.campaign,
        "number": claim.line.number,
        "cause": claim.cause,
        "state": claim.state,
        "fen": claim.fen,
        "paid_fen": claim.paid_fen,
        "award_fen": claim.award_fen if claim.HasField("award_fen") else None,
        "liable": claim.liable,
    }


def _line(entry: trade_pb2.ListLinesResponse.Entry) -> dict[str, Any]:
    line, money = entry.line, entry.money
    parts = ("seller_fen", "leader_fen", "platform_fen", "logistics_fen", "holdback_fen")
    return {
        "campaign": line.campaign,
        "number": line.number,
        "state": line.state,
        "units": line.units,
        "allotted": line.allotted if line.HasField("allotted") else None,
        "packed_grams": line.packed_grams if line.HasField("packed_grams") else None,
        "returned": line.returned,
        "paid_fen": money.paid_fen,
        "charged_fen": money.charged_fen,
        "compensated_fen": money.compensated_fen,
        "borne_fen": money.borne_fen,
        "split": {part: getattr(money.split, part) for part in parts} if money.HasField("split") else None,
    }
