"""`linxin demo` as a user runs it: a real process, its files checked by every tool there is, and by forgers."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest

from cli.processes import find_process
from ledger.block import decode_leaf
from ledger.certificate import verify_certificate
from ledger.crypto.encoding import encode
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from network.errors import RetentionBinds, SignatureNeeded
from tests.cli.trading import runner
from tests.demo.running import apart
from tests.faults.cluster import linxin

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("demo")]

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_has_what_was_promised(told: dict[str, Any]) -> None:
    assert told["verified"] is True
    assert told["running"] is False
    assert told["records"] >= 40
    assert told["readings"] >= 4_000
    for name in ("home", "genesis", "proof", "archive"):
        assert Path(told[name]).is_absolute()
        assert Path(told[name]).exists()
    assert len(told["endpoints"]) == 4
    assert {endpoint.rpartition(":")[0] for endpoint in told["endpoints"]} == {"127.0.0.1"}
    assert [lie["refused"] for lie in told["refusals"]] == [True, True, True]
    assert {lie["name"] for lie in told["refusals"]} == {
        "one_byte_changed",
        "one_reading_left_out",
        "harvest_edge_hidden",
    }


def test_the_leader_was_killed_and_nothing_was_lost(told: dict[str, Any]) -> None:
    failover = told["failover"]
    assert failover["killed"] in told["validators"]
    assert failover["leader"] in set(told["validators"]) - {failover["killed"]}
    assert failover["term"] > failover["term_before"]
    assert failover["seconds"] > 0
    assert failover["records_in_flight"] > 0
    assert failover["blocks_missed"] > 0, "it was down while the others went on"
    assert (told["lost"], told["acknowledged"]) == (0, told["submitted"])


def test_one_certificate_is_signed_by_three_of_four(told: dict[str, Any]) -> None:
    certificate = told["certificate"]
    genesis = load_genesis(Path(told["genesis"]).read_bytes(), network_registry())
    checkpoint = verify_certificate(certificate["note"], genesis.validators())
    assert checkpoint.height == certificate["height"]
    assert told["validators"] == ["farm", "hub", "inspector", "platform"]
    assert len(set(certificate["signers"]) & set(told["validators"])) >= told["quorum"] == 3


def test_its_nodes_have_stopped_with_the_same_chain(told: dict[str, Any]) -> None:
    homes = [Path(told["home"]) / "nodes" / name for name in told["validators"]]
    assert [find_process(home) for home in homes] == [None] * 4
    killed = Path(told["home"]) / "nodes" / told["failover"]["killed"]
    audited = linxin("audit", "--home", str(killed), "--genesis", told["genesis"])
    assert audited["transactions"] == told["submitted"], "what it missed and what it made itself is one chain"


def test_the_journey_holds_the_whole_closure(told: dict[str, Any]) -> None:
    found = linxin("verify", told["proof"], "--genesis", told["genesis"])
    subjects = {section["subject"] for section in found["sections"]}
    assert found["records"] == told["records"]
    kinds = sorted(subject.partition(":")[0] for subject in subjects)
    assert kinds == ["certificate", *["device"] * 3, *["lot"] * 3, "planting", "plot", *["unit"] * 4, "vehicle"]
    assert told["trace_code"] in found["claim"]


def test_the_timeline_tells_the_story_in_both_languages(told: dict[str, Any]) -> None:
    story = linxin("verify", told["proof"], "--genesis", told["genesis"], "--timeline")["timeline"]
    assert sum(entry["records"] for entry in story) == told["records"]
    assert all(entry["zh"] and entry["en"] and entry["who_zh"] for entry in story)
    [excursion] = [flag for entry in story for flag in entry["flags"] if flag["event"] == "excursion"]
    assert excursion["serious"]
    received = [entry["who_en"] for entry in story if entry["action"] == "trace.receive"]
    assert received == ["Logistics hub", "Micro-warehouse"], "each hand-over is signed by its receiver"


def test_the_excursion_of_the_truck_is_on_the_ledger(told: dict[str, Any]) -> None:
    events = [
        event
        for item in archive_items(Path(told["archive"]))[1:]
        if isinstance(item[0], int)
        for raw in item[2]
        for event in decode_leaf(raw).outcome[3]
        if isinstance(event, list) and event
    ]
    assert any(event[0] == "excursion" for event in events)


@pytest.mark.parametrize("name", ["proof", "archive", "archive_public"])
def test_the_stand_alone_verifier_agrees(told: dict[str, Any], name: str) -> None:
    command = [sys.executable, str(ROOT / "verifier" / "verify_linxin.py"), told[name], "--genesis", told["genesis"]]
    assert subprocess.run(command, check=False, capture_output=True, timeout=100).returncode == 0


def test_the_chain_is_executed_again_from_archive_and_home(told: dict[str, Any]) -> None:
    home = Path(told["home"]) / "nodes" / "platform"
    of_archive = linxin("audit", told["archive"], "--genesis", told["genesis"])
    of_home = linxin("audit", "--home", str(home), "--genesis", told["genesis"])
    assert of_archive["transactions"] == told["submitted"] == of_home["transactions"]
    assert of_archive["restricted"] == told["restricted"] > 1
    assert of_archive["refused"] == 0


def test_a_public_archive_says_what_to_do(told: dict[str, Any]) -> None:
    refused = linxin("audit", told["archive_public"], status=1)
    assert "verify_linxin.py" in refused["error"]["remedy_en"]


def test_a_forged_proof_ends_with_status_one_and_says_where(told: dict[str, Any]) -> None:
    for lie in told["refusals"]:
        refused = linxin("verify", lie["file"], "--genesis", told["genesis"], status=1)
        assert refused["valid"] is False
        assert refused["where"].startswith("$.")
        assert refused["error"]["message_zh"]


def archive_items(path: Path) -> list[Any]:
    unpacker = msgpack.Unpacker(path.open("rb"), strict_map_key=False, use_list=True)
    return list(unpacker)


def forged(told: dict[str, Any], tmp_path: Path, items: list[Any]) -> dict[str, Any]:
    path = tmp_path / "forged.archive"
    path.write_bytes(b"".join(msgpack.packb(item) for item in items))
    error: dict[str, Any] = linxin("audit", str(path), "--genesis", told["genesis"], status=1)["error"]
    return error


def test_an_audit_finds_every_forgery_of_the_archive(told: dict[str, Any], tmp_path: Path) -> None:
    def items() -> list[Any]:
        return archive_items(Path(told["archive"]))

    assert encode(items()) == msgpack.packb(items())
    changed = items()
    leaf = msgpack.unpackb(changed[5][2][0], use_list=True)
    leaf[3][2] = 23
    changed[5][2][0] = msgpack.packb(leaf)
    assert "height 5" in forged(told, tmp_path, changed)["message_en"]

    reordered = items()
    block = next(item for item in reordered if isinstance(item[0], int) and len(item[2]) > 2)
    block[2][0], block[2][1] = block[2][1], block[2][0]
    assert f"height {block[0]}" in forged(told, tmp_path, reordered)["message_en"]

    without_secret = items()
    block = next(item for item in without_secret if isinstance(item[0], int) and item[3])
    block[3] = {}
    assert f"height {block[0]}" in forged(told, tmp_path, without_secret)["message_en"]

    other_state = items()
    chunk = next(item for item in other_state if item[0] == "state")
    chunk[1][0][1] = b"\x00"
    assert "state row" in forged(told, tmp_path, other_state)["message_en"]

    unsigned = items()
    unsigned[4][1] = unsigned[3][1]
    assert "height 4" in forged(told, tmp_path, unsigned)["message_en"]

    assert "breaks off" in forged(told, tmp_path, items()[:-1])["message_en"]


def put_get_and_erase(home: str, folder: Path) -> None:
    """Files go in, come out for those who may see them, and are erased where no law keeps them, in the network that is
    up.
    """
    report, copy = folder / "report.pdf", folder / "copy.pdf"
    report.write_bytes(os.urandom(700_000))
    run = runner(Path(home))
    kept = run("blob", "put", str(report), "--key", "inspector", "--class", "restricted")
    assert (
        run("blob", "erase", kept["address"], "--key", "inspector", status=1)["error"]["number"]
        == RetentionBinds.number
    )
    stored = run("blob", "put", str(report), "--key", "inspector", "--class", "restricted", "--retention", "personal")
    assert run("blob", "get", stored["address"], str(copy), status=1)["error"]["number"] == SignatureNeeded.number
    run("blob", "get", stored["address"], str(copy), "--key", "farm", status=1)
    run("blob", "get", stored["address"], str(copy), "--key", "auditor")
    assert copy.read_bytes() == report.read_bytes()
    run("blob", "erase", stored["address"], "--key", "farm", status=1)
    receipt = run("blob", "erase", stored["address"], "--key", "inspector")
    assert receipt["address"] == stored["address"]
    run("blob", "get", stored["address"], str(folder / "gone.pdf"), "--key", "auditor", status=1)


def test_the_network_comes_up_again_goes_on_and_keeps_evidence(told: dict[str, Any], tmp_path: Path) -> None:
    home = told["home"]
    action = tmp_path / "action.json"
    action.write_text(
        json.dumps({"action": "trace.register_site", "site": "9521234000991", "name_zh": "店", "name_en": "Shop"})
    )
    up = apart("network", "up", home)
    try:
        pids = {node["name"]: node["pid"] for node in up["nodes"]}
        assert {node["name"]: node["pid"] for node in linxin("network", "status", home)["nodes"]} == pids
        journey = linxin("journey", told["trace_code"], "--network", home, "--proof", str(tmp_path / "again.proof"))
        assert journey["records"] == told["records"]
        [_, handed_over] = [line["en"] for line in journey["timeline"] if line["action"] == "trace.ship"]
        assert "bound for Jing'an micro-warehouse" in handed_over, "a name that the node has proven besides"
        assert (
            "check digit"
            in linxin("submit", str(action), "--key", "farm", "--network", home, status=1)["error"]["message_en"]
        )
        listed = json.loads(action.read_text()) | {"site": "9521234000990"}
        action.write_text(json.dumps(listed))
        done = linxin("submit", str(action), "--key", "farm", "--network", home)
        shown = linxin("transaction", done["transaction_id"], "--network", home)
        assert shown["fields"]["site"] == "9521234000990"
        assert shown["code"] == 0
        assert (
            "in use"
            in linxin("audit", "--home", str(Path(home) / "nodes" / "platform"), status=1)["error"]["message_en"]
        )
        assert apart("network", "up", home)["nodes"] == up["nodes"], "what runs is left running"
        put_get_and_erase(home, tmp_path)
    finally:
        apart("network", "down", home)
    audited = linxin("audit", "--home", str(Path(home) / "nodes" / "platform"), "--genesis", told["genesis"])
    assert (audited["transactions"], audited["refused"]) == (told["submitted"] + 2, 1)
    assert stat.S_IMODE((Path(home) / "passphrase").stat().st_mode) == 0o600
