"""EPC URNs and Digital Links that name the same thing come to one form, and back."""

from contextlib import suppress

import pytest
from epcis_event_hash_generator.dl_normaliser import normaliser
from hypothesis import given
from hypothesis import strategies as st

from standards.digital_link.canonical import Kind, canonical, check_constrained
from standards.digital_link.epc import parse_urn, write_urn
from standards.digital_link.link import parse_link
from standards.gs1.faults import Gs1Fault

URNS = [
    ("urn:epc:id:sgtin:4012345.011111.98%22", "01/04012345111118/21/98%22"),
    ("urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()", "01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29"),
    ("urn:epc:id:sscc:4012345.3111111111", "00/340123451111111111"),
    ("urn:epc:id:sgln:4012345.00005.122", "414/4012345000054/254/122"),
    ("urn:epc:id:sgln:401234512345..0", "414/4012345123456"),
    ("urn:epc:id:grai:4012345.00022.334455", "8003/04012345000221334455"),
    ("urn:epc:id:giai:4012345.ABC345", "8004/4012345ABC345"),
    ("urn:epc:id:gsrn:4012345.0000006765", "8018/401234500000067657"),
    ("urn:epc:id:gsrnp:4012345.0000000007", "8017/401234500000000074"),
    ("urn:epc:id:gdti:987659999999..9", "253/98765999999929"),
    ("urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234", "8010/061414111111111111111-A%23%2F/8011/1234"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "255/401234567890104711"),
    ("urn:epc:id:ginc:0614141.xyz47%2F11", "401/0614141xyz47%2F11"),
    ("urn:epc:id:gsin:4012345.222333444", "402/40123452223334442"),
    ("urn:epc:id:itip:4012345.011111.01.02.987", "8006/040123451111180102/21/987"),
    ("urn:epc:id:upui:1234567.098765.51qIgY)%3C%26Jp3*j7SDB", "01/01234567987651/235/51qIgY%29%3C%26Jp3%2Aj7SDB"),
    ("urn:epc:id:pgln:999999999999.", "417/9999999999994"),
    ("urn:epc:class:lgtin:4012345.012345.Lot987", "01/04012345123456/10/Lot987"),
    ("urn:epc:idpat:sgtin:4012345.012345.*", "01/04012345123456"),
    ("urn:epc:idpat:sgcn:4012345.22222.*", "255/4012345222227"),
    ("urn:epc:idpat:cpi:4012345.AB12.*", "8010/4012345AB12"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
    ("urn:epc:idpat:grai:4012345.99999.*", "8003/04012345999990"),
]


@pytest.mark.parametrize(("urn", "path"), URNS)
def test_a_urn_comes_to_its_link_and_back(urn: str, path: str) -> None:
    link = canonical(urn)
    assert link.uri == f"https://id.gs1.org/{path}"
    assert canonical(link.uri) == link
    prefix = urn.rsplit(":", maxsplit=1)[-1].partition(".")[0]
    assert write_urn(link.path, len(prefix)) == urn


@pytest.mark.parametrize(("urn", "path"), URNS)
def test_the_reference_hash_library_comes_to_the_same(urn: str, path: str) -> None:
    """CBV 2.0 §8.9, so that an identifier shown and an identifier hashed are one."""
    assert normaliser(urn) == f"https://id.gs1.org/{path}"


@pytest.mark.parametrize(
    "urn",
    [
        "urn:epc:id:sgtin:4012345.01111.1",  # thirteen digits in all
        "urn:epc:id:sgtin:40123.01111111.1",  # a company prefix has six at least
        "urn:epc:id:sgtin:4012345.011111.",
        "urn:epc:id:sgtin:4012345.011111.*%2",
        "urn:epc:id:sgtin:4012345.011111." + "1" * 21,
        "urn:epc:id:sgtin:4012345.011111.a/b",
        "urn:epc:id:sgtin:４012345.011111.1",
        "urn:epc:idpat:sgtin:4012345.011111.1",
        "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:idpat:sscc:4012345.*",
        "urn:epc:id:lgtin:4012345.011111.1",
        "urn:epc:id:unheard:4012345.011111.1",
        "urn:epc:id:",
        "urn:epc:id:cpi:0614141.ab.1",
        "urn:epc:id:gsrn:4012345.000000676A",
    ],
)
def test_a_malformed_urn_is_refused(urn: str) -> None:
    with pytest.raises(Gs1Fault):
        canonical(urn)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("https://x.de/gtin/04012345123456/cpv/344/lot/1223/ser/765tz", "01/04012345123456/21/765tz"),
        ("http://us.example/01/001122334455/ser/GHB", "01/00001122334455/21/GHB"),
        ("https://x.de/8006/040123451234560102/22/AB/21/443322?11=221109", "8006/040123451234560102/21/443322"),
        ("https://x.de/01/04012345123456/21/a%2fb#top", "01/04012345123456/21/a%2Fb"),
        ("https://x.de/01/04012345123457", "01/04012345123457"),  # a wrong check digit stays
    ],
)
def test_links_come_to_their_finest_level(uri: str, path: str) -> None:
    assert canonical(uri).uri == f"https://id.gs1.org/{path}"


def test_the_company_prefix_is_told_by_the_published_table_or_by_hand() -> None:
    path = canonical("https://id.gs1.org/01/07044610873466/21/7").path
    assert write_urn(path) == "urn:epc:id:sgtin:704461.0087346.7"
    assert write_urn(path, 7) == "urn:epc:id:sgtin:7044610.087346.7"
    with pytest.raises(Gs1Fault):
        write_urn(path, 13)


@pytest.mark.parametrize(
    "uri", ["https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", "https://id.gs1.org/01/04012345123456/22/A"]
)
def test_what_has_no_urn_is_refused(uri: str) -> None:
    with pytest.raises(Gs1Fault) as caught:
        write_urn(parse_link(uri).path, 7)
    assert caught.value.code == "NO_URN"


@pytest.mark.parametrize(
    ("uri", "kind", "valid"),
    [
        ("https://id.gs1.org/401/401234522233ABcd", Kind.INSTANCE, True),
        ("https://id.gs1.org/00/340123451111111111/", Kind.INSTANCE, False),
        ("https://id.gs1.org/01/04012345123456/22/344", Kind.INSTANCE, False),
        ("https://id.gs1.org/01/04150567890128/10/A/21/B", Kind.INSTANCE, False),
        ("https://id.gs1.org/01/04150567890128/10/A/21/B", Kind.CLASS, False),
        ("https://id.gs1.org/01/04150567890128/ 21/", Kind.INSTANCE, False),
        ("ftp://example.com/01/04150567890128/21/123", Kind.INSTANCE, False),
        ("https://id.gs1.org/255/0811625999996", Kind.CLASS, True),
        ("https://id.gs1.org/255/0811625999996", Kind.INSTANCE, False),
        ("https://id.gs1.org/417/401234599999", Kind.PLACE, False),
        ("https://id.gs1.org/414/4280000000002/glnx/12", Kind.PLACE, False),
        ("https://id.gs1.org/414/4226350800008", Kind.PLACE, True),
        ("https://id.gs1.org/414/4226350800008?", Kind.PLACE, False),
        ("https://id.gs1.org/414/4226350800008#x", Kind.PLACE, False),
    ],
)
def test_the_form_that_events_may_hold(uri: str, kind: Kind, valid: bool) -> None:
    if valid:
        check_constrained(uri, kind)
    else:
        with pytest.raises(Gs1Fault):
            check_constrained(uri, kind)


@given(st.text(max_size=40), st.sampled_from(["urn:epc:id:sgtin:4012345.", "urn:epc:", "https://a/8010/", ""]))
def test_rubbish_raises_nothing_but_the_typed_error(text: str, begin: str) -> None:
    for read in (canonical, parse_urn, lambda each: check_constrained(each, Kind.PLACE)):
        with suppress(Gs1Fault):
            read(begin + text)
