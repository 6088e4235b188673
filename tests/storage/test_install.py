"""A store imported from an archive is the store that executed the chain; an archive of anything else is refused."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest

from ledger.block import Head
from ledger.crypto.checkpoint import assemble_note, cosign
from ledger.crypto.encoding import encode
from ledger.crypto.hashing import sha256
from ledger.genesis import Genesis, GenesisFile
from ledger.replay import ReplayError, reexecute
from ledger.storage import importing, install
from ledger.storage.archive import BadArchive, export_archive
from ledger.storage.install import READY, REPLACED, UNFINISHED, build_store, import_archive, settle
from ledger.storage.level import LevelStore
from ledger.storage.memory import MemoryState
from ledger.storage.snapshot import LevelSnapshot
from tests.ledger.certified import busy_block, given, note_of
from tests.ledger.toy import STRANGER, ToyChain
from tests.proof.chain import Chain, Key

BLOCKS = 14
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ToyChain, LevelStore]]:
    """A busy chain and the store that holds it."""
    made, path = ToyChain(), tmp_path_factory.mktemp("executed") / "ledger"
    store = LevelStore.open(path, made.genesis.chain_id, made.genesis.head())
    for _ in range(BLOCKS):
        block = busy_block(made, records=20)
        store.write(block, note_of(made, block))
    yield made, store
    store.close()


def archive_of(chain: tuple[ToyChain, LevelStore], *, full: bool = True) -> bytes:
    return b"".join(export_archive(chain[1].snapshot(), chain[0].genesis.raw, full=full))


def nodes_under(snapshot: LevelSnapshot, path: bytes) -> dict[bytes, bytes]:
    """A node of the state tree and all below it."""
    node = snapshot.node(path)
    assert node is not None
    present, leaves = int.from_bytes(node[:2], "big"), int.from_bytes(node[2:4], "big")
    found = {path: node}
    for slot in range(16):
        if (present & ~leaves) >> slot & 1:
            found |= nodes_under(snapshot, path + bytes([slot]))
    return found


def everything(snapshot: LevelSnapshot) -> dict[str, object]:
    """All that a snapshot can be asked for."""
    size, subjects = snapshot.head.log.size, ("organisation:platform", "organisation:hub", "organisation:nobody")
    leaves = list(snapshot.leaves(0, size))
    found: dict[str, object] = {
        "head": snapshot.head,
        "position": snapshot.position,
        "leaves": leaves,
        "values": list(snapshot.values()),
        "private": list(snapshot.private_values()),
        "restricted": [snapshot.restricted(index) for index in range(size)],
        "blocks": [snapshot.block(height) for height in range(1, snapshot.head.height + 2)],
        "nodes": nodes_under(snapshot, b""),
        "raw transactions": list(snapshot._iterate(b"t", b"u")),
        "raw log nodes": list(snapshot._iterate(b"L", b"M")),
        "raw journal nodes": list(snapshot._iterate(b"J", b"K")),
    }
    for subject in subjects:
        count = snapshot.journal_size(subject)
        found[subject] = list(snapshot.journal_entries(subject, 0, count))
    return found


def opened(chain: ToyChain, path: Path) -> LevelStore:
    return LevelStore.open(path, chain.genesis.chain_id, chain.genesis.head())


def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small chain passes through every kind of batch."""
    monkeypatch.setattr(importing, "JOURNALS_MAX", 1)
    monkeypatch.setattr(importing, "TREE_BATCH", 5)
    monkeypatch.setattr(importing, "BATCH_ENTRIES", 50)


@pytest.mark.parametrize("small", [False, True])
def test_an_imported_store_is_the_one_that_executed(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, small: bool
) -> None:
    if small:
        small_limits(monkeypatch)
    toy, executed = chain
    heights: list[int] = []
    path = tmp_path / "ledger"
    head = import_archive(BytesIO(archive_of(chain)), path, toy.genesis, full=True, on_block=heights.append)
    assert (head, heights) == (executed.head, list(range(1, BLOCKS + 1)))
    store = opened(toy, path)
    assert store.synced_height == BLOCKS
    ours, theirs = everything(store.snapshot()), everything(executed.snapshot())
    assert ours == theirs
    assert ours["raw journal nodes"]
    assert ours["raw log nodes"]
    made = busy_block(toy_at(toy, store))
    store.write(made, note_of(toy, made))
    store.close()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ledger"]


def toy_at(toy: ToyChain, store: LevelStore) -> ToyChain:
    """A chain that goes on where a store is."""
    fork = ToyChain()
    fork.head, fork.reader, fork.made = store.head, store.snapshot(), 10_000
    fork.state = MemoryState()
    return fork


def test_a_public_archive_makes_a_store_for_public_reads_alone(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path
) -> None:
    toy, executed = chain
    public = archive_of(chain, full=False)
    import_archive(BytesIO(public), tmp_path / "ledger", toy.genesis, full=False)
    store = opened(toy, tmp_path / "ledger")
    ours, theirs = everything(store.snapshot()), everything(executed.snapshot())
    assert [name for name in ours if ours[name] != theirs[name]] == ["private", "restricted"]
    assert ours["private"] == []
    store.close()
    with pytest.raises(ReplayError, match="lacks the restricted parts"):
        import_archive(BytesIO(public), tmp_path / "other", toy.genesis, full=True)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ledger"]


def test_execution_goes_on_from_an_imported_store(chain: tuple[ToyChain, LevelStore], tmp_path: Path) -> None:
    toy, _ = chain
    import_archive(BytesIO(archive_of(chain)), tmp_path / "ledger", toy.genesis, full=True)
    store = opened(toy, tmp_path / "ledger")
    fork = toy_at(toy, store)
    block = busy_block(fork)
    again = reexecute(store.head, store.snapshot(), given(fork, block), toy.registry, toy.genesis)
    assert again.text == block.text
    store.close()


Mutation = Callable[[list[Any]], object]


def state_entry(items: list[Any], key: bytes) -> list[Any]:
    """The archived row of a key."""
    return next(entry for item in items if item[0] == "state" for entry in item[1] if entry[0] == key)


def without(items: list[Any], key: bytes) -> None:
    """Leave a row out, its count too."""
    for item in items:
        if item[0] == "state":
            item[1][:] = [entry for entry in item[1] if entry[0] != key]
    items[-1][2] -= 1


def changed_row(items: list[Any], key: bytes, change: Callable[[list[Any]], object]) -> None:
    """Change a decoded value."""
    entry = state_entry(items, key)
    row = msgspec.msgpack.decode(entry[1])
    change(row)
    entry[1] = encode(row)


def header_position(items: list[Any], height: int) -> None:
    leaf = msgspec.msgpack.decode(items[height][2][-1])
    leaf[3][3][1] += 1
    items[height][2][-1] = encode(leaf)


def swap_restricted(items: list[Any]) -> None:
    (first, one), (second, other) = ((block, next(iter(block[3].items()))) for block in items[3:5])
    first[3], second[3] = {one[0]: other[1]}, {other[0]: one[1]}


PLATFORM, HUB, PRICE = b"registry/organisation/platform", b"registry/organisation/hub", b"toy/price/p1"
REFUSED: dict[str, tuple[Mutation, str]] = {
    "other-chain": (lambda items: items[0].__setitem__(2, b"{}"), "another chain"),
    "leaf-swapped-with-another-block": (
        lambda items: (items[3][2].__setitem__(0, items[4][2][0]), None),
        "height 3: .*certified log root",
    ),
    "leaves-reordered": (lambda items: items[3][2].insert(0, items[3][2].pop(1)), "height 3: .*certified log root"),
    "leaf-left-out": (lambda items: items[3][2].pop(0), "height 3: .*certified log root"),
    "leaf-added": (lambda items: items[3][2].insert(0, items[3][2][0]), "height 3: .*certified log root"),
    "leaf-altered": (lambda items: header_position(items, 3), "height 3: .*certified log root"),
    "blocks-exchanged": (
        lambda items: (items[3].__setitem__(slice(1, 4), items[4][1:4]), None),
        "height 3: .*does not follow",
    ),
    "certificate-altered": (lambda items: items[5].__setitem__(1, items[5][1][:-6] + b"AAA=\n"), "height 5: .*valid"),
    "certificate-not-text": (lambda items: items[5].__setitem__(1, b"\xff"), "height 5: .*not text"),
    "certificate-of-a-stranger": (
        lambda items: items[5].__setitem__(
            1, assemble_note(t := items[5][1].decode().split("\n\n")[0] + "\n", [cosign(STRANGER, "x", t, 1)]).encode()
        ),
        "height 5: .*not a validator",
    ),
    "value-altered": (lambda items: changed_row(items, b"toy/note/k3-1", lambda row: row.append("x")), "state root"),
    "value-left-out": (lambda items: without(items, b"toy/note/k3-1"), "state root"),
    "value-exchanged": (
        lambda items: state_entry(items, b"toy/note/k3-1").__setitem__(1, state_entry(items, b"toy/note/k3-2")[1]),
        "state root",
    ),
    "hidden-journal-entry": (
        lambda items: changed_row(items, PLATFORM, lambda row: row.__setitem__(1, row[1] - 1)),
        "platform: its journal is not that",
    ),
    "journal-entry-too-many": (
        lambda items: changed_row(items, HUB, lambda row: row.__setitem__(1, row[1] + 1)),
        "hub: its journal is not that",
    ),
    "journal-peaks-altered": (
        lambda items: changed_row(items, PLATFORM, lambda row: row.__setitem__(2, bytes(len(row[2])))),
        "platform: its journal is not that",
    ),
    "subject-left-out": (lambda items: without(items, PLATFORM), "subjects have records"),
    "subject-row-is-no-row": (lambda items: state_entry(items, HUB).__setitem__(1, b"\xc0"), "does not decode"),
    "restricted-part-left-out": (lambda items: items[3].__setitem__(3, {}), "height 3, leaf 20: its restricted part"),
    "restricted-part-altered": (
        lambda items: items[3].__setitem__(3, {place: part + b"\0" for place, part in items[3][3].items()}),
        "height 3, leaf 20: its restricted part",
    ),
    "restricted-parts-swapped": (swap_restricted, "height 3, leaf 20: its restricted part"),
    "restricted-part-added": (
        lambda items: items[3][3].__setitem__(0, bytes(40)),
        "height 3, leaf 0: its restricted part",
    ),
    "restricted-part-of-the-header": (
        lambda items: items[3][3].__setitem__(len(items[3][2]) - 1, bytes(40)),
        "belongs to no transaction",
    ),
    "restricted-row-left-out": (lambda items: state_entry(items, PRICE).pop(), "p1: its restricted row is missing"),
    "restricted-row-altered": (
        lambda items: state_entry(items, PRICE).__setitem__(2, state_entry(items, PRICE)[2] + b"\0"),
        "p1: its restricted row is not",
    ),
    "restricted-row-for-a-public-one": (
        lambda items: state_entry(items, PLATFORM).append(bytes(40)),
        "or there is none",
    ),
}
TRUNCATED: dict[str, Mutation] = {
    "no-end": lambda items: items.pop(),
    "no-state": lambda items: items.__delitem__(slice(BLOCKS + 1, -1)),
    "last-block-left-out": lambda items: items.pop(BLOCKS),
    "block-left-out": lambda items: items.pop(3),
    "blocks-reordered": lambda items: items.insert(3, items.pop(4)),
}


def mutated(chain: tuple[ToyChain, LevelStore], change: Mutation) -> BytesIO:
    items = list(msgpack.Unpacker(BytesIO(archive_of(chain)), strict_map_key=False))
    change(items)
    return BytesIO(b"".join(map(encode, items)))


@pytest.mark.parametrize("name", REFUSED)
def test_an_archive_that_is_not_the_certified_chain_is_refused(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path, name: str
) -> None:
    change, words = REFUSED[name]
    with pytest.raises(ReplayError, match=words) as refused:
        import_archive(mutated(chain, change), tmp_path / "ledger", chain[0].genesis, full=True)
    assert refused.value.zh
    assert not list(tmp_path.iterdir()), "nothing is left behind"


@pytest.mark.parametrize("name", TRUNCATED)
def test_an_archive_with_something_missing_is_refused(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path, name: str
) -> None:
    with pytest.raises((BadArchive, ReplayError)):
        import_archive(mutated(chain, TRUNCATED[name]), tmp_path / "ledger", chain[0].genesis, full=True)
    assert not list(tmp_path.iterdir())


def test_a_stale_archive_or_one_of_another_history_is_refused(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path
) -> None:
    toy, executed = chain
    data, path = archive_of(chain), tmp_path / "ledger"
    with pytest.raises(ReplayError, match=f"stale: it ends at height {BLOCKS}, {BLOCKS} is final here"):
        import_archive(BytesIO(data), path, toy.genesis, full=True, known=executed.head)
    block = toy.blocks[4]
    import_archive(BytesIO(data), path, toy.genesis, full=True, known=block.head)
    other = Head(block.height, block.time_ms, bytes(32), block.head.log, block.head.validators)
    with pytest.raises(ReplayError, match="height 5: not the checkpoint that is final here"):
        import_archive(BytesIO(data), path, toy.genesis, full=True, known=other)
    assert opened_height(toy, path) == BLOCKS, "what was there is untouched"


def opened_height(toy: ToyChain, path: Path) -> int:
    store = opened(toy, path)
    store.close()
    return store.head.height


def test_a_change_of_validators_is_followed_and_none_is_believed(tmp_path: Path) -> None:
    chain = Chain(validators=1)
    chain.record(None, ["ledger.genesis"], [["organisation:farm", "self"]])
    chain.commit()
    chain.commit(new_set={f"linxin/test/w{number}": Key(f"w{number}") for number in range(3)})
    chain.commit()
    raw = chain.genesis
    genesis = Genesis(raw, sha256(raw), msgspec.json.decode(raw, type=GenesisFile), {})
    head = import_archive(BytesIO(chain.archive()), tmp_path / "ledger", genesis, full=False)
    assert [validator.name for validator in head.validators] == [f"linxin/test/w{number}" for number in range(3)]
    items = list(msgpack.Unpacker(BytesIO(chain.archive())))
    del items[3]
    with pytest.raises(ReplayError, match="height 2: the validators that its checkpoint names are missing"):
        import_archive(BytesIO(b"".join(map(encode, items))), tmp_path / "other", genesis, full=False)
    last = Chain(validators=1)
    last.record(None, ["ledger.genesis"], [["organisation:farm", "self"]])
    last.commit(new_set={"linxin/test/w0": Key("w0")})
    items = list(msgpack.Unpacker(BytesIO(last.archive())))
    del items[2]
    genesis = Genesis(last.genesis, sha256(last.genesis), msgspec.json.decode(last.genesis, type=GenesisFile), {})
    with pytest.raises(ReplayError, match="validators that its checkpoint names are missing"):
        import_archive(BytesIO(b"".join(map(encode, items))), tmp_path / "other", genesis, full=False)


class Interrupted(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("at", [1, 7, BLOCKS])
def test_an_import_that_breaks_off_is_started_over(
    chain: tuple[ToyChain, LevelStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    toy, path = chain[0], tmp_path / "ledger"

    def stop(height: int) -> None:
        if height == at:
            raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_args, **_options: None)
        with pytest.raises(Interrupted):
            import_archive(BytesIO(archive_of(chain)), path, toy.genesis, full=True, on_block=stop)
    assert [entry.name for entry in tmp_path.iterdir()] == [f"ledger{UNFINISHED}"]
    import_archive(BytesIO(archive_of(chain)), path, toy.genesis, full=True)
    assert opened_height(toy, path) == BLOCKS
    assert [entry.name for entry in tmp_path.iterdir()] == ["ledger"]


KILLED = """
import os, signal, sys
from pathlib import Path
from ledger.storage.install import import_archive
from tests.ledger.toy import ToyChain

def kill(height):
    if height == 7:
        os.kill(os.getpid(), signal.SIGKILL)

with open(sys.argv[1], "rb") as stream:
    import_archive(stream, Path(sys.argv[2]), ToyChain().genesis, full=True, on_block=kill)
"""


def test_a_process_killed_while_it_imports_starts_over(chain: tuple[ToyChain, LevelStore], tmp_path: Path) -> None:
    toy, path, file = chain[0], tmp_path / "node" / "ledger", tmp_path / "archive"
    file.write_bytes(archive_of(chain))
    path.parent.mkdir()
    for _ in range(2):
        died = subprocess.run([sys.executable, "-c", KILLED, file, path], cwd=ROOT, check=False)
        assert died.returncode == -signal.SIGKILL
        assert [entry.name for entry in path.parent.iterdir()] == [f"ledger{UNFINISHED}"]
    with file.open("rb") as stream:
        import_archive(stream, path, toy.genesis, full=True)
    assert opened_height(toy, path) == BLOCKS
    assert [entry.name for entry in path.parent.iterdir()] == ["ledger"]


@pytest.mark.parametrize(
    ("present", "kept"),
    [
        ({"": "old"}, "old"),
        ({"": "old", UNFINISHED: "half"}, "old"),
        ({"": "old", READY: "new"}, "old"),
        ({REPLACED: "old", READY: "new"}, "new"),
        ({"": "new", REPLACED: "old"}, "new"),
        ({REPLACED: "old"}, "old"),
        ({READY: "new"}, None),
        ({UNFINISHED: "half"}, None),
        ({}, None),
    ],
)
def test_what_an_interrupted_exchange_left_is_settled(
    tmp_path: Path, present: dict[str, str], kept: str | None
) -> None:
    path = tmp_path / "ledger"
    for name, content in present.items():
        path.with_name(path.name + name).mkdir()
        (path.with_name(path.name + name) / content).touch()
    settle(path)
    assert [entry.name for entry in tmp_path.iterdir()] == (["ledger"] if kept else [])
    assert kept is None or (path / kept).exists()


def test_a_store_in_use_is_replaced_only_when_told(chain: tuple[ToyChain, LevelStore], tmp_path: Path) -> None:
    toy, path = chain[0], tmp_path / "ledger"
    store = opened(toy, path)
    store.write(toy.blocks[0], note_of(toy, toy.blocks[0]))
    build_store(BytesIO(archive_of(chain)), path, toy.genesis, full=True, known=store.head)
    store.write(toy.blocks[1], note_of(toy, toy.blocks[1]))
    store.close()
    install.install(path)
    assert opened_height(toy, path) == BLOCKS
    assert [entry.name for entry in tmp_path.iterdir()] == ["ledger"]
    shutil.rmtree(path)
