"""A block executed in steps, with anything between them, is the block executed at once."""

from ledger.block import Position, Proposal
from ledger.execute import execute, execute_in_steps
from ledger.genesis import load_genesis
from ledger.module import Registry
from ledger.modules.registry import registry_module
from ledger.modules.registry.messages import NewKey, RegisterOrganisation, possession_message
from ledger.roles import Role
from ledger.storage.memory import MemoryState
from ledger.transaction import decode_transaction, make_transaction
from tests.registry.chain import START_MS, genesis_json, key_of

RECORDS = 5


def test_each_record_is_a_step_and_the_block_the_last() -> None:
    registry = Registry([registry_module()])
    genesis = load_genesis(genesis_json({"platform": ["platform"]}), registry)
    platform = key_of("platform")
    actions = []
    for number in range(RECORDS):
        key = key_of(f"farm-{number}")
        possession = key.sign(possession_message(genesis.chain_id, f"organisation:farm-{number}"))
        new = NewKey(key.algorithm, key.public_key, possession)
        actions.append(RegisterOrganisation(f"farm-{number}", "农场", "Farm", (Role.FARM,), new))
    raws = [
        make_transaction(platform, genesis.chain_id, action, bytes([number]) * 16, START_MS + 60_000)
        for number, action in enumerate(actions)
    ]
    checked = [decode_transaction(raw, registry, genesis.chain_id) for raw in raws]
    proposal, at = Proposal(START_MS, raws), Position(1, 1)
    whole = execute(genesis.head(), MemoryState(), proposal, at, checked, registry, genesis)
    assert [receipt.code for receipt in whole.receipts if receipt is not None] == [0] * RECORDS

    first = execute_in_steps(genesis.head(), MemoryState(), proposal, at, checked, registry, genesis)
    second = execute_in_steps(genesis.head(), MemoryState(), proposal, at, checked, registry, genesis)
    pairs = list(zip(first, second, strict=True))
    assert pairs[:-1] == [(None, None)] * RECORDS
    assert [block.text if block else None for block in pairs[-1]] == [whole.text] * 2
