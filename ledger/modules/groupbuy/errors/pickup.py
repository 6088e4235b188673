"""56xx: handing over, returns on the spot, goods nobody came for. They tell no amount, no unit and no state."""

from ledger.errors import Refusal, refusal


@refusal(5601, "PERMISSION_DENIED")
class WrongCode(Refusal):
    """Not the code that the buyer committed to. The try is counted."""

    order: str
    counts = True
    zh = "订单 {order} 的提货码不正确，本次已计数"
    en = "this is not the pickup code of the order {order}; the try was counted"
    remedy_zh = "请买家出示本订单的提货码；共可试五次"
    remedy_en = "have the buyer show the code of this very order; five tries in all"


@refusal(5602, "PERMISSION_DENIED")
class CodeLocked(Refusal):
    """Five wrong codes were tried."""

    order: str
    zh = "订单 {order} 的提货码已因五次错误锁定"
    en = "the pickup code of the order {order} is locked after five wrong ones"
    remedy_zh = "请买家用订单密钥自行确认收货"
    remedy_en = "the buyer can acknowledge the goods herself, with her order's key"


@refusal(5603)
class ReturnTooLarge(Refusal):
    """More units handed back than there were."""

    order: str
    zh = "订单 {order} 的退回份数超过应交份数"
    en = "more units are handed back than the order {order} got"
    remedy_zh = "请核对退回份数"
    remedy_en = "count again"


@refusal(5604, "INVALID_ARGUMENT")
class ReturnReason(Refusal):
    """A reason goes with what is handed back, and with nothing else."""

    order: str
    zh = "订单 {order}：退回须注明原因，未退回则不填"
    en = "the order {order}: a return has a reason, and nothing else has"
    remedy_zh = "请补充或去掉退回原因"
    remedy_en = "give the reason, or leave it out"


@refusal(5605, "ALREADY_EXISTS")
class AlreadyDisposed(Refusal):
    """What became of the goods is recorded once."""

    order: str
    zh = "订单 {order} 的无人领取货品已登记处置"
    en = "what became of the goods of the order {order} is recorded already"
    remedy_zh = "无需重复登记"
    remedy_en = "nothing more is to be recorded"


@refusal(5606)
class ProceedsTooLarge(Refusal):
    """Goods nobody came for bring their buyer at most what she paid."""

    order: str
    zh = "订单 {order} 的处置所得超过买家实付"
    en = "the proceeds are more than the buyer of the order {order} paid"
    remedy_zh = "请核对收据金额"
    remedy_en = "check the receipt's amount"
