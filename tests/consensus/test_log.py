"""The durable log: what it keeps, what it cuts, and what it refuses to guess at."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.entry import LEADER_SIZE_MAX, PAYLOAD_SIZE_MAX, SIGNATURE_SIZE, Entry, Kind, Tip, first_tip, next_entry
from consensus.errors import DirectoryInUse, DiskFault, LogDamaged, LogOfOtherChain
from consensus.safety import Mark
from consensus.storage import format as layout
from consensus.storage.files import Directory, OsDirectory
from consensus.storage.log import DurableLog
from tests.consensus.lossy_files import LossyDisk, LossyFile

CHAIN_ID = bytes(range(32))


def make_entries(tip: Tip, payloads: list[bytes], term: int = 1) -> list[Entry]:
    """Entries that follow `tip`."""
    made = []
    for payload in payloads:
        made.append(next_entry(tip, term, payload))
        tip = made[-1].tip
    return made


def written(disk: LossyDisk, groups: int = 6, size: int = 300, segment_size: int = 2000) -> list[Entry]:
    """A log of `groups` synced groups of three entries, on `disk`."""
    log = DurableLog.open(disk.directory(), CHAIN_ID, segment_size=segment_size)
    draw, entries = random.Random(1), []
    for _ in range(groups):
        group = make_entries(log.tip, [draw.randbytes(size) for _ in range(3)])
        log.append(group)
        log.sync()
        entries += group
    return entries


def reopened(directory: Directory, acknowledged_index: int = 0) -> DurableLog:
    """The log as it is now."""
    return DurableLog.open(directory, CHAIN_ID, Mark(1, acknowledged_index), segment_size=2000)


@given(
    groups=st.lists(st.lists(st.binary(max_size=200), max_size=4), max_size=8),
    segment_size=st.integers(100, 900),
    term=st.integers(1, 2**63),
)
def test_what_is_appended_is_read_back(groups: list[list[bytes]], segment_size: int, term: int) -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID, segment_size=segment_size)
    entries: list[Entry] = []
    for group in groups:
        made = make_entries(log.tip, group, term)
        log.append(made)
        entries += made
    log.sync()
    for held in (log, DurableLog.open(disk.directory(), CHAIN_ID, Mark(0, len(entries)), segment_size=segment_size)):
        assert held.entries(1, len(entries) + 1) == entries
        assert held.tip == (entries[-1].tip if entries else first_tip(CHAIN_ID))
        assert held.durable_index == len(entries)
        assert held.cut_bytes == 0


@given(
    st.integers(0, PAYLOAD_SIZE_MAX),
    st.integers(0, 2**64 - 1),
    st.integers(1, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=99),
    st.sampled_from(Kind),
    st.text(st.characters(min_codepoint=1, max_codepoint=0x7F), max_size=LEADER_SIZE_MAX),
    st.binary(min_size=SIGNATURE_SIZE, max_size=SIGNATURE_SIZE) | st.just(b""),
)
def test_headers_round_trip(
    length: int, term: int, index: int, durable: int, payload: bytes, kind: Kind, leader: str, signature: bytes
) -> None:
    entry = Entry(term, index, payload, bytes(32), kind, leader, signature)
    record = layout.encode_record(entry, durable)
    header = layout.decode_record_header(record[: layout.RECORD_HEADER_SIZE])
    assert header == layout.RecordHeader(len(payload), term, index, durable, kind, leader, signature)
    assert header.record_size == len(record)
    before = Tip(term, index - 1, bytes(32))
    segment = layout.SegmentHeader(CHAIN_ID, length, length % 2 == 1, before)
    assert layout.decode_segment_header(layout.encode_segment_header(segment)) == segment


@pytest.mark.fuzz
@given(st.binary(max_size=400), st.integers(0, 400))
def test_hostile_bytes_are_bad_bytes_and_nothing_else(data: bytes, bad_index: int) -> None:
    for decode in (layout.decode_record_header, layout.decode_segment_header):
        with pytest.raises(layout.BadBytes):
            decode(data)
    header = layout.RecordHeader(max(0, len(data) - layout.DIGEST_SIZE), 1, 1, 0, Kind.PROPOSAL, "", b"")
    with pytest.raises(layout.BadBytes):
        layout.decode_record(header, data, Tip(1, 0, CHAIN_ID))
    assert layout.find_later_record(data, bad_index) is None


@pytest.mark.fuzz
@given(tail=st.binary(min_size=1, max_size=300))
def test_whatever_stands_after_the_synced_end_is_cut(tail: bytes) -> None:
    disk = LossyDisk()
    entries = written(disk, groups=1)
    (name,) = disk.names
    end = len(disk.names[name].seen)
    disk.names[name].seen.extend(tail)
    log = reopened(disk.directory(), len(entries))
    assert log.entries(1, len(entries) + 1) == entries
    assert log.cut_bytes == len(tail)
    assert len(disk.names[name].seen) == end


def test_every_flipped_bit_in_what_was_acknowledged_is_loud_and_names_the_place() -> None:
    disk = LossyDisk()
    entries = written(disk, groups=3, size=40, segment_size=400)
    assert len(disk.names) > 1
    for name, inode in disk.names.items():
        for offset in range(len(inode.seen)):
            inode.seen[offset] ^= 1 << offset % 8
            with pytest.raises((LogDamaged, LogOfOtherChain)) as refused:
                reopened(disk.directory(), len(entries))
            assert name in refused.value.en
            assert name in refused.value.zh
            inode.seen[offset] ^= 1 << offset % 8
    assert reopened(disk.directory(), len(entries)).entries(1, len(entries) + 1) == entries


def test_damage_below_a_later_synced_record_is_loud_even_when_nothing_is_known_to_be_acknowledged() -> None:
    disk = LossyDisk()
    written(disk, groups=4)
    names = sorted(disk.names)
    newest = disk.names[names[-1]]
    assert len(newest.seen) > 3 * (300 + layout.RECORD_HEADER_SIZE) + layout.SEGMENT_HEADER_SIZE, (
        "two groups are needed"
    )
    # In the payload, in the record's header (so that its length is unknown), and in a segment that is not the newest.
    for name, offset in ((names[-1], 400), (names[-1], layout.SEGMENT_HEADER_SIZE + 6), (names[0], 400)):
        disk.names[name].seen[offset] ^= 1
        with pytest.raises(LogDamaged, match=rf"{name} at offset {layout.SEGMENT_HEADER_SIZE}: .*later"):
            reopened(disk.directory())
        disk.names[name].seen[offset] ^= 1


def test_a_torn_group_is_cut_although_its_later_pages_reached_the_disk() -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID)
    first = make_entries(log.tip, [b"kept"])
    log.append(first)
    log.sync()
    log.append(make_entries(log.tip, [bytes(5000), bytes(5000), bytes(5000)]))
    (name,) = disk.names
    inode = disk.names[name]
    inode.seen[4096:8192] = bytes(4096)
    log = reopened(disk.directory(), 1)
    assert log.tip == first[-1].tip
    assert log.cut_bytes > 15000
    after = make_entries(log.tip, [b"goes on"])
    log.append(after)
    log.sync()
    assert reopened(disk.directory(), 2).entries(1, 3) == first + after


def test_a_missing_segment_is_loud() -> None:
    disk = LossyDisk()
    entries = written(disk)
    names = sorted(disk.names)
    assert len(names) >= 3
    held = disk.names.pop(names[1])
    with pytest.raises(LogDamaged, match=names[2]):
        reopened(disk.directory(), len(entries))
    disk.names[names[1] + "x.log"] = held
    with pytest.raises(LogDamaged):
        reopened(disk.directory(), len(entries))


def test_only_whole_covered_segments_are_forgotten() -> None:
    disk = LossyDisk()
    entries = written(disk)
    log = reopened(disk.directory())
    before = len(disk.names)
    second = log._segments[1].before.index
    log.truncate_prefix(second - 1)
    assert (len(disk.names), log.base.index) == (before, 0)
    log.truncate_prefix(second)
    assert (len(disk.names), log.base.index) == (before - 1, second)
    log.truncate_prefix(len(entries) + 100)
    assert len(disk.names) == 1
    log = reopened(disk.directory(), len(entries))
    assert log.tip == entries[-1].tip
    assert log.base == entries[log.base.index - 1].tip
    assert log.term_at(log.base.index) == 1
    assert log.term_at(log.base.index - 1) is None
    with pytest.raises(IndexError):
        log.entry(log.base.index)
    assert log.entries(log.base.index + 1, log.tip.index + 1) == entries[log.base.index :]


def test_another_chains_log_is_refused() -> None:
    disk = LossyDisk()
    written(disk)
    with pytest.raises(LogOfOtherChain):
        DurableLog.open(disk.directory(), bytes(32))


def test_after_a_disk_fault_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID)
    entries = make_entries(log.tip, [b"a", b"b"])
    log.append(entries[:1])

    def fail(_: LossyFile) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(LossyFile, "sync", fail)
    with pytest.raises(DiskFault, match="Input/output error"):
        log.sync()
    monkeypatch.undo()
    for again in (log.sync, lambda: log.append(entries[1:]), lambda: log.entry(1)):
        with pytest.raises(DiskFault, match="Input/output error"):
            again()


def test_entries_that_do_not_follow_are_a_fault_of_ours() -> None:
    log = DurableLog.open(LossyDisk().directory(), CHAIN_ID)
    entries = make_entries(log.tip, [b"a", b"b"])
    with pytest.raises(AssertionError):
        log.append(entries[1:])


def test_on_a_real_disk(tmp_path: Path) -> None:
    directory = OsDirectory(tmp_path / "log")
    with pytest.raises(DirectoryInUse, match="log"):
        OsDirectory(tmp_path / "log")
    log = DurableLog.open(directory, CHAIN_ID, segment_size=2000)
    entries = make_entries(log.tip, [bytes([n]) * 700 for n in range(9)])
    for entry in entries:
        log.append([entry])
    log.sync()
    log.truncate_prefix(5)
    log.close()
    directory.close()
    with pytest.raises(DiskFault, match="closed"):
        log.sync()
    directory = OsDirectory(tmp_path / "log")
    log = reopened(directory, 9)
    assert 0 < log.base.index <= 5
    assert log.entries(log.base.index + 1, 10) == entries[log.base.index :]
    newest = tmp_path / "log" / directory.names()[-1]
    log.close()
    newest.write_bytes(newest.read_bytes()[:-1])
    assert reopened(directory, 8).tip == entries[7].tip
    directory.close()
