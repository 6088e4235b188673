"""Refusals of governance; numbers never change: 30xx proposals, 31xx validators, 32xx parameters, 33xx upgrades."""

from ledger.errors import Refusal, refusal


@refusal(3001, "NOT_FOUND")
class ProposalUnknown(Refusal):
    """No proposal of this number."""

    proposal: int
    zh = "提案 {proposal} 不存在"
    en = "there is no proposal {proposal}"
    remedy_zh = "请用 linxin governance list 查看提案编号"
    remedy_en = "look its number up with `linxin governance list`"


@refusal(3002)
class ProposalClosed(Refusal):
    """Decided, expired or withdrawn before."""

    proposal: int
    standing: str
    zh = "提案 {proposal} 已结束（{standing}）"
    en = "proposal {proposal} is closed ({standing})"
    remedy_zh = "无需再操作；如有需要请重新提案"
    remedy_en = "nothing is left to do; propose it again if it is still wanted"


@refusal(3003, "PERMISSION_DENIED")
class NotValidatorOrganisation(Refusal):
    """Only the organisations that run the validators in force govern."""

    organisation: str
    zh = "机构 {organisation} 没有运行现任验证节点，不能提案或投票"
    en = "the organisation {organisation} runs no validator in force, so it neither proposes nor votes"
    remedy_zh = "请由运行验证节点的机构签名"
    remedy_en = "have an organisation that runs a validator sign it"


@refusal(3004, "PERMISSION_DENIED")
class OrganisationKeyNeeded(Refusal):
    """Devices and members do not govern in their organisation's name."""

    signer: str
    zh = "{signer} 不能代表机构参与治理"
    en = "{signer} cannot govern for its organisation"
    remedy_zh = "请用机构自己的密钥签名"
    remedy_en = "sign with a key of the organisation itself"


@refusal(3005, "ALREADY_EXISTS")
class AlreadyVoted(Refusal):
    """The same vote once more would change nothing."""

    organisation: str
    proposal: int
    zh = "机构 {organisation} 已对提案 {proposal} 投过同样的票"
    en = "the organisation {organisation} has cast this vote on proposal {proposal} already"
    remedy_zh = "每个机构一票；提案即视为赞成；结束前可以改投"
    remedy_en = "each organisation has one vote, proposing is a yes; until the end it may vote the other way"


@refusal(3006, "PERMISSION_DENIED")
class NotProposer(Refusal):
    """Only who proposed takes it back."""

    proposal: int
    proposer: str
    zh = "提案 {proposal} 由 {proposer} 提出，只能由其撤回"
    en = "proposal {proposal} was made by {proposer}, who alone can withdraw it"
    remedy_zh = "如不同意，请投反对票"
    remedy_en = "vote no if you do not agree"


@refusal(3007, "RESOURCE_EXHAUSTED")
class TooManyProposals(Refusal):
    """Open proposals are bounded."""

    count: int
    limit: int
    zh = "未决提案已有 {count} 个，上限 {limit}"
    en = "there are {count} open proposals, the limit is {limit}"
    remedy_zh = "请先表决或撤回已有提案"
    remedy_en = "vote on those there are, or withdraw some"


@refusal(3101, "ALREADY_EXISTS")
class ValidatorIdUsed(Refusal):
    """Ids are never used twice, not even after removal."""

    validator: str
    zh = "节点编号 {validator} 已被使用过"
    en = "the validator id {validator} is or was in use"
    remedy_zh = "请换一个从未用过的编号（例如 farm-2）和新密钥"
    remedy_en = "take an id never used before (such as farm-2) and a new key"


@refusal(3102, "NOT_FOUND")
class ValidatorUnknown(Refusal):
    """No validator or learner of this id."""

    validator: str
    zh = "节点 {validator} 不存在"
    en = "there is no validator or learner {validator}"
    remedy_zh = "请用 linxin network status 核对编号"
    remedy_en = "check the id with `linxin network status`"


@refusal(3103)
class NotLearner(Refusal):
    """Only a learner is promoted."""

    validator: str
    standing: str
    zh = "节点 {validator} 不是学习节点（{standing}）"
    en = "{validator} is not a learner ({standing})"
    remedy_zh = "请先以新编号和新密钥提案加入学习节点"
    remedy_en = "first propose a learner under a new id and key"


@refusal(3104)
class NotInForce(Refusal):
    """Only a validator in force is replaced."""

    validator: str
    standing: str
    zh = "节点 {validator} 不是现任验证节点（{standing}）"
    en = "{validator} is not a validator in force ({standing})"
    remedy_zh = "请核对要更换的节点编号"
    remedy_en = "check the id of the validator to replace"


@refusal(3105)
class ValidatorRetired(Refusal):
    """Who was removed stays removed."""

    validator: str
    height: int
    zh = "节点 {validator} 自高度 {height} 起已退出"
    en = "{validator} has been out since height {height}"
    remedy_zh = "请以新编号和新密钥重新加入"
    remedy_en = "let it join again under a new id and key"


@refusal(3106)
class LastValidator(Refusal):
    """Without a validator nothing could ever be decided again."""

    validator: str
    zh = "{validator} 是最后一个验证节点，不能移除"
    en = "{validator} is the last validator and cannot be removed"
    remedy_zh = "请先增加另一个验证节点，或用更换提案"
    remedy_en = "add another validator first, or propose a replacement"


@refusal(3107)
class SetChangePending(Refusal):
    """One change of the validators at a time."""

    height: int
    zh = "上一次验证节点变更在高度 {height} 生效，在此之前不能再通过一次"
    en = "a change of the validators takes effect at height {height}; until then no other can pass"
    remedy_zh = "请从高度 {height} 起再投这一票（票未记录）"
    remedy_en = "cast this vote again from height {height} on; it was not counted now"


@refusal(3108, "RESOURCE_EXHAUSTED")
class TooManyValidators(Refusal):
    """Sets are bounded."""

    kind: str
    limit: int
    zh = "{kind} 已达上限 {limit}"
    en = "there are {limit} of the kind {kind}, the most there can be"
    remedy_zh = "请先移除不用的节点"
    remedy_en = "remove one that is not needed first"


@refusal(3109, "PERMISSION_DENIED")
class NotOperator(Refusal):
    """An address is told by the organisation that runs the machine."""

    validator: str
    organisation: str
    zh = "节点 {validator} 由机构 {organisation} 运行"
    en = "{validator} is run by the organisation {organisation}"
    remedy_zh = "请由该机构签名"
    remedy_en = "have that organisation sign it"


@refusal(3201, "NOT_FOUND")
class ParameterUnknown(Refusal):
    """No module has this parameter."""

    name: str
    zh = "没有参数 {name}"
    en = "there is no parameter {name}"
    remedy_zh = "请核对参数名"
    remedy_en = "check the name of the parameter"


@refusal(3202)
class ParameterFixed(Refusal):
    """Some parameters stand for ever, since verifiers who know genesis alone rely on them."""

    name: str
    zh = "参数 {name} 由创世文件固定，不能更改"
    en = "the parameter {name} is fixed by the genesis file and never changes"
    remedy_zh = "如确需不同取值，只能建立新网络"
    remedy_en = "another value takes another network"


@refusal(3203, "INVALID_ARGUMENT")
class ParameterOutOfBounds(Refusal):
    """Beyond what keeps the network working."""

    name: str
    value: int
    least: int
    greatest: int
    zh = "参数 {name} 的取值 {value} 超出 {least} 至 {greatest}"
    en = "the parameter {name} cannot be {value}: it lies between {least} and {greatest}"
    remedy_zh = "请在允许范围内取值"
    remedy_en = "choose a value within the bounds"


@refusal(3204, "ALREADY_EXISTS")
class ParameterUnchanged(Refusal):
    """It has this value already."""

    name: str
    value: int
    zh = "参数 {name} 已经是 {value}"
    en = "the parameter {name} is {value} already"
    remedy_zh = "无需更改"
    remedy_en = "nothing is to be changed"


@refusal(3301, "INVALID_ARGUMENT")
class UpgradeVersion(Refusal):
    """Versions follow each other by one; a leap would halt the network for good."""

    version: int
    expected: int
    zh = "升级版本 {version} 不成立，下一版本应为 {expected}"
    en = "the version {version} cannot follow: the next one is {expected}"
    remedy_zh = "请填写下一个版本号"
    remedy_en = "give the next version"


@refusal(3302, "INVALID_ARGUMENT")
class UpgradeTooSoon(Refusal):
    """Nodes need to be upgraded before the height comes."""

    height: int
    earliest: int
    zh = "升级高度 {height} 过近，最早为 {earliest}"
    en = "the upgrade height {height} is too near, the earliest is {earliest}"
    remedy_zh = "请选择更晚的高度，给各节点留出升级时间"
    remedy_en = "choose a later height, so that all nodes can be upgraded before"
