"""The commands in both READMEs work as they stand, one after the other, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SNIPPET = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def snippets(name: str) -> list[str]:
    """The `sh` blocks of a README; plain blocks are for reading."""
    return SNIPPET.findall((ROOT / name).read_text(encoding="utf-8"))


def test_both_languages_show_the_same_commands() -> None:
    assert snippets("README.md") == snippets("README.zh-CN.md")


@pytest.mark.process
def test_the_commands_work_as_they_stand(tmp_path: Path) -> None:
    (script,) = snippets("README.md")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_link_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "README.md"]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points at {target}, which is not there"
