"""Each rule for the content of a value: what it takes, what it refuses, and by which name.

Section numbers are of the GS1 General Specifications; names of faults are those of GS1's reference linters.
"""

import re

import pytest

from ledger.modules.trace.identifiers import gs1_check_digit
from standards.gs1.checks import CHARSETS, CHECKS
from standards.gs1.checks.keys import expected_check_digit, expected_check_pair
from standards.gs1.dictionary import find, find_prefix, table
from standards.gs1.elements import parse_bracketed
from standards.gs1.faults import Gs1Fault
from standards.gs1.words import WORDS

GOOD = [
    "(8013)1987654Ad4X4bL5ttr2310c2K",  # the example of §7.9.5
    "(8030)12=",
    "(8007)FR7630006000011234567890189",
    "(7007)211225211231",
    "(7011)2112252359",
    "(8008)20122523",
    "(11)240200",
    "(17)240229",
    "(7250)20000229",
    "(4309)02790858483015297971",
    "(4330)000000-",
    "(4331)001000",
    "(7258)9/9",
    "(7041)1A",
    "(7241)80",
    "(423)528528528",
    "(8011)0",
    "(8110)012345612345611110123",
    "(8110)012345612345611110123" + "101101239" + "21101239" + "3261123" + "4251123" + "50123456" + "90000",
    "(8110)012345612345611110123" + "6" + "1" + "1234567",
    "(8112)001234561234560123456",
    "(3932)1560123",
    "(10)A\\(B)",
    "(7040)1AB-",
]

BAD = [
    ("(10) ", "INVALID_CSET82_CHARACTER"),
    ("(8013)123456ABOO", "INVALID_CSET32_CHARACTER"),
    ("(8013)123456ABXX", "INCORRECT_CHECK_PAIR"),
    ("(8030)ABC:123", "INVALID_CSET64_CHARACTER"),
    ("(8030)1===", "INVALID_CSET64_PADDING"),
    ("(401)123", "TOO_SHORT_FOR_GCP"),
    ("(01)1A345678901231", "NON_DIGIT_CHARACTER"),
    ("(7040)1AB=", "INVALID_IMPORT_IDX_CHARACTER"),
    ("(8001)12340000012311", "ILLEGAL_ZERO_VALUE"),
    ("(8001)12341234512321", "INVALID_WINDING_DIRECTION"),
    ("(8011)023456789012", "ILLEGAL_ZERO_PREFIX"),
    ("(8014)1234567890123", "INCORRECT_CHECK_PAIR"),
    ("(4321)2", "NOT_ZERO_OR_ONE"),
    ("(4307)AA", "NOT_ISO3166_ALPHA2"),
    ("(4307)XK", "NOT_ISO3166_ALPHA2"),
    ("(422)983", "NOT_ISO3166"),
    ("(8007)AB1234", "IBAN_TOO_SHORT"),
    ("(8007)FR12_45678901234", "INVALID_IBAN_CHARACTER"),
    ("(8007)AB12345678901234", "ILLEGAL_IBAN_COUNTRY_CODE"),
    ("(4326)201300", "ILLEGAL_MONTH"),
    ("(17)230229", "ILLEGAL_DAY"),
    ("(7250)19000229", "ILLEGAL_DAY"),
    ("(4324)2012252400", "ILLEGAL_HOUR"),
    ("(8008)20122515300", "VALUE_LENGTH"),
    ("(7007)2112252112", "VALUE_LENGTH"),
    ("(4300)ABC%0g", "INVALID_PERCENT_SEQUENCE"),
    ("(4309)18000000010000000000", "INVALID_LATITUDE"),
    ("(4309)00000000003600000001", "INVALID_LONGITUDE"),
    ("(7241)11", "INVALID_MEDIA_TYPE"),
    ("(7041)00", "INVALID_PACKAGE_TYPE"),
    ("(7258)1-2", "POSITION_IN_SEQUENCE_MALFORMED"),
    ("(8112)201234561234560123456", "COUPON_INVALID_FORMAT_CODE"),
    ("(8112)0", "COUPON_MISSING_FUNDER_VLI"),
    ("(8112)07", "COUPON_INVALID_FUNDER_LENGTH"),
    ("(8112)01123456", "COUPON_TRUNCATED_FUNDER"),
    ("(8112)00123456123456", "COUPON_MISSING_SERIAL_NUMBER_VLI"),
    ("(8112)0012345612345601234567", "COUPON_EXCESS_DATA"),
    ("(8110)71234567890123", "COUPON_INVALID_GCP_LENGTH"),
    ("(8110)012345", "COUPON_TRUNCATED_GCP"),
    ("(8110)01234561234560", "COUPON_INVALID_SAVE_VALUE_LENGTH"),
    ("(8110)012345612345611", "COUPON_MISSING_1ST_PURCHASE_REQUIREMENT_VLI"),
    ("(8110)012345612345611115", "COUPON_INVALID_1ST_PURCHASE_REQUIREMENT_CODE"),
    ("(8110)01234561234561111012314", "COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE"),
    ("(8110)01234561234561111012310110123", "COUPON_MISSING_2ND_PURCHASE_GCP_VLI"),
    ("(8110)0123456123456111101231011012371234567890123", "COUPON_INVALID_2ND_PURCHASE_GCP_LENGTH"),
    ("(8110)01234561234561111012320", "COUPON_INVALID_3RD_PURCHASE_REQUIREMENT_LENGTH"),
    ("(8110)0123456123456111101233", "COUPON_TOO_SHORT_FOR_EXPIRATION_DATE"),
    ("(8110)0123456123456111101233200010", "COUPON_INVALID_EXIPIRATION_DATE"),
    ("(8110)01234561234561111012335006064500607", "COUPON_EXPIRATION_BEFORE_START"),
    ("(8110)01234561234561111012360", "COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH"),
    ("(8110)01234561234561111012390002", "COUPON_INVALID_DONT_MULTIPLY_FLAG"),
    ("(8110)012345612345611110123900000", "COUPON_EXCESS_DATA"),
    ("(10)A(10", "BRACKETS_MALFORMED"),
    ("()1", "AI_UNKNOWN"),
    ("(12345)1", "AI_UNKNOWN"),
    ("(01)123456789012312", "VALUE_TOO_LONG"),
    ("(17)9", "VALUE_TOO_SHORT"),
    ("", "NO_DATA"),
    ("(99)A" * 65, "TOO_MANY_AIS"),
    ("(99)" + "A" * 9_000, "TEXT_TOO_LONG"),
]


@pytest.mark.parametrize("text", GOOD)
def test_taken(text: str) -> None:
    assert parse_bracketed(text)


@pytest.mark.parametrize(("text", "code"), BAD, ids=[text[:40] for text, _ in BAD])
def test_refused(text: str, code: str) -> None:
    with pytest.raises(Gs1Fault) as caught:
        parse_bracketed(text)
    assert caught.value.code == code


def test_every_test_the_dictionary_names_is_there() -> None:
    named = {name for entry in table().values() for part in entry.components for name in part.checks}
    assert named <= CHECKS.keys()
    assert {part.charset for entry in table().values() for part in entry.components} == CHARSETS.keys()


def test_lengths_told_by_the_dictionary_need_no_fnc1_where_the_specification_says_so() -> None:
    """§7.8.5: which first two digits have a predefined length."""
    fixed = {ai[:2] for ai, entry in table().items() if entry.fixed}
    assert fixed == {
        *("00", "01", "02", "03", "11", "12", "13", "15", "16", "17", "20", "41"),
        *(str(prefix) for prefix in range(31, 37)),
    }
    assert all(entry.fixed == (ai[:2] in fixed) for ai, entry in table().items())


@pytest.mark.parametrize(
    ("ai", "assigned", "unknown"),
    [
        ("01", True, True), ("8012", True, True), ("89", False, True), ("236", False, True), ("3999", False, True),
        ("011", False, False), ("80", False, False), ("800", False, False), ("399", False, False),
        ("2367", False, False), ("4199", False, False), ("1", False, False), ("12345", False, False),
        ("XX", False, False), ("", False, False),
    ],
)  # fmt: skip
def test_identifiers_not_assigned_are_taken_only_where_they_could_be(ai: str, assigned: bool, unknown: bool) -> None:
    assert (find(ai) is not None) == assigned
    assert (find(ai, unknown=True) is not None) == unknown


def test_an_identifier_is_found_at_the_beginning_of_a_text() -> None:
    assert [entry and entry.ai for entry in map(find_prefix, ["0112", "8012", "2351", "2345", "XX"])] == [
        *("01", "8012", "235"),
        *(None, None),
    ]


def test_the_ledger_and_the_library_compute_the_same_check_digits() -> None:
    """What is checked at the door by the library and on the chain by the ledger's own rule must not differ."""
    for number in range(0, 10**12, 10**12 // 997):
        assert expected_check_digit(f"{number:013}") == gs1_check_digit(f"{number:013}")
    assert expected_check_pair("1987654Ad4X4bL5ttr2310c") == "2K"


def test_every_fault_has_words_in_both_languages() -> None:
    for code, words in WORDS.items():
        assert all(words), code
        assert re.search("[一-鿿]", words.zh), code
        assert not re.search("[一-鿿]", words.en + words.remedy_en), code
        names = [set(re.findall(r"\{(\w+)\}", text)) for text in (words.zh, words.en)]
        assert names[0] - {"kind_zh"} == names[1] - {"kind_en"}, code
