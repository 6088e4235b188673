"""The resolver against GS1's published cases, statements and linkset schema.

`statement` in a docstring quotes the GS1-Conformant Resolver Standard 1.0, as GS1's test suite lists it.
"""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.resolver.choice import preferences
from standards.resolver.documents import BadDocument, documents_source
from standards.resolver.linkset import MEDIA_TYPE
from standards.resolver.model import Answer, Entry, Request, Resolver, Target
from standards.resolver.resolve import resolve
from tests.standards.published import FOLDER

FILES = FOLDER / "resolver"
ROOT = "https://id.example.org"
RESOLVER = Resolver(ROOT, "test", terms="https://id.example.org/terms", contact="Test")
SCHEMA = json.loads((FILES / "gs1-linkset-schema.json").read_text("utf-8"))


def documents() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(FILES.glob("test_*.json")):
        document = json.loads(path.read_text("utf-8"))
        found += document if isinstance(document, list) else [document]
    return found


SOURCE = documents_source(documents())


def ask(target: str, method: str = "GET", accept: str = "", language: str = "") -> Answer:
    path, _, query = target.partition("?")
    return resolve(Request(path, query, method, accept, language), SOURCE, RESOLVER)


def about(answer: Answer) -> dict[str, Any]:
    """The one context object of a linkset that GS1's schema accepts."""
    document = json.loads(answer.body)
    jsonschema.validate(document, SCHEMA)
    (found,) = document["linkset"]
    assert isinstance(found, dict)
    return found


def links(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    return list(found.get(f"https://ref.gs1.org/voc/{name}", []))


@pytest.mark.parametrize(
    "case", json.loads((FILES / "cases.json").read_text("utf-8")), ids=lambda each: str(each["id"])
)
def test_published_cases(case: dict[str, Any]) -> None:
    headers = case.get("headers", {})
    answer = ask(case["get"], accept=headers.get("Accept", ""), language=headers.get("Accept-Language", ""))
    assert answer.status == case["status"]
    location = answer.headers.get("Location", "")
    if "location" in case:
        assert location == case["location"]
    assert all(part in location for part in case.get("location_contains", []))
    if "linkset_hrefs" in case:
        assert [link["href"] for link in links(about(answer), "certificationInfo")] == case["linkset_hrefs"]


def test_the_schema_itself_tells_good_from_bad() -> None:
    jsonschema.validate(json.loads((FILES / "valid-gs1-example.json").read_text("utf-8")), SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads((FILES / "invalid-basic-example.json").read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("target", "accept"),
    [
        ("/01/09506000134376/10/LOT%2F1?linkType=linkset", ""),
        ("/01/09506000134376/10/LOT%2F1?linkType=all", "text/html"),
        ("/01/09506000134376/10/LOT%2F1", MEDIA_TYPE),
        ("/01/09506000134376/10/LOT%2F1", f"{MEDIA_TYPE}, */*;q=0.1"),
    ],
)
def test_a_linkset_holds_each_level_and_names_the_uncompressed_link(target: str, accept: str) -> None:
    """statement: any links associated with each level up to the primary key SHALL be included in the linkset."""
    answer = ask(target, accept=accept)
    assert (answer.status, answer.headers["Content-Type"]) == (200, MEDIA_TYPE)
    found = about(answer)
    assert found["anchor"] == f"{ROOT}/01/09506000134376/10/LOT%2F1"
    assert len(links(found, "certificationInfo")) == 4 - 1  # of the lot
    assert len(links(found, "registerProduct")) == 4  # of the product
    assert links(found, "certificationInfo")[0]["href"].endswith("certificate_1?lot=LOT%2F1")


def test_the_default_link_has_no_optional_attributes_and_is_described_too() -> None:
    found = about(ask("/01/09506000134352?linkType=linkset"))
    (default,) = links(found, "defaultLink")
    assert default.keys() == {"href", "title"}
    described = links(found, "sustainabilityInfo")
    assert default["href"] in {link["href"] for link in described}
    assert links(found, "defaultLinkMulti") == described


def test_a_browser_that_would_take_a_linkset_last_gets_the_page() -> None:
    assert ask("/01/09506000134352", accept=f"text/html, {MEDIA_TYPE};q=0.2").status == 307


def test_the_default_is_found_higher_up_where_a_level_has_none() -> None:
    """statement: for any request URI, no matter how granular, there SHALL be a default link."""
    answer = ask("/01/09506000134376/22/2A")
    assert answer.status == 307
    assert answer.headers["Location"] == "https://dalgiardino.com/medicinal-compound/pil.html"
    finer = ask("/01/09506000134376/22/2A/10/L/21/S")
    assert finer.headers["Location"].endswith("?serial=S")


@pytest.mark.parametrize(
    "target",
    [
        "/gtin/09506000134376/lot/L",
        "/01/9506000134376/10/L",
        "/01/09506000134376/10/L/",
        "/shop/01/09506000134376/10/L",
    ],
)
def test_old_forms_and_a_trailing_slash_are_tolerated(target: str) -> None:
    assert ask(target).headers["Location"].endswith("pil.html?lot=L")


@pytest.mark.parametrize(
    "target",
    [
        "/01/09506000134377",  # check digit
        "/01/0950600013437",
        "/01/09506000134376/21/S/10/L",
        "/01/09506000134376?21=S",
        "/01/09506000134376?17=991332",
        "/01/09506000134376?999=1",
        "/01/09506000134376/10/<script>",
        "/01/09506000134376/10/a\r\nSet-Cookie: x",
        "/01/09506000134376/10/溯源",
        "/01",
        "/",
        "",
        "//01/",
        "/gggggggggggg",
        "/" + "A" * 9_000,
        "/../../etc/passwd",
    ],
)
def test_what_is_no_link_is_a_bad_request(target: str) -> None:
    """statement: SHALL extract and syntactically validate the URI and report errors with 400."""
    answer = ask(target)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(answer.body)["code"]


@pytest.mark.parametrize("target", ["/01/09506000134369", "/01/09506000134352?linkType=gs1:dpp", "/8004/1234567"])
def test_what_is_not_known_is_not_found(target: str) -> None:
    """statement: SHALL NOT use 200 with a resource that indicates an error; 404 where a type is not available."""
    assert ask(target).status == 404


@pytest.mark.parametrize("name", ["gs1:pip", "https://ref.gs1.org/voc/pip", "https://gs1.org/voc/pip", "pip"])
def test_a_link_type_may_be_written_in_each_usual_way(name: str) -> None:
    assert ask(f"/01/09506000134352?linkType={name}", language="vi").headers["Location"].count("test_lang=vi") == 1


def test_the_query_is_handed_on() -> None:
    """statement: by default, SHALL pass on all key=value pairs in the query string of the request."""
    location = ask("/01/09506000134376/10/L?17=261123&utm=x%20y").headers["Location"]
    assert location == "https://dalgiardino.com/medicinal-compound/pil.html?lot=L&17=261123&utm=x%20y"


def test_a_link_that_keeps_the_query_back_and_one_with_a_fragment() -> None:
    kept = Target("https://a.example/x#part", "pip", "X", forwards=False)
    passed = Target("https://a.example/x#part", "pip", "X")

    def location(target: Target) -> str:
        entry = Entry("X", (target,), "pip")
        return resolve(Request("/01/09506000134376", "a=b"), lambda _: entry, RESOLVER).headers["Location"]

    assert [location(kept), location(passed)] == [
        "https://a.example/x#part",
        "https://a.example/x?a=b#part",
    ]


def test_redirects_say_where_all_links_are_and_what_a_compressed_link_stands_for() -> None:
    """statement: SHALL expose the uncompressed URI in the Link header with owl:sameAs; SHOULD link to the linkset."""
    plain = ask("/01/09506000134376/10/LOT01").headers["Link"]
    assert f'<{ROOT}/01/09506000134376/10/LOT01?linkType=linkset>; rel="linkset"; type="{MEDIA_TYPE}"' in plain
    assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in plain
    assert "sameAs" not in plain
    compressed = ask("/ARFKk4XB0CDKWcnpq")
    assert f'<{ROOT}/01/09506000134376/10/LOT01>; rel="owl:sameAs"' in compressed.headers["Link"]
    assert about(ask("/ARFKk4XB0CDKWcnpq?linkType=linkset"))["anchor"] == f"{ROOT}/01/09506000134376/10/LOT01"


def test_head_options_and_others() -> None:
    """statement: SHALL support HTTP 1.1 GET, HEAD and OPTIONS requests; SHALL support CORS."""
    got, head = (ask("/01/09506000134352?linkType=linkset", method) for method in ("GET", "HEAD"))
    assert (head.status, head.headers, head.body) == (200, got.headers, b"")
    options = ask("/01/09506000134352", "OPTIONS")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert ask("/01/09506000134352", "POST").status == 405
    for answer in (got, head, options, ask("/01/1"), ask("/01/09506000134369"), ask("/01/09506000134352", "PUT")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_it_describes_itself() -> None:
    """statement: SHALL provide a resolver description file, with the primary identifiers; a context SHOULD be named."""
    answer = ask("/.well-known/gs1resolver")
    document = json.loads(answer.body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert document["resolverRoot"] == ROOT
    assert {"00", "01", "414", "8004"} <= set(document["supportedPrimaryKeys"])
    context = ask(document["jsonLdContext"].removeprefix(ROOT))
    assert (context.status, context.headers["Content-Type"]) == (200, "application/ld+json")


def test_links_that_a_request_could_tell_apart_are_never_a_choice() -> None:
    """Languages nobody asked for: the first; several documents alike in every respect: 300."""
    assert ask("/01/09506000134352?linkType=gs1:hasRetailers").status == 307
    assert ask("/01/09506000134376/10/L?linkType=gs1:certificationInfo").status == 300


def test_context_and_media_type_choose() -> None:
    targets = (
        Target("https://a.example/html", "pip", "A", "text/html"),
        Target("https://a.example/pdf", "pip", "A", "application/pdf"),
        Target("https://a.example/cn", "pip", "A", "text/html", contexts=("CN",)),
    )

    def location(query: str, accept: str) -> str:
        answer = resolve(
            Request("/01/09506000134376", query, accept=accept), lambda _: Entry("A", targets, "pip"), RESOLVER
        )
        return answer.headers["Location"].partition("?")[0]

    assert location("", "") == "https://a.example/html"
    assert location("", "application/pdf") == "https://a.example/pdf"
    assert location("context=CN", "text/html,*/*;q=0.8") == "https://a.example/cn"
    assert location("context=US", "application/*") == "https://a.example/pdf"


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("en,en-US;q=0.8", ["en", "en-US"]),
        ("fr;q=0.1, zh-CN , de;q=0", ["zh-CN", "fr"]),
        ("en;q=high, en;q=2,,;q=1", []),
        ("en;q=nan, zh;q=inf", []),
        ("a," * 5_000, ["a"] * 32),
    ],
)
def test_preferences(header: str, ranges: list[str]) -> None:
    assert preferences(header) == ranges


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh-CN", "zh"), ("zh-Hant-TW", "zh"), ("en", "en-GB"), ("*", "zh"), ("EN-gb", "en-GB"), ("fr", "none")],
)
def test_languages_are_matched_by_what_they_have_in_common(language: str, expected: str) -> None:
    targets = tuple(
        Target(f"https://a.example/{name}", "pip", "A", languages=tags)
        for name, tags in (("zh", ("zh",)), ("en-GB", ("en-GB",)), ("none", ()))
    )
    answer = resolve(
        Request("/01/09506000134376", accept_language=language), lambda _: Entry("A", targets, "pip"), RESOLVER
    )
    assert answer.headers["Location"] == f"https://a.example/{expected}"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"anchor": "/nothing", "itemDescription": "x", "links": []},
        {"anchor": "/01/09506000134376", "itemDescription": "x"},
        {"anchor": "/01/09506000134376", "itemDescription": "x", "links": [{"linktype": "gs1:pip", "title": "x"}]},
        {
            "anchor": "/01/09506000134376",
            "itemDescription": "x",
            "links": [{"linktype": "gs1:pip", "title": "x", "href": "javascript:alert(1)"}],
        },
        {
            "anchor": "/01/09506000134376",
            "itemDescription": "x",
            "links": [{"linktype": "a b", "title": "x", "href": "https://a.example"}],
        },
    ],
)
def test_a_malformed_document_of_links_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(BadDocument):
        documents_source([broken])


@given(st.text(max_size=50), st.text(max_size=50), st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_asked_is_answered(path: str, query: str, accept: str, language: str) -> None:
    for begin in ("/", "/01/09506000134376/10/", "/8004/095060001343"):
        answer = resolve(Request(begin + path, query, "GET", accept, language), SOURCE, RESOLVER)
        assert answer.status in {200, 300, 307, 400, 404}
        assert all(value.isascii() and value.isprintable() for value in answer.headers.values())
