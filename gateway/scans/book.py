"""The counts of days that are not stated yet, in one file: lots, communities, numbers, and nothing else.

It is replaced as a whole and synced, so that a crash leaves the file before or after, and loses what was counted since
the last time: counts are then too low, never too high.
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from client.failures import Failure

FILE = "scans.json"
LOCK = "scans.lock"
ROWS_MAX = 50_000
"""Lots by community that one day counts: beyond it communities are not told apart, and new lots are left out."""

Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,7}$")]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """`days`: number of the day -> lot -> community, "" for none -> scans."""

    days: dict[Day, dict[str, dict[str, Count]]]


class ScanFailure(Failure):
    """The file of counts cannot be used."""

    def __init__(self, path: Path, zh: str, en: str) -> None:
        super().__init__(f"{path}：{zh}", f"{path}: {en}", "请检查网关文件夹", "look into the gateway's folder")


class Book:
    """The file and what it says. One process has it at a time. Raises `ScanFailure` for a file that is not one."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._lock = (folder / LOCK).open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise ScanFailure(
                self._path,
                "另一个网关正在使用；请另设 --scans-folder",
                "another gateway uses it; name another --scans-folder",
            ) from None
        self._days = self._read()
        self._is_saved = True

    def close(self) -> None:
        """Save, and let others have the file."""
        self.save()
        self._lock.close()

    def open_day(self, day: int) -> None:
        """A day on which there is a gateway is stated, though nobody scans anything."""
        if day not in self._days:
            self._days[day] = {}
            self._is_saved = False

    def count(self, day: int, lot: str, community: str | None) -> None:
        """One more."""
        self.open_day(day)
        rows = self._days[day]
        if len(rows) >= ROWS_MAX and (lot, community) not in rows:
            community = None
        if len(rows) >= ROWS_MAX and (lot, community) not in rows:
            return
        rows[lot, community] = rows.get((lot, community), 0) + 1
        self._is_saved = False

    def counts(self, day: int) -> Mapping[tuple[str, str | None], int]:
        """(lot, community) -> scans of a day."""
        return self._days.get(day, {})

    def days(self) -> list[int]:
        """The days that are kept, oldest first."""
        return sorted(self._days)

    def fold(self, day: int, known: frozenset[str]) -> None:
        """Count what stands under communities that are none of the `known` under none."""
        folded: dict[tuple[str, str | None], int] = {}
        for (lot, community), scans in self._days.get(day, {}).items():
            row = lot, community if community in known else None
            folded[row] = folded.get(row, 0) + scans
        self._days[day] = folded
        self._is_saved = False

    def close_day(self, day: int) -> None:
        """Forget a day that is stated, or never will be."""
        self._days.pop(day, None)
        self._is_saved = False
        self.save()

    def save(self) -> None:
        """Put what is counted on disk. Raises OSError."""
        if self._is_saved:
            return
        days: dict[str, dict[str, dict[str, int]]] = {}
        for day, rows in self._days.items():
            lots = days.setdefault(str(day), {})
            for (lot, community), scans in rows.items():
                lots.setdefault(lot, {})[community or ""] = scans
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(_File(days)))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        self._is_saved = True

    def _read(self) -> dict[int, dict[tuple[str, str | None], int]]:
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except FileNotFoundError:
            return {}
        except msgspec.MsgspecError as error:
            raise ScanFailure(self._path, f"不是扫码统计文件（{error}）", f"not a file of counts ({error})") from None
        return {
            int(day): {
                (lot, community or None): scans for lot, told in lots.items() for community, scans in told.items()
            }
            for day, lots in found.days.items()
        }
