"""What a node says when it does not start: both languages, the remedy, no trace, status 1."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from client.failures import Failure
from ledger.errors import WrongChain
from network.config import ConfigError
from network.logs import last_words
from tests.network.nodes import ROOT, make_network

SAID = {
    "failure": (Failure("坏了", "broken", "修好", "mend it"), "坏了\n  → 修好\nbroken\n  → mend it"),
    "config": (ConfigError("名称有误", "name: wrong"), "名称有误\nname: wrong"),
    "unnamed": (RuntimeError("odd"), "odd\nodd"),
}


@pytest.mark.parametrize("name", SAID)
def test_chinese_first_each_with_its_remedy(name: str) -> None:
    failure, said = SAID[name]
    assert last_words(failure) == said


def test_refusals_and_system_errors_have_remedies() -> None:
    assert last_words(WrongChain("aa", "bb")).count("→") == 2
    assert "/data/x: No space left" in last_words(OSError(28, "No space left", "/data/x"))


@pytest.mark.process
def test_a_machine_s_log_holds_the_reason_as_its_last_line(tmp_path: Path) -> None:
    network = make_network(tmp_path)
    settings = tmp_path / "node.toml"
    settings.write_text(settings.read_text() + '\n[log]\nform = "json"\n')
    done = subprocess.run(
        [sys.executable, str(ROOT / "node.py"), "--home", str(network.home)],
        env=os.environ | {"LINXIN_PASSPHRASE": "not this one"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    last = json.loads(done.stderr.splitlines()[-1])
    assert last["level"] == "critical"
    assert "口令不正确" in last["reason"]
    assert "the passphrase is not its own" in last["reason"]
