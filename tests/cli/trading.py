"""A network of one validator on which `linxin` commands run in this process, with a leader, berries and money."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.campaign import TEMPLATE
from cli.main import main
from cli.processes import _import_roots

BERRY = "09521234000259"
HALF_KG = 500_000
BAND = {
    "metric": "temperature",
    "unit": "CEL",
    "exponent": -2,
    "minimum": 0,
    "maximum": 800,
    "allowed_ms": 0,
    "allowed_degree_ms": 600_000,
}
Linxin = Callable[..., dict[str, Any]]


@contextmanager
def market(home: Path, folder: Path, windows: Mapping[str, int]) -> Iterator[Linxin]:
    """Runs commands on a network in the new folder `home` with such windows, until it is taken down.

    Each must end with its `status`; None: with any.
    """

    def run(*arguments: str, status: int | None = 0) -> dict[str, Any]:
        known = {"LINXIN_NETWORK": str(home), "LINXIN_PASSPHRASE": None, "LINXIN_PASSPHRASE_FILE": None}
        done = CliRunner().invoke(main, [*arguments, "--json"], env=known)
        assert status in (None, done.exit_code), (arguments, done.stdout, done.stderr, done.exception)
        document = json.loads(done.stdout.splitlines()[-1] if "watch" in arguments else done.stdout)
        assert isinstance(document, dict)
        return document

    parameters = [f"--parameter={name}={value}" for name, value in windows.items()]
    _as_process("network", "init", str(home), "--validators", "1", *parameters)
    try:
        _as_process("network", "up", str(home))
        _stock(run, home, folder)
        yield run
    finally:
        _as_process("network", "down", str(home))


def _as_process(*arguments: str) -> None:
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINXIN_")}
    command = [sys.executable, "-m", "cli.main", *arguments, "--json"]
    environment = known | {"PYTHONPATH": os.pathsep.join(_import_roots())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def new_leader(linxin: Linxin, home: Path, folder: Path, member: str) -> None:
    """One more leader of the community, with her key."""
    key = linxin("key", "new", str(home / "keys" / f"{member}.key"), "--subject", f"member:{member}")["new_key"]
    leader = {"member": member, "role": "leader", "adult_attested": True, "key": key}
    submit(linxin, folder, "community", "registry.register_member", **leader)


def _stock(linxin: Linxin, home: Path, folder: Path) -> None:
    """A leader, berries that grow, and everybody's money."""
    new_leader(linxin, home, folder, "mei")
    product = {
        "product": BERRY,
        "name_zh": "草莓",
        "name_en": "Berries",
        "measure": "kg",
        "net_content": 0,
        "band": BAND,
    }
    submit(linxin, folder, "farm", "trace.register_product", **product, loss_ppm=0)
    plot = {"plot": "tunnel", "name_zh": "一号棚", "name_en": "Tunnel", "area_m2": 600}
    submit(linxin, folder, "farm", "trace.register_plot", **plot)
    now_ms = time.time_ns() // 1_000_000
    planting = {"planting": "berry", "plot": "tunnel", "crop": "草莓", "variety": "红颜", "event_ms": now_ms - 60_000}
    submit(linxin, folder, "farm", "trace.start_planting", **planting)
    linxin(
        "campaign", "supply", "planting:berry", "--product", BERRY, "--unit", "0.5", "--units", "20", "--key", "farm"
    )
    for who, fen in (("farm", "5000fen"), ("platform", "300.00")):
        file = str(folder / f"{who}.receipt")
        linxin("account", "receipt", f"organisation:{who}", fen, file, "--key", "custodian")
        linxin("account", "deposit", file, "--key", who)
    linxin("account", "move", "200", "--to", "float:mei", "--key", "platform")


def submit(linxin: Linxin, folder: Path, signer: str, action: str, **fields: Any) -> None:
    """Any other action, by `linxin submit`."""
    file = folder / "action.json"
    file.write_text(json.dumps({"action": action, **fields}))
    linxin("submit", str(file), "--key", signer)


def terms_file(folder: Path, campaign: str, **changes: Any) -> str:
    """The template's terms, changed."""
    read = TEMPLATE.replace("{address}", "00" * 32).replace("strawberry-gh4-winter", "berry")
    for name, value in {"campaign": f'"{campaign}"', "minimum": "2", "deposit_fen": "1000", **changes}.items():
        read = "\n".join(f"{name} = {value}" if line.startswith(f"{name} ") else line for line in read.splitlines())
    file = folder / f"{campaign}.toml"
    file.write_text(read, encoding="utf-8")
    return str(file)


def order(linxin: Linxin, folder: Path, campaign: str, name: str, units: int) -> dict[str, Any]:
    """An order with all that belongs to it, as its `next` steps say."""
    made = linxin("order", "new", campaign, name, "--units", str(units))
    receipt, ticket = str(folder / f"{name}.receipt"), str(folder / f"{name}.ticket")
    linxin("account", "receipt", f"order:{made['order']}", f"{made['fen']}fen", receipt, "--key", "custodian")
    linxin("order", "ticket", campaign, made["order"], ticket, "--key", "community")
    bought = ("--units", str(units), "--receipt", receipt, "--ticket", ticket, "--key", name)
    placed = linxin("order", "place", campaign, *bought)
    assert placed["code"] == made["code"]
    return made | placed


def watch(linxin: Linxin, campaign: str, state: str) -> None:
    """Live, a line of JSON a change."""
    assert linxin("campaign", "watch", campaign, "--until", state)["state"] == state
