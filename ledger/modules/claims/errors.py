"""Refusals of claims; numbers never change: 60xx opening, 61xx the leader's payment, 62xx contests, 63xx verdicts.

Details are public, so none names an amount; where the order stands in a restricted part alone, none names it either.
"""

from ledger.errors import Refusal, refusal


@refusal(6001, "NOT_FOUND")
class OrderElsewhere(Refusal):
    """The order was made in another campaign."""

    order: str
    campaign: str
    zh = "订单 {order} 不属于拼团 {campaign}"
    en = "the order {order} was not made in the campaign {campaign}"
    remedy_zh = "请填写该订单所在的拼团"
    remedy_en = "name the campaign that the order was made in"


@refusal(6002)
class NotClaimable(Refusal):
    """Only what was collected and is not settled can be claimed on, one claim at a time, within the window."""

    order: str
    zh = "订单 {order} 目前不能申请赔付：须在取货后的受理期内，且没有未了结的赔付"
    en = "no claim can be opened on the order {order}: only within its window after collection, one at a time"
    remedy_zh = "取货前请当面验货退回；受理期已过的，请联系团长或平台"
    remedy_en = "before collection hand goods back on the spot; after the window turn to the leader or the platform"


@refusal(6003, "INVALID_ARGUMENT")
class OverClaim(Refusal):
    """More than the buyer pays for the line and was not paid back."""

    order: str
    zh = "申请金额超过订单 {order} 实付且未退的金额"
    en = "more is claimed than the buyer of {order} paid and was not paid back"
    remedy_zh = "请按实付金额减去已退金额以内申请"
    remedy_en = "claim at most what was paid less what came back"


@refusal(6004, "RESOURCE_EXHAUSTED")
class TooManyClaims(Refusal):
    """Claims of one line are bounded."""

    order: str
    limit: int
    zh = "订单 {order} 的赔付申请已达 {limit} 次"
    en = "the order {order} has had {limit} claims, the most there can be"
    remedy_zh = "请联系团长或平台协商"
    remedy_en = "turn to the leader or the platform"


@refusal(6005, "NOT_FOUND")
class NoOpenClaim(Refusal):
    """Nothing is undecided there: never claimed, decided, withdrawn, or paid back by a recall."""

    campaign: str
    zh = "拼团 {campaign} 的该订单没有未了结的赔付"
    en = "the order of {campaign} has no open claim"
    remedy_zh = "请核对订单；已了结的赔付不再变更"
    remedy_en = "check the order; a claim that is over changes no more"


@refusal(6101, "PERMISSION_DENIED")
class NotItsLeader(Refusal):
    """Only the campaign's leader, or who handed the order over, pays a claim."""

    campaign: str
    leader: str
    zh = "{leader} 不是拼团 {campaign} 的团长，也不是交付该订单的人"
    en = "{leader} neither leads the campaign {campaign} nor handed the order over"
    remedy_zh = "请由该拼团的团长赔付"
    remedy_en = "have the campaign's leader pay it"


@refusal(6102, "ALREADY_EXISTS")
class PaidAlready(Refusal):
    """A claim is paid by a leader once."""

    campaign: str
    zh = "拼团 {campaign} 的该笔赔付已经先行支付过"
    en = "this claim of {campaign} has been paid by a leader already"
    remedy_zh = "每笔赔付只先行支付一次；余额由裁定补足"
    remedy_en = "a claim is paid at once only once; what is missing comes with its decision"


@refusal(6103, "INVALID_ARGUMENT")
class PaysTooMuch(Refusal):
    """More than the buyer asks for."""

    campaign: str
    zh = "先行赔付超过拼团 {campaign} 该笔申请的金额"
    en = "more is paid than the claim of {campaign} asks for"
    remedy_zh = "请按申请金额以内支付"
    remedy_en = "pay at most what is claimed"


@refusal(6104, "RESOURCE_EXHAUSTED")
class OverOrderCap(Refusal):
    """What leaders lay out for one order is capped."""

    campaign: str
    zh = "拼团 {campaign} 该订单的先行赔付已到每单上限"
    en = "what leaders may pay at once for one order is used up ({campaign})"
    remedy_zh = "请按剩余额度支付，或等待裁定"
    remedy_en = "pay what the cap leaves, or wait for the decision"


@refusal(6105, "RESOURCE_EXHAUSTED")
class OverDayCap(Refusal):
    """What one leader lays out on one day is capped."""

    leader: str
    zh = "团长 {leader} 今日的先行赔付已到上限"
    en = "what the leader {leader} may pay at once in a day is used up"
    remedy_zh = "请明日再付（按北京时间），或等待裁定"
    remedy_en = "pay tomorrow (UTC+8), or wait for the decision"


@refusal(6106)
class NotWilling(Refusal):
    """A leader's own money is used only if she said so."""

    leader: str
    zh = "团长 {leader} 没有同意用自有资金垫付"
    en = "the leader {leader} has not opted in to lay out money of her own"
    remedy_zh = "请先声明同意垫付，或使用平台备付金"
    remedy_en = "opt in first, or pay out of the float"


@refusal(6201, "PERMISSION_DENIED")
class NotLiable(Refusal):
    """Only who is found liable contests."""

    campaign: str
    organisation: str
    zh = "拼团 {campaign} 该笔赔付的初步认定不针对机构 {organisation}"
    en = "the finding on this claim of {campaign} is not against the organisation {organisation}"
    remedy_zh = "只有被认定的责任方可以提出异议"
    remedy_en = "only who is found liable can contest it"


@refusal(6202)
class ClaimStateRefused(Refusal):
    """The claim does not stand where this can be done; where it stands is restricted."""

    campaign: str
    event: str
    zh = "拼团 {campaign} 的该笔赔付目前不能执行 {event}"
    en = "this claim of {campaign} cannot {event} as it stands"
    remedy_zh = "请查询该笔赔付的状态：初步认定可异议，异议或移送后由裁定人裁定"
    remedy_en = "look it up: a provisional finding can be contested; one that is contested or referred is adjudicated"


@refusal(6203, "DEADLINE_EXCEEDED")
class TooLate(Refusal):
    """The time for this is over."""

    campaign: str
    event: str
    zh = "拼团 {campaign} 的该笔赔付执行 {event} 的期限已过"
    en = "the time in which this claim of {campaign} could {event} is over"
    remedy_zh = "期限一到，账本按规则自行了结"
    remedy_en = "when the time is over the ledger ends the claim by its rule"


@refusal(6301, "PERMISSION_DENIED")
class NotAdjudicator(Refusal):
    """Each campaign names who decides its claims."""

    campaign: str
    organisation: str
    zh = "机构 {organisation} 不是拼团 {campaign} 约定的裁定人"
    en = "the organisation {organisation} is not the adjudicator named by the campaign {campaign}"
    remedy_zh = "请由约定的裁定人签名"
    remedy_en = "have the adjudicator it names sign it"


@refusal(6302, "PERMISSION_DENIED")
class JudgeInOwnCause(Refusal):
    """Whoever had the goods in hand does not judge what became of them."""

    campaign: str
    organisation: str
    zh = "机构 {organisation} 经手过拼团 {campaign} 的货物，不得裁定"
    en = "the organisation {organisation} had the goods of the campaign {campaign} in hand and cannot adjudicate"
    remedy_zh = "期限届满后由平台保证金赔付"
    remedy_en = "when the time is over the platform's guarantee pays"


@refusal(6303, "INVALID_ARGUMENT")
class AwardTooLarge(Refusal):
    """More than was claimed."""

    campaign: str
    zh = "裁定金额超过拼团 {campaign} 该笔申请的金额"
    en = "the award is larger than what is claimed ({campaign})"
    remedy_zh = "裁定金额不得超过申请金额"
    remedy_en = "award at most what is claimed"


@refusal(6304, "INVALID_ARGUMENT")
class NeverInHand(Refusal):
    """Only who had the goods, or the seller, can be liable for them."""

    campaign: str
    organisation: str
    zh = "机构 {organisation} 没有经手过拼团 {campaign} 的货物"
    en = "the organisation {organisation} never had the goods of the campaign {campaign} in hand"
    remedy_zh = "请写明卖方或经手方，或留空由平台保证金承担"
    remedy_en = "name the seller or somebody who had them in hand, or nobody: then the guarantee pays"
