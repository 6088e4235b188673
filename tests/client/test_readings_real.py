"""Two files as loggers really wrote them: unsorted soil readings, and a milk tank with true faults."""

import io

import pytest

from client.readings import Imported, ImportOptions, Reason, import_file, import_readings, parse_column
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Calibration, Device
from tests.support import shared_data

NOW_MS = 1_795_000_000_000

MILK = "iot_milk_tank_dirty/MILK_temperature_raw.csv"
MILK_OPTIONS = ImportOptions(
    time_columns=("data", "hora"),
    time_format="%d/%m/%Y %H:%M:%S",
    timezone="America/Sao_Paulo",
    delimiter="p",
    columns=tuple(map(parse_column, ("humidity=umidade", "outside=t_ex:CEL", "t1=t1", "t8=t8"))),
)
SOIL_OPTIONS = ImportOptions(
    time_columns=("datetime",),
    time_format="%Y-%m-%d %H:%M:%S",
    timezone="Europe/Berlin",
    columns=(parse_column("soil_moisture=soil_moisture"), parse_column("soil_temperature=soil_temperature:CEL")),
)


def device(*metrics: Metric) -> Device:
    always = Calibration(0, 2_000_000_000_000, None, "farm", 0)
    return Device("farm", "探头", "Probe", metrics, 600_000, (always,), None, (), 0)


SOIL_DEVICE = device(Metric("soil_moisture", "P1", -2, 0, 6000), Metric("soil_temperature", "CEL", -1, -400, 800))
MILK_DEVICE = device(
    Metric("humidity", "P1", -2, 0, 10_000),
    *(Metric(name, "CEL", -2, -2_000, 6_000) for name in ("outside", "t1", "t8")),
)


@pytest.fixture(scope="module")
def milk() -> Imported:
    return import_file(shared_data(MILK), MILK_DEVICE, MILK_OPTIONS, NOW_MS)


def texts(imported: Imported, reason: Reason) -> list[str]:
    return [text for _, text in imported.report.findings[reason].first]


@pytest.mark.parametrize("name", ["soil_moisture_temperature.csv", "soilmoisture_full.csv"])
def test_soil_readings_are_sorted_and_exact(name: str) -> None:
    imported = import_file(shared_data(f"iot_soil_karlsruhe/{name}"), SOIL_DEVICE, SOIL_OPTIONS, NOW_MS)
    report = imported.report
    assert (report.rows, report.rows_accepted, report.moved) == (679, 679, 410)
    assert "sorted" in "\n".join(report.lines("en"))
    assert "已排序" in "\n".join(report.lines("zh"))
    instants = [batch.start_ms + offset for batch in imported.batches for offset in batch.offsets_ms]
    assert instants == sorted(instants)
    assert len(instants) == 679
    # 2017-05-23 14:06:17 in Berlin is 12:06:17 UTC; the file says 33.51 % and 34.8 degrees
    moisture = {
        batch.start_ms + offset: value
        for batch in imported.batches
        for offset, value in zip(batch.offsets_ms, batch.columns["soil_moisture"], strict=True)
    }
    assert moisture[1_495_541_177_000] == 3351
    assert max(len(batch.offsets_ms) for batch in imported.batches) <= 60


def test_the_tank_is_accounted_for_row_by_row(milk: Imported) -> None:
    report = milk.report
    assert report.rows == len(shared_data(MILK).read_bytes().splitlines()) - 1
    assert report.rows == report.rows_accepted + report.rows_refused == 14_327
    assert report.count(Reason.TIME_INVALID) == 1_636
    accepted = sum(len(batch.offsets_ms) for batch in milk.batches)
    assert accepted == report.rows_accepted
    held = sum(value is not None for batch in milk.batches for column in batch.columns.values() for value in column)
    assert held == report.values_accepted


def test_wrapped_hours_are_counted_and_explained(milk: Imported) -> None:
    english = " ".join(en for _, en in milk.report.hints)
    assert "254 (546)" in english
    assert "11 rows have the date 0/0" in english
    assert texts(milk, Reason.TIME_INVALID)[0] == "0/ 0/2000 6:36:19"


def test_infinite_and_missing_values_are_refused_with_their_line(milk: Imported) -> None:
    assert milk.report.findings[Reason.INFINITE].first == [(6297, "humidity=INF"), (6297, "outside=INF")]
    assert milk.report.count(Reason.NOT_A_NUMBER) > 10


def test_implausible_values_are_kept_and_flagged_by_range() -> None:
    lines = shared_data(MILK).read_bytes().splitlines(keepends=True)
    chosen = [lines[0], *(lines[number - 1] for number in (6296, 5331, 5336))]
    fields = chosen[3].split(b"p")
    fields[7] = b"-127.000000"
    chosen[3] = b"p".join(fields)
    imported = import_readings(io.BytesIO(b"".join(chosen)), MILK_DEVICE, MILK_OPTIONS, NOW_MS)
    shown = texts(imported, Reason.OUT_OF_RANGE)
    assert "humidity=201.60" in shown
    assert "t1=-7802881800000.00" in shown
    assert "t1=-127.00" in shown
    assert any("DS18B20" in en for _, en in imported.report.hints)
    assert imported.report.rows_accepted == 3


def test_what_the_device_cannot_represent_is_refused() -> None:
    lines = shared_data(MILK).read_bytes().splitlines(keepends=True)
    fine = device(*(Metric(m.name, m.unit, -6, -(10**8), 10**8) for m in MILK_DEVICE.metrics))
    imported = import_readings(io.BytesIO(lines[0] + lines[5330]), fine, MILK_OPTIONS, NOW_MS)
    assert imported.report.findings[Reason.OVERFLOW].first[0] == (2, "t1=-7802881800000.000000")
    assert imported.report.count(Reason.ROUNDED) == 0
