"""`linxin readings import` against a real node: a messy file, an account of every row, and the same file again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.trading import Linxin, as_process, runner
from tests.support import shared_data

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("readings")]

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def linxin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linxin]:
    """Runs commands on a network of their own that takes readings of any age."""
    home = tmp_path_factory.mktemp("readings") / "network"
    run = runner(home)
    run("network", "init", str(home), "--parameter", "late_readings_ms=999999999999")
    try:
        up = as_process("network", "up", str(home))
        assert up.returncode == 0, up.stdout + up.stderr
        register(run, home, "probe-1", 1_493_596_800_000)
        register(run, home, "probe-2", time.time_ns() // 1_000_000 - 30 * DAY_MS)
        yield run
    finally:
        as_process("network", "down", str(home))


def register(run: Linxin, home: Path, device: str, from_ms: int) -> None:
    """A calibrated probe on a plot of its own."""
    key = run("key", "new", str(home / "keys" / f"{device}.key"), "--subject", f"device:{device}")["new_key"]
    moisture = {"name": "soil_moisture", "unit": "P1", "exponent": -2, "minimum": 0, "maximum": 6_000}
    warmth = {"name": "soil_temperature", "unit": "CEL", "exponent": -1, "minimum": -400, "maximum": 500}
    until_ms = time.time_ns() // 1_000_000 + 60 * DAY_MS
    names = {"name_zh": "探头", "name_en": "Probe"}
    for document in (
        {"action": "registry.register_device", "device": device, "metrics": [moisture, warmth], "interval_ms": 120_000}
        | {"key": key, **names},
        {"action": "registry.calibrate_device", "device": device, "valid_from_ms": from_ms, "valid_to_ms": until_ms}
        | {"certificate": "C-1"},
        {"action": "trace.register_plot", "plot": f"field-{device}", "area_m2": 500, **names},
        {"action": "trace.attach_device", "device": device, "thing": f"plot:field-{device}", "event_ms": from_ms},
    ):
        path = home / "action.json"
        path.write_text(json.dumps(document))
        run("submit", str(path), "--key", "farm")


def test_a_messy_file_is_sorted_and_its_faults_are_told(linxin: Linxin, tmp_path: Path) -> None:
    day = time.strftime("%d/%m/%Y", time.gmtime(time.time() - 3 * 86_400))
    file = tmp_path / "probe.csv"
    file.write_text(
        "d;h;wet;warm\n"
        f"{day};10:04:00;31,2;14,5\n"
        f"{day};10:00:00;31,5;14,1\n"
        f"{day};254:02:00;31,4;14,2\n"
        f"{day};10:06:00;inf;14,3\n"
        f"{day};10:08:00;31,1;-127\n"
    )
    how = ("--device", "probe-2", "--time", "d,h", "--time-format", "%d/%m/%Y %H:%M:%S", "--delimiter", ";")
    columns = ("--decimal-comma", "--column", "soil_moisture=wet", "--column", "soil_temperature=warm:CEL")
    command = ("readings", "import", str(file), *how, *columns, "--drop-implausible")
    tried = linxin(*command, "--dry-run", "--strict", status=1)["report"]
    assert (tried["rows"], tried["rows_refused"], tried["values_refused"], tried["sorted"]) == (5, 1, 2, True)
    assert [finding["first"][0]["line"] for finding in tried["findings"] if finding["refused"]] != []

    done = linxin(*command)
    assert done["ok"]
    assert done["records"] == 1
    assert done["refused"] == []
    assert done["report"] == tried

    again = linxin(*command)
    assert again["records"] == 0
    assert again["report"]["rows_accepted"] == 0


def test_a_real_file_comes_in_whole(linxin: Linxin) -> None:
    file = shared_data("iot_soil_karlsruhe/soil_moisture_temperature.csv")
    how = ("--device", "probe-1", "--time", "datetime", "--time-format", "%Y-%m-%d %H:%M:%S", "--timezone")
    columns = ("--column", "soil_moisture=soil_moisture", "--column", "soil_temperature=soil_temperature:CEL")
    done = linxin("readings", "import", str(file), *how, "Europe/Berlin", *columns, "--strict")
    assert (done["report"]["rows"], done["report"]["rows_accepted"], done["report"]["sorted"]) == (679, 679, True)
    assert done["records"] >= 12
    assert done["refused"] == []


def test_a_file_that_gives_nothing_is_a_failure(linxin: Linxin, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("时间,湿度\nyesterday,31.2\nnever,31.2\n".encode("gb18030"))
    how = ("--device", "probe-2", "--time", "时间", "--encoding", "gb18030", "--column", "soil_moisture=湿度")
    told = linxin("readings", "import", str(file), *how, status=1)
    assert (told["ok"], told["records"], told["report"]["rows_refused"]) == (False, 0, 2)


def test_a_device_that_nobody_registered(linxin: Linxin, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("t,v\n")
    refused = linxin("readings", "import", str(file), "--device", "ghost", "--time", "t", "--column", "v=v", status=1)
    assert "register" in refused["error"]["remedy_en"]
