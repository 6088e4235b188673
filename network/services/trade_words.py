"""What people call the states of campaigns, lines, claims and instructions, what a transfer was for, and causes."""

from collections.abc import Mapping

from ledger.words import Words

CAMPAIGN_STATES: Mapping[str, Words] = {
    "draft": ("待供货方确认", "waiting for the seller's agreement"),
    "open": ("接龙中", "taking orders"),
    "forming": ("正在成团", "forming"),
    "formed": ("已成团", "formed"),
    "allocating": ("正在配货", "being allocated"),
    "allocated": ("已配货", "allocated"),
    "shipped": ("运输中", "on the way"),
    "arrived": ("已到自提点", "at the pickup point"),
    "ending": ("已结清，质保中", "settled, holdback kept"),
    "closed": ("已结束", "closed"),
    "failed": ("未成团，全额退款", "did not form: every fen goes back"),
    "cancelled": ("已取消，全额退款", "cancelled: every fen goes back"),
}

LINE_STATES: Mapping[str, Words] = {
    "placed": ("已下单", "ordered"),
    "cancelled": ("已撤单", "taken back"),
    "failed": ("未成团", "the group did not form"),
    "owed": ("待配货", "to be allocated"),
    "allotted": ("待打包", "to be packed"),
    "packed": ("已打包", "packed"),
    "ready": ("待取货", "to be collected"),
    "collected": ("已取货", "collected"),
    "unclaimed": ("未取货", "not collected"),
    "disputed": ("理赔中", "under a claim"),
    "settled": ("已结算", "settled"),
    "refunded": ("已退款", "refunded"),
}

INSTRUCTION_STATES: Mapping[str, Words] = {
    "issued": ("待支付机构执行", "to be carried out"),
    "confirmed": ("已付出", "paid out"),
    "rejected": ("支付机构未能执行", "could not be carried out"),
}

WHYS: Mapping[str, Words] = {
    "receipt": ("凭收款凭证入账", "a custodian's receipt"),
    "deposit": ("缴存保证金", "deposit"),
    "move": ("账户间划转", "moved between own accounts"),
    "withdrawal": ("提现", "withdrawal"),
    "hold": ("冻结", "held"),
    "escrow": ("转入托管", "into escrow"),
    "price_fell": ("阶梯价下降退差价", "refund: the price fell"),
    "cancelled": ("取消退款", "refund: cancelled"),
    "failed": ("未成团退款", "refund: the group did not form"),
    "shortage": ("缺货退款", "refund: shortage"),
    "weight": ("少重退款", "refund: packed lighter"),
    "returned": ("现场退货退款", "refund: handed back on the spot"),
    "recall": ("召回退款", "refund: recall"),
    "compensation": ("赔付", "compensation"),
    "repayment": ("垫付偿还", "repayment of what was laid out"),
    "proceeds": ("未取货物处置所得", "proceeds of goods not collected"),
    "settlement": ("结算", "settlement"),
    "holdback": ("质保金留存", "holdback"),
    "holdback_released": ("质保金释放", "holdback released"),
    "guarantee_released": ("保证金减少到期", "guarantee reduced after its notice"),
    "receivable": ("偿还欠款", "a receivable was paid"),
}


def words(known: Mapping[str, Words], value: str) -> Words:
    """What people call a value; the value itself where there are no words for it."""
    return known.get(value, (value, value))
