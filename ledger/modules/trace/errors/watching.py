"""Refusals of the trace module about devices, readings, recalls and corrections, 2500-2699. Numbers never change."""

from ledger.errors import Refusal, refusal


@refusal(2501)
class DeviceNotAssigned(Refusal):
    """Readings belong to a thing the device was tied to all that time."""

    device: str
    from_ms: int
    to_ms: int
    zh = "设备 {device} 在 {from_ms} 至 {to_ms} 未绑定到任何对象"
    en = "the device {device} was tied to nothing from {from_ms} to {to_ms}"
    remedy_zh = "请先绑定设备，或在换绑处拆分上报"
    remedy_en = "attach the device, or split readings where it moved"


@refusal(2502, "ALREADY_EXISTS")
class AlreadyAttached(Refusal):
    """A device is at one place at a time."""

    device: str
    thing: str
    zh = "设备 {device} 此时已绑定到 {thing}"
    en = "the device {device} is tied to {thing} at that time"
    remedy_zh = "请先解绑，或更正事件时间"
    remedy_en = "detach it first, or correct the event time"


@refusal(2503)
class NotAttached(Refusal):
    """Nothing to end."""

    device: str
    thing: str
    zh = "设备 {device} 未绑定到 {thing}"
    en = "the device {device} is not tied to {thing}"
    remedy_zh = "请核对设备与对象"
    remedy_en = "check device and thing"


@refusal(2504)
class OutsideCalibration(Refusal):
    """Readings count only within a calibration."""

    device: str
    from_ms: int
    to_ms: int
    zh = "设备 {device} 在 {from_ms} 至 {to_ms} 不在校准有效期内"
    en = "the device {device} has no valid calibration from {from_ms} to {to_ms}"
    remedy_zh = "请登记校准后再上报"
    remedy_en = "record its calibration, then report"


@refusal(2505, "ALREADY_EXISTS")
class SequenceRepeated(Refusal):
    """A record with this number was accepted before."""

    device: str
    sequence: int
    zh = "设备 {device} 的第 {sequence} 条记录已上链"
    en = "record {sequence} of the device {device} is on the chain already"
    remedy_zh = "无需重报；如有误请声明更正"
    remedy_en = "nothing is to be sent again; declare an error if it was wrong"


@refusal(2506)
class ReadingsOverlap(Refusal):
    """Readings of one device do not overlap in time."""

    device: str
    start_ms: int
    last_ms: int
    zh = "设备 {device} 的读数自 {start_ms} 起，与截至 {last_ms} 的已有读数重叠"
    en = "readings of the device {device} from {start_ms} overlap those up to {last_ms}"
    remedy_zh = "请按时间顺序上报；时钟回拨须声明 clock_step_ms"
    remedy_en = "report in order; if the clock was set back say so in clock_step_ms"


@refusal(2507, "INVALID_ARGUMENT")
class ReadingsTooOld(Refusal):
    """Later than the ledger accepts late readings."""

    device: str
    start_ms: int
    earliest_ms: int
    zh = "设备 {device} 自 {start_ms} 的读数过旧，最早 {earliest_ms}"
    en = "readings of the device {device} from {start_ms} are older than {earliest_ms}"
    remedy_zh = "请更频繁地上传"
    remedy_en = "upload more often"


@refusal(2508, "INVALID_ARGUMENT")
class ReadingsMalformed(Refusal):
    """Columns and times that do not fit together."""

    field: str
    reason_zh: str
    reason_en: str
    zh = "读数字段 {field} 有误：{reason_zh}"
    en = "the readings do not fit together at {field}: {reason_en}"
    remedy_zh = "请按消息说明重新编码"
    remedy_en = "encode them as the message describes"


@refusal(2509, "INVALID_ARGUMENT")
class MetricUnknown(Refusal):
    """The device is not registered to measure this."""

    device: str
    metric: str
    zh = "设备 {device} 未登记指标 {metric}"
    en = "the device {device} is not registered to measure {metric}"
    remedy_zh = "请核对指标名称或设备登记"
    remedy_en = "check the metric's name or the device's registration"


@refusal(2510)
class LateOutsideGap(Refusal):
    """A late record must lie in time where it lies in number."""

    device: str
    sequence: int
    after_ms: int
    before_ms: int
    zh = "设备 {device} 第 {sequence} 条补报记录须在 {after_ms} 与 {before_ms} 之间"
    en = "the late record {sequence} of the device {device} must lie between {after_ms} and {before_ms}"
    remedy_zh = "请核对序号与时间"
    remedy_en = "check its number and times"


@refusal(2601, "ALREADY_EXISTS")
class AlreadyRecalled(Refusal):
    """The lot is recalled."""

    lot: str
    zh = "批次 {lot} 已被召回"
    en = "lot {lot} is recalled already"
    remedy_zh = "无需重复召回"
    remedy_en = "it need not be recalled again"


@refusal(2602, "PERMISSION_DENIED")
class RecallNotAllowed(Refusal):
    """Producer, product owner, platform and regulator recall."""

    lot: str
    signer: str
    zh = "{signer} 无权召回批次 {lot}"
    en = "{signer} may not recall lot {lot}"
    remedy_zh = "请由生产者、产品所有者、平台或监管部门发起"
    remedy_en = "have its producer, the product's owner, the platform or a regulator do it"


@refusal(2603, "NOT_FOUND")
class RecordUnknown(Refusal):
    """No correctable record of this id."""

    record: str
    zh = "没有可更正的记录 {record}"
    en = "there is no record {record} to correct"
    remedy_zh = "请核对交易编号；读数请按设备与序号声明"
    remedy_en = "check the transaction id; name readings by device and number"


@refusal(2604, "PERMISSION_DENIED")
class NotRecorder(Refusal):
    """Who recorded it declares its error."""

    record: str
    organisation: str
    signer: str
    zh = "记录 {record} 由 {organisation} 提交，{signer} 无权声明更正"
    en = "{record} was recorded by {organisation}, not by {signer}"
    remedy_zh = "请由原记录机构声明"
    remedy_en = "have the organisation that recorded it declare the error"


@refusal(2605, "ALREADY_EXISTS")
class ErrorDeclared(Refusal):
    """The error is declared already."""

    record: str
    zh = "记录 {record} 已声明有误"
    en = "the error of {record} is declared already"
    remedy_zh = "无需重复声明"
    remedy_en = "it need not be declared again"


@refusal(2606, "INVALID_ARGUMENT")
class RangeWrong(Refusal):
    """No such range of records."""

    device: str
    first: int
    last: int
    zh = "设备 {device} 没有第 {first} 至 {last} 条记录"
    en = "the device {device} has no records {first} to {last}"
    remedy_zh = "请核对序号范围"
    remedy_en = "check the range"


@refusal(2607, "ALREADY_EXISTS")
class EventCaptured(Refusal):
    """The organisation has said this already."""

    event: str
    organisation: str
    zh = "{organisation} 的事件 {event} 已收录"
    en = "the event {event} of {organisation} is captured already"
    remedy_zh = "无需重复提交"
    remedy_en = "it need not be captured again"


@refusal(2608, "PERMISSION_DENIED")
class PartnerKeyUnknown(Refusal):
    """The key that signed the document does not speak for the organisation."""

    organisation: str
    public_key: str
    zh = "密钥 {public_key} 不代表 {organisation}"
    en = "the key {public_key} does not speak for {organisation}"
    remedy_zh = "请用该机构登记且未吊销的密钥签名"
    remedy_en = "sign with a key of the organisation that is registered and not revoked"
