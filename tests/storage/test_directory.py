"""What the store refuses to open, and how it notices damage: always with words, never by guessing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import plyvel
import pytest

from ledger.block import Head
from ledger.crypto.encoding import encode
from ledger.storage import keys, recent_nodes
from ledger.storage.errors import (
    Corrupt,
    DirectoryLocked,
    ForeignDirectory,
    NewerFormat,
    OtherChain,
    StorageError,
    Unusable,
)
from ledger.storage.level import LevelStore
from ledger.storage.records import FORMAT, StoredHead, StoredMeta
from tests.storage.made import CHAIN_ID, FIRST_HEAD, Maker, open_store
from tests.storage.test_level import check_all


def filled(path: Path, blocks: int = 5, records: int = 30, size: int = 100) -> Maker:
    """A closed store of a few blocks."""
    maker, store = Maker(7), open_store(path)
    for _ in range(blocks):
        store.write(*maker.make(records, size))
    store.close()
    return maker


def change(path: Path, act: Callable[[plyvel.DB], object]) -> None:
    """Meddle with the database behind the store's back."""
    database = plyvel.DB(str(path / "leveldb"))
    act(database)
    database.close()


def read_everything(store: LevelStore) -> None:
    """Touch all of a store."""
    snapshot = store.snapshot()
    for _ in (*snapshot.values(), *snapshot.private_values(), *snapshot.leaves(0, snapshot.head.log.size)):
        pass
    for height in range(1, snapshot.head.height + 1):
        snapshot.block(height)
    for lot in range(9):
        size = snapshot.journal_size(f"lot:{lot}")
        for _ in snapshot.journal_entries(f"lot:{lot}", 0, size):
            pass


def test_another_chains_directory_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(OtherChain, match=str(tmp_path)) as refused:
        LevelStore.open(tmp_path, bytes(32), FIRST_HEAD)
    assert str(tmp_path) in refused.value.zh
    (tmp_path / "LINXIN-LEDGER").write_text(f"linxin-ledger {FORMAT}\nchain {'00' * 32}\n")
    with pytest.raises(OtherChain):
        LevelStore.open(tmp_path, bytes(32), FIRST_HEAD)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    filled(tmp_path)
    change(tmp_path, lambda database: database.put(keys.META, encode(StoredMeta(FORMAT + 1, CHAIN_ID))))
    with pytest.raises(NewerFormat, match="upgrade"):
        open_store(tmp_path)
    (tmp_path / "LINXIN-LEDGER").write_text(f"linxin-ledger {FORMAT + 1}\nchain {CHAIN_ID.hex()}\n")
    with pytest.raises(NewerFormat, match="upgrade"):
        open_store(tmp_path)


def test_a_directory_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"sun")
    with pytest.raises(ForeignDirectory, match="empty directory"):
        open_store(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(ForeignDirectory):
        open_store(tmp_path / "holiday.jpg")
    plyvel.DB(str(tmp_path / "other"), create_if_missing=True).close()
    with pytest.raises(ForeignDirectory):
        open_store(tmp_path / "other")


def test_a_directory_whose_making_was_interrupted_is_finished(tmp_path: Path) -> None:
    (tmp_path / "LINXIN-LEDGER.new").write_bytes(b"linxin-le")
    open_store(tmp_path).close()
    shutil.rmtree(tmp_path / "leveldb")
    store = open_store(tmp_path)
    assert store.head == FIRST_HEAD
    store.close()


def test_a_directory_in_use_is_refused_within_and_between_processes(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(DirectoryLocked, match="stop that node first"):
        open_store(tmp_path)
    program = "import sys, pathlib; from tests.storage.made import open_store; open_store(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    other = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, cwd=Path.cwd())
    assert "DirectoryLocked" in other.stderr
    store.close()
    open_store(tmp_path).close()


def test_a_path_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(Unusable, match="/dev/null/ledger"):
        open_store(Path("/dev/null/ledger"))


@pytest.mark.parametrize(
    "meddle",
    [
        lambda head: replace(head, height=head.height - 1),
        lambda head: replace(head, checkpoint_hash=bytes(32)),
        lambda head: replace(head, log=msgspec.structs.replace(head.log, size=head.log.size - 1)),
    ],
    ids=["height", "checkpoint", "log"],
)
def test_a_head_that_does_not_match_its_certificate_is_damage(tmp_path: Path, meddle: Callable[[Head], Head]) -> None:
    maker = filled(tmp_path)
    head = meddle(maker.head)
    change(tmp_path, lambda database: database.put(keys.HEAD, encode(StoredHead.of(head, 0))))
    with pytest.raises(Corrupt, match="restore"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        keys.HEAD,
        keys.META,
        keys.NODE,
        keys.CHANGED + keys.number(5),
        keys.BLOCK + keys.number(3),
        keys.BLOCK + keys.number(5),
        keys.LEAF + keys.number(154),
        keys.log_node(7, 0),
    ],
)
def test_a_missing_key_is_noticed_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: bytes) -> None:
    monkeypatch.setattr(recent_nodes, "BLOCKS_MAX", 4)
    filled(tmp_path)
    change(tmp_path, lambda database: database.delete(key))
    with pytest.raises(StorageError):
        read_everything(open_store(tmp_path))


def test_a_store_of_the_format_before_is_read_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_nodes, "BLOCKS_MAX", 1)  # as before: each block with its nodes
    maker = filled(tmp_path)
    change(tmp_path, lambda database: database.put(keys.META, encode(StoredMeta(1, CHAIN_ID))))
    monkeypatch.undo()
    for _ in range(3):
        store = open_store(tmp_path)
        check_all(store.snapshot(), maker.model)
        store.write(*maker.make(20))
        assert {path: store.snapshot().node(path) for path in maker.nodes} == maker.nodes
        store.close()
    found: list[bytes] = []
    change(tmp_path, lambda database: found.append(database.get(keys.META)))
    assert found == [encode(StoredMeta(FORMAT, CHAIN_ID))]


@pytest.mark.parametrize(
    "key", [keys.LEAF + keys.number(3), keys.BLOCK + keys.number(1), keys.journal("lot:1") + keys.number(2)]
)
def test_a_missing_key_is_noticed_when_read(tmp_path: Path, key: bytes) -> None:
    maker = filled(tmp_path)
    change(tmp_path, lambda database: database.delete(key))
    change(tmp_path, lambda database: database.put(keys.HEAD, encode(StoredHead.of(maker.head, maker.head.height))))
    store = open_store(tmp_path)
    with pytest.raises(Corrupt, match="missing"):
        read_everything(store)
    store.close()


def test_a_flipped_bit_anywhere_is_damage_and_never_another_answer(tmp_path: Path) -> None:
    maker = filled(tmp_path / "whole", blocks=8, records=40, size=400)
    open_store(tmp_path / "whole").close()
    names = [path.name for path in (tmp_path / "whole" / "leveldb").glob("*.ldb")]
    assert names
    noticed = 0
    for place in range(40):
        copy = tmp_path / str(place)
        shutil.copytree(tmp_path / "whole", copy)
        file = copy / "leveldb" / names[place % len(names)]
        data = bytearray(file.read_bytes())
        data[place * len(data) // 40] ^= 1 << place % 8
        file.write_bytes(data)
        try:
            store = open_store(copy)
            try:
                check_all(store.snapshot(), maker.model)
            finally:
                store.close()
        except StorageError:
            noticed += 1
    assert noticed >= 25, "bits of tree nodes, filters and padding are not read here; what is read is never wrong"


def test_a_flipped_bit_in_the_write_ahead_file_does_not_silently_drop_blocks(tmp_path: Path) -> None:
    maker, path = Maker(8), tmp_path / "ledger"
    store = open_store(path)
    for _ in range(6):
        store.write(*maker.make(40))
    shutil.copytree(path, tmp_path / "copy")
    store.close()
    (log,) = (tmp_path / "copy" / "leveldb").glob("*.log")
    data = bytearray(log.read_bytes())
    data[len(data) // 2] ^= 1
    log.write_bytes(data)
    with pytest.raises(Corrupt, match="restore"):
        open_store(tmp_path / "copy")


def test_a_lost_current_file_does_not_start_a_new_ledger_over_the_old_one(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "leveldb" / "CURRENT").unlink()
    before = sorted(path.name for path in (tmp_path / "leveldb").iterdir())
    with pytest.raises(Corrupt, match="CURRENT"):
        open_store(tmp_path)
    assert sorted(path.name for path in (tmp_path / "leveldb").iterdir()) == before


def test_no_write_ahead_file_is_left_behind_unsynced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut must not keep a newer write-ahead file while it loses the end of an older one."""
    synced: dict[int, int] = {}
    real = os.fdatasync

    def record(descriptor: int) -> None:
        real(descriptor)
        found = os.fstat(descriptor)
        synced[found.st_ino] = found.st_size

    monkeypatch.setattr(os, "fdatasync", record)
    maker, store = Maker(9), open_store(tmp_path, write_buffer_size=1 << 16)
    held: dict[str, int] = {}
    for _ in range(150):
        store.write(*maker.make(20))
        newest = max((tmp_path / "leveldb").glob("*.log"))
        if newest.name not in held:
            held[newest.name] = os.open(newest, os.O_RDONLY)
    assert len(held) >= 5, "the memory table must have filled several times"
    assert len(synced) < 150, "most writes must go unsynced"
    for name in sorted(held)[:-1]:
        found = os.fstat(held[name])
        assert synced.get(found.st_ino) == found.st_size, name
    for descriptor in held.values():
        os.close(descriptor)
    store.close()


def test_what_is_synced_is_remembered(tmp_path: Path) -> None:
    maker, store = Maker(10), open_store(tmp_path)
    assert store.synced_height == 0
    store.sync()
    store.write(*maker.make(3))
    store.write(*maker.make(3), sync=True)
    store.write(*maker.make(3))
    assert store.synced_height == 2
    store.close()
    store = open_store(tmp_path)
    assert store.synced_height == 2
    store.sync()
    assert store.synced_height == 3
    store.write(*maker.make(3))
    store.close()
    store = open_store(tmp_path)
    assert (store.synced_height, store.head.height) == (3, 4)
    store.close()


def test_after_a_failed_write_the_store_takes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker, store = Maker(11), open_store(tmp_path)
    store.write(*maker.make(3))

    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._guard, "before_write", fail)
    block, note = maker.make(3)
    with pytest.raises(Unusable, match="No space left"):
        store.write(block, note)
    monkeypatch.undo()
    with pytest.raises(StorageError):
        store.write(block, note)
    store.close()
    store = open_store(tmp_path)
    assert store.head.height == 1
    store.close()
