"""`linxin` commands run in this process on a network that is there, and what campaigns by commands are made of."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.campaign import TEMPLATE
from cli.main import main
from cli.processes import _import_roots

BERRY = "09521234000266"
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


def runner(home: Path) -> Linxin:
    """Runs commands in this process on the network in `home`; each must end with its `status` (None: any)."""

    def run(*arguments: str, status: int | None = 0) -> dict[str, Any]:
        known = {"LINXIN_NETWORK": str(home), "LINXIN_PASSPHRASE": None, "LINXIN_PASSPHRASE_FILE": None}
        done = CliRunner().invoke(main, [*arguments, "--json"], env=known)
        assert status in (None, done.exit_code), (arguments, done.stdout, done.stderr, done.exception)
        document = json.loads(done.stdout.splitlines()[-1] if "watch" in arguments else done.stdout)
        assert isinstance(document, dict)
        return document

    return run


def as_process(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command in a process of its own, as those are run that leave nodes behind."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("LINXIN_")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env=known | {"PYTHONPATH": os.pathsep.join(_import_roots())},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def new_leader(linxin: Linxin, home: Path, folder: Path, member: str) -> None:
    """One more leader of the community, with her key."""
    key = linxin("key", "new", str(home / "keys" / f"{member}.key"), "--subject", f"member:{member}")["new_key"]
    leader = {"member": member, "role": "leader", "adult_attested": True, "key": key}
    submit(linxin, folder, "community", "registry.register_member", **leader)


def stock(linxin: Linxin, folder: Path) -> None:
    """Berries that bear only so much warmth, beside those of the guide."""
    product = {"product": BERRY, "name_zh": "蓝莓", "name_en": "Blueberries", "measure": "kg", "net_content": 0}
    submit(linxin, folder, "farm", "trace.register_product", **product, band=BAND, loss_ppm=0)
    now_ms = time.time_ns() // 1_000_000
    planting = {"planting": "berry", "plot": "tunnel-1", "crop": "蓝莓", "variety": "蓝丰", "event_ms": now_ms - 60_000}
    submit(linxin, folder, "farm", "trace.start_planting", **planting)
    committed = ("--product", BERRY, "--unit", "0.5", "--units", "20", "--key", "farm")
    linxin("campaign", "supply", "planting:berry", *committed)


def submit(linxin: Linxin, folder: Path, signer: str, action: str, **fields: Any) -> None:
    """Any other action, by `linxin submit`."""
    file = folder / "action.json"
    file.write_text(json.dumps({"action": action, **fields}))
    linxin("submit", str(file), "--key", signer)


def terms_file(folder: Path, campaign: str, **changes: Any) -> str:
    """The template's terms, changed."""
    read = TEMPLATE.replace("{address}", "00" * 32).replace("strawberry-gh4-winter", "berry")
    own = {"campaign": f'"{campaign}"', "product": f'"{BERRY}"', "minimum": "2", "deposit_fen": "1000"}
    for name, value in {**own, **changes}.items():
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
