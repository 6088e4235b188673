"""Refusals of the trace module about names, things and who may do what, 2000-2099. Numbers never change."""

from ledger.errors import Refusal, refusal


@refusal(2001, "INVALID_ARGUMENT")
class IdentifierInvalid(Refusal):
    """A key that does not hold together, or is not allowed to trace identity."""

    field: str
    value: str
    reason_zh: str
    reason_en: str
    zh = "{field} 编码 {value} 无效：{reason_zh}"
    en = "the {field} key {value} is not valid: {reason_en}"
    remedy_zh = "请核对条码数字，或使用带校验字符的网络编码"
    remedy_en = "check the printed number, or use a network code with its check character"


@refusal(2002, "NOT_FOUND")
class SubjectUnknown(Refusal):
    """A thing that nobody registered."""

    subject: str
    zh = "{subject} 未登记"
    en = "{subject} is not registered"
    remedy_zh = "请核对编号，或先登记"
    remedy_en = "check the key, or register it first"


@refusal(2003, "NOT_FOUND")
class LotUnknown(Refusal):
    """No lot of this key."""

    lot: str
    zh = "批次 {lot} 不存在"
    en = "there is no lot {lot}"
    remedy_zh = "请核对产品编码与批号"
    remedy_en = "check product key and lot number"


@refusal(2004, "NOT_FOUND")
class ShipmentUnknown(Refusal):
    """No shipment of this name."""

    shipment: str
    zh = "发货单 {shipment} 不存在"
    en = "there is no shipment {shipment}"
    remedy_zh = "请向发货方索取单号"
    remedy_en = "ask the shipper for its name"


@refusal(2005, "ALREADY_EXISTS")
class AlreadyRegistered(Refusal):
    """The key is taken."""

    subject: str
    zh = "{subject} 已存在"
    en = "{subject} exists already"
    remedy_zh = "请换一个编号；编号不可重复使用"
    remedy_en = "choose another key; keys are never used twice"


@refusal(2006, "ALREADY_EXISTS")
class CodeCollision(Refusal):
    """Another lot has the same trace code: one in 10^18 pairs."""

    code: str
    other: str
    zh = "溯源码 {code} 已属于 {other}"
    en = "the trace code {code} belongs to {other}"
    remedy_zh = "请换一个批号重新提交"
    remedy_en = "choose another lot number and submit again"


@refusal(2007, "PERMISSION_DENIED")
class NotOwner(Refusal):
    """Only the owner may do this."""

    subject: str
    owner: str
    signer: str
    zh = "{subject} 属于 {owner}，{signer} 无权操作"
    en = "{subject} belongs to {owner}, not to {signer}"
    remedy_zh = "请由所有者签名"
    remedy_en = "have its owner sign"


@refusal(2008, "PERMISSION_DENIED")
class NotProducer(Refusal):
    """Only authorised producers commission lots of a product."""

    product: str
    organisation: str
    zh = "{organisation} 未获授权生产 {product}"
    en = "{organisation} is not authorised to produce {product}"
    remedy_zh = "请由产品所有者授权"
    remedy_en = "ask the owner of the product for authorisation"


@refusal(2009, "INVALID_ARGUMENT")
class NetContentWrong(Refusal):
    """Pieces need a net content, kilograms must not have one."""

    measure: str
    net_content: int
    zh = "计量单位 {measure} 与单件净含量 {net_content} 不符"
    en = "a net content of {net_content} does not go with the measure {measure}"
    remedy_zh = "按件计量须填单件净含量，按千克计量须填 0"
    remedy_en = "give the micro-kilograms of one piece, or 0 for goods measured in kg"


@refusal(2010, "INVALID_ARGUMENT")
class BandEmpty(Refusal):
    """A band without values."""

    minimum: int
    maximum: int
    zh = "区间为空：{minimum} 大于 {maximum}"
    en = "the band is empty: {minimum} is above {maximum}"
    remedy_zh = "请交换上下限"
    remedy_en = "exchange the limits"


@refusal(2011, "INVALID_ARGUMENT")
class NamedTwice(Refusal):
    """A list of distinct things names one twice."""

    field: str
    value: str
    zh = "{field} 中重复出现 {value}"
    en = "{field} names {value} more than once"
    remedy_zh = "请合并或去掉重复项"
    remedy_en = "merge or remove the repetition"


@refusal(2012, "INVALID_ARGUMENT")
class NothingNamed(Refusal):
    """A record about goods that names none."""

    action: str
    zh = "{action} 未列出任何货物"
    en = "{action} names no goods"
    remedy_zh = "请列出批次或物流单元"
    remedy_en = "name lots or units"


@refusal(2013, "RESOURCE_EXHAUSTED")
class TooMany(Refusal):
    """A bounded list is full."""

    what: str
    limit: int
    zh = "{what} 过多，上限 {limit}"
    en = "too many: {what}, the limit is {limit}"
    remedy_zh = "请拆分为多个单元、容器或多次提交"
    remedy_en = "split it over several units, containers or records"


@refusal(2014)
class CertificateInvalid(Refusal):
    """A certificate cited for goods it does not vouch for."""

    certificate: str
    reason_zh: str
    reason_en: str
    zh = "证书 {certificate} 不能引用：{reason_zh}"
    en = "the certificate {certificate} cannot be cited: {reason_en}"
    remedy_zh = "请引用在有效期内且覆盖该产品或地块的证书"
    remedy_en = "cite one that is valid at that time and covers this product, plot or organisation"


@refusal(2015, "INVALID_ARGUMENT")
class VerdictContradicts(Refusal):
    """The verdict is a pass though a result is not."""

    analyte: str
    zh = "结论为合格，但 {analyte} 不合格"
    en = "the verdict is a pass but {analyte} failed"
    remedy_zh = "请核对结论与检测结果"
    remedy_en = "correct the verdict or the result"


@refusal(2016)
class TransitionRefused(Refusal):
    """The life cycle of the thing does not allow this now."""

    subject: str
    state: str
    event: str
    zh = "{subject} 处于 {state} 状态，不能执行 {event}"
    en = "{subject} is {state}, which does not allow {event}"
    remedy_zh = "请先完成或撤销前一步操作"
    remedy_en = "finish or undo the step before"
