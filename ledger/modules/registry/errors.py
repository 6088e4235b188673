"""Refusals of the registry; numbers never change: 10xx organisations, 11xx devices, 12xx members, 13xx keys."""

from ledger.errors import Refusal, refusal


@refusal(1001, "NOT_FOUND")
class OrganisationUnknown(Refusal):
    """No organisation of this id."""

    organisation: str
    zh = "机构 {organisation} 未登记"
    en = "the organisation {organisation} is not registered"
    remedy_zh = "请核对编号，或由平台先登记该机构"
    remedy_en = "check the id, or have the platform register it first"


@refusal(1002, "ALREADY_EXISTS")
class OrganisationExists(Refusal):
    """The id is taken."""

    organisation: str
    zh = "机构编号 {organisation} 已被使用"
    en = "the organisation id {organisation} is taken"
    remedy_zh = "请换一个编号；编号不可重复使用"
    remedy_en = "choose another id; ids are never used twice"


@refusal(1003, "PERMISSION_DENIED")
class OrganisationSuspended(Refusal):
    """The organisation may not sign while it is suspended."""

    organisation: str
    height: int
    zh = "机构 {organisation} 自高度 {height} 起被暂停"
    en = "the organisation {organisation} has been suspended since height {height}"
    remedy_zh = "请联系平台恢复资格后再提交"
    remedy_en = "ask the platform to restore it, then submit again"


@refusal(1004, "PERMISSION_DENIED")
class OwnStanding(Refusal):
    """Nobody changes its own roles or standing; so the platform cannot lock everybody out either."""

    organisation: str
    zh = "机构 {organisation} 不能更改自身的角色或资格"
    en = "the organisation {organisation} cannot change its own roles or standing"
    remedy_zh = "请由另一家平台机构签名"
    remedy_en = "have another platform organisation sign it"


@refusal(1005)
class OrganisationActive(Refusal):
    """Asked to restore what is not suspended."""

    organisation: str
    zh = "机构 {organisation} 未被暂停"
    en = "the organisation {organisation} is not suspended"
    remedy_zh = "无需恢复"
    remedy_en = "nothing is to be restored"


@refusal(1006, "INVALID_ARGUMENT")
class ListRepeats(Refusal):
    """A list of distinct things names one twice."""

    field: str
    value: str
    zh = "{field} 中重复出现 {value}"
    en = "{field} names {value} more than once"
    remedy_zh = "请去掉重复项"
    remedy_en = "remove the repetition"


@refusal(1007, "NOT_FOUND")
class SubjectUnknown(Refusal):
    """Keys belong to a registered organisation, device or member."""

    subject: str
    zh = "主体 {subject} 未登记"
    en = "the subject {subject} is not registered"
    remedy_zh = "请写作 organisation:编号、device:编号 或 member:编号，并先登记"
    remedy_en = "write organisation:ID, device:ID or member:ID, and register it first"


@refusal(1008, "PERMISSION_DENIED")
class OrganisationOnly(Refusal):
    """Some acts take a key of the organisation itself (or, where said, of its staff), not of a device or a resident."""

    signer: str
    action: str
    zh = "{signer} 不能代表机构执行 {action}"
    en = "{signer} cannot do {action} for its organisation"
    remedy_zh = "请用机构自己的密钥签名"
    remedy_en = "sign with a key of the organisation itself"


@refusal(1009, "INVALID_ARGUMENT")
class RoleNotGranted(Refusal):
    """Device, leader and resident are what keys sign as, not what an organisation can be."""

    role: str
    zh = "角色 {role} 不能授予机构"
    en = "the role {role} is not one an organisation can be given"
    remedy_zh = "请选择机构角色，例如 farm、logistics、inspector"
    remedy_en = "choose a role of organisations, such as farm, logistics or inspector"


@refusal(1101, "NOT_FOUND")
class DeviceUnknown(Refusal):
    """No device of this id."""

    device: str
    zh = "设备 {device} 未登记"
    en = "the device {device} is not registered"
    remedy_zh = "请由所属机构先登记设备"
    remedy_en = "have its organisation register it first"


@refusal(1102, "ALREADY_EXISTS")
class DeviceExists(Refusal):
    """The id is taken."""

    device: str
    zh = "设备编号 {device} 已被使用"
    en = "the device id {device} is taken"
    remedy_zh = "请换一个编号；编号不可重复使用"
    remedy_en = "choose another id; ids are never used twice"


@refusal(1103)
class DeviceRetired(Refusal):
    """A retired device records nothing more."""

    device: str
    height: int
    zh = "设备 {device} 已于高度 {height} 停用"
    en = "the device {device} was retired at height {height}"
    remedy_zh = "请登记新的设备编号"
    remedy_en = "register a device under a new id"


@refusal(1104, "PERMISSION_DENIED")
class NotDeviceOwner(Refusal):
    """Somebody else's device."""

    device: str
    owner: str
    zh = "设备 {device} 属于机构 {owner}"
    en = "the device {device} belongs to the organisation {owner}"
    remedy_zh = "请由所属机构签名（校准也可由检验机构签名）"
    remedy_en = "have its organisation sign it (an inspector may sign a calibration)"


@refusal(1105, "INVALID_ARGUMENT")
class RangeEmpty(Refusal):
    """A metric's range holds no value."""

    metric: str
    minimum: int
    maximum: int
    zh = "指标 {metric} 的量程为空：{minimum} 至 {maximum}"
    en = "the range of the metric {metric} is empty: {minimum} to {maximum}"
    remedy_zh = "最小值须小于最大值，单位为缩放后的整数"
    remedy_en = "the minimum must be below the maximum, both in scaled integers"


@refusal(1106, "INVALID_ARGUMENT")
class CalibrationWindow(Refusal):
    """A calibration that ends before it begins, or is valid for too long."""

    from_ms: int
    to_ms: int
    reason: str
    zh = "校准有效期 {from_ms} 至 {to_ms} 不成立：{reason}"
    en = "the calibration from {from_ms} to {to_ms} cannot stand: {reason}"
    remedy_zh = "请按校准证书填写起止时间（Unix 毫秒）"
    remedy_en = "give both ends as the certificate states them, in Unix ms"


@refusal(1201, "NOT_FOUND")
class MemberUnknown(Refusal):
    """No member of this pseudonym."""

    member: str
    zh = "成员 {member} 未登记"
    en = "the member {member} is not registered"
    remedy_zh = "请由社区或所属机构先登记"
    remedy_en = "have the community or the organisation register it first"


@refusal(1202, "ALREADY_EXISTS")
class MemberExists(Refusal):
    """The pseudonym is taken."""

    member: str
    zh = "成员代号 {member} 已被使用"
    en = "the member pseudonym {member} is taken"
    remedy_zh = "请随机生成新的代号"
    remedy_en = "draw another random pseudonym"


@refusal(1203)
class MemberRetired(Refusal):
    """A member who left."""

    member: str
    height: int
    zh = "成员 {member} 已于高度 {height} 退出"
    en = "the member {member} left at height {height}"
    remedy_zh = "请以新代号重新登记"
    remedy_en = "register again under a new pseudonym"


@refusal(1204, "INVALID_ARGUMENT")
class AdultNotAttested(Refusal):
    """Only attested adults become members: the ledger holds no minor's pseudonym."""

    member: str
    zh = "成员 {member} 未经成年确认"
    en = "the member {member} is not attested to be an adult"
    remedy_zh = "请由登记方核实成年后再登记；不登记未成年人"
    remedy_en = "have the registering party attest it; minors are not registered"


@refusal(1205, "PERMISSION_DENIED")
class MemberRoleRefused(Refusal):
    """Communities register residents and leaders; every organisation its own staff."""

    organisation: str
    role: str
    zh = "机构 {organisation} 不能登记角色为 {role} 的成员"
    en = "the organisation {organisation} cannot register a member as {role}"
    remedy_zh = "居民与团长由社区登记，员工由所属机构登记"
    remedy_en = "residents and leaders are registered by a community, staff by their organisation"


@refusal(1206, "INVALID_ARGUMENT")
class PersonalIdentifier(Refusal):
    """A pseudonym that looks like a phone or identity number; those never come onto the chain."""

    reason: str
    zh = "成员代号疑似个人信息（{reason}）"
    en = "the member pseudonym looks like personal data ({reason})"
    remedy_zh = "请使用随机代号；手机号、证件号不得上链（本次提交的内容已留痕，请勿重复）"
    remedy_en = "draw a random pseudonym; phone and identity numbers must not come onto the chain"


@refusal(1207, "PERMISSION_DENIED")
class NotMemberParty(Refusal):
    """Neither the member nor the organisation that attested it."""

    member: str
    zh = "签名方既非成员 {member} 本人，也非其登记机构"
    en = "the signer is neither the member {member} nor the organisation that registered it"
    remedy_zh = "请由本人或登记机构签名"
    remedy_en = "have the member or that organisation sign it"


@refusal(1301, "ALREADY_EXISTS")
class KeyUsed(Refusal):
    """A key never serves twice, not even after its revocation."""

    public_key: str
    subject: str
    zh = "公钥 {public_key} 已登记给 {subject}"
    en = "the key {public_key} is or was registered for {subject}"
    remedy_zh = "请生成新的密钥；每个密钥只使用一次"
    remedy_en = "generate a new key; a key never serves twice"


@refusal(1302, "INVALID_ARGUMENT")
class KeyInvalid(Refusal):
    """Not a public key of the named algorithm, or one that verifies forged signatures."""

    public_key: str
    reason: str
    zh = "公钥 {public_key} 不可用：{reason}"
    en = "the key {public_key} cannot be used: {reason}"
    remedy_zh = "请使用 Ed25519 32 字节或 P-256 压缩 33 字节公钥"
    remedy_en = "use a 32-byte Ed25519 or a 33-byte compressed P-256 public key"


@refusal(1303, "INVALID_ARGUMENT")
class PossessionUnproven(Refusal):
    """The new key did not sign for this subject on this chain."""

    public_key: str
    subject: str
    zh = "公钥 {public_key} 未能证明由 {subject} 持有"
    en = "the key {public_key} did not prove that {subject} holds it"
    remedy_zh = "请用新私钥对本链与该主体的持有证明签名"
    remedy_en = "sign the possession message of this chain and subject with the new key"


@refusal(1304, "RESOURCE_EXHAUSTED")
class TooManyKeys(Refusal):
    """A subject has a bounded number of keys."""

    subject: str
    limit: int
    zh = "{subject} 的密钥已达上限 {limit}"
    en = "{subject} has reached its limit of {limit} keys"
    remedy_zh = "请先吊销不用的密钥，或改用轮换"
    remedy_en = "revoke one that is not used, or rotate instead"


@refusal(1305, "NOT_FOUND")
class KeyUnknown(Refusal):
    """No such key was ever registered."""

    public_key: str
    zh = "公钥 {public_key} 未登记"
    en = "the key {public_key} was never registered"
    remedy_zh = "请核对公钥（十六进制）"
    remedy_en = "check the key (hexadecimal)"


@refusal(1306)
class KeyRevoked(Refusal):
    """Revoked before; once is enough."""

    public_key: str
    height: int
    zh = "公钥 {public_key} 已于高度 {height} 吊销"
    en = "the key {public_key} was revoked at height {height}"
    remedy_zh = "无需再次吊销；请使用新密钥"
    remedy_en = "it need not be revoked again; use a new key"


@refusal(1307, "PERMISSION_DENIED")
class KeyAuthority(Refusal):
    """The signer may not change keys of this subject."""

    signer: str
    subject: str
    zh = "{signer} 无权更改 {subject} 的密钥"
    en = "{signer} may not change keys of {subject}"
    remedy_zh = "设备与员工由本人或所属机构，机构由自身或平台，居民只能由本人更换"
    remedy_en = "have the holder sign it, or its organisation (devices, staff), or the platform (organisations)"


@refusal(1308)
class LastKey(Refusal):
    """An organisation keeps at least one key of its own, or it could never act again."""

    subject: str
    zh = "这是 {subject} 的最后一个有效密钥，不能自行吊销"
    en = "this is the last active key of {subject}, which cannot revoke it itself"
    remedy_zh = "请改用轮换；若密钥已泄露，请平台吊销并补发"
    remedy_en = "rotate it instead; if it leaked, have the platform revoke it and add a new one"
