"""51xx: the terms of a campaign."""

from ledger.errors import Refusal, refusal


@refusal(5101, "NOT_FOUND")
class ProductUnknown(Refusal):
    """No product of this key."""

    product: str
    zh = "产品 {product} 未登记"
    en = "there is no product {product}"
    remedy_zh = "请先登记产品，或核对产品编号"
    remedy_en = "register the product first, or check its key"


@refusal(5102, "NOT_FOUND")
class SourceUnknown(Refusal):
    """Goods come from plantings and lots that trace knows."""

    source: str
    zh = "货源 {source} 不是已登记的种植批次或产品批次"
    en = "the source {source} is no known planting or lot"
    remedy_zh = "请填写 planting:… 或 lot:… 并核对编号"
    remedy_en = "name planting:… or lot:… and check its key"


@refusal(5103)
class SourceRepeats(Refusal):
    """A source counts once."""

    source: str
    zh = "货源 {source} 重复"
    en = "the source {source} is named twice"
    remedy_zh = "每个货源只填一次"
    remedy_en = "name each source once"


@refusal(5104)
class LotOfOtherProduct(Refusal):
    """A lot can only fill orders of its own product."""

    source: str
    product: str
    zh = "批次 {source} 不是产品 {product}"
    en = "the lot {source} is not of the product {product}"
    remedy_zh = "请选择同一产品的批次，或以种植批次为货源"
    remedy_en = "name lots of that product, or the planting"


@refusal(5105)
class LadderStart(Refusal):
    """The first tier holds from one unit on, so that every order has a price."""

    units: int
    zh = "阶梯价第一档应从 1 份开始，而不是 {units} 份"
    en = "the first tier begins at {units} units, it must begin at 1"
    remedy_zh = "请把第一档的份数设为 1"
    remedy_en = "let the first tier begin at 1 unit"


@refusal(5106)
class LadderRises(Refusal):
    """Each tier takes more units than the one before and costs less: the more join, the lower the price for all."""

    tier: int
    zh = "阶梯价第 {tier} 档不合规：份数必须递增、单价必须递减"
    en = "tier {tier} of the ladder is wrong: units must rise and prices must fall from tier to tier"
    remedy_zh = "请按份数从小到大、单价从高到低填写"
    remedy_en = "order the tiers by units, each cheaper than the one before"


@refusal(5107)
class LimitsContradict(Refusal):
    """minimum <= maximum, and no order may have more than all of them."""

    field: str
    value: int
    maximum: int
    zh = "{field}（{value} 份）超过了总上限（{maximum} 份）"
    en = "the {field} of {value} units is more than the maximum of {maximum}"
    remedy_zh = "请使成团份数和每单上限都不超过总上限"
    remedy_en = "let neither the minimum nor the limit of one order be more than the maximum"


@refusal(5108)
class TimesOutOfOrder(Refusal):
    """now < cut-off < begin of delivery < end of delivery."""

    field: str
    value_ms: int
    after_ms: int
    zh = "{field}（{value_ms}）必须晚于 {after_ms}"
    en = "{field} is {value_ms}, it must be later than {after_ms}"
    remedy_zh = "请按 当前时间 < 截单 < 配送开始 < 配送结束 填写"
    remedy_en = "let now, the cut-off, the begin and the end of delivery follow each other"


@refusal(5109)
class TimesTooFar(Refusal):
    """Money is not held for longer than a season."""

    field: str
    value_ms: int
    latest_ms: int
    zh = "{field}（{value_ms}）过晚，最晚 {latest_ms}"
    en = "{field} is {value_ms}, the latest allowed is {latest_ms}"
    remedy_zh = "开团到配送结束不得超过 90 天"
    remedy_en = "let delivery end within 90 days"


@refusal(5110)
class SharesTooLarge(Refusal):
    """Shares are parts of one whole; the seller has the rest."""

    total_bp: int
    zh = "分成合计 {total_bp} 基点，超过 10000"
    en = "the shares add up to {total_bp} basis points, more than 10000"
    remedy_zh = "请使团长、平台、物流分成之和不超过 10000 基点"
    remedy_en = "let the shares of leader, platform and logistics add up to 10000 at most"


@refusal(5111)
class ShareWithoutParty(Refusal):
    """A share that nobody would get."""

    share_bp: int
    zh = "没有指定物流方，却设了 {share_bp} 基点的物流分成"
    en = "there is a logistics share of {share_bp} basis points and no logistics organisation"
    remedy_zh = "请指定物流方，或把物流分成设为 0"
    remedy_en = "name the organisation, or let the share be 0"


@refusal(5112)
class UnitWrong(Refusal):
    """A unit (份) is whole pieces where pieces are sold, and whole grams where parcels are weighed."""

    unit_quantity: int
    zh = "每份数量 {unit_quantity} 不合规：按件须为整件，称重须为整克"
    en = (
        "one unit of {unit_quantity} micro-units will not do: pieces must be whole, and whole grams where it is weighed"
    )
    remedy_zh = "请调整每份数量；称重商品须能按克称量"
    remedy_en = "choose another quantity for one unit"


@refusal(5113)
class WorthTooMuch(Refusal):
    """All units at the first price are more money than the ledger counts."""

    limit_fen: int
    zh = "全部售出的金额超过账本上限 {limit_fen} 分"
    en = "all units together are worth more than {limit_fen} fen, the most that the ledger counts"
    remedy_zh = "请降低单价或总上限"
    remedy_en = "lower the price or the maximum"
