"""Refusals of payments; numbers never change: 40xx receipts, 41xx accounts and transfers, 42xx instructions, 43xx days.

Details are public. So none names an amount, a balance, a receipt, or what an order's transfer has come to.
"""

from ledger.errors import Refusal, refusal


@refusal(4001)
class CustodianUnknown(Refusal):
    """Money is taken from licensed custodians alone, and no platform is one."""

    organisation: str
    zh = "机构 {organisation} 不是有效的支付托管机构"
    en = "the organisation {organisation} is no custodian in good standing"
    remedy_zh = "请使用具备 custodian 角色且不兼任平台的机构出具的凭证"
    remedy_en = "bring a receipt of an organisation that is a custodian and no platform"


@refusal(4002, "UNAUTHENTICATED")
class ReceiptKeyForeign(Refusal):
    """A key that does not speak for the custodian."""

    custodian: str
    zh = "收款凭证的签名公钥不属于托管机构 {custodian}，或已吊销"
    en = "the receipt's key is not one in force of the custodian {custodian}"
    remedy_zh = "请向托管机构索取由其现行密钥签名的凭证"
    remedy_en = "ask the custodian for a receipt signed by a key of its own that is in force"


@refusal(4003, "UNAUTHENTICATED")
class ReceiptSignatureBad(Refusal):
    """Not what the custodian signed, or for another chain."""

    custodian: str
    zh = "托管机构 {custodian} 的收款凭证签名无效"
    en = "the signature of the receipt of {custodian} does not verify"
    remedy_zh = "请原样提交托管机构出具的凭证；凭证只对出具时写明的链有效"
    remedy_en = "submit the receipt just as the custodian made it; it holds on the one chain it was made for"


@refusal(4004, "DEADLINE_EXCEEDED")
class ReceiptExpired(Refusal):
    """The custodian may have given the money back."""

    custodian: str
    zh = "托管机构 {custodian} 的收款凭证已过有效期"
    en = "the receipt of {custodian} is no longer valid"
    remedy_zh = "请向托管机构退款或换取新凭证"
    remedy_en = "have the custodian return the money or make a new receipt"


@refusal(4005, "ALREADY_EXISTS")
class ReceiptUsed(Refusal):
    """A receipt is good once."""

    custodian: str
    zh = "托管机构 {custodian} 的该收款凭证编号已被使用"
    en = "a receipt of this number was used before ({custodian})"
    remedy_zh = "每张凭证只能使用一次；请使用新的凭证"
    remedy_en = "each receipt serves once: bring another"


@refusal(4006, "PERMISSION_DENIED")
class ReceiptForOther(Refusal):
    """Made out to somebody or something else."""

    custodian: str
    zh = "托管机构 {custodian} 的该收款凭证的受益方不符"
    en = "the receipt of {custodian} is made out to another beneficiary"
    remedy_zh = "请使用以本订单或本机构为受益方的凭证"
    remedy_en = "bring a receipt made out to this order or to yourself"


@refusal(4007, "RESOURCE_EXHAUSTED")
class CustodianFull(Refusal):
    """What a custodian holds in all is bounded, so that sums never overflow."""

    custodian: str
    zh = "托管机构 {custodian} 在本链上的托管总额已达上限"
    en = "the custodian {custodian} would hold more on this chain than any may"
    remedy_zh = "请先赎回部分资金，或使用另一托管机构"
    remedy_en = "have money paid out first, or use another custodian"


@refusal(4008, "NOT_FOUND")
class ReceiptUnknown(Refusal):
    """No such receipt was accepted."""

    zh = "没有接受过这张收款凭证"
    en = "no such receipt was accepted"
    remedy_zh = "退款只能退回到已接受的凭证"
    remedy_en = "money goes back to receipts that were accepted"


@refusal(4009)
class ReceiptOverdrawn(Refusal):
    """A receipt is never paid back more than it brought."""

    zh = "退回金额超过该收款凭证带来的金额"
    en = "more would go back to the receipt than it brought"
    remedy_zh = "请核对退款金额"
    remedy_en = "check the amount"


@refusal(4101)
class NotEnough(Refusal):
    """Nobody's account becomes negative, and what is held cannot be spent. `account` is empty for receipts."""

    account: str
    zh = "账户 {account} 的可用余额不足"
    en = "the account {account} has not enough that can be spent"
    remedy_zh = "请先入账，或减少金额；冻结中的资金不能动用"
    remedy_en = "bring money in first or take less; held money cannot be spent"


@refusal(4102, "ALREADY_EXISTS")
class TransferDiffers(Refusal):
    """An id stands for one transfer for ever."""

    zh = "同一转账编号已用于另一内容的转账"
    en = "the id of the transfer stands for another transfer"
    remedy_zh = "请勿以同一编号提交不同的转账"
    remedy_en = "never use an id for two different transfers"


@refusal(4103, "NOT_FOUND")
class TransferUnknown(Refusal):
    """No transfer of this id."""

    zh = "没有这笔转账"
    en = "there is no such transfer"
    remedy_zh = "请核对转账编号"
    remedy_en = "check the id of the transfer"


@refusal(4104)
class TransferClosed(Refusal):
    """Posted, voided or expired before."""

    zh = "该冻结已结束，不能再入账、撤销或到期"
    en = "the hold is over; it can be neither posted nor released again"
    remedy_zh = "无需再操作"
    remedy_en = "nothing is left to do"


@refusal(4105, "INVALID_ARGUMENT")
class PostedTooMuch(Refusal):
    """At most what is held can be posted."""

    zh = "入账金额超过冻结金额"
    en = "more would be posted than is held"
    remedy_zh = "请核对金额"
    remedy_en = "check the amount"


@refusal(4106)
class NotOverdue(Refusal):
    """A hold expires when its time is over; what a custodian is instructed to pay never does."""

    zh = "该冻结尚未到期，或不会到期"
    en = "the hold is not overdue, or has no time limit"
    remedy_zh = "请在到期之后再提交"
    remedy_en = "submit it after its time is over"


@refusal(4107, "INVALID_ARGUMENT")
class SameAccount(Refusal):
    """Source and target are one."""

    zh = "转出与转入是同一账户"
    en = "source and target are one account"
    remedy_zh = "请填写不同的账户"
    remedy_en = "name two different accounts"


@refusal(4108, "PERMISSION_DENIED")
class FloatOfOther(Refusal):
    """A float belongs to the platform that first funded it."""

    account: str
    owner: str
    zh = "备用金账户 {account} 属于 {owner}"
    en = "the float {account} belongs to {owner}"
    remedy_zh = "请由该平台机构操作"
    remedy_en = "have that platform do it"


@refusal(4109)
class NoticeGiven(Refusal):
    """Notice can be given of what is in the guarantee and not already under notice."""

    account: str
    zh = "保证金 {account} 中未被预告的余额不足"
    en = "the guarantee {account} has not that much that is not already under notice"
    remedy_zh = "请减少金额，或等待此前的预告期结束"
    remedy_en = "take less, or wait until earlier notices are over"


@refusal(4110)
class StillOwed(Refusal):
    """What others have a claim to is not paid out."""

    account: str
    zh = "账户 {account} 尚有欠款，须先清偿"
    en = "the account {account} owes what it would pay out"
    remedy_zh = "欠款会从之后的收入与充值中优先扣除；扣清后再提现"
    remedy_en = "debts are paid first, out of income and deposits; withdraw what is left then"


@refusal(4201, "NOT_FOUND")
class InstructionUnknown(Refusal):
    """No instruction of this id. `place` counts from 1 in what was submitted."""

    place: int
    zh = "第 {place} 条付款指令不存在"
    en = "there is no such instruction (number {place} of those submitted)"
    remedy_zh = "请按待办指令清单中的编号提交；整批未作任何更改"
    remedy_en = "take ids from the list of open instructions; nothing of the batch was done"


@refusal(4202, "PERMISSION_DENIED")
class InstructionOfOther(Refusal):
    """Only the custodian instructed confirms or rejects."""

    place: int
    zh = "第 {place} 条付款指令属于另一托管机构"
    en = "the instruction (number {place} of those submitted) is another custodian's"
    remedy_zh = "请由被指令的托管机构签名；整批未作任何更改"
    remedy_en = "have the custodian sign that was instructed; nothing of the batch was done"


@refusal(4203)
class InstructionClosed(Refusal):
    """Confirmed or rejected before, or twice in one batch."""

    place: int
    zh = "第 {place} 条付款指令已经处理过"
    en = "the instruction (number {place} of those submitted) was confirmed or rejected before"
    remedy_zh = "每条指令只能确认或退回一次；整批未作任何更改"
    remedy_en = "each is confirmed or rejected once; nothing of the batch was done"


@refusal(4204)
class NotRejected(Refusal):
    """Only a rejected refund is issued again, and once."""

    zh = "该指令未被退回，或已重新发出"
    en = "the instruction was not rejected, or was issued again already"
    remedy_zh = "请查看其后续指令"
    remedy_en = "look at the instruction that followed it"


@refusal(4205)
class NotRefund(Refusal):
    """What an organisation or leader withdrew is back in her account."""

    zh = "该指令是提现而非退款，款项已回到原账户"
    en = "the instruction was a withdrawal; its money is back in the account"
    remedy_zh = "请重新提现"
    remedy_en = "withdraw it again"


@refusal(4301)
class DayNotOver(Refusal):
    """A day is stated when it is over by block time, UTC+8."""

    day: int
    zh = "第 {day} 日（UTC+8）尚未结束"
    en = "the day {day} (UTC+8) is not over"
    remedy_zh = "请在次日零点（北京时间）之后提交"
    remedy_en = "state it after midnight, Beijing time"


@refusal(4302, "ALREADY_EXISTS")
class DayStated(Refusal):
    """One statement a day."""

    day: int
    zh = "第 {day} 日的日结单已提交过"
    en = "the day {day} was stated before"
    remedy_zh = "每日只提交一次；如有不符，请双方逐笔核对"
    remedy_en = "each day is stated once; where it differs, compare the instructions one by one"


@refusal(4303)
class DayTooOld(Refusal):
    """Statements are compared within about a year."""

    day: int
    earliest: int
    zh = "第 {day} 日过早，最早可提交第 {earliest} 日"
    en = "the day {day} is too long ago, the earliest that can be stated is {earliest}"
    remedy_zh = "请按时提交日结单"
    remedy_en = "state days in time"
