"""Samples of a profiler are given to the stage of the innermost file that has one."""

from pathlib import Path

import pytest

from benchmarks.etcd_cluster import put_request
from benchmarks.stage_names import EVENT_LOOP, SIGNATURES, STAGES, stage_of
from benchmarks.stages import read_samples

ROOT = Path(__file__).resolve().parents[2]
LOOP = ["run (asyncio/runners.py:190)", "Driver.run (network/driver.py:101)"]


@pytest.mark.parametrize(
    ("frames", "stage"),
    [
        (
            ["_process_checking (network/verify_pool.py:3)", "crypto_sign_open (nacl/bindings/crypto_sign.py:112)"],
            SIGNATURES,
        ),
        (
            [*LOOP, "_Run.journal (ledger/execute.py:9)", "sha256 (ledger/crypto/hashing.py:1)"],
            "execute: journals and log",
        ),
        ([*LOOP, "OsFile.sync (consensus/storage/files.py:9)"], "log and safety file: write and fsync"),
        (["run (asyncio/runners.py:190)", "select (selectors.py:4)"], EVENT_LOOP),
    ],
)
def test_the_innermost_stage_counts(frames: list[str], stage: str) -> None:
    assert stage_of(frames) == stage


def test_every_listed_file_exists() -> None:
    ours = [place for place, _ in STAGES if not place.startswith(("grpc/", "prometheus_client/"))]
    assert [place for place in ours if not (ROOT / place).exists()] == []


def test_samples_are_kept_apart_by_thread(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_text(
        "thread (7): MainThread;a (network/mempool.py:1) 3\n"
        "thread (7): MainThread;a (network/mempool.py:2);b (x.py:1) 2\n"
        "thread (9): Thread-1;c (x.py:1) 4\n"
    )
    found = read_samples(raw)
    assert found[7] == {"admission and waiting room": 5}
    assert found[9] == {EVENT_LOOP: 4}


def test_a_put_of_etcd_is_laid_out_as_protobuf() -> None:
    message = put_request(b"key")
    assert message[:8] == b"\x0a\x03key\x12\x80\x02"
    assert len(message) == 8 + 256
