"""What people call the actions, events and values of the archive, in Chinese and English."""

from collections.abc import Mapping

from ledger.words import ActionWords, EventWords, Vocabulary, Words

CLAIM_ENDS: Mapping[str, Words] = {
    "opened": ("申报", "opened"),
    "paid": ("团长先行赔付", "paid at once by a leader"),
    "upheld": ("成立", "decided for the buyer"),
    "rejected": ("不成立", "decided against the buyer"),
    "lapsed": ("逾期由保证金赔付", "lapsed: the guarantee paid"),
    "withdrawn": ("买家撤回", "taken back by the buyer"),
    "recalled": ("因召回终结", "ended by a recall"),
}
"""What claims came to, as listings count it."""

WORDS = Vocabulary(
    actions={
        "archive.review": ActionWords(
            ("买家评价", "A buyer's review"),
            (
                "社区 {community} 的一位买家评价 {product}：{rating} 星，推荐度 {recommend}",
                "A buyer in {community} gave {product} {rating} of 5 stars, {recommend} of 10 for recommending it",
            ),
        ),
        "archive.add": ActionWords(("追加评价", "An addition to a review")),
        "archive.erase": ActionWords(("买家删除评价内容", "A buyer had words erased")),
        "archive.visit": ActionWords(
            ("团长探访", "A leader's visit"), ("团长探访农场 {farm}（{site}）", "A leader visited {farm} ({site})")
        ),
        "archive.confirm_visit": ActionWords(("农场确认探访", "The farm confirmed a visit")),
        "archive.endorse": ActionWords(
            ("团长背书", "A leader vouches"),
            (
                "团长为 {product} 背书，披露佣金 {commission_bp} 个基点",
                "A leader vouches for {product} and discloses {commission_bp} basis points of commission",
            ),
        ),
        "archive.withdraw": ActionWords(("团长撤回背书", "A leader vouches no longer")),
        "archive.hide": ActionWords(("评价被隐藏", "A review was hidden"), ("依规则 {rule} 隐藏", "under rule {rule}")),
        "archive.appeal": ActionWords(("买家申诉", "The reviewer appealed")),
        "archive.decide": ActionWords(("申诉裁定", "An appeal was decided")),
        "archive.appeal_over": ActionWords(("申诉期限届满", "The time for an appeal is over")),
        "archive.count_excursion": ActionWords(("超温批次计入档案", "A lot that became too warm is counted")),
    },
    events={
        "reviewed": EventWords("fact", ("{0} 星，推荐度 {1}", "{0} of 5 stars, {1} of 10 for recommending it")),
        "review_hidden": EventWords("fact", ("评价 {0} 被隐藏，仍然计数", "the review {0} is hidden and still counts")),
        "review_restored": EventWords("fact", ("评价 {0} 恢复显示", "the review {0} is shown again")),
        "words_erased": EventWords("fact", ("评价 {0} 的内容已删除", "words of the review {0} were erased")),
        "visit_confirmed": EventWords("fact", ("农场已确认探访 {0}", "the farm confirmed the visit {0}")),
        "endorsed": EventWords("fact", ("团长 {0} 为 {1} 背书", "the leader {0} vouches for {1}")),
        "endorsement_withdrawn": EventWords(
            "fact", ("团长 {0} 不再为 {1} 背书", "the leader {0} vouches for {1} no longer")
        ),
        "claim_counted": EventWords("fact", ("赔付计入信任档案：{0}", "a claim is counted in the archive: {0}")),
        "excursion_counted": EventWords(
            "goods", ("批次 {0} 超温，计入信任档案", "the lot {0} became too warm: counted in the archive")
        ),
    },
    subjects={"listing": ("信任档案", "trust archive")},
    values={
        "as_described": ("与描述相符", "as described"),
        "badly_packed": ("包装差", "badly packed"),
        "bruised": ("磕碰", "bruised"),
        "clean": ("干净", "clean"),
        "creamy": ("奶香浓郁", "creamy"),
        "differs": ("与描述不符", "not as described"),
        "dirty": ("不干净", "dirty"),
        "expensive": ("价格偏高", "expensive"),
        "fragrant": ("香味浓", "fragrant"),
        "fresh": ("新鲜", "fresh"),
        "good_value": ("性价比高", "good value"),
        "juicy": ("多汁", "juicy"),
        "large": ("个头大", "large"),
        "late": ("送达晚", "late"),
        "near_expiry": ("临近保质期", "near its expiry"),
        "on_time": ("准时", "on time"),
        "overripe": ("过熟", "overripe"),
        "small": ("个头小", "small"),
        "sour": ("偏酸", "sour"),
        "sweet": ("甜", "sweet"),
        "tender": ("口感嫩", "tender"),
        "underripe": ("未熟", "underripe"),
        "underweight": ("分量不足", "underweight"),
        "warm": ("到货不凉", "arrived warm"),
        "watery": ("味淡", "watery"),
        "well_packed": ("包装好", "well packed"),
        "personal_data": ("泄露他人信息", "another's personal data"),
        "abuse": ("辱骂", "abuse"),
        "advertising": ("广告", "advertising"),
        "off_topic": ("与商品无关", "off topic"),
        "unlawful": ("违法内容", "unlawful content"),
        "shown": ("显示", "shown"),
        "hidden": ("已隐藏", "hidden"),
        "appealed": ("申诉中", "appealed"),
        "upheld": ("维持", "upheld"),
        "restored": ("恢复显示", "shown again"),
        "claimed": ("待农场确认", "not confirmed by the farm"),
        "cosigned": ("农场已会签", "cosigned by the farm"),
        "standing": ("有效", "standing"),
        "withdrawn": ("已撤回", "withdrawn"),
    },
)
