"""`linxin governance ...`: what the organisations of a network decide by vote: validators, parameters, upgrades."""

import time
from pathlib import Path
from typing import Any

import click
from linxin.v1 import ledger_pb2
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from cli.keys import open_key
from cli.output import Output, Problem, network_option, reports
from cli.records import clock
from cli.survival import Survival
from client.action_json import plain
from client.governance import Governance, change_words, read_governance, status_words
from client.network_directory import NetworkDirectory, open_network
from client.submit import Submitter
from ledger.crypto.encoding import decode
from ledger.module import Action, tag_of
from ledger.modules.governance import messages as m
from ledger.modules.governance.state import Proposal

HOUR_MS = 3_600_000

KEY_OPTION = click.option(
    "--key", "key_name", required=True, metavar="KEYFILE", help="The organisation's key: a file, or a name in keys/."
)


@click.group()
def governance() -> None:
    """What the organisations that run validators decide: validators, parameters, upgrades. One vote each."""


@governance.command("vote", short_help="Approve or reject an open proposal.")
@click.argument("number", type=click.IntRange(min=1))
@click.argument("answer", type=click.Choice(["yes", "no"]))
@KEY_OPTION
@network_option
@reports
def vote(out: Output, number: int, answer: str, key_name: str, network_root: Path) -> None:
    """Vote on proposal NUMBER for the organisation whose key signs; it may change its mind while the vote is open."""
    opened = open_network(network_root)
    with Submitter.to(opened) as submitter:
        submitter.record(open_key(key_name, opened), m.Vote(number, approve=answer == "yes"))
        tell_proposal(out, opened, submitter.run(read_governance), number)


@governance.command("withdraw", short_help="Take an own open proposal back.")
@click.argument("number", type=click.IntRange(min=1))
@KEY_OPTION
@network_option
@reports
def withdraw(out: Output, number: int, key_name: str, network_root: Path) -> None:
    """Take proposal NUMBER back; only the organisation that made it can."""
    opened = open_network(network_root)
    with Submitter.to(opened) as submitter:
        submitter.record(open_key(key_name, opened), m.Withdraw(number))
        tell_proposal(out, opened, submitter.run(read_governance), number)


@governance.command("address", short_help="Tell where a validator of one's own is reached.")
@click.argument("validator")
@click.argument("address", metavar="HOST:PORT")
@KEY_OPTION
@network_option
@reports
def address(out: Output, validator: str, address: str, key_name: str, network_root: Path) -> None:
    """Tell the other validators that VALIDATOR is reached at HOST:PORT from now on; needs no vote."""
    opened = open_network(network_root)
    with Submitter.to(opened) as submitter:
        receipt = submitter.record(open_key(key_name, opened), m.SetAddress(validator, address))
    out.say(f"[bold green]✓[/] {escape(validator)}: {escape(address)}")
    out.finish({"ok": True, "validator": validator, "address": address, "height": receipt.height})


@governance.command("list", short_help="Validators, learners, and the proposals that are open.")
@click.option("--all", "with_closed", is_flag=True, help="Also what was decided, and who left.")
@network_option
@reports
def list_(out: Output, with_closed: bool, network_root: Path) -> None:
    """Show who runs the network and what is put to the vote."""
    with Submitter.to(open_network(network_root)) as submitter:
        known = submitter.run(read_governance)
    _show_validators(out, known, with_closed=with_closed)
    shown = {number: row for number, row in known.proposals.items() if with_closed or row.status == "open"}
    for number, row in shown.items():
        zh, en = change_words(row.change)
        said = status_words(row.status)
        out.say(f"[bold]{number}[/] {said[0]} {said[1]}  {escape(zh)} / {escape(en)}")
    if not shown:
        out.say("没有待决提案 / no proposal is open")
    in_force = known.in_force
    if in_force.next_set_height:
        ids = ", ".join(known.sets[in_force.next_set_height].ids())
        out.say(
            f"自高度 {in_force.next_set_height} 起由以下节点验证 / from that height on these certify: {escape(ids)}"
        )
    out.finish(
        {
            "ok": True,
            "height": known.height,
            "electorate": known.electorate,
            "votes_needed": known.votes_needed,
            "validators": [{"id": each} | describe_validator(known, each) for each in _listed(known, with_closed)],
            "parameters": in_force.parameters,
            "rules_version": in_force.version_at(known.height + 1),
            "upgrade": in_force.upgrade,
            "next_set_height": in_force.next_set_height or None,
            "proposals": [describe_proposal(known, number) for number in shown],
        }
    )


@governance.command("show", short_help="One proposal, with all votes.")
@click.argument("number", type=click.IntRange(min=1))
@network_option
@reports
def show(out: Output, number: int, network_root: Path) -> None:
    """Show proposal NUMBER: what it asks for, who voted how, and what is still needed."""
    opened = open_network(network_root)
    with Submitter.to(opened) as submitter:
        tell_proposal(out, opened, submitter.run(read_governance), number)


def propose(out: Output, root: Path, key_name: str, change: m.Change) -> None:
    """Sign a proposal, wait until it is final, and tell how it stands. For the commands of `governance propose`."""
    opened = open_network(root)
    with Submitter.to(opened) as submitter:
        receipt = submitter.record(open_key(key_name, opened), change)
        tell_proposal(out, opened, submitter.run(read_governance), proposed_number(receipt))


def proposed_number(receipt: ledger_pb2.Receipt) -> int:
    """The number that a proposal was given."""
    return next(int(event[1]) for event in decode(receipt.events, list) if event[0] == "proposed")


def tell_proposal(out: Output, opened: NetworkDirectory, known: Governance, number: int) -> None:
    """Say what a proposal asks for, how it stands, and what comes next; this is the result of the command."""
    if number not in known.proposals:
        raise Problem(
            f"没有提案 {number}", f"there is no proposal {number}", "linxin governance list", "`linxin governance list`"
        )
    row = known.proposals[number]
    (zh, en), said = change_words(row.change), status_words(row.status)
    approving, against, silent = known.standing(number)
    out.say(f"[bold]提案 {number}[/]  {escape(zh)}\n[bold]proposal {number}[/]  {escape(en)}")
    out.say(f"  {said[0]} / {said[1]}  高度 height {row.proposed_height}，由 by {escape(row.by)}")
    out.say(f"  赞成 yes {', '.join(approving) or '-'}  反对 no {', '.join(against) or '-'}")
    survival = _survival_after(known, row)
    for line in survival.words() if survival is not None else ():
        out.say(f"  [{'yellow' if survival is not None and survival.warns else 'dim'}]{line}[/]")
    following = _next_steps(opened, known, number, len(approving), silent)
    for line in following:
        out.say(f"  → {escape(line)}")
    out.finish({"ok": True, "next": following} | describe_proposal(known, number))


def _survival_after(known: Governance, row: Proposal) -> Survival | None:
    """What the network survives once this change of its members holds; None for what leaves their number as it is."""
    if row.status not in ("open", "passed"):
        return None
    members = set(known.members)
    match row.change:
        case m.ProposePromotion(learner=learner):
            after = members | {learner}
        case m.ProposeRemoval(validator=validator):
            after = members - {validator}
        case _:
            return None
    return Survival.of(len(after)) if after not in (members, set()) else None


def _next_steps(opened: NetworkDirectory, known: Governance, number: int, yes: int, silent: list[str]) -> list[str]:
    """What its readers do next, in the order of doing."""
    row, at = known.proposals[number], f"--network {opened.root}"
    if row.status == "open":
        missing = known.votes_needed - yes
        hours, names = max(0, row.expires_ms - time.time_ns() // 1_000_000) // HOUR_MS, ", ".join(silent)
        return [
            f"{hours} 小时内还需 {missing} 票赞成 / {missing} more must approve within {hours} hours: {names}",
            f"linxin governance vote {number} yes --key KEYFILE {at}",
        ]
    if row.status != "passed":
        return []
    match row.change:
        case m.ProposeLearner(validator=learner, organisation=organisation):
            old = [each for each in known.members if known.validators[each].organisation == organisation]
            return [
                f"启动它并等它赶上 / start it and let it catch up: linxin network up {opened.root}",
                f"然后 / then: linxin governance propose promote {learner} --key KEYFILE {at}",
                *(f"或更换 / or in place of {each}: linxin network rotate {opened.root} {each}" for each in old),
            ]
        case m.ProposeParameter() | m.ProposeUpgrade():
            return [f"linxin governance list {at}"]
        case _:
            height = known.in_force.next_set_height or known.in_force.set_height
            return [f"自高度 {height} 起生效 / takes effect at height {height}: linxin network status {opened.root}"]


def describe_proposal(known: Governance, number: int) -> dict[str, Any]:
    """A proposal as `--json` tells it."""
    row = known.proposals[number]
    (zh, en), (approving, against, silent) = change_words(row.change), known.standing(number)
    change = row.change
    assert isinstance(change, Action)
    return {
        "number": number,
        "status": row.status,
        "by": row.by,
        "action": tag_of(type(change)),
        "change": plain(change),
        "zh": zh,
        "en": en,
        "proposed_height": row.proposed_height,
        "decided_height": row.decided_height,
        "expires": clock(row.expires_ms),
        "yes": approving,
        "no": against,
        "silent": silent,
        "votes_needed": known.votes_needed,
    }


def describe_validator(known: Governance, validator: str) -> dict[str, Any]:
    """A validator or learner as `--json` tells it."""
    row = known.validators[validator]
    return {
        "organisation": row.organisation,
        "public_key": row.public_key.hex(),
        "address": row.address,
        "status": row.status,
        "added_height": row.added_height,
        "first_height": row.first_height,
        "retired_height": row.retired_height,
    }


def _listed(known: Governance, with_closed: bool) -> list[str]:
    return [each for each, row in known.validators.items() if with_closed or row.status != "retired"]


def _show_validators(out: Output, known: Governance, *, with_closed: bool) -> None:
    table = Table(box=SIMPLE, pad_edge=False)
    for name in (
        "节点\nid",
        "机构\norganisation",
        "身份\nstatus",
        "地址\naddress",
        "公钥\npublic key",
        "高度\nheights",
    ):
        table.add_column(name, no_wrap=True)
    for each in _listed(known, with_closed):
        row = known.validators[each]
        heights = f"{row.first_height or '-'} … {row.retired_height or ''}"
        said = " ".join(status_words(row.status))
        table.add_row(each, row.organisation, said, row.address or "-", row.public_key.hex()[:16] + "…", heights)
    out.show(table)
    voters = ", ".join(known.electorate)
    out.say(
        f"表决 electorate: {escape(voters)}，须 {known.votes_needed} 票 / {known.votes_needed} votes pass a proposal"
    )
