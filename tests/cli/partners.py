"""A network of one validator with a planting of berries, for the commands that partners use."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.main import main
from cli.processes import _import_roots

BERRY = "09521234000259"
Linxin = Callable[..., dict[str, Any]]


@contextmanager
def orchard(folder: Path) -> Iterator[Linxin]:
    """Runs commands on a network of its own in `folder`, until it is taken down; each must end with its `status`."""
    home = folder / "network"

    def run(*arguments: str, status: int = 0) -> dict[str, Any]:
        known = {"LINXIN_NETWORK": str(home), "LINXIN_PASSPHRASE": None, "LINXIN_PASSPHRASE_FILE": None}
        done = CliRunner().invoke(main, [*arguments, "--json"], env=known)
        assert status == done.exit_code, (arguments, done.stdout, done.stderr, done.exception)
        document = json.loads(done.stdout)
        assert isinstance(document, dict)
        return document

    _as_process("network", "init", str(home), "--validators", "1", "--parameter=empty_block_ms=100")
    try:
        _as_process("network", "up", str(home))
        product = {"product": BERRY, "name_zh": "草莓", "name_en": "Berries", "measure": "kg", "net_content": 0}
        submit(run, folder, "farm", "trace.register_product", **product, loss_ppm=0)
        plot = {"plot": "tunnel", "name_zh": "一号棚", "name_en": "Tunnel", "area_m2": 600}
        submit(run, folder, "farm", "trace.register_plot", **plot)
        begun = {"planting": "berry", "plot": "tunnel", "crop": "草莓", "variety": "红颜"}
        submit(run, folder, "farm", "trace.start_planting", **begun, event_ms=time.time_ns() // 1_000_000 - 3_600_000)
        yield run
    finally:
        _as_process("network", "down", str(home))


def submit(linxin: Linxin, folder: Path, signer: str, action: str, **fields: Any) -> str:
    """Any action, by `linxin submit`; its transaction id."""
    file = folder / "action.json"
    file.write_text(json.dumps({"action": action, **fields}))
    return str(linxin("submit", str(file), "--key", signer)["transaction_id"])


def _as_process(*arguments: str) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINXIN_")}
    command = [sys.executable, "-m", "cli.main", *arguments, "--json"]
    environment = known | {"PYTHONPATH": os.pathsep.join(_import_roots())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
