"""`linxin epcis`: what a partner's engineer sees."""

import hashlib
import json
from pathlib import Path

from click.testing import CliRunner, Result

from cli.main import main

EVENT = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ns.example.com/"}],
    "type": "ObjectEvent",
    "eventTime": "2026-05-01T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "action": "OBSERVE",
    "bizStep": "receiving",
}


def run(tmp_path: Path, command: str, content: object, *more: str) -> Result:
    """`linxin epcis COMMAND` on a file with `content`."""
    file = tmp_path / "events.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return CliRunner().invoke(main, ["epcis", command, str(file), *more])


def test_validate_says_yes_with_status_0(tmp_path: Path) -> None:
    told = run(tmp_path, "validate", EVENT)
    assert told.exit_code == 0
    assert "valid" in told.stdout
    shown = json.loads(run(tmp_path, "validate", EVENT, "--json").stdout)
    assert (shown["ok"], shown["valid"], shown["events"], shown["faults"]) == (True, True, 1, [])


def test_validate_tells_every_fault_with_its_path_and_status_1(tmp_path: Path) -> None:
    bad = {**EVENT, "action": "WATCH", "bizStep": "[red]receivingg", "eventTime": "yesterday"}
    told = run(tmp_path, "validate", bad)
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    for path in ("/action: ", "/bizStep: ", "/eventTime: "):
        assert any(line.startswith(path) for line in lines), lines
    shown = run(tmp_path, "validate", bad, "--json")
    assert shown.exit_code == 1
    document = json.loads(shown.stdout)
    assert document["valid"] is False
    assert {fault["path"] for fault in document["faults"]} >= {"/action", "/bizStep", "/eventTime"}
    assert run(tmp_path, "validate", b"nonsense").exit_code == 1


def test_hash_prints_one_line_an_event_and_nothing_else(tmp_path: Path) -> None:
    told = run(tmp_path, "hash", EVENT)
    assert told.exit_code == 0
    (line,) = told.stdout.splitlines()
    assert line.startswith("ni:///sha-256;")
    assert line.endswith("?ver=CBV2.0")
    respelt = {**EVENT, "bizStep": "https://ref.gs1.org/cbv/BizStep-receiving", "eventTime": "2026-05-01T00:00:00Z"}
    assert run(tmp_path, "hash", respelt).stdout == told.stdout
    assert json.loads(run(tmp_path, "hash", EVENT, "--json").stdout)["hashes"] == [line]


def test_what_cannot_be_hashed_is_named_by_its_bytes(tmp_path: Path) -> None:
    content = json.dumps({**EVENT, "bizTransactionList": [{"type": "po"}]}).encode()
    told = run(tmp_path, "hash", content)
    assert told.stdout.splitlines() == [f"ni:///sha-256;{hashlib.sha256(content).hexdigest()}"]
    assert "SHA-256" in told.stderr
    assert run(tmp_path, "hash", b"nonsense").exit_code == 1
    assert run(tmp_path, "hash", {"a": 1}).exit_code == 1
