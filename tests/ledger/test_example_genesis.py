"""The example network in the repository is one that a node of this version would take."""

from pathlib import Path

from ledger.block import Position, Proposal
from ledger.execute import execute
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from ledger.storage.memory import MemoryState


def test_the_example_makes_a_first_block() -> None:
    registry = network_registry()
    genesis = load_genesis((Path(__file__).parents[2] / "genesis.json").read_bytes(), registry)
    assert [validator.name for validator in genesis.validators()] == ["linxin/demo/platform"]
    block = execute(genesis.head(), MemoryState(), Proposal(1, []), Position(1, 1), [], registry, genesis)
    assert block.text.startswith("linxin/demo/")
    assert b"registry/organisation/farm" in block.changes.values
