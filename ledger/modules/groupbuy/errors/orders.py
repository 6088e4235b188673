"""53xx: orders. What a refusal names is public: never an amount, a number of units, a receipt, a ticket or a state."""

from ledger.errors import Refusal, refusal


@refusal(5301, "ALREADY_EXISTS")
class OrderExists(Refusal):
    """A fresh key for each order."""

    order: str
    zh = "该密钥已有订单 {order}"
    en = "the key has an order already: {order}"
    remedy_zh = "每个订单请使用新的密钥"
    remedy_en = "make a fresh key for each order"


@refusal(5302, "NOT_FOUND")
class OrderUnknown(Refusal):
    """No order of this key in this campaign."""

    order: str
    zh = "该团购中没有订单 {order}"
    en = "this campaign has no order {order}"
    remedy_zh = "请核对团购编号与订单密钥"
    remedy_en = "check the campaign and the order's key"


@refusal(5303)
class LineStateRefused(Refusal):
    """The life cycle of a line has no such step from where it stands."""

    order: str
    step: str
    zh = "订单 {order} 当前状态不允许“{step}”"
    en = "the order {order} is not where it could {step}"
    remedy_zh = "请用订单密钥查询其状态"
    remedy_en = "look at where it stands, with the order's key"


@refusal(5304, "PERMISSION_DENIED")
class OrderKeyRegistered(Refusal):
    """Orders are made under fresh keys: one that serves somebody would tell who orders."""

    public_key: str
    zh = "公钥 {public_key} 已登记给他人或机构，不能用于下单"
    en = "the key {public_key} is registered: it cannot order"
    remedy_zh = "请为该订单生成新的密钥"
    remedy_en = "make a fresh key for the order"


@refusal(5305)
class TooManyUnits(Refusal):
    """More than one order may have."""

    campaign: str
    limit: int
    zh = "团购 {campaign} 每单限购 {limit} 份"
    en = "one order of the campaign {campaign} may have {limit} units"
    remedy_zh = "请减少份数"
    remedy_en = "order fewer"


@refusal(5306)
class SoldOut(Refusal):
    """No source has so many units left, or the campaign's maximum would be passed."""

    campaign: str
    zh = "团购 {campaign} 余量不足"
    en = "the campaign {campaign} has not so many units left"
    remedy_zh = "请减少份数，或等待卖方追加供应；款项由支付机构原路退回"
    remedy_en = "order fewer, or wait until the seller commits more; the custodian gives back what was paid"


@refusal(5307)
class ReceiptAmountWrong(Refusal):
    """An order is paid exactly, at the first tier's price."""

    order: str
    zh = "订单 {order} 的收款凭证金额与应付金额不一致"
    en = "the receipt of the order {order} is not over what the order costs"
    remedy_zh = "请按 份数 × 第一档单价 支付"
    remedy_en = "pay the units times the price of the first tier"


@refusal(5308)
class ReceiptCustodianWrong(Refusal):
    """All money of a campaign lies with the custodian of its terms."""

    order: str
    custodian: str
    zh = "订单 {order} 须由支付机构 {custodian} 收款"
    en = "the order {order} must be paid through the custodian {custodian}"
    remedy_zh = "请通过该支付机构付款"
    remedy_en = "pay through that custodian"


@refusal(5309, "PERMISSION_DENIED")
class TicketInvalid(Refusal):
    """Not the community registrar's word about this order in this campaign."""

    order: str
    community: str
    zh = "订单 {order} 的成员票不是社区 {community} 为本次团购签发的"
    en = "the ticket of the order {order} is not one of the community {community} for this order and campaign"
    remedy_zh = "请向社区登记方重新领取成员票"
    remedy_en = "get a ticket from the community's registrar"


@refusal(5310, "ALREADY_EXISTS")
class TicketUsed(Refusal):
    """One ticket, one order."""

    order: str
    zh = "订单 {order} 的成员票已被使用"
    en = "the ticket of the order {order} has been used"
    remedy_zh = "每位成员每次团购只有一张成员票"
    remedy_en = "a member has one ticket a campaign"
