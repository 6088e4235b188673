"""`linxin review hide|appeal|decide`: moderation by published rules; hidden is not deleted, and still counts."""

from pathlib import Path

import click

from cli.acting import KEY_OPTION, Desk
from cli.output import Output, Problem, network_option, reports
from cli.saying import MEMBERSHIP_OPTION, REASON_OPTION, keep_as_resident, keep_reason, named, need_reviewer
from cli.typed import TRANSACTION
from ledger.modules.archive import messages as a

WHICH = click.argument("which", type=TRANSACTION, metavar="REVIEW")


@click.command("hide", short_help="Hide the words of a review under a published rule.")
@WHICH
@click.option(
    "--rule",
    type=click.Choice([str(number) for number in a.MODERATION_RULES]),
    required=True,
    help="; ".join(f"{number} {named(rule)}" for number, rule in a.MODERATION_RULES.items()) + ".",
)
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def hide(out: Output, which: bytes, rule: str, reason: str, key_name: str, network_root: Path) -> None:
    """Hide the words and photos of REVIEW, by its community or a platform that has no part in the sale."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(a.Hide(which, int(rule), keep_reason(desk, reason)))
        desk.done(
            f"已依规则 {rule}（{named(a.MODERATION_RULES[int(rule)])}）隐藏；评分仍计入，买家可申诉",
            f"hidden under rule {rule}; the rating still counts, and its author can appeal",
            done | {"review": which.hex(), "rule": int(rule)},
            f"linxin review appeal {which.hex()} --reason TEXT --key RESIDENT {desk.at}",
        )


@click.command("appeal", short_help="The reviewer does not agree.")
@WHICH
@REASON_OPTION
@MEMBERSHIP_OPTION
@KEY_OPTION
@network_option
@reports
def appeal(
    out: Output, which: bytes, reason: str, membership_file: Path | None, key_name: str, network_root: Path
) -> None:
    """Ask that somebody else decides about one's hidden REVIEW; nobody in time means that it is shown again."""
    with Desk(out, network_root, key_name) as desk:
        who = need_reviewer(desk, membership_file)
        said = keep_as_resident(desk, who, reason, ()).words
        if said is None:
            raise Problem("没有写理由", "no reason is given", "请用 --reason 写明", "say it with --reason")
        done = desk.offer(who.appeal(desk.chain_id, which, said), "archive.appeal")
        desk.done(
            "已申诉，由第三方裁定",
            "appealed: somebody who did not hide it decides",
            done | {"review": which.hex()},
            f"linxin review decide {which.hex()} restore --reason TEXT --key INSPECTOR {desk.at}",
        )


@click.command("decide", short_help="Decide an appeal.")
@WHICH
@click.argument("answer", type=click.Choice(["uphold", "restore"]))
@REASON_OPTION
@KEY_OPTION
@network_option
@reports
def decide(out: Output, which: bytes, answer: str, reason: str, key_name: str, network_root: Path) -> None:
    """Decide the appeal of REVIEW, by an inspector, regulator, auditor or community that did not hide it."""
    with Desk(out, network_root, key_name) as desk:
        done = desk.act(a.Decide(which, answer == "uphold", keep_reason(desk, reason)))
        said = ("维持隐藏", "it stays hidden") if answer == "uphold" else ("恢复显示", "it is shown again")
        desk.done(*said, done | {"review": which.hex()}, f"linxin review show {which.hex()} {desk.at}")
