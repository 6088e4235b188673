"""53xx: orders. What a refusal names is public: never an amount, a number of units, a receipt, a ticket or a state."""

from ledger.errors import Refusal, refusal


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
