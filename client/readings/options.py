"""What a person says about a sensor file, and what the ledger knows about its device."""

import re
from dataclasses import dataclass, field
from typing import Protocol

from client.failures import Failure
from client.readings.times import Ambiguous
from client.readings.values import UNITS
from ledger.modules.registry.messages import Metric

FILE_SIZE_MAX = 200 * 1024 * 1024
LINE_SIZE_MAX = 64 * 1024
ROWS_MAX = 2_000_000
"""Rows of one file; sorting keeps them all in memory, at about half a kilobyte each."""

METRICS_MAX = 8
TIME_COLUMNS_MAX = 4
BATCH_SIZE = 60
BATCH_SPAN_MS_MAX = 86_400_000

_METRIC = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


class DeviceFacts(Protocol):
    """A registered device, as `ledger.modules.registry.state.Device` gives it."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What it measures."""

    def calibrated(self, from_ms: int, to_ms: int) -> bool:
        """Whether its calibrations cover the event times `from_ms` to `to_ms`, both inclusive."""


class ImportFailure(Failure):
    """The file as a whole cannot be imported: wrong options, wrong file, wrong device."""


@dataclass(frozen=True)
class ColumnChoice:
    """Where a metric's numbers stand: `column` is a name in the header or `#n` from 1; `unit` None: the device's."""

    metric: str
    column: str
    unit: str | None


def parse_column(text: str) -> ColumnChoice:
    """Read `METRIC=COL[:UNIT]`, such as `soil_temperature=t1:CEL`. Raises `ImportFailure`.

    A suffix counts as a unit only when it is a known unit code, so that column names may hold colons.
    """
    metric, equals, column = text.partition("=")
    name, colon, unit = column.rpartition(":")
    known = bool(colon) and unit in UNITS
    chosen = (name if known else column).strip()
    if not equals or not _METRIC.match(metric.strip()) or not chosen:
        raise ImportFailure(
            f"列选择 {text[:80]!r} 无法理解",
            f"the column choice {text[:80]!r} is not understood",
            "写作 指标=列名[:单位]，例如 soil_temperature=t1:CEL 或 humidity=#6:P1",
            "write METRIC=COL[:UNIT], for example soil_temperature=t1:CEL or humidity=#6:P1",
        )
    return ColumnChoice(metric.strip(), chosen, unit if known else None)


@dataclass(frozen=True)
class ImportOptions:
    """How to read a file.

    `time_columns` are joined by one space before `time_format` (strptime, `iso`, `unix` or `unix_ms`) is applied; naive
    times are in `timezone` (IANA). Readings not later than `recorded_until_ms` or earlier than `earliest_ms` are left
    out, as the ledger would refuse them; `keep_out_of_range` leaves the flagging of implausible values to the ledger.
    """

    time_columns: tuple[str, ...]
    time_format: str
    timezone: str
    columns: tuple[ColumnChoice, ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False
    ambiguous: Ambiguous = "refuse"
    keep_out_of_range: bool = True
    earliest_ms: int | None = None
    recorded_until_ms: int | None = None
    clock_ahead_ms: int = 2_000
    batch_size: int = BATCH_SIZE


@dataclass(frozen=True)
class Batch:
    """Readings for one record of a device: instant i is `start_ms` + `offsets_ms`[i], offsets rise from 0.

    `columns`: metric -> one scaled integer or None for each instant; no column is empty throughout.
    """

    start_ms: int
    offsets_ms: tuple[int, ...]
    columns: dict[str, tuple[int | None, ...]] = field(default_factory=dict)

    @property
    def interval_ms(self) -> int | None:
        """The constant distance between instants (0 for a single one), or None when it varies."""
        if len(self.offsets_ms) == 1:
            return 0
        interval = self.offsets_ms[1]
        regular = all(offset == number * interval for number, offset in enumerate(self.offsets_ms))
        return interval if regular else None


def check_options(options: ImportOptions, device: DeviceFacts) -> tuple[Metric, ...]:
    """The device's metrics in the order of the chosen columns. Raises `ImportFailure` where the options cannot be."""
    if len(options.delimiter) != 1 or options.delimiter in '\r\n"':
        raise _bad_option(
            "--delimiter", repr(options.delimiter[:20]), "分隔符须为一个字符", "a delimiter is one character"
        )
    if not 1 <= len(options.time_columns) <= TIME_COLUMNS_MAX:
        raise _bad_option(
            "--time", str(len(options.time_columns)), "须有一至四列时间", "one to four columns hold the time"
        )
    if not 1 <= len(options.columns) <= METRICS_MAX:
        raise _bad_option(
            "--column", str(len(options.columns)), "一次导入一至八个指标", "one to eight metrics at a time"
        )
    names = [choice.metric for choice in options.columns]
    if len(set(names)) != len(names):
        raise _bad_option("--column", ", ".join(names), "每个指标只能选一次", "each metric is chosen once")
    try:
        "".encode(options.encoding)
    except LookupError:
        raise _bad_option(
            "--encoding", options.encoding[:40], "未知编码", "an encoding of this name is not known"
        ) from None
    known = {metric.name: metric for metric in device.metrics}
    for name in names:
        if name not in known:
            listed = ", ".join(f"{metric.name} ({metric.unit})" for metric in device.metrics)
            raise ImportFailure(
                f"设备没有登记指标 {name}",
                f"the device has no metric {name}",
                f"该设备登记的指标：{listed}",
                f"the device's metrics are: {listed}",
            )
    return tuple(known[name] for name in names)


def _bad_option(option: str, value: str, zh: str, en: str) -> ImportFailure:
    return ImportFailure(
        f"选项 {option} = {value}：{zh}",
        f"the option {option} = {value}: {en}",
        f"请更正 {option} 后重试",
        f"correct {option} and try again",
    )


def too_large(limit_zh: str, limit_en: str) -> ImportFailure:
    """The failure of a file beyond a limit."""
    return ImportFailure(
        f"文件超过 {limit_zh}",
        f"the file has more than {limit_en}",
        "请按时间拆分后分次导入",
        "split it by time and import the parts",
    )
