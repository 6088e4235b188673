"""Overdue timers are counted from the final state: those that blocks had no room for, and no others."""

from pathlib import Path

from ledger.block import Position, Proposal
from ledger.context import Context
from ledger.execute import execute
from ledger.genesis import Genesis, load_genesis
from ledger.module import Module, Registry, Rules, Timer
from ledger.modules.registry import registry_module
from ledger.storage.level import LevelStore
from network import status
from tests.registry.chain import START_MS, genesis_json


class Later(Timer, tag="test.later"):
    """Falls due."""

    number: int


def test_only_what_is_due_and_left_over_counts(tmp_path: Path) -> None:
    rules = Rules()
    rules.timer(Later)(lambda *_: None)

    def begin(ctx: Context, _genesis: Genesis) -> None:
        for number in range(700):
            ctx.schedule(START_MS + 5_000, Later(number))
        ctx.schedule(START_MS + 60_000, Later(700))

    module = Module("test", (), timers=rules.timers, genesis=begin)
    registry = Registry([registry_module(), module])
    genesis = load_genesis(genesis_json({"platform": ["platform"]}), registry)
    store = LevelStore.open(tmp_path / "ledger", genesis.chain_id, genesis.head())
    counts = []
    for height, later_ms in enumerate((0, 4_999, 5_000, 5_001, 5_002), 1):
        proposal = Proposal(START_MS + later_ms, [])
        block = execute(store.head, store.snapshot(), proposal, Position(1, height), [], registry, genesis)
        store.write(block, "")
        counts.append(status.timers_overdue(store.snapshot()))
    store.close()
    assert counts == [0, 0, 700 - 256, 700 - 512, 0]
