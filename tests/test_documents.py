"""What the guides say is so: their snippets run, and no command, parameter or start refusal is left out."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, main
from ledger.modules.catalogue import network_registry
from tests.architecture import imports
from tests.architecture.source import tracked_paths
from tests.cli.guide import linxin, run_blocks
from tests.support import quick_keys

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs/OPERATORS.md").read_text(encoding="utf-8")
RECORDING = (ROOT / "docs/RECORDING.md").read_text(encoding="utf-8")
DEVELOPERS = (ROOT / "docs/DEVELOPERS.md").read_text(encoding="utf-8")
STANDARDS = (ROOT / "docs/STANDARDS.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Keys that tests of this page make open at once."""
    with quick_keys():
        yield


def snippets(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, as they stand."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def run(folder: Path, *command: str, text: str | None = None) -> str:
    """Run a command in `folder` as a reader would, from a fresh environment; returns what it said."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINXIN_")}
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=known | path, input=text, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.process
def test_the_developers_program_runs_as_it_stands(tmp_path: Path) -> None:
    [start] = snippets(DEVELOPERS, "sh")
    try:
        told = json.loads(run(tmp_path, "bash", "-euc", f"{start.strip()} --json"))
        assert (told["ok"], told["failover"], told["validators"], told["lost"]) == (True, None, ["platform"], 0)
        said = run(tmp_path, sys.executable, "-", text="\n".join(snippets(DEVELOPERS, "python")))
    finally:
        run(tmp_path, "linxin", "network", "down", "network")
    assert "linxin.v1.ProvenanceService" in said
    assert "GetJourney" in said


@pytest.mark.process
def test_the_commands_for_recording_run_as_they_stand(tmp_path: Path) -> None:
    try:
        said = run_blocks(tmp_path, "\n".join(snippets(RECORDING, "sh")), {"linxin": linxin({})})
    finally:
        run(tmp_path, "linxin", "network", "down", "network")
    assert "4 = 3 accepted + 1 left out" in said
    assert (tmp_path / "copy.txt").read_text(encoding="utf-8") == "certificate C-1\n"


@pytest.mark.process
def test_the_operators_commands_run_as_they_stand(tmp_path: Path) -> None:
    for script in snippets(OPERATORS, "sh"):
        run_blocks(tmp_path, script, {"linxin": linxin({})})
    genesis = (tmp_path / "archive-network/genesis.json").read_text(encoding="utf-8")
    assert '"late_readings_ms": 31536000000' in genesis


@pytest.mark.process
def test_the_commands_for_standards_run_as_they_stand(tmp_path: Path) -> None:
    said = run(tmp_path, "bash", "-euc", "\n".join(snippets(STANDARDS, "sh")))
    assert "https://id.gs1.org/01/04012345111118/21/987\nurn:epc:id:sgtin:4012345.011111.987\n" in said


def test_every_parameter_is_documented_with_its_default() -> None:
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| `([0-9]+)` \| [^|]+\|$", OPERATORS, re.MULTILINE))
    assert {name: int(value) for name, value in documented.items()} == network_registry().parameters


def command_names(group: click.Command, name: str) -> list[str]:
    """The full names of a command and of all below it that do something."""
    if not isinstance(group, click.Group):
        return [name]
    context = click.Context(group)
    below = [(each, group.get_command(context, each)) for each in group.list_commands(context)]
    return [found for each, command in below if command for found in command_names(command, f"{name} {each}")]


def test_every_command_is_in_a_guide() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    names = command_names(main, "linxin")
    assert len(names) > len(COMMANDS)
    assert [name for name in names if name not in pages] == []


def test_both_readmes_link_the_same_pages() -> None:
    links = [
        {
            link
            for link in re.findall(r"\]\((?!http)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
            if "README" not in link
        }
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert links[0] == links[1]


def test_the_map_has_the_table_of_imports_that_is_enforced() -> None:
    rows = re.findall(r"^\| `([a-z_/]+)` \| (nothing|everything|`[^|]+`) \|$", ARCHITECTURE, re.MULTILINE)
    named = {room: frozenset(re.findall(r"`([^`]+)`", allowed)) for room, allowed in rows if allowed != "everything"}
    rooms = {room.replace(".", "/"): room for room in imports.ALLOWED if (ROOT / room.replace(".", "/")).is_dir()}
    rooms = rooms | {"node": "node", "proto/linxin": imports.STUBS}
    assert dict(rows).keys() == rooms.keys()
    enforced = {
        room: {"proto/linxin" if other == imports.STUBS else other.replace(".", "/") for other in imports.ALLOWED[name]}
        for room, name in rooms.items()
        if room != "cli"
    }
    assert named == {room: others - {room} for room, others in enforced.items()}


def test_files_that_a_page_names_are_there() -> None:
    tracked = tracked_paths()
    missing = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")]:
        for name in re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|md|proto|sh))`", page.read_text(encoding="utf-8")):
            is_there = any(path == name or path.endswith(f"/{name}") for path in tracked)
            if not is_there and not re.search("NNNN|/x[._]", name):  # names that stand for any name
                missing.append(f"{page.relative_to(ROOT)}: {name}")
    assert missing == []


def test_decisions_are_numbered_one_after_the_other() -> None:
    numbers = sorted(int(path.name[:4]) for path in ROOT.glob("docs/adr/*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
