"""What people call the actions and events of claims, in Chinese and English. No sentence knows an amount."""

from ledger.words import ActionWords, EventWords, Vocabulary

WORDS = Vocabulary(
    actions={
        "claims.open": ActionWords(
            ("申请赔付", "A buyer claimed"),
            ("拼团 {campaign} 的一位买家申请赔付：{cause}", "A buyer of {campaign} claimed: {cause}"),
        ),
        "claims.pay": ActionWords(
            ("团长先行赔付", "The leader paid at once"),
            ("拼团 {campaign} 的团长先行赔付", "The leader of {campaign} paid a claim at once"),
        ),
        "claims.opt_in": ActionWords(("团长声明是否自愿垫付", "A leader said whether she lays out her own money")),
        "claims.contest": ActionWords(
            ("责任方提出异议", "A finding was contested"),
            ("拼团 {campaign} 一笔赔付的责任认定被提出异议", "A finding on a claim of {campaign} was contested"),
        ),
        "claims.adjudicate": ActionWords(
            ("赔付裁定", "A claim was adjudicated"),
            ("拼团 {campaign} 的一笔赔付由裁定人裁定", "A claim of {campaign} was adjudicated"),
        ),
        "claims.withdraw": ActionWords(
            ("撤回赔付申请", "A claim was withdrawn"),
            ("拼团 {campaign} 的一位买家撤回赔付申请", "A buyer of {campaign} withdrew a claim"),
        ),
        "claims.due": ActionWords(("赔付期限届满", "A claim's time limit is over")),
    },
    events={
        "claim_opened": EventWords("fact", ("拼团 {0} 有买家申请赔付：{1}", "a buyer of {0} claimed: {1}")),
        "claim_paid": EventWords("fact", ("拼团 {0} 的团长已先行赔付", "the leader of {0} has paid at once")),
        "claim_contested": EventWords("fact", ("拼团 {0} 的责任认定有异议", "the finding is contested ({0})")),
        "claim_referred": EventWords(
            "fact",
            (
                "拼团 {0} 的证据有变化，赔付转由裁定人裁定",
                "the evidence has changed: a claim of {0} goes to the adjudicator",
            ),
        ),
        "claim_decided": EventWords("fact", ("拼团 {0} 的一笔赔付已了结", "a claim of {0} is decided")),
        "claim_lapsed": EventWords(
            "fact",
            (
                "拼团 {0} 的裁定人未在期限内裁定，由平台保证金赔付",
                "the adjudicator of {0} let the time pass: the platform's guarantee pays",
            ),
        ),
        "claim_withdrawn": EventWords("fact", ("拼团 {0} 的一笔赔付申请已撤回", "a claim of {0} was withdrawn")),
    },
    values={
        "spoiled": ("变质", "spoiled"),
        "damaged": ("损坏", "damaged"),
        "short_weight": ("缺斤少两", "short weight"),
        "wrong_item": ("发错货", "wrong item"),
        "missing": ("漏发", "missing"),
        "quality": ("品质不符", "quality"),
        "opened": ("已受理", "opened"),
        "provisional": ("初步认定", "provisional"),
        "adjudicating": ("等待裁定", "waiting for the adjudicator"),
        "contested": ("有异议", "contested"),
        "decided": ("已了结", "decided"),
        "lapsed": ("逾期由保证金赔付", "lapsed: the guarantee pays"),
        "withdrawn": ("已撤回", "withdrawn"),
        "recalled": ("因召回终结", "ended by a recall"),
    },
)
