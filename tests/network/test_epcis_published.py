"""All published documents through /epcis/v2 of a running gateway: equal events, equal hashes; bad ones, and why."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from standards.epcis.document import Document, Event, read
from standards.epcis.hashing import event_hash
from tests.network.nodes import Network
from tests.network.rest import JSON, Rest, epcis_gateway, events_in
from tests.standards.epcis.published import EQUAL, HASHED, INVALID, VALID, data_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

DOCUMENTS = {name: document for name in sorted({*VALID, *HASHED, *EQUAL}) if (document := read(data_of(name))).events}
SECONDS_MAX = 250.0


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with epcis_gateway(node, tmp_path_factory.mktemp("published") / "network") as url:
        yield Rest(url)


def sent(rest: Rest, name: str) -> str:
    """The address of the job that the document `name` became, once there was room for it."""
    document = DOCUMENTS[name]
    kind, path = "application/xml" if document.form == "xml" else JSON, "/capture" if document.events_at else "/events"
    began_s = time.monotonic()
    while (taken := rest.ask("POST", path, data_of(name), kind)).status == 503:
        assert time.monotonic() < began_s + SECONDS_MAX
        time.sleep(0.1)
    if document.events_at:
        assert taken.status == 202, (name, taken.body)
        return taken.headers["location"]
    assert taken.status in (201, 409), (name, taken.body)
    return taken.headers["link"].partition("<")[2].partition(">")[0]


def captured(rest: Rest) -> dict[str, list[dict[str, Any]]]:
    """What became of the events of each document: all are sent, then all are waited for."""
    jobs = {name: sent(rest, name) for name in DOCUMENTS}
    done = {name: rest.finished(where) for name, where in jobs.items()}
    for name, job in done.items():
        assert job["success"], (name, job["errors"])
        assert not job["errors"], name
    return {name: job["events"] for name, job in done.items()}


def original(document: Document, index: int) -> Event:
    """An event as it stands in its document: the context of a single one is the document's."""
    return {key: held for key, held in document.events[index].items() if key != "@context" or document.events_at}


@pytest.mark.timeout(300)
def test_every_document_is_captured_and_comes_back_equal(rest: Rest) -> None:
    found = captured(rest)
    pages = [read(page.body) for page in rest.pages("/events?perPage=1000")]
    listed = [(event, event_hash(page, place)) for page in pages for place, event in enumerate(page.events)]
    for name, document in DOCUMENTS.items():
        assert [each["event"] for each in found[name]] == list(range(len(document.events))), name
        for each in found[name]:
            value = event_hash(document, each["event"])
            assert each["hash"] == value, name
            back = events_in(rest.get(f"/events/urn:linxin:record:{each['transaction']}"))
            by_hash = rest.pages(f"/events/{quote(value, safe='')}") if value is not None else ()
            assert value is None or any(back[0] in events_in(page) for page in by_hash), name
            said = original(document, each["event"])
            if each.get("before"):  # another document said this event, maybe in other words
                continue
            assert back == [said], name
            assert any(event == said for event, _ in listed), name
            if document.form == "json" and value is not None:
                assert (said, value) in listed, name
    assert sum(not each.get("before") for events in found.values() for each in events) > len(DOCUMENTS)


def test_every_invalid_one_is_refused_with_a_reason(rest: Rest) -> None:
    for name in INVALID:
        data = data_of(name)
        refused = rest.ask("POST", "/capture", data, "application/xml" if data[:1] == b"<" else JSON)
        assert refused.status == 400, name
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json["errors"], name
        for error in refused.json["errors"]:
            assert error["path"], name
            assert error["rule"], name
            assert error["message_zh"], name
            assert error["message_en"], name
