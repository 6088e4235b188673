"""State-tree nodes that wait in memory: read as if they were on the disk, found again after the process has ended."""

from pathlib import Path

import plyvel
import pytest

from ledger.storage import keys, recent_nodes
from ledger.storage.snapshot import LevelSnapshot
from tests.storage.made import Maker, open_store

SIZES = (30, 5, 60, 1, 0, 40, 5, 9, 200, 3, 3, 70, 0, 0, 8)


def on_disk(path: Path, prefix: bytes) -> int:
    """How many entries a closed store's database has under a prefix."""
    database = plyvel.DB(str(path / "leveldb"))
    with database.iterator(prefix=prefix, include_value=False) as found:
        count = sum(1 for _ in found)
    database.close()
    return count


@pytest.mark.parametrize(("blocks", "size"), [(64, 32 << 20), (4, 32 << 20), (1, 32 << 20), (64, 30_000)])
@pytest.mark.parametrize("layers", [8, 2])
def test_nodes_are_those_of_their_height_whether_written_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int, size: int, layers: int
) -> None:
    monkeypatch.setattr(recent_nodes, "BLOCKS_MAX", blocks)
    monkeypatch.setattr(recent_nodes, "BYTES_MAX", size)
    monkeypatch.setattr(recent_nodes, "LAYERS_MAX", layers)
    maker, store = Maker(11), open_store(tmp_path / "ledger")
    views: list[tuple[LevelSnapshot, dict[bytes, bytes]]] = []
    for records in SIZES:
        store.write(*maker.make(records))
        views.append((store.snapshot(), dict(maker.nodes)))
        for view, nodes in views:
            assert {path: view.node(path) for path in maker.nodes} == {path: nodes.get(path) for path in maker.nodes}
    store.close()
    waiting = on_disk(tmp_path / "ledger", keys.CHANGED)
    assert waiting < blocks
    assert (waiting == len(SIZES)) == (blocks == 64 and size > 30_000), "only the first of the cases writes none"


@pytest.mark.parametrize("blocks", [64, 4, 3, 2, 1])
def test_a_store_that_is_opened_again_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int) -> None:
    monkeypatch.setattr(recent_nodes, "BLOCKS_MAX", blocks)
    maker = Maker(12)
    for records in SIZES:
        store = open_store(tmp_path / "ledger")
        assert {path: store.snapshot().node(path) for path in maker.nodes} == maker.nodes
        store.write(*maker.make(records))
        store.close()
    reached = len(SIZES) - len(SIZES) % blocks
    assert on_disk(tmp_path / "ledger", keys.CHANGED) == len(SIZES) - reached
    if reached == len(SIZES):
        assert on_disk(tmp_path / "ledger", keys.NODE) == len(maker.nodes)


def test_what_waits_is_not_on_the_disk(tmp_path: Path) -> None:
    maker, store = Maker(13), open_store(tmp_path / "ledger")
    for _ in range(recent_nodes.BLOCKS_MAX - 1):
        store.write(*maker.make(2))
    store.close()
    assert on_disk(tmp_path / "ledger", keys.NODE) == 0
    store = open_store(tmp_path / "ledger")
    store.write(*maker.make(2))
    store.close()
    assert on_disk(tmp_path / "ledger", keys.NODE) == len(maker.nodes)
    assert on_disk(tmp_path / "ledger", keys.CHANGED) == 0


def test_validators_write_them_at_heights_of_their_own(tmp_path: Path) -> None:
    waiting = []
    for place in range(4):
        maker, path = Maker(14), tmp_path / str(place)
        store = open_store(path, place=place)
        for _ in range(recent_nodes.BLOCKS_MAX):
            store.write(*maker.make(1))
        store.close()
        waiting.append(on_disk(path, keys.CHANGED))
    assert waiting == [0, 4, 8, 12], "blocks since they were written"
