"""kill -9 in a loop under load: nothing that was acknowledged is missing or signed differently."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROUNDS = 6


def start(home: Path, *options: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "tests.consensus.writer", str(home), "5", *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.process
@pytest.mark.soak
def test_nothing_acknowledged_is_lost_when_the_process_is_killed_again_and_again(tmp_path: Path, effort: int) -> None:
    draw = random.Random(5)
    acknowledged: dict[str, str] = {}
    for _ in range(ROUNDS * effort):
        process = start(tmp_path)
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(draw.randint(1, 60)):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            remember(line, acknowledged)
        process.kill()
        rest, _ = process.communicate()
        for line in rest.splitlines(keepends=True):
            if line.endswith("\n"):
                remember(line, acknowledged)
    audit = start(tmp_path, "--audit")
    output, faults = audit.communicate()
    assert audit.returncode == 0, faults
    stored = dict(line.removeprefix("all ").split(" ", 1) for line in output.splitlines())
    assert len(acknowledged) >= ROUNDS * effort
    assert {height: stored.get(height) for height in acknowledged} == acknowledged


def remember(line: str, acknowledged: dict[str, str]) -> None:
    """Take in `ack <height> <hash> <timestamp>`; a height is acknowledged once."""
    word, height, rest = line.strip().split(" ", 2)
    assert word == "ack"
    assert acknowledged.setdefault(height, rest) == rest
