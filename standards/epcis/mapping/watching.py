"""Devices and what they measure, recalls, declared errors."""

from decimal import Decimal
from itertools import pairwise
from typing import cast

from standards.epcis.document import Event
from standards.epcis.mapping.facts import Action, Facts, Recorded
from standards.epcis.mapping.parts import (
    event_ms,
    list_of,
    members_of,
    need_key,
    need_subject,
    not_ruled,
    number,
    only,
    text,
)
from standards.epcis.names import OWN, PREFIX, key_of, moment_of, own, time_ms_of, uri_of
from standards.epcis.semantics import correction_faults

RECORD = "record"
"""Type of the subject in the event ids of records: `urn:linxin:record:<transaction id>`."""

_TYPES = {
    "temperature": "Temperature",
    "soil_temperature": "Temperature",
    "humidity": "RelativeHumidity",
    "illuminance": "Illuminance",
    "latitude": "Angle",
    "longitude": "Angle",
}
"""Metric -> measurement type of the GS1 web vocabulary; of any other metric it is `urn:linxin:metric:<name>`."""


def _association(record: Recorded, action: str, step: str) -> Event:
    return {
        "type": "AssociationEvent",
        "action": action,
        "bizStep": step,
        "parentID": uri_of(cast("str", record.action["thing"])),
        "childEPCs": [uri_of(f"device:{record.action['device']}")],
    }


def device_attached(record: Recorded, _facts: Facts) -> Event:
    """A device is tied to a thing."""
    return _association(record, "ADD", "installing")


def device_detached(record: Recorded, _facts: Facts) -> Event:
    """A device is taken off a thing."""
    return _association(record, "DELETE", "removing")


def _associated(event: Event) -> Action:
    if event.get("childQuantityList"):
        not_ruled("只有设备可关联", "only devices are associated")
    return {
        "device": need_key(only(list_of(event.get("childEPCs")), "设备", "device"), "device"),
        "thing": need_subject(event.get("parentID"), "plot", "vehicle", "unit", "site"),
        "event_ms": event_ms(event),
    }


def attach_device(event: Event, _facts: Facts) -> Action:
    """The record of `device_attached`."""
    return {"action": "trace.attach_device", **_associated(event)}


def detach_device(event: Event, _facts: Facts) -> Action:
    """The record of `device_detached`."""
    return {"action": "trace.detach_device", **_associated(event)}


def recalled(record: Recorded, _facts: Facts) -> Event:
    """Lots are called back."""
    action = record.action
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "other",
        "disposition": "recalled",
        "quantityList": [{"epcClass": uri_of(f"lot:{lot}")} for lot in list_of(action["lots"])],
        **own({"reasonZh": action["reason_zh"], "reasonEn": action["reason_en"]}),
    }


def recall(event: Event, _facts: Facts) -> Action:
    """The record of `recalled`: whole lots, whatever quantity is told."""
    if event.get("epcList"):
        not_ruled("召回以整批为单位", "whole lots are recalled")
    lots = [need_key(members_of(element).get("epcClass"), "lot") for element in list_of(event.get("quantityList"))]
    return {
        "action": "trace.recall",
        "lots": lots,
        "reason_zh": text(event, "reasonZh"),
        "reason_en": text(event, "reasonEn"),
    }


def measured(record: Recorded, facts: Facts) -> Event:
    """A record of a device's readings: a sensor element for each instant."""
    action = record.action
    device = record.organisation  # of readings the device itself is the signer
    metrics = facts.metrics(device) or {}
    columns = [members_of(column) for column in list_of(action["columns"])]
    if any(column["metric"] not in metrics for column in columns):
        not_ruled(f"设备 {device} 的指标不明", f"the metrics of the device {device} are not known")
    start, interval = cast("int", action["start_ms"]), cast("int", action["interval_ms"])
    length = len(list_of(columns[0]["values"]))
    offsets = [cast("int", offset) for offset in list_of(action["offsets_ms"])] or [interval * i for i in range(length)]
    elements = [
        {
            "sensorMetadata": {"time": moment_of(start + offset), "deviceID": uri_of(f"device:{device}")},
            "sensorReport": [
                _report(cast("str", column["metric"]), list_of(column["values"])[place], metrics) for column in columns
            ],
        }
        for place, offset in enumerate(offsets)
    ]
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "sensor_reporting",
        "epcList": [],
        "eventTime": moment_of(start + offsets[-1]),
        "readPoint": {"id": uri_of(f"device:{device}")},
        "sensorElementList": elements,
        f"{PREFIX}:sequence": action["sequence"],
        **own({"intervalMs": interval, "clockStepMs": action["clock_step_ms"]}),
    }


def _report(metric: str, value: object, metrics: object) -> dict[str, object]:
    unit, exponent = cast("dict[str, tuple[str, int]]", metrics)[metric]
    report: dict[str, object] = {"type": _TYPES.get(metric, f"{OWN}metric:{metric}"), f"{PREFIX}:metric": metric}
    if metric in ("latitude", "longitude"):
        report["component"] = metric
    if value is None:
        return report
    scaled = Decimal(cast("int", value)).scaleb(exponent)
    report["value"] = int(scaled) if scaled == scaled.to_integral_value() else float(scaled)
    return {**report, "uom": unit}


def record_readings(event: Event, facts: Facts) -> Action:
    """The record of `measured`, to be signed by the device: every instant with every metric, in order."""
    elements = [members_of(element) for element in list_of(event.get("sensorElementList"))]
    metadata = [members_of(element.get("sensorMetadata")) for element in elements]
    device = need_key(only({data.get("deviceID") for data in metadata}, "设备", "device"), "device")
    if facts.signer() != device:
        not_ruled("读数须由设备自己的密钥签名", "readings are signed by the device's own key")
    metrics = facts.metrics(device)
    if metrics is None:
        not_ruled(f"设备未登记：{device}", f"the device {device} is not registered")
    instants = [time_ms_of(data.get("time")) for data in metadata]
    if None in instants or instants != sorted(instants, key=lambda time: time or 0):
        not_ruled("读数须按时间排列", "readings must be in order of time")
    times = cast("list[int]", instants)
    columns: dict[str, list[int | None]] = {}
    for place, element in enumerate(elements):
        for report in map(members_of, list_of(element.get("sensorReport"))):
            metric, value = _read_report(report, metrics)
            column = columns.setdefault(metric, [None] * len(times))
            column[place] = value
    if f"{PREFIX}:sequence" not in event:
        not_ruled("缺少设备记录序号", "the device's record number is missing")
    steps = {later - earlier for earlier, later in pairwise(times)}
    interval = number(event, "intervalMs") if len(times) == 1 else (steps.pop() if len(steps) == 1 else 0)
    regular = interval > 0 or len(times) == 1
    return {
        "action": "trace.record_readings",
        "sequence": number(event, "sequence"),
        "start_ms": times[0],
        "interval_ms": interval,
        "offsets_ms": [] if regular else [time - times[0] for time in times],
        "columns": [{"metric": metric, "values": values} for metric, values in columns.items()],
        "clock_step_ms": number(event, "clockStepMs"),
    }


def _read_report(report: dict[str, object], metrics: object) -> tuple[str, int | None]:
    known = cast("dict[str, tuple[str, int]]", metrics)
    kind = report.get("type")
    fitting = [name for name in known if _TYPES.get(name, f"{OWN}metric:{name}") == kind]
    if "component" in report:
        fitting = [name for name in fitting if name == report["component"]]
    metric = text(report, "metric") or (fitting[0] if len(fitting) == 1 else "")
    if metric not in fitting:
        not_ruled("设备没有此测量项", f"the device measures no {kind}")
    unit, exponent = known[metric]
    value = report.get("value")
    if value is None and "stringValue" not in report:
        return metric, None
    if report.get("uom") != unit or isinstance(value, bool) or not isinstance(value, int | float):
        not_ruled(f"读数须以 {unit} 计", f"readings must be in {unit}")
    scaled = Decimal(str(value)).scaleb(-exponent)
    if scaled != scaled.to_integral_value():
        not_ruled("读数比设备的分辨率更细", "the reading is finer than the device's resolution")
    return metric, int(scaled)


def declared_wrong(record: Recorded, facts: Facts) -> Event:
    """An earlier event, once more, with what is wrong with it."""
    action = record.action
    original = facts.original(cast("str", action["record"]))
    if original is None:
        not_ruled("原记录不可得", "the record that is declared wrong is not at hand")
    return {
        **{name: value for name, value in original.items() if name not in ("recordTime", "errorDeclaration")},
        "errorDeclaration": {
            "declarationTime": moment_of(record.time_ms),
            "reason": action["reason"],
            "correctiveEventIDs": [f"{OWN}{RECORD}:{identity}" for identity in list_of(action["corrections"])],
            **own({"remark": action["remark"]}),
        },
    }


def declare_error(event: Event, facts: Facts, event_hash: str | None) -> Action:
    """The record of `declared_wrong`: the event must be the original one but for the declaration.

    The original is the record that the event's id names, or the captured event of the same `event_hash`, which leaves
    nothing but the id, the time of recording and the declaration out.
    """
    declaration = members_of(event.get("errorDeclaration"))
    identity = key_of(event.get("eventID"), RECORD)
    if identity is not None:
        original = facts.original(identity)
        if original is None:
            not_ruled("原记录不可得", "the record that is declared wrong is not at hand")
        for fault in correction_faults(event, original):
            not_ruled(f"{fault.path}：{fault.zh}", f"{fault.path}: {fault.en}")
    else:
        identity = None if event_hash is None else facts.captured(event_hash)
        if identity is None:
            not_ruled("原事件未收录", "the event that is declared wrong was not captured")
    named = [_record_of(uri, facts) for uri in list_of(declaration.get("correctiveEventIDs"))]
    return {
        "action": "trace.declare_error",
        "record": identity,
        "reason": cast("str", declaration.get("reason", "")),
        "remark": text(declaration, "remark"),
        "corrections": [found for found in named if found is not None],
    }


def _record_of(uri: object, facts: Facts) -> str | None:
    """The record that a corrective event's id leads to; None for events of which this network knows nothing."""
    return key_of(uri, RECORD) or facts.captured(str(uri))
