"""50xx: campaigns, who may do what with them; 51xx: their terms."""

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
