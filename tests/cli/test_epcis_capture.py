"""`linxin epcis capture|export` on a real node: lives that are half EPCIS and half native, and what comes back."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from standards.epcis.document import read
from standards.epcis.hashing import document_hashes
from standards.epcis.names import moment_of
from standards.epcis.writing import document_of
from tests.cli.partners import BERRY, orchard, submit
from tests.cli.trading import Linxin

GROUP = pytest.mark.xdist_group("epcis-capture")
PLANTING = "urn:linxin:planting:berry"
TAKEN = moment_of(time.time_ns() // 1_000_000 - 30_000)


def lot(number: str) -> str:
    return f"https://id.gs1.org/01/{BERRY}/10/{number}"


def event(**members: Any) -> dict[str, Any]:
    return {"type": "ObjectEvent", "eventTime": TAKEN, "eventTimeZoneOffset": "+08:00", **members}


def harvest(number: str) -> dict[str, Any]:
    return event(
        action="ADD",
        bizStep="commissioning",
        quantityList=[{"epcClass": lot(number), "quantity": 12.5, "uom": "KGM"}],
        ilmd={"linxin:planting": PLANTING, "ex:picker": "队 3"},
    )


SAID = event(
    action="OBSERVE", bizStep="storing", epcList=[], quantityList=[{"epcClass": lot("E1")}], **{"ex:note": "x"}
)
EXAMPLE = {"ex": "https://ns.example.com/"}


@pytest.fixture(scope="module")
def linxin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linxin]:
    folder = tmp_path_factory.mktemp("epcis")
    with orchard(folder) as run:
        yield run


def written(folder: Path, name: str, *events: dict[str, Any]) -> str:
    file = folder / name
    file.write_bytes(document_of(events, time.time_ns() // 1_000_000, [EXAMPLE]))
    return str(file)


def told(linxin: Linxin, transaction: str) -> tuple[dict[str, Any], list[Any], list[Any]]:
    """A record's fields but for its lot and time, the roles of the subjects it names, and what came of it."""
    shown = linxin("transaction", transaction)
    fields = {name: value for name, value in shown["fields"].items() if name not in ("number", "event_ms")}
    return fields, [subject["role"] for subject in shown["subjects"]], [event[0] for event in shown["events"]]


@GROUP
@pytest.mark.process
def test_a_captured_harvest_is_the_native_one_and_comes_back_as_it_was(linxin: Linxin, tmp_path: Path) -> None:
    file = written(tmp_path, "events.json", harvest("E1"), SAID)
    dry = linxin("epcis", "capture", file, "--key", "farm", "--dry-run")
    assert [each["ruled"] for each in dry["events"]] == [True, False]
    done = linxin("epcis", "capture", file, "--key", "farm", "--class", "public")
    assert done["ok"]
    now_ms = time.time_ns() // 1_000_000
    taken = {"planting": "berry", "product": BERRY, "number": "N1", "quantity": 12_500_000, "event_ms": now_ms}
    native = submit(linxin, tmp_path, "farm", "trace.harvest", **taken)
    assert told(linxin, done["events"][0]["record"]) == told(linxin, native)
    portions = [{"lot": f"{BERRY}/{number}", "quantity": 2_000_000} for number in ("E1", "N1")]
    mixed = {"inputs": portions, "outputs": [{"product": BERRY, "number": "M1", "quantity": 4_000_000}], "loss": 0}
    submit(linxin, tmp_path, "farm", "trace.transform", **mixed, event_ms=now_ms)

    found = linxin("epcis", "export", f"lot:{BERRY}/M1")
    (text,) = found["documents"]
    exported = read(text.encode())
    assert list(document_hashes(exported).values) == found["hashes"]
    for original in (harvest("E1"), SAID):
        assert original in exported.events
    assert {each["hash"] for each in done["events"]} <= set(found["hashes"])
    kinds = [each["type"] for each in exported.events]
    assert kinds.count("TransformationEvent") == 1
    assert sum(each.get("bizStep") == "commissioning" for each in exported.events) == 3  # the planting and two harvests

    again = linxin("epcis", "capture", file, "--key", "farm")
    assert again["document"] == ""  # no second copy in the vault that no record names
    for now, then in zip(again["events"], done["events"], strict=True):
        assert now["before"]
        assert (now["record"], now["transaction"]) == (then["record"], then["transaction"])


@GROUP
@pytest.mark.process
def test_signed_by_a_partner_and_submitted_by_another(linxin: Linxin, tmp_path: Path) -> None:
    file = written(
        tmp_path, "signed.json", harvest("S1"), event(action="OBSERVE", epcList=[PLANTING], bizStep="inspecting")
    )
    linxin("epcis", "sign", file, str(tmp_path / "signed.jws"), "--key", "farm")
    done = linxin("epcis", "capture", str(tmp_path / "signed.jws"), "--key", "platform")
    assert [each["ruled"] for each in done["events"]] == [False, False]
    shown = linxin("transaction", done["events"][0]["transaction"])
    assert shown["fields"]["signed"][0] == "farm"
    named = [subject["subject"] for subject in shown["subjects"]]
    assert named[:2] == ["organisation:platform", "organisation:farm"]
    plain = linxin(
        "epcis",
        "capture",
        written(tmp_path, "plain.json", event(action="OBSERVE", epcList=[PLANTING])),
        "--key",
        "platform",
    )
    shown = linxin("transaction", plain["events"][0]["transaction"])
    assert shown["fields"]["signed"] is None
    assert [subject["subject"] for subject in shown["subjects"]] == ["organisation:platform", "planting:berry"]
    spoilt = (tmp_path / "signed.jws").read_bytes()[:-3] + b"AAA"
    (tmp_path / "spoilt.jws").write_bytes(spoilt)
    assert not linxin("epcis", "capture", str(tmp_path / "spoilt.jws"), "--key", "platform", status=1)["ok"]


@GROUP
@pytest.mark.process
def test_an_error_is_declared_in_epcis(linxin: Linxin, tmp_path: Path) -> None:
    first = linxin("epcis", "capture", written(tmp_path, "first.json", harvest("W1")), "--key", "farm")
    wrong = harvest("W1") | {
        "errorDeclaration": {"declarationTime": moment_of(time.time_ns() // 1_000_000), "reason": "incorrect_data"}
    }
    done = linxin("epcis", "capture", written(tmp_path, "wrong.json", wrong), "--key", "farm")
    assert done["events"][0]["action"] == "trace.declare_error"
    assert done["events"][0]["hash"] == first["events"][0]["hash"]
    shown = linxin("transaction", done["events"][0]["record"])
    assert shown["fields"]["record"] == first["events"][0]["record"]


@GROUP
@pytest.mark.process
def test_what_the_ledger_refuses_is_told_before_anything_is_recorded(linxin: Linxin, tmp_path: Path) -> None:
    again = harvest("R1") | {"bizStep": "creating_class_instance"}
    file = written(tmp_path, "refused.json", harvest("R1"), again, SAID)
    dry = linxin("epcis", "capture", file, "--key", "farm", "--dry-run", status=1)
    assert ["error" in each for each in dry["events"]] == [False, True, False]
    done = linxin("epcis", "capture", file, "--key", "farm", status=1)
    assert [(each["index"], each["record"], each["transaction"]) for each in done["events"]] == [(1, None, None)]
    assert (done["left"], done["document"]) == (2, "")
    went = linxin("epcis", "capture", file, "--key", "farm", "--proceed", status=1)
    assert ["error" in each for each in went["events"]] == [False, True, False]
    assert went["events"][0]["record"]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(harvest("R2") | {"action": "MAKE"}))
    assert linxin("epcis", "capture", str(bad), "--key", "farm", status=1)["valid"] is False
