"""Records other than readings, and what the rules found, in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from client.journey.entry import READINGS, FlagRaised, device_of, fields_of, known_registry
from client.journey.known import Known
from client.journey.text import MICRO, Clock, decimal, fill, with_unit
from client.verified import VerifiedRecord
from ledger.modules.trace.words import METRICS
from ledger.words import Words

_REFERENCES = {
    **{kind: kind for kind in ("device", "product", "site", "plot", "planting", "vehicle", "certificate")},
    **dict.fromkeys(("organisation", "receiver", "shipper", "holder"), "organisation"),
    **dict.fromkeys(("origin", "destination"), "site"),
}  # fmt: skip
"""Fields that hold keys of subjects, and their type; `target`, `thing`, `container` hold whole subjects."""


UNITS_LISTED_MAX = 6
"""Units packed alike whose keys are told; of more, only how many."""


class Sentences:
    """Tells records in the words of the modules, with all that is `known`; times by `clock`."""

    def __init__(self, known: Known, clock: Clock) -> None:
        self.known = known
        self.clock = clock

    def tell(self, record: VerifiedRecord, **merged: Any) -> Words:
        """A record in a sentence; of an unknown action its tag and fields. `merged` replaces fields."""
        fields = self.widened(record.tag, fields_of(record)) | merged
        words = {name: self.value(name, value, fields) for name, value in fields.items()}
        action = known_registry().words.actions.get(record.tag)
        if action is None:
            shown = ", ".join(f"{name}={value[1]}" for name, value in words.items() if value is not None)
            return f"{record.tag}：{shown}", f"{record.tag}: {shown}"
        if action.sentence is None:
            zh, en = self.known.name(next(iter(record.subjects), ""))
            return f"{action.title[0]}：{zh}", f"{action.title[1]}: {en}"
        return (
            fill(action.sentence[0], {name: value and value[0] for name, value in words.items()}),
            fill(action.sentence[1], {name: value and value[1] for name, value in words.items()}),
        )

    def widened(self, tag: str, fields: dict[str, Any]) -> dict[str, Any]:
        """An action's fields and what the proof adds to them: what a lot is called, what a shipment held."""
        if tag == "trace.harvest":
            lot = f"{fields['product']}/{fields['number']}"
            return fields | {"lot": lot, "goods": self.known.goods.get(f"lot:{lot}")}
        if tag in ("trace.receive", "trace.refuse_shipment"):
            shipped = self.known.shipments.get(fields["shipment"], {})
            return {name: shipped.get(name) for name in ("shipper", "units", "lots")} | fields
        return fields

    def value(self, name: str, value: Any, fields: Mapping[str, Any]) -> Words | None:
        """A field in words; None where there is nothing to say."""
        if not value:
            return None
        if value is True:
            return "", ""
        if name == "goods":
            return str(value[0]), str(value[1])
        if name == "unit":
            return self.known.units([value] if isinstance(value, str) else value, UNITS_LISTED_MAX)
        if name == "units":
            return self.known.units(value)
        if isinstance(value, list | tuple):
            parts = [self.item(name, one) for one in value]
            return "、".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)
        if isinstance(value, bytes):
            return value.hex(), value.hex()
        if isinstance(value, int):
            return self.number(name, value, fields)
        if name in ("target", "thing", "container"):
            return self.known.name(value)
        if name == "lot":
            return self.known.name(f"lot:{value}")
        if name in _REFERENCES:
            subject = f"{_REFERENCES[name]}:{value}"
            unnamed = name == "destination" and subject not in self.known.names
            return None if unnamed else self.known.name(subject)
        return self.known.choice(str(value))

    def number(self, name: str, value: int, fields: Mapping[str, Any]) -> Words:
        """An integer field: an instant, a quantity, a loss, or itself."""
        if name == "quantity" and "lot" in fields:
            return self.known.amount(fields["lot"], value)
        if name in ("valid_from_ms", "valid_to_ms"):
            text = self.clock.day(value)
        elif name.endswith("_ms"):
            text = self.clock.instant(value)
        else:
            text = f"{decimal(value, MICRO)} kg" if name == "loss" else str(value)
        return text, text

    def item(self, name: str, item: Any) -> Words:
        """One of several: a portion of a lot, an output, a test result, a lot."""
        match name, item:
            case "results", [str(analyte), _, int(value), int(scale), str(unit), limit, bool(passed)]:
                measured = f"{analyte} {decimal(value, scale)} {unit}"
                zh, en = self.known.choice("pass" if passed else "fail")
                if isinstance(limit, int):
                    zh, en = f"限值 {decimal(limit, scale)}，{zh}", f"limit {decimal(limit, scale)}, {en}"
                return f"{measured}（{zh}）", f"{measured} ({en})"
            case "outputs", [str(product), str(number), int(quantity)]:
                key, amount = self.known.lot(f"{product}/{number}"), self.known.amount(f"{product}/{number}", quantity)
                return f"{key[0]} {amount[0]}", f"{key[1]} {amount[1]}"
            case _, [str(lot), int(quantity)]:
                key, amount = self.known.name(f"lot:{lot}"), self.known.amount(lot, quantity)
                return f"{key[0]} {amount[0]}", f"{key[1]} {amount[1]}"
            case "lots", str(lot):
                return self.known.name(f"lot:{lot}")
            case _:
                return self.known.choice(str(item))

    def flags(self, group: Sequence[VerifiedRecord]) -> Iterable[FlagRaised]:
        """What the rules found when they accepted the records of one line, each finding once.

        Every further record of an excursion states it again, added up: of those the last one is told. What happened to
        goods that only grew or travelled beside these is told, but not as serious.
        """
        found: dict[str, tuple[VerifiedRecord, list[Any]]] = {}
        for record in sorted(group, key=lambda record: record.height):
            for event in record.details:
                found[str(event[:3] if event[0] == "excursion" else event)] = record, event
        for record, (event, *fields) in found.values():
            known = known_registry().words.events.get(event)
            if known is not None and known.about != "fact":
                words = self.event_words(event, fields, record)
                zh, en = ({str(at): word[language] for at, word in enumerate(words)} for language in (0, 1))
                beside = self.known.is_aside(record) or any(map(self.known.is_beside, fields[:1]))
                serious = known.about == "goods" and not beside
                yield FlagRaised(event, serious, fill(known.says[0], zh), fill(known.says[1], en))

    def doubts(self, group: Sequence[VerifiedRecord]) -> Iterable[FlagRaised]:
        """Readings among these that were declared wrong, however much later: the device's certified row says so."""
        found: dict[tuple[int, int], str] = {}
        for record in group:
            device = device_of(record)
            for first, last in self.known.doubtful.get(device, ()) if record.tag == READINGS else ():
                if first <= fields_of(record)["sequence"] <= last:
                    found[first, last] = device
        for (first, last), device in found.items():
            zh, en = self.known.name(device)
            said = f"{zh}的第 {first} 至 {last} 号读数记录被声明有误"
            yield FlagRaised("declared_wrong", True, said, f"records {first} to {last} of {en} were declared wrong")

    def event_words(self, event: str, fields: Sequence[Any], record: VerifiedRecord) -> list[Words]:
        """An event's fields in words: subjects by name, instants, readings with their unit, durations."""
        known, beside_ms = self.known, fields_of(record).get("start_ms")
        match event, fields:
            case "excursion", [str(lot), str(metric), int(first), int(last), int(peak), int(exponent), int(outside)]:
                minutes = -(-outside // 60_000)
                return [
                    known.name(lot),
                    METRICS.get(metric, (metric, metric)),
                    _alike(self.clock.instant(first, beside_ms)),
                    _alike(self.clock.instant(last, beside_ms)),
                    self.reading(record, metric, peak, exponent),
                    _alike(str(exponent)),
                    (f"{minutes} 分钟", f"{minutes} min"),
                ]
            case "outlier", [str(metric), int(count), int(worst), int(exponent), *_]:
                reading = self.reading(record, metric, worst, exponent)
                return [METRICS.get(metric, (metric, metric)), _alike(str(count)), reading]
            case "time_gap", [int(first), int(last)]:
                return [_alike(self.clock.instant(first)), _alike(self.clock.instant(last))]
            case "not_judged", [str(place), int(before)]:
                return [known.name(place), _alike(self.clock.instant(before, beside_ms))]
            case "safety_interval", [str(lot), str(registration), int(until)]:
                return [known.name(lot), _alike(registration), _alike(self.clock.instant(until))]
            case "shortage", [str(lot), int(short)]:
                return [known.name(lot), known.amount(lot.removeprefix("lot:"), short)]
            case _:
                return [self.plain(field) for field in fields]

    def reading(self, record: VerifiedRecord, metric: str, value: int, exponent: int) -> Words:
        """One reading of the device that signed `record`, with its unit where the metric is known."""
        facts = self.known.metrics.get((device_of(record).removeprefix("device:"), metric))
        unit = with_unit(facts.unit) if facts is not None else ""
        return _alike(decimal(value, exponent) + unit)

    def plain(self, field: Any) -> Words:
        """A field of an event by its own kind: a metric, a subject, a value chosen, text or number."""
        if not isinstance(field, str):
            return _alike(str(field))
        return METRICS.get(field) or (self.known.name(field) if ":" in field else self.known.choice(field))


def _alike(text: str) -> Words:
    return text, text
