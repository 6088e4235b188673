"""The example network in the repository is one that a node of this version would take."""

from pathlib import Path

from ledger.block import Position, Proposal
from ledger.certificate import quorum
from ledger.execute import execute
from ledger.genesis import load_genesis
from ledger.modules.catalogue import network_registry
from ledger.modules.governance.state import validator_records
from ledger.storage.memory import MemoryState

VALIDATORS = ("farm", "hub", "inspector", "platform")


def test_the_example_makes_a_first_block() -> None:
    registry = network_registry()
    genesis = load_genesis((Path(__file__).parents[2] / "genesis.json").read_bytes(), registry)
    assert [validator.name for validator in genesis.validators()] == [f"linxin/demo/{name}" for name in VALIDATORS]
    assert quorum(len(VALIDATORS)) == 3
    state = MemoryState()
    block = execute(genesis.head(), state, Proposal(1, []), Position(1, 1), [], registry, genesis)
    assert block.text.startswith("linxin/demo/")
    assert b"registry/organisation/farm" in block.changes.values
    state.apply(block)
    records = validator_records(state)
    assert sorted(records) == [record.organisation for _, record in sorted(records.items())] == list(VALIDATORS)
    assert [record.address for _, record in sorted(records.items())] == [f"{name}.example:7700" for name in VALIDATORS]
