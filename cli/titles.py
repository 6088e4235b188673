"""`linxin title ...` and `linxin leader show`: who holds a title by which thresholds; a leader's record."""

from pathlib import Path

import click
from rich.markup import escape

from cli.acting import Desk
from cli.modules import standard_registry
from cli.output import Output, network_option, reports
from cli.saying import named
from cli.typed import clock, percent
from client.action_json import plain
from client.governance import read_governance
from client.reviewing import get_row, list_rows
from ledger.genesis import load_genesis
from ledger.modules.rewards import PARAMETERS
from ledger.modules.rewards.state import LeaderRecord, leaders, titles

RECORD = (
    ("已结算团购", "campaigns settled", ("campaigns",)),
    ("按时交付", "handed over on time", ("on_time",)),
    ("迟交", "late", ("late",)),
    ("当场退货", "returned on the spot", ("returned",)),
    ("买家未取", "buyers who did not come", ("no_shows",)),
    ("未交付", "not served by her", ("unserved",)),
    ("失联被替补 / 替补他人", "replaced / stood in", ("replaced", "stood_in")),
    ("申报 / 先赔", "claims opened / paid at once", ("claims_opened", "claims_paid")),
    ("支持 / 驳回 / 过期", "upheld / rejected / lapsed", ("claims_upheld", "claims_rejected", "claims_lapsed")),
    ("撤回 / 召回", "withdrawn / recalled", ("claims_withdrawn", "claims_recalled")),
    ("探访", "visits confirmed", ("visits",)),
    ("背书 / 已撤回", "endorsements / withdrawn", ("endorsements", "withdrawn")),
    ("背书商品 / 其中达标", "listings endorsed / of them sound", ("endorsed", "sound")),
)


@click.group()
def title() -> None:
    """Honour titles: show, thresholds."""


@title.command("show", short_help="Who holds which title, and since when.")
@click.argument("community")
@click.option("--holder", default="", help="A leader's member id, or a resident's public key in hex; else all.")
@network_option
@reports
def show(out: Output, community: str, holder: str, network_root: Path) -> None:
    """Show the titles that are or were held in COMMUNITY: each spell, and why it ended."""
    with Desk(out, network_root) as desk:
        every = desk.ask(lambda connection: list_rows(connection, titles))
    found = []
    for key, row in every:
        name, where, who = key.split("/", 2)
        if where != community or holder not in ("", who):
            continue
        found.append({"title": name, "holder": who} | plain(row))
        out.say(f"[bold]{named(name)}[/]  {escape(who)}  {named(row.state)}")
        for spell in row.spells:
            until = "—" if spell.to_ms is None else clock(spell.to_ms)
            out.say(f"    {clock(spell.from_ms)} → {until}  {named(spell.loss) if spell.loss else ''}")
    if not found:
        out.say("没有荣誉 / no title")
    desk.tell_next([f"linxin title thresholds {desk.at}"])
    out.finish({"ok": True, "community": community, "titles": found})


@title.command("thresholds", short_help="By which numbers points and titles are given.")
@network_option
@reports
def thresholds(out: Output, network_root: Path) -> None:
    """Show the parameters in force: they are published, and change by a vote alone."""
    with Desk(out, network_root) as desk:
        changed = desk.ask(read_governance).in_force.parameters
        declared = load_genesis(desk.network.genesis_bytes(), standard_registry()).parameters
    in_force = declared | changed
    found = {name: in_force[name] for name in PARAMETERS}
    zh, en = ("金牌体验官", "gold taster")
    out.say(
        f"[bold]{zh} {en}[/]：评价 reviews ≥ {found['taster_reviews']}，带图 with photos ≥ {found['taster_photos']}，"
        f"被隐藏 hidden ≤ {found['taster_hidden_max']}"
    )
    out.say(
        f"[bold]社区好物推荐官 neighbourhood recommender[/]：背书且达标的商品 products vouched for and sound ≥ "
        f"{found['recommender_endorsements']}；达标 sound: 评价 reviews ≥ {found['recommender_reviews']}，"
        f"四五星 of four or five ≥ {percent(found['recommender_good_bp'])}"
    )
    out.say(
        f"[bold]积分 points[/]：每条评价 a review {found['review_points']}，带图另加 with photos "
        f"+{found['photo_points']}，与评分无关 whatever it says；每日 a day ≤ {found['points_day_max']}，"
        f"每月 a month ≤ {found['points_month_max']}"
    )
    out.finish({"ok": True, "parameters": found})


@click.group()
def leader() -> None:
    """Leaders: show."""


@leader.command("show", short_help="A leader's record, in counts.")
@click.argument("member")
@network_option
@reports
def show_leader(out: Output, member: str, network_root: Path) -> None:
    """Show the record of the leader MEMBER: what became of her campaigns, claims, visits and endorsements."""
    with Desk(out, network_root) as desk:
        row = desk.ask(lambda connection: get_row(connection, leaders, member)) or LeaderRecord()
    out.say(f"[bold]{escape(member)}[/]")
    for zh, en, fields in RECORD:
        out.say(f"  {zh} {en}  {' / '.join(str(getattr(row, name)) for name in fields)}")
    if row.campaigns:
        least, most = percent(row.commission_bp_min), percent(row.commission_bp_max)
        out.say(f"  佣金 commission  {least if least == most else f'{least} – {most}'}")
    out.finish({"ok": True, "member": member} | plain(row))
