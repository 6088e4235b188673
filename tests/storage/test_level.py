"""The LevelDB store against a model in plain dictionaries."""

import random
from pathlib import Path

import pytest

from ledger.block import Changes
from ledger.crypto import log_tree
from ledger.crypto.log_tree import leaf_hash
from ledger.errors import InvariantBroken
from ledger.storage import keys
from ledger.storage.errors import StoreClosed
from ledger.storage.snapshot import LevelSnapshot, seen_after
from tests.storage.made import FIRST_HEAD, Maker, Model, open_store


def check_all(snapshot: LevelSnapshot, model: Model) -> None:
    """Every read of the snapshot gives what the model holds."""
    assert snapshot.head.height == len(model.notes)
    assert snapshot.head.log.size == len(model.leaves)
    assert list(snapshot.values()) == sorted(model.values.items())
    assert list(snapshot.private_values()) == sorted(model.private.items())
    assert list(snapshot.leaves(0, len(model.leaves))) == model.leaves
    for index in range(len(model.leaves)):
        assert snapshot.restricted(index) == model.restricted.get(index)
    for transaction_id, index in model.transactions.items():
        assert snapshot.transaction(transaction_id) == index
        assert snapshot.has_transaction(transaction_id)
    for height, note in enumerate(model.notes, 1):
        block = snapshot.block(height)
        assert block is not None
        assert (block.note, block.first_index) == (note, model.heights[height - 1])
        last = block.first_index + block.count - 1
        assert snapshot.height_of(block.first_index) == snapshot.height_of(last) == height
    for subject, entries in model.journals.items():
        assert snapshot.journal_size(subject) == len(entries)
        assert list(snapshot.journal_entries(subject, 0, len(entries))) == entries
        assert snapshot.journal_entry(subject, len(entries) - 1) == entries[-1]


def test_everything_written_is_read_back_after_reopening(tmp_path: Path) -> None:
    maker = Maker()
    store = open_store(tmp_path / "ledger")
    assert store.head == FIRST_HEAD
    assert store.snapshot().position is None
    for records in (0, 1, 40, 300, 2):
        store.write(*maker.make(records))
        check_all(store.snapshot(), maker.model)
    store.close()
    store = open_store(tmp_path / "ledger")
    assert store.head == maker.head
    position = store.snapshot().position
    assert position is not None
    assert (position.term, position.index) == (1, 5)
    check_all(store.snapshot(), maker.model)
    store.write(*maker.make(10), sync=True)
    check_all(store.snapshot(), maker.model)
    store.close()


def test_a_snapshot_does_not_change_while_blocks_are_written(tmp_path: Path) -> None:
    maker = Maker(1)
    store = open_store(tmp_path / "ledger")
    store.write(*maker.make(50))
    early = store.snapshot()
    before = (list(early.values()), early.head, [early.journal_size(f"lot:{n}") for n in range(9)])
    late_ids = []
    for _ in range(5):
        block, note = maker.make(50)
        late_ids += list(block.changes.transactions)
        store.write(block, note)
    assert (list(early.values()), early.head, [early.journal_size(f"lot:{n}") for n in range(9)]) == before
    assert early.block(2) is None
    assert not any(early.has_transaction(late) for late in late_ids)
    with pytest.raises(IndexError):
        early.leaf(early.head.log.size)
    store.close()


def test_proofs_from_stored_nodes_verify_for_log_and_journals(tmp_path: Path) -> None:
    maker = Maker(2)
    store = open_store(tmp_path / "ledger")
    for records in (700, 3, 290):
        store.write(*maker.make(records, size=20))
    snapshot, model, draw = store.snapshot(), maker.model, random.Random(2)
    trees: list[tuple[list[bytes], log_tree.NodeReader]] = [(list(map(leaf_hash, model.leaves)), snapshot.log_node)]
    trees += [
        ([leaf_hash(model.leaves[entry]) for entry in entries], snapshot.journal_nodes(subject))
        for subject, entries in model.journals.items()
    ]
    for hashes, read in trees:
        size = len(hashes)
        root = log_tree.Frontier().extend(hashes).root()
        assert log_tree.root_at(size, read) == root
        for _ in range(20):
            index, end = draw.randrange(size), draw.randrange(size + 1)
            start = draw.randrange(end + 1)
            proof = log_tree.inclusion_proof(index, size, read)
            log_tree.verify_inclusion(hashes[index], index, size, proof, root)
            log_tree.verify_range(start, hashes[start:end], size, log_tree.range_proof(start, end, size, read), root)
    store.close()


def test_what_was_read_before_is_as_the_newest_block_left_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker, chance = Maker(), random.Random(34)
    store = open_store(tmp_path / "ledger")
    before: list[tuple[LevelSnapshot, dict[bytes, bytes], dict[bytes, bytes]]] = []
    monkeypatch.setattr("ledger.storage.snapshot.SEEN_MAX", 150)
    for records in (30, 5, 5, 60, 1, 5, 40, 5, 0, 5):
        store.write(*maker.make(records))
        before.append((store.snapshot().stepped(lambda: None), dict(maker.model.values), dict(maker.nodes)))
        for snapshot, values, nodes in before:
            known = sorted({key for _, one, _ in before for key in one})
            for key in chance.sample(known, min(20, len(known))):
                assert snapshot.get(key) == values.get(key)
            for path in chance.sample(sorted(maker.nodes), min(20, len(maker.nodes))):
                assert snapshot.node(path) == nodes.get(path)
    store.close()


def test_scan_is_ordered_and_stays_under_its_prefix(tmp_path: Path) -> None:
    maker = Maker(3)
    store = open_store(tmp_path / "ledger")
    store.write(*maker.make(400))
    snapshot = store.snapshot()
    rows = sorted(item for item in maker.model.values.items() if item[0].startswith(b"toy/row/0001"))
    assert list(snapshot.scan(b"toy/row/0001", b"")) == rows
    assert list(snapshot.scan(b"toy/row/0001", rows[3][0])) == rows[3:]
    assert list(snapshot.scan(b"toy/row/0001", rows[3][0] + b"\0")) == rows[4:]
    assert list(snapshot.scan(b"toy/absent/", b"")) == []
    assert list(snapshot.scan(b"", b"")) == list(snapshot.values())
    store.close()


def test_one_subject_is_never_read_as_another_that_begins_like_it(tmp_path: Path) -> None:
    maker = Maker(4)
    store = open_store(tmp_path / "ledger")
    block, note = maker.make(3)
    block.changes.journal[:] = [("lot:1", 0, 0), ("lot:10", 0, 1), ("lot:1:", 0, 2)]
    store.write(block, note)
    snapshot = store.snapshot()
    for entry, subject in enumerate(("lot:1", "lot:10", "lot:1:")):
        assert snapshot.journal_size(subject) == 1
        assert list(snapshot.journal_entries(subject, 0, 1)) == [entry]
    assert snapshot.journal_size("lot:") == snapshot.journal_size("lot:100") == 0
    store.close()


def test_a_block_that_does_not_follow_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    maker = Maker(5)
    store = open_store(tmp_path / "ledger")
    first, second = maker.make(5), maker.make(5)
    with pytest.raises(InvariantBroken):
        store.write(*second)
    store.write(*first)
    with pytest.raises(InvariantBroken):
        store.write(*first)
    store.write(*second)
    check_all(store.snapshot(), maker.model)
    store.close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    maker = Maker(6)
    store = open_store(tmp_path / "ledger")
    store.write(*maker.make(5))
    snapshot = store.snapshot()
    store.close()
    uses = (
        store.snapshot,
        lambda: store.write(*maker.make(1)),
        lambda: snapshot.leaf(0),
        lambda: list(snapshot.values()),
    )
    for use in uses:
        with pytest.raises(StoreClosed, match="closed"):
            use()


def test_reads_in_threads_go_on_while_a_block_is_taken_over() -> None:
    seen: dict[bytes, bytes | None] = {keys.VALUE + b"a": b"old", keys.NODE + b"a": b"node"}

    class ReadMeanwhile(dict[bytes, bytes | None]):
        """Each look at it finds that a thread has seen something more."""

        def get(self, key: bytes, default: bytes | None = None) -> bytes | None:  # type: ignore[override]
            seen[keys.VALUE + bytes([len(seen)])] = b"of before"
            return super().get(key, default)

    changes = Changes(values=ReadMeanwhile({b"a": b"new", b"b": b"not seen"}))
    assert seen_after(seen, changes) == {keys.VALUE + b"a": b"new", keys.NODE + b"a": b"node"}
