"""Refusals of the trace module about time, quantity and custody, 2100-2399. Numbers never change."""

from ledger.errors import Refusal, refusal


@refusal(2101, "INVALID_ARGUMENT")
class EventInFuture(Refusal):
    """Event times may lie at most `clock_ahead_ms` after block time."""

    event_ms: int
    latest_ms: int
    zh = "事件时间 {event_ms} 晚于允许的最晚时间 {latest_ms}"
    en = "the event time {event_ms} is later than the latest allowed, {latest_ms}"
    remedy_zh = "请校准时钟，事件发生后再提交"
    remedy_en = "set the clock, and record events after they happened"


@refusal(2102, "INVALID_ARGUMENT")
class EventOutOfOrder(Refusal):
    """Something cannot have happened before what made it possible."""

    subject: str
    event_ms: int
    earliest_ms: int
    zh = "{subject} 的事件时间 {event_ms} 早于其前一事件 {earliest_ms}"
    en = "the event time {event_ms} lies before what happened to {subject} at {earliest_ms}"
    remedy_zh = "请核对事件时间与记录顺序"
    remedy_en = "check the event time and the order of records"


@refusal(2103)
class PlantingEnded(Refusal):
    """The crop was cleared before."""

    planting: str
    ended_ms: int
    zh = "种植批 {planting} 已于 {ended_ms} 结束"
    en = "the planting {planting} ended at {ended_ms}"
    remedy_zh = "请核对事件时间，或登记新的种植批"
    remedy_en = "check the event time, or start a new planting"


@refusal(2104, "INVALID_ARGUMENT")
class PeriodEmpty(Refusal):
    """A period that ends before it begins."""

    from_ms: int
    to_ms: int
    zh = "期限为空：{from_ms} 至 {to_ms}"
    en = "the period from {from_ms} to {to_ms} is empty"
    remedy_zh = "请核对起止时间"
    remedy_en = "check its beginning and end"


@refusal(2201)
class QuantityOverdrawn(Refusal):
    """More than there is."""

    lot: str
    place: str
    available: int
    asked: int
    zh = "批次 {lot} 在 {place} 仅有 {available}，不足 {asked}（百万分之一单位）"
    en = "{place} has {available} micro-units of lot {lot}, not {asked}"
    remedy_zh = "请减少数量，或先完成收货、拆箱"
    remedy_en = "ask for less, or receive or unpack first"


@refusal(2202)
class MassGain(Refusal):
    """More comes out than went in."""

    inputs: int
    outputs: int
    zh = "产出 {outputs} 毫克超过投入 {inputs} 毫克"
    en = "the outputs weigh {outputs} mg, more than the {inputs} mg that went in"
    remedy_zh = "请核对数量与单件净含量"
    remedy_en = "check the quantities and the net content of pieces"


@refusal(2203)
class MassImbalance(Refusal):
    """Inputs must be outputs plus declared loss."""

    inputs: int
    outputs: int
    loss: int
    zh = "投入 {inputs} 毫克不等于产出 {outputs} 毫克加损耗 {loss} 毫克"
    en = "inputs of {inputs} mg are not outputs of {outputs} mg plus a loss of {loss} mg"
    remedy_zh = "请按实际申报损耗"
    remedy_en = "declare the loss that there was"


@refusal(2204)
class LossTooHigh(Refusal):
    """The declared loss is beyond what the product allows."""

    loss: int
    allowed: int
    zh = "损耗 {loss} 毫克超过产品允许的 {allowed} 毫克"
    en = "a loss of {loss} mg is more than the {allowed} mg the product allows"
    remedy_zh = "请核对数量；确有报废请另行登记销毁"
    remedy_en = "check the quantities; record spoiled goods as destroyed"


@refusal(2205)
class NotInside(Refusal):
    """The goods are not in there."""

    subject: str
    container: str
    zh = "{subject} 不在 {container} 中"
    en = "{subject} is not in {container}"
    remedy_zh = "请核对装载记录"
    remedy_en = "check what was packed or loaded"


@refusal(2206)
class AlreadyInside(Refusal):
    """The goods are in there already."""

    subject: str
    container: str
    zh = "{subject} 已在 {container} 中"
    en = "{subject} is in {container} already"
    remedy_zh = "请先登记取出"
    remedy_en = "record that it left first"


@refusal(2207)
class EnteredApart(Refusal):
    """One record can end only stays that began together."""

    subject: str
    other: str
    zh = "{subject} 与 {other} 不是同一次入库，不能在一条记录中取出"
    en = "{subject} and {other} entered in different records and cannot leave in one"
    remedy_zh = "请按入库批次分别登记取出"
    remedy_en = "record the leaving of each group that entered together"


@refusal(2208, "INVALID_ARGUMENT")
class UnitInItself(Refusal):
    """A unit cannot hold itself."""

    unit: str
    zh = "物流单元 {unit} 不能装入自身"
    en = "the unit {unit} cannot be put into itself"
    remedy_zh = "请核对单元编码"
    remedy_en = "check the unit keys"


@refusal(2301, "PERMISSION_DENIED")
class CustodyNotHeld(Refusal):
    """Only who has goods in hand moves them."""

    subject: str
    holder: str
    signer: str
    zh = "{subject} 由 {holder} 保管，{signer} 无权处置"
    en = "{subject} is in the hands of {holder}, not of {signer}"
    remedy_zh = "请先完成发货与收货交接"
    remedy_en = "ship and receive it first"


@refusal(2302, "PERMISSION_DENIED")
class NotParty(Refusal):
    """Neither shipper nor receiver, or not the one who may do this."""

    shipment: str
    expected: str
    signer: str
    zh = "发货单 {shipment} 应由 {expected} 操作，而非 {signer}"
    en = "the shipment {shipment} is for {expected} to act on, not for {signer}"
    remedy_zh = "请由交接对应方签名"
    remedy_en = "have that party sign"


@refusal(2303, "INVALID_ARGUMENT")
class ShipmentToSelf(Refusal):
    """A hand-over has two sides."""

    organisation: str
    zh = "{organisation} 不能向自己发货"
    en = "{organisation} cannot ship to itself"
    remedy_zh = "内部移动请使用装载与卸载"
    remedy_en = "use load and unload for moves inside one organisation"


@refusal(2304)
class RecalledGoods(Refusal):
    """Recalled goods do not move on."""

    lot: str
    zh = "批次 {lot} 已被召回，禁止流转"
    en = "lot {lot} is recalled and may not move on"
    remedy_zh = "请隔离，退回发货方或登记销毁"
    remedy_en = "set it apart; return it to the shipper or record its destruction"


@refusal(2305)
class ShortageTooLarge(Refusal):
    """More is missing than was shipped."""

    lot: str
    shipped: int
    missing: int
    zh = "批次 {lot} 发货 {shipped}，短少 {missing} 不成立"
    en = "of lot {lot} {shipped} micro-units were shipped, {missing} cannot be missing"
    remedy_zh = "请核对短少数量"
    remedy_en = "check the missing quantity"
