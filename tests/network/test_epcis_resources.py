"""The resources of /epcis/v2 as the standard's OpenAPI document has them: headers, formats, discovery, refusals."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from standards.epcis.document import read
from standards.epcis.hashing import event_hash
from tests.network.nodes import Network
from tests.network.rest import Rest, document, epcis_gateway, event, events_in
from tests.network.test_epcis_rest import problem

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]

URN, LINK = "urn:epc:id:sgtin:4012345.011111.{}", "https://id.gs1.org/01/04012345111118/21/{}"
MARK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with epcis_gateway(node, tmp_path_factory.mktemp("resources") / "network") as url:
        yield Rest(url)


def json_of(content: object) -> bytes:
    return json.dumps(content).encode()


def asked(rest: Rest, path: str, **headers: str) -> list[dict[str, Any]]:
    return events_in(rest.get(path, **headers))


def test_discovery_tells_versions_and_limits(rest: Rest) -> None:
    told = rest.ask("OPTIONS", "/capture")
    assert told.status == 204
    assert told.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert told.headers["gs1-epcis-capture-limit"] == "500"
    assert told.headers["gs1-epcis-capture-file-size-limit"] == str(2 << 20)
    assert told.headers["gs1-capture-error-behaviour"] == "all"
    for path in ("/", "/events", "/epcs", "/bizSteps/packing/events", "/events/urn:uuid:1", "/capture/1"):
        told = rest.ask("OPTIONS", path)
        assert told.status == 204, path
        assert {"gs1-epcis-version", "gs1-cbv-version", "gs1-epc-format", "gs1-extensions"} <= told.headers.keys()
        assert told.headers["gs1-epcis-min"] == told.headers["gs1-cbv-max"] == "2.0.0"
    problem(rest.ask("OPTIONS", "/nothing"), 404, "NoSuchResourceException")


def test_a_range_of_versions_that_holds_ours_is_understood(rest: Rest) -> None:
    assert (
        rest.get("/events", GS1_EPCIS_Min="1.2.0", GS1_EPCIS_Max="2.1", GS1_CBV_Min="2", GS1_CBV_Max="2.0").status
        == 200
    )
    for headers in (
        {"GS1_EPCIS_Version": "1.2"},
        {"GS1_EPCIS_Max": "1.2.0"},
        {"GS1_CBV_Min": "2.0.1"},
        {"GS1_CBV_Min": "two"},
    ):
        problem(rest.get("/events", **headers), 406, "NotAcceptableException")


def test_answers_are_json_or_json_ld(rest: Rest) -> None:
    assert rest.get("/events", Accept="application/ld+json").headers["content-type"] == "application/ld+json"
    assert rest.get("/events", Accept="text/html, */*;q=0.8").headers["content-type"] == "application/json"
    for kind in ("application/xml", "application/json;q=0"):
        problem(rest.get("/events", Accept=kind), 406, "NotAcceptableException")


def test_names_are_translated_on_request_and_the_hash_stays(rest: Rest) -> None:
    said = event(1_000, bizStep="encoding", readPoint={"id": "urn:epc:id:sgln:4012345.00007.0"})
    (done,) = rest.capture(document(said | {"epcList": [URN.format(1_000)]}))["events"]
    path = f"/events/{quote(done['hash'], safe='')}"
    for form, name, place in (
        ("Always_GS1_Digital_Link", LINK, "https://id.gs1.org/414/4012345000078"),
        ("Always_EPC_URN", URN, "urn:epc:id:sgln:4012345.00007.0"),
        ("Never_Translates", URN, "urn:epc:id:sgln:4012345.00007.0"),
        ("No_Preference", URN, "urn:epc:id:sgln:4012345.00007.0"),
    ):
        told = rest.get(path, GS1_EPC_Format=form)
        (found,) = events_in(told)
        assert (found["epcList"], found["readPoint"]["id"]) == ([name.format(1_000)], place)
        assert event_hash(read(told.body), 0) == done["hash"]
        assert told.headers["gs1-epc-format"] == ("Never_Translates" if form == "No_Preference" else form)
    links = rest.get("/readPoints?perPage=1000", GS1_EPC_Format="Always_GS1_Digital_Link").json["member"]
    assert "https://id.gs1.org/414/4012345000078" in links
    rest.capture(document(event(1_001, eventID="urn:uuid:1001", epcList=["https://id.gs1.org/01/09999999999999/21/1"])))
    refused = rest.get("/events?EQ_eventID=urn:uuid:1001", GS1_EPC_Format="Always_EPC_URN")
    assert "09999999999999" in problem(refused, 406, "NotAcceptableException")["detail"]
    problem(rest.get("/events", GS1_EPC_Format="Sometimes"), 406, "NotAcceptableException")


def test_extensions_and_master_data_are_asked_for(rest: Rest) -> None:
    place = "urn:x:resources:hall"
    told = event(1_010, bizLocation={"id": "urn:x:resources:shelf"}, **{"ex:grade": "A"})
    data = read(document(told, ex="https://ns.example.com/resources/")).content
    vocabulary = {"id": place, "children": ["urn:x:resources:shelf"], "attributes": []}
    shelf = {"id": "urn:x:resources:shelf", "attributes": [{"id": "urn:x:cold", "attribute": "yes"}]}
    vocabularies = [
        {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [vocabulary, shelf]}
    ]
    header = {"epcisHeader": {"epcisMasterData": {"vocabularyList": vocabularies}}}
    assert rest.capture(json_of(data | header))["success"]
    for query in (
        f"WD_bizLocation={quote(place)}",
        "HASATTR_bizLocation=urn:x:cold",
        "EQATTR_bizLocation_urn:x:cold=no|yes",
        "EQ_https%3A%2F%2Fns.example.com%2Fresources%2Fgrade=A",
    ):
        assert asked(rest, f"/events?{query}") == [told], query
    assert asked(rest, "/events?EQ_mine:grade=A", GS1_Extensions="mine=https://ns.example.com/resources/") == [told]
    assert asked(rest, "/events?EQ_mine:grade=A", GS1_Extensions="mine=https://ns.example.com/") == []
    assert asked(rest, f"/events?EQ_bizLocation={quote(place)}") == []


def test_an_event_comes_with_the_declarations_of_its_error(rest: Rest) -> None:
    said = event(1_020, eventID="urn:uuid:1020")
    wrong = said | {"errorDeclaration": {"declarationTime": "2026-11-20T00:00:00Z", "reason": "did_not_occur"}}
    rest.capture(document(said))
    rest.capture(document(wrong))
    told = rest.get("/events/urn:uuid:1020")
    assert events_in(told) == [said, wrong]
    assert told.headers["link"].count('rel="urn:linxin:rel:proof"') == 2


def test_jobs_come_in_pages(rest: Rest) -> None:
    for number in (1_030, 1_031):
        rest.capture(document(event(number)))
    first = rest.get("/capture?perPage=1")
    assert len(first.json) == 1
    assert "gs1-next-page-token-expires" in first.headers
    ids = [job["captureID"] for page in rest.pages("/capture?perPage=2") for job in page.json]
    assert ids[0] == first.json[0]["captureID"]
    assert len(ids) == len(set(ids)) >= 2


def test_what_is_not_offered_says_so(rest: Rest) -> None:
    for method, path in (
        ("GET", "/queries"),
        ("POST", "/queries"),
        ("GET", "/queries/mine/events"),
        ("POST", "/queries/mine/subscriptions"),
        ("DELETE", "/queries/mine/subscriptions/1"),
        ("DELETE", "/nextPageToken/abc"),
    ):
        problem(rest.ask(method, path), 501, "ImplementationException")


def test_what_is_asked_wrongly_is_refused(rest: Rest) -> None:
    assert rest.ask("DELETE", "/events").status == 405
    for query in (
        "EQ_nonsense=1",
        "EQ_bizStep=a&EQ_bizStep=b",
        "perPage=0",
        "nextPageToken=%00",
        "eventCountLimit=1",
        "EQ_action=MAKE",
        "GE_eventTime=yesterday",
        "orderBy=bizStep",
    ):
        problem(rest.get(f"/events?{query}"), 400, "QueryParameterException")
    problem(rest.get(f"/events?EQ_bizStep={'x' * 9_000}"), 414, "URITooLongException")
    problem(rest.get("/capture/unknown"), 404, "NoSuchResourceException")
    problem(rest.get("/nothing"), 404, "NoSuchResourceException")


@pytest.mark.parametrize(
    "path",
    [
        "/events/../../../../etc/passwd",
        "/events/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/capture/..%2f..%2fgenesis.json",
        "/epcs/%00/events",
        "/bizSteps/..%5c..%5cpassphrase/events",
        "/events/urn:linxin:record:../../keys/proof",
    ],
)
def test_tricks_with_paths_find_nothing(rest: Rest, path: str) -> None:
    problem(rest.get(path), 404, "NoSuchResourceException")


def test_markup_in_every_text_is_kept_as_text_and_served_as_data(rest: Rest) -> None:
    name = "urn:x:" + quote(MARK, safe="")
    marked = event(
        1_040,
        eventID=f"{name}:id",
        epcList=[f"{name}:epc"],
        bizLocation={"id": f"{name}:place"},
        bizTransactionList=[{"bizTransaction": f"{name}:bt"}],
        **{"ex:note": MARK, "ex:deep": [{"ex:more": MARK}]},
    )
    (done,) = rest.capture(document(marked, ex="https://ns.example.com/"))["events"]
    told = rest.get(f"/events/urn:linxin:record:{done['transaction']}")
    assert events_in(told) == [marked]
    raw = rest.ask("POST", "/capture", document(event(1_041, bizStep=MARK, epcList=[MARK])))
    refused = problem(raw, 400, "ValidationException")
    assert {"/epcisBody/eventList/0/bizStep", "/epcisBody/eventList/0/epcList/0"} & {
        each["path"] for each in refused["errors"]
    }
    for said in (told, raw, rest.get(f"/events?EQ_{quote(MARK)}=1"), rest.get(f"/epcs/{quote(MARK, safe='')}/events")):
        assert said.headers["content-type"] in ("application/json", "application/problem+json")
        assert said.headers["x-content-type-options"] == "nosniff"
