"""Refusals of rewards; numbers never change: 73xx offers, 74xx spending. Points are public, so details name them."""

from ledger.errors import Refusal, refusal


@refusal(7301, "ALREADY_EXISTS")
class OfferExists(Refusal):
    """The name is taken."""

    offer: str
    zh = "兑换项 {offer} 已存在"
    en = "the offer {offer} exists already"
    remedy_zh = "请另取编号"
    remedy_en = "choose another name"


@refusal(7302, "NOT_FOUND")
class OfferUnknown(Refusal):
    """No offer of that name."""

    offer: str
    zh = "没有兑换项 {offer}"
    en = "there is no offer {offer}"
    remedy_zh = "请核对编号"
    remedy_en = "check its name"


@refusal(7303, "PERMISSION_DENIED")
class OfferForeign(Refusal):
    """A community offers to its own residents, the platform to those of a registered community."""

    organisation: str
    community: str
    zh = "机构 {organisation} 不能为 {community} 设立兑换项"
    en = "the organisation {organisation} cannot make offers for {community}"
    remedy_zh = "请填写本社区；平台请填写已登记的社区"
    remedy_en = "name your own community; the platform names a registered one"


@refusal(7304, "INVALID_ARGUMENT")
class OfferEndsWrong(Refusal):
    """An offer ends in the future, within a year."""

    until_ms: int
    latest_ms: int
    zh = "兑换截止时间 {until_ms} 须晚于当前，且不晚于 {latest_ms}"
    en = "the offer's end {until_ms} must lie ahead, and at most at {latest_ms}"
    remedy_zh = "请填写一年以内的截止时间"
    remedy_en = "let it end within a year from now"


@refusal(7305, "DEADLINE_EXCEEDED")
class OfferOver(Refusal):
    """Its time is over."""

    offer: str
    until_ms: int
    zh = "兑换项 {offer} 已于 {until_ms} 截止"
    en = "the offer {offer} ended at {until_ms}"
    remedy_zh = "请选择其他兑换项"
    remedy_en = "choose another offer"


@refusal(7306, "RESOURCE_EXHAUSTED")
class OutOfStock(Refusal):
    """Nothing is left of it."""

    offer: str
    zh = "兑换项 {offer} 已兑完"
    en = "nothing is left of the offer {offer}"
    remedy_zh = "请选择其他兑换项；有人退兑时库存会恢复"
    remedy_en = "choose another offer; what is voided comes back into stock"


@refusal(7401)
class PointsOverdrawn(Refusal):
    """More points than the key has in that community."""

    community: str
    balance: int
    cost: int
    zh = "在 {community} 只有 {balance} 积分，需要 {cost}"
    en = "the key has {balance} points in {community}, the offer costs {cost}"
    remedy_zh = "积分来自对已提货商品的评价，与评分高低无关"
    remedy_en = "points come from reviews of what was collected, whatever they say"


@refusal(7402, "NOT_FOUND")
class RedemptionUnknown(Refusal):
    """No points were spent by that transaction."""

    redemption: str
    zh = "没有兑换记录 {redemption}"
    en = "there is no redemption {redemption}"
    remedy_zh = "请填写兑换交易的编号"
    remedy_en = "name it by the id of the transaction that spent the points"


@refusal(7403, "PERMISSION_DENIED")
class NotOfferMaker(Refusal):
    """Whoever made the offer honours or voids it."""

    offer: str
    organisation: str
    zh = "兑换项 {offer} 不是机构 {organisation} 设立的"
    en = "the offer {offer} was not made by the organisation {organisation}"
    remedy_zh = "请由设立该兑换项的机构签名"
    remedy_en = "have the organisation that made it sign"


@refusal(7404)
class RedemptionStateRefused(Refusal):
    """It was honoured or voided before."""

    redemption: str
    state: str
    event: str
    zh = "兑换 {redemption} 当前为 {state}，不能执行 {event}"
    en = "the redemption {redemption} is {state} and cannot {event}"
    remedy_zh = "已兑付或已退回的兑换不再变更"
    remedy_en = "what was honoured or voided changes no more"
