"""50xx: campaigns, and who may do what with them."""

from ledger.errors import Refusal, refusal


@refusal(5001, "ALREADY_EXISTS")
class CampaignExists(Refusal):
    """The id is taken."""

    campaign: str
    zh = "团购 {campaign} 已存在"
    en = "there is a campaign {campaign} already"
    remedy_zh = "请换一个团购编号"
    remedy_en = "choose another id"


@refusal(5002, "NOT_FOUND")
class CampaignUnknown(Refusal):
    """No campaign of this id."""

    campaign: str
    zh = "团购 {campaign} 不存在"
    en = "there is no campaign {campaign}"
    remedy_zh = "请核对团购编号"
    remedy_en = "check its id"


@refusal(5003)
class CampaignStateRefused(Refusal):
    """The life cycle has no such step from where the campaign stands."""

    campaign: str
    standing: str
    step: str
    zh = "团购 {campaign} 处于“{standing}”状态，不能执行“{step}”"
    en = "the campaign {campaign} is {standing}: it cannot {step}"
    remedy_zh = "请先查询团购当前状态"
    remedy_en = "look at where the campaign stands first"


@refusal(5004, "PERMISSION_DENIED")
class NotCampaignParty(Refusal):
    """Somebody else's part."""

    campaign: str
    signer: str
    step: str
    zh = "{signer} 不能对团购 {campaign} 执行“{step}”"
    en = "{signer} may not {step} the campaign {campaign}"
    remedy_zh = "请由团购条款中负责这一步的一方签名"
    remedy_en = "have the party sign that the campaign's terms name for it"


@refusal(5005)
class PartyWrong(Refusal):
    """A party that is not registered, is suspended, or does not hold the role that its part takes."""

    field: str
    organisation: str
    needed: str
    zh = "{field} 不能是 {organisation}：需要在册且具备角色 {needed}"
    en = "{organisation} cannot be the {field}: it takes a registered organisation with one of the roles {needed}"
    remedy_zh = "请选择具备该角色的机构"
    remedy_en = "name an organisation with that role"


@refusal(5006)
class PartyConflict(Refusal):
    """Two parts that one organisation must not play at once."""

    field: str
    other: str
    organisation: str
    zh = "{organisation} 不能同时担任 {field} 和 {other}"
    en = "{organisation} cannot be both the {field} and the {other}"
    remedy_zh = "请换一个与其无关的机构"
    remedy_en = "name another organisation for one of them"


@refusal(5007, "PERMISSION_DENIED")
class CommunityForeign(Refusal):
    """A leader sells to her own community."""

    community: str
    own: str
    zh = "团长属于社区 {own}，不能在社区 {community} 开团"
    en = "the leader belongs to the community {own}: she cannot draft a campaign for {community}"
    remedy_zh = "请在自己所属的社区开团"
    remedy_en = "draft it for her own community"


@refusal(5008, "NOT_FOUND")
class LeaderUnknown(Refusal):
    """A substitute must be a leader of the community, another than the one who is silent."""

    leader: str
    community: str
    zh = "{leader} 不是社区 {community} 的其他在册团长"
    en = "{leader} is not another leader of the community {community}"
    remedy_zh = "请指定该社区另一位在册团长"
    remedy_en = "name another leader that this community has registered"


@refusal(5009)
class LeaderNotSilent(Refusal):
    """As long as the leader is heard of in time, nobody takes her place."""

    campaign: str
    leader: str
    zh = "团购 {campaign} 的团长 {leader} 尚未失联，不能替换"
    en = "the leader {leader} of the campaign {campaign} is not silent: nobody takes her place"
    remedy_zh = "请等到规定的失联时限之后"
    remedy_en = "wait until the time is over within which she must be heard of"


@refusal(5010, "ALREADY_EXISTS")
class AlreadySubstituted(Refusal):
    """One substitute a campaign; after her the buyers get their money back."""

    campaign: str
    leader: str
    zh = "团购 {campaign} 已由 {leader} 代任团长，不能再次替换"
    en = "{leader} has taken the leader's place in the campaign {campaign} already"
    remedy_zh = "若代任团长也失联，款项将自动退回"
    remedy_en = "if she is silent as well, the money goes back by itself"


@refusal(5011)
class CutOffPassed(Refusal):
    """Block time has reached the cut-off: whatever its place in the block, it is late."""

    campaign: str
    cutoff_ms: int
    zh = "团购 {campaign} 已于 {cutoff_ms} 截单"
    en = "the campaign {campaign} was cut off at {cutoff_ms}"
    remedy_zh = "请等待下一次开团；款项由支付机构原路退回"
    remedy_en = "wait for the next campaign; the custodian gives back what was paid"
