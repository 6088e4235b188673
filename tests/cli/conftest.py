"""A network on which campaigns are run by commands, for all tests that need one: it begins as docs/TRADING.md does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.guide import OPENING, blocks, linxin, run_blocks
from tests.cli.trading import Linxin, as_process, runner, stock
from tests.support import quick_keys

WINDOWS = {
    "leader_silence_ms": 4_000,
    "substitute_ms": 40_000,
    "pickup_ms": 2_000,
    "noshow_grace_ms": 10_000,
    "disposal_ms": 60_000,
    "publish_ms": 1_000,
    "empty_block_ms": 100,
}
"""Shorter than the guide's network has them, for what goes wrong."""


@pytest.fixture(scope="package", autouse=True)
def quick() -> Iterator[None]:
    """Keys that tests of this room make open at once."""
    with quick_keys():
        yield


@pytest.fixture(scope="package")
def market_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("trade")
    parameters = [f"--parameter={name}={value}" for name, value in WINDOWS.items()]
    try:
        run_blocks(folder, "\n".join(blocks()[:OPENING]), {"linxin": linxin({"network init": parameters})})
        yield folder / "network"
    finally:
        as_process("network", "down", str(folder / "network"))


@pytest.fixture(scope="package")
def trader(market_home: Path) -> Linxin:
    """Runs commands on it, where there is one more kind of berries."""
    run = runner(market_home)
    stock(run, market_home.parent)
    return run
