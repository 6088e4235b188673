"""What the standard demands and no schema checks (EPCIS 2.0 sections 7.3 and 7.4; conformance TCR-53 and TCR-54).

Two demands of TCR-53 are broken by examples that GS1 and its conformance partners publish as valid: readings dated
after their event, and attributes both in the metadata and, alike, in the report. They are remarks; all else is a
fault.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from standards.epcis.document import Document, Event
from standards.epcis.faults import Fault

MEASURED_ONCE = ("dataProcessingMethod", "deviceID", "deviceMetadata", "rawData", "time")
"""Attributes of a reading that stand either in its metadata or in each report, never in both (TCR-53, set 3)."""

Members = dict[str, object]
_OFFSET = re.compile(r"[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00")
_AGGREGATES = ("AggregationEvent", "AssociationEvent")


def semantic_faults(document: Document) -> Iterator[Fault]:
    """The faults of all events of a document that the schema accepts."""
    for index, event in enumerate(document.events):
        yield from event_faults(event, document.path_of(index))


def semantic_remarks(document: Document) -> Iterator[Fault]:
    """The remarks on all events of a document that the schema accepts."""
    for index, event in enumerate(document.events):
        yield from event_remarks(event, document.path_of(index))


def event_remarks(event: Event, path: str) -> Iterator[Fault]:
    """Breaches of TCR-53 that do not refuse the event: readings after it, and what stands twice and says the same."""
    latest = instant(event.get("eventTime"))
    for metadata, where, reports in _sensor_elements(event, path):
        for members, place in [(metadata, f"{where}/sensorMetadata"), *reports]:
            for name, moment in _moments(members).items():
                if moment is not None and latest is not None and moment > latest:
                    yield _fault(f"{place}/{name}", "sensor-time", "晚于事件时间", "is later than the event")
        for report, place in reports:
            for name in MEASURED_ONCE:
                if name in metadata and name in report:
                    zh = "不应同时出现在 sensorMetadata 与 sensorReport 中"
                    yield _fault(f"{place}/{name}", "sensor-both", zh, "stands in the metadata of this element already")


def event_faults(event: Event, path: str) -> Iterator[Fault]:
    """The faults of one event that the schema accepts; `path` is where it stands."""
    yield from _time_faults(event, path)
    if event["type"] in _AGGREGATES:
        yield from _aggregation_faults(event, path)
    if event["type"] == "TransformationEvent":
        yield from _transformation_faults(event, path)
    if event["type"] == "ObjectEvent" and event.get("ilmd") and event.get("action") != "ADD":
        zh = "只有产生新对象时（ADD）才可有 ilmd"
        yield _fault(
            f"{path}/ilmd", "ilmd", zh, "master data of an instance stand only where it comes into being (ADD)"
        )
    if event["type"] == "TransactionEvent" and not event.get("bizTransactionList"):
        yield _fault(
            f"{path}/bizTransactionList", "transaction", "须指明业务单据", "a business transaction must be named"
        )
    yield from _quantity_faults(event, path)
    yield from _sensor_faults(event, path)
    yield from _persistent_faults(event, path)


def instant(text: object) -> datetime | None:
    """The moment that an RFC 3339 text with offset tells; None when it tells none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def correction_faults(
    declaring: Mapping[str, object], original: Mapping[str, object], path: str = ""
) -> Iterator[Fault]:
    """Where an event that declares `original` to be in error differs from it in more than the declaration (section
    7.4.1.3).

    `errorDeclaration` and `recordTime` may differ, and comments, which say nothing.
    """
    free = {"errorDeclaration", "recordTime", "rdfs:comment", "@context"}
    for name in sorted((declaring.keys() | original.keys()) - free):
        if declaring.get(name) != original.get(name):
            zh = "更正声明须与原事件相同"
            yield _fault(
                f"{path}/{name}", "error-declaration", zh, "a declaration of error must repeat the event as it was"
            )


def _fault(path: str, rule: str, zh: str, en: str) -> Fault:
    return Fault(path, f"epcis:{rule}", zh, en)


def _objects(event: Event, name: str) -> list[dict[str, object]]:
    held = event.get(name)
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _time_faults(event: Event, path: str) -> Iterator[Fault]:
    if instant(event.get("eventTime")) is None:
        yield _fault(f"{path}/eventTime", "time", "须为带时区偏移的时刻", "must be a moment with its offset from UTC")
    offset = event.get("eventTimeZoneOffset")
    if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
        yield _fault(f"{path}/eventTimeZoneOffset", "offset", "须形如 +08:00", "must look like +08:00")


def _aggregation_faults(event: Event, path: str) -> Iterator[Fault]:
    action = event.get("action")
    if not event.get("parentID") and (action != "OBSERVE" or event["type"] == "AssociationEvent"):
        yield _fault(f"{path}/parentID", "parent", "此动作须有上级标识", f"{action} needs a parent")
    if action != "DELETE" and not (event.get("childEPCs") or event.get("childQuantityList")):
        yield _fault(f"{path}/childEPCs", "children", "此动作须有下级标识", f"{action} needs children")


def _transformation_faults(event: Event, path: str) -> Iterator[Fault]:
    inputs = event.get("inputEPCList") or event.get("inputQuantityList")
    outputs = event.get("outputEPCList") or event.get("outputQuantityList")
    if not (inputs or outputs) or (not event.get("transformationID") and not (inputs and outputs)):
        zh = "没有 transformationID 时须同时有输入和输出"
        yield _fault(path, "transformation", zh, "inputs and outputs are both needed without a transformationID")


def _quantity_faults(event: Event, path: str) -> Iterator[Fault]:
    for name in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        for index, element in enumerate(_objects(event, name)):
            where = f"{path}/{name}/{index}"
            quantity = element.get("quantity")
            if "uom" in element and quantity is None:
                yield _fault(f"{where}/quantity", "quantity", "有单位须有数量", "a unit needs its quantity")
            elif isinstance(quantity, int | float) and quantity <= 0:
                yield _fault(f"{where}/quantity", "quantity", "数量须为正", "the quantity must be positive")


def _sensor_elements(event: Event, path: str) -> Iterator[tuple[Members, str, list[tuple[Members, str]]]]:
    """Each sensor element: its metadata, where it stands, and its reports with where they stand."""
    for index, element in enumerate(_objects(event, "sensorElementList")):
        where = f"{path}/sensorElementList/{index}"
        metadata = element.get("sensorMetadata")
        reports = [
            (report, f"{where}/sensorReport/{number}")
            for number, report in enumerate(_objects(element, "sensorReport"))
        ]
        yield metadata if isinstance(metadata, dict) else {}, where, reports


def _sensor_faults(event: Event, path: str) -> Iterator[Fault]:
    for metadata, where, reports in _sensor_elements(event, path):
        yield from _moment_faults(metadata, f"{where}/sensorMetadata")
        if not reports:
            yield _fault(f"{where}/sensorReport", "sensor", "至少须有一个读数", "needs at least one report")
        for report, place in reports:
            yield from _moment_faults(report, place)
            for name in MEASURED_ONCE[:-1]:
                if name in metadata and name in report and metadata[name] != report[name]:
                    zh = "与 sensorMetadata 中的不同"
                    yield _fault(f"{place}/{name}", "sensor", zh, "differs from the metadata of this element")


def _moments(members: Members) -> dict[str, datetime | None]:
    return {name: instant(members.get(name)) for name in ("time", "startTime", "endTime") if name in members}


def _moment_faults(members: Members, path: str) -> Iterator[Fault]:
    moments = _moments(members)
    for name, moment in moments.items():
        if moment is None:
            yield _fault(f"{path}/{name}", "sensor-time", "须为带时区偏移的时刻", "must be a moment with its offset")
    start, end = moments.get("startTime"), moments.get("endTime")
    if start and end and start > end:
        yield _fault(f"{path}/startTime", "sensor-time", "开始晚于结束", "begins after its end")


def _persistent_faults(event: Event, path: str) -> Iterator[Fault]:
    held = event.get("persistentDisposition")
    if isinstance(held, dict):
        both = {*(held.get("set") or ())} & {*(held.get("unset") or ())}
        if both:
            words = ", ".join(sorted(map(str, both)))
            zh = f"同时设置又取消：{words}"
            yield _fault(f"{path}/persistentDisposition", "disposition", zh, f"sets and unsets at once: {words}")
