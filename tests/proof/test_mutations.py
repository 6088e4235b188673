"""Every named mutation of a proof is refused by both verifiers, for the same kind of fault; honest ones hold."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.verify import InvalidProof, verify_proof
from ledger.proof import prove_journal, prove_journey, prove_listing
from tests.proof.cases import all_cases
from tests.proof.journeys import CODE, strawberry
from tests.proof.listings import SHELF as NAME
from tests.proof.listings import shelf
from tests.proof.mutations import FROM_MS, TO_MS

VERIFIER = Path(__file__).parents[2] / "verifier" / "verify_linxin.py"
CASES = all_cases()


def load_verifier() -> Any:
    spec = importlib.util.spec_from_file_location("verify_linxin", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


standalone = load_verifier()


def client_verdict(data: bytes, genesis: bytes) -> str:
    try:
        verify_proof(data, genesis)
    except InvalidProof as error:
        return error.kind if error.where and error.zh else "no words"
    return ""


def standalone_verdict(data: bytes, genesis: bytes) -> str:
    try:
        standalone.verify_proof(data, standalone.Genesis(genesis))
    except standalone.Wrong as wrong:
        return str(wrong.kind) if wrong.kind in standalone.KINDS else "no words"
    return ""


@pytest.mark.parametrize("name", CASES)
def test_named_mutation(name: str) -> None:
    data, genesis, kind = CASES[name]
    assert (client_verdict(data, genesis), standalone_verdict(data, genesis)) == (kind, kind)


def test_most_cases_must_fail() -> None:
    failing = sum(bool(kind) for _, _, kind in CASES.values())
    assert failing >= 0.75 * len(CASES)


HONEST = strawberry()
FILES = (prove_journey(HONEST, code=CODE), prove_journal(HONEST, "device:logger", FROM_MS, TO_MS))
SHELF = shelf()
LISTED = prove_listing(SHELF, NAME, 1, 6)


@given(st.sampled_from(FILES), st.data())
def test_any_changed_byte_is_refused(data: bytes, draw: st.DataObject) -> None:
    place = draw.draw(st.integers(0, len(data) - 1))
    byte = draw.draw(st.integers(0, 255).filter(lambda value: value != data[place]))
    mutated = data[:place] + bytes([byte]) + data[place + 1 :]
    assert client_verdict(mutated, HONEST.genesis)
    assert standalone_verdict(mutated, HONEST.genesis)


@given(st.sampled_from(FILES), st.data())
def test_any_cut_or_inserted_bytes_are_refused(data: bytes, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data) - 1))
    end = draw.draw(st.integers(start, min(start + 40, len(data))))
    mutated = data[:start] + draw.draw(st.binary(max_size=40)) + data[end:]
    if mutated != data:
        assert client_verdict(mutated, HONEST.genesis)
        assert standalone_verdict(mutated, HONEST.genesis)


@pytest.mark.fuzz
@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    assert client_verdict(data, HONEST.genesis)
    assert standalone_verdict(data, HONEST.genesis)


@pytest.mark.parametrize(("data", "genesis"), [(FILES[1], HONEST.genesis), (LISTED, SHELF.genesis)])
def test_every_single_byte_of_a_proof_matters(data: bytes, genesis: bytes) -> None:
    for place in range(len(data)):
        mutated = data[:place] + bytes([data[place] ^ 0x01]) + data[place + 1 :]
        assert client_verdict(mutated, genesis), place
        assert standalone_verdict(mutated, genesis), place
