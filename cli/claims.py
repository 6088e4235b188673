"""`linxin claim ...`: a buyer's claim, paid at once by the leader, decided by the records or by the adjudicator."""

from pathlib import Path
from typing import get_args

import click
from linxin.v1 import trade_pb2
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from cli.acting import KEY_OPTION, Desk, gather
from cli.campaign_shown import as_json
from cli.orders import ask_of_order, find_order
from cli.output import Output, network_option, reports
from cli.typed import COMMITMENT, MONEY, ORDER, clock, yuan
from client import trade
from ledger.modules.claims import messages as c

CAUSES = get_args(c.Cause)
REASONS_OPTION = click.option(
    "--reasons", type=COMMITMENT, required=True, metavar="HEX", help="Vault address of the reasons: `linxin blob put`."
)


@click.group()
def claim() -> None:
    """Claims: open one, pay it at once, contest or decide it."""


@claim.command("open", short_help="Claim within the window of one's order.")
@click.argument("campaign")
@click.option("--cause", type=click.Choice(CAUSES), required=True, help="What is wrong.")
@click.option("--amount", type=MONEY, required=True, help="What is asked for: yuan, or whole fen with fen behind.")
@click.option("--evidence", type=COMMITMENT, multiple=True, metavar="HEX", help="Vault address of a photograph.")
@KEY_OPTION
@network_option
@reports
def open_(
    out: Output,
    campaign: str,
    cause: c.Cause,
    amount: int,
    evidence: tuple[bytes, ...],
    key_name: str,
    network_root: Path,
) -> None:
    """Claim for the order of --key in CAMPAIGN: the leader can pay at once, the records tell who bears it."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.OpenClaim(campaign, cause, evidence), c.ClaimTerms(amount))
        found = desk.ask(lambda connection: trade.get_claim(connection, desk.key))
        desk.done(
            f"已申报 {yuan(amount)}：{found.state_zh}" + (f"，初步认定 {found.liable} 承担" if found.liable else ""),
            f"{yuan(amount)} is claimed: {found.state_en}"
            + (f", {found.liable} is found liable" if found.liable else ""),
            done | {"claim": as_json(found)},
            f"linxin claim show --key {key_name} {desk.at}",
        )


@claim.command("pay", short_help="The leader pays a claim at once.")
@click.argument("campaign")
@click.argument("which", metavar="NUMBER|ORDER")
@click.option("--amount", type=MONEY, required=True, help="Yuan, or whole fen with fen behind.")
@click.option("--own", is_flag=True, help="Out of her own account (`linxin claim opt-in`), not the platform's float.")
@KEY_OPTION
@network_option
@reports
def pay(out: Output, campaign: str, which: str, amount: int, own: bool, key_name: str, network_root: Path) -> None:
    """Pay the open claim of an order at once, whoever bears it in the end."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.Pay(campaign), c.Payment(find_order(desk, campaign, which), amount, own))
        desk.done(f"已先赔 {yuan(amount)}", f"{yuan(amount)} is paid to the buyer at once", done)


@claim.command("opt-in", short_help="Whether a leader lays out money of her own.")
@click.argument("answer", type=click.Choice(["yes", "no"]))
@KEY_OPTION
@network_option
@reports
def opt_in(out: Output, answer: str, key_name: str, network_root: Path) -> None:
    """Say whether the leader of --key is willing to lay out her own money; she has it back within the day."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.OptIn(answer == "yes"))
        said = ("愿意垫付", "is willing to") if answer == "yes" else ("不垫付", "does not")
        desk.done(f"团长{said[0]}", f"the leader {said[1]} lay out her own money", done)


@claim.command("contest", short_help="Whom the rule finds liable does not agree.")
@click.argument("campaign")
@click.argument("which", type=ORDER, metavar="ORDER")
@REASONS_OPTION
@KEY_OPTION
@network_option
@reports
def contest(out: Output, campaign: str, which: bytes, reasons: bytes, key_name: str, network_root: Path) -> None:
    """Contest the finding on the claim of ORDER, by the organisation found liable: the adjudicator decides."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.Contest(campaign), c.Contested(which, reasons))
        desk.done("已申辩，转由裁定机构决定", "contested: the adjudicator decides", done)


@claim.command("adjudicate", short_help="The adjudicator decides, with reasons.")
@click.argument("campaign")
@click.argument("which", type=ORDER, metavar="ORDER")
@click.option("--award", type=MONEY, required=True, help="What the buyer is due in all.")
@click.option("--liable", default="", help="Who bears it; left out: the platform's guarantee.")
@REASONS_OPTION
@KEY_OPTION
@network_option
@reports
def adjudicate(
    out: Output, campaign: str, which: bytes, award: int, liable: str, reasons: bytes, key_name: str, network_root: Path
) -> None:
    """Decide the claim of ORDER, by the campaign's adjudicator."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.Adjudicate(campaign), c.Finding(which, award, liable, reasons))
        who = liable or "平台保证金 the platform's guarantee"
        desk.done(f"裁定 {yuan(award)}，由 {who} 承担", f"{yuan(award)} is awarded, borne by {who}", done)


@claim.command("withdraw", short_help="Take one's claim back.")
@click.argument("campaign")
@KEY_OPTION
@network_option
@reports
def withdraw(out: Output, campaign: str, key_name: str, network_root: Path) -> None:
    """Take the undecided claim of the order of --key back; what the leader paid stays paid."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(c.WithdrawClaim(campaign))
        desk.done("申报已撤回", "the claim is taken back", done)


@claim.command("show", short_help="One claim.")
@click.argument("which", type=ORDER, required=False, metavar="[ORDER]")
@click.option("--number", type=click.IntRange(0, c.CLAIMS_MAX), default=0, help="Which of the order's; 0: its newest.")
@KEY_OPTION
@network_option
@reports
def show(out: Output, which: bytes | None, number: int, key_name: str, network_root: Path) -> None:
    """Show a claim of ORDER, or of the order made under --key: its state, who is liable, what is paid and awarded."""
    with Desk(out, network_root, key_name) as desk:
        wanted = which.hex() if which is not None else ""
        found = ask_of_order(desk, lambda connection: trade.get_claim(connection, desk.key, wanted, number))
    award = yuan(found.award_fen) if found.HasField("award_fen") else "—"
    for zh, en, said in (
        ("订单", "order", f"{found.order}，{found.campaign} #{found.line.number}"),
        ("原因", "cause", f"{found.cause_zh} {found.cause_en}"),
        ("状态", "state", f"{found.state_zh} {found.state_en}"),
        ("申报", "asked", yuan(found.fen)),
        ("团长已赔", "paid at once", yuan(found.paid_fen)),
        ("裁定", "awarded", award),
        ("承担", "liable", found.liable or "—"),
        ("时限", "time limit", clock(found.due_ms)),
    ):
        out.say(f"  {zh} {en}  {escape(said)}")
    out.finish({"ok": True} | as_json(found))


@claim.command("list", short_help="The claims of a campaign that concern one.")
@click.argument("campaign")
@click.option("--all", "with_closed", is_flag=True, help="Also what is decided.")
@KEY_OPTION
@network_option
@reports
def list_(out: Output, campaign: str, with_closed: bool, key_name: str, network_root: Path) -> None:
    """List the claims of CAMPAIGN that wait for a decision, or all."""
    with Desk(out, network_root, key_name) as desk:
        ask = gather(
            lambda connection: trade.list_claims(connection, desk.key, campaign=campaign, include_closed=with_closed)
        )
        found: list[trade_pb2.Claim] = desk.ask(ask)
    table = Table(box=SIMPLE, pad_edge=False)
    for name in (
        "#",
        "订单\norder",
        "原因\ncause",
        "状态\nstate",
        "申报\nasked",
        "已赔\npaid",
        "承担\nliable",
        "时限\ndue",
    ):
        table.add_column(name, no_wrap=True)
    for each in found:
        state, cause = f"{each.state_zh} {each.state}", f"{each.cause_zh} {each.cause}"
        fen = (yuan(each.fen), yuan(each.paid_fen))
        table.add_row(str(each.line.number), each.order, cause, state, *fen, each.liable or "—", clock(each.due_ms))
    out.show(table)
    out.finish({"ok": True, "claims": [as_json(each) for each in found]})
