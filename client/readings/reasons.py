"""Why rows and values are left out or marked, in words a person can act on, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Words:
    """A finding in both languages, with what to do; `refused`: whether it was left out; `row`: or a single value."""

    row: bool
    refused: bool
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class Reason(Enum):
    """Why a row or a value was left out or marked."""

    LINE_TOO_LONG = "line_too_long"
    ENCODING = "encoding"
    FIELDS = "fields"
    TIME_INVALID = "time_invalid"
    TIME_SKIPPED = "time_skipped"
    TIME_TWICE = "time_twice"
    FUTURE = "future"
    TOO_OLD = "too_old"
    RECORDED = "recorded"
    UNCALIBRATED = "uncalibrated"
    REPEATED = "repeated"
    CONFLICT = "conflict"
    NO_VALUE = "no_value"
    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    INFINITE = "infinite"
    TEXT = "text"
    OVERFLOW = "overflow"
    OUT_OF_RANGE = "out_of_range"
    OUT_OF_RANGE_REFUSED = "out_of_range_refused"
    ROUNDED = "rounded"

    @property
    def words(self) -> Words:
        """The finding in words."""
        return WORDS[self]


WORDS: Mapping[Reason, Words] = {
    Reason.LINE_TOO_LONG: Words(
        True,
        True,
        "行过长",
        "the line is too long",
        "检查文件是否缺少换行或已损坏",
        "see whether line ends are missing or the file is damaged",
    ),
    Reason.ENCODING: Words(
        True,
        True,
        "无法按所选编码读取",
        "the bytes do not fit the encoding",
        "用 --encoding 指定编码（如 gb18030）",
        "name the encoding, for example --encoding gb18030",
    ),
    Reason.FIELDS: Words(
        True,
        True,
        "字段数与表头不符",
        "the number of fields differs from the header's",
        "检查分隔符，以及该行是否写了一半",
        "check the delimiter, and whether the line was cut off while being written",
    ),
    Reason.TIME_INVALID: Words(
        True,
        True,
        "时间不存在或格式不符",
        "the time does not exist or does not fit the format",
        "核对时间格式与设备时钟；能确定真实时间时更正文件后重新导入",
        "check the format and the device's clock; where the true time is known, correct the file and import it again",
    ),
    Reason.TIME_SKIPPED: Words(
        True,
        True,
        "该当地时间因夏令时被跳过",
        "this local time was skipped when clocks went forward",
        "核对时区；设备若不随夏令时，请用固定时区（如 Etc/GMT-8）",
        "check the zone; for a device that keeps no summer time name a fixed one, such as Etc/GMT-8",
    ),
    Reason.TIME_TWICE: Words(
        True,
        True,
        "该当地时间因夏令时出现两次",
        "this local time occurred twice when clocks went back",
        "用 --ambiguous first 或 second 说明是哪一次",
        "say which with --ambiguous first or second",
    ),
    Reason.FUTURE: Words(
        True,
        True,
        "时间在未来",
        "the time is in the future",
        "核对时区与设备时钟",
        "check the zone and the device's clock",
    ),
    Reason.TOO_OLD: Words(
        True,
        True,
        "早于账本接受补录的期限",
        "older than the ledger takes late readings",
        "及时上传；旧数据可作为证据文件存入存证库",
        "upload in time; old data can go to the vault as an evidence file",
    ),
    Reason.RECORDED: Words(
        True,
        True,
        "不晚于该设备已上链的最后读数",
        "not later than the device's last reading on the chain",
        "多为重复导入，无需处理；确需补录请联系管理员",
        "usually the file was imported before and nothing is to be done",
    ),
    Reason.UNCALIBRATED: Words(
        True,
        True,
        "不在设备校准有效期内",
        "outside the device's calibration",
        "由机构或检验方登记覆盖该时段的校准（有证书时）",
        "have the calibration of that time stated, if there is a certificate",
    ),
    Reason.REPEATED: Words(
        True,
        True,
        "与前面某行时间和数值完全相同",
        "an exact repetition of an earlier row",
        "无需处理",
        "nothing is to be done",
    ),
    Reason.CONFLICT: Words(
        True,
        True,
        "时间与前面某行相同而数值不同，保留先出现者",
        "the time of an earlier row with other values; the earlier row was kept",
        "检查是否混入另一台设备的数据或时钟回拨",
        "see whether another device's data is mixed in, or the clock was set back",
    ),
    Reason.NO_VALUE: Words(
        True,
        True,
        "没有任何可用数值",
        "no usable value at all",
        "见各数值的原因",
        "see the reasons given for the values",
    ),
    Reason.EMPTY: Words(False, True, "空值", "empty", "检查传感器连接", "check that the sensor is connected"),
    Reason.NOT_A_NUMBER: Words(
        False,
        True,
        "标为缺失（NaN）",
        "marked as missing (NaN)",
        "检查传感器连接与供电",
        "check the sensor's connection and supply",
    ),
    Reason.INFINITE: Words(
        False,
        True,
        "无穷大（inf）",
        "infinite (inf)",
        "传感器或换算出错，请检修",
        "the sensor or its conversion failed: service it",
    ),
    Reason.TEXT: Words(
        False,
        True,
        "不是数字",
        "not a number but text",
        "检查列名、分隔符与小数点写法（--decimal ,）",
        "check column, delimiter and decimal sign (--decimal ,)",
    ),
    Reason.OVERFLOW: Words(
        False,
        True,
        "数值过大，无法表示",
        "too large to be represented",
        "传感器或换算出错，请检修",
        "the sensor or its conversion failed: service it",
    ),
    Reason.OUT_OF_RANGE: Words(
        False,
        False,
        "超出设备登记量程，照录并标记",
        "outside the device's registered range; recorded and flagged",
        "检查传感器；若量程登记有误请以新编号登记设备",
        "check the sensor; if the range was registered wrongly, register the device anew",
    ),
    Reason.OUT_OF_RANGE_REFUSED: Words(
        False,
        True,
        "超出设备登记量程，按要求剔除",
        "outside the device's registered range; left out as asked",
        "检查传感器",
        "check the sensor",
    ),
    Reason.ROUNDED: Words(
        False,
        False,
        "位数多于设备精度，按四舍六入五成双取整",
        "more digits than the device's precision; rounded half to even",
        "无需处理；需要更高精度时以更小的指数登记设备",
        "nothing is to be done; for more digits register the device with a smaller exponent",
    ),
}
