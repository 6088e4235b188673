"""Every published document: accepted or refused as it must be, and hashed as its authors hashed it."""

import hashlib
import socket
from typing import Any

import pytest

from standards.epcis.document import read
from standards.epcis.hashing import document_hashes, event_hash
from standards.epcis.validation import validate
from tests.standards.epcis.published import EQUAL, EXPECTED, HASHED, INVALID, UNHASHED, VALID, data_of


@pytest.fixture(autouse=True)
def _nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a document made us open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_data_cover_both_verdicts_and_both_forms() -> None:
    assert len(VALID) > 50
    assert len(INVALID) > 10
    assert len(HASHED) > 25
    assert any(name.endswith(".xml") for name in HASHED)


@pytest.mark.parametrize("name", VALID)
def test_valid_documents_are_accepted(name: str) -> None:
    report = validate(data_of(name))
    assert report.faults == ()
    assert report.document is not None
    events = EXPECTED[name].get("events")
    assert events is None or len(report.document.events) == events


@pytest.mark.parametrize("name", INVALID)
def test_invalid_documents_are_refused_with_a_path(name: str) -> None:
    report = validate(data_of(name))
    assert report.faults
    for fault in report.faults:
        assert fault.zh
        assert fault.en
        assert fault.path.startswith("/")
    told = {fault.path for fault in report.faults}
    for error in EXPECTED[name].get("schema_errors", ()):
        steps = error.partition(":")[0]
        assert any(path.startswith("/" + steps) for path in told), (steps, told)


@pytest.mark.parametrize("name", [name for name in HASHED if name.endswith(".xml")] + EQUAL)
def test_xml_documents_have_a_valid_json_form(name: str) -> None:
    assert validate(data_of(name)).faults == ()


@pytest.mark.parametrize("name", HASHED)
def test_event_hashes_are_those_published(name: str) -> None:
    hashes = document_hashes(read(data_of(name)))
    assert hashes.how == "event"
    assert list(hashes.values) == EXPECTED[name]["event_hashes"]


@pytest.mark.parametrize("name", EQUAL)
def test_one_event_in_many_spellings_has_one_hash(name: str) -> None:
    hashes = document_hashes(read(data_of(name)))
    assert len(hashes.values) > 1
    assert len(set(hashes.values)) == 1


@pytest.mark.parametrize("name", UNHASHED)
def test_what_the_library_cannot_hash_is_named_by_its_bytes(name: str) -> None:
    data = data_of(name)
    hashes = document_hashes(read(data))
    assert (hashes.how, hashes.values) == ("bytes", (f"ni:///sha-256;{hashlib.sha256(data).hexdigest()}",))


def test_a_hash_does_not_depend_on_what_was_hashed_before() -> None:
    """The library remembers the namespaces of earlier documents."""
    name = "valid/openepcis/TransformationEvent_with_userExtensions.json"
    alone = event_hash(read(data_of(name)), 0)
    for other in HASHED:
        document_hashes(read(data_of(other)))
    assert event_hash(read(data_of(name)), 0) == alone
