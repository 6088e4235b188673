"""The log when leaders change: cut, overwritten and begun anew, on disks that lose power, fill up and rot."""

import errno
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from consensus.entry import Tip, first_tip, next_entry
from consensus.errors import DiskFault, LogDamaged
from consensus.safety import NOTHING, Mark
from consensus.storage.files import OsDirectory
from consensus.storage.log import DurableLog
from consensus.storage.opening import SET_ASIDE_MAX
from tests.consensus.changing_log import CHAIN_ID, ChangingLog, Lost, State, live, open_log, rot, rot_and_die
from tests.consensus.lossy_files import LossyDisk, LossyFile, Stopped
from tests.consensus.test_log import make_entries

SEEDS = 100
TURNS = 14


@pytest.mark.soak
def test_whatever_the_leaders_do_a_power_cut_leaves_the_old_log_or_the_new(effort: int) -> None:
    for seed in range(SEEDS * effort):
        live(seed)


@pytest.mark.parametrize("seed", range(3))
def test_at_every_single_operation(seed: int) -> None:
    def run(stop_after: int | None) -> tuple[LossyDisk, ChangingLog]:
        disk, log = LossyDisk(seed), ChangingLog(random.Random(seed))
        disk.stop_after = stop_after
        with suppress(Stopped):
            log.run(log.start(disk.directory()), TURNS)
        return disk, log

    operations = run(None)[0].operations
    assert operations > 40
    for stop_after in range(1, operations + 1):
        for way in range(4):
            disk, log = run(stop_after)
            disk.random.seed(way)
            if way:
                disk.cut_power(lose_all=way == 1)
            log.start(disk.directory())


def test_a_disk_that_fills_up_at_any_byte_leaves_a_log_that_opens() -> None:
    for seed in range(SEEDS):
        disk, log = LossyDisk(seed), ChangingLog(random.Random(seed))
        log.start(disk.directory())
        for _ in range(3):
            opened = log.start(disk.directory())
            disk.capacity = sum(len(inode.seen) for inode in disk.names.values()) + log.draw.randrange(20_000)
            with pytest.raises(DiskFault, match="No space left"):
                log.run(opened, 1000)
            with pytest.raises(DiskFault, match="No space left"):
                opened.sync()
            disk.capacity = None
            if log.draw.random() < 0.5:
                disk.cut_power()
        log.start(disk.directory())


def test_a_disk_that_fails_stops_the_log_for_good() -> None:
    disk, log = LossyDisk(), ChangingLog(random.Random(1))
    opened = log.start(disk.directory())
    log.run(opened, TURNS)
    disk.error = errno.EIO
    entries = make_entries(opened.tip, [b"x"], 99)
    acts: list[Callable[[], object]] = [lambda: opened.append(entries), opened.sync, lambda: opened.truncate_suffix(0)]
    for fails in acts:
        with pytest.raises(DiskFault, match="the disk fails"):
            fails()
    disk.error = 0
    for again in (opened.sync, lambda: opened.reset(opened.tip), lambda: opened.entry(opened.tip.index)):
        with pytest.raises(DiskFault, match="the disk fails"):
            again()
    log.start(disk.directory())


def test_rot_never_passes_for_the_log_that_was_acknowledged() -> None:
    repaired = 0
    for seed in range(2 * SEEDS):
        disk, log = LossyDisk(seed), ChangingLog(random.Random(seed))
        rotten = rot(disk, log)
        repaired += check_rot(disk, log, rotten)
        # What it is now, it stays.
        tip = open_log(disk.directory(), log.acknowledged, repair=True).tip
        disk.cut_power(lose_all=True)
        again = open_log(disk.directory(), log.acknowledged, repair=True)
        assert (again.tip, again.lost) == (tip, None)
    assert repaired > SEEDS // 2


def test_a_damaged_file_is_there_for_inquiry_whenever_the_power_goes() -> None:
    for seed in range(2 * SEEDS):
        rot_and_die(seed)


def check_rot(disk: LossyDisk, log: ChangingLog, rotten: set[bytes]) -> bool:
    """Open the log with repair: all of it is there, or its end is below the mark and the rotten file is kept."""
    opened = open_log(disk.directory(), log.acknowledged, repair=True)
    if log.now.is_in(opened, log.covered):
        assert opened.lost is None
        return False
    assert opened.lost is not None
    assert opened.lost.first_index == opened.tip.index + 1
    assert f"entries from {opened.tip.index + 1} on" in str(opened.lost)
    assert opened.lost.reason.zh in str(opened.lost)
    assert rotten & {bytes(disk.names[name].kept) for name in opened.lost.set_aside}
    front_is_lost = opened.tip == log.now.tip
    assert front_is_lost or Mark(opened.tip.term, opened.tip.index) < log.acknowledged
    if not front_is_lost:
        refill(opened, log)
    return True


def test_no_more_than_some_damaged_files_are_kept() -> None:
    disk = LossyDisk()
    for _ in range(SET_ASIDE_MAX + 3):
        log = open_log(disk.directory(), Mark(1, 2), repair=True)
        log.append(make_entries(log.tip, [bytes(9000)] * 2))
        log.sync()
        disk.flip_bit(min(name for name in disk.names if name[0] == "0"), 200)
    log = open_log(disk.directory(), Mark(1, 2), repair=True)
    assert log.tip.index == 0
    kept = [name for name in disk.names if name.startswith("damaged-")]
    assert len(kept) == SET_ASIDE_MAX
    assert log.lost is not None
    assert log.lost.set_aside == ()


def refill(opened: DurableLog, log: ChangingLog) -> None:
    """A leader gives back what is lost: from where the logs agree, or, if that is before the log, all anew."""
    wanted = log.now
    base = wanted.base.index
    agree = max((entry.index for entry in wanted.entries if opened.tip_at(entry.index) == entry.tip), default=base)
    if opened.tip_at(agree) != wanted.upto(agree).tip:
        opened.reset(wanted.base)
    opened.truncate_suffix(agree)
    opened.append(wanted.entries[agree - base :])
    opened.sync()
    log.covered = max(log.covered, opened.base.index)
    assert wanted.is_in(opened, log.covered)


def test_without_repair_rot_is_loud() -> None:
    disk = LossyDisk()
    log = open_log(disk.directory(), NOTHING)
    log.append(make_entries(log.tip, [bytes(500)] * 3))
    log.sync()
    (name,) = disk.names
    disk.flip_bit(name, len(disk.names[name].seen) // 2)
    before = bytes(disk.names[name].seen)
    with pytest.raises(LogDamaged, match="acknowledged"):
        open_log(disk.directory(), Mark(1, 3))
    assert {name: bytes(inode.seen) for name, inode in disk.names.items()} == {name: before}


def test_a_torn_end_after_an_overwriting_is_no_damage_though_the_replaced_log_was_longer_and_acknowledged() -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID)
    log.append(make_entries(log.tip, [bytes(700)] * 20))
    log.sync()
    log.truncate_suffix(4)
    kept = make_entries(log.tip, [b"new"], term=2)
    log.append(kept)
    log.sync()
    log.append(make_entries(log.tip, [bytes(9000)] * 2, term=2))
    newest = disk.names[max(disk.names)]
    newest.seen[5000:5010] = b"torn apart"
    log = DurableLog.open(disk.directory(), CHAIN_ID, Mark(2, 5))
    assert (log.tip, log.base) == (kept[-1].tip, first_tip(CHAIN_ID))
    assert log.cut_bytes > 9000


def test_what_was_replaced_stays_replaced_when_what_replaced_it_is_cut_away_too() -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID)
    old = make_entries(log.tip, [bytes([n]) for n in range(9)])
    log.append(old)
    log.sync()
    for term, index in ((2, 6), (3, 3), (4, 5)):
        log.truncate_suffix(index)
        log.append(make_entries(log.tip, [b"x", b"y"], term))
        log.sync()
    log.truncate_suffix(4)
    log.sync()
    for held in (log, DurableLog.open(disk.directory(), CHAIN_ID, NOTHING)):
        assert [entry.term for entry in held.entries(1, held.tip.index + 1)] == [1, 1, 1, 3]
        assert held.tip_at(3) == old[2].tip
        assert (held.term_at(5), held.tip_at(5)) == (None, None)


def test_a_reset_forgets_everything_and_takes_up_any_place() -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID)
    log.append(make_entries(log.tip, [b"a"] * 9))
    log.sync()
    for place in (Tip(7, 400, b"d" * 32), Tip(8, 3, b"e" * 32), first_tip(CHAIN_ID)):
        log.reset(place)
        assert (log.base, log.tip, log.durable_index) == (place, place, place.index)
        log.sync()
        log = DurableLog.open(disk.directory(), CHAIN_ID)
        assert (log.base, log.tip) == (place, place)
        entry = next_entry(place, 9, b"goes on")
        log.append([entry])
        log.sync()
        assert DurableLog.open(disk.directory(), CHAIN_ID).entry(entry.index) == entry
        assert len(disk.names) == 1, "what is void is removed"


def test_the_newest_entries_are_read_from_memory_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = LossyDisk()
    log = DurableLog.open(disk.directory(), CHAIN_ID, cache_bytes=10_000)
    entries = make_entries(log.tip, [bytes(1000)] * 50)
    log.append(entries)
    log.sync()
    reads: list[int] = []

    def read(_: LossyFile, offset: int, length: int) -> bytes:
        reads.append(offset)
        return bytes(length)

    monkeypatch.setattr(LossyFile, "read", read)
    assert log.entries(44, 51) == entries[43:]
    assert [log.term_at(index) for index in range(1, 51)] == [1] * 50
    assert [log.tip_at(index) for index in range(1, 51)] == [entry.tip for entry in entries]
    assert not reads
    monkeypatch.undo()
    assert log.entries(1, 51) == entries
    assert len(log.entries(1, 51, 3000)) == 3
    assert len(log.entries(1, 51, 2999)) == 2
    assert len(log.entries(1, 51, 0)) == 1
    assert log.entries(51, 51, 0) == []
    with pytest.raises(IndexError):
        log.entries(1, 52)


def test_an_entry_larger_than_the_memory_for_entries_is_kept_while_it_is_the_newest() -> None:
    log = DurableLog.open(LossyDisk().directory(), CHAIN_ID, cache_bytes=100)
    entries = make_entries(log.tip, [bytes(1000), bytes(2000)])
    log.append(entries)
    assert log._cache.get(2) is entries[1]
    assert log._cache.get(1) is None
    assert log.entries(1, 3) == entries


def test_on_a_real_disk(tmp_path: Path) -> None:
    directory, log = OsDirectory(tmp_path), ChangingLog(random.Random(3))
    for _ in range(4):
        opened = log.start(directory)
        log.run(opened, 2 * TURNS)
        opened.close()
        assert len(list(Path("/proc/self/fd").iterdir())) < 60, "files are left open"
    log.settle(log.now)
    names = [name for name in directory.names() if name.endswith(".log")]
    newest = tmp_path / names[-1]
    contents = bytearray(newest.read_bytes())
    contents[150] ^= 1
    newest.write_bytes(contents)
    with pytest.raises(LogDamaged, match=names[-1]):
        log.start(directory)
    opened = open_log(directory, log.acknowledged, repair=True)
    assert opened.lost is not None
    assert opened.lost.set_aside == (f"damaged-1-{names[-1]}",)
    assert (tmp_path / opened.lost.set_aside[0]).read_bytes() == contents
    refill(opened, log)
    opened.close()
    log.start(directory).close()
    directory.close()


def test_the_model_notices_a_log_that_is_not_what_it_should_be() -> None:
    log = open_log(LossyDisk().directory(), NOTHING)
    entries = make_entries(log.tip, [b"a", b"b"])
    log.append(entries)
    assert State(log.base, tuple(entries)).is_in(log, 0)
    assert not State(log.base, tuple(entries[:1])).is_in(log, 0)
    other = ChangingLog(random.Random(1), allowed=[State(log.base, tuple(entries))])
    with pytest.raises(Lost):
        other.start(LossyDisk().directory())
