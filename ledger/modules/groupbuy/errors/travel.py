"""55xx: shipments and arrival."""

from ledger.errors import Refusal, refusal


@refusal(5501, "NOT_FOUND")
class ShipmentMissing(Refusal):
    """No shipment of this id, or one that was refused or withdrawn."""

    shipment: str
    zh = "没有在途或已收货的运单 {shipment}"
    en = "there is no shipment {shipment} on its way or received"
    remedy_zh = "请先在溯源中登记发货"
    remedy_en = "record the shipping in trace first"


@refusal(5502)
class ShipmentForeign(Refusal):
    """The goods travel from the seller or its logistics, or from whom an earlier leg brought them to."""

    shipment: str
    shipper: str
    zh = "运单 {shipment} 的发货方 {shipper} 此前并未经手这批货"
    en = "the shipment {shipment} is by {shipper}, to whom no earlier leg brought these goods"
    remedy_zh = "请按运输先后列出各段运单"
    remedy_en = "name the legs in order of travel"


@refusal(5503, "ALREADY_EXISTS")
class ShipmentRepeats(Refusal):
    """One leg, one mention."""

    shipment: str
    zh = "运单 {shipment} 已登记在该团购"
    en = "the shipment {shipment} is a leg of this campaign already"
    remedy_zh = "每段运单只登记一次"
    remedy_en = "name each leg once"


@refusal(5504)
class ShipmentWithoutGoods(Refusal):
    """A leg carries something of the lots that fill the campaign, or made of them."""

    shipment: str
    campaign: str
    zh = "运单 {shipment} 中没有分配给团购 {campaign} 的货"
    en = "the shipment {shipment} carries nothing of what was allocated to the campaign {campaign}"
    remedy_zh = "请在拆箱之前登记，并核对运单编号"
    remedy_en = "name it before it is unpacked, and check its id"


@refusal(5505)
class TooManyLegs(Refusal):
    """Goods do not travel for ever."""

    campaign: str
    limit: int
    zh = "团购 {campaign} 的运输段数超过上限 {limit}"
    en = "the campaign {campaign} has more than {limit} legs"
    remedy_zh = "请合并运输"
    remedy_en = "let the goods travel by fewer legs"


@refusal(5506, "INVALID_ARGUMENT")
class ArrivalInFuture(Refusal):
    """An arrival is recorded after it happened."""

    event_ms: int
    latest_ms: int
    zh = "到货时间 {event_ms} 晚于允许的最晚时间 {latest_ms}"
    en = "the goods cannot have arrived at {event_ms}: the latest allowed is {latest_ms}"
    remedy_zh = "请校准时钟，到货后再登记"
    remedy_en = "set the clock, and record the arrival when it has happened"


@refusal(5507)
class GoodsRecalled(Refusal):
    """Recalled goods go no further; their buyers get their money back by themselves."""

    campaign: str
    lot: str
    zh = "团购 {campaign} 的批次 {lot} 已被召回"
    en = "the lot {lot} of the campaign {campaign} is recalled"
    remedy_zh = "请停止交付；款项将自动退回"
    remedy_en = "hand nothing out; the money goes back by itself"
