"""`linxin` as a process of its own."""

import json
import os
import subprocess
import sys
from typing import Any

from cli.processes import _import_roots


def apart(*arguments: str, status: int = 0) -> dict[str, Any]:
    """The document of a command run as a process of its own; standard output holds nothing else."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINXIN_")}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments, "--json"],
        env=known | {"PYTHONPATH": os.pathsep.join(_import_roots())},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document
