"""Queries by extensions, by master data, and by every parameter that GS1's schema of queries has."""

import json
from typing import Any

import pytest

from standards.epcis.document import Event, read
from standards.epcis.master_data import master_data
from standards.epcis.query import evaluate, parse
from tests.standards.epcis.published import ROOT
from tests.standards.epcis.test_semantics import SENSED

EXAMPLE = "https://ns.example.com/epcis/"
SCHEMA = json.loads((ROOT / "schema/query-schema.json").read_text("utf-8"))
PLACEHOLDERS = {
    r"[a-z][a-zA-Z0-9]*\:\w+": "ex:field",
    r"[a-z][a-zA-Z0-9_]+": "po",
    "[A-Z0-9]{2,4}": "CEL",
    r"ATTR_\w+_\w+": "ATTR_bizLocation_name",
}
VALUES: dict[str, Any] = {"time": "2026-05-01T00:00:00Z", "decimal": 1, "action": "ADD", "eventType": "ObjectEvent"}


def definition() -> dict[str, Any]:
    """Where the schema lists parameters."""
    waiting = [SCHEMA]
    while waiting:
        held = waiting.pop()
        if "EQ_bizStep" in held.get("properties", {}):
            return dict(held)
        waiting += [each for each in held.values() if isinstance(each, dict)]
    raise AssertionError("the schema lists no parameters")


def example(schema: dict[str, Any]) -> Any:
    """A value that a parameter of `schema` may have."""
    if schema.get("type") == "array":
        return [example(schema["items"])]
    if "enum" in schema:
        return schema["enum"][0]
    by_type = {"number": 2.5, "integer": 1, "boolean": True}
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return VALUES.get(name, 5 if "or-number" in name else by_type.get(schema.get("type", ""), "urn:x:1"))


def named(pattern: str) -> str:
    """A name that `pattern` allows."""
    pattern = pattern.replace("\\\\", "\\")  # escaped once more than a pattern in JSON needs
    for part, text in PLACEHOLDERS.items():
        pattern = pattern.replace(part, text)
    return pattern.strip("^$")


PARAMETERS = [
    *definition()["properties"].items(),
    *((named(pattern), schema) for pattern, schema in definition()["patternProperties"].items()),
]


@pytest.mark.parametrize(("name", "schema"), PARAMETERS, ids=[name for name, _ in PARAMETERS])
def test_every_parameter_of_the_schema_can_be_asked(name: str, schema: dict[str, Any]) -> None:
    value = "eventTime" if name == "orderBy" else example(schema)
    with_order = {"orderBy": "eventTime"} if name == "eventCountLimit" else {}
    evaluate(parse({name: value, **with_order}), [SENSED])


def found(event: Event, prefixes: dict[str, str] | None = None, **parameters: Any) -> bool:
    return evaluate(parse(parameters, prefixes), [event]) == [event]


EXTENDED: Event = {
    **SENSED,
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"a": EXAMPLE}],
    "a:grade": "A",
    "a:weight": 5.0,
    "a:outer": {"a:inner": ["x", {"a:deep": True}]},
    "readPoint": {"id": "urn:x:gate", "a:lane": 3},
    "errorDeclaration": {"declarationTime": "2026-05-02T00:00:00Z", "a:told": "2026-05-02T08:00:00+08:00"},
    "sensorElementList": [
        {
            "a:box": "b",
            "sensorMetadata": {"time": "2026-04-30T23:00:00Z", "a:fix": 2},
            "sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL", "a:calibrated": False}],
        }
    ],
    "quantityList": [{"epcClass": "urn:x:c", "quantity": 1.5, "uom": "TNE"}],
}


def test_extensions_are_found_wherever_they_may_stand() -> None:
    for yes in (
        {"EQ_a:grade": ["B", "A"]},
        {"EQ_a:weight": 5},
        {"EQ_INNER_a:inner": "x"},
        {"EQ_INNER_a:deep": "true"},
        {"EQ_readPoint_a:lane": "3"},
        {"GE_ERROR_DECLARATION_a:told": "2026-05-02T00:00:00Z", "EQ_ERROR_DECLARATION_a:told": "2026-05-02T00:00:00Z"},
        {"EQ_SENSORELEMENT_a:box": "b"},
        {"LT_SENSORMETADATA_a:fix": 3},
        {"EQ_SENSORREPORT_a:calibrated": "false"},
        {"EXISTS_SENSORREPORT_a:calibrated": None},
        {"EQ_quantity_KGM": [1500]},
        {"GE_quantity": 1.5},
    ):
        assert found(EXTENDED, None, **yes), yes
    for no in (
        {"EQ_a:lane": "3"},
        {"EQ_INNER_a:lane": "3"},
        {"EQ_bizLocation_a:lane": "3"},
        {"EQ_SENSORELEMENT_a:fix": "2"},
        {"GT_quantity_KGM": 1500},
        {"EQ_a:inner": "x"},
        {"EXISTS_a:none": True},
    ):
        assert not found(EXTENDED, None, **no), no


def test_an_extension_is_known_by_what_its_prefix_means() -> None:
    assert found(EXTENDED, {"mine": EXAMPLE}, **{"EQ_mine:grade": "A"})
    assert found(EXTENDED, None, **{f"EQ_{EXAMPLE}grade": "A"})
    assert found(EXTENDED, None, **{f"EQ_{EXAMPLE}#grade": "A"})
    assert not found(EXTENDED, {"a": "https://other.example.com/"}, **{"EQ_a:grade": "A"})
    assert not found(EXTENDED, None, **{"EQ_mine:grade": "A"})


def test_order_by_an_extension() -> None:
    events: list[Event] = [{**SENSED, "a:n": value} for value in (3, 10, 2.5)]
    without = dict(SENSED)
    rising = evaluate(parse({"orderBy": "a:n", "orderDirection": "ASC"}), [without, *events])
    assert rising == [events[2], events[0], events[1], without]
    assert evaluate(parse({"orderBy": "a:n", "eventCountLimit": 1}), [without, *events]) == [events[1]]


def test_master_data_of_its_own_document_answer_for_an_event() -> None:
    told = {
        "type": "EPCISDocument",
        "epcisHeader": {
            "epcisMasterData": {
                "vocabularyList": [
                    {
                        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                        "vocabularyElementList": [
                            {
                                "id": "urn:epc:id:sgln:9521141.12345.0",
                                "attributes": [{"id": "cbv:city", "attribute": "昆明"}],
                                "children": ["urn:x:hall"],
                            },
                            {"id": "urn:x:hall", "children": ["urn:x:shelf", "urn:epc:id:sgln:9521141.12345.0"]},
                        ],
                    }
                ]
            }
        },
    }
    known = master_data(read(json.dumps(told).encode()).content)
    there: Event = {**SENSED, "bizLocation": {"id": "urn:epc:id:sgln:9521141.12345.0"}, "masterData": known}
    shelf: Event = {**SENSED, "bizLocation": {"id": "urn:x:shelf"}, "masterData": known}
    alone: Event = {**SENSED, "bizLocation": {"id": "urn:x:shelf"}}
    whole = "https://id.gs1.org/414/9521141123454"
    assert found(there, HASATTR_bizLocation="cbv:city")
    assert found(there, None, **{"EQATTR_bizLocation_cbv:city": ["大理", "昆明"]})
    assert not found(there, None, **{"EQATTR_bizLocation_cbv:city": "大理"})
    assert not found(shelf, HASATTR_bizLocation="cbv:city")
    assert found(shelf, WD_bizLocation=whole)
    assert not found(shelf, EQ_bizLocation=whole)
    assert not found(alone, WD_bizLocation=whole)
