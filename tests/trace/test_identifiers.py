"""Identities: GS1's published check digits, the ISO 7064 check character, trace codes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.modules.trace import identifiers as ids
from tests.support import shared_data

PAYLOADS = st.from_regex(r"[A-Z][0-9A-Z]{3,22}", fullmatch=True)


def test_published_check_digits() -> None:
    """Vectors of GS1 Digital Link: GTIN-12, GLN-13, GTIN-14 and SSCC-18, right and wrong."""
    cases = json.loads(shared_data("digitallink/check_digit.json").read_text())
    assert {case["valid"] for case in cases} == {True, False}
    for case in cases:
        value = case["value"]
        assert (ids.gs1_check_digit(value[:-1]) == value[-1]) is case["valid"], value


@pytest.mark.parametrize("product", ["06901234567892", "00012345678905", "09521234567899"])
def test_traceable_products(product: str) -> None:
    ids.check_product(product[:-1] + ids.gs1_check_digit(product[:-1]))


@pytest.mark.parametrize("prefix", ["02", "04", "20", "25", "29"])
def test_shop_codes_never_trace_identity(prefix: str) -> None:
    payload = f"0{prefix}1234567890"
    with pytest.raises(ids.BadIdentifier, match="inside one shop"):
        ids.check_product(payload + ids.gs1_check_digit(payload))


@pytest.mark.parametrize("key", ["0690123456789", "069012345678 2", "０6901234567892", "abc", "FARM", "FARM7x", ""])
def test_what_is_no_key_is_refused(key: str) -> None:
    for check in (ids.check_product, ids.check_site, ids.check_unit):
        with pytest.raises(ids.BadIdentifier):
            check(key)


def test_the_example_of_iso_7064() -> None:
    """ISO/IEC 7064:2003 hybrid MOD 37,36, as the GRID standard publishes it: A1-2425G-ABC1234002-M."""
    assert ids.check_character("A12425GABC1234002") == "M"


@given(PAYLOADS, st.data())
def test_one_wrong_character_is_always_seen(payload: str, data: st.DataObject) -> None:
    code = ids.complete_network_code(payload)
    ids.check_network_code(code)
    place = data.draw(st.integers(1, len(code) - 1))
    other = data.draw(st.sampled_from([character for character in ids.ALPHABET if character != code[place]]))
    with pytest.raises(ids.BadIdentifier):
        ids.check_network_code(code[:place] + other + code[place + 1 :])


@given(st.text(alphabet="0123456789ABCabc./-", min_size=1, max_size=40))
def test_trace_codes_are_stable_readable_and_checked(lot: str) -> None:
    code = ids.trace_code(lot)
    assert code == ids.trace_code(lot)
    assert len(code) == ids.CODE_LENGTH
    assert set(code) <= set(ids.CODE_ALPHABET)
    typed = f" {code[:4].lower()}-{code[4:].replace('0', 'o').replace('1', 'l')} "
    assert ids.read_trace_code(typed) == code
    wrong = "2" if code[5] != "2" else "3"
    with pytest.raises(ids.BadIdentifier):
        ids.read_trace_code(code[:5] + wrong + code[6:])


def test_different_lots_have_different_codes() -> None:
    assert len({ids.trace_code(f"09521234567899/L{number}") for number in range(20_000)}) == 20_000
