"""A proven journey on the console: a lot's life in brief, then day by day; Chinese first, English under it."""

from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby
from typing import Any

from rich.text import Text

from cli.output import Output
from cli.wrap import wrap
from client.journey import READINGS, Clock, Entry, Fact, Known, More, headline, timeline
from client.journey.vocabulary import STANDING
from client.verified import VerifiedProof, printable
from ledger.proof.format import JourneyClaim

WIDTH_MAX = 104
LABEL_WIDTH = 22
TIME_WIDTH = 16
DAY_MS = 86_400_000
WEEKDAYS = "一二三四五六日"

MARKS = {
    "registry.register_device": "◦",
    "registry.calibrate_device": "◦",
    READINGS: "≈",
    "trace.harvest": "✂",
    "trace.inspect": "✓",
    "trace.issue_certificate": "✓",
    "trace.ship": "→",
    "trace.receive": "←",
}
"""A sign before the lines that readers look for."""


def show_journey(
    out: Output, verified: VerifiedProof, genesis: bytes, zone: tzinfo | None = None, more: More | None = None
) -> list[dict[str, Any]]:
    """Print a proven journey: in brief, what stands behind it, then day by day. Returns its lines as JSON holds them.

    Times are in `zone` (None: this machine's). `more`: names and scales that the proof does not hold.
    """
    known, clock = Known(verified, genesis, more), Clock(zone)
    entries = timeline(verified, known, clock)
    standing = [entry for entry in entries if entry.tag in STANDING]
    standing.sort(key=lambda entry: STANDING.index(entry.tag))
    events = [entry for entry in entries if entry.tag not in STANDING]
    if not out.as_json:
        page = _Page(out, clock)
        page.facts(headline(verified, known, clock, entries))
        if standing:
            page.heading("登记与资质", "registrations and certificates")
        for entry in standing:
            page.entry(entry, "", "")
        for day, of_day in groupby(events, lambda entry: clock.day(entry.until_ms)):
            page.day(day, list(of_day))
        page.summary(verified, entries)
    return [_plain(entry) for entry in (*standing, *events)]


class _Page:
    """Lines on one console, no wider than people like to read."""

    def __init__(self, out: Output, clock: Clock) -> None:
        self.console = out.console
        self.clock = clock
        self.width = min(out.console.width, WIDTH_MAX)

    def row(self, label: Text, width: int, text: Text) -> None:
        """A label of `width` cells, and beside it a text of as many lines as it needs."""
        label.truncate(width, pad=True)
        for line in wrap(text, self.width - width):
            self.console.print(Text.assemble(label, line))
            label = Text(" " * width)

    def facts(self, facts: Sequence[Fact]) -> None:
        """The lot in brief."""
        if facts:
            self.console.print()
        for fact in facts:
            zh, en = map(printable, fact.says)
            style = "bold red" if fact.alarm else ""
            label = Text.assemble("  ", (fact.label[0], "bold"), " ", (fact.label[1], "dim"))
            text = Text.assemble((zh, style), *([("\n" + en, style or "dim")] if en != zh else []))
            self.row(label, LABEL_WIDTH, text)

    def heading(self, zh: str, en: str) -> None:
        """The beginning of a part."""
        self.console.print()
        self.console.print(Text.assemble("  ", (zh, "bold"), "  ", (en, "dim")))

    def day(self, day: str, entries: Sequence[Entry]) -> None:
        """What happened on a day; where all of it was recorded much later, that is said once."""
        local = self.clock.local(entries[0].until_ms)
        together = {self.clock.day(entry.recorded_ms) for entry in entries}
        once = len(together) == 1 and all(map(_is_late, entries))
        late = f"  · 记录于 recorded {min(together)}" if once else ""
        self.heading(f"{day} 周{WEEKDAYS[local.weekday()]}", f"{local:%A}{late}")
        for entry in entries:
            began, ended = self.clock.hour(entry.time_ms), self.clock.hour(entry.until_ms)
            late = "" if once or not _is_late(entry) else f"  · 记录于 recorded {self.clock.day(entry.recorded_ms)}"
            self.entry(entry, began if began == ended else f"{began}–{ended}", late)

    def entry(self, entry: Entry, when: str, late: str) -> None:
        """A line in both languages, with who signed it, and what is wrong with it."""
        signed = ["", ""] if entry.tag == READINGS else [f"  · {printable(who)}" for who in entry.who_words]
        aside = ("（其他货物）", " (other goods)") if entry.aside else ("", "")
        zh = (printable(entry.zh) + aside[0], "dim" if entry.aside else "")
        en = (printable(entry.en) + aside[1] + signed[1], "dim")
        text = Text.assemble(zh, (signed[0], "cyan"), (late, "dim"), "\n", en)
        for flag in entry.flags:
            text.append(f"\n⚠ {printable(flag.zh)}\n⚠ {printable(flag.en)}", "bold red" if flag.serious else "yellow")
        mark = (MARKS.get(entry.tag, "·"), "green")
        if when:
            self.row(Text.assemble("  ", (f"{when:<12}", "cyan"), mark), TIME_WIDTH, text)
        else:
            self.row(Text.assemble("  ", mark), 4, text)

    def summary(self, verified: VerifiedProof, entries: Sequence[Entry]) -> None:
        """How much there is, that none is missing, and how much of it wants attention."""
        serious = sum(flag.serious for entry in entries for flag in entry.flags)
        records, journals = len(verified.records), len(verified.sections)
        whole = isinstance(verified.claim, JourneyClaim)
        zh = f"共 {records} 条记录、{journals} 份日志" + ("，完整无缺" if whole else "")
        en = f"{_counted(records, 'record')} in {_counted(journals, 'journal')}" + (", none missing" if whole else "")
        zh += f"；{serious} 处异常已标出 ⚠" if serious else "；无异常"
        en += f"; {serious} marked ⚠ for attention" if serious else "; nothing marked"
        offset = self.clock.offset(verified.time_ms)
        self.console.print()
        self.console.print(
            Text.assemble("  ", (f"{zh}。时间均为 {offset}", "bold"), "\n  ", (f"{en}. Times are {offset}", "dim"))
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _is_late(entry: Entry) -> bool:
    return entry.recorded_ms - entry.until_ms > DAY_MS


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "time_ms": entry.time_ms,
        "until_ms": entry.until_ms,
        "recorded_ms": entry.recorded_ms,
        "action": entry.tag,
        "who": entry.who,
        "who_zh": entry.who_words[0],
        "who_en": entry.who_words[1],
        "subject": entry.subject,
        "aside": entry.aside,
        "zh": entry.zh,
        "en": entry.en,
        "flags": [{"event": flag.event, "serious": flag.serious, "zh": flag.zh, "en": flag.en} for flag in entry.flags],
        "records": entry.records,
        "transactions": entry.transaction_ids,
    }
