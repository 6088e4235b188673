"""Which pair of functions an event or a record belongs to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from standards.epcis.document import Event
from standards.epcis.mapping import growing, handling, watching
from standards.epcis.mapping.facts import Action, Facts, NotRuled, Recorded
from standards.epcis.mapping.parts import list_of, members_of
from standards.epcis.names import OWN, PREFIX, moment_of, subject_of, time_ms_of
from standards.epcis.semantics import event_remarks
from standards.epcis.vocabulary import bare

SUBJECTS_MAX = 64


@dataclass(frozen=True)
class Pair:
    """A kind of record: its event and how to read it back, and by what an event of that kind is known."""

    event: Callable[[Recorded, Facts], Event]
    reader: Callable[[Event, Facts], Action]
    type: str
    action: str | None
    steps: tuple[str, ...]
    marks: Callable[[Event], bool] = lambda _: True

    def fits(self, event: Event) -> bool:
        """Whether `event` is of this kind by type, action, business step and marks."""
        return (
            event.get("type") == self.type
            and event.get("action") == self.action
            and event.get("bizStep") in self.steps
            and self.marks(event)
        )


def _has(name: str) -> Callable[[Event], bool]:
    return lambda event: f"{PREFIX}:{name}" in event


def _is_recall(event: Event) -> bool:
    return event.get("disposition") == "recalled"


def _parent_is(*kinds: str) -> Callable[[Event], bool]:
    return lambda event: (subject_of(event.get("parentID")) or "").partition(":")[0] in kinds


def _has_planting(event: Event) -> bool:
    return any((subject_of(uri) or "").startswith("planting:") for uri in list_of(event.get("epcList")))


PAIRS = {
    "trace.start_planting": Pair(
        growing.planting_started, growing.start_planting, "ObjectEvent", "ADD", growing.BIRTH_STEPS, _has_planting
    ),
    "trace.end_planting": Pair(
        growing.planting_ended, growing.end_planting, "ObjectEvent", "DELETE", ("decommissioning",), _has_planting
    ),
    "trace.record_operation": Pair(
        growing.operation_done, growing.record_operation, "ObjectEvent", "OBSERVE", ("other",), _has("operation")
    ),
    "trace.harvest": Pair(
        growing.harvested,
        growing.harvest,
        "ObjectEvent",
        "ADD",
        growing.BIRTH_STEPS,
        lambda event: f"{PREFIX}:planting" in members_of(event.get("ilmd")),
    ),
    "trace.inspect": Pair(
        growing.inspected, growing.inspect, "ObjectEvent", "OBSERVE", ("inspecting", "sampling"), _has("verdict")
    ),
    "trace.transform": Pair(
        handling.transformed,
        handling.transform,
        "TransformationEvent",
        None,
        ("repackaging", "commissioning", "creating_class_instance"),
    ),
    "trace.pack_unit": Pair(handling.packed, handling.pack_unit, "AggregationEvent", "ADD", ("packing",)),
    "trace.unpack_unit": Pair(handling.unpacked, handling.unpack_unit, "AggregationEvent", "DELETE", ("unpacking",)),
    "trace.load": Pair(
        handling.loaded, handling.load, "AggregationEvent", "ADD", ("loading", "storing"), _parent_is("vehicle", "site")
    ),
    "trace.unload": Pair(
        handling.unloaded, handling.unload, "AggregationEvent", "DELETE", ("unloading",), _parent_is("vehicle", "site")
    ),
    "trace.ship": Pair(handling.shipped, handling.ship, "ObjectEvent", "OBSERVE", ("shipping",)),
    "trace.receive": Pair(handling.received, handling.receive, "ObjectEvent", "OBSERVE", ("receiving",)),
    "trace.refuse_shipment": Pair(
        handling.shipment_refused, handling.refuse_shipment, "ObjectEvent", "OBSERVE", ("void_shipping",)
    ),
    "trace.destroy": Pair(handling.destroyed, handling.destroy, "ObjectEvent", "DELETE", ("destroying",)),
    "trace.recall": Pair(
        watching.recalled, watching.recall, "ObjectEvent", "OBSERVE", ("other", "holding"), _is_recall
    ),
    "trace.attach_device": Pair(
        watching.device_attached, watching.attach_device, "AssociationEvent", "ADD", ("installing",)
    ),
    "trace.detach_device": Pair(
        watching.device_detached, watching.detach_device, "AssociationEvent", "DELETE", ("removing",)
    ),
    "trace.record_readings": Pair(
        watching.measured, watching.record_readings, "ObjectEvent", "OBSERVE", ("sensor_reporting",)
    ),
}
"""Action -> its pair; `trace.declare_error` is known by its errorDeclaration instead."""


def record_of(event: Event, facts: Facts, event_hash: str | None = None) -> Action:
    """The trace record that `event`, a valid one with that hash, stands for; raises `NotRuled` when it stands for none.

    An event with an errorDeclaration stands for a declaration of error and for nothing else. One that was remarked on
    (`semantics.event_remarks`) stands for nothing.
    """
    for remark in event_remarks(event, ""):
        raise NotRuled(f"{remark.path}：{remark.zh}", f"{remark.path} {remark.en}")
    plain = _plain(event)
    if "errorDeclaration" in plain:
        return watching.declare_error(plain, facts, event_hash)
    fitting = [pair for pair in PAIRS.values() if pair.fits(plain)]
    if len(fitting) != 1:
        raise NotRuled("没有与之对应的账本记录", "no record of the ledger says what this event says")
    return fitting[0].reader(plain, facts)


def event_of(record: Recorded, facts: Facts) -> Event:
    """The event of a record; raises `NotRuled` where the record is no event (master data), or facts are missing."""
    tag = str(record.action["action"])
    if tag == "trace.declare_error":
        return watching.declared_wrong(record, facts)
    if tag not in PAIRS:
        raise NotRuled("该记录不是 EPCIS 事件", "this record is no EPCIS event")
    event = PAIRS[tag].event(record, facts)
    happened = cast("int", record.action.get("event_ms", record.time_ms))
    return {
        "eventTime": moment_of(happened),
        "eventTimeZoneOffset": "+08:00",
        "recordTime": moment_of(record.time_ms),
        "eventID": f"{OWN}{watching.RECORD}:{record.identity}",
        **{name: value for name, value in event.items() if value != [] or name == "epcList"},
    }


def subjects_of(event: Event) -> tuple[str, ...]:
    """The things of this network that `event` names, each once, in order, at most SUBJECTS_MAX; some may not exist."""
    found = dict.fromkeys(subject for uri in _uris(event) if (subject := subject_of(uri)) is not None)
    return tuple(subject for subject in found if not subject.startswith(f"{watching.RECORD}:"))[:SUBJECTS_MAX]


def _uris(event: Event) -> Iterator[object]:
    for name in ("epcList", "childEPCs", "inputEPCList", "outputEPCList"):
        yield from list_of(event.get(name))
    for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        yield from (members_of(element).get("epcClass") for element in list_of(event.get(name)))
    yield event.get("parentID")
    for name in ("readPoint", "bizLocation"):
        yield members_of(event.get(name)).get("id")
    for name in ("sourceList", "destinationList"):
        for held in map(members_of, list_of(event.get(name))):
            yield held.get(name.removesuffix("List"))
    for element in map(members_of, list_of(event.get("sensorElementList"))):
        yield members_of(element.get("sensorMetadata")).get("deviceID")


def _plain(event: Event) -> Event:
    """`event` with the CBV's words bare, as the pairs know them."""
    words = {name: bare(value) for name in ("bizStep", "disposition") if isinstance(value := event.get(name), str)}
    typed: Event = {
        name: [
            {**held, "type": bare(str(held["type"]))} if "type" in held else held
            for held in map(members_of, list_of(event[name]))
        ]
        for name in ("bizTransactionList", "sourceList", "destinationList")
        if name in event
    }
    return {**event, **words, **typed}


def happened_ms(event: Event) -> int:
    """When a valid event happened, ms since the epoch."""
    found = time_ms_of(event.get("eventTime"))
    assert found is not None, "a valid event tells its time"
    return found
