"""The archive stream: what is exported is read back, and nothing else is accepted."""

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto.encoding import encode
from ledger.storage.archive import (
    STATE_CHUNK_MAX,
    ArchivedBlock,
    ArchivedState,
    ArchivedValidators,
    ArchiveEnd,
    ArchiveStart,
    BadArchive,
    export_archive,
    read_archive,
)
from tests.proof.chain import Chain, Key
from tests.storage.made import Maker, open_store

GENESIS = b'{"format":"linxin-genesis/1"}'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Maker, list[bytes], list[bytes]]]:
    """A chain with its public and its full archive."""
    maker, store = Maker(20), open_store(tmp_path_factory.mktemp("archive"))
    for records in (0, 40, 900, 3):
        block, note = maker.make(records)
        more = {b"toy/many/%05d" % n: b"v" for n in range(1500)} if records == 3 else {}
        block.changes.values.update(more)
        maker.model.values.update(more)
        store.write(block, note)
    snapshot = store.snapshot()
    public, whole = (list(export_archive(snapshot, GENESIS, full=full)) for full in (False, True))
    yield maker, public, whole
    store.close()


class Dripping(BytesIO):
    """Gives few bytes at a time, like a slow socket, and cannot seek or tell."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 777))

    def tell(self) -> int:
        raise OSError("not seekable")


@pytest.mark.parametrize("full", [False, True])
def test_what_is_exported_is_read_back(made: tuple[Maker, list[bytes], list[bytes]], *, full: bool) -> None:
    maker, public, whole = made
    model, objects = maker.model, whole if full else public
    items = list(read_archive(Dripping(b"".join(objects))))
    assert items[0] == ArchiveStart("linxin-archive/1", "full" if full else "public", GENESIS)
    blocks = [item for item in items if isinstance(item, ArchivedBlock)]
    assert [block.note.decode() for block in blocks] == model.notes
    assert [leaf for block in blocks for leaf in block.leaves] == model.leaves
    starts = dict(zip((block.height for block in blocks), model.heights, strict=True))
    restricted = {starts[block.height] + at: part for block in blocks for at, part in block.restricted.items()}
    assert restricted == (model.restricted if full else {})
    chunks = [item.entries for item in items if isinstance(item, ArchivedState)]
    assert max(map(len, chunks)) == STATE_CHUNK_MAX
    entries = [entry for chunk in chunks for entry in chunk]
    assert [(entry.key, entry.value) for entry in entries] == sorted(model.values.items())
    assert {entry.key: entry.hidden for entry in entries if entry.hidden} == (model.private if full else {})
    assert items[-1] == ArchiveEnd("end", len(model.notes), len(model.values))


def test_an_archive_is_one_moment_although_blocks_are_written_meanwhile(tmp_path: Path) -> None:
    maker, store = Maker(21), open_store(tmp_path)
    store.write(*maker.make(50))
    objects = export_archive(store.snapshot(), GENESIS, full=True)
    first = [next(objects)]
    values = sorted(maker.model.values.items())
    store.write(*maker.make(50))
    items = list(read_archive(BytesIO(b"".join(first + list(objects)))))
    assert items[-1] == ArchiveEnd("end", 1, len(values))
    store.close()


Mutation = Callable[[list[Any]], object]
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "nothing-at-all": (lambda items: items.clear(), "incomplete"),
    "no-start": (lambda items: items.pop(0), "Expected"),
    "other-format": (lambda items: items[0].__setitem__(0, "linxin-archive/2"), "Invalid enum value"),
    "unknown-scope": (lambda items: items[0].__setitem__(1, "secret"), "Invalid enum value"),
    "a-block-left-out": (lambda items: items.pop(2), "block 3 where 2 belongs"),
    "blocks-swapped": (lambda items: items.insert(1, items.pop(2)), "block 2 where 1 belongs"),
    "no-end": (lambda items: items.pop(), "incomplete"),
    "two-ends": (lambda items: items.append(items[-1]), "follows the end"),
    "end-counts-blocks-wrong": (lambda items: items[-1].__setitem__(1, 3), "speaks of"),
    "end-counts-keys-wrong": (lambda items: items[-1].__setitem__(2, 3), "speaks of"),
    "last-block-left-out": (lambda items: items.pop(4), "speaks of"),
    "state-chunk-left-out": (lambda items: items.pop(5), "speaks of"),
    "state-keys-swapped": (lambda items: items[5][1].insert(0, items[5][1].pop()), "not in order"),
    "state-chunks-swapped": (lambda items: items.insert(5, items.pop(6)), "not in order"),
    "a-block-after-state": (lambda items: items.insert(6, items[1]), "Expected"),
    "restricted-in-public": (lambda items: items[2].__setitem__(3, {0: b"secret"}), "restricted parts"),
    "hidden-row-in-public": (lambda items: items[5][1][0].append(bytes(33)), "restricted rows"),
    "hidden-row-without-salt": (lambda items: items[5][1][0].append(bytes(32)), "length"),
    "hidden-row-empty": (lambda items: items[5][1][0].append(b""), "length"),
    "field-added": (lambda items: items[1].append(0), "Expected"),
    "text-for-bytes": (lambda items: items[1].__setitem__(1, "note"), "Expected"),
    "float-for-height": (lambda items: items[1].__setitem__(0, 1.0), "Expected"),
    "leaf-too-large": (lambda items: items[2][2].__setitem__(0, bytes(65_536)), "length"),
    "a-map-for-a-block": (lambda items: items.__setitem__(1, {"height": 1}), "Expected"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_changed_archive_is_refused_with_its_place(made: tuple[Maker, list[bytes], list[bytes]], name: str) -> None:
    mutate, words = MUTATIONS[name]
    items = [msgspec.msgpack.decode(data) for data in made[1]]
    mutate(items)
    with pytest.raises(BadArchive, match=words) as refused:
        list(read_archive(BytesIO(b"".join(map(encode, items)))))
    assert "归档文件" in str(refused.value)


def test_a_restricted_part_must_belong_to_a_leaf(made: tuple[Maker, list[bytes], list[bytes]]) -> None:
    items = [msgspec.msgpack.decode(data, strict=False) for data in made[2]]
    items[1][3] = {len(items[1][2]): b"nobody's"}
    with pytest.raises(BadArchive, match="belongs to no leaf"):
        list(read_archive(BytesIO(b"".join(map(encode, items)))))


def test_an_archive_that_breaks_off_anywhere_is_refused(made: tuple[Maker, list[bytes], list[bytes]]) -> None:
    data = b"".join(made[1])
    ends = [0]
    for part in made[1]:
        ends.append(ends[-1] + len(part))
    for start, end in pairwise(ends[:8]):
        for cut in {start, start + 1, (start + end) // 2, end - 1}:
            with pytest.raises(BadArchive, match="breaks off"):
                list(read_archive(BytesIO(data[:cut])))
    with pytest.raises(BadArchive, match="follows the end"):
        list(read_archive(BytesIO(data + b"\xc0")))


@pytest.mark.fuzz
@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(BadArchive):
        list(read_archive(BytesIO(data)))


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "data", [b"\xc6\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\x91" * 5000]
)
def test_promised_sizes_are_not_believed(data: bytes) -> None:
    with pytest.raises(BadArchive):
        list(read_archive(BytesIO(data + bytes(100))))


def changed_sets() -> list[Any]:
    """The objects of an archive in which the validators change after the first of three blocks."""
    chain = Chain(validators=1)
    chain.record(None, ["ledger.genesis"], [["organisation:farm", "self"]])
    chain.commit()
    chain.commit(new_set={f"linxin/test/w{number}": Key(f"w{number}") for number in range(3)})
    chain.commit()
    return list(msgpack.Unpacker(BytesIO(chain.archive())))


def test_a_change_of_validators_is_read() -> None:
    items = list(read_archive(BytesIO(b"".join(map(encode, changed_sets())))))
    assert [type(item) for item in items[1:5]] == [ArchivedBlock, ArchivedBlock, ArchivedValidators, ArchivedBlock]
    assert isinstance(items[3], ArchivedValidators)
    assert [name for name, _ in items[3].validators] == [f"linxin/test/w{number}" for number in range(3)]


SET_MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "a-validator-left-out": (lambda items: items[3][1].pop(), "not the new validators"),
    "validators-unsorted": (lambda items: items[3][1].reverse(), "not the new validators"),
    "a-validator-twice": (lambda items: items[3][1].append(items[3][1][-1]), "not the new validators"),
    "none": (lambda items: items[3].__setitem__(1, []), "length"),
    "too-many": (lambda items: items[3].__setitem__(1, [["x", b""]] * 65), "length"),
    "after-another-block": (lambda items: items.insert(2, items.pop(3)), "not the new validators"),
    "before-the-first-block": (lambda items: items.insert(1, items.pop(3)), "Expected"),
    "told-twice": (lambda items: items.insert(4, items[3]), "Expected"),
    "after-the-state": (lambda items: items.insert(-1, items.pop(3)), "Invalid enum value"),
    "certificate-unreadable": (lambda items: items[2].__setitem__(1, b"\xff"), "certificate before it"),
    "no-blocks": (lambda items: items.__setitem__(slice(1, None), [["end", 0, 0]]), "no block at all"),
}


@pytest.mark.parametrize("name", SET_MUTATIONS)
def test_a_changed_set_of_validators_is_refused(name: str) -> None:
    mutate, words = SET_MUTATIONS[name]
    items = changed_sets()
    mutate(items)
    with pytest.raises(BadArchive, match=words):
        list(read_archive(BytesIO(b"".join(map(encode, items)))))
