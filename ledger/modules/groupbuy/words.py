"""What people call the actions, events and subjects of group buying, in Chinese and English.

What is said of an order is in its restricted part, so a sentence about one tells no more than that it was dealt with.
"""

from ledger.words import ActionWords, EventWords, Vocabulary, Words

_ACTIONS = {
    "groupbuy.draft": ActionWords(
        ("发起团购", "Campaign drafted"),
        ("团长发起团购「{title}」", "A leader drafted the campaign “{title}”"),
    ),
    "groupbuy.commit_supply": ActionWords(
        ("承诺供应", "Supply committed"), ("{source} 承诺供应 {units} 份", "{units} units committed from {source}")
    ),
    "groupbuy.open": ActionWords(("卖方确认开团", "Campaign opened")),
    "groupbuy.cancel": ActionWords(("取消团购", "Campaign called off"), ("取消团购：{reason}", "Called off: {reason}")),
    "groupbuy.allocate": ActionWords(("分配批次", "Lots allocated")),
    "groupbuy.ship": ActionWords(("发货", "Goods shipped")),
    "groupbuy.arrive": ActionWords(("到达自提点", "Arrived at the pickup point")),
    "groupbuy.attend": ActionWords(("团长在自提点候取", "Leader at the pickup point with what is left")),
    "groupbuy.substitute": ActionWords(
        ("指定代任团长", "Leader replaced"), ("由 {leader} 代任团长", "{leader} takes the leader’s place")
    ),
    "groupbuy.order": ActionWords(("订单记录", "Order")),
    "groupbuy.handle": ActionWords(("订单处理", "Orders handled")),
    "groupbuy.cut_off": ActionWords(("截单", "Orders cut off")),
    "groupbuy.sweep": ActionWords(("逐单处理", "Orders worked through")),
    "groupbuy.deadline": ActionWords(("时限检查", "Time limit")),
    "groupbuy.recalled": ActionWords(
        ("召回退款", "Campaigns recalled"), ("批次 {lot} 召回：通知相关团购", "Campaigns with the recalled lot {lot}")
    ),
    "groupbuy.settle_line": ActionWords(("逐单结算", "Order settled")),
    "groupbuy.publish": ActionWords(("公布进度", "Progress shown")),
}

_EVENTS = {
    "reached": EventWords("fact", ("{0} 成团：{1} 单，{2} 份", "{0} reached its minimum: {1} orders, {2} units")),
    "missed": EventWords("fact", ("{0} 未成团：{1} 单，{2} 份", "{0} missed its minimum: {1} orders, {2} units")),
    "formed": EventWords("fact", ("{0} 款项已入托管：{1} 单，{2} 份", "{0} is in escrow: {1} orders, {2} units")),
    "cancelled": EventWords("fact", ("{0} 已取消，款项退回", "{0} is called off, the money goes back")),
    "allocated": EventWords("fact", ("{0} 已配货", "{0} is allocated")),
    "legs": EventWords("fact", ("{0} 已发货，共 {1} 段运输", "{0} is on its way, by {1} legs")),
    "at_pickup": EventWords("fact", ("{0} 已到自提点", "{0} is at the pickup point")),
    "reminder": EventWords("fact", ("{0} 请尽快自提", "what is left of {0} waits to be collected")),
    "stranded": EventWords("fact", ("{0} 团长失联，未提货款项退回", "{0}: what nobody handed out is paid back")),
    "ending": EventWords("fact", ("{0} 逐单结清，保留期开始", "{0}: every order is settled or paid back")),
    "closed": EventWords("fact", ("{0} 已结束", "{0} is closed")),
    "campaign_recalled": EventWords(
        "goods", ("{0} 因批次 {1} 召回，全部退款", "{0}: all is paid back, {1} is recalled")
    ),
    "leader_silent": EventWords("fact", ("{0} 的团长失联", "the leader of {0} is silent")),
}

_SUBJECTS: dict[str, Words] = {"campaign": ("团购", "campaign"), "order": ("订单", "order")}

_VALUES: dict[str, Words] = {
    "draft": ("待卖方确认", "draft"),
    "open": ("接单中", "open"),
    "forming": ("成团处理中", "forming"),
    "formed": ("已成团", "formed"),
    "allocating": ("分配中", "allocating"),
    "allocated": ("已分配", "allocated"),
    "shipped": ("已发货", "shipped"),
    "arrived": ("已到自提点", "arrived"),
    "ending": ("质保期", "ending"),
    "closed": ("已结束", "closed"),
    "failed": ("未成团", "failed"),
    "cancelled": ("已取消", "cancelled"),
    "recalled": ("已召回", "recalled"),
    "placed": ("已下单", "placed"),
    "owed": ("待发货", "owed"),
    "allotted": ("已配货", "allotted"),
    "packed": ("已打包", "packed"),
    "ready": ("待自提", "ready"),
    "collected": ("已自提", "collected"),
    "unclaimed": ("未自提", "unclaimed"),
    "disputed": ("有争议", "disputed"),
    "settled": ("已结算", "settled"),
    "refunded": ("已退款", "refunded"),
}

WORDS = Vocabulary(_ACTIONS, _EVENTS, _SUBJECTS, _VALUES)
