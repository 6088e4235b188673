"""What people call the actions, events and values of rewards, in Chinese and English."""

from ledger.words import ActionWords, EventWords, Vocabulary, Words

_ACTIONS = {
    "rewards.offer": ActionWords(
        ("设立积分兑换", "Offer for points"),
        ("{community} 积分兑换「{title}」，{cost} 积分", "“{title}” for {cost} points of {community}"),
    ),
    "rewards.spend": ActionWords(("积分兑换", "Points spent"), ("兑换 {offer}", "Points spent on {offer}")),
    "rewards.honour": ActionWords(("兑换已兑付", "Redemption honoured")),
    "rewards.void": ActionWords(
        ("兑换退回", "Redemption voided"), ("兑换退回[：{reason}]", "Redemption voided[: {reason}]")
    ),
    "rewards.lapse": ActionWords(("兑换时限检查", "Time limit of a redemption")),
    "rewards.recheck": ActionWords(
        ("荣誉复核", "Titles looked at again"),
        ("按 {listing} 的信任档案复核推荐者荣誉", "Those who vouch for {listing} looked at again"),
    ),
    "rewards.hide_stands": ActionWords(("申诉期满", "Time to appeal is over")),
}

_EVENTS = {
    "points_earned": EventWords("fact", ("获得 {2} 积分（{0}）", "{2} points earned in {0}")),
    "points_spent": EventWords("fact", ("使用 {2} 积分兑换 {3}（{0}）", "{2} points of {0} spent on {3}")),
    "points_returned": EventWords("fact", ("{3} 未兑付，退回 {2} 积分（{0}）", "{2} points of {0} given back for {3}")),
    "title_gained": EventWords("fact", ("{1} 授予荣誉 {0}", "the title {0} was gained in {1}")),
    "title_lost": EventWords("fact", ("{1} 收回荣誉 {0}（{3}）", "the title {0} was lost in {1} ({3})")),
}

_VALUES: dict[str, Words] = {
    "asked": ("待兑付", "asked"),
    "honoured": ("已兑付", "honoured"),
    "voided": ("已退回", "voided"),
    "held": ("持有", "held"),
    "lost": ("已收回", "lost"),
    "recommender": ("社区好物推荐官", "neighbourhood recommender"),
    "taster": ("金牌体验官", "gold taster"),
    "listing": ("信任档案低于门槛", "the archive fell below the thresholds"),
    "thresholds": ("门槛调整", "the thresholds were raised"),
}

WORDS = Vocabulary(_ACTIONS, _EVENTS, values=_VALUES)
