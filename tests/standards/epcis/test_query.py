"""Queries over published events: what must be found is found, in order and in pages; what is none is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.epcis.document import Event, read
from standards.epcis.faults import Malformed
from standards.epcis.query import PER_PAGE_MAX, TooLarge, evaluate, page, parse
from standards.epcis.validation import validate
from tests.standards.epcis.published import ROOT, VALID, data_of
from tests.standards.epcis.test_semantics import AGGREGATED, SENSED

EVENTS: list[Event] = [event for name in VALID for event in read(data_of(name)).events]
WARM = {**SENSED, "eventID": "urn:uuid:warm"}


def found(events: list[Event], **parameters: Any) -> list[Event]:
    return evaluate(parse(parameters), events)


@pytest.mark.parametrize(
    "parameters",
    [
        {"eventType": ["ObjectEvent"]},
        {"GE_eventTime": "2026-05-01T00:00:00Z", "LT_eventTime": "2026-05-01T00:00:01Z"},
        {"EQ_action": ["OBSERVE", "ADD"]},
        {"MATCH_epc": ["https://example.com/01/09521141012345/21/1"]},
        {"MATCH_anyEPC": ["urn:epc:id:sgtin:95211410.01234.1", "https://id.gs1.org/01/09521141012345/21/1"]},
        {"EXISTS_sensorElement": True},
        {"EXISTS_errorDeclaration": "false"},
        {"EXISTS_sensorElement": False},
        {"EXISTS_sensorElementList": None},
        {"EQ_value_CEL": [1, 4.5]},
        {"GE_value_CEL": "4.5"},
        {"eventType": ["ObjectEvent", "ex:Event"]},
        {"EQ_type": ["gs1:Temperature"]},
        {"EQ_deviceID": ["https://id.gs1.org/8004/4000001111"]},
        {"GE_time": "2026-04-30T23:00:00Z", "LT_time": "2026-04-30T23:00:01Z"},
        {"GE_value_CEL": 4.5, "LT_value_CEL": "4.6"},
        {"GE_value_KEL": 277.65, "LT_value_KEL": 277.66},
        {"EQ_value_FAH": 40.1},
        {"EQ_eventID": "urn:uuid:warm"},
    ],
)
def test_what_fits_is_found(parameters: dict[str, Any]) -> None:
    assert found([WARM], **parameters) == [WARM]


@pytest.mark.parametrize(
    "parameters",
    [
        {"eventType": ["AggregationEvent"]},
        {"LT_eventTime": "2026-05-01T00:00:00Z"},
        {"EQ_action": "DELETE"},
        {"MATCH_epc": ["https://id.gs1.org/01/09521141012345/21/2"]},
        {"MATCH_parentID": ["https://id.gs1.org/01/09521141012345/21/1"]},
        {"EXISTS_ex:field": True},
        {"GE_value_KEL": 277.66},
        {"GE_value_KGM": 0},
        {"GE_minValue_CEL": 0},
        {"EQ_bizStep": "receiving"},
        {"EQ_stringValue": "x"},
        {"EXISTS_errorDeclaration": True},
        {"EQ_ex:field": "1"},
    ],
)
def test_what_does_not_fit_is_not(parameters: dict[str, Any]) -> None:
    assert found([WARM], **parameters) == []


def test_words_may_be_spelt_in_any_way() -> None:
    by = [
        found(EVENTS, EQ_bizStep=[word])
        for word in ("shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping")
    ]
    assert by[0] == by[1] == by[2] != []
    assert all("hipping" in str(event["bizStep"]) for event in by[0])


def test_members_of_every_kind_are_looked_at() -> None:
    event: Event = {
        **AGGREGATED,
        "readPoint": {"id": "https://id.gs1.org/414/9521141123452/254/7"},
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L1", "quantity": 10, "uom": "KGM"}],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po"}, {"bizTransaction": "urn:x:other"}],
        "sourceList": [{"type": "owning_party", "source": "urn:x:a"}],
        "persistentDisposition": {"set": ["recalled"]},
        "ilmd": {"ex:grade": "A", "ex:more": {"ex:deep": [3]}},
        "ex:outer": {"ex:inner": "5"},
        "ex:plain": 7,
        "errorDeclaration": {
            "declarationTime": "2026-05-02T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:c"],
        },
    }
    for yes in (
        {"MATCH_parentID": event["parentID"]},
        {"MATCH_anyEPC": event["parentID"]},
        {"MATCH_epcClass": "https://id.gs1.org/01/04012345111118/10/L1"},
        {"MATCH_anyEPCClass": "urn:epc:idpat:lgtin:4012345.011111.*"},
        {"EQ_readPoint": "https://example.com/414/9521141123452/254/7"},
        {"WD_readPoint": "https://id.gs1.org/414/9521141123452"},
        {"EQ_bizTransaction_po": "urn:x:po"},
        {"EQ_source_urn:epcglobal:cbv:sdt:owning_party": "urn:x:a"},
        {"EQ_persistentDisposition_set": "recalled"},
        {"GT_quantity": 9, "LE_quantity": 10},
        {"EQ_ILMD_ex:grade": ["A", "B"]},
        {"EQ_INNER_ILMD_ex:deep": "3"},
        {"EQ_INNER_ex:inner": "5"},
        {"GE_INNER_ex:inner": 5},
        {"LT_ex:plain": 8},
        {"EXISTS_ex:plain": True},
        {"EXISTS_ILMD_ex:none": False},
        {"EQ_errorReason": "incorrect_data"},
        {"EQ_correctiveEventID": "urn:uuid:c"},
        {"GE_errorDeclarationTime": "2026-05-02T00:00:00Z"},
    ):
        assert found([event], **yes) == [event], yes
    for no in (
        {"MATCH_epc": event["parentID"]},
        {"WD_readPoint": "https://id.gs1.org/414/952114112345"},
        {"EQ_bizTransaction_po": "urn:x:other"},
        {"EQ_persistentDisposition_unset": "recalled"},
        {"EQ_ILMD_ex:deep": "3"},
        {"EQ_ex:inner": "5"},
        {"EQ_INNER_ex:grade": "A"},
        {"LT_ex:outer": 8},
    ):
        assert found([event], **no) == [], no


def test_order_limits_and_pages() -> None:
    rising = found(EVENTS, orderBy="eventTime", orderDirection="ASC")
    assert len(rising) == len(EVENTS)
    assert found(EVENTS, orderBy="eventTime", orderDirection="ASC", eventCountLimit=3) == rising[:3]
    with pytest.raises(TooLarge):
        found(EVENTS, maxEventCount=len(EVENTS) - 1)
    assert len(found(EVENTS, maxEventCount=len(EVENTS))) == len(EVENTS)
    query = parse({"orderBy": "eventTime", "orderDirection": "ASC"})
    seen: list[Event] = []
    token: str | None = None
    while True:
        part = page(query, rising, 7, token)
        seen += part.events
        token = part.next_token
        if token is None:
            break
    assert seen == rising
    other = page(parse({}), rising, 7).next_token
    for wrong in (other, "x", "", "AAAA"):
        with pytest.raises(Malformed):
            page(query, rising, 7, wrong)
    for size in (0, PER_PAGE_MAX + 1):
        with pytest.raises(Malformed):
            page(query, rising, size)


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"EQ_nothing": "x"}, "/EQ_nothing"),
        ({"HASATTR_": "x"}, "/HASATTR_"),
        ({"GE_eventTime": "yesterday"}, "/GE_eventTime"),
        ({"GE_eventTime": "2026-05-01T00:00:00"}, "/GE_eventTime"),
        ({"EQ_action": ["CREATE"]}, "/EQ_action"),
        ({"eventType": ["NoEvent"]}, "/eventType"),
        ({"MATCH_epc": []}, "/MATCH_epc"),
        ({"MATCH_epc": [True]}, "/MATCH_epc"),
        ({"GE_value_CEL": "warm"}, "/GE_value_CEL"),
        ({"GE_value_CEL": "1e999999999"}, "/GE_value_CEL"),
        ({"EXISTS_ex:field": "maybe"}, "/EXISTS_ex:field"),
        ({"orderBy": "bizStep"}, "/orderBy"),
        ({"orderDirection": "UP"}, "/orderDirection"),
        ({"eventCountLimit": 0}, "/eventCountLimit"),
        ({"eventCountLimit": 1}, "/eventCountLimit"),
        ({"GE_quantity": [1, 2]}, "/GE_quantity"),
        ({"eventCountLimit": 1, "maxEventCount": 1}, "/eventCountLimit"),
    ],
)
def test_what_is_no_query_is_refused_by_the_parameter(parameters: dict[str, Any], path: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse(parameters)
    assert path in {fault.path for fault in caught.value.faults}
    whole = validate(json.dumps({"EQ_bizStep": ["shipping"], **parameters}).encode())
    assert path in {fault.path for fault in whole.faults}


def test_published_queries_are_valid_and_can_be_asked() -> None:
    files = sorted((ROOT / "query").glob("*.json"))
    assert files
    for file in files:
        assert validate(file.read_bytes()).valid
        evaluate(parse(json.loads(file.read_text("utf-8"))), EVENTS)


VALUES = st.text(max_size=8) | st.integers() | st.floats() | st.booleans() | st.lists(st.text(max_size=8), max_size=3)
NAMES = st.sampled_from(
    ["EQ_", "GE_", "LT_", "MATCH_", "WD_", "EXISTS_", "EQ_INNER_ILMD_", "GE_INNER_", "LE_value_", ""]
)


@pytest.mark.fuzz
@given(
    st.dictionaries(
        st.builds(str.__add__, NAMES, st.sampled_from(["a:b", "CEL", "epc", "quantity", "type", "(", "*"])), VALUES
    )
)
def test_any_parameters_are_asked_or_refused(parameters: dict[str, Any]) -> None:
    try:
        query = parse(parameters)
    except Malformed:
        return
    evaluate(query, EVENTS)
