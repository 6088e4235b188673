"""The golden vectors are those that the generator makes, and both verifiers give the verdicts they state."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.test_mutations import CASES, VERIFIER, client_verdict, standalone_verdict
from tests.proof.vectors import FOLDER, vector
from tests.support import shared_data

FILES = sorted(FOLDER.glob("*.json"))


def test_the_vectors_are_those_of_the_generator() -> None:
    assert {path.stem: path.read_text() for path in FILES} == {name: vector(case) for name, case in CASES.items()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    content = json.loads(path.read_text())
    proof, genesis = base64.b64decode(content["proof"]), base64.b64decode(content["genesis"])
    assert client_verdict(proof, genesis) == standalone_verdict(proof, genesis) == content["kind"]


@pytest.mark.parametrize("name", ["journey-honest", "journey-leaf-hidden-in-the-middle", "journey-wrong-genesis"])
def test_the_program_says_what_it_found(tmp_path: Path, name: str) -> None:
    proof, genesis, kind = CASES[name]
    (tmp_path / "proof").write_bytes(proof)
    (tmp_path / "genesis.json").write_bytes(genesis)
    command = [sys.executable, str(VERIFIER), str(tmp_path / "proof"), "--genesis", str(tmp_path / "genesis.json")]
    words = subprocess.run(command, capture_output=True, text=True, check=False)
    found = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert words.returncode == found.returncode == (1 if kind else 0), words.stderr
    document = json.loads(found.stdout)
    assert document["valid"] == (not kind)
    assert document.get("kind", "") == kind
    assert ("有效" in words.stdout.splitlines()[0]) == (not kind)
    assert words.stderr == found.stderr == ""


def test_a_file_that_is_not_there_is_told() -> None:
    command = [sys.executable, str(VERIFIER), "nowhere", "--genesis", "nowhere", "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert json.loads(found.stdout)["kind"] == "file"


def test_both_verifiers_agree_on_every_published_signature() -> None:
    from ledger.crypto.signing import verify
    from tests.proof.test_mutations import standalone

    folder = shared_data("signatures")
    cases: list[tuple[int, bytes, bytes, bytes]] = []
    for one in json.loads((folder / "cctv_ed25519.json").read_text()):
        message = one["msg"].encode()
        cases.append((1, bytes.fromhex(one["key"]), bytes.fromhex(one["sig"]), message))
    for group in json.loads((folder / "wycheproof_ed25519_test.json").read_text())["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        cases += [(1, key, bytes.fromhex(one["sig"]), bytes.fromhex(one["msg"])) for one in group["tests"]]
    name = "wycheproof_ecdsa_secp256r1_sha256_p1363_test.json"
    for group in json.loads((folder / name).read_text())["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = bytes([2 + (point[64] & 1)]) + point[1:33]
        cases += [(2, key, bytes.fromhex(one["sig"]), bytes.fromhex(one["msg"])) for one in group["tests"]]
    verdicts = [(verify(*case), standalone.verify_signature(*case)) for case in cases]
    assert len(cases) > 1000
    assert [place for place, (node, alone) in enumerate(verdicts) if node != alone] == []
    assert {True, False} == {node for node, _ in verdicts}
