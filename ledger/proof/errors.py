"""Refusals of those who ask for proofs (numbers 150-159)."""

from ledger.errors import Refusal, refusal


@refusal(150, "RESOURCE_EXHAUSTED")
class ProofTooLarge(Refusal):
    """A proof beyond what one file may hold."""

    what: str
    count: int
    limit: int
    zh = "证明过大：{what} {count}，上限 {limit}"
    en = "the proof is too large: {what} {count}, the limit is {limit}"
    remedy_zh = "请缩小时间范围，或导出整链存档后离线核验"
    remedy_en = "narrow the time range, or export an archive of the chain and verify that"


@refusal(151, "NOT_FOUND")
class SubjectUnknown(Refusal):
    """No such subject at the latest certificate."""

    subject: str
    zh = "账本上没有 {subject}"
    en = "the ledger knows no {subject}"
    remedy_zh = "请核对写法“类型:编号”，例如 lot:a7"
    remedy_en = 'check the form "type:key", such as lot:a7'


@refusal(152, "INVALID_ARGUMENT")
class BoundsReversed(Refusal):
    """A time range that ends before it begins."""

    from_ms: int
    to_ms: int
    zh = "时间范围颠倒：从 {from_ms} 到 {to_ms}"
    en = "the time range ends before it begins: from {from_ms} to {to_ms}"
    remedy_zh = "请令起始时间不晚于结束时间"
    remedy_en = "let it begin no later than it ends"


@refusal(153, "NOT_FOUND")
class LeafUnknown(Refusal):
    """An index or size beyond the certified log."""

    index: int
    size: int
    zh = "日志共有 {size} 条，没有第 {index} 条"
    en = "the log has {size} leaves and no {index}"
    remedy_zh = "编号自 0 起，须小于日志条数"
    remedy_en = "indices count from 0 and are below the size of the log"


@refusal(154, "NOT_FOUND")
class CodeUnknown(Refusal):
    """A trace code that nobody issued."""

    code: str
    zh = "溯源码 {code} 不存在"
    en = "there is no trace code {code}"
    remedy_zh = "请重新扫描；若仍不存在，该码可能是伪造的"
    remedy_en = "scan it again; if it still does not exist it may be forged"


@refusal(155, "UNAVAILABLE")
class NothingFinal(Refusal):
    """Asked before the first block was certified."""

    zh = "尚无任何已确认的区块"
    en = "no block is final yet"
    remedy_zh = "请等待首个区块确认后重试"
    remedy_en = "ask again once the first block is certified"


@refusal(156, "INVALID_ARGUMENT")
class EntriesUnknown(Refusal):
    """A range of a journal that is empty or ends beyond it."""

    subject: str
    start: int
    end: int
    size: int
    zh = "{subject} 共有 {size} 条记录，没有从第 {start} 条起、到第 {end} 条前为止的一段"
    en = "the journal of {subject} has {size} entries: there is no range from {start} up to {end}"
    remedy_zh = "编号自 0 起，起点须小于终点，终点不得超过条数"
    remedy_en = "entries count from 0; begin before the end, and end no later than the journal"
