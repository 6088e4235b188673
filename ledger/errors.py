"""Typed, numbered, bilingual refusals: what an outsider did wrong, where, and what to do about it.

A refusal is an answer, never a fault of ours; broken invariants of ours are assertions. Numbers never change: 1-19 are
dropped at admission (no id, no leaf), 20-99 are ordered and leave a leaf, 100-199 belong to access and services, and
each
module owns a thousand (registry 1000, trace 2000, governance 3000, payments 4000, groupbuy 5000, claims 6000), but
archive (7000-7299) and rewards (7300-7499), which share one.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

ORDERED_FROM = 20
"""Refusals with a number from here on are ordered and leave a leaf; lower ones are dropped without a trace on the
chain."""

_BY_NUMBER: dict[int, type["Refusal"]] = {}


class Refusal(Exception):
    """Base of all refusals. Subclasses are declared with `@refusal(...)` and list their parameters as annotations.

    `zh` and `en` are texts with `{field}` places; `remedy_zh` and `remedy_en` tell the next step.
    """

    number: ClassVar[int] = 0
    status: ClassVar[str] = "INVALID_ARGUMENT"
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    remedy_zh: ClassVar[str] = ""
    remedy_en: ClassVar[str] = ""
    counts: ClassVar[bool] = False
    """Whether what the rule wrote before it refused stands: tries of a code are counted. Subjects are not among it."""

    @classmethod
    def fields(cls) -> tuple[str, ...]:
        """The names of the refusal's parameters, in order."""
        return tuple(getattr(cls, "__dataclass_fields__", ()))

    @property
    def details(self) -> list[str]:
        """The parameters as short strings, in order: what the leaf and the receipt carry."""
        return [str(getattr(self, name))[:200] for name in self.fields()]

    def __str__(self) -> str:
        return f"{self.number}: {describe(self.number, self.details).en}"


class Fatal(Exception):
    """A fault of this machine or of our own (a damaged disk, a broken invariant): the node stops before it signs
    anything.

    It is never turned into a refusal, since other validators would not refuse.
    """


class InvariantBroken(Fatal):
    """Something that our own rules exclude has happened."""


class UpgradeNeeded(Fatal):
    """The network goes by rules that this software does not know. Nothing of this height is signed with it."""

    def __init__(self, height: int, needed: int, known: int) -> None:
        super().__init__(
            f"自高度 {height} 起网络执行第 {needed} 版规则，本软件只到第 {known} 版："
            "请升级软件后重新启动，数据无需更改\n"
            f"from height {height} on the network goes by version {needed} of the rules, this software knows up to "
            f"version {known}: install the newer software and start again; the data stay as they are"
        )


@dataclass(frozen=True)
class Description:
    """A refusal in words, in both languages, each with its remedy."""

    name: str
    status: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


@dataclass_transform(eq_default=False)
def refusal(number: int, status: str = "FAILED_PRECONDITION") -> Any:
    """Class decorator: make a `Refusal` subclass a numbered dataclass. `status` is the gRPC status that services
    answer with.
    """

    def register(cls: type[Refusal]) -> type[Refusal]:
        assert number not in _BY_NUMBER, f"refusal {number} is taken by {_BY_NUMBER[number].__name__}"
        cls.number = number
        cls.status = status
        made = dataclass(eq=False)(cls)
        assert made.zh and made.en and made.remedy_zh and made.remedy_en, (
            f"{cls.__name__} needs its texts in both languages"
        )
        _BY_NUMBER[number] = made
        return made

    return register


def describe(number: int, details: list[str]) -> Description:
    """The words for a refusal found on a leaf or receipt; unknown numbers (of a newer version) are described as
    such.
    """
    known = _BY_NUMBER.get(number)
    if known is None:
        shown = ", ".join(details)
        return Description(
            "Unknown",
            "UNKNOWN",
            f"未知的拒绝 {number}（{shown}）",
            f"unknown refusal {number} ({shown})",
            "请升级软件",
            "upgrade",
        )
    values = dict(zip(known.fields(), details, strict=False))
    missing = {name: "?" for name in known.fields() if name not in values}
    values |= missing
    return Description(
        known.__name__,
        known.status,
        known.zh.format(**values),
        known.en.format(**values),
        known.remedy_zh.format(**values),
        known.remedy_en.format(**values),
    )


def all_refusals() -> list[type[Refusal]]:
    """Every refusal declared so far, by number."""
    return [_BY_NUMBER[number] for number in sorted(_BY_NUMBER)]


@refusal(1, "INVALID_ARGUMENT")
class MalformedTransaction(Refusal):
    """The bytes do not decode."""

    path: str
    reason: str
    zh = "交易格式错误：{path}：{reason}"
    en = "the transaction does not decode: {reason} at {path}"
    remedy_zh = "请按 proto 与模块文档重新编码"
    remedy_en = "encode it as the module's messages describe"


@refusal(2, "INVALID_ARGUMENT")
class TooLarge(Refusal):
    """Larger than a leaf can carry."""

    size: int
    limit: int
    zh = "交易过大：{size} 字节，上限 {limit}"
    en = "the transaction has {size} bytes, the limit is {limit}"
    remedy_zh = "请拆分，或把文件放入存证库只提交地址"
    remedy_en = "split it, or store files in the vault and submit their address"


@refusal(3, "INVALID_ARGUMENT")
class WrongChain(Refusal):
    """Signed for another network."""

    chain: str
    expected: str
    zh = "该交易属于另一条链 {chain}，本链为 {expected}"
    en = "the transaction is for chain {chain}, this is {expected}"
    remedy_zh = "请使用本网络的 genesis.json"
    remedy_en = "use this network's genesis.json"


@refusal(4, "INVALID_ARGUMENT")
class UnknownAlgorithm(Refusal):
    """A signature algorithm this version does not know, or a key that is not one of it."""

    algorithm: int
    zh = "不支持的签名算法或公钥：{algorithm}"
    en = "unknown signature algorithm, or a key that does not fit it: {algorithm}"
    remedy_zh = "请使用 Ed25519 (1) 或 P-256 (2)"
    remedy_en = "use Ed25519 (1) or P-256 (2)"


@refusal(5, "INVALID_ARGUMENT")
class BadSignature(Refusal):
    """The signature does not verify under the key in the body."""

    public_key: str
    zh = "签名无效（公钥 {public_key}）"
    en = "the signature does not verify under key {public_key}"
    remedy_zh = "请对交易体原始字节重新签名"
    remedy_en = "sign the exact body bytes again"


@refusal(6, "INVALID_ARGUMENT")
class CommitmentMismatch(Refusal):
    """The restricted part is missing, unwanted or not the one committed to."""

    reason: str
    zh = "受限内容与承诺不符：{reason}"
    en = "the restricted part does not match its commitment: {reason}"
    remedy_zh = "请附上与承诺一致的受限内容"
    remedy_en = "attach the restricted part that the body commits to"


@refusal(7, "DEADLINE_EXCEEDED")
class Expired(Refusal):
    """Came too late."""

    expires_at_ms: int
    now_ms: int
    zh = "交易已过期（{expires_at_ms} ≤ {now_ms}）"
    en = "the transaction expired at {expires_at_ms}, block time is {now_ms}"
    remedy_zh = "请以新的有效期重新签名提交"
    remedy_en = "sign it again with a later expiry"


@refusal(8, "INVALID_ARGUMENT")
class ExpiresTooLate(Refusal):
    """Valid for longer than the ledger remembers ids."""

    expires_at_ms: int
    latest_ms: int
    zh = "有效期过长：{expires_at_ms}，最晚 {latest_ms}"
    en = "the expiry {expires_at_ms} is beyond the latest allowed, {latest_ms}"
    remedy_zh = "有效期不得超过 24 小时"
    remedy_en = "let it expire within 24 hours"


@refusal(9, "ALREADY_EXISTS")
class Repeated(Refusal):
    """An id that is on the chain already."""

    transaction: str
    zh = "交易 {transaction} 已上链"
    en = "transaction {transaction} is on the chain already"
    remedy_zh = "无需重试，查询首次回执即可"
    remedy_en = "no retry is needed: read the first receipt"


@refusal(10, "RESOURCE_EXHAUSTED")
class Busy(Refusal):
    """The waiting room is full."""

    retry_after_ms: int
    zh = "节点繁忙，请在 {retry_after_ms} 毫秒后重试"
    en = "the node is busy, retry after {retry_after_ms} ms"
    remedy_zh = "稍后以同一交易重试，不会重复执行"
    remedy_en = "send the same transaction again later, it will not run twice"


@refusal(20, "UNAUTHENTICATED")
class UnknownKey(Refusal):
    """A valid signature of a key that nobody registered."""

    public_key: str
    zh = "公钥未登记：{public_key}"
    en = "the key {public_key} is not registered"
    remedy_zh = "请由所属机构登记该公钥"
    remedy_en = "have your organisation register the key"


@refusal(21, "UNAUTHENTICATED")
class RevokedKey(Refusal):
    """A key that was revoked at an earlier height."""

    public_key: str
    height: int
    zh = "公钥 {public_key} 已于高度 {height} 吊销"
    en = "the key {public_key} was revoked at height {height}"
    remedy_zh = "请使用轮换后的新密钥"
    remedy_en = "use the key that replaced it"


@refusal(22, "PERMISSION_DENIED")
class WrongRole(Refusal):
    """The signer's organisation may not do this."""

    signer: str
    action: str
    allowed: str
    zh = "{signer} 无权执行 {action}，需要角色：{allowed}"
    en = "{signer} may not do {action}, which takes one of the roles {allowed}"
    remedy_zh = "请由具备该角色的机构签名"
    remedy_en = "have an organisation with that role sign it"


@refusal(23, "INTERNAL")
class Internal(Refusal):
    """A rule failed in a way its author did not foresee; nothing was changed."""

    kind: str
    zh = "规则内部错误（{kind}），未作任何更改"
    en = "a rule failed inside ({kind}); nothing was changed"
    remedy_zh = "请将交易编号报告给开发者"
    remedy_en = "report the transaction id to the developers"


@refusal(24, "INVALID_ARGUMENT")
class TooManyEffects(Refusal):
    """The record would touch more than one leaf can name."""

    size: int
    limit: int
    zh = "该记录牵涉过多（{size}），上限 {limit}"
    en = "the record touches too much ({size}), the limit is {limit}"
    remedy_zh = "请拆分为多次提交"
    remedy_en = "split it into several transactions"


@refusal(26, "INVALID_ARGUMENT")
class RestrictedNeeded(Refusal):
    """The action says something only in its restricted part, which is missing or of another kind."""

    kind: str
    zh = "缺少受限内容 {kind}"
    en = "the restricted part {kind} is missing"
    remedy_zh = "请随动作一同提交受限内容"
    remedy_en = "submit the action together with its restricted part"
