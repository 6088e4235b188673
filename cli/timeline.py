"""A proven journey on the console: by day, Chinese first, English under it, what is wrong in colour."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from rich.markup import escape

from cli.output import Output
from client.journey import Entry, genesis_names, timeline
from client.verified import VerifiedProof
from ledger.proof.format import JourneyClaim

STAMP = "%H:%M"
Words = tuple[str, str]


def show_journey(
    out: Output, verified: VerifiedProof, genesis: bytes, zone: tzinfo | None = None
) -> list[dict[str, Any]]:
    """Print the timeline of a proven journey, times in `zone` (None: this machine's); returns it as JSON holds it.

    Registrations and certificates have no other time than that of their record and stand first; then what happened.
    """
    entries, signers = timeline(verified, genesis_names(genesis)), _signers(verified, genesis)
    standing = [entry for entry in entries if entry.time_ms == entry.recorded_ms]
    events = [entry for entry in entries if entry.time_ms != entry.recorded_ms]
    if standing:
        out.say("\n  [bold]登记与资质[/]  [dim]registrations and certificates[/]")
    for entry in standing:
        _show_entry(out, entry, "•", signers)
    day = ""
    for entry in events:
        began, ended = _local(entry.time_ms, zone), _local(entry.until_ms, zone)
        if (today := f"{began:%Y-%m-%d}") != day:
            day = today
            out.say(f"\n  [bold]{day}[/]  [dim]{began:%Z}[/]")
        span = f"{began:{STAMP}}" if entry.until_ms == entry.time_ms else f"{began:{STAMP}}–{ended:{STAMP}}"
        _show_entry(out, entry, span, signers)
    summary = _summary(verified, entries)
    out.say(f"\n  {summary['zh']}\n  [dim]{summary['en']}[/]")
    return [_plain(entry, signers) for entry in (*standing, *events)]


def _signers(verified: VerifiedProof, genesis: bytes) -> dict[bytes, Words]:
    """Transaction id -> name of the organisation whose first key signed it, as the trusted genesis file has them."""
    names: dict[str, Words] = {
        key["public_key"]: (each["name_zh"], each["name_en"])
        for each in json.loads(genesis)["organisations"]
        for key in each["keys"]
    }
    signed = ((record.transaction_id, names.get(record.public_key.hex())) for record in verified.records)
    return {transaction: name for transaction, name in signed if transaction and name is not None}


def _who(entry: Entry, signers: Mapping[bytes, Words]) -> Words:
    """Who signed: by the key where the genesis file knows it, else as the record lets one see."""
    known = {signers[transaction] for transaction in entry.transaction_ids if transaction in signers}
    return known.pop() if len(known) == 1 else entry.who_words


def _show_entry(out: Output, entry: Entry, when: str, signers: Mapping[bytes, Words]) -> None:
    who_zh, who_en = _who(entry, signers)
    out.say(f"  [cyan]{when:<11}[/]  {escape(entry.zh)}  [dim]{escape(who_zh)}[/]")
    out.say(f"               [dim]{escape(entry.en)}  · {escape(who_en)}[/]")
    for flag in entry.flags:
        style = "bold red" if flag.serious else "yellow"
        out.say(f"               [{style}]⚠ {escape(flag.zh)}[/]")
        out.say(f"               [{style}]  {escape(flag.en)}[/]")


def _local(time_ms: int, zone: tzinfo | None) -> datetime:
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone)
    except (OverflowError, ValueError):  # a year that no calendar reaches, as a signer may write it
        return datetime.fromtimestamp(0, UTC)


def _summary(verified: VerifiedProof, entries: list[Entry]) -> Mapping[str, str]:
    serious = sum(flag.serious for entry in entries for flag in entry.flags)
    records, journals = len(verified.records), len(verified.sections)
    whole = isinstance(verified.claim, JourneyClaim)
    zh = f"共 {records} 条记录、{journals} 份日志" + ("，完整无缺" if whole else "")
    en = f"{records} records in {journals} journals" + (", none missing" if whole else "")
    if serious:
        return {"zh": f"{zh}；{serious} 处异常已标出", "en": f"{en}; {serious} marked for attention"}
    return {"zh": f"{zh}；无异常", "en": f"{en}; nothing marked"}


def _plain(entry: Entry, signers: Mapping[bytes, Words]) -> dict[str, Any]:
    who_zh, who_en = _who(entry, signers)
    return {
        "time_ms": entry.time_ms,
        "until_ms": entry.until_ms,
        "recorded_ms": entry.recorded_ms,
        "action": entry.tag,
        "who": entry.who,
        "who_zh": who_zh,
        "who_en": who_en,
        "subject": entry.subject,
        "zh": entry.zh,
        "en": entry.en,
        "flags": [{"event": flag.event, "serious": flag.serious, "zh": flag.zh, "en": flag.en} for flag in entry.flags],
        "records": entry.records,
        "transactions": entry.transaction_ids,
    }
