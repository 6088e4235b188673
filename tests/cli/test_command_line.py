"""The command line itself: with `--json` there is one document on standard output, whatever went wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main

WRONG = {
    "no-command": ["--json"],
    "unknown-command": ["frobnicate", "--json"],
    "group-without-command": ["network", "--json"],
    "missing-argument": ["verify", "--json"],
    "missing-file": ["verify", "/no/such/file", "--json"],
    "wrong-type": ["block", "x", "--json"],
    "contradiction": ["audit", "--json"],
    "unknown-option": ["actions", "--colour", "--json"],
    "missing-key": ["export", "a", "--full", "--json"],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_line_is_one_document_and_status_2(name: str) -> None:
    result = CliRunner().invoke(main, WRONG[name])
    assert result.exit_code == 2, result.output
    error = json.loads(result.stdout)["error"]
    assert error["message_zh"]
    assert error["message_en"]
    assert "--help" in error["remedy_en"]
    assert "Usage" in result.stderr


def test_without_json_standard_output_stays_empty() -> None:
    result = CliRunner().invoke(main, ["block", "x"])
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_audit_of_what_is_no_archive_says_what_it_is(tmp_path: Path) -> None:
    proof, half = tmp_path / "journey.proof", tmp_path / "half.archive"
    proof.write_bytes(b"\x98\xaelinxin-proof/1")
    half.write_bytes(b"\x93\xb0linxin-archive/1")
    for file, said in ((proof, "linxin verify"), (half, "export it again")):
        result = CliRunner().invoke(main, ["audit", str(file), "--json"], catch_exceptions=False)
        assert result.exit_code == 1
        assert said in json.loads(result.stdout)["error"]["remedy_en"]


def test_verify_without_a_genesis_file_says_how_to_name_one(tmp_path: Path) -> None:
    (tmp_path / "x.proof").write_bytes(b"x")
    command = ["verify", str(tmp_path / "x.proof"), "--network", str(tmp_path / "none"), "--json"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "--genesis" in json.loads(result.stdout)["error"]["remedy_en"]


def test_a_missing_passphrase_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINXIN_PASSPHRASE_FILE", str(tmp_path / "nowhere"))
    result = CliRunner().invoke(main, ["network", "init", str(tmp_path / "n"), "--json"])
    error = json.loads(result.stdout)["error"]
    assert "nowhere" in error["message_en"]
    assert "LINXIN_PASSPHRASE_FILE" in error["remedy_en"]
    assert not (tmp_path / "n").exists()
