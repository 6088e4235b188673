"""Bytes of outsiders: what would mean two things, or too much, is refused by name; nothing breaks the reader."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.epcis.document import EVENTS_MAX
from standards.epcis.faults import Malformed
from standards.epcis.hashing import document_hashes
from standards.epcis.reading import BYTES_MAX, DEPTH_MAX, VALUES_MAX, read_json
from standards.epcis.validation import validate
from tests.standards.epcis.published import HASHED, data_of

EVENT = {
    "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "type": "ObjectEvent",
    "eventTime": "2026-05-01T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["https://id.gs1.org/01/09521141012345/21/1"],
    "action": "OBSERVE",
}


def document(*events: dict[str, Any]) -> bytes:
    """A document of `events`, as a partner would send it."""
    whole = {
        "@context": EVENT["@context"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T08:00:00+08:00",
        "epcisBody": {"eventList": [{k: v for k, v in event.items() if k != "@context"} for event in events]},
    }
    return json.dumps(whole).encode()


def faults(data: bytes) -> dict[str, str]:
    """path -> rule of all that is wrong with `data`."""
    return {fault.path: fault.rule for fault in validate(data).faults}


def test_a_plain_event_is_accepted_alone_and_in_a_document() -> None:
    assert faults(json.dumps(EVENT).encode()) == {}
    assert faults(document(EVENT, EVENT)) == {}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a": 1, "a": 2}', "/a"),
        ('{"b": [{"a": {"c": 1, "c": 1}}]}', "/b/0/a/c"),
        ('{"a": NaN}', "/a"),
        ('{"a": -Infinity}', "/a"),
        ('{"a": 1e400}', "/a"),
        ('{"a": 1' + "0" * 40 + "}", "/a"),
        ('{"a": 10000000000000000001}', "/a"),
        ('{"a": "x\\u202ey"}', "/a"),
        ('{"a": "x\\u0000"}', "/a"),
        ('{"a": "\\ud800"}', "/a"),
        ('{"ac\\u0442ion": 1}', "/acтion"),
        ('{"action\\u200b": 1}', "/action\u200b"),
        ('{"e\\u0301": 1}', "/e\u0301"),
        (json.dumps({"a": "x" * 20_000}), "/a"),
    ],
)
def test_what_would_mean_two_things_is_named_with_its_path(text: str, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_json(text.encode())
    assert path in {fault.path for fault in caught.value.faults}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1),
        b" " * (BYTES_MAX + 1),
        b"[" + b"0," * VALUES_MAX + b"0]",
        b"[]",
        b"null",
        b'"EPCISDocument"',
    ],
)
def test_what_is_too_much_or_nothing_is_refused(data: bytes) -> None:
    assert not validate(data).valid


def test_brackets_in_strings_are_no_depth() -> None:
    assert read_json(json.dumps({"a": '["' * 200}).encode())[0] == {"a": '["' * 200}


def test_notes_to_people_are_left_out_everywhere() -> None:
    assert faults(document({**EVENT, "_comment_why": "x"})) == {}
    assert faults(document({**EVENT, "why": "x"})) == {"/epcisBody/eventList/0/why": "schema:propertyNames"}


def test_an_event_id_may_stand_twice_and_is_remarked() -> None:
    """AssociationEvent-h of GS1 does."""
    text = json.dumps(EVENT)[:-1] + ', "eventID": "urn:uuid:a", "eventID": "urn:uuid:b"}'
    report = validate(text.encode())
    assert report.valid
    assert [remark.path for remark in report.remarks] == ["/eventID"]
    assert not validate(text.encode(), strict=True).valid


def test_too_many_events_are_refused() -> None:
    assert "/epcisBody/eventList" in faults(document(*[EVENT] * (EVENTS_MAX + 1)))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml"),
        ('<!DOCTYPE a SYSTEM "http://example.com/x.dtd"><a/>', "xml"),
        ("<a>" * (DEPTH_MAX + 1) + "</a>" * (DEPTH_MAX + 1), "xml"),
        ("<a/>", "xml"),
        ("<a><b></a>", "xml"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "xml"),
        ('<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"><EPCISBody/></e:EPCISDocument>', "xml"),
        (
            '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"><EventList>\u202e</EventList></e:EPCISDocument>',
            "text",
        ),
        (
            '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"><EventList><acтion/></EventList></e:EPCISDocument>',
            "name",
        ),
    ],
)
def test_hostile_xml_is_refused(text: str, rule: str) -> None:
    assert rule in set(faults(text.encode()).values())


def test_xml_faults_name_the_event() -> None:
    data = data_of("hash/epcisDocWithShippingAndTransportingEvent.xml")
    assert list(faults(data.replace(b"<action>OBSERVE</action>", b"<action>WATCH</action>", 1))) == [
        "/epcisBody/eventList/0/action"
    ]
    assert faults(data.replace(b"</EventList>", b"<ObjectEvent><other/></ObjectEvent></EventList>", 1)).keys() >= {
        "/epcisBody/eventList/2/other",
        "/epcisBody/eventList/2/eventTime",
    }


def test_an_event_made_to_keep_the_library_busy_is_known_by_its_bytes() -> None:
    """It compares every text with every word of a vocabulary: tens of thousands would take it minutes."""
    words = {f"ex:f{number}": f"https://gs1.org/voc/x{number}" for number in range(5_000)}
    report = validate(json.dumps({**EVENT, **words}).encode())
    assert report.document is not None
    assert document_hashes(report.document).how == "bytes"
    many = {**EVENT, "epcList": [f"https://id.gs1.org/01/09521141012345/21/{number}" for number in range(5_000)]}
    report = validate(json.dumps(many).encode())
    assert report.document is not None
    assert document_hashes(report.document).how == "event"


@pytest.mark.fuzz
@given(st.binary(max_size=400))
def test_any_bytes_are_a_document_or_refused(data: bytes) -> None:
    report = validate(data)
    assert report.document is not None or report.faults


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*EVENT, "ilmd", "x:y", "a"]), inner),
    max_leaves=12,
)


@pytest.mark.fuzz
@given(
    st.dictionaries(st.sampled_from([*EVENT, "ilmd", "sensorElementList", "parentID", "persistentDisposition"]), JSON)
)
def test_any_members_are_judged_and_hashed_without_a_crash(members: dict[str, Any]) -> None:
    data = json.dumps({**EVENT, **members}).encode()
    report = validate(data)
    if report.document is not None:
        assert report.document.events == () or document_hashes(report.document).values


@pytest.mark.fuzz
@given(st.sampled_from(HASHED), st.data())
def test_published_documents_cut_and_mixed_do_not_crash(name: str, data: st.DataObject) -> None:
    whole = data_of(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    report = validate(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:])
    if report.document is not None:
        document_hashes(report.document)
