"""/epcis/v2 of a real gateway before a real node: capture, jobs, queries, pages, proofs, and what is refused."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from client.verify import verify_proof
from ledger.crypto.signing import SigningKey
from standards.epcis.document import read
from standards.epcis.hashing import event_hash
from standards.epcis.signing import compact, signing_input
from tests.network.nodes import FARM, STRANGER, Network
from tests.network.rest import JSON, TOKEN, Rest, Said, document, epcis_gateway, event

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("node")]


@pytest.fixture(scope="module")
def rest(node: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    with epcis_gateway(node, tmp_path_factory.mktemp("rest") / "network") as url:
        yield Rest(url)


def problem(said: Said, status: int, name: str) -> dict[str, Any]:
    assert said.status == status, said.body
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json["type"] == f"epcisException:{name}"
    assert said.json["detail"]
    assert said.json["detail_zh"]
    return dict(said.json)


def hashes(said: Said) -> list[str | None]:
    answer = read(said.body)
    return [event_hash(answer, index) for index in range(len(answer.events))]


def signed(data: bytes, key: SigningKey) -> bytes:
    wanted = signing_input(data, int(key.algorithm), key.public_key)
    return compact(wanted, key.sign(wanted))


def test_a_document_comes_back_event_by_event_with_equal_hashes_and_a_proof(rest: Rest, node: Network) -> None:
    events = [
        event(1, bizStep="storing", **{"ex:note": "左"}),
        event(2, disposition="in_progress", eventID="urn:uuid:2"),
    ]
    data = document(*events, ex="https://ns.example.com/")
    job = rest.capture(data)
    assert job["success"]
    assert not job["errors"]
    assert [each["hash"] for each in job["events"]] == hashes(Said(200, {}, data))
    first, second = job["events"]
    back = rest.event(first["hash"])
    assert {name: value for name, value in back.items() if name != "@context"} == events[0]
    found = rest.get(f"/events?EQ_eventID={quote('urn:uuid:2')}")
    assert found.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == [events[1]]
    assert hashes(found) == [second["hash"]]
    link = rest.get(f"/events/{quote(first['hash'], safe='')}").headers["link"]
    proof = rest.get(link.partition("<")[2].partition(">")[0])
    (record,) = verify_proof(proof.body, node.genesis).records
    assert record.action[0] == "trace.assert_event"
    assert record.action[1].hex() in first["hash"]
    assert "organisation:platform" in record.subjects


def test_queries_pages_and_resources(rest: Rest) -> None:
    numbers = range(100, 107)
    place = {"id": "https://id.gs1.org/414/9529999000019"}
    rest.capture(document(*(event(number, bizStep="packing", readPoint=place) for number in numbers)))
    here = f"EQ_readPoint={quote(place['id'], safe='')}"
    path, seen = f"/events?EQ_bizStep=packing|loading&{here}&orderBy=eventTime&orderDirection=ASC&perPage=3", []
    while path:
        said = rest.get(path)
        assert said.status == 200
        seen += [each["epcList"][0].rpartition("/")[2] for each in _events(said)]
        link = said.headers.get("link", "")
        assert not link or "gs1-next-page-token-expires" in said.headers
        path = link.partition("<")[2].partition(">")[0]
    assert seen == [str(number) for number in numbers]
    assert len(_events(rest.get(f"/bizSteps/packing/events?eventCountLimit=5&{here}"))) == 5
    epc = quote("urn:epc:id:sgtin:4012345.011111.103", safe="")
    assert len(_events(rest.get(f"/epcs/{epc}/events"))) == 1
    assert "packing" in rest.get("/bizSteps").json["member"]
    assert place["id"] in rest.get("/readPoints?perPage=1000").json["member"]
    assert rest.get("/eventTypes/ObjectEvent").json["member"] == ["events"]
    assert _events(rest.get("/eventTypes/AssociationEvent/events?EQ_bizStep=packing")) == []
    problem(rest.get("/bizSteps/unheard_of/events"), 404, "NoSuchResourceException")
    problem(rest.get("/events?EQ_bizStep=packing&maxEventCount=2"), 413, "QueryTooLargeException")


def test_a_page_stays_where_it_is_while_more_is_captured(rest: Rest) -> None:
    rest.capture(document(*(event(number, bizStep="picking") for number in range(200, 204))))
    first = rest.get("/events?EQ_bizStep=picking&orderBy=eventTime&perPage=2")
    rest.capture(document(event(209, bizStep="picking")))
    second = rest.get(first.headers["link"].partition("<")[2].partition(">")[0])
    told = [each["epcList"][0].rpartition("/")[2] for each in _events(first) + _events(second)]
    assert told == ["203", "202", "201", "200"]
    assert len(_events(rest.get("/events?EQ_bizStep=picking"))) == 5


def test_equal_prefixes_that_mean_different_things_keep_their_meaning(rest: Rest) -> None:
    one = rest.capture(document(event(300, bizStep="cycle_counting", **{"ex:a": "1"}), ex="https://one.example.com/"))
    two = rest.capture(document(event(301, bizStep="cycle_counting", **{"ex:a": "1"}), ex="https://two.example.com/"))
    three = rest.capture(document(event(302, bizStep="cycle_counting", **{"ey:b": "1"}), ey="https://two.example.com/"))
    first = rest.get("/events?EQ_bizStep=cycle_counting")
    second = rest.get(first.headers["link"].partition("<")[2].partition(">")[0])
    assert [len(_events(said)) for said in (first, second)] == [1, 2]
    assert hashes(first) + hashes(second) == [job["events"][0]["hash"] for job in (one, two, three)]


def test_an_invalid_event_refuses_the_document_or_with_proceed_itself(rest: Rest) -> None:
    data = document(event(400), event(401) | {"action": "MAKE"}, event(402))
    refused = problem(rest.ask("POST", "/capture", data), 400, "ValidationException")
    assert "/epcisBody/eventList/1/action" in {each["path"] for each in refused["errors"]}
    assert rest.get(f"/epcs/{quote('https://id.gs1.org/01/04012345111118/21/400', safe='')}").status == 404
    job = rest.capture(data, behaviour="proceed")
    assert not job["success"]
    assert [each["event"] for each in job["events"]] == [0, 2]
    assert [each["event"] for each in job["errors"]] == [1]


def test_what_was_captured_before_refuses_the_whole_document(rest: Rest) -> None:
    rest.capture(document(event(500)))
    job = rest.capture(document(event(501), event(500)))
    assert job["events"] == []
    assert [each["event"] for each in job["errors"]] == [1]
    job = rest.capture(document(event(501), event(500)), behaviour="proceed")
    assert [each["event"] for each in job["events"]] == [0]


def test_a_partners_signature_names_the_partner(rest: Rest, node: Network) -> None:
    job = rest.capture(signed(document(event(600)), FARM), "application/jose")
    assert job["success"]
    link = f"/events/{quote(job['events'][0]['hash'], safe='')}/proof"
    (record,) = verify_proof(rest.get(link).body, node.genesis).records
    assert {"organisation:farm", "organisation:platform"} <= set(record.subjects)
    nobody = rest.ask("POST", "/capture", signed(document(event(601)), STRANGER), "application/jose")
    problem(nobody, 403, "SecurityException")
    spoilt = signed(document(event(602)), FARM)[:-4] + b"AAAA"
    problem(rest.ask("POST", "/capture", spoilt, "application/jose"), 400, "ValidationException")


def test_a_single_event_is_final_when_it_is_answered(rest: Rest) -> None:
    said = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], **event(700)}
    made = rest.ask("POST", "/events", json.dumps(said).encode())
    assert made.status == 201, made.body
    assert rest.get(made.headers["location"]).json == said
    problem(rest.ask("POST", "/events", json.dumps(said).encode()), 422, "ValidationException")
    problem(rest.ask("POST", "/events", document(event(701))), 400, "ValidationException")
    problem(rest.ask("POST", "/capture", json.dumps(said).encode()), 400, "ValidationException")


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        (b"[" * 100_000, 400, "ValidationException"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400, "ValidationException"),
        (b'{"type":"EPCISDocument","n":1' + b"0" * 1_000 + b"}", 400, "ValidationException"),
        (b'{"type":"EPCISDocument","n":1e999}', 400, "ValidationException"),
        (b'{"type":"EPCISDocument","type":"EPCISDocument"}', 400, "ValidationException"),
        ('{"type":"EPCISDocument","\u202eepyt":1}'.encode(), 400, "ValidationException"),
        ('{"type":"EPCISDocument","t\u0443pe":1}'.encode(), 400, "ValidationException"),
        (b'{"type":"EPCISDocument","x":[' + b"1," * 150_000 + b"1]}", 400, "ValidationException"),
        (b'{"type":"\xff\xfe"}', 400, "ValidationException"),
        (b"null", 400, "ValidationException"),
        (b"", 400, "ValidationException"),
        (b" " * (2 << 20) + b"{}", 413, "CaptureLimitExceededException"),
    ],
    ids=[
        "brackets",
        "depth",
        "digits",
        "infinite",
        "twice",
        "bidi",
        "alike",
        "values",
        "utf8",
        "null",
        "empty",
        "size",
    ],
)
def test_hostile_json_is_refused_at_once_and_harmless(rest: Rest, body: bytes, status: int, name: str) -> None:
    began_s = time.monotonic()
    for path in ("/capture", "/events"):
        problem(rest.ask("POST", path, body), status, name)
    assert time.monotonic() - began_s < 10
    assert rest.get("/").status == 200


def test_hostile_xml_and_other_media_are_refused(rest: Rest) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    problem(rest.ask("POST", "/capture", bomb, "application/xml"), 400, "ValidationException")
    problem(rest.ask("POST", "/capture", b"{}", "text/plain"), 415, "UnsupportedMediaTypeException")
    problem(rest.ask("POST", "/capture", document(event(1)), "application/xml"), 415, "UnsupportedMediaTypeException")
    squeezed = rest.ask("POST", "/capture", b"\x1f\x8b", JSON, {"Content-Encoding": "gzip"})
    problem(squeezed, 415, "UnsupportedMediaTypeException")
    problem(rest.ask("POST", "/capture", document(*map(event, range(501)))), 413, "CaptureLimitExceededException")


def test_headers_tell_versions_and_limits(rest: Rest) -> None:
    told = rest.ask("OPTIONS", "/capture")
    assert told.status == 204
    assert told.headers["gs1-epcis-capture-limit"] == "500"
    assert told.headers["gs1-epcis-capture-file-size-limit"] == str(2 << 20)
    assert told.headers["gs1-capture-error-behaviour"] == "rollback"
    assert told.headers["gs1-epcis-min"] == told.headers["gs1-cbv-max"] == "2.0.0"
    problem(rest.get("/events", GS1_EPCIS_Version="1.2"), 406, "NotAcceptableException")
    problem(rest.get("/events", GS1_EPC_Format="Always_EPC_URN"), 406, "NotAcceptableException")
    assert rest.ask("DELETE", "/events").status == 405
    problem(rest.get("/events?EQ_nonsense=1"), 400, "QueryParameterException")
    problem(rest.get("/events?EQ_bizStep=a&EQ_bizStep=b"), 400, "QueryParameterException")
    problem(rest.get("/events?perPage=0"), 400, "QueryParameterException")
    problem(rest.get("/events?nextPageToken=%00"), 400, "QueryParameterException")
    problem(rest.get(f"/events?EQ_bizStep={'x' * 9_000}"), 414, "URITooLongException")
    problem(rest.get("/capture/unknown"), 404, "NoSuchResourceException")
    problem(rest.get("/queries"), 404, "NoSuchResourceException")


def test_where_tokens_are_asked_for_nothing_is_had_without(node: Network, tmp_path: Path) -> None:

    (tmp_path / "tokens").write_text(f"# partner\n{TOKEN}\n")
    with epcis_gateway(node, tmp_path / "network", "--epcis-tokens", str(tmp_path / "tokens")) as url:
        for method, path in (("GET", "/events"), ("POST", "/capture"), ("GET", "/capture"), ("GET", "/epcs")):
            refused = Rest(url).ask(method, path)
            problem(refused, 401, "SecurityException")
            assert refused.headers["www-authenticate"].startswith("Bearer")
        problem(Rest(url, TOKEN + "x").get("/events"), 401, "SecurityException")
        assert Rest(url, TOKEN).get("/events").status == 200
        assert Rest(url).get("/openapi.json").json["info"]["version"] == "2.0.0"


def _events(said: Said) -> list[dict[str, Any]]:
    assert said.status == 200, said.body
    found = said.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert isinstance(found, list)
    return found
