"""Proofs of the trust archive through both commands, as files: what a shop would change is refused, and said why."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from tests.proof.listing_mutations import listing_cases

ROOT = Path(__file__).parents[2]
CASES = listing_cases()
NAMED = {
    "listing-whole-honest": "",
    "listing-page-honest": "",
    "listing-review-hidden": "journal",
    "listing-reviews-swapped": "journal",
    "listing-rating-changed": "signature",
    "listing-rating-changed-in-the-outcome": "journal",
    "listing-aliased-to-one-that-is": "state",
    "listing-counts-changed": "state",
}
"""Hide one, reorder two, change a rating, alias a subject, change the counts: the kind of fault that both find."""


@pytest.mark.parametrize("name", NAMED)
def test_both_commands_refuse_what_was_changed(tmp_path: Path, name: str) -> None:
    data, genesis, _ = CASES[name]
    file, trusted = tmp_path / "proof", tmp_path / "genesis.json"
    file.write_bytes(data)
    trusted.write_bytes(genesis)
    options = [str(file), "--genesis", str(trusted), "--json"]
    ours = CliRunner().invoke(main, ["verify", *options])
    alone = subprocess.run(
        [sys.executable, str(ROOT / "verifier" / "verify_linxin.py"), *options], capture_output=True, check=False
    )
    for status, said in ((ours.exit_code, ours.stdout), (alone.returncode, alone.stdout.decode())):
        document = json.loads(said)
        assert (status, document["valid"]) == (int(bool(NAMED[name])), not NAMED[name])
        assert document.get("kind", "") == NAMED[name]
