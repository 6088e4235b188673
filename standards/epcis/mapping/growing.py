"""From seed to harvest: plantings, farm operations, harvests, inspections."""

from typing import cast

from standards.epcis.document import Event
from standards.epcis.mapping.facts import Action, Facts, Recorded
from standards.epcis.mapping.parts import (
    certificates,
    cited,
    event_ms,
    list_of,
    members_of,
    need_key,
    need_subject,
    not_ruled,
    number,
    only,
    quantity,
    quantity_element,
    text,
)
from standards.epcis.names import PREFIX, own, uri_of

BIRTH_STEPS = ("commissioning", "creating_class_instance")


def planting_started(record: Recorded, _facts: Facts) -> Event:
    """Sowing: a planting comes into being on a plot."""
    action = record.action
    return {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "epcList": [uri_of(f"planting:{action['planting']}")],
        "bizLocation": {"id": uri_of(f"plot:{action['plot']}")},
        "ilmd": own({name: action[name] for name in ("crop", "variety", "seed")}),
    }


def start_planting(event: Event, _facts: Facts) -> Action:
    """The record of `planting_started`."""
    ilmd = members_of(event.get("ilmd"))
    return {
        "action": "trace.start_planting",
        "planting": need_key(only(list_of(event.get("epcList")), "种植", "planting"), "planting"),
        "plot": need_key(members_of(event.get("bizLocation")).get("id"), "plot"),
        "crop": text(ilmd, "crop"),
        "variety": text(ilmd, "variety"),
        "seed": text(ilmd, "seed"),
        "event_ms": event_ms(event),
    }


def planting_ended(record: Recorded, _facts: Facts) -> Event:
    """A crop is cleared."""
    return {
        "type": "ObjectEvent",
        "action": "DELETE",
        "bizStep": "decommissioning",
        "epcList": [uri_of(f"planting:{record.action['planting']}")],
    }


def end_planting(event: Event, _facts: Facts) -> Action:
    """The record of `planting_ended`."""
    uri = only(list_of(event.get("epcList")), "种植", "planting")
    return {"action": "trace.end_planting", "planting": need_key(uri, "planting"), "event_ms": event_ms(event)}


_OPERATION_TEXTS = ("operation", "input", "registration", "dose", "remark")


def operation_done(record: Recorded, _facts: Facts) -> Event:
    """Farm work on a planting or plot."""
    action = record.action
    texts = {name: action[name] for name in _OPERATION_TEXTS}
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "other",
        "epcList": [uri_of(cast("str", action["target"]))],
        **own({**texts, "safetyIntervalDays": action["safety_interval_days"], "file": action["file"]}),
    }


def record_operation(event: Event, _facts: Facts) -> Action:
    """The record of `operation_done`."""
    uri = only(list_of(event.get("epcList")), "种植或地块", "planting or plot")
    return {
        "action": "trace.record_operation",
        "target": need_subject(uri, "planting", "plot"),
        **{name: text(event, name) for name in _OPERATION_TEXTS},
        "safety_interval_days": number(event, "safetyIntervalDays"),
        "file": text(event, "file") or None,
        "event_ms": event_ms(event),
    }


def harvested(record: Recorded, facts: Facts) -> Event:
    """A lot comes into being from a planting."""
    action = record.action
    lot = f"{action['product']}/{action['number']}"
    return {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "quantityList": [quantity_element(lot, cast("int", action["quantity"]), facts)],
        "ilmd": {f"{PREFIX}:planting": uri_of(f"planting:{action['planting']}")},
        **cited(action["certificates"]),
    }


def harvest(event: Event, facts: Facts) -> Action:
    """The record of `harvested`."""
    lot, micro = quantity(only(list_of(event.get("quantityList")), "批次", "lot"), facts)
    product, _, number_ = lot.partition("/")
    if event.get("epcList"):
        not_ruled("采收不登记单件", "a harvest makes no single items")
    return {
        "action": "trace.harvest",
        "planting": need_key(members_of(event.get("ilmd")).get(f"{PREFIX}:planting"), "planting"),
        "product": product,
        "number": number_,
        "quantity": micro,
        "certificates": certificates(event),
        "event_ms": event_ms(event),
    }


_RESULT_TEXTS = ("analyte", "method", "unit")


def inspected(record: Recorded, _facts: Facts) -> Event:
    """Findings on a lot, planting or plot."""
    action = record.action
    uri = uri_of(cast("str", action["target"]))
    is_lot = str(action["target"]).startswith("lot:")
    results = [
        {
            **{f"{PREFIX}:{name}": result[name] for name in (*_RESULT_TEXTS, "value", "scale")},
            **({} if result["limit"] is None else {f"{PREFIX}:limit": result["limit"]}),
            f"{PREFIX}:passed": "true" if result["passed"] else "false",
        }
        for result in map(members_of, list_of(action["results"]))
    ]
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        **({"quantityList": [{"epcClass": uri}]} if is_lot else {"epcList": [uri]}),
        **own(
            {"verdict": action["verdict"], "results": results, "report": action["report"], "remark": action["remark"]}
        ),
    }


def inspect(event: Event, _facts: Facts) -> Action:
    """The record of `inspected`."""
    named = [
        *list_of(event.get("epcList")),
        *(members_of(e).get("epcClass") for e in list_of(event.get("quantityList"))),
    ]
    held = event.get(f"{PREFIX}:results", [])
    results = [members_of(result) for result in (held if isinstance(held, list) else [held])]
    return {
        "action": "trace.inspect",
        "target": need_subject(only(named, "对象", "target"), "lot", "planting", "plot"),
        "verdict": text(event, "verdict"),
        "results": [
            {
                **{name: text(result, name) for name in _RESULT_TEXTS},
                "value": number(result, "value"),
                "scale": number(result, "scale"),
                "limit": number(result, "limit") if f"{PREFIX}:limit" in result else None,
                "passed": text(result, "passed") == "true",
            }
            for result in results
        ],
        "report": text(event, "report") or None,
        "remark": text(event, "remark"),
        "event_ms": event_ms(event),
    }
