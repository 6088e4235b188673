"""The real state transition over LevelDB: the checkpoints are those made in memory, the journals those of the rows."""

from pathlib import Path

from ledger.block import Position, Proposal, decode_leaf
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.encoding import decode
from ledger.crypto.log_tree import Frontier, root_at
from ledger.execute import execute
from ledger.state import home_key
from ledger.storage.level import LevelStore
from ledger.storage.port import Snapshot
from tests.ledger.toy import START_MS, VALIDATOR, Drop, Price, Put, ToyChain


def test_blocks_executed_on_leveldb_equal_those_executed_in_memory(tmp_path: Path) -> None:
    chain = ToyChain()
    name = chain.genesis.cosigner_name("v1")
    store = LevelStore.open(tmp_path, chain.genesis.chain_id, chain.genesis.head())
    for height in range(1, 25):
        if height % 7 == 0:
            store.close()
            store = LevelStore.open(tmp_path, chain.genesis.chain_id, chain.genesis.head())
        raws = [chain.sign(Put(f"row{height}-{n}", "text", remind_ms=1500 * n)) for n in range(4)]
        raws += [chain.sign(Put("hidden", "x"), price=Price(height)), chain.sign(Drop(f"row{height - 1}-1"))]
        checked = [chain.checked(raw) for raw in raws]
        proposal = Proposal(max(chain.head.time_ms, START_MS) + 1000, raws)
        at = Position(1, height)
        snapshot = store.snapshot()
        made = execute(store.head, snapshot, proposal, at, checked, chain.registry, chain.genesis)
        assert made.text == chain.block(*raws).text
        store.write(made, assemble_note(made.text, [cosign(VALIDATOR, name, made.text, height)]))
        assert store.snapshot().position == at
    snapshot = store.snapshot()
    assert list(snapshot.values()) == list(chain.state.values.items())
    assert list(snapshot.leaves(0, snapshot.head.log.size)) == chain.state.leaves
    check_journal(snapshot, "organisation:platform")
    store.close()


def check_journal(snapshot: Snapshot, subject: str) -> None:
    """The stored journal is the one that the subject's row certifies, and holds exactly the leaves that name it."""
    value = snapshot.get(home_key(subject))
    assert value is not None
    _, size, peaks = decode(value, list, limit=65_536)
    assert snapshot.journal_size(subject) == size > 32
    assert root_at(size, snapshot.journal_nodes(subject)) == Frontier.from_joined(size, peaks).root()
    leaves = enumerate(snapshot.leaves(0, snapshot.head.log.size))
    naming = [index for index, leaf in leaves if subject in [named[0] for named in decode_leaf(leaf).subjects]]
    assert list(snapshot.journal_entries(subject, 0, size)) == naming
