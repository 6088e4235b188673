"""`linxin gs1` as people and scripts call it."""

import json

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.standards.published import vectors

URI = "https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426"


def gs1(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["gs1", *arguments])


def test_parse_prints_the_element_string() -> None:
    done = gs1("parse", URI)
    assert (done.exit_code, done.stdout) == (0, "^010952012345678810ABC1^2112345^17180426\n")
    document = json.loads(gs1("parse", "--json", URI).stdout)
    assert document["ai_string"] == "^010952012345678810ABC1^2112345^17180426"
    assert document["elements"][1] == {"ai": "10", "title": "BATCH/LOT", "value": "ABC1"}


@pytest.mark.parametrize(
    ("text", "element_string"),
    [
        ("(01)09520123456788(10)A", "^010952012345678810A"),
        ("^010952012345678810A", "^010952012345678810A"),
        ("https://id.gs1.org/ARHKVAdpQg", "^0109780345418913"),
    ],
)
def test_parse_takes_element_strings_and_compressed_links(text: str, element_string: str) -> None:
    assert gs1("parse", text).stdout == element_string + "\n"


def test_a_fault_names_identifier_position_and_remedy() -> None:
    done = gs1("parse", "https://id.gs1.org/01/09520123456789")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "AI (01)第 14 位：校验位 9 应为 8" in done.stderr
    assert "AI (01), character 14: check digit 9 should be 8" in done.stderr
    document = json.loads(gs1("parse", "--json", "https://id.gs1.org/01/09520123456789").stdout)
    assert document["fault"] == {"code": "INCORRECT_CHECK_DIGIT", "ai": "01", "position": 14}
    assert document["error"]["remedy_zh"]


def test_what_looks_compressed_and_is_not_is_told_as_no_link() -> None:
    done = gs1("parse", "--json", "https://example.com/strawberry")
    assert json.loads(done.stdout)["fault"]["code"] == "URI_NO_KEY"


FLAGS = {
    "permitZeroSuppressedGTIN": "--short-gtin",
    "permitConvenienceAlphas": "--words",
    "permitUnknownAIs": "--unknown",
    "unknownAIasAttribute": "--unknown-attributes",
}


def test_parse_holds_to_the_published_vectors() -> None:
    for vector in vectors("parse_uri.json"):
        done = gs1("parse", *(FLAGS[name] for name in vector.get("options", {})), vector["uri"])
        expected = (0, vector["ai_string"] + "\n") if vector["valid"] else (1, "")
        assert (done.exit_code, done.stdout) == expected, vector


def test_build() -> None:
    done = gs1("build", "(01)12312312312326(10)X/1(99)A", "--stem", "https://example.com/")
    assert (done.exit_code, done.stdout) == (0, "https://example.com/01/12312312312326/10/X%2F1?99=A\n")
    assert gs1("build", "(99)A").exit_code == 1


def test_canonical_form_and_urn() -> None:
    urn = "urn:epc:id:sgtin:4012345.011111.987"
    uri = "https://id.gs1.org/01/04012345111118/21/987"
    assert gs1("canonical", urn).stdout == uri + "\n"
    assert gs1("canonical", uri, "--urn", "--prefix-digits", "7").stdout == urn + "\n"
    assert json.loads(gs1("canonical", "--json", urn).stdout)["canonical"] == uri
    assert gs1("canonical", "Hello World!").exit_code == 1


def test_constrained() -> None:
    assert gs1("constrained", "https://id.gs1.org/01/04012345123456/21/1").exit_code == 0
    assert gs1("constrained", "https://id.gs1.org/01/04012345123456").exit_code == 1
    assert gs1("constrained", "https://id.gs1.org/01/04012345123456", "--as", "class").exit_code == 0


@pytest.mark.parametrize(
    ("number", "status", "traceable"),
    [
        ("6901234567892", 0, True),
        ("2012345678903", 0, False),
        ("20123451", 0, False),
        ("12345678901231", 0, False),
        ("9521234567890", 1, None),
        ("123", 1, None),
        ("69012345678９2", 1, None),
    ],
)
def test_check(number: str, status: int, traceable: bool | None) -> None:
    done = gs1("check", "--json", number)
    assert done.exit_code == status
    assert json.loads(done.stdout).get("traceable") == traceable


def test_check_tells_who_gave_a_number_out() -> None:
    assert "GS1 China" in gs1("check", "690 1234 567892").stdout
