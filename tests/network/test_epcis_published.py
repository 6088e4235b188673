"""Published documents, captured and read back through /epcis/v2: equal events, equal hashes."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from standards.epcis.document import Document, read
from standards.epcis.hashing import event_hash
from tests.network.nodes import Network
from tests.network.rest import JSON, Rest, epcis_gateway
from tests.standards.epcis.published import HASHED, INVALID, VALID, data_of

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

DOCUMENTS = [name for name in VALID if read(data_of(name)).events]
HANDFUL = [name for name in DOCUMENTS if name in HASHED][::7][:5]


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with epcis_gateway(node, tmp_path_factory.mktemp("published") / "network") as url:
        yield Rest(url)


def bring_back(rest: Rest, name: str) -> int:
    """Capture the document `name` and compare each event that the ledger took; how many those were."""
    data = data_of(name)
    document = read(data)
    if document.events_at:
        job = rest.capture(data, "application/xml" if document.form == "xml" else JSON, "proceed")
        taken = job["events"]
        assert all("captured before" in error["detail"] for error in job["errors"]), (name, job["errors"])
    else:
        made = rest.ask("POST", "/events", data)
        assert made.status in (201, 422), (name, made.body)
        taken = [made.json] if made.status == 201 else []
    for each in taken:
        expect(rest, document, each["event"], each["hash"], each["transaction"])
    return len(taken)


def expect(rest: Rest, document: Document, index: int, value: str | None, transaction: str) -> None:
    """That the event is there as it stands in its document, alone and in a list."""
    original = {key: held for key, held in document.events[index].items() if key != "@context" or document.events_at}
    assert value == event_hash(document, index)
    back = rest.get(f"/events/urn:linxin:record:{transaction}")
    assert back.status == 200, back.body
    alone = read(back.body)
    assert {key: held for key, held in alone.content.items() if key != "@context"} == original
    if document.form == "json" and "@context" not in original:
        assert event_hash(alone, 0) == value
    if value is None or document.form == "xml":
        return
    names = rest.get(f"/eventTypes/{quote(str(original['type']), safe='')}/events?perPage=1000")
    listed = [names]
    while "link" in listed[-1].headers:
        listed.append(rest.get(listed[-1].headers["link"].partition("<")[2].partition(">")[0]))
    pages = [read(said.body) for said in listed]
    found = [(page, place) for page in pages for place, event in enumerate(page.events) if event == original]
    assert value in {event_hash(page, place) for page, place in found}


@pytest.mark.parametrize("name", HANDFUL)
def test_some_come_back_as_they_were(rest: Rest, name: str) -> None:
    bring_back(rest, name)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_all_come_back_as_they_were(rest: Rest) -> None:
    assert sum(bring_back(rest, name) for name in DOCUMENTS) > len(DOCUMENTS) // 2


@pytest.mark.parametrize("name", INVALID[:: max(1, len(INVALID) // 6)])
def test_invalid_ones_are_refused_with_reasons(rest: Rest, name: str) -> None:
    refused = rest.ask("POST", "/capture", data_of(name), "application/xml" if data_of(name)[:1] == b"<" else JSON)
    assert refused.status == 400
    assert all(error["path"] or error["message_en"] for error in refused.json["errors"])
    assert refused.json["errors"]
