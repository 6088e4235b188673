"""Guesses at the cause of faults that loggers are known for. A guess is told, never applied."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

_WRAPPED_HOUR = re.compile(r"(?:^|[ T])(25[0-5]|24[0-9]|23[2-9]) ?:")
_NO_DATE = re.compile(r"(?:^|[ T])0{1,2}[/.-] ?0{1,2}[/.-]|(?:^|[ T])[0-9]{4}-00-00")

_SENTINELS = {
    Decimal(-127): ("DS18B20 未连接时报 −127 ℃", "a DS18B20 that is not connected reports -127 degrees"),
    Decimal(85): ("DS18B20 上电尚未测量时报 85 ℃", "a DS18B20 reports 85 degrees before it has measured"),
    Decimal(-999): ("−999 常作缺测标记", "-999 is a common mark of a missing value"),
    Decimal(-9999): ("−9999 常作缺测标记", "-9999 is a common mark of a missing value"),
}


@dataclass
class Clues:
    """What was seen on the way that points to a known fault."""

    wrapped_hours: dict[str, int] = field(default_factory=dict)
    undated: int = 0
    sentinels: dict[Decimal, int] = field(default_factory=dict)

    def see_time(self, text: str) -> None:
        """Look at a time that was refused."""
        wrapped = _WRAPPED_HOUR.search(text)
        if wrapped is not None:
            self.wrapped_hours[wrapped[1]] = self.wrapped_hours.get(wrapped[1], 0) + 1
        self.undated += _NO_DATE.search(text) is not None

    def see_outlier(self, value: Decimal) -> None:
        """Look at a value outside the device's range."""
        if value in _SENTINELS:
            self.sentinels[value] = self.sentinels.get(value, 0) + 1

    def hints(self) -> list[tuple[str, str]]:
        """(Chinese, English) for each clue."""
        found: list[tuple[str, str]] = []
        if self.wrapped_hours:
            hours = ", ".join(f"{hour} ({count})" for hour, count in sorted(self.wrapped_hours.items()))
            zh = f"小时为 {hours}：像是 8 位小时减去时区后回绕（255 即前一日 23 时），请核对固件后更正文件"
            en = f"an hour of {hours}: as if 8 bits had wrapped below zero while a time zone was subtracted "
            found.append((zh, en + "(255: 23 h of the day before); check the firmware, then correct the file"))
        if self.undated:
            found.append(
                (
                    f"{self.undated} 行日期为 0/0：设备当时未对时（GPS 或时钟电池），真实时间无从得知",
                    f"{self.undated} rows have the date 0/0: the device had no time then (GPS, clock battery)",
                )
            )
        for value, count in sorted(self.sentinels.items()):
            zh, en = _SENTINELS[value]
            found.append((f"{count} 个 {value}：{zh}", f"{count} times {value}: {en}"))
        return found
