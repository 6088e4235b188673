"""Rules of the URI syntax, one by one, and round trips."""

from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standards.digital_link.compression import decompress_link, is_compressed
from standards.digital_link.leniency import RESOLVER, Leniency
from standards.digital_link.link import Link, build_link, parse_link
from standards.digital_link.percent import decode, encode
from standards.gs1.checks.characters import SET_82
from standards.gs1.checks.keys import expected_check_digit
from standards.gs1.elements import (
    Element,
    parse_bracketed,
    parse_element_string,
    write_bracketed,
    write_element_string,
)
from standards.gs1.faults import Gs1Fault

REFUSED = [
    ("https://a/stem/00/006141411234567890/", "URI_NO_KEY"),
    ("https://a/01/12312312312333?99=", "VALUE_EMPTY"),
    ("https://a/01/12312312312333?999=faux", "AI_UNKNOWN"),
    ("https://a/01/12312312312333?98=XYZ+987", "INVALID_CSET82_CHARACTER"),
    ("https://a/01/09520123456788?10=ABC123", "AI_BELONGS_IN_PATH"),
    ("https://a/01/09520123456788?21=ABC123", "AI_NOT_ATTRIBUTE"),
    ("https://a/01/09520123456788/10/A?10=A", "AI_REPEATED"),
    ("https://a/01/09520123456788/21/A/10/B", "KEY_QUALIFIERS"),
    ("https://a/01/09520123456788/10/A%5EB", "FNC1_IN_VALUE"),
    ("https://a/01/09520123456788/10/A%00B", "URI_NUL"),
    ("https://a/01/09520123456788/10/A%FFB", "INVALID_CSET82_CHARACTER"),
    ("https://[fe80::1%25lo]/01/12312312312333", "URI_DOMAIN"),
    ("https:///01/12312312312333", "URI_DOMAIN"),
    ("https://user@a/01/12312312312333", "URI_DOMAIN"),
    ("https://a/gtin/12312312312333", "URI_NO_KEY"),
    ("https://a/01/１2312312312333", "URI_CHARACTER"),
    ("https://a/01/12312312312333\n", "URI_CHARACTER"),
    ("javascript:alert(1)", "URI_SCHEME"),
    ("https://a/" + "01/" * 4_000, "TEXT_TOO_LONG"),
    ("https://a/01/12312312312333?" + "&".join(["99=1"] * 70), "TOO_MANY_AIS"),
    ("https://a/01/12312312312333?99=1&99=1", "AI_REPEATED"),
]

TAKEN = [
    ("https://xn--fsq.xn--0zwm56d/01/12312312312333", "^0112312312312333"),
    ("https://a/00/faux/00/006141411234567890", "^00006141411234567890"),
    ("https://a/01/12312312312333/235/TEST", "^0112312312312333235TEST"),
    ("https://a/01/12312312312333/235/XYZ?10=ABC", "^0112312312312333235XYZ^10ABC"),
    ("https://a/8018/123456789012345675/8019/123", "^8018123456789012345675^8019123"),
    ("https://a/401/12345678?99=ABC", "^40112345678^99ABC"),
    ("https://a/01/12312312312333?&&&99=ABC&&&98=XYZ&&", "^011231231231233399ABC^98XYZ"),
    ("https://a/00/952012345678912345?02=09520123456788&37=25&10=A", "^0095201234567891234502095201234567883725^10A"),
    ("https://a/01/09520123456788/10/50%", "^010952012345678810" + "50%"),
]


@pytest.mark.parametrize(("uri", "code"), REFUSED, ids=[uri[:60] for uri, _ in REFUSED])
def test_refused(uri: str, code: str) -> None:
    with pytest.raises(Gs1Fault) as caught:
        parse_link(uri)
    assert caught.value.code == code


@pytest.mark.parametrize(("uri", "element_string"), TAKEN)
def test_taken(uri: str, element_string: str) -> None:
    assert parse_link(uri).element_string == element_string


def test_resolvers_tolerate_what_is_scanned() -> None:
    assert parse_link("https://a/gtin/9520123456788/lot/A/", RESOLVER).uri == "https://a/01/09520123456788/10/A"


def test_a_link_is_built_with_the_qualifiers_that_leave_nothing_over() -> None:
    """What one order of qualifiers leaves must be an attribute: a lot may, a third party's extension may not."""
    elements = parse_bracketed("(01)09520123456788(235)X(10)L1")
    assert build_link(elements).uri == "https://id.gs1.org/01/09520123456788/235/X?10=L1"


@pytest.mark.parametrize("stem", ["example.com", "https://a?b", "https://a#b", "https://", "ftp://a", "https://a b"])
def test_a_stem_that_is_none_is_refused(stem: str) -> None:
    with pytest.raises(Gs1Fault):
        build_link([Element("00", "006141411234567890")], stem)


def test_one_identifier_with_two_values_is_no_link() -> None:
    with pytest.raises(Gs1Fault) as caught:
        build_link(parse_bracketed("(01)09520123456788(10)A(10)B"))
    assert caught.value.code == "AI_REPEATED_DIFFERENTLY"


COMPRESSED = [
    ("https://id.gs1.org/ARHKVAdpQg", "https://id.gs1.org/01/09780345418913"),
    (
        "http://example.org/AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1",
        "http://example.org/01/05412345000013/10/ABC%26%2B123?7003=1903061658",
    ),
    ("https://id.gs1.org/ABeRcNWtKMPA", "https://id.gs1.org/00/106141412345678908"),
    ("https://id.gs1.org/QUCO_anbfA", "https://id.gs1.org/414/0614141123452"),
    (
        "https://id.gs1.org/JAaasHt_dNNt4ADESMALumsUfMAm34",
        "https://id.gs1.org/8003/09421012301014f9804dbf?240=qwe390023",
    ),
    ("https://id.example.org/ARFKk4XB0CDKWcnpq", "https://id.example.org/01/09506000134376/10/LOT01"),
]


@pytest.mark.parametrize(("compressed", "uri"), COMPRESSED)
def test_decompressed(compressed: str, uri: str) -> None:
    assert is_compressed(compressed)
    assert decompress_link(compressed).uri == uri


def test_what_is_compressed_keeps_its_other_parts_and_its_query() -> None:
    link = decompress_link("http://example.org/AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1?a=b&99=X")
    assert link.others == ("k1=v1", "a=b")
    assert link.attributes[-1] == ("99", "X")


@pytest.mark.parametrize("step", ["AAAAAAAA", "________", "ARHKVAdpQ", "ARHKVAdp", "ZZZZZZZZZZZZ", "gggggggggggg"])
def test_what_only_looks_compressed_is_refused_as_such(step: str) -> None:
    with pytest.raises(Gs1Fault):
        decompress_link(f"https://id.gs1.org/{step}")


values = st.text(SET_82, min_size=1, max_size=20)
gtins = (
    st.integers(0, 10**9 - 1)
    .map(lambda number: f"1{9520:04}{number:08}"[:13])
    .map(lambda key: key + expected_check_digit(key))
)


@st.composite
def links(draw: st.DrawFn) -> Link:
    """A trade item with some of its qualifiers and attributes."""
    elements = [Element("01", draw(gtins))]
    chain = draw(st.sampled_from([("22", "10", "21"), ("235",), ("10",), ("21",), ()]))
    elements += [Element(ai, draw(values)) for ai in chain]
    given = draw(st.dictionaries(st.sampled_from(["240", "91", "99", "30", "17"]), values, max_size=4))
    elements += [Element(ai, {"30": "12", "17": "261123"}.get(ai, value)) for ai, value in given.items()]
    return build_link(elements, draw(st.sampled_from(["https://id.gs1.org", "http://a.example:80/x/01/y"])))


@given(links())
def test_what_is_built_is_read_back(link: Link) -> None:
    assert parse_link(link.uri) == link
    assert build_link(link.elements, link.stem) == link
    assert parse_element_string(link.element_string) == link.elements
    assert parse_bracketed(write_bracketed(link.elements)) == link.elements


@given(st.text(SET_82 + " ", min_size=1))
def test_percent_encoding_is_undone(value: str) -> None:
    assert decode(encode(value)) == value
    assert decode(encode(value), query=True) == value


@given(st.text(max_size=60), st.sampled_from(["", "https://a/01/", "^01", "(01)", "https://a/", "urn:epc:id:sgtin:"]))
def test_rubbish_raises_nothing_but_the_typed_error(text: str, begin: str) -> None:
    lenient = Leniency(*[True] * 7)
    for read in (
        parse_link,
        parse_bracketed,
        parse_element_string,
        decompress_link,
        partial(parse_link, leniency=lenient),
    ):
        with suppress(Gs1Fault):
            read(begin + text)


@given(links())
def test_an_element_string_says_the_same_as_its_link(link: Link) -> None:
    assert write_element_string(parse_element_string(link.element_string)) == link.element_string
