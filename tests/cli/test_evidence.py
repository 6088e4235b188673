"""`linxin evidence`: what a folder's nodes kept, exported, and judged offline with the genesis file alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from cli.modules import standard_registry
from cli.network_files import init_network
from client.network_directory import NetworkDirectory
from client.wallet import load_key
from consensus.entry import Kind, envelope_message
from consensus.evidence import (
    Envelope,
    Evidence,
    encode_evidence,
    equivocal_cosignatures,
    equivocal_entries,
    evidence_id,
)
from consensus.storage.evidence import EvidenceBook
from consensus.storage.files import OsDirectory
from ledger.crypto.checkpoint import Checkpoint, assemble_note, cosign
from ledger.crypto.signing import SigningKey
from ledger.genesis import load_genesis


def run(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == status, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> NetworkDirectory:
    return init_network(tmp_path_factory.mktemp("networks") / "four", "four", standard_registry(), validators=4)


@pytest.fixture(scope="module")
def liar(made: NetworkDirectory) -> SigningKey:
    return load_key(made.root / "nodes" / "hub" / "validator.key", made.passphrase())


def two_texts(made: NetworkDirectory, liar: SigningKey, signer: str = "hub") -> Evidence:
    """Cosignatures of the hub on two checkpoints of height 7."""
    genesis = load_genesis(made.genesis_bytes(), standard_registry())
    notes = []
    for size in (20, 21):
        hashes = [digit * 32 for digit in (b"\x01", b"\x02", b"\x03", b"\x04")]
        text = Checkpoint(genesis.origin, size, hashes[0], 7, 1_700_000_000_000, *hashes[1:]).text()
        notes.append(assemble_note(text, [cosign(liar, genesis.cosigner_name(signer), text, 1_700_000_000)]))
    return equivocal_cosignatures(*notes)


def two_entries(made: NetworkDirectory, liar: SigningKey) -> Evidence:
    """Envelopes of the hub for two entries at index 9 of term 3."""
    chain_id = load_genesis(made.genesis_bytes(), standard_registry()).chain_id
    envelopes = []
    for payload in (b"\x05" * 32, b"\x06" * 32):
        bare = Envelope(3, 9, Kind.PROPOSAL, "hub", payload, b"\x07" * 32, bytes(64))
        signature = liar.sign(envelope_message(chain_id, bare.digest))
        envelopes.append(Envelope(3, 9, Kind.PROPOSAL, "hub", payload, b"\x07" * 32, signature))
    return equivocal_entries(*envelopes)


@pytest.mark.parametrize("kind", ["cosignatures", "entries"])
def test_what_was_kept_is_listed_exported_and_judged_offline(
    made: NetworkDirectory, liar: SigningKey, tmp_path: Path, kind: str
) -> None:
    evidence = {"cosignatures": two_texts, "entries": two_entries}[kind](made, liar)
    for node in ("farm", "platform"):
        directory = OsDirectory(made.root / "nodes" / node / "data" / "evidence")
        EvidenceBook(directory).keep(evidence)
        directory.close()
    name = evidence_id(evidence)
    [listed] = [each for each in run("evidence", "list", "--network", str(made.root))["evidence"] if each["id"] == name]
    assert (listed["culprit"], listed["kept_by"]) == ("hub", ["farm", "platform"])
    file = tmp_path / "hub.evidence"
    exported = run("evidence", "export", name[:12], str(file), "--network", str(made.root))
    assert exported["key_proof"] is None, "genesis names the key"
    judged = run("evidence", "verify", str(file), "--genesis", str(made.genesis))
    assert (judged["culprit"], judged["kind"], judged["id"]) == ("hub", kind, name)
    assert judged["public_key"] == liar.public_key.hex()
    assert judged["texts"][0] != judged["texts"][1]
    said = CliRunner().invoke(main, ["evidence", "verify", str(file), "--genesis", str(made.genesis)]).stdout
    for words in ("证据成立", "this is proof", liar.public_key.hex(), "为何成立", "No honest validator"):
        assert words in said


def test_a_forged_or_foreign_piece_proves_nothing(made: NetworkDirectory, liar: SigningKey, tmp_path: Path) -> None:
    whole = encode_evidence(two_texts(made, liar))
    file = tmp_path / "x.evidence"
    other = init_network(tmp_path / "other", "four", standard_registry())
    changed = whole.replace(b"\n20\n", b"\n22\n")
    assert changed != whole
    stranger = encode_evidence(two_texts(made, liar, signer="farm"))
    for data, genesis in ((changed, made), (whole, other), (stranger, made), (b"\x01", made), (b"", made)):
        file.write_bytes(data)
        refused = run("evidence", "verify", str(file), "--genesis", str(genesis.genesis), status=1)
        assert "proves nothing" in refused["error"]["message_en"]
        assert refused["error"]["message_zh"]


def test_without_evidence_that_is_said(tmp_path: Path) -> None:
    network = init_network(tmp_path / "one", "one", standard_registry())
    assert run("evidence", "list", "--network", str(network.root))["evidence"] == []
    refused = run("evidence", "export", "ab", str(tmp_path / "f"), "--network", str(network.root), status=1)
    assert "evidence list" in refused["error"]["remedy_en"]
