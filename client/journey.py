"""A verified journey as a timeline that people read: what happened when, by whom, to what, and what is wrong with it.

Everything shown comes out of the verified proof: records, and the rows of the subjects it proves. Names and scales
that it does not hold (an organisation's name, the unit of a logger proven only through its truck) may be given from
elsewhere: `names` and `scales`; without them keys and raw integers are shown.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from client.journey_words import FLAGS, KINDS, METRICS, SENTENCES, UNITS, VALUES, Words
from client.verified import VerifiedProof, VerifiedRecord
from ledger.block import HEADER
from ledger.crypto.utc import TIME_LIMIT_MS, format_time
from ledger.modules.catalogue import network_registry
from ledger.modules.registry.state import Device

READINGS = "trace.record_readings"
DAY_MS = 86_400_000
MICRO = 6

Scale = tuple[str, int]
"""Unit code and exponent of a metric: a reading r means r x 10^exponent units."""

_REFERENCES = {
    **{kind: kind for kind in KINDS if kind != "member"},
    **dict.fromkeys(("organisation", "receiver", "holder"), "organisation"),
    "units": "unit",
}  # fmt: skip
"""Fields that hold keys of subjects, and their type; `target`, `thing`, `container` hold whole subjects."""


@dataclass(frozen=True)
class FlagRaised:
    """Something to look at; `serious` when goods, not only data, are concerned."""

    event: str
    serious: bool
    zh: str
    en: str


@dataclass(frozen=True)
class Entry:
    """One line of a timeline. Times are ms since the epoch.

    `time_ms`: when it happened as its signer says (else block time); `until_ms`: the end, of readings; `recorded_ms`:
    block time. `who`: the signing organisation or device as the record names it, "" where it names none. `subject`:
    what it is about. `records` = how many records the line stands for: a device's readings of a day make one line.
    """

    time_ms: int
    until_ms: int
    recorded_ms: int
    tag: str
    who: str
    who_words: Words
    subject: str
    zh: str
    en: str
    flags: tuple[FlagRaised, ...]
    records: int
    transaction_ids: tuple[bytes, ...]


def timeline(
    proof: VerifiedProof,
    names: Mapping[str, Words] | None = None,
    scales: Mapping[tuple[str, str], Scale] | None = None,
) -> list[Entry]:
    """The journey in order of time, readings gathered by device and day.

    `names`: subject -> its name; `scales`: (device key, metric) -> unit and exponent. What the proof holds wins.
    """
    teller = _Teller(proof, names or {}, scales or {})
    told = [record for record in proof.records if record.kind != HEADER and record.code == 0]
    plain = [teller.entry(record) for record in told if record.tag != READINGS]
    groups: dict[tuple[str, int], list[VerifiedRecord]] = {}
    for record in told:
        if record.tag == READINGS:
            fields = fields_of(record)
            groups.setdefault((teller.subject(record), fields["start_ms"] // DAY_MS), []).append(record)
    gathered = [teller.readings(device, records) for (device, _), records in groups.items()]
    return sorted([*plain, *gathered], key=lambda entry: (entry.time_ms, entry.recorded_ms))


def genesis_names(genesis: bytes) -> dict[str, Words]:
    """The names of the organisations of a genesis file, which is trusted, by subject."""
    listed = json.loads(genesis)["organisations"]
    return {f"organisation:{one['id']}": (one["name_zh"], one["name_en"]) for one in listed}


@cache
def _field_names() -> dict[str, tuple[str, ...]]:
    return {tag: action.__struct_fields__ for tag, action in network_registry().actions.items()}


def fields_of(record: VerifiedRecord) -> dict[str, Any]:
    """An action's values by field name; by position ("1", "2", ...) where this version does not know the action."""
    names = _field_names().get(record.tag) or tuple(str(place) for place in range(1, len(record.action)))
    return dict(zip(names, record.action[1:], strict=False))


def decimal(value: int, exponent: int) -> str:
    """An integer times 10^exponent in decimal digits, exactly, without trailing zeros."""
    if exponent >= 0:
        return str(value * 10**exponent)
    digits = f"{abs(value):0{1 - exponent}d}"
    fraction = digits[exponent:].rstrip("0")
    return ("-" if value < 0 else "") + digits[:exponent] + ("." + fraction if fraction else "")


class _Teller:
    """Puts the records of one proof into words."""

    def __init__(
        self, proof: VerifiedProof, names: Mapping[str, Words], scales: Mapping[tuple[str, str], Scale]
    ) -> None:
        self.names = dict(names)
        self.scales = dict(scales)
        for record in proof.records:
            fields = fields_of(record)
            if {"name_zh", "name_en"} <= fields.keys():
                self.names[self.subject(record)] = (str(fields["name_zh"]), str(fields["name_en"]))
        for subject, section in proof.sections.items():
            if subject.startswith("device:"):
                self._learn_device(subject, section.row)

    def _learn_device(self, subject: str, row: Any) -> None:
        """Take name and scales from a device's proven row; rows of another version's form are passed over."""
        try:
            device = msgspec.convert(row, Device, builtin_types=(bytes,))
        except msgspec.ValidationError:
            return
        self.names[subject] = (device.name_zh, device.name_en)
        for metric in device.metrics:
            self.scales[subject.partition(":")[2], metric.name] = (metric.unit, metric.exponent)

    def subject(self, record: VerifiedRecord) -> str:
        """What the record is about: the first subject that is itself or comes out of it."""
        about = [subject for subject, naming in record.subjects.items() if naming.role in ("self", "output")]
        return next(iter([*about, *record.subjects]), "")

    def who(self, record: VerifiedRecord) -> str:
        """The device of readings; else the first organisation that the record names."""
        if record.tag == READINGS:
            return self.subject(record)
        return next((subject for subject in record.subjects if subject.startswith("organisation:")), "")

    def name(self, subject: str) -> Words:
        """A subject in words: its name, else its type and the end of its key."""
        kind, _, key = subject.partition(":")
        if subject in self.names:
            return self.names[subject]
        words, short = KINDS.get(kind, (kind, kind)), key.rpartition("/")[2]
        return f"{words[0]} {short}", f"{words[1]} {short}"

    def entry(self, record: VerifiedRecord) -> Entry:
        """A record other than readings."""
        fields = fields_of(record)
        event_ms = fields.get("event_ms")
        time_ms = event_ms if isinstance(event_ms, int) else record.time_ms
        zh, en = self.sentence(record.tag, fields)
        ids = (record.transaction_id,) if record.transaction_id else ()
        who = self.who(record)
        words = self.name(who) if who else ("账本", "the ledger")
        flags = tuple(self.flags(record))
        return Entry(
            time_ms, time_ms, record.time_ms, record.tag, who, words, self.subject(record), zh, en, flags, 1, ids
        )

    def sentence(self, tag: str, fields: Mapping[str, Any]) -> Words:
        """The sentence for an action; of an unknown one, its tag and fields."""
        templates = SENTENCES.get(tag)
        if templates is None:
            shown = ", ".join(f"{name}={self.value(name, value)[1]}" for name, value in fields.items())
            return f"{tag}：{shown}", f"{tag}: {shown}"
        said = []
        for language, template in enumerate(templates):
            worded = _Worded({name: self.value(name, value)[language] for name, value in fields.items()})
            said.append(template.format_map(worded).strip())
        return said[0], said[1]

    def value(self, name: str, value: Any) -> Words:
        """A field's value in words."""
        if value is None or value in ("", [], ()):
            return "—", "—"
        if isinstance(value, list | tuple):
            parts = [self.item(name, one) for one in value]
            return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)
        if isinstance(value, bytes):
            return value.hex(), value.hex()
        if isinstance(value, int):
            text = _number(name, value)
            return text, text
        if name in ("target", "thing", "container"):
            return self.name(value)
        if name in _REFERENCES:
            return self.name(f"{_REFERENCES[name]}:{value}")
        return VALUES.get(value, (str(value), str(value)))

    def item(self, name: str, item: Any) -> Words:
        """One of several: a portion of a lot, an output, a test result, a key."""
        match name, item:
            case "results", [str(analyte), _, int(value), int(scale), str(unit), limit, bool(passed)]:
                bound = f" ≤ {decimal(limit, scale)}" if isinstance(limit, int) else ""
                measured = f"{analyte} {decimal(value, scale)} {unit}{bound}"
                verdict = VALUES["pass" if passed else "fail"]
                return f"{measured}（{verdict[0]}）", f"{measured} ({verdict[1]})"
            case "outputs", [str(product), str(number), int(quantity)]:
                key, amount = self.name(f"lot:{product}/{number}"), decimal(quantity, -MICRO)
                return f"{key[0]} {amount}", f"{key[1]} {amount}"
            case _, [str(lot), int(quantity)]:
                key, amount = self.name(f"lot:{lot}"), decimal(quantity, -MICRO)
                return f"{key[0]} {amount}", f"{key[1]} {amount}"
            case "lots", str(lot):
                return self.name(f"lot:{lot}")
            case _:
                return self.value(name, item)

    def readings(self, device: str, records: Sequence[VerifiedRecord]) -> Entry:
        """A day of readings of one device: how many, and between what each metric lay."""
        values: dict[str, list[int]] = {}
        starts, ends, count = [], [], 0
        for record in records:
            fields = fields_of(record)
            taken = len(fields["columns"][0][1])
            offsets = fields.get("offsets_ms") or []
            starts.append(fields["start_ms"])
            ends.append(fields["start_ms"] + (offsets[-1] if offsets else (taken - 1) * fields["interval_ms"]))
            count += taken
            for metric, column in fields["columns"]:
                values.setdefault(metric, []).extend(value for value in column if value is not None)
        ranges = [self.range(device, metric, found) for metric, found in values.items() if found]
        words = self.name(device)
        zh = f"{words[0]}：{count} 次读数；" + "，".join(zh for zh, _ in ranges)
        en = f"{words[1]}: {count} readings; " + ", ".join(en for _, en in ranges)
        flags = tuple(dict.fromkeys(flag for record in records for flag in self.flags(record)))
        thing = next((one for record in records for one in record.subjects if one != device), device)
        ids = tuple(record.transaction_id for record in records)
        last_ms = max(record.time_ms for record in records)
        return Entry(min(starts), max(ends), last_ms, READINGS, device, words, thing, zh, en, flags, len(records), ids)

    def range(self, device: str, metric: str, values: list[int]) -> Words:
        """The span of a metric's values, in its unit where the scale is known."""
        scale = self.scales.get((device.partition(":")[2], metric))
        low, high = (decimal(value, scale[1]) if scale else str(value) for value in (min(values), max(values)))
        span = low if low == high else f"{low} – {high}"
        name = METRICS.get(metric, (metric, metric))
        if scale is None:
            return f"{name[0]} {span}（原始整数）", f"{name[1]} {span} (raw integers)"
        unit = UNITS.get(scale[0], scale[0])
        return f"{name[0]} {span} {unit}", f"{name[1]} {span} {unit}"

    def flags(self, record: VerifiedRecord) -> Iterable[FlagRaised]:
        """What the rules found when they accepted the record."""
        for event, *fields in record.details:
            known = FLAGS.get(event)
            if known is not None:
                serious, zh, en = known
                words = [self.event_field(event, place, fields) for place in range(len(fields))]
                missing = ["?"] * 8
                texts = (
                    template.format(*[word[at] for word in words], *missing) for at, template in ((0, zh), (1, en))
                )
                yield FlagRaised(event, serious, *texts)

    def event_field(self, event: str, place: int, fields: Sequence[Any]) -> Words:
        """An event's field in words; instants, peaks and durations by their place."""
        value, text = fields[place], str(fields[place])
        if isinstance(value, str):
            return METRICS.get(value) or (self.name(value) if ":" in value else (text, text))
        if not isinstance(value, int):
            return text, text
        match event, place:
            case ("excursion", 2 | 3) | ("time_gap", _) | ("safety_interval", 2):
                text = _time(value)
            case ("excursion", 4) | ("outlier", 2):
                exponent = fields[5] if event == "excursion" else fields[3]
                text = decimal(value, exponent)
            case ("excursion", 6):
                minutes = -(-value // 60_000)
                return f"{minutes} 分钟", f"{minutes} min"
            case ("shortage", 1):
                text = decimal(value, -MICRO)
            case _:
                pass
        return text, text


class _Worded(dict[str, str]):
    """Fields for a sentence; one that the action lacks (an older form, a default left out) shows as a dash."""

    def __missing__(self, key: str) -> str:
        return "—"


def _time(time_ms: int) -> str:
    """An instant to the second, UTC; the bare number where no calendar reaches."""
    return f"{format_time(time_ms)[:19]}Z" if 0 <= time_ms < TIME_LIMIT_MS else str(time_ms)


def _number(name: str, value: int) -> str:
    """An integer field: an instant, a quantity in micro-units, or itself."""
    if name.endswith("_ms"):
        return _time(value)
    return decimal(value, -MICRO) if name in ("quantity", "loss", "net_content") else str(value)


__all__ = ["Entry", "FlagRaised", "Scale", "decimal", "fields_of", "genesis_names", "timeline"]
