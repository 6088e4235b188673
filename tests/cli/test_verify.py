"""`linxin verify`: a proof says what it is about, and a perfect proof about something else is no answer."""

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest
from click.testing import CliRunner

from cli.main import main
from client.verify import InvalidProof, verify_journey
from ledger.proof import prove_journal, prove_journey, prove_leaf, prove_value
from tests.proof.journeys import CODE, PACK, strawberry

CHAIN = strawberry()


def run(folder: Path, proof: bytes, *more: str) -> tuple[int, dict[str, Any], str]:
    """(exit status, JSON document, words) of `linxin verify`."""
    (folder / "proof").write_bytes(proof)
    (folder / "genesis.json").write_bytes(CHAIN.genesis)
    command = ["verify", str(folder / "proof"), "--genesis", str(folder / "genesis.json"), *more]
    words = CliRunner().invoke(main, command)
    told = CliRunner().invoke(main, [*command, "--json"])
    assert words.exit_code == told.exit_code
    return told.exit_code, json.loads(told.stdout), words.output


def test_the_claim_is_said_before_all_else(tmp_path: Path) -> None:
    status, document, words = run(tmp_path, prove_journey(CHAIN, code=CODE))
    assert (status, document["valid"]) == (0, True)
    assert CODE in document["claim"]
    assert PACK in words.splitlines()[1]
    status, document, _ = run(tmp_path, prove_value(CHAIN, "trace/code/NOSUCHCODE"))
    assert "trace/code/NOSUCHCODE has no value" in document["claim"]
    status, document, _ = run(tmp_path, prove_leaf(CHAIN, 0))
    assert "leaf 0 of the log" in document["claim"]


def test_an_absence_rewritten_for_another_key_is_another_claim(tmp_path: Path) -> None:
    """Nobody can make it prove the absence of what exists; of what else does not exist it may be a true proof."""
    file = msgpack.unpackb(prove_value(CHAIN, "trace/code/NOSUCHCODE"))
    file[3][1] = f"trace/code/{CODE}"
    assert run(tmp_path, msgpack.packb(file))[0] == 1
    file[3][1] = "trace/code/NOSUCHCODF"
    status, document, _ = run(tmp_path, msgpack.packb(file))
    assert status == 1 or "NOSUCHCODF" in document["claim"]


def test_a_proof_about_something_else_is_no_answer(tmp_path: Path) -> None:
    proof = prove_journey(CHAIN, subject=PACK)
    assert run(tmp_path, proof, "--about", PACK)[0] == 0
    status, document, _ = run(tmp_path, proof, "--about", "lot:harvest-1")
    assert (status, document["valid"], document["kind"]) == (1, False, "claim")
    assert PACK in document["reason"]
    assert "lot:harvest-1" in document["reason"]
    assert run(tmp_path, prove_journal(CHAIN, PACK), "--about", PACK)[0] == 1
    assert run(tmp_path, proof, "--about", "nocode")[0] == 1


def test_a_server_cannot_answer_with_another_journey() -> None:
    by_code, by_subject = prove_journey(CHAIN, code=CODE), prove_journey(CHAIN, subject=PACK)
    verify_journey(by_code, CHAIN.genesis, code=CODE)
    verify_journey(by_code, CHAIN.genesis, subject=PACK)
    for proof, asked in (
        (by_code, {"code": "LX4STRAWBERRZ"}),
        (by_code, {"subject": "lot:harvest-1"}),
        (by_subject, {"code": CODE}),
        (by_subject, {}),
        (prove_leaf(CHAIN, 0), {"subject": PACK}),
    ):
        with pytest.raises(InvalidProof) as refused:
            verify_journey(proof, CHAIN.genesis, **asked)
        assert refused.value.kind == "claim"
