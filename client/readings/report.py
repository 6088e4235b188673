"""What became of every row and value of an imported file, in words a person can act on. Nothing is dropped unsaid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from client.readings.reasons import Reason

LINES_KEPT_MAX = 5
TEXT_KEPT_MAX = 60

Language = Literal["zh", "en"]


@dataclass
class Finding:
    """How often a reason occurred, and where first: (line number counted from 1, what stood there)."""

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, text: str) -> None:
        """Count one more; the earliest lines are kept."""
        self.count += 1
        if len(self.first) < LINES_KEPT_MAX or line < self.first[-1][0]:
            shown = text if len(text) <= TEXT_KEPT_MAX else text[: TEXT_KEPT_MAX - 1] + "…"
            entry = (line, "".join(each if each.isprintable() else "�" for each in shown))
            self.first = sorted([*self.first, entry], key=lambda each: each[0])[:LINES_KEPT_MAX]


@dataclass
class Report:
    """The account of one import. Rows: `rows` = `rows_accepted` + refused ones; values likewise (see `check`).

    `moved` counts rows that stood after a later one: when it is not 0 the rows were sorted by time.
    """

    metrics: tuple[str, ...]
    rows: int = 0
    blank_lines: int = 0
    rows_accepted: int = 0
    values_accepted: int = 0
    values_in_refused_rows: int = 0
    moved: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    findings: dict[Reason, Finding] = field(default_factory=dict)
    hints: list[tuple[str, str]] = field(default_factory=list)

    def add(self, reason: Reason, line: int, text: str) -> None:
        """Count a finding at a line."""
        self.findings.setdefault(reason, Finding()).add(line, text)

    def count(self, reason: Reason) -> int:
        """How often a reason occurred."""
        found = self.findings.get(reason)
        return 0 if found is None else found.count

    @property
    def rows_refused(self) -> int:
        """Rows left out, for any reason."""
        return sum(found.count for reason, found in self.findings.items() if reason.words.row)

    @property
    def values_refused(self) -> int:
        """Values left out one by one, beside those of refused rows."""
        return sum(f.count for reason, f in self.findings.items() if not reason.words.row and reason.words.refused)

    def check(self) -> None:
        """Assert that every row and every value of the file is accounted for, once."""
        assert self.rows == self.rows_accepted + self.rows_refused, self
        accounted = self.values_accepted + self.values_refused + self.values_in_refused_rows
        assert self.rows * len(self.metrics) == accounted, self

    def as_dict(self) -> dict[str, Any]:
        """The report for machines (`--json`)."""
        return {
            "metrics": list(self.metrics),
            "rows": self.rows,
            "rows_accepted": self.rows_accepted,
            "rows_refused": self.rows_refused,
            "values": self.rows * len(self.metrics),
            "values_accepted": self.values_accepted,
            "values_refused": self.values_refused,
            "values_in_refused_rows": self.values_in_refused_rows,
            "blank_lines": self.blank_lines,
            "sorted": self.moved > 0,
            "rows_moved": self.moved,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "findings": [self._finding(reason, found) for reason, found in self._ordered()],
            "hints": [{"zh": zh, "en": en} for zh, en in self.hints],
        }

    def _finding(self, reason: Reason, found: Finding) -> dict[str, Any]:
        words = reason.words
        return {
            "reason": reason.value,
            "of": "row" if words.row else "value",
            "refused": words.refused,
            "count": found.count,
            "first": [{"line": line, "text": text} for line, text in found.first],
            "zh": words.zh,
            "en": words.en,
            "remedy_zh": words.remedy_zh,
            "remedy_en": words.remedy_en,
        }

    def _ordered(self) -> list[tuple[Reason, Finding]]:
        places = list(Reason)
        return sorted(self.findings.items(), key=lambda item: places.index(item[0]))

    def lines(self, language: Language) -> Iterator[str]:
        """The report for people, line by line."""
        chinese = language == "zh"
        values = self.rows * len(self.metrics)
        if chinese:
            yield f"行：{self.rows} = 接受 {self.rows_accepted} + 剔除 {self.rows_refused}"
            yield (
                f"数值：{values} = 接受 {self.values_accepted} + 剔除 {self.values_refused}"
                f" + 随行剔除 {self.values_in_refused_rows}"
            )
        else:
            yield f"rows: {self.rows} = {self.rows_accepted} accepted + {self.rows_refused} left out"
            yield (
                f"values: {values} = {self.values_accepted} accepted + {self.values_refused} left out"
                f" + {self.values_in_refused_rows} in rows left out"
            )
        if self.moved:
            yield (
                f"文件未按时间排列，已排序（{self.moved} 行移动）"
                if chinese
                else f"the file was not in order of time: sorted ({self.moved} rows stood after a later one)"
            )
        for reason, found in self._ordered():
            words = reason.words
            places = ", ".join(f"{line}: {text}" if text else str(line) for line, text in found.first)
            yield (
                f"{found.count} × {words.zh}（行 {places}）→ {words.remedy_zh}"
                if chinese
                else f"{found.count} x {words.en} (line {places}) -> {words.remedy_en}"
            )
        for zh, en in self.hints:
            yield ("提示：" + zh) if chinese else ("hint: " + en)
