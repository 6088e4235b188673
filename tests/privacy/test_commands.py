"""`linxin privacy` on two validators: exported, refused before its date, erased on both; who is silent is named."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from client.network_directory import open_network
from network.errors import RetentionBinds
from tests.cli.trading import Linxin, as_process, runner
from tests.reviews.searching import found_behind_keys, found_raw

CANARY = "金丝雀5c1e：王家村三组 王小明 13900000000"
RETENTION_MS = 60_000

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("privacy")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("privacy") / "network"
    options = ("--validators", "2", "--parameter", f"evidence_retention_ms={RETENTION_MS}")
    for arguments in (("init", str(made), *options), ("up", str(made))):
        done = as_process("network", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    yield made
    as_process("network", "down", str(made))


def at_one(root: Path, place: int) -> Path:
    """The folder of a participant who knows one of the endpoints alone, so that its files go there."""
    folder = root.parent / f"at-{place}"
    shutil.copytree(root, folder, ignore=shutil.ignore_patterns("nodes"))
    endpoint = open_network(root).endpoints[place]
    settings = (folder / "network.toml").read_text("utf-8")
    settings = re.sub(r"endpoints = \[[^]]*\]", f'endpoints = ["{endpoint}"]', settings)
    (folder / "network.toml").write_text(settings, "utf-8")
    assert list(open_network(folder).endpoints) == [endpoint]
    return folder


def put(run: Linxin, path: Path, text: str, *options: str) -> str:
    path.write_text(text, encoding="utf-8")
    stored = run("blob", "put", str(path), "--key", "farm", "--class", "restricted", *options)
    path.unlink()
    address: str = stored["address"]
    return address


def index_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "index.json").read_text("utf-8"))
    return found


def test_personal_data_goes_at_once_and_evidence_on_its_date(root: Path, tmp_path: Path) -> None:
    run = runner(root)
    ones = [runner(at_one(root, place)) for place in (0, 1)]
    name = tmp_path / "wang.txt"
    personal = [
        put(one, name, CANARY + str(place), "--retention", "personal", "--holder", "organisation:hub")
        for place, one in enumerate(ones)
    ]
    evidence = put(ones[1], name, "检测报告 17", "--retention", "evidence")
    stored_s = time.time()
    assert len(found_behind_keys(CANARY, root)) == 2, "the search finds it before, on both"

    check_exports(run, tmp_path, personal, evidence)
    check_refused(run, personal, evidence)
    assert found_behind_keys(CANARY, root) == []
    assert found_raw(CANARY, root) == []
    assert found_behind_keys("检测报告 17", root), "the search finds what is still there"

    gone = run("privacy", "export", str(tmp_path / "after"), "--key", "farm")
    assert {each["address"]: "erased" in each for each in gone["files"]} == dict.fromkeys(personal, True) | {
        evidence: False
    }
    time.sleep(max(0.0, stored_s + RETENTION_MS / 1_000 + 1 - time.time()))
    done = run("privacy", "erase", evidence, "--key", "farm")
    assert [each["address"] for each in done["erased"]] == [evidence]
    assert found_behind_keys("检测报告 17", root) == []
    again = run("privacy", "erase", "--all", "--key", "farm")
    assert again["erased"] == []
    assert {each["address"] for each in again["erased_before"]} == {*personal, evidence}
    assert {each["signature"] for each in done["erased"]} < {each["signature"] for each in again["erased_before"]}


def check_exports(run: Linxin, tmp_path: Path, personal: list[str], evidence: str) -> None:
    """Who stored them, and who is named, each take along what they may read; a stranger's folder is empty."""
    run("privacy", "export", str(tmp_path / "farm"), "--key", "farm")
    told = index_of(tmp_path / "farm")
    assert {each["address"] for each in told["files"]} == {*personal, evidence}
    (mine,) = (each for each in told["files"] if each["address"] == personal[0])
    assert (tmp_path / "farm" / mine["file"]).read_text("utf-8") == CANARY + "0"
    assert (mine["own"], mine["retention"], mine["retained_until_ms"]) == (True, "PERSONAL", 0)
    page = (tmp_path / "farm" / "index.html").read_text("utf-8")
    assert CANARY + "1" in page
    assert page.index("存证库中属于我的资料") < page.index("What the vault holds of me")
    run("privacy", "export", str(tmp_path / "hub"), "--key", "hub")
    named = index_of(tmp_path / "hub")["files"]
    assert {(each["address"], each["own"]) for each in named} == {(each, False) for each in personal}
    assert run("privacy", "export", str(tmp_path / "other"), "--key", "inspector")["files"] == []
    again = run("privacy", "export", str(tmp_path / "farm"), "--key", "farm", status=1)
    assert "not empty" in again["error"]["message_en"]


def check_refused(run: Linxin, personal: list[str], evidence: str) -> None:
    """Nobody else's word erases; evidence is refused with class and date, and the rest is erased beside it."""
    assert "farm" in run("privacy", "erase", personal[0], "--key", "hub", status=1)["error"]["message_en"]
    assert run("privacy", "erase", "00" * 32, "--key", "farm", status=1)["error"]["number"] == 0
    run("privacy", "erase", "--key", "farm", status=2)
    refused = run("privacy", "erase", evidence, "--key", "farm", status=1)
    assert refused["error"]["number"] == RetentionBinds.number
    (kept,) = refused["kept"]
    assert (kept["address"], kept["retention"]) == (evidence, "EVIDENCE")
    # The date is told to the second, rounded up: no more than one second later than the file is kept.
    assert 0 < datetime.fromisoformat(kept["until"]).timestamp() - time.time() <= RETENTION_MS / 1_000 + 1
    assert kept["until"] in refused["error"]["message_zh"]
    about = run("privacy", "erase", "--about", "organisation:hub", "--key", "farm")
    assert {each["address"] for each in about["erased"]} == set(personal)
    assert len({each["name"] for each in about["erased"]}) == 2, "a receipt of each node"
    rest = run("privacy", "erase", "--all", "--key", "farm", status=1)
    assert rest["error"]["number"] == RetentionBinds.number
    assert {each["address"] for each in rest["erased_before"]} == set(personal)


def test_a_node_that_does_not_answer_is_named_and_the_others_are_asked(root: Path, tmp_path: Path) -> None:
    run = runner(root)
    lasting, leaving = open_network(root).endpoints
    address = put(runner(at_one_again(root)), tmp_path / "li.txt", "李四 13800000000", "--retention", "working")
    stopped = sorted(path.name for path in (root / "nodes").iterdir())[1]
    assert as_process("network", "down", str(root), "--node", stopped).returncode == 0
    told = run("privacy", "erase", address, "--key", "farm", status=1)
    assert leaving in told["error"]["message_en"]
    assert told["silent"] == [leaving]
    assert [each["address"] for each in told["erased"]] == [address], "the other one is asked all the same"
    told = run("privacy", "export", str(tmp_path / "half"), "--key", "farm", status=1)
    assert told["silent"] == [leaving] != [lasting]
    assert leaving in (tmp_path / "half" / "index.html").read_text("utf-8")


def at_one_again(root: Path) -> Path:
    """The folder of the first endpoint, as the test before made it or anew."""
    made = root.parent / "at-0"
    return made if made.is_dir() else at_one(root, 0)
