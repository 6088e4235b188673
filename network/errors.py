"""Refusals of the services (numbers 120-149), and how any refusal crosses gRPC: status, words and trailing metadata."""

from typing import NoReturn

import grpc
from linxin.v1 import ledger_pb2

from ledger.errors import Busy, Refusal, describe, refusal

REFUSAL_METADATA = "linxin-refusal-bin"
"""Trailing metadata key that carries a serialised `linxin.v1.Refusal`."""


@refusal(120, "INVALID_ARGUMENT")
class BadField(Refusal):
    """A request field that is missing, out of bounds or not of its form."""

    path: str
    reason: str
    zh = "请求字段 {path} 有误：{reason}"
    en = "the request is wrong at {path}: {reason}"
    remedy_zh = "请按 proto 文件中的说明修正该字段"
    remedy_en = "correct the field as the .proto file describes"


@refusal(121, "NOT_FOUND")
class NotFound(Refusal):
    """Nothing final bears this name."""

    kind: str
    name: str
    zh = "未找到 {kind}：{name}"
    en = "there is no final {kind} {name}"
    remedy_zh = "请核对编号；刚提交的记录请待其最终确认后再查"
    remedy_en = "check the name; a record just sent appears once it is final"


@refusal(122, "UNAUTHENTICATED")
class SignatureNeeded(Refusal):
    """The call needs a signed request and carries none that is good."""

    reason: str
    zh = "该请求需要有效签名：{reason}"
    en = "the call needs a signed request: {reason}"
    remedy_zh = "请用已登记的密钥签署请求（linxin-request-bin），并校准时钟"
    remedy_en = "sign the request with a registered key (linxin-request-bin) and check your clock"


@refusal(123, "PERMISSION_DENIED")
class NotAllowed(Refusal):
    """A known reader who may not see or do this."""

    reader: str
    what: str
    zh = "{reader} 无权访问：{what}"
    en = "{reader} may not have {what}"
    remedy_zh = "请由所有者、指定持有者、审计方或监管方访问"
    remedy_en = "ask its owner, a named holder, an auditor or a regulator"


@refusal(124, "RESOURCE_EXHAUSTED")
class TooSlow(Refusal):
    """A stream's reader fell further behind than the node buffers."""

    resume_from: int
    zh = "接收过慢，数据流已结束；请从 {resume_from} 处续传"
    en = "the reader fell too far behind and the stream was ended; resume from {resume_from}"
    remedy_zh = "以该位置重新订阅即可，不会丢失"
    remedy_en = "subscribe again from there; nothing is lost"


@refusal(125, "RESOURCE_EXHAUSTED")
class TooManyCalls(Refusal):
    """More such calls at once than the node carries."""

    what: str
    limit: int
    zh = "同时进行的 {what} 过多（上限 {limit}）"
    en = "too many {what} at once (the limit is {limit})"
    remedy_zh = "请稍后重试"
    remedy_en = "try again later"


@refusal(126, "UNAVAILABLE")
class Stopping(Refusal):
    """The node is being stopped."""

    name: str
    zh = "节点 {name} 正在停止"
    en = "the node {name} is stopping"
    remedy_zh = "请连接其他节点，或稍后重试"
    remedy_en = "use another node, or try again later"


@refusal(127, "RESOURCE_EXHAUSTED")
class ReadsBusy(Refusal):
    """As many heavy reads as the node takes are under way."""

    retry_after_ms: int
    zh = "正在进行的大型查询过多，请在 {retry_after_ms} 毫秒后重试"
    en = "too many large reads are under way, retry after {retry_after_ms} ms"
    remedy_zh = "稍后重试；记录的提交不受影响"
    remedy_en = "try again later; submitting records is not affected"


@refusal(128, "RESOURCE_EXHAUSTED")
class ReplyTooLarge(Refusal):
    """An answer beyond what one message may hold."""

    size: int
    limit: int
    zh = "答复过大：至少 {size} 字节，上限 {limit}"
    en = "the answer is too large: {size} bytes or more, the limit is {limit}"
    remedy_zh = (
        "请分次读取：履历不带证明（include_proof）、按时间段取证明（GetProof）、分页取读数（ListReadings），或导出整链"
    )
    remedy_en = (
        "read it in parts: the journey without its proof (include_proof), proofs by time range (GetProof), readings in "
        "pages (ListReadings), or export the whole chain (Export)"
    )


@refusal(130, "INVALID_ARGUMENT")
class BlobTooLarge(Refusal):
    """A file beyond what the vault takes."""

    size: int
    limit: int
    zh = "文件过大：{size} 字节，上限 {limit}"
    en = "the file has {size} bytes, the limit is {limit}"
    remedy_zh = "请压缩或拆分后上传"
    remedy_en = "compress or split it"


@refusal(131, "DATA_LOSS")
class BlobMismatch(Refusal):
    """The bytes that came are not the bytes described."""

    reason: str
    zh = "文件内容与描述不符：{reason}"
    en = "the file is not the one described: {reason}"
    remedy_zh = "请重新计算摘要并上传完整文件"
    remedy_en = "compute its digest again and upload the whole file"


@refusal(132, "DATA_LOSS")
class BlobDamaged(Refusal):
    """A stored file no longer decrypts to what was stored."""

    address: str
    zh = "存证文件 {address} 已损坏"
    en = "the stored file {address} is damaged"
    remedy_zh = "请向其他持有者索取副本，并通知节点运维"
    remedy_en = "ask another holder for a copy and tell the node's operator"


@refusal(133, "NOT_FOUND")
class BlobErased(Refusal):
    """A file that was here and was erased."""

    address: str
    time_ms: int
    zh = "文件 {address} 已于 {time_ms} 擦除"
    en = "the file {address} was erased at {time_ms}"
    remedy_zh = "可用 GetReceipt 查询签名的擦除回执"
    remedy_en = "GetReceipt gives the signed receipt of its erasure"


@refusal(134, "RESOURCE_EXHAUSTED")
class VaultFull(Refusal):
    """The vault has no room by its configured bound."""

    limit: int
    zh = "存证库已满（上限 {limit} 字节）"
    en = "the vault is full (its bound is {limit} bytes)"
    remedy_zh = "请联系节点运维扩容"
    remedy_en = "ask the node's operator for more room"


@refusal(135, "DEADLINE_EXCEEDED")
class UploadStalled(Refusal):
    """An upload that sent nothing for too long."""

    waited_ms: int
    zh = "上传中断：{waited_ms} 毫秒内没有收到数据"
    en = "the upload sent nothing for {waited_ms} ms"
    remedy_zh = "请检查网络后重新上传整个文件"
    remedy_en = "check the network and upload the whole file again"


@refusal(136, "FAILED_PRECONDITION")
class ChangesForgotten(Refusal):
    """An observer asks for the values that a block changed when they are no longer in memory."""

    height: int
    zh = "高度 {height} 的状态变化已不再保留"
    en = "the values that height {height} changed are no longer kept"
    remedy_zh = "请导出归档并导入，再从其末尾接收"
    remedy_en = "take an archive (Export) and go on from its end"


@refusal(137, "FAILED_PRECONDITION")
class ObserverOnly(Refusal):
    """An observer orders nothing, so that it takes no records."""

    name: str
    zh = "{name} 是观察节点，只提供查询，不接收记录"
    en = "{name} is an observer: it answers reads and takes no records"
    remedy_zh = "请把记录提交给验证节点"
    remedy_en = "send records to a validator"


@refusal(138, "UNAVAILABLE")
class NotConfirmed(Refusal):
    """A read that must see everything final so far could not be confirmed with a quorum in time."""

    timeout_ms: int
    zh = "{timeout_ms} 毫秒内未能与法定数验证节点确认最新状态"
    en = "no quorum of validators confirmed within {timeout_ms} ms that this is the newest state"
    remedy_zh = "请稍后重试；若不要求最新，可不带 latest 查询"
    remedy_en = "try again, or ask without `latest` for what is final here"


@refusal(139, "FAILED_PRECONDITION")
class NothingRestricted(Refusal):
    """An observer without an overseer's key holds public things alone."""

    name: str
    zh = "{name} 是没有审计密钥的观察节点，不保存受限内容"
    en = "{name} is an observer without an auditor's key: it holds nothing that is restricted"
    remedy_zh = "请向验证节点或审计方的观察节点索取"
    remedy_en = "ask a validator, or an auditor's observer"


@refusal(140, "PERMISSION_DENIED")
class MembershipRefused(Refusal):
    """A resident's key asks for room in the vault without its registrar's good word."""

    community: str
    zh = "社区 {community} 没有为该密钥出具有效的成员凭证"
    en = "the community {community} gave no good membership voucher for this key"
    remedy_zh = "请向社区登记员领取新的凭证（linxin review vouch）"
    remedy_en = "get a new one of the community's registrar (`linxin review vouch`)"


@refusal(141, "FAILED_PRECONDITION")
class RetentionBinds(Refusal):
    """A file that its retention class keeps for some time yet."""

    address: str
    retention: str
    until: str
    zh = "文件 {address} 属 {retention} 类存证，依法须保存至 {until}，此前不能擦除"
    en = "the file {address} is {retention}: it is kept until {until} and not erased before"
    remedy_zh = "请在该日期之后再申请；期间存证库只保存，不另作他用"
    remedy_en = "ask again after that date; until then the vault only keeps it"


@refusal(142, "FAILED_PRECONDITION")
class NoDryRun(Refusal):
    """A dry run is asked for with a record whose rule looks at secrets, which could be guessed at without a trace."""

    action: str
    path: str
    zh = "{action} 不能试运行：试运行只接受货物履历（trace）类记录"
    en = "{action} has no dry run: only records of the life of goods (trace.*) have"
    remedy_zh = "请直接提交；其结果即为最终"
    remedy_en = "submit it: what comes of it is final"


def refusal_message(failure: Refusal, path: str = "") -> ledger_pb2.Refusal:
    """The wire form of a refusal; `path` names the request field at fault unless the refusal names one itself."""
    message = numbered_refusal(failure.number, failure.details, path)
    own_path = getattr(failure, "path", "")
    if own_path:
        message.path = path + own_path.removeprefix("$") if path else own_path
    if isinstance(failure, Busy | ReadsBusy):
        message.retry_after_ms = failure.retry_after_ms
    return message


def numbered_refusal(number: int, details: list[str], path: str = "") -> ledger_pb2.Refusal:
    """The wire form of a refusal known by its number and details, as found on a leaf."""
    words = describe(number, details)
    return ledger_pb2.Refusal(
        number=number,
        path=path,
        details=details,
        message_zh=words.zh,
        message_en=words.en,
        remedy_zh=words.remedy_zh,
        remedy_en=words.remedy_en,
    )


async def abort(context: "grpc.aio.ServicerContext[object, object]", failure: Refusal, path: str = "") -> NoReturn:
    """End a call with the refusal's gRPC status; its words go into the text and, typed, into the trailing metadata."""
    message = refusal_message(failure, path)
    await context.abort(
        grpc.StatusCode[failure.status],
        f"{message.number}: {message.message_en} / {message.message_zh}"[:2000],
        ((REFUSAL_METADATA, message.SerializeToString()),),
    )
    raise AssertionError("abort returned")
