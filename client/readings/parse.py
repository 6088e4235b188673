"""Read a sensor file into batches that a device can sign, with an account of every row and value.

Pure but for reading the given stream: the caller opens the file, knows the clock and the device.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, NamedTuple

from client.readings.hints import Clues
from client.readings.options import (
    BATCH_SPAN_MS_MAX,
    FILE_SIZE_MAX,
    LINE_SIZE_MAX,
    ROWS_MAX,
    Batch,
    DeviceFacts,
    ImportFailure,
    ImportOptions,
    check_options,
    too_large,
)
from client.readings.reasons import Reason
from client.readings.report import Report
from client.readings.times import TimeParser, load_zone, time_parser
from client.readings.values import Scale, parse_value, scale_between, show_scaled
from ledger.modules.registry.messages import Metric


class Row(NamedTuple):
    """A row with a good time; bit i of `rounded` is set when value i lost digits."""

    time_ms: int
    line: int
    values: tuple[int | None, ...]
    rounded: int


@dataclass(frozen=True)
class Imported:
    """What came of a file: batches in order of time, and the report."""

    batches: tuple[Batch, ...]
    report: Report


@dataclass(frozen=True)
class _Plan:
    """Everything about the file that is settled once its header is read."""

    options: ImportOptions
    device: DeviceFacts
    metrics: tuple[Metric, ...]
    scales: tuple[Scale, ...]
    width: int
    time_fields: tuple[int, ...]
    value_fields: tuple[int, ...]
    parse_time: TimeParser
    now_ms: int
    clues: Clues = field(default_factory=Clues)


def import_file(path: Path, device: DeviceFacts, options: ImportOptions, now_ms: int) -> Imported:
    """`import_readings` of a file of at most 200 MiB. Raises `ImportFailure` when it cannot be read."""
    try:
        with path.open("rb") as stream:
            if path.stat().st_size > FILE_SIZE_MAX:
                raise too_large(f"{FILE_SIZE_MAX // 2**20} MiB", f"{FILE_SIZE_MAX // 2**20} MiB")
            return import_readings(stream, device, options, now_ms)
    except OSError as error:
        raise ImportFailure(
            f"无法读取 {path}（{error.strerror}）",
            f"{path} cannot be read ({error.strerror})",
            "请核对路径与权限",
            "check the path and the permissions",
        ) from None


def import_readings(stream: BinaryIO, device: DeviceFacts, options: ImportOptions, now_ms: int) -> Imported:
    """Parse, judge, sort and batch a whole file. Raises `Failure` about the file as a whole only.

    Whatever is wrong with single rows or values never raises: it is counted in the report with its line.
    """
    metrics = check_options(options, device)
    lines = _bounded_lines(stream)
    plan = _read_header(lines, device, options, metrics, now_ms)
    report = Report(tuple(metric.name for metric in metrics))
    kept = _judge(plan, report, _sort(report, _read_rows(plan, report, lines)))
    report.rows_accepted = len(kept)
    report.values_accepted = sum(value is not None for row in kept for value in row.values)
    if kept:
        report.first_ms, report.last_ms = kept[0].time_ms, kept[-1].time_ms
    report.hints = plan.clues.hints()
    report.check()
    return Imported(tuple(_make_batches(plan, kept)), report)


def _bounded_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(number from 1, bytes without line end) of every line; None stands for a line longer than LINE_SIZE_MAX."""
    number = 0
    while chunk := stream.readline(LINE_SIZE_MAX + 1):
        number += 1
        if len(chunk) > LINE_SIZE_MAX and not chunk.endswith(b"\n"):
            while (rest := stream.readline(LINE_SIZE_MAX)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, chunk.rstrip(b"\r\n")


def _split(text: str, delimiter: str) -> list[str]:
    if '"' not in text:
        return [each.strip() for each in text.split(delimiter)]
    return [each.strip() for each in next(csv.reader([text], delimiter=delimiter), [])]


def _read_header(
    lines: Iterator[tuple[int, bytes | None]],
    device: DeviceFacts,
    options: ImportOptions,
    metrics: tuple[Metric, ...],
    now_ms: int,
) -> _Plan:
    _, raw = next(lines, (0, b""))
    try:
        header = (raw or b"").removeprefix(b"\xef\xbb\xbf").decode(options.encoding)
        names = _split(header, options.delimiter)
    except (UnicodeDecodeError, csv.Error):
        names = []
    while names and not names[-1]:
        names.pop()
    if not names:
        raise ImportFailure(
            "文件为空，或第一行不是表头",
            "the file is empty, or its first line is no header",
            "第一行须为列名；若有中文列名，请用 --encoding 指定编码（如 gb18030）",
            "its first line must name the columns; --encoding tells another encoding than UTF-8",
        )
    scales = tuple(
        scale_between(metric.name, choice.unit or metric.unit, metric.unit, metric.exponent)
        for metric, choice in zip(metrics, options.columns, strict=True)
    )
    return _Plan(
        options,
        device,
        metrics,
        scales,
        len(names),
        tuple(_find_column(names, name, options.delimiter) for name in options.time_columns),
        tuple(_find_column(names, choice.column, options.delimiter) for choice in options.columns),
        time_parser(options.time_format, load_zone(options.timezone), options.ambiguous),
        now_ms,
    )


def _find_column(names: list[str], wanted: str, delimiter: str) -> int:
    """The place of a column given by name or as `#n`; raises `ImportFailure` naming what there is."""
    if wanted.startswith("#") and wanted[1:].isascii() and wanted[1:].isdigit() and 1 <= int(wanted[1:6]) <= len(names):
        return int(wanted[1:6]) - 1
    places = [place for place, name in enumerate(names) if name == wanted.strip()]
    if len(places) == 1:
        return places[0]
    listed = ", ".join(f"#{place + 1} {name[:30]}" for place, name in enumerate(names[:40]))
    twice = len(places) > 1
    raise ImportFailure(
        f"列 {wanted[:60]!r} " + ("出现多次" if twice else f"不存在（分隔符 {delimiter!r}）"),
        f"the column {wanted[:60]!r} "
        + ("stands more than once" if twice else f"is not there (delimiter {delimiter!r})"),
        f"请改用列名或序号；文件中的列：{listed}",
        f"name a column or its number; the file has: {listed}",
    )


def _read_rows(plan: _Plan, report: Report, lines: Iterator[tuple[int, bytes | None]]) -> list[Row]:
    rows = []
    for line, raw in lines:
        row = _read_row(plan, report, line, raw)
        if row is not None:
            rows.append(row)
        if report.rows > ROWS_MAX:
            raise too_large(f"{ROWS_MAX} 行", f"{ROWS_MAX} rows")
    return rows


def _read_row(plan: _Plan, report: Report, line: int, raw: bytes | None) -> Row | None:
    """One data line: a row, or None with the reason counted. Blank lines are counted apart."""
    if raw is not None and not raw.strip():
        report.blank_lines += 1
        return None
    report.rows += 1
    fields = _read_fields(plan, raw)
    if isinstance(fields, Reason):
        shown = "" if raw is None else raw[:80].decode("utf-8", "replace")
        _refuse_row(plan, report, fields, line, shown)
        return None
    text = " ".join(fields[place] for place in plan.time_fields)
    time_ms = plan.parse_time(text)
    refused = time_ms if isinstance(time_ms, Reason) else _judge_time(plan, time_ms)
    if refused is not None or isinstance(time_ms, Reason):
        assert refused is not None
        if refused is Reason.TIME_INVALID:
            plan.clues.see_time(text)
        _refuse_row(plan, report, refused, line, text)
        return None
    values: list[int | None] = []
    rounded = 0
    for number, (place, scale) in enumerate(zip(plan.value_fields, plan.scales, strict=True)):
        parsed = parse_value(fields[place], scale, plan.options.decimal_comma)
        if isinstance(parsed, Reason):
            report.add(parsed, line, f"{plan.metrics[number].name}={fields[place]}")
            values.append(None)
        else:
            values.append(parsed[0])
            rounded |= parsed[1] << number
    return Row(time_ms, line, tuple(values), rounded)


def _read_fields(plan: _Plan, raw: bytes | None) -> list[str] | Reason:
    if raw is None:
        return Reason.LINE_TOO_LONG
    try:
        fields = _split(raw.decode(plan.options.encoding), plan.options.delimiter)
    except UnicodeDecodeError:
        return Reason.ENCODING
    except csv.Error:
        return Reason.FIELDS
    if len(fields) < plan.width or any(fields[plan.width :]):
        return Reason.FIELDS
    return fields


def _judge_time(plan: _Plan, time_ms: int) -> Reason | None:
    options = plan.options
    if time_ms > plan.now_ms + options.clock_ahead_ms:
        return Reason.FUTURE
    if options.earliest_ms is not None and time_ms < options.earliest_ms:
        return Reason.TOO_OLD
    if options.recorded_until_ms is not None and time_ms <= options.recorded_until_ms:
        return Reason.RECORDED
    return None if plan.device.calibrated(time_ms, time_ms) else Reason.UNCALIBRATED


def _refuse_row(plan: _Plan, report: Report, reason: Reason, line: int, text: str) -> None:
    report.add(reason, line, text)
    report.values_in_refused_rows += len(plan.metrics)


def _sort(report: Report, rows: list[Row]) -> list[Row]:
    """Rows by time, then by line; counts those that stood after a later one."""
    latest = -1
    for row in rows:
        if row.time_ms < latest:
            report.moved += 1
        latest = max(latest, row.time_ms)
    return sorted(rows, key=lambda row: (row.time_ms, row.line))


def _judge(plan: _Plan, report: Report, rows: list[Row]) -> list[Row]:
    """Leave out repetitions and rows without a value; flag (or leave out) values beyond the device's range."""
    kept: list[Row] = []
    before: Row | None = None
    for row in rows:
        if before is not None and row.time_ms == before.time_ms:
            same = row.values == before.values
            report.add(Reason.REPEATED if same else Reason.CONFLICT, row.line, f"line {before.line}")
            report.values_in_refused_rows += sum(value is not None for value in row.values)
            continue
        before = row
        values = tuple(_judge_value(plan, report, row, number) for number in range(len(plan.metrics)))
        if all(value is None for value in values):
            report.add(Reason.NO_VALUE, row.line, "")
        else:
            kept.append(row._replace(values=values))
    return kept


def _judge_value(plan: _Plan, report: Report, row: Row, number: int) -> int | None:
    value, metric = row.values[number], plan.metrics[number]
    if value is None:
        return None
    shown = f"{metric.name}={show_scaled(value, metric.exponent)}"
    if not metric.minimum <= value <= metric.maximum:
        plan.clues.see_outlier(Decimal(value).scaleb(metric.exponent))
        if not plan.options.keep_out_of_range:
            report.add(Reason.OUT_OF_RANGE_REFUSED, row.line, shown)
            return None
        report.add(Reason.OUT_OF_RANGE, row.line, shown)
    if row.rounded >> number & 1:
        report.add(Reason.ROUNDED, row.line, shown)
    return value


def _make_batches(plan: _Plan, rows: list[Row]) -> Iterator[Batch]:
    """Cut rows at the batch size, at a day's span, and where the calibration has a gap."""
    start = 0
    for place in range(1, len(rows) + 1):
        if place < len(rows) and place - start < plan.options.batch_size:
            first_ms, here_ms = rows[start].time_ms, rows[place].time_ms
            if here_ms - first_ms <= BATCH_SPAN_MS_MAX and plan.device.calibrated(first_ms, here_ms):
                continue
        if rows[start:place]:
            yield _make_batch(plan, rows[start:place])
        start = place


def _make_batch(plan: _Plan, rows: list[Row]) -> Batch:
    columns = {
        metric.name: tuple(row.values[number] for row in rows)
        for number, metric in enumerate(plan.metrics)
        if any(row.values[number] is not None for row in rows)
    }
    return Batch(rows[0].time_ms, tuple(row.time_ms - rows[0].time_ms for row in rows), columns)
