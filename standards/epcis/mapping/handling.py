"""Goods in hands: transformation, packing, loading, custody, disposal."""

from collections.abc import Iterable
from typing import cast

from standards.epcis.document import Event
from standards.epcis.mapping.facts import Action, Facts, Recorded
from standards.epcis.mapping.parts import (
    certificates,
    check_party,
    cited,
    event_ms,
    list_of,
    listed,
    members_of,
    need_key,
    need_subject,
    not_ruled,
    number,
    only,
    portion_elements,
    portions,
    quantity,
    quantity_element,
    text,
)
from standards.epcis.names import PREFIX, own, uri_of


def transformed(record: Recorded, facts: Facts) -> Event:
    """Lots become other lots."""
    action = record.action
    outputs = [
        quantity_element(f"{output['product']}/{output['number']}", cast("int", output["quantity"]), facts)
        for output in map(members_of, list_of(action["outputs"]))
    ]
    return {
        "type": "TransformationEvent",
        "bizStep": "repackaging",
        "inputQuantityList": portion_elements(action["inputs"], facts),
        "outputQuantityList": outputs,
        **cited(action["certificates"]),
        **own({"lossMicroKg": action["loss"]}),
    }


def transform(event: Event, facts: Facts) -> Action:
    """The record of `transformed`."""
    if event.get("inputEPCList") or event.get("outputEPCList"):
        not_ruled("加工不登记单件", "single items are not transformed")
    outputs = []
    for element in list_of(event.get("outputQuantityList")):
        lot, micro = quantity(element, facts)
        product, _, number_ = lot.partition("/")
        outputs.append({"product": product, "number": number_, "quantity": micro})
    return {
        "action": "trace.transform",
        "inputs": portions(event.get("inputQuantityList"), facts),
        "outputs": outputs,
        "loss": number(event, "lossMicroKg"),
        "certificates": certificates(event),
        "event_ms": event_ms(event),
    }


def _units(uris: Iterable[object]) -> list[str]:
    return [need_key(uri, "unit") for uri in uris]


def _unit_uris(units: object) -> list[str]:
    return [uri_of(f"unit:{unit}") for unit in list_of(units)]


def _aggregation(record: Recorded, facts: Facts, action: str, step: str) -> Event:
    held = record.action
    return {
        "type": "AggregationEvent",
        "action": action,
        "bizStep": step,
        "parentID": uri_of(f"unit:{held['unit']}"),
        "childEPCs": _unit_uris(held["units"]),
        "childQuantityList": portion_elements(held["lots"], facts),
    }


def packed(record: Recorded, facts: Facts) -> Event:
    """Goods or smaller units are put into a unit."""
    return _aggregation(record, facts, "ADD", "packing") | own({"unitKind": record.action["kind"]})


def unpacked(record: Recorded, facts: Facts) -> Event:
    """Goods or smaller units are taken out of a unit."""
    return _aggregation(record, facts, "DELETE", "unpacking")


def _contents(event: Event, facts: Facts) -> Action:
    return {
        "unit": need_key(event.get("parentID"), "unit"),
        "lots": portions(event.get("childQuantityList"), facts),
        "units": _units(list_of(event.get("childEPCs"))),
        "event_ms": event_ms(event),
    }


def pack_unit(event: Event, facts: Facts) -> Action:
    """The record of `packed`; a unit whose kind is not told is a box."""
    return {"action": "trace.pack_unit", "kind": text(event, "unitKind") or "box", **_contents(event, facts)}


def unpack_unit(event: Event, facts: Facts) -> Action:
    """The record of `unpacked`."""
    return {"action": "trace.unpack_unit", **_contents(event, facts)}


def _carriage(record: Recorded, action: str, step: str) -> Event:
    held = record.action
    return {
        "type": "AggregationEvent",
        "action": action,
        "bizStep": step,
        "parentID": uri_of(cast("str", held["container"])),
        "childEPCs": _unit_uris(held["units"]),
        "childQuantityList": [{"epcClass": uri_of(f"lot:{lot}")} for lot in list_of(held["lots"])],
    }


def loaded(record: Recorded, _facts: Facts) -> Event:
    """Units or loose goods enter a vehicle or a store."""
    is_store = str(record.action["container"]).startswith("site:")
    return _carriage(record, "ADD", "storing" if is_store else "loading")


def unloaded(record: Recorded, _facts: Facts) -> Event:
    """Units or loose goods leave a vehicle or a store."""
    return _carriage(record, "DELETE", "unloading")


def _carried(event: Event) -> Action:
    lots = []
    for element in map(members_of, list_of(event.get("childQuantityList"))):
        if "quantity" in element:
            # A store or vehicle holds all that the signer has of a lot, so a part of it is not what a rule can enter.
            not_ruled("装载以整批登记，不带数量", "loose goods are loaded as a lot, without a quantity")
        lots.append(need_key(element.get("epcClass"), "lot"))
    return {
        "container": need_subject(event.get("parentID"), "vehicle", "site"),
        "units": _units(list_of(event.get("childEPCs"))),
        "lots": lots,
        "event_ms": event_ms(event),
    }


def load(event: Event, _facts: Facts) -> Action:
    """The record of `loaded`."""
    return {"action": "trace.load", **_carried(event)}


def unload(event: Event, _facts: Facts) -> Action:
    """The record of `unloaded`."""
    return {"action": "trace.unload", **_carried(event)}


def destroyed(record: Recorded, facts: Facts) -> Event:
    """Goods are destroyed or given up."""
    action = record.action
    return {
        "type": "ObjectEvent",
        "action": "DELETE",
        "bizStep": "destroying",
        "quantityList": [quantity_element(cast("str", action["lot"]), cast("int", action["quantity"]), facts)],
        **own({"reason": action["reason"]}),
    }


def destroy(event: Event, facts: Facts) -> Action:
    """The record of `destroyed`."""
    if event.get("epcList"):
        not_ruled("销毁不登记单件", "single items are not destroyed")
    lot, micro = quantity(only(list_of(event.get("quantityList")), "批次", "lot"), facts)
    return {
        "action": "trace.destroy",
        "lot": lot,
        "quantity": micro,
        "reason": text(event, "reason"),
        "event_ms": event_ms(event),
    }


def _shipment(event: Event) -> str:
    named = [
        uri for uri in listed(event, "bizTransactionList", "desadv") if str(uri).startswith("urn:linxin:shipment:")
    ]
    return need_key(only(named, "交接单（desadv）", "shipment (desadv)"), "shipment")


def _shipment_member(shipment: object) -> dict[str, object]:
    return {"bizTransactionList": [{"type": "desadv", "bizTransaction": uri_of(f"shipment:{shipment}")}]}


def shipped(record: Recorded, facts: Facts) -> Event:
    """The first half of a hand-over."""
    action = record.action
    source: list[dict[str, object]] = [
        {"type": "possessing_party", "source": uri_of(f"organisation:{record.organisation}")}
    ]
    destination: list[dict[str, object]] = [
        {"type": "possessing_party", "destination": uri_of(f"organisation:{action['receiver']}")}
    ]
    if action["origin"] is not None:
        source.append({"type": "location", "source": uri_of(f"site:{action['origin']}")})
    if action["destination"] is not None:
        destination.append({"type": "location", "destination": uri_of(f"site:{action['destination']}")})
    vehicle = None if action["vehicle"] is None else uri_of(f"vehicle:{action['vehicle']}")
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": _unit_uris(action["units"]),
        "quantityList": portion_elements(action["lots"], facts),
        **_shipment_member(action["shipment"]),
        "sourceList": source,
        "destinationList": destination,
        **own({"vehicle": vehicle}),
    }


def _place(event: Event, name: str) -> str | None:
    found = list(listed(event, name, "location"))
    return need_key(only(found, "地点", "location"), "site") if found else None


def ship(event: Event, facts: Facts) -> Action:
    """The record of `shipped`, with its restricted part where document number and price are told."""
    check_party(event, "sourceList", facts)
    vehicle = event.get(f"{PREFIX}:vehicle")
    receiver = only(listed(event, "destinationList", "possessing_party"), "收货方", "receiving party")
    action: Action = {
        "action": "trace.ship",
        "shipment": _shipment(event),
        "receiver": need_key(receiver, "organisation"),
        "units": _units(list_of(event.get("epcList"))),
        "lots": portions(event.get("quantityList"), facts),
        "vehicle": None if vehicle is None else need_key(vehicle, "vehicle"),
        "origin": _place(event, "sourceList"),
        "destination": _place(event, "destinationList"),
        "event_ms": event_ms(event),
    }
    if document := text(event, "document"):
        action["restricted"] = {"document": document, "price_fen": number(event, "priceFen")}
    return action


def received(record: Recorded, facts: Facts) -> Event:
    """The second half of a hand-over, by the receiver."""
    action = record.action
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "epcList": [],
        **_shipment_member(action["shipment"]),
        **own({"shortages": portion_elements(action["shortages"], facts), "remark": action["remark"]}),
    }


def receive(event: Event, facts: Facts) -> Action:
    """The record of `received`. Quantities that arrived are held against the shipment: what is less is short."""
    check_party(event, "destinationList", facts)
    shipment = _shipment(event)
    told = event.get(f"{PREFIX}:shortages", [])
    shortages = portions(told if isinstance(told, list) else [told], facts)
    if arrived := portions(event.get("quantityList"), facts):
        sent = facts.shipment(shipment)
        if sent is None:
            not_ruled("交接单内容不明", "what was shipped is not known")
        got = {cast("str", portion["lot"]): cast("int", portion["quantity"]) for portion in arrived}
        if len(got) < len(arrived) or any(micro > sent.get(lot, 0) for lot, micro in got.items()):
            not_ruled("收到的多于发出的", "more arrived than was shipped")
        missing = [
            {"lot": lot, "quantity": micro - got.get(lot, 0)} for lot, micro in sent.items() if micro > got.get(lot, 0)
        ]
        if shortages and shortages != missing:
            not_ruled("短少与收到的数量不符", "shortages and quantities contradict each other")
        shortages = missing
    return {
        "action": "trace.receive",
        "shipment": shipment,
        "shortages": shortages,
        "remark": text(event, "remark"),
        "event_ms": event_ms(event),
    }


def shipment_refused(record: Recorded, _facts: Facts) -> Event:
    """Goods on their way stay with the shipper."""
    action = record.action
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "void_shipping",
        "epcList": [],
        **_shipment_member(action["shipment"]),
        **own({"reason": action["reason"]}),
    }


def refuse_shipment(event: Event, _facts: Facts) -> Action:
    """The record of `shipment_refused`."""
    return {
        "action": "trace.refuse_shipment",
        "shipment": _shipment(event),
        "reason": text(event, "reason"),
        "event_ms": event_ms(event),
    }
