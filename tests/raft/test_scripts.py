"""Scenarios of our own, in the same format: what the published ones do not notice.

`LINXIN_REWRITE=1 pytest tests/raft/test_scripts.py` writes what the core does into them; read the difference then.
"""

import os
from pathlib import Path

import pytest

from tests.raft.datadriven import rewrite
from tests.raft.environment import Environment
from tests.raft.test_vectors import SCRIPTS, run, scripts


@pytest.mark.parametrize("path", scripts(SCRIPTS), ids=lambda path: path.stem)
def test_script(path: Path) -> None:
    if os.environ.get("LINXIN_REWRITE"):
        rewrite(path, Environment().handle)
    run(path, Environment().handle)
