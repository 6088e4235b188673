"""54xx: lots that fill a campaign, and packing. Refusals about an order name no weight and no amount."""

from ledger.errors import Refusal, refusal


@refusal(5401)
class LotRepeats(Refusal):
    """One portion a lot."""

    lot: str
    zh = "批次 {lot} 重复列出"
    en = "the lot {lot} is named twice"
    remedy_zh = "请把同一批次合并为一项"
    remedy_en = "make one portion of it"


@refusal(5402, "NOT_FOUND")
class LotMissing(Refusal):
    """No lot of this key."""

    lot: str
    zh = "批次 {lot} 不存在"
    en = "there is no lot {lot}"
    remedy_zh = "请核对批次编号，或先登记采收"
    remedy_en = "check its key, or record the harvest first"


@refusal(5403)
class LotForeign(Refusal):
    """Buyers ordered from the sources in the terms, from nothing else."""

    lot: str
    campaign: str
    zh = "批次 {lot} 不是（或不全是）来自团购 {campaign} 约定的货源"
    en = "the lot {lot} does not come, or not as a whole, from the sources of the campaign {campaign}"
    remedy_zh = "请使用约定种植批或批次的货；混入其他来源的批次不能用"
    remedy_en = "use goods of the named plantings and lots, not mixed with any other"


@refusal(5404)
class LotNotActive(Refusal):
    """Recalled or used-up goods fill no orders."""

    lot: str
    standing: str
    zh = "批次 {lot} 处于“{standing}”状态，不能分配"
    en = "the lot {lot} is {standing}: it cannot be allocated"
    remedy_zh = "请换用其他批次"
    remedy_en = "use another lot"


@refusal(5405)
class LotOverused(Refusal):
    """All campaigns together get no more of a lot than there was of it."""

    lot: str
    zh = "批次 {lot} 分配给各团购的总量将超过其产量"
    en = "more of the lot {lot} would be allocated to campaigns than was produced"
    remedy_zh = "请减少数量，或加用其他批次"
    remedy_en = "allocate less of it, or add another lot"


@refusal(5406, "INVALID_ARGUMENT")
class AllocationUneven(Refusal):
    """The lots must come to whole units."""

    campaign: str
    zh = "分配给团购 {campaign} 的数量不是整份"
    en = "what is allocated to the campaign {campaign} does not come to whole units"
    remedy_zh = "各批次数量之和须为每份数量的整数倍"
    remedy_en = "let the portions add up to a multiple of the unit"


@refusal(5407)
class AllocationTooLarge(Refusal):
    """Nobody gets more than she ordered."""

    campaign: str
    zh = "分配数量超过团购 {campaign} 的订购总量"
    en = "more is allocated than was ordered in the campaign {campaign}"
    remedy_zh = "请按订购总量分配"
    remedy_en = "allocate what was ordered, or less where the harvest is short"


@refusal(5411)
class ParcelRepeats(Refusal):
    """One parcel an order in one record."""

    order: str
    zh = "订单 {order} 重复列出"
    en = "the order {order} is named twice"
    remedy_zh = "每个订单只列一次"
    remedy_en = "name each order once"


@refusal(5412, "INVALID_ARGUMENT")
class WeightMissing(Refusal):
    """Weighed goods are weighed."""

    order: str
    zh = "该团购按重量结算：订单 {order} 的包裹缺少称重"
    en = "this campaign sells by weight: the parcel of the order {order} has none"
    remedy_zh = "请称重后提交"
    remedy_en = "weigh it"


@refusal(5413, "INVALID_ARGUMENT")
class WeightUnwanted(Refusal):
    """Goods sold by the piece have no weight."""

    order: str
    zh = "该团购按份结算：订单 {order} 的包裹不需要称重"
    en = "this campaign sells by the unit: the parcel of the order {order} has no weight"
    remedy_zh = "请去掉重量"
    remedy_en = "leave the weight out"


@refusal(5414)
class TooLight(Refusal):
    """A parcel may be lighter than nominal within the tolerance only."""

    order: str
    zh = "订单 {order} 的包裹轻于允差下限"
    en = "the parcel of the order {order} is lighter than the tolerance allows"
    remedy_zh = "请补足重量"
    remedy_en = "fill it up"
