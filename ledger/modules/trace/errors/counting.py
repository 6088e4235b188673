"""Refusals of scan counts, 27xx."""

from ledger.errors import Refusal, refusal


@refusal(2701)
class ScanDayNotOver(Refusal):
    """A day's scans are stated when it is over by block time, UTC+8."""

    day: int
    zh = "第 {day} 日（UTC+8）尚未结束，不能提交扫码统计"
    en = "the day {day} (UTC+8) is not over: its scans cannot be stated yet"
    remedy_zh = "请在次日零点（北京时间）之后提交"
    remedy_en = "state it after midnight, Beijing time"


@refusal(2702)
class ScanDayTooOld(Refusal):
    """Counts are stated soon, or nobody could tell them from what was made up later."""

    day: int
    earliest: int
    zh = "第 {day} 日过早，最早可提交第 {earliest} 日的扫码统计"
    en = "the day {day} is too long ago, the earliest whose scans can be stated is {earliest}"
    remedy_zh = "超期的统计不再接受，该日保持空缺"
    remedy_en = "the day stays without a statement"


@refusal(2703, "ALREADY_EXISTS")
class ScanDayStated(Refusal):
    """One statement a gateway a day, never rewritten."""

    gateway: str
    day: int
    zh = "网关 {gateway} 第 {day} 日的扫码统计已提交过，不可更改"
    en = "the scans of the gateway {gateway} on the day {day} were stated before and stand"
    remedy_zh = "同一机构的每个网关须用不同名称（--scans-name）"
    remedy_en = "give each gateway of an organisation a name of its own (--scans-name)"


@refusal(2704, "NOT_FOUND")
class CommunityUnknown(Refusal):
    """Scans are counted for communities that are registered."""

    community: str
    zh = "没有登记的社区 {community}"
    en = "no community {community} is registered"
    remedy_zh = "不属于任何社区链接的扫码不写社区"
    remedy_en = "leave the community out of scans by links that name none"


@refusal(2705, "INVALID_ARGUMENT")
class RestContradicts(Refusal):
    """What is told in sum has at least a scan for each of its rows, and none without rows."""

    rows: int
    scans: int
    zh = "其余合计不符：{rows} 项共 {scans} 次"
    en = "the rest does not add up: {rows} rows with {scans} scans"
    remedy_zh = "每项至少一次；没有其余项时两者均为 0"
    remedy_en = "each row has a scan at least; both are 0 where there is no rest"
