"""The safety file and its rules: a promise is never forgotten, contradicted or made for another key."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.errors import DiskFault, PromiseBroken, SafetyDamaged, SafetyExists, SafetyLost, SafetyOfAnother
from consensus.recovery import check_newest
from consensus.safety import COSIGNATURES_KEPT, NOTHING, Cosigned, Mark, Promises
from consensus.storage.safety import COPY_SIZE, SLOT_SIZE, SafetyFile, SafetyRecord, decode_record, encode_record
from tests.consensus.lossy_files import LossyDisk

CHAIN_ID, KEY = b"c" * 32, b"k" * 32
NUMBER = st.integers(0, 2**64 - 1)
HASH = st.binary(min_size=32, max_size=32)


def created(disk: LossyDisk) -> SafetyFile:
    return SafetyFile.create(disk.directory(), CHAIN_ID, KEY)


def reopened(disk: LossyDisk) -> SafetyFile:
    return SafetyFile.open(disk.directory(), CHAIN_ID, KEY)


@given(
    sequence=NUMBER,
    term=NUMBER,
    vote=st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=32),
    mark=st.builds(Mark, NUMBER, NUMBER),
    cosigned=st.lists(st.builds(Cosigned, NUMBER, HASH, NUMBER), max_size=COSIGNATURES_KEPT),
)
def test_records_round_trip(sequence: int, term: int, vote: str, mark: Mark, cosigned: list[Cosigned]) -> None:
    record = SafetyRecord(sequence, CHAIN_ID, KEY, Promises(term, vote, mark, tuple(cosigned)))
    data = encode_record(record)
    assert len(data) == COPY_SIZE
    assert decode_record(data) == record


@pytest.mark.fuzz
@given(st.binary(max_size=2 * COPY_SIZE))
def test_hostile_bytes_are_no_record(data: bytes) -> None:
    assert decode_record(data) is None
    assert decode_record(data.ljust(COPY_SIZE, b"\0")[:COPY_SIZE]) is None


def test_promises_are_there_after_reopening() -> None:
    disk = LossyDisk()
    safety = created(disk)
    safety.keep(3, "v2", Mark(3, 7))
    for height in range(1, 50):
        safety.cosign(height, bytes([height]) * 32, 1000 + height, Mark(3, 7 + height))
    disk.cut_power(lose_all=True)
    promises = reopened(disk).promises
    assert (promises.term, promises.vote, promises.acknowledged) == (3, "v2", Mark(3, 56))
    assert [given.height for given in promises.cosigned] == list(range(50 - COSIGNATURES_KEPT, 50))
    assert promises.find(49) == Cosigned(49, bytes([49]) * 32, 1049)


def test_a_repeated_cosignature_has_the_first_timestamp_and_writes_nothing() -> None:
    disk = LossyDisk()
    safety = created(disk)
    for height in (1, 2, 3):
        safety.cosign(height, bytes([height]) * 32, 1000 + height, Mark(1, height))
    before = disk.operations
    again = safety.cosign(2, bytes([2]) * 32, 9999, Mark(1, 2))
    assert again is not None
    assert again.timestamp_s == 1002
    assert disk.operations == before
    assert safety.promises.acknowledged == Mark(1, 3)


def test_contradicting_a_promise_is_refused_and_keeps_the_promise() -> None:
    disk = LossyDisk()
    safety = created(disk)
    safety.keep(5, "a", NOTHING)
    for height in range(1, COSIGNATURES_KEPT + 3):
        safety.cosign(height, bytes(32), 1000, Mark(5, height))
    before = safety.promises
    attempts: list[Callable[[], object]] = [
        lambda: safety.cosign(COSIGNATURES_KEPT, b"x" * 32, 1000, Mark(5, 99)),
        lambda: safety.keep(5, "b", Mark(5, 99)),
        lambda: safety.keep(5, "", Mark(5, 99)),
        lambda: safety.keep(4, "a", Mark(5, 99)),
    ]
    for refused in attempts:
        with pytest.raises(PromiseBroken, match=r"refusing to sign[\s\S]*拒绝签名"):
            refused()
    assert reopened(disk).promises == before
    safety.keep(5, "a", NOTHING)
    safety.keep(6, "b", NOTHING)
    assert reopened(disk).promises.vote == "b"


def test_term_vote_and_mark_are_one_write_and_the_mark_never_goes_down() -> None:
    disk = LossyDisk()
    safety = created(disk)
    before = disk.operations
    safety.keep(3, "v" * 64, Mark(3, 7))
    assert disk.operations == before + 2, "one write, one sync"
    for lower in (Mark(3, 7), Mark(3, 6), Mark(2, 999), NOTHING):
        safety.keep(3, "v" * 64, lower)
    assert disk.operations == before + 2
    safety.keep(4, "", Mark(4, 2))
    assert reopened(disk).promises == Promises(4, "", Mark(4, 2))


def test_a_height_passed_over_may_be_signed_later_and_one_that_is_forgotten_never() -> None:
    safety = created(LossyDisk())
    for height in (1, 2, 5):
        safety.cosign(height, bytes([height]) * 32, 1000 + height)
    assert safety.cosign(4, bytes([4]) * 32, 2000) == Cosigned(4, bytes([4]) * 32, 2000)
    assert [given.height for given in safety.promises.cosigned] == [1, 2, 4, 5]
    with pytest.raises(PromiseBroken):
        safety.cosign(4, b"x" * 32, 2001)
    for height in range(6, 6 + COSIGNATURES_KEPT):
        safety.cosign(height, bytes(32), 3000)
    before = safety.promises
    assert safety.cosign(3, bytes(32), 4000) is None
    assert safety.promises == before


def test_what_is_rightly_replaced_is_void_and_nothing_else_is() -> None:
    disk = LossyDisk()
    safety = created(disk)
    safety.cosign(1, bytes(32), 1000)
    safety.keep(3, "a", Mark(3, 7))
    before = safety.promises
    safety.void(Mark(3, 8))
    assert safety.promises == before
    safety.void(Mark(2, 4))
    disk.cut_power(lose_all=True)
    assert reopened(disk).promises == replace(before, acknowledged=Mark(2, 4))


def test_a_signature_that_the_safety_file_does_not_know_of_is_of_a_newer_file_or_another_place() -> None:
    disk = LossyDisk()
    safety = created(disk)
    for height in (1, 2, 3, 5):
        safety.cosign(height, bytes([height]) * 32, 1000)
    promises = safety.promises
    check_newest(promises, 3, bytes([3]) * 32)
    for height, shown in ((6, b"x" * 32), (4, b"x" * 32), (3, b"x" * 32)):
        with pytest.raises(PromiseBroken, match=r"backup[\s\S]*备份"):
            check_newest(promises, height, shown)
    for height in range(6, 2 + COSIGNATURES_KEPT):
        safety.cosign(height, bytes(32), 1000)
    with pytest.raises(PromiseBroken):
        check_newest(safety.promises, 4, b"x" * 32)
    for height in range(2 + COSIGNATURES_KEPT, 5 + COSIGNATURES_KEPT):
        safety.cosign(height, bytes(32), 1000)
    assert safety.promises.cosigned[0].height == 5
    check_newest(safety.promises, 4, b"x" * 32)


def test_a_lost_file_is_never_made_again() -> None:
    disk = LossyDisk()
    with pytest.raises(SafetyLost, match="new id and a new key"):
        reopened(disk)
    created(disk)
    with pytest.raises(SafetyExists):
        created(disk)


def test_it_serves_one_key_on_one_chain() -> None:
    disk = LossyDisk()
    created(disk)
    for owner in ((CHAIN_ID, b"o" * 32), (b"o" * 32, KEY)):
        with pytest.raises(SafetyOfAnother):
            SafetyFile.open(disk.directory(), *owner)


def test_any_one_damaged_copy_loses_no_promise() -> None:
    disk = LossyDisk()
    safety = created(disk)
    for height in (1, 2, 3, 4):
        safety.cosign(height, bytes(32), 1000, Mark(1, height))
    seen = disk.names["safety"].seen
    for copy in range(4):
        for offset in range(copy * COPY_SIZE, copy * COPY_SIZE + 1700, 97):
            seen[offset] ^= 4
            assert reopened(disk).promises == safety.promises
            seen[offset] ^= 4


def test_a_slot_without_a_whole_copy_may_have_held_the_newest_promise() -> None:
    disk = LossyDisk()
    created(disk).cosign(1, bytes(32), 1000, Mark(1, 1))
    seen = disk.names["safety"].seen
    for slot in (0, 1):
        for offset in (slot * SLOT_SIZE, slot * SLOT_SIZE + COPY_SIZE):
            seen[offset + 50] ^= 1
        with pytest.raises(SafetyDamaged, match="whole"):
            reopened(disk)
        for offset in (slot * SLOT_SIZE, slot * SLOT_SIZE + COPY_SIZE):
            seen[offset + 50] ^= 1
    del seen[-1]
    with pytest.raises(SafetyDamaged):
        reopened(disk)


def test_after_a_failed_sync_nothing_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = LossyDisk()
    safety = created(disk)

    def fail() -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(safety._file, "sync", fail)
    for _ in range(2):
        with pytest.raises(DiskFault, match="Input/output error"):
            safety.cosign(1, bytes(32), 1000, Mark(1, 1))
    assert safety.promises == Promises()
