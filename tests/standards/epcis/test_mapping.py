"""Records and events stand for each other: nothing is lost on the way and back, and what is unclear is not ruled."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.modules import standard_registry
from client.action_json import read_action
from standards.epcis.hashing import document_hashes
from standards.epcis.mapping import NotRuled, Recorded, event_of, record_of, subjects_of
from standards.epcis.validation import validate
from standards.epcis.vocabulary import CONTEXT
from standards.epcis.writing import document_of

TIME_MS = 1_793_000_000_123
GTIN, OWN = "09521234543213", "BERRY001X"
LOT, LOT_OWN = f"{GTIN}/L1", f"{OWN}/H-2"
UNIT, UNIT_OWN = "095201234567891235", "CRATE01X"
ID = "ab" * 32


class Known:
    """What a test knows of the ledger."""

    def __init__(self, original: Mapping[str, object] | None = None, signer: str = "farm-1") -> None:
        self._original, self._signer = original, signer

    def signer(self) -> str:
        return self._signer

    def measure(self, product: str) -> str | None:
        return {GTIN: "piece", OWN: "kg"}.get(product)

    def shipment(self, shipment: str) -> Mapping[str, int] | None:
        return {LOT_OWN: 8_000_000, LOT: 3_000_000} if shipment == "note-1" else None

    def metrics(self, device: str) -> Mapping[str, tuple[str, int]] | None:
        known = {"temperature": ("CEL", -2), "soil_moisture": ("P1", -1), "latitude": ("DD", -7)}
        return known if device == "probe-1" else None

    def captured(self, event_hash: str) -> str | None:
        return ID if event_hash == "ni:///known" else None

    def original(self, record: str) -> Mapping[str, object] | None:
        return self._original if record == ID else None


TIMED = {"event_ms": TIME_MS - 5_000}
RECORDS: dict[str, dict[str, Any]] = {
    "trace.start_planting": {
        "planting": "p-1",
        "plot": "plot-1",
        "crop": "草莓",
        "variety": "红颜",
        "seed": "",
        **TIMED,
    },
    "trace.end_planting": {"planting": "p-1", **TIMED},
    "trace.record_operation": {
        "target": "planting:p-1",
        "operation": "spray",
        "input": "苏云金杆菌",
        "registration": "PD20000001",
        "dose": "50 g/亩",
        "remark": "",
        "safety_interval_days": 7,
        "file": "cd" * 32,
        **TIMED,
    },
    "trace.harvest": {
        "planting": "p-1",
        "product": OWN,
        "number": "H-2",
        "quantity": 12_345_678,
        "certificates": ["organic-1"],
        **TIMED,
    },
    "trace.inspect": {
        "target": f"lot:{LOT}",
        "verdict": "pass",
        "results": [
            {
                "analyte": "毒死蜱",
                "method": "GB 23200.113",
                "unit": "mg/kg",
                "value": 0,
                "scale": -3,
                "limit": 20,
                "passed": True,
            },
            {
                "analyte": "Pb",
                "method": "GB 5009.12",
                "unit": "mg/kg",
                "value": 5,
                "scale": -3,
                "limit": None,
                "passed": True,
            },
        ],
        "report": None,
        "remark": "",
        **TIMED,
    },
    "trace.transform": {
        "inputs": [{"lot": LOT_OWN, "quantity": 10_000_000}],
        "outputs": [{"product": GTIN, "number": "L1", "quantity": 19_000_000}],
        "loss": 500_000,
        "certificates": [],
        **TIMED,
    },
    "trace.pack_unit": {
        "unit": UNIT,
        "kind": "crate",
        "lots": [{"lot": LOT, "quantity": 4_000_000}, {"lot": LOT_OWN, "quantity": 1}],
        "units": [UNIT_OWN],
        **TIMED,
    },
    "trace.unpack_unit": {"unit": UNIT_OWN, "lots": [{"lot": LOT, "quantity": 4_000_000}], "units": [], **TIMED},
    "trace.load": {"container": "vehicle:truck-1", "units": [UNIT], "lots": [LOT], **TIMED},
    "trace.unload": {"container": "site:9521234000016", "units": [], "lots": [LOT_OWN], **TIMED},
    "trace.ship": {
        "shipment": "note-1",
        "receiver": "hub-1",
        "units": [UNIT],
        "lots": [{"lot": LOT_OWN, "quantity": 8_000_000}],
        "vehicle": "truck-1",
        "origin": "FARMX",
        "destination": "9521234000016",
        **TIMED,
    },
    "trace.receive": {
        "shipment": "note-1",
        "shortages": [{"lot": LOT_OWN, "quantity": 1_000_000}],
        "remark": "一箱破损",
        **TIMED,
    },
    "trace.refuse_shipment": {"shipment": "note-1", "reason": "温度超标", **TIMED},
    "trace.destroy": {"lot": LOT, "quantity": 2_000_000, "reason": "发霉", **TIMED},
    "trace.recall": {"lots": [LOT, LOT_OWN], "reason_zh": "农残超标", "reason_en": "residues"},
    "trace.attach_device": {"device": "probe-1", "thing": "vehicle:truck-1", **TIMED},
    "trace.detach_device": {"device": "probe-1", "thing": f"unit:{UNIT_OWN}", **TIMED},
    "trace.record_readings": {
        "sequence": 0,
        "start_ms": TIME_MS - 900_000,
        "interval_ms": 60_000,
        "offsets_ms": [],
        "columns": [{"metric": "temperature", "values": [412, None, -5]}, {"metric": "latitude", "values": [1, 2, 3]}],
        "clock_step_ms": 0,
    },
}


DEVICE = "probe-1"


def signer_of(tag: str) -> str:
    return DEVICE if tag == "trace.record_readings" else "farm-1"


def recorded(tag: str, fields: Mapping[str, Any]) -> Recorded:
    return Recorded("cd" * 32, signer_of(tag), TIME_MS, {"action": tag, **fields})


@pytest.mark.parametrize("tag", RECORDS)
def test_there_and_back_nothing_is_lost(tag: str) -> None:
    action = {"action": tag, **RECORDS[tag]}
    read_action(json.dumps(action).encode(), standard_registry())  # it is a record that the ledger knows
    event = event_of(recorded(tag, RECORDS[tag]), Known())
    report = validate(document_of([event], TIME_MS))
    assert (report.faults, report.remarks) == ((), ())
    assert report.document is not None
    assert document_hashes(report.document).how == "event"
    assert record_of(report.document.events[0], Known(signer=signer_of(tag))) == action


def test_readings_at_uneven_times_keep_them() -> None:
    fields = RECORDS["trace.record_readings"] | {"interval_ms": 0, "offsets_ms": [0, 7, 60_000], "clock_step_ms": -250}
    event = event_of(recorded("trace.record_readings", fields), Known())
    assert record_of(event, Known(signer=DEVICE)) == {"action": "trace.record_readings", **fields}
    single = fields | {"interval_ms": 0, "offsets_ms": [], "columns": [{"metric": "soil_moisture", "values": [7]}]}
    event = event_of(recorded("trace.record_readings", single), Known())
    assert record_of(event, Known(signer=DEVICE)) == {"action": "trace.record_readings", **single}
    with pytest.raises(NotRuled):
        record_of(event, Known())  # an organisation says what a device measured: asserted


@given(st.integers(1, 10**15), st.integers(-(10**15), 10**15), st.sampled_from([GTIN, OWN]))
def test_numbers_are_exact(micro: int, value: int, product: str) -> None:
    fields = RECORDS["trace.harvest"] | {"product": product, "quantity": micro}
    event = json.loads(json.dumps(event_of(recorded("trace.harvest", fields), Known())))
    assert record_of(event, Known())["quantity"] == micro
    columns = [{"metric": name, "values": [value, None]} for name in ("temperature", "soil_moisture", "latitude")]
    event = event_of(
        recorded("trace.record_readings", RECORDS["trace.record_readings"] | {"columns": columns}), Known()
    )
    assert record_of(json.loads(json.dumps(event)), Known(signer=DEVICE))["columns"] == columns


def test_a_declaration_of_error_stands_for_itself_only_when_it_repeats_the_event() -> None:
    original = event_of(recorded("trace.harvest", RECORDS["trace.harvest"]), Known()) | {
        "eventID": f"urn:linxin:record:{ID}"
    }
    fields = {"record": ID, "reason": "incorrect_data", "remark": "数量写错", "corrections": ["ef" * 32]}
    event = event_of(recorded("trace.declare_error", fields), Known(original))
    assert validate(document_of([event], TIME_MS)).faults == ()
    assert record_of(event, Known(original)) == {"action": "trace.declare_error", **fields}
    for altered in (event | {"bizStep": "destroying"}, event | {"eventID": f"urn:linxin:record:{'00' * 32}"}):
        with pytest.raises(NotRuled):
            record_of(altered, Known(original))


def test_a_captured_event_is_declared_wrong_by_its_hash() -> None:
    event = HARVEST | {
        "eventID": "urn:uuid:1",
        "errorDeclaration": {
            "declarationTime": "2026-11-01T08:00:00+08:00",
            "reason": "did_not_occur",
            "correctiveEventIDs": ["urn:uuid:2", "ni:///known"],
        },
    }
    found = record_of(event, Known(), "ni:///known")
    assert (found["record"], found["corrections"]) == (ID, [ID])
    for value in ("ni:///unknown", None):
        with pytest.raises(NotRuled):
            record_of(event, Known(), value)


HARVEST = event_of(recorded("trace.harvest", RECORDS["trace.harvest"]), Known())
SHIPPED = event_of(recorded("trace.ship", RECORDS["trace.ship"]), Known())
RECEIVED = event_of(recorded("trace.receive", RECORDS["trace.receive"]), Known())
PACKED = event_of(recorded("trace.pack_unit", RECORDS["trace.pack_unit"]), Known())


@pytest.mark.parametrize(
    "event",
    [
        HARVEST | {"bizStep": "accepting"},
        HARVEST | {"action": "OBSERVE"},
        HARVEST | {"ilmd": {}},
        HARVEST | {"quantityList": [{"epcClass": f"urn:linxin:lot:{LOT_OWN}", "quantity": 1, "uom": "LTR"}]},
        HARVEST | {"quantityList": [{"epcClass": f"urn:linxin:lot:{LOT_OWN}", "quantity": 0.0000001, "uom": "KGM"}]},
        HARVEST | {"quantityList": [{"epcClass": f"urn:linxin:lot:{LOT_OWN}"}]},
        HARVEST | {"quantityList": [{"epcClass": "urn:linxin:lot:OTHER01X/1", "quantity": 1, "uom": "KGM"}]},
        HARVEST | {"quantityList": HARVEST["quantityList"] * 2},  # type: ignore[operator]
        HARVEST | {"epcList": ["urn:epc:id:sgtin:4012345.011111.9876"]},
        HARVEST | {"errorDeclaration": {"declarationTime": "2026-05-01T08:00:00+08:00"}},
        SHIPPED | {"epcList": ["urn:epc:id:sgtin:4012345.011111.9876"]},
        SHIPPED | {"bizTransactionList": []},
        SHIPPED | {"sourceList": [{"type": "possessing_party", "source": "urn:linxin:organisation:hub-1"}]},
        SHIPPED | {"destinationList": []},
        RECEIVED | {"destinationList": [{"type": "possessing_party", "destination": "urn:linxin:organisation:hub-1"}]},
        RECEIVED | {"quantityList": [{"epcClass": f"urn:linxin:lot:{LOT_OWN}", "quantity": 9, "uom": "KGM"}]},
        RECEIVED | {"quantityList": [{"epcClass": f"urn:linxin:lot:{LOT_OWN}", "quantity": 8, "uom": "KGM"}]},
        PACKED | {"parentID": "urn:epc:id:sgtin:4012345.011111.9876"},
    ],
)
def test_what_is_unclear_is_not_ruled(event: dict[str, Any]) -> None:
    with pytest.raises(NotRuled) as caught:
        record_of(event, Known())
    assert caught.value.zh
    assert caught.value.en


def test_less_than_was_shipped_is_a_shortage() -> None:
    arrived = [
        {"epcClass": f"urn:linxin:lot:{LOT_OWN}", "quantity": 7500, "uom": "GRM"},
        {"epcClass": f"https://id.gs1.org/01/{GTIN}/10/L1", "quantity": 3},
    ]
    event = {name: value for name, value in RECEIVED.items() if name != "linxin:shortages"} | {"quantityList": arrived}
    assert record_of(event, Known())["shortages"] == [{"lot": LOT_OWN, "quantity": 500_000}]


def test_partners_may_spell_keys_and_words_as_they_do() -> None:
    """Any domain of a Digital Link, EPC URNs, the CBV as URN, CURIE or address."""
    event = PACKED | {
        "parentID": "urn:epc:id:sscc:9520123.0456789123",
        "bizStep": "urn:epcglobal:cbv:bizstep:packing",
        "childEPCs": [],
        "childQuantityList": [{"epcClass": f"https://example.com/x/01/{GTIN}/10/L1", "quantity": 4, "uom": "EA"}],
    }
    found = record_of(event, Known())
    assert found["lots"] == [{"lot": LOT, "quantity": 4_000_000}]
    assert str(found["unit"]).isdecimal()
    assert len(str(found["unit"])) == 18


def test_subjects_are_told_once_in_order() -> None:
    assert subjects_of(SHIPPED) == (
        f"unit:{UNIT}",
        f"lot:{LOT_OWN}",
        "organisation:farm-1",
        "site:FARMX",
        "organisation:hub-1",
        "site:9521234000016",
    )
    assert subjects_of(
        {"type": "ObjectEvent", "epcList": ["https://id.gs1.org/01/09521234543213/21/7", "geo:1,2"]}
    ) == (f"product:{GTIN}",)
    assert CONTEXT in document_of([SHIPPED], TIME_MS).decode()
