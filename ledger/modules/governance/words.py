"""What people call governance's actions and events, in Chinese and English."""

from ledger.words import ActionWords, EventWords, Vocabulary

WORDS = Vocabulary(
    actions={
        "governance.propose_learner": ActionWords(
            ("提案：加入学习节点", "Proposal: add a learner"),
            (
                "提案：机构 {organisation} 的节点 {validator} 作为学习节点加入[（{reason}）]",
                "Proposed: {validator} of {organisation} joins as a learner[ ({reason})]",
            ),
        ),
        "governance.propose_promotion": ActionWords(
            ("提案：学习节点升为验证节点", "Proposal: promote a learner"),
            ("提案：{learner} 升为验证节点[（{reason}）]", "Proposed: {learner} becomes a validator[ ({reason})]"),
        ),
        "governance.propose_replacement": ActionWords(
            ("提案：更换验证节点", "Proposal: replace a validator"),
            (
                "提案：以 {learner} 更换验证节点 {validator}[（{reason}）]",
                "Proposed: {learner} takes the place of the validator {validator}[ ({reason})]",
            ),
        ),
        "governance.propose_removal": ActionWords(
            ("提案：移除节点", "Proposal: remove a validator or learner"),
            ("提案：移除节点 {validator}[（{reason}）]", "Proposed: {validator} leaves[ ({reason})]"),
        ),
        "governance.propose_parameter": ActionWords(
            ("提案：更改参数", "Proposal: change a parameter"),
            ("提案：参数 {name} 改为 {value}[（{reason}）]", "Proposed: {name} becomes {value}[ ({reason})]"),
        ),
        "governance.propose_upgrade": ActionWords(
            ("提案：升级规则", "Proposal: upgrade the rules"),
            (
                "提案：自高度 {height} 起执行第 {version} 版规则[（{reason}）]",
                "Proposed: version {version} of the rules from height {height} on[ ({reason})]",
            ),
        ),
        "governance.vote": ActionWords(("投票", "Vote cast")),
        "governance.withdraw": ActionWords(("撤回提案", "Proposal withdrawn")),
        "governance.set_address": ActionWords(
            ("更改节点地址", "Address of a validator changed"),
            ("节点 {validator} 的地址改为 {address}", "{validator} is reached at {address} from now on"),
        ),
        "governance.expire": ActionWords(("提案到期", "Time to vote is over")),
    },
    events={
        "proposed": EventWords("fact", ("提案编号 {0}", "it is proposal {0}")),
        "proposal_closed": EventWords("fact", ("提案 {0} 结束：{1}", "proposal {0} is closed: {1}")),
        "learner_added": EventWords("fact", ("{1} 的学习节点 {0} 加入", "the learner {0} of {1} joined")),
        "learner_removed": EventWords("fact", ("学习节点 {0} 退出", "the learner {0} left")),
        "parameter_changed": EventWords("fact", ("参数 {0} 自下一高度起为 {1}", "{0} is {1} from the next height on")),
        "upgrade_decided": EventWords(
            "fact", ("自高度 {1} 起执行第 {0} 版规则", "version {0} of the rules holds from height {1} on")
        ),
        "set_decided": EventWords(
            "fact",
            (
                "验证节点自高度 {0} 起由 {1} 个变为 {2} 个，须 {3} 个签名",
                "from height {0} on there are {2} validators instead of {1}, of whom {3} must sign",
            ),
        ),
        "tolerance_lowered": EventWords(
            "fact",
            (
                "注意：可容忍的作恶节点由 {0} 个降为 {1} 个",
                "note: {1} lying validators can be borne, no longer {0}",
            ),
        ),
        "no_liar_tolerated": EventWords(
            "fact",
            (
                "注意：{0} 个验证节点不能容忍任何作恶节点；至少需要 4 个",
                "note: {0} validators bear no liar among them; 4 are the least that do",
            ),
        ),
        "handed_over": EventWords("fact", ("自高度 {0} 起由 {1} 验证", "from height {0} on {1} certify")),
    },
    values={
        "open": ("表决中", "open"),
        "passed": ("已通过", "passed"),
        "rejected": ("已否决", "rejected"),
        "expired": ("已过期", "expired"),
        "withdrawn": ("已撤回", "withdrawn"),
        "learner": ("学习节点", "learner"),
        "validator": ("验证节点", "validator"),
        "retired": ("已退出", "retired"),
    },
)
