"""GS1's published vectors for element strings and values."""

import pytest

from standards.gs1.elements import parse_bracketed, parse_element_string, write_element_string
from standards.gs1.faults import Gs1Fault
from standards.gs1.numbers import check_number
from tests.standards.published import vectors


@pytest.mark.parametrize("vector", vectors("ai_bracketed_to_string.json"), ids=lambda each: each["ai_bracketed"])
def test_bracketed(vector: dict[str, object]) -> None:
    text = str(vector["ai_bracketed"])
    if vector["valid"]:
        assert write_element_string(parse_bracketed(text)) == vector["ai_string"]
    else:
        with pytest.raises(Gs1Fault):
            parse_bracketed(text)


@pytest.mark.parametrize("vector", vectors("ai_string_validation.json"), ids=lambda each: each["ai_string"])
def test_element_strings(vector: dict[str, object]) -> None:
    text = str(vector["ai_string"])
    if vector["valid"]:
        assert write_element_string(parse_element_string(text)) in (
            text,
            text.removesuffix("^"),
            text.replace("1^9", "19"),
        )
    else:
        with pytest.raises(Gs1Fault):
            parse_element_string(text)


@pytest.mark.parametrize("vector", vectors("ai_value_validation.json"), ids=lambda each: each["ai_bracketed"])
def test_values(vector: dict[str, str]) -> None:
    if vector["result"] == "OK":
        parse_bracketed(vector["ai_bracketed"])
    else:
        with pytest.raises(Gs1Fault) as caught:
            parse_bracketed(vector["ai_bracketed"])
        assert caught.value.code == vector["error"]


@pytest.mark.parametrize("vector", vectors("check_digit.json"), ids=lambda each: each["value"])
def test_check_digits(vector: dict[str, object]) -> None:
    if vector["valid"]:
        assert check_number(str(vector["value"])).digits == vector["value"]
    else:
        with pytest.raises(Gs1Fault) as caught:
            check_number(str(vector["value"]))
        assert caught.value.code == vector["error"]


def test_a_fault_names_identifier_position_and_remedy_in_both_languages() -> None:
    with pytest.raises(Gs1Fault) as caught:
        parse_bracketed("(01)09520123456788(17)201332")
    fault = caught.value
    assert (fault.code, fault.ai, fault.position) == ("ILLEGAL_MONTH", "17", 3)
    assert fault.zh == "AI (17)第 3 位：月份 13 不存在"
    assert fault.en == "AI (17), character 3: there is no month 13"
    assert fault.remedy_zh
    assert fault.remedy_en
