"""Rules of EPCIS 2.0 that its schema does not hold: TCR-53, TCR-54 and section 7.4."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from standards.epcis.semantics import correction_faults, event_faults, event_remarks
from standards.epcis.validation import validate
from tests.standards.epcis.test_reading import EVENT, document, faults

AT = "/epcisBody/eventList/0"
SENSED: dict[str, Any] = {
    **EVENT,
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-05-01T07:00:00+08:00", "deviceID": "urn:epc:id:giai:4000001.111"},
            "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}],
        }
    ],
}
PARENT = "https://id.gs1.org/00/095201234567891235"
AGGREGATED: dict[str, Any] = {
    **{name: value for name, value in EVENT.items() if name != "epcList"},
    "type": "AggregationEvent",
    "action": "ADD",
    "parentID": PARENT,
    "childEPCs": EVENT["epcList"],
}
ASSOCIATED = {**AGGREGATED, "type": "AssociationEvent"}


def changed(event: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A copy of `event` after `change`."""
    event = copy.deepcopy(event)
    change(event)
    return event


def element(event: dict[str, Any]) -> Any:
    return event["sensorElementList"][0]


@pytest.mark.parametrize("event", [SENSED, AGGREGATED, ASSOCIATED])
def test_the_sound_ones_are_accepted(event: dict[str, Any]) -> None:
    assert validate(document(event)).faults == ()
    assert validate(document(event)).remarks == ()


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (changed(AGGREGATED, lambda e: e.pop("parentID")), f"{AT}/parentID"),
        (changed(ASSOCIATED, lambda e: e.pop("parentID")), f"{AT}/parentID"),
        (changed(ASSOCIATED, lambda e: e.update(action="DELETE", parentID=None)), f"{AT}/parentID"),
        (changed(ASSOCIATED, lambda e: e.pop("childEPCs")), AT),
        (changed(ASSOCIATED, lambda e: e.update(childEPCs=[])), AT),
        (changed(AGGREGATED, lambda e: e.update(action="OBSERVE", childEPCs=[])), AT),
        (changed(EVENT, lambda e: e.update(ilmd={"ex:a": "b"})), f"{AT}/ilmd"),
        (changed(EVENT, lambda e: e.update(eventTimeZoneOffset="+8")), f"{AT}/eventTimeZoneOffset"),
        (changed(EVENT, lambda e: e.update(eventTimeZoneOffset="+15:00")), f"{AT}/eventTimeZoneOffset"),
        (changed(EVENT, lambda e: e.update(eventTime="2026-05-01T08:00:00")), f"{AT}/eventTime"),
        (
            changed(EVENT, lambda e: e.update(quantityList=[{"epcClass": "urn:x:y", "quantity": -1}])),
            f"{AT}/quantityList/0/quantity",
        ),
        (
            changed(EVENT, lambda e: e.update(quantityList=[{"epcClass": "urn:x:y", "uom": "KGM"}])),
            f"{AT}/quantityList/0/quantity",
        ),
        (
            changed(EVENT, lambda e: e.update(persistentDisposition={"set": ["recalled"], "unset": ["recalled"]})),
            f"{AT}/persistentDisposition",
        ),
        (
            changed(SENSED, lambda e: element(e)["sensorMetadata"].update(time="2026-05-01T07:00:00")),
            f"{AT}/sensorElementList/0/sensorMetadata/time",
        ),
        (
            changed(
                SENSED,
                lambda e: element(e)["sensorMetadata"].update(
                    startTime="2026-05-01T07:00:00Z", endTime="2026-05-01T06:00:00Z"
                ),
            ),
            f"{AT}/sensorElementList/0/sensorMetadata/startTime",
        ),
        (
            changed(SENSED, lambda e: element(e)["sensorReport"][0].update(deviceID="urn:epc:id:giai:4000001.222")),
            f"{AT}/sensorElementList/0/sensorReport/0/deviceID",
        ),
        (changed(SENSED, lambda e: element(e).pop("sensorReport")), f"{AT}/sensorElementList/0/sensorReport"),
    ],
)
def test_a_breach_is_a_fault_with_its_path(event: dict[str, Any], path: str) -> None:
    assert any(found.startswith(path) for found in faults(document(event)))


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (
            changed(SENSED, lambda e: element(e)["sensorMetadata"].update(time="2026-05-01T09:00:00+08:00")),
            "/sensorElementList/0/sensorMetadata/time",
        ),
        (
            changed(
                SENSED,
                lambda e: element(e)["sensorReport"][0].update(deviceID=element(e)["sensorMetadata"]["deviceID"]),
            ),
            "/sensorElementList/0/sensorReport/0/deviceID",
        ),
    ],
)
def test_what_published_examples_do_is_remarked_and_refused_only_when_strict(event: dict[str, Any], path: str) -> None:
    data = document(event)
    assert validate(data).valid
    assert [remark.path for remark in validate(data).remarks] == [AT + path]
    assert [fault.path for fault in validate(data, strict=True).faults] == [AT + path]
    assert list(event_faults(event, "")) == []
    assert [remark.path for remark in event_remarks(event, "")] == [path]


def test_a_declaration_of_error_repeats_the_event_as_it_was() -> None:
    wrong = {"declarationTime": "2026-05-02T08:00:00+08:00", "reason": "incorrect_data"}
    assert list(correction_faults({**EVENT, "errorDeclaration": wrong}, EVENT)) == []
    altered = {**EVENT, "errorDeclaration": wrong, "action": "ADD", "bizStep": "shipping"}
    assert [fault.path for fault in correction_faults(altered, EVENT)] == ["/action", "/bizStep"]
