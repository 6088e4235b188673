"""The import of sensor files, fault by fault: every row and value is accounted for, whatever the bytes."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.failures import Failure
from client.readings import (
    Batch,
    ColumnChoice,
    Imported,
    ImportFailure,
    ImportOptions,
    Reason,
    import_file,
    import_readings,
    parse,
    parse_column,
)
from client.readings.times import TimeSettings
from client.readings.values import UnitsDiffer
from ledger.modules.registry.messages import Metric
from ledger.modules.registry.state import Calibration, Device

NOW_MS = 1_795_000_000_000
TEMPERATURE = Metric("t", "CEL", -2, -4_000, 8_500)
HUMIDITY = Metric("h", "P1", -1, 0, 1_000)


def device(*metrics: Metric, calibrations: tuple[tuple[int, int], ...] = ((0, 2_000_000_000_000),)) -> Device:
    stated = tuple(Calibration(begin, end, None, "farm", 0) for begin, end in calibrations)
    return Device("farm", "探头", "Probe", metrics or (TEMPERATURE, HUMIDITY), 60_000, stated, None, (), 0)


def options(**changes: object) -> ImportOptions:
    values: dict[str, object] = {
        "time_columns": ("time",),
        "time_format": "%Y-%m-%d %H:%M:%S",
        "timezone": "Asia/Shanghai",
        "columns": (ColumnChoice("t", "t", None), ColumnChoice("h", "h", None)),
    }
    return ImportOptions(**(values | changes))  # type: ignore[arg-type]  # a test's table of fields


def run(text: str | bytes, probe: Device | None = None, **changes: object) -> Imported:
    raw = text if isinstance(text, bytes) else text.encode()
    imported = import_readings(io.BytesIO(raw), probe or device(), options(**changes), NOW_MS)
    imported.report.check()
    return imported


def values(imported: Imported, metric: str) -> list[int | None]:
    return [value for batch in imported.batches for value in batch.columns.get(metric, ())]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1000


def test_naive_times_are_taken_in_their_zone() -> None:
    imported = run("time,t,h\n2026-05-01 08:00:00,21.5,60\n")
    assert imported.batches == (Batch(ms("2026-05-01T08:00:00+08:00"), (0,), {"t": (2150,), "h": (600,)}),)


@pytest.mark.parametrize(
    ("text", "unit", "scaled", "rounded"),
    [
        ("21.5", "CEL", 2150, False),
        ("294.65", "KEL", 2150, False),
        ("70.7", "FAH", 2150, False),
        ("32", "FAH", 0, False),
        ("33", "FAH", 56, True),
        ("0.005", "CEL", 0, True),
        ("0.015", "CEL", 2, True),
        ("0.025", "CEL", 2, True),
        ("-0.015", "CEL", -2, True),
        ("1e1", "CEL", 1000, False),
        ("+3.", "CEL", 300, False),
        (".5", "CEL", 50, False),
        ("0.1", "CEL", 10, False),
        ("0e9999", "CEL", 0, False),
        ("1e-9999", "CEL", 0, True),
    ],
)
def test_numbers_convert_exactly_and_round_half_to_even(text: str, unit: str, scaled: int, rounded: bool) -> None:
    imported = run(f"time,t,h\n2026-05-01 08:00:00,{text},60\n", columns=(ColumnChoice("t", "t", unit),))
    assert values(imported, "t") == [scaled]
    assert imported.report.count(Reason.ROUNDED) == rounded


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        ("NaN", Reason.NOT_A_NUMBER),
        ("inf", Reason.INFINITE),
        ("-Infinity", Reason.INFINITE),
        ("hot", Reason.TEXT),
        ("1_000", Reason.TEXT),
        ("٣", Reason.TEXT),
        ("0x10", Reason.TEXT),
        ("1" * 65, Reason.TEXT),
        ("1" * 60, Reason.OVERFLOW),
        ("1e9999", Reason.OVERFLOW),
        ("-7.8e15", Reason.OVERFLOW),
    ],
)
def test_what_is_no_value_is_named_with_its_line(text: str, reason: Reason) -> None:
    imported = run(f"time,t,h\n2026-05-01 08:00:00,{text},60\n")
    assert [line for line, _ in imported.report.findings[reason].first] == [2]
    assert values(imported, "h") == [600]
    assert "t" not in imported.batches[0].columns


def test_a_row_without_any_value_is_left_out_and_says_why() -> None:
    imported = run("time,t,h\n2026-05-01 08:00:00,NaN,\n")
    assert imported.batches == ()
    assert {reason: imported.report.count(reason) for reason in imported.report.findings} == {
        Reason.NOT_A_NUMBER: 1,
        Reason.EMPTY: 1,
        Reason.NO_VALUE: 1,
    }


def test_out_of_range_is_kept_or_left_out_as_asked() -> None:
    text = "time,t,h\n2026-05-01 08:00:00,-127,60\n2026-05-01 08:01:00,20,60\n"
    kept = run(text)
    assert values(kept, "t") == [-12_700, 2000]
    assert kept.report.findings[Reason.OUT_OF_RANGE].first == [(2, "t=-127.00")]
    dropped = run(text, keep_out_of_range=False)
    assert values(dropped, "t") == [None, 2000]
    assert dropped.report.findings[Reason.OUT_OF_RANGE_REFUSED].first == [(2, "t=-127.00")]


@pytest.mark.parametrize(
    ("time", "zone", "reason"),
    [
        ("2026-05-01 254:00:00", "Asia/Shanghai", Reason.TIME_INVALID),
        ("2026-02-30 01:00:00", "Asia/Shanghai", Reason.TIME_INVALID),
        ("yesterday", "Asia/Shanghai", Reason.TIME_INVALID),
        ("", "Asia/Shanghai", Reason.TIME_INVALID),
        ("1960-01-01 00:00:00", "Asia/Shanghai", Reason.TIME_INVALID),
        ("2026-03-29 02:30:00", "Europe/Berlin", Reason.TIME_SKIPPED),
        ("2025-10-26 02:30:00", "Europe/Berlin", Reason.TIME_TWICE),
        ("2027-01-01 00:00:00", "Asia/Shanghai", Reason.FUTURE),
    ],
)
def test_times_that_cannot_stand(time: str, zone: str, reason: Reason) -> None:
    imported = run(f"time,t,h\n{time},20,60\n", timezone=zone)
    assert imported.report.findings[reason].first == [(2, time)]
    assert imported.report.values_in_refused_rows == 2


def test_an_hour_that_occurs_twice_can_be_told() -> None:
    text = "time,t,h\n2025-10-26 02:30:00,20,60\n"
    first = run(text, timezone="Europe/Berlin", ambiguous="first").batches[0].start_ms
    second = run(text, timezone="Europe/Berlin", ambiguous="second").batches[0].start_ms
    assert first == ms("2025-10-26T02:30:00+02:00")
    assert second - first == 3_600_000


@pytest.mark.parametrize(
    ("time", "time_format", "expected"),
    [
        ("2026-05-01T08:00:00+02:00", "iso", ms("2026-05-01T08:00:00+02:00")),
        ("2026-05-01T08:00:00", "iso", ms("2026-05-01T08:00:00+08:00")),
        ("1777593600", "unix", 1_777_593_600_000),
        ("1777593600.25", "unix", 1_777_593_600_250),
        ("1777593600123", "unix_ms", 1_777_593_600_123),
        ("2026-05-01 08:00:00 -0300", "%Y-%m-%d %H:%M:%S %z", ms("2026-05-01T08:00:00-03:00")),
        (" 1/ 5/2026  9: 3: 7", "%d/%m/%Y %H:%M:%S", ms("2026-05-01T09:03:07+08:00")),
    ],
)
def test_time_formats(time: str, time_format: str, expected: int) -> None:
    assert run(f"time,t,h\n{time},20,60\n", time_format=time_format).batches[0].start_ms == expected


def test_rows_are_sorted_and_repetitions_told_apart_from_conflicts() -> None:
    imported = run(
        "time,t,h\n"
        "2026-05-01 08:02:00,22,60\n"
        "2026-05-01 08:00:00,20,60\n"
        "2026-05-01 08:02:00,22,60\n"
        "2026-05-01 08:01:00,21,60\n"
        "2026-05-01 08:02:00,99,60\n"
    )
    assert values(imported, "t") == [2000, 2100, 2200]
    report = imported.report
    assert report.moved == 2
    assert report.findings[Reason.REPEATED].first == [(4, "line 2")]
    assert report.findings[Reason.CONFLICT].first == [(6, "line 2")]
    assert imported.batches[0].interval_ms == 60_000


def test_batches_are_cut_at_sixty_at_a_day_and_at_a_gap_of_calibration() -> None:
    start = ms("2026-05-01T00:00:00+00:00") // 1000
    many = "time,t,h\n" + "".join(f"{start + number * 60},20,60\n" for number in range(130))
    assert [len(batch.offsets_ms) for batch in run(many, time_format="unix").batches] == [60, 60, 10]
    sparse = "time,t,h\n" + "".join(f"{start + number * 40_000},20,60\n" for number in range(5))
    assert [batch.offsets_ms[-1] for batch in run(sparse, time_format="unix").batches] == [80_000_000, 40_000_000]
    gap = device(calibrations=((0, (start + 61) * 1000), ((start + 100) * 1000, 2_000_000_000_000)))
    imported = run("time,t,h\n" + "".join(f"{start + s},20,60\n" for s in (0, 60, 90, 120)), gap, time_format="unix")
    assert [len(batch.offsets_ms) for batch in imported.batches] == [2, 1]
    assert imported.report.findings[Reason.UNCALIBRATED].first == [(4, str(start + 90))]


def test_what_the_ledger_has_or_no_longer_takes_is_left_out() -> None:
    text = "time,t,h\n1000,20,60\n2000,20,60\n3000,20,60\n"
    imported = run(text, time_format="unix", earliest_ms=2_000_000, recorded_until_ms=2_000_000)
    assert imported.report.count(Reason.TOO_OLD) == 1
    assert imported.report.count(Reason.RECORDED) == 1
    assert imported.batches[0].start_ms == 3_000_000


def test_cut_shifted_long_and_undecodable_lines_are_named() -> None:
    raw = (
        b"time,t,h\n"
        b"2026-05-01 08:00:00,20\n"
        b"2026-05-01 08:00:01,20,60,7\n"
        b"2026-05-01 08:00:02,20,60,\n"
        b"\n" + b"x" * 200_000 + b"\n"
        b"2026-05-01 08:00:03,20,\xff\n"
        b"2026-05-01 08:00:04,20,60"
    )
    report = run(raw).report
    assert (report.rows, report.rows_accepted, report.blank_lines) == (6, 2, 1)
    assert [line for line, _ in report.findings[Reason.FIELDS].first] == [2, 3]
    assert report.findings[Reason.LINE_TOO_LONG].first == [(6, "")]
    assert [line for line, _ in report.findings[Reason.ENCODING].first] == [7]


def test_other_dialects() -> None:
    text = "\ufefftime;t;h\r\n2026-05-01 08:00:00;21,5;60\r\n"
    assert values(run(text, delimiter=";", decimal_comma=True), "t") == [2150]
    quoted = 'time,t,h,"a, b"\n"2026-05-01 08:00:00",21.5,60,"x, y"\n'
    assert values(run(quoted), "t") == [2150]
    chinese = "时间,温度\n2026-05-01 08:00:00,21.5\n".encode("gb18030")
    columns = (ColumnChoice("t", "温度", None),)
    assert values(run(chinese, encoding="gb18030", time_columns=("时间",), columns=columns), "t") == [2150]


def test_columns_by_number_where_the_delimiter_cuts_names() -> None:
    text = "datatemphp\n2026-05-01 08:00:00p21.5p60p\n"
    chosen = (ColumnChoice("t", "#2", None), ColumnChoice("h", "#3", None))
    with pytest.raises(ImportFailure) as failure:
        run(text, delimiter="p", columns=chosen, time_columns=("#1",))
    assert "#1 datatem, #2 h" in failure.value.remedy_en


def test_a_tank_logger_with_the_delimiter_p_and_all_its_faults() -> None:
    """The faults of a real logger (8-bit hours, no date, inf, 201.6 %, -7.8e12, -127) in rows made for this test."""
    text = (
        "locuspdayphourpwetpt_outpt1p\n"
        "     1p 0/ 0/2000p 6:36:19p67.000000p26.799999p      NANp\n"
        "     1p31/ 7/2023p254:49:29p46.969696p26.647470p24.808350p\n"
        "     1p31/ 7/2023p255: 9:29p47.681820p26.448978p24.722069p\n"
        "     1p 1/ 8/2023p 9: 3: 7p201.600010p26.448978p-127.000000p\n"
        "     1p 1/ 8/2023p 9:13: 7p      INFp26.448978p-7802881800000.000000p\n"
        "     1p 1/ 8/2023p 8:53: 7p47.681820p26.448978p24.722069p\n"
    )
    probe = device(Metric("t", "CEL", -6, -20_000_000, 60_000_000), HUMIDITY)
    imported = run(
        text,
        probe,
        delimiter="p",
        time_columns=("day", "hour"),
        time_format="%d/%m/%Y %H:%M:%S",
        timezone="America/Sao_Paulo",
        columns=(parse_column("t=t1:CEL"), parse_column("h=wet")),
    )
    report = imported.report
    assert (report.rows, report.rows_accepted, report.moved) == (6, 2, 1)
    assert values(imported, "t") == [24_722_069, -127_000_000]
    assert values(imported, "h") == [477, 2016]
    assert {reason: report.count(reason) for reason in report.findings} == {
        Reason.TIME_INVALID: 3,
        Reason.INFINITE: 1,
        Reason.OVERFLOW: 1,
        Reason.NO_VALUE: 1,
        Reason.OUT_OF_RANGE: 2,
        Reason.ROUNDED: 2,
    }
    english = " ".join(report.lines("en"))
    for words in ("254 (1), 255 (1)", "1 rows have the date 0/0", "DS18B20", "6 = 2 accepted + 4 left out"):
        assert words in english


@pytest.mark.parametrize(
    ("changes", "failure", "words"),
    [
        ({"timezone": "Mars/Olympus"}, TimeSettings, "Mars/Olympus"),
        ({"timezone": "../../etc/passwd"}, TimeSettings, "zone"),
        ({"time_format": "%Q"}, TimeSettings, "%Q"),
        ({"delimiter": ",,"}, ImportFailure, "delimiter"),
        ({"encoding": "klingon"}, ImportFailure, "encoding"),
        ({"time_columns": ("when",)}, ImportFailure, "'when'"),
        ({"columns": ()}, ImportFailure, "one to eight"),
        ({"columns": (ColumnChoice("x", "t", None),)}, ImportFailure, "no metric x"),
        ({"columns": (ColumnChoice("t", "t", None),) * 2}, ImportFailure, "chosen once"),
        ({"columns": (ColumnChoice("t", "t", "P1"),)}, UnitsDiffer, "CEL"),
        ({"columns": (ColumnChoice("t", "t", "ZZ"),)}, UnitsDiffer, "ZZ"),
    ],
)
def test_options_that_cannot_be_are_refused_in_both_languages(
    changes: dict[str, object], failure: type[Failure], words: str
) -> None:
    with pytest.raises(failure, match=words) as refused:
        run("time,t,h\n2026-05-01 08:00:00,20,60\n", device(), **changes)
    assert refused.value.zh
    assert refused.value.remedy_zh


@pytest.mark.parametrize("text", ["", "\n", ",,,\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(ImportFailure, match="header"):
        run(text)


def test_files_beyond_the_limits_are_refused_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.csv"
    path.write_text("time,t,h\n" + "".join(f"2026-05-01 08:00:0{second},20,60\n" for second in range(5)))
    monkeypatch.setattr(parse, "ROWS_MAX", 5)
    assert import_file(path, device(), options(), NOW_MS).report.rows == 5
    monkeypatch.setattr(parse, "ROWS_MAX", 4)
    with pytest.raises(ImportFailure, match="4 rows"):
        import_file(path, device(), options(), NOW_MS)
    monkeypatch.setattr(parse, "FILE_SIZE_MAX", 2**4)
    with pytest.raises(ImportFailure, match="MiB"):
        import_file(path, device(), options(), NOW_MS)
    with pytest.raises(ImportFailure, match="cannot be read"):
        import_file(tmp_path / "none.csv", device(), options(), NOW_MS)


def test_column_choices() -> None:
    assert parse_column("soil_temperature=t1:CEL") == ColumnChoice("soil_temperature", "t1", "CEL")
    assert parse_column("t=a:b") == ColumnChoice("t", "a:b", None)
    assert parse_column("t=#6:P1") == ColumnChoice("t", "#6", "P1")
    for text in ("t", "=x", "t=", "T=x", "t=:CEL"):
        with pytest.raises(ImportFailure):
            parse_column(text)


LINE = st.one_of(
    st.binary(max_size=40),
    st.tuples(
        st.sampled_from(["2026-05-01 08:00:0", "2026-05-01 0:0:", "0/ 0/2000 ", "9999-12-31 23:59:5", ""]),
        st.integers(0, 9),
        st.sampled_from(["20", "-127", "inf", "nan", "", "1e999", "201.6", '"', "20.005"]),
        st.sampled_from(["60", "x", "", "-1", "60,1"]),
    ).map(lambda each: f"{each[0]}{each[1]},{each[2]},{each[3]}".encode()),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINE, max_size=12), st.booleans())
def test_any_bytes_are_accounted_for(lines: list[bytes], keep: bool) -> None:
    imported = run(b"time,t,h\n" + b"\n".join(lines), keep_out_of_range=keep)
    assert sum(len(batch.offsets_ms) for batch in imported.batches) == imported.report.rows_accepted
    for batch in imported.batches:
        assert batch.offsets_ms[0] == 0
        assert list(batch.offsets_ms) == sorted(set(batch.offsets_ms))
        assert all(len(column) == len(batch.offsets_ms) for column in batch.columns.values())
    assert list(imported.report.lines("zh"))
    assert imported.report.as_dict()["rows"] == imported.report.rows
