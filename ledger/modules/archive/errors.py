"""Refusals of the archive; numbers never change: 70xx reviews, 71xx visits and endorsements, 72xx moderation.

Details are public: none names an order, its campaign or where it stands.
"""

from ledger.errors import Refusal, refusal


@refusal(7001)
class NotCollected(Refusal):
    """Only what was collected can be reviewed; which order it is about is restricted."""

    product: str
    zh = "只能评价已取货的商品 {product}"
    en = "only goods that were collected can be reviewed ({product})"
    remedy_zh = "请在取货后评价"
    remedy_en = "review them after collection"


@refusal(7002, "ALREADY_EXISTS")
class ReviewedAlready(Refusal):
    """One review a line."""

    product: str
    zh = "该笔订单的 {product} 已经评价过"
    en = "this line of {product} was reviewed already"
    remedy_zh = "可以追加评价，不能重写"
    remedy_en = "add to the review; it cannot be written again"


@refusal(7003, "INVALID_ARGUMENT")
class GoodsDiffer(Refusal):
    """The review names other goods than the order it belongs to."""

    field: str
    zh = "评价中的 {field} 与订单不符"
    en = "the review's {field} is not what was ordered"
    remedy_zh = "请按订单所在拼团的商品、社区、卖方和批次填写"
    remedy_en = "take product, community, seller and lots from the order's campaign"


@refusal(7004, "PERMISSION_DENIED")
class OrderKeyMissing(Refusal):
    """The order's key did not sign for this reviewer."""

    key: str
    zh = "订单密钥没有为评价密钥 {key} 签名"
    en = "the order's key did not sign for the reviewing key {key}"
    remedy_zh = "请用下单时的密钥授权"
    remedy_en = "sign with the key that the order was made under"


@refusal(7005, "PERMISSION_DENIED")
class MembershipInvalid(Refusal):
    """Not a valid word of the community's registrar about this key."""

    community: str
    problem: str
    zh = "社区 {community} 的成员凭证无效：{problem}"
    en = "no valid word of the community {community} about this key: {problem}"
    remedy_zh = "请向社区登记处重新申领凭证"
    remedy_en = "ask the community's registrar for a fresh one"


@refusal(7006, "PERMISSION_DENIED")
class OwnInterest(Refusal):
    """Who sells, makes, leads, carries or runs a sale, works for those, or ever vouched for it, does not review it."""

    product: str
    zh = "与 {product} 的这次销售有利益关系者不得评价"
    en = "who has an interest in this sale of {product} does not review it"
    remedy_zh = "请由无利益关系的买家评价"
    remedy_en = "leave reviews to buyers without one"


@refusal(7007, "PERMISSION_DENIED")
class ReviewKeyRegistered(Refusal):
    """A registered key says who reviews."""

    public_key: str
    zh = "密钥 {public_key} 是已登记的密钥，不得用于评价"
    en = "the key {public_key} is registered with somebody and cannot review"
    remedy_zh = "请使用本社区专用的评价密钥"
    remedy_en = "use a key made for reviews in this community"


@refusal(7008, "INVALID_ARGUMENT")
class ReviewKeyElsewhere(Refusal):
    """A key is of one community, and no order's: else it would tie together what nobody is to see together."""

    public_key: str
    zh = "密钥 {public_key} 已用于别的社区或订单"
    en = "the key {public_key} serves another community, or an order"
    remedy_zh = "请为每个社区使用单独的评价密钥"
    remedy_en = "make a key of its own for each community"


@refusal(7009, "INVALID_ARGUMENT")
class SaidTwice(Refusal):
    """A tag, photo or product is listed twice."""

    field: str
    zh = "{field} 中有重复"
    en = "something stands twice in {field}"
    remedy_zh = "请删除重复项"
    remedy_en = "leave each in once"


@refusal(7010, "NOT_FOUND")
class ReviewUnknown(Refusal):
    """No review has this id."""

    review: str
    zh = "评价 {review} 不存在"
    en = "there is no review {review}"
    remedy_zh = "请核对评价编号"
    remedy_en = "check the id"


@refusal(7011, "PERMISSION_DENIED")
class NotReviewer(Refusal):
    """Only the key that wrote a review adds to it, erases its words, or appeals."""

    review: str
    zh = "评价 {review} 不是用该密钥写的"
    en = "the review {review} was written under another key"
    remedy_zh = "请使用写评价的密钥"
    remedy_en = "use the key that wrote it"


@refusal(7012)
class ReviewErased(Refusal):
    """Who erased her words says nothing more there."""

    review: str
    zh = "评价 {review} 的内容已删除，不能再追加"
    en = "words of the review {review} were erased: nothing can be added"
    remedy_zh = "评分和标签仍然计数"
    remedy_en = "its rating and tags count all the same"


@refusal(7013, "RESOURCE_EXHAUSTED")
class TooManyAdditions(Refusal):
    """Additions of a review are bounded."""

    review: str
    limit: int
    zh = "评价 {review} 已追加 {limit} 次"
    en = "the review {review} has had {limit} additions, the most there can be"
    remedy_zh = "如有新的购买，请另写评价"
    remedy_en = "review another purchase instead"


@refusal(7014, "INVALID_ARGUMENT")
class NothingSaid(Refusal):
    """An addition without words or photos, or an erasure where there are none."""

    review: str
    zh = "评价 {review} 的这一部分没有文字或图片"
    en = "there are no words or photos in this part of the review {review}"
    remedy_zh = "请附上文字或图片的承诺，或核对要删除的部分"
    remedy_en = "commit to words or photos, or check which part is to be erased"


@refusal(7015)
class ErasedAlready(Refusal):
    """A part is erased once."""

    review: str
    part: int
    zh = "评价 {review} 的第 {part} 部分已删除"
    en = "part {part} of the review {review} was erased already"
    remedy_zh = "无需再次删除；各存证方的删除回执可在存证库查询"
    remedy_en = "nothing is left to erase; the vault has the holders' receipts"


@refusal(7101, "NOT_FOUND")
class VisitUnknown(Refusal):
    """No visit has this id."""

    visit: str
    zh = "探访 {visit} 不存在"
    en = "there is no visit {visit}"
    remedy_zh = "请核对探访编号"
    remedy_en = "check the id"


@refusal(7102, "INVALID_ARGUMENT")
class VisitTimesWrong(Refusal):
    """A visit begins before it ends, ends before it is recorded, and lasts no longer than a week."""

    from_ms: int
    to_ms: int
    zh = "探访时间不成立：{from_ms} 至 {to_ms}"
    en = "a visit cannot last from {from_ms} to {to_ms}"
    remedy_zh = "开始须早于结束，结束不得晚于现在，且不超过七天"
    remedy_en = "it begins before it ends, lasts a week at most, and is over when it is recorded"


@refusal(7103, "NOT_FOUND")
class PlaceWrong(Refusal):
    """The place is not one that the farm runs."""

    site: str
    farm: str
    zh = "地点 {site} 不是 {farm} 登记的地点"
    en = "{site} is no registered place of {farm}"
    remedy_zh = "请填写该农场登记的地点"
    remedy_en = "name a place that the farm registered"


@refusal(7104, "NOT_FOUND")
class NotGrownThere(Refusal):
    """The product is none of the farm's."""

    product: str
    farm: str
    zh = "{farm} 不生产 {product}"
    en = "{farm} is not registered as a producer of {product}"
    remedy_zh = "请填写该农场登记的商品"
    remedy_en = "name products that the farm owns or is listed for"


@refusal(7105, "PERMISSION_DENIED")
class OwnFarm(Refusal):
    """Who belongs to the farm does not vouch for it."""

    leader: str
    farm: str
    zh = "团长 {leader} 属于 {farm}，不能为其背书"
    en = "the leader {leader} belongs to {farm} and cannot vouch for it"
    remedy_zh = "请由无隶属关系的团长探访"
    remedy_en = "have a leader visit who does not"


@refusal(7106, "PERMISSION_DENIED")
class NotTheFarm(Refusal):
    """Only the farm confirms that somebody was there."""

    visit: str
    organisation: str
    zh = "机构 {organisation} 不是探访 {visit} 的农场"
    en = "the visit {visit} was not to {organisation}"
    remedy_zh = "请由被探访的农场或其员工确认"
    remedy_en = "have the farm that was visited, or its staff, confirm it"


@refusal(7107, "ALREADY_EXISTS")
class ConfirmedAlready(Refusal):
    """A visit is confirmed once."""

    visit: str
    zh = "探访 {visit} 已确认"
    en = "the visit {visit} was confirmed already"
    remedy_zh = "无需再次确认"
    remedy_en = "nothing is left to confirm"


@refusal(7108, "PERMISSION_DENIED")
class NotVisitor(Refusal):
    """A leader vouches for what she herself saw."""

    visit: str
    leader: str
    zh = "探访 {visit} 不是团长 {leader} 的探访"
    en = "the visit {visit} was not the leader {leader}'s"
    remedy_zh = "请先亲自探访"
    remedy_en = "visit the farm first"


@refusal(7109)
class VisitUnconfirmed(Refusal):
    """A visit counts when the farm confirmed it."""

    visit: str
    zh = "探访 {visit} 尚未由农场确认"
    en = "the farm has not confirmed the visit {visit}"
    remedy_zh = "请农场先确认探访"
    remedy_en = "have the farm confirm it first"


@refusal(7110, "DEADLINE_EXCEEDED")
class VisitTooOld(Refusal):
    """It was too long ago."""

    visit: str
    latest_ms: int
    zh = "探访 {visit} 已过背书期限（{latest_ms}）"
    en = "the visit {visit} could be vouched on until {latest_ms}"
    remedy_zh = "请重新探访"
    remedy_en = "visit again"


@refusal(7111, "NOT_FOUND")
class NotSeen(Refusal):
    """The visit was not about this product."""

    visit: str
    product: str
    zh = "探访 {visit} 没有看过 {product}"
    en = "the visit {visit} was not about {product}"
    remedy_zh = "请填写探访时看过的商品"
    remedy_en = "name a product that the visit was about"


@refusal(7112, "ALREADY_EXISTS")
class VouchedAlready(Refusal):
    """One endorsement of a product by a leader stands at a time; another takes another visit."""

    leader: str
    product: str
    zh = "团长 {leader} 已为 {product} 背书，或撤回后没有再次探访"
    en = "the leader {leader} vouches for {product} already, or has not visited again since she withdrew"
    remedy_zh = "撤回后须再次探访才能重新背书"
    remedy_en = "after withdrawing visit again before vouching again"


@refusal(7113, "NOT_FOUND")
class EndorsementUnknown(Refusal):
    """No endorsement has this id."""

    endorsement: str
    zh = "背书 {endorsement} 不存在"
    en = "there is no endorsement {endorsement}"
    remedy_zh = "请核对背书编号"
    remedy_en = "check the id"


@refusal(7114, "PERMISSION_DENIED")
class NotVoucher(Refusal):
    """Who vouched withdraws."""

    endorsement: str
    leader: str
    zh = "背书 {endorsement} 不是团长 {leader} 的背书"
    en = "the endorsement {endorsement} is not the leader {leader}'s"
    remedy_zh = "请由背书的团长撤回"
    remedy_en = "have the leader who vouched withdraw it"


@refusal(7115)
class WithdrawnAlready(Refusal):
    """An endorsement is withdrawn once."""

    endorsement: str
    zh = "背书 {endorsement} 已撤回"
    en = "the endorsement {endorsement} was withdrawn already"
    remedy_zh = "撤回后仍然可见，无需再次撤回"
    remedy_en = "it stays visible as withdrawn"


@refusal(7201, "PERMISSION_DENIED")
class NotModerator(Refusal):
    """The review's community moderates, or a platform; another than who hid it decides."""

    review: str
    organisation: str
    zh = "机构 {organisation} 不能处理评价 {review}"
    en = "the organisation {organisation} does not moderate the review {review}"
    remedy_zh = "隐藏由该社区或平台执行；申诉须由隐藏者以外的社区、检测、监管或审计机构裁定"
    remedy_en = "its community or a platform hides; another community, inspector, regulator or auditor decides"


@refusal(7202, "PERMISSION_DENIED")
class PartyToSale(Refusal):
    """Who sold or carried what is reviewed moderates nothing about it."""

    review: str
    organisation: str
    zh = "机构 {organisation} 与评价 {review} 的销售有关，须回避"
    en = "the organisation {organisation} had a part in the sale that {review} is about"
    remedy_zh = "请由无利益关系的机构处理"
    remedy_en = "leave it to somebody who had none"


@refusal(7203)
class ReviewStateRefused(Refusal):
    """The review does not stand where this can be done."""

    review: str
    state: str
    event: str
    zh = "评价 {review} 处于 {state}，不能执行 {event}"
    en = "the review {review} is {state}: it cannot {event}"
    remedy_zh = "隐藏后可申诉，申诉后由第三方裁定；终裁后不再变更"
    remedy_en = "what is hidden can be appealed, what is appealed is decided; upheld is for good"


@refusal(7204, "ALREADY_EXISTS")
class HiddenUnderRule(Refusal):
    """A rule is used once on a review."""

    review: str
    rule: int
    zh = "评价 {review} 已依规则 {rule} 处理过"
    en = "the review {review} was hidden under rule {rule} before"
    remedy_zh = "同一规则只能适用一次"
    remedy_en = "a rule is used once on a review"
