"""The trust archive for people: counts as bars, reviews, visits, endorsements, and what moderators did; and as JSON."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from cli.modules import standard_registry
from cli.output import Output
from cli.typed import clock, percent
from client.action_json import plain
from client.archive import Entry, Range, Row
from client.verified import printable
from ledger.modules.archive.messages import MODERATION_RULES
from ledger.modules.archive.state import CONCEALED, Endorsement, Listing, Review, Visit
from ledger.modules.archive.words import CLAIM_ENDS
from ledger.modules.archive.words import WORDS as ARCHIVE_WORDS

BAR = 30
"""Characters of a bar for everything."""

MODERATION = ("archive.hide", "archive.appeal", "archive.decide", "archive.appeal_over")


def nps(row: Listing) -> int | None:
    """The net promoter score, -100 to 100: the share of 9 and 10 less that of 0 to 6, in whole percent."""
    if not row.reviews:
        return None
    return round(100 * (sum(row.nps[9:]) - sum(row.nps[:7])) / row.reviews)


def is_moderation(entry: Entry) -> bool:
    """Whether an entry is a hiding, an appeal or a decision."""
    return entry.record.tag in MODERATION


class Shown:
    """Prints a listing."""

    def __init__(self, out: Output) -> None:
        self._say = out.say
        self._words = standard_registry().words

    def nothing(self, key: str) -> None:
        """Of a listing without entries."""
        self._say(f"[bold]{escape(key)}[/]：尚无记录（已证明）/ nothing was said yet (proven)")

    def counts(self, part: Range) -> None:
        """The certified counts of a listing, with its raw distributions."""
        row, as_of = part.counts, part.verified
        self._say(f"[bold]信任档案 {escape(part.listing)}[/]  trust archive")
        self._say(
            f"  截至 as of {clock(as_of.time_ms)} (height {as_of.checkpoint.height})，{len(as_of.signers)} 个节点签署"
        )
        self._say(f"  评价 reviews  [bold]{row.reviews}[/]，其中有图 with photos {row.photos}")
        for rating in (5, 4, 3, 2, 1):
            self._bar(f"{'★' * rating}{'☆' * (5 - rating)}", row.ratings[rating - 1], row.reviews)
        score = nps(row)
        self._say(
            f"  推荐度 NPS  [bold]{'—' if score is None else f'{score:+d}'}[/]（0–10 分的原始分布 raw distribution）"
        )
        for number in range(10, -1, -1):
            if row.nps[number]:
                self._bar(f"{number:>5}", row.nps[number], row.reviews)
        if row.reviewers:
            self._say(f"  复购 repurchase  {row.reviewers} 位评价者中 {row.returning} 位再次购买")
        if row.tags:
            said = "、".join(
                f"{self._words.value(each.name)[0]} {each.count}"
                for each in sorted(row.tags, key=lambda each: -each.count)
            )
            self._say(f"  标签 tags  {said}")
        ends = "、".join(f"{CLAIM_ENDS.get(each.name, (each.name,))[0]} {each.count}" for each in row.claims)
        self._say(f"  赔付 claims  {ends or '无 none'}")
        self._say(f"  超温批次 excursions  {row.excursions}")
        self._say(
            f"  探访 visits  {row.visits}；背书 endorsements  {row.endorsements}，已撤回 withdrawn {row.withdrawn}"
        )
        self._say(f"  隐藏 hidden  {row.hidden}（仍计入以上）；有内容被删除 erased  {row.erased}")

    def _bar(self, label: str, count: int, of: int) -> None:
        share = count / of if of else 0
        self._say(f"    {label} {'█' * round(BAR * share):<{BAR}} {count} ({share:.0%})")

    def entry(self, entry: Entry) -> None:
        """One review, visit or endorsement as it stands."""
        row = entry.row
        if isinstance(row, Review):
            self._review(entry, row)
        elif isinstance(row, Visit):
            state = ARCHIVE_WORDS.value(row.state)[0]
            self._say(
                f"  #{entry.position} {clock(row.time_ms)} 团长 {row.leader} 探访 {row.farm}（{row.site}），{state}"
            )
        elif isinstance(row, Endorsement):
            told = f"{ARCHIVE_WORDS.value(row.state)[0]}，披露佣金 {percent(row.commission_bp)}"
            self._say(f"  #{entry.position} {clock(row.time_ms)} 团长 {row.leader} 背书 {row.product}：{told}")

    def _review(self, entry: Entry, row: Review) -> None:
        tags = "、".join(self._words.value(tag)[0] for tag in row.tags)
        marks = [f"{len(row.photos)} 图"] * bool(row.photos) + [f"追评 {len(row.additions)}"] * bool(row.additions)
        marks += ["有内容已删除"] * row.has_erased
        marks += [self._words.value(row.state)[0]] * (row.state != "shown")
        marks += ["内容不展示"] * (row.state in CONCEALED)
        who = row.public_key.hex()[:8]
        more = "  ".join(each for each in (tags, *(f"[{mark}]" for mark in marks)) if each)
        line = f"  #{entry.position} {clock(row.time_ms)} {'★' * row.rating}{'☆' * (5 - row.rating)}"
        self._say(f"{line} 推荐度 {row.recommend} 买家 {who}（{row.community}） {more}", markup=False)
        self._say(f"      {entry.identity}", style="dim")
        told = describe_hiding(row)
        if told is not None:
            stands = {
                "hidden": "买家未申诉 / not appealed",
                "appealed": "买家已申诉，待裁定 / appealed, not decided yet",
                "upheld": f"申诉经 {told['decided_by']} 裁定，维持隐藏 / upheld on appeal",
            }[row.state]
            self._say(
                f"      {told['by']} 依规则 {told['rule']}（{told['rule_zh']} {told['rule_en']}）隐藏 hid it：{stands}",
                markup=False,
            )

    def moderation(self, told: dict[str, Any]) -> None:
        """One act of moderation, as `describe_moderation` tells it."""
        title = self._words.title(told["action"])[0]
        rule = "" if told["rule"] is None else f"，规则 {told['rule']}（{told['rule_zh']}）"
        outcome = {True: "：维持隐藏", False: "：恢复显示", None: ""}[told["upheld"]]
        by = f"，{told['by']}" if told["by"] else ""
        line = f"  #{told['position']} {clock(told['time_ms'])} {title}{by}{rule}{outcome}"
        self._say(printable(line), markup=False)
        self._say(printable(f"      {told['review']}"), style="dim", markup=False)


def describe_counts(row: Listing) -> dict[str, Any]:
    """A listing's counts as JSON holds them."""
    shown: dict[str, Any] = plain(row)
    for name in ("tags", "claims"):
        shown[name] = {each.name: each.count for each in getattr(row, name)}
    return shown | {"nps_score": nps(row)}


def describe_entry(entry: Entry) -> dict[str, Any]:
    """An entry as JSON holds it, with the present row of what it made."""
    kinds = {Review: "review", Visit: "visit", Endorsement: "endorsement"}
    row: Row | None = entry.row
    return {
        "position": entry.position,
        "id": entry.identity,
        "action": entry.record.tag,
        "time_ms": entry.record.time_ms,
        "kind": None if row is None else kinds[type(row)],
        "row": None if row is None else plain(row),
        "hiding": describe_hiding(row) if isinstance(row, Review) else None,
    }


def describe_hiding(row: Review) -> dict[str, Any] | None:
    """Of a review that is hidden now: by whom, under which rule, and where the appeal stands; None of others."""
    if row.state not in CONCEALED:
        return None
    hiding = row.moderation[-1]
    zh, en = ARCHIVE_WORDS.value(MODERATION_RULES[hiding.rule])
    return {
        "by": hiding.by,
        "rule": hiding.rule,
        "rule_zh": zh,
        "rule_en": en,
        "hidden_ms": hiding.hidden_ms,
        "appealed_ms": hiding.appealed_ms,
        "decided_ms": hiding.decided_ms,
        "decided_by": hiding.decided_by,
        "upheld": hiding.upheld,
    }


def describe_moderation(entry: Entry, reviews: Mapping[str, Review]) -> dict[str, Any]:
    """A hiding, an appeal, a decision, or the end of the time for one, as JSON holds it. `reviews`: present rows by id,
    which tell for which organisation a `key` signed.
    """
    record = entry.record
    what, *more = record.action[1:]
    review = what.hex() if isinstance(what, bytes) else str(what)
    rule = more[0] if record.tag == "archive.hide" else None
    restored = any(event[0] == "review_restored" for event in record.details)
    hidings = reviews[review].moderation if review in reviews else ()
    acts = {"archive.hide": ("by", "hidden_ms"), "archive.decide": ("decided_by", "decided_ms")}
    name, when = acts.get(record.tag, ("by", "appealed_ms"))
    by = [getattr(each, name) for each in hidings if record.tag in acts and getattr(each, when) == record.time_ms]
    return {
        "position": entry.position,
        "action": record.tag,
        "time_ms": record.time_ms,
        "review": review,
        "by": by[0] if by else "",
        "key": record.public_key.hex(),
        "rule": rule,
        "rule_zh": None if rule is None else ARCHIVE_WORDS.value(MODERATION_RULES.get(rule, str(rule)))[0],
        "upheld": {"archive.decide": not restored, "archive.appeal_over": False}.get(record.tag),
    }
