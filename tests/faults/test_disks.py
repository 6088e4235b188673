"""Disks that are full, wiped, restored from a copy or rotten, under a running network: who stops, and in what words."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.cluster import eventually
from tests.faults.conftest import Trial

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("faults")]

GOES_ON_S_MAX = 20.0
ROOM_BYTES = 48_000_000
"""What the small disk has left when the node starts on it: LevelDB writes some of its files anew then."""

NODE = "hub"


@contextmanager
def small_disk(path: Path) -> Iterator[None]:
    """Let a folder lie on a small disk of its own meanwhile. Skips where nothing may be mounted."""
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    path.mkdir()
    size = sum(file.stat().st_size for file in aside.rglob("*")) + ROOM_BYTES
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        path.rmdir()
        aside.rename(path)
        pytest.skip(f"a full disk needs a small one, and none can be mounted here (only root may): {mounted.stderr}")
    try:
        shutil.copytree(aside, path, dirs_exist_ok=True)
        shutil.rmtree(aside)
        yield
    finally:
        shutil.copytree(path, aside, dirs_exist_ok=True)
        subprocess.run(["umount", "--lazy", str(path)], check=True)
    path.rmdir()
    aside.rename(path)


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def test_a_full_disk_stops_its_node_loudly_and_nobody_else(trial: Trial) -> None:
    cluster = trial.cluster
    cluster.heal()
    node = cluster.leader()
    assert cluster.stop(node) == 0
    data = cluster.home(node) / "data"
    with small_disk(data):
        with trial.under_load() as load:
            fill(data / "ballast")
            assert cluster.ended(node) == 1
            assert "No space left on device" in cluster.said(node)
            assert "磁盘空间" in cluster.said(node)
            assert "Traceback" not in cluster.said(node)
            load.goes_on(GOES_ON_S_MAX)
            (data / "ballast").unlink()
            cluster.start(node)
            cluster.caught_up(node)
        assert cluster.stop(node) == 0


def test_a_wiped_log_is_refilled_and_a_wiped_ledger_fetched(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        for part in ("log", "ledger"):
            cluster.kill(NODE)
            shutil.rmtree(cluster.home(NODE) / "data" / part)
            cluster.start(NODE)
            load.goes_on(GOES_ON_S_MAX)
            cluster.caught_up(NODE)
        trial.chains.forget(NODE)


def test_a_rotten_log_is_set_aside_and_refilled(trial: Trial) -> None:
    cluster = trial.cluster
    with trial.under_load() as load:
        cluster.kill(NODE)
        log = cluster.home(NODE) / "data" / "log"
        rotten = max(log.glob("*.log"), key=lambda file: file.stat().st_size)
        flip_a_bit(rotten, rotten.stat().st_size // 2)
        cluster.start(NODE)
        assert "the log is damaged" in cluster.said(NODE)
        assert list(log.glob("damaged-*")), "kept for inquiry"
        load.goes_on(GOES_ON_S_MAX)
        cluster.caught_up(NODE)


def flip_a_bit(path: Path, offset: int) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        [byte] = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


def test_a_key_whose_safety_file_is_gone_or_older_signs_nothing(trial: Trial, tmp_path: Path) -> None:
    """With `data` restored too, it cannot know by itself: its peers show it what it has signed since."""
    cluster = trial.cluster
    home = cluster.home(NODE)
    with trial.under_load() as load:
        assert cluster.stop(NODE) == 0
        for part in ("safety", "data"):
            shutil.copytree(home / part, tmp_path / part)
        (home / "safety" / "safety").rename(tmp_path / "newest")
        assert_refused(trial, "安全文件", "is gone while its key is still here", "join with a new id and a new key")
        (tmp_path / "newest").rename(home / "safety" / "safety")
        cluster.start(NODE)
        before = cluster.height()
        eventually(lambda: has_signed(trial, before), 20, "its signature is on a later certificate")
        cluster.kill(NODE)
        for part in ("safety", "data"):
            (home / part).rename(tmp_path / f"{part}.newest")
            shutil.copytree(tmp_path / part, home / part)
        assert_refused(trial, "旧副本", "restored from a backup")
        shutil.rmtree(home / "data")
        (tmp_path / "data.newest").rename(home / "data")
        assert_refused(trial, "旧副本", "restored from a backup")
        load.goes_on(GOES_ON_S_MAX)
        shutil.rmtree(home / "safety")
        (tmp_path / "safety.newest").rename(home / "safety")
        cluster.start(NODE)
    assert {each.evidence_count for each in cluster.statuses().values()} == {0}, "it never signed a height twice"


def assert_refused(trial: Trial, *words: str) -> None:
    """The node stops by itself, and says why."""
    trial.cluster.launch(NODE)
    assert trial.cluster.ended(NODE) == 1
    said = trial.cluster.said(NODE)
    assert all(each in said for each in words), said
    assert "Traceback" not in said


def has_signed(trial: Trial, after: int) -> bool:
    """Whether a certificate later than `after` holds a signature of `NODE`."""
    others = [said for node, said in trial.cluster.statuses().items() if node != NODE]
    return any(said.height > after and f"linxin/faults/{NODE}" in said.signers for said in others)
