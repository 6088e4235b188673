"""What people call the actions and events of payments, in Chinese and English. No sentence knows an amount."""

from ledger.words import ActionWords, EventWords, Vocabulary

WORDS = Vocabulary(
    actions={
        "payments.deposit": ActionWords(("存入资金", "Money deposited")),
        "payments.move": ActionWords(("平台账户间划转", "Money moved between the platform's accounts")),
        "payments.withdraw": ActionWords(("申请提现", "Withdrawal instructed")),
        "payments.confirm": ActionWords(("托管机构确认付款", "The custodian confirmed payments")),
        "payments.reject": ActionWords(("托管机构退回付款指令", "The custodian rejected a payment")),
        "payments.reissue": ActionWords(("重新发出退款指令", "A refund was instructed again")),
        "payments.expire": ActionWords(("解除到期冻结", "An overdue hold was released")),
        "payments.state_day": ActionWords(
            ("托管机构日结", "The custodian stated a day"), ("第 {day} 日的日结单", "Statement of day {day}")
        ),
        "payments.release": ActionWords(("保证金减少的预告期结束", "The notice of a guarantee's reduction is over")),
    },
    events={
        "statement_agrees": EventWords(
            "fact", ("第 {0} 日的日结单与账本一致", "the statement of day {0} agrees with the ledger")
        ),
        "statement_differs": EventWords(
            "data", ("第 {0} 日的日结单与账本不一致", "the statement of day {0} differs from the ledger")
        ),
        "guarantee_notice": EventWords(
            "fact", ("平台预告将减少保证金", "the platform gave notice: it takes from the guarantee")
        ),
        "guarantee_released": EventWords(
            "fact", ("预告的保证金已划出", "what notice was given of has left the guarantee")
        ),
    },
    values={
        "pending": ("冻结中", "pending"),
        "posted": ("已入账", "posted"),
        "voided": ("已撤销", "voided"),
        "expired": ("已到期", "expired"),
        "issued": ("待付款", "issued"),
        "confirmed": ("已付款", "confirmed"),
        "rejected": ("未能付款", "rejected"),
        "receipt": ("收款凭证入账", "receipt"),
        "deposit": ("存入", "brought in"),
        "deposit_put_up": ("交纳押金", "deposit put up"),
        "deposit_returned": ("押金退回", "deposit returned"),
        "move": ("划转", "move"),
        "withdrawal": ("提现", "withdrawal"),
        "hold": ("订单冻结", "held for an order"),
        "escrow": ("转入待结算", "into escrow"),
        "price_fell": ("成团价下降退差", "the price fell"),
        "cancelled": ("取消退款", "cancelled"),
        "failed": ("未成团退款", "the group did not form"),
        "shortage": ("缺货退款", "shortage"),
        "weight": ("称重退差", "weighed less"),
        "returned": ("现场退货退款", "returned on the spot"),
        "recall": ("召回退款", "recall"),
        "compensation": ("赔付", "compensation"),
        "repayment": ("归还垫付", "repayment"),
        "proceeds": ("处置所得", "proceeds of disposal"),
        "settlement": ("结算", "settlement"),
        "holdback": ("质保留款", "kept back"),
        "holdback_released": ("质保留款释放", "what was kept back is released"),
        "guarantee_released": ("保证金划出", "out of the guarantee"),
        "receivable": ("清偿欠款", "a debt paid"),
    },
)
