"""A network of one validator with a planting of berries, for the commands that partners use."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.trading import Linxin, as_process, runner

BERRY = "09521234000259"


@contextmanager
def orchard(folder: Path) -> Iterator[Linxin]:
    """Runs commands on a network of its own in `folder`, until it is taken down; each must end with its `status`."""
    home = folder / "network"
    run = runner(home)
    run("network", "init", str(home), "--validators", "1", "--parameter=empty_block_ms=100")
    try:
        up = as_process("network", "up", str(home))
        assert up.returncode == 0, up.stdout + up.stderr
        product = {"product": BERRY, "name_zh": "草莓", "name_en": "Berries", "measure": "kg", "net_content": 0}
        submit(run, folder, "farm", "trace.register_product", **product, loss_ppm=0)
        plot = {"plot": "tunnel", "name_zh": "一号棚", "name_en": "Tunnel", "area_m2": 600}
        submit(run, folder, "farm", "trace.register_plot", **plot)
        begun = {"planting": "berry", "plot": "tunnel", "crop": "草莓", "variety": "红颜"}
        submit(run, folder, "farm", "trace.start_planting", **begun, event_ms=time.time_ns() // 1_000_000 - 3_600_000)
        yield run
    finally:
        as_process("network", "down", str(home))


def submit(linxin: Linxin, folder: Path, signer: str, action: str, **fields: Any) -> str:
    """Any action, by `linxin submit`; its transaction id."""
    file = folder / "action.json"
    file.write_text(json.dumps({"action": action, **fields}))
    return str(linxin("submit", str(file), "--key", signer)["transaction_id"])
