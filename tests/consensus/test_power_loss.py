"""Acknowledged => survives a power cut at any moment; and each single sync is needed for that."""

import ast
import random
from contextlib import suppress
from pathlib import Path

import pytest

import consensus.storage.log
import consensus.storage.opening
import consensus.storage.safety
from consensus.errors import ConsensusFault
from consensus.safety import Cosigned
from consensus.storage.safety import SafetyFile
from tests.consensus import changing_log
from tests.consensus.changing_log import Lost
from tests.consensus.lossy_files import LossyDisk, Stopped
from tests.consensus.small_node import CHAIN_ID, PUBLIC_KEY, SmallLedger, SmallNode

LIVES = 5
SEEDS = 300


def live(seed: int, dropped_sync: str = "") -> set[str]:
    """A validator's few lives on a failing disk. Raises `Lost` or `ConsensusFault`; returns the syncs it asked for."""
    draw = random.Random(seed)
    disk, ledger = LossyDisk(seed), SmallLedger()
    disk.tracing, disk.dropped_sync = True, dropped_sync
    SafetyFile.create(disk.directory(), CHAIN_ID, PUBLIC_KEY)
    if draw.random() < 0.2:
        disk.cut_power(lose_all=True)
    acknowledged: list[Cosigned] = []
    for life in range(LIVES):
        disk.stop_after = disk.operations + 1 + draw.randrange(draw.choice([10, 60]))
        with suppress(Stopped):
            run(SmallNode(disk.directory(), ledger, life * 1000), acknowledged, draw)
        disk.stop_after = None
        if draw.random() < 0.6:
            disk.cut_power(lose_all=draw.random() < 0.5)
            ledger.cut_power(draw.randrange(len(ledger.blocks) + 1))
    check(SmallNode(disk.directory(), ledger, LIVES * 1000), acknowledged)
    return disk.syncs


def run(node: SmallNode, acknowledged: list[Cosigned], draw: random.Random) -> None:
    """Work until stopped."""
    check(node, acknowledged)
    # What was replayed is final and shown to others, as what is new.
    acknowledged[:] = node.ledger.blocks
    while True:
        payloads = [draw.randbytes(draw.choice([10, 300, 6000])) for _ in range(draw.randint(1, 3))]
        acknowledged += node.propose(payloads, together=draw.random() < 0.5)
        if draw.random() < 0.3:
            node.sync_ledger()


def check(node: SmallNode, acknowledged: list[Cosigned]) -> None:
    """Everything acknowledged is there again, signed with the same bytes."""
    for given in acknowledged:
        if given not in node.ledger.blocks[given.height - 1 : given.height]:
            raise Lost(f"height {given.height} was acknowledged")


def sync_calls() -> list[str]:
    """Every place in the source that asks for a sync."""
    places = []
    for module in (consensus.storage.log, consensus.storage.opening, consensus.storage.safety):
        path = Path(str(module.__file__))
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        functions = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
        places += [f"{path.name}:{function.lineno}" for function in functions if function.attr == "sync"]
    return sorted(places)


@pytest.mark.soak
def test_what_was_acknowledged_survives_kills_and_power_cuts(effort: int) -> None:
    asked: set[str] = set()
    for seed in range(SEEDS * effort):
        asked |= live(seed)
    for seed in range(SEEDS // 10):
        asked |= changing_log.live(seed).syncs | changing_log.rot_and_die(seed).syncs
    assert sorted(asked) == sync_calls(), "a sync is never reached, so the next test would prove nothing about it"


@pytest.mark.parametrize("place", sync_calls())
def test_the_loss_is_noticed_when_one_sync_does_nothing(place: str) -> None:
    for seed in range(SEEDS):
        try:
            live(seed, dropped_sync=place)
            if not place.startswith("safety"):
                changing_log.live(seed, dropped_sync=place)
                changing_log.rot_and_die(seed, dropped_sync=place)
        except (Lost, ConsensusFault):
            return
    pytest.fail(f"nothing is lost without the sync at {place}: either it is not needed or the disk is too kind")
