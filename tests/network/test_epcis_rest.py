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
from tests.network.rest import JSON, TOKEN, Rest, Said, document, epcis_gateway, event, events_in

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
    assert back == events[0]
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
        seen += [each["epcList"][0].rpartition("/")[2] for each in events_in(said)]
        link = said.headers.get("link", "")
        assert not link or "gs1-next-page-token-expires" in said.headers
        path = link.partition("<")[2].partition(">")[0]
    assert seen == [str(number) for number in numbers]
    assert len(events_in(rest.get(f"/bizSteps/packing/events?eventCountLimit=5&orderBy=recordTime&{here}"))) == 5
    epc = quote("urn:epc:id:sgtin:4012345.011111.103", safe="")
    assert len(events_in(rest.get(f"/epcs/{epc}/events"))) == 1
    assert "packing" in rest.get("/bizSteps").json["member"]
    assert place["id"] in rest.get("/readPoints?perPage=1000").json["member"]
    assert rest.get("/eventTypes/ObjectEvent").json["member"] == ["events"]
    assert events_in(rest.get("/eventTypes/AssociationEvent/events?EQ_bizStep=packing")) == []
    problem(rest.get("/bizSteps/unheard_of/events"), 404, "NoSuchResourceException")
    problem(rest.get("/events?EQ_bizStep=packing&maxEventCount=2"), 413, "QueryTooLargeException")


def test_a_page_stays_where_it_is_while_more_is_captured(rest: Rest) -> None:
    rest.capture(document(*(event(number, bizStep="picking") for number in range(200, 204))))
    first = rest.get("/events?EQ_bizStep=picking&orderBy=eventTime&perPage=2")
    rest.capture(document(event(209, bizStep="picking")))
    second = rest.get(first.headers["link"].partition("<")[2].partition(">")[0])
    told = [each["epcList"][0].rpartition("/")[2] for each in events_in(first) + events_in(second)]
    assert told == ["203", "202", "201", "200"]
    assert len(events_in(rest.get("/events?EQ_bizStep=picking"))) == 5


def test_equal_prefixes_that_mean_different_things_keep_their_meaning(rest: Rest) -> None:
    one = rest.capture(document(event(300, bizStep="cycle_counting", **{"ex:a": "1"}), ex="https://one.example.com/"))
    two = rest.capture(document(event(301, bizStep="cycle_counting", **{"ex:a": "1"}), ex="https://two.example.com/"))
    three = rest.capture(document(event(302, bizStep="cycle_counting", **{"ey:b": "1"}), ey="https://two.example.com/"))
    first = rest.get("/events?EQ_bizStep=cycle_counting")
    second = rest.get(first.headers["link"].partition("<")[2].partition(">")[0])
    assert [len(events_in(said)) for said in (first, second)] == [1, 2]
    assert hashes(first) + hashes(second) == [job["events"][0]["hash"] for job in (one, two, three)]


def test_a_context_that_alters_names_of_the_standard_stands_alone(rest: Rest) -> None:
    jobs = [
        rest.capture(document(event(310, bizStep="entering_exiting", **{"ex:a": "1"}), ex="https://one.example.com/")),
        rest.capture(document(event(311, bizStep="entering_exiting"), cbvmda="urn:epcglobal:cbv:mda")),
        rest.capture(document(event(312, bizStep="entering_exiting"), **{"@vocab": "https://one.example.com/"})),
    ]
    pages = list(rest.pages("/events?EQ_bizStep=entering_exiting"))
    assert [len(events_in(page)) for page in pages] == [1, 1, 1]
    assert [value for page in pages for value in hashes(page)] == [job["events"][0]["hash"] for job in jobs]


def test_an_invalid_event_refuses_the_document_or_with_proceed_itself(rest: Rest) -> None:
    data = document(event(400), event(401) | {"action": "MAKE"}, event(402))
    refused = problem(rest.ask("POST", "/capture", data), 400, "ValidationException")
    assert "/epcisBody/eventList/1/action" in {each["path"] for each in refused["errors"]}
    assert rest.get(f"/epcs/{quote('https://id.gs1.org/01/04012345111118/21/400', safe='')}").status == 404
    job = rest.capture(data, behaviour="proceed")
    assert not job["success"]
    assert [each["event"] for each in job["events"]] == [0, 2]
    assert [each["event"] for each in job["errors"]] == [1]


def test_what_was_captured_before_is_told_and_not_done_again(rest: Rest) -> None:
    first = rest.capture(document(event(500)))
    again = rest.capture(document(event(501), event(500), event(501)))
    assert again["success"]
    assert [each.get("before", False) for each in again["events"]] == [False, True, True]
    assert again["events"][1]["transaction"] == first["events"][0]["transaction"]
    assert again["events"][2]["transaction"] == again["events"][0]["transaction"]
    nothing_new = rest.capture(document(event(500)))
    assert "document" in first
    assert "document" not in nothing_new  # no second copy in the vault that no record names


def test_what_two_documents_say_at_the_same_time_is_done_once(rest: Rest) -> None:
    taken = [rest.ask("POST", "/capture", document(event(520), event(521 + number))) for number in range(6)]
    jobs = [rest.finished(said.headers["location"]) for said in taken]
    assert all(job["success"] for job in jobs)
    assert len({job["events"][0]["transaction"] for job in jobs}) == 1
    assert sum(not job["events"][0].get("before") for job in jobs) == 1


def test_a_record_that_cannot_be_written_refuses_the_whole_document(rest: Rest) -> None:
    operation = event(510, bizStep="other", epcList=["urn:linxin:plot:none"], **{"linxin:operation": "spray"})
    data = document(event(511), operation | {"linxin:dose": "x" * 1_000})
    job = rest.capture(data)
    assert (job["events"], [each["event"] for each in job["errors"]]) == ([], [1])
    job = rest.capture(data, behaviour="proceed")
    assert ([each["event"] for each in job["events"]], [each["event"] for each in job["errors"]]) == ([0], [1])


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
    assert made.json == said
    assert events_in(rest.get(made.headers["location"])) == [event(700)]
    again = rest.ask("POST", "/events", json.dumps(said).encode())
    problem(again, 409, "ResourceAlreadyExistsException")
    assert again.headers["location"] == made.headers["location"]
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
