"""Published vectors of links, canonical forms and constrained URIs."""

from typing import Any

import pytest

from standards.digital_link.canonical import Kind, canonical, check_constrained
from standards.digital_link.link import build_link, is_sequence, parse_link
from standards.gs1.elements import parse_bracketed
from standards.gs1.faults import Gs1Fault
from tests.standards.published import leniency, vectors

KINDS = {
    "instance (epcList)": Kind.INSTANCE,
    "class (quantityList)": Kind.CLASS,
    "location/party": Kind.PLACE,
}


@pytest.mark.parametrize("vector", vectors("parse_uri.json"), ids=lambda each: each["uri"])
def test_parsed(vector: dict[str, Any]) -> None:
    if vector["valid"]:
        assert parse_link(vector["uri"], leniency(vector)).element_string == vector["ai_string"]
    else:
        with pytest.raises(Gs1Fault):
            parse_link(vector["uri"], leniency(vector))


@pytest.mark.parametrize("vector", vectors("generate_uri.json"), ids=lambda each: each["ai_bracketed"])
def test_built(vector: dict[str, Any]) -> None:
    lenient = leniency(vector)
    elements = parse_bracketed(vector["ai_bracketed"], unknown=lenient.unknown_ais)
    if vector["valid"]:
        assert build_link(elements, vector["stem"], lenient).uri == vector["uri"]
    else:
        with pytest.raises(Gs1Fault):
            build_link(elements, vector["stem"], lenient)


@pytest.mark.parametrize("vector", vectors("valid_path_key_sequences.json"), ids=lambda each: " ".join(each["seq"]))
def test_sequences(vector: dict[str, Any]) -> None:
    assert is_sequence(vector["seq"])
    assert not is_sequence([*vector["seq"], "01"])
    assert not is_sequence(vector["seq"][1:])


@pytest.mark.parametrize("vector", vectors("epc_or_dl_to_canonical_dl.json"), ids=lambda each: each["input"])
def test_canonical(vector: dict[str, Any]) -> None:
    if vector["canonical"] is None:
        with pytest.raises(Gs1Fault):
            canonical(vector["input"])
    else:
        assert canonical(vector["input"]).uri == vector["canonical"]


@pytest.mark.parametrize(
    "vector", vectors("constrained_epcis_uri.json"), ids=lambda each: f"{each['kind']}-{each['uri']}"
)
def test_constrained(vector: dict[str, Any]) -> None:
    if vector["valid"]:
        check_constrained(vector["uri"], KINDS[vector["kind"]])
    else:
        with pytest.raises(Gs1Fault):
            check_constrained(vector["uri"], KINDS[vector["kind"]])
