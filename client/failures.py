"""What can go wrong between a participant and a network, in both languages, each with what to do next."""

from collections.abc import Sequence
from typing import Any

import grpc
from linxin.v1 import ledger_pb2

REFUSAL_METADATA = "linxin-refusal-bin"
"""Trailing metadata of a failed call: a serialised `linxin.v1.Refusal` (proto/linxin/v1/ledger.proto)."""

AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
"""Statuses after which the same request may succeed, here or at another endpoint."""


ELSEWHERE = (137, 139)
"""Refusals that another endpoint may not share: an observer takes no records, or holds nothing restricted."""


class Failure(Exception):
    """Base of what a client reports: the words in Chinese and English, and the remedy in both."""

    def __init__(self, zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.remedy_zh = remedy_zh
        self.remedy_en = remedy_en


class Unreachable(Failure):
    """No endpoint answered in time; `reasons` holds what each said last."""

    def __init__(self, reasons: Sequence[str]) -> None:
        said = "; ".join(reasons) or "no endpoint is known"
        super().__init__(
            f"无法连接任何节点：{said}",
            f"no endpoint answered: {said}",
            "请确认网络已启动（linxin network status）且地址与 CA 证书正确",
            "check that the network is up (`linxin network status`) and that addresses and CA certificate are its own",
        )
        self.reasons = tuple(reasons)


class WrongNetwork(Failure):
    """An endpoint serves another chain than the one this client was told to trust."""

    def __init__(self, endpoint: str, expected: bytes, found: bytes) -> None:
        super().__init__(
            f"{endpoint} 属于另一条链（{found.hex()[:16]}，应为 {expected.hex()[:16]}）",
            f"{endpoint} serves another chain ({found.hex()[:16]}, expected {expected.hex()[:16]})",
            "请核对 genesis.json 与节点地址是否属于同一网络",
            "check that genesis.json and the endpoints belong to one network",
        )


class Remote(Failure):
    """A node refused a call. `number` is the refusal's (0 when the node named none), `status` its gRPC status."""

    def __init__(self, status: grpc.StatusCode, refusal: ledger_pb2.Refusal | None, text: str) -> None:
        known = refusal or ledger_pb2.Refusal(
            message_zh=f"调用失败（{status.name}）：{text}",
            message_en=f"the call failed ({status.name}): {text}",
            remedy_zh="请稍后重试；若仍失败请查看节点日志",
            remedy_en="try again later; if it fails again, look into the node's log",
        )
        super().__init__(known.message_zh, known.message_en, known.remedy_zh, known.remedy_en)
        self.status = status
        self.number = known.number
        self.path = known.path
        self.details = tuple(known.details)
        self.retry_after_ms = known.retry_after_ms


class NotAccepted(Failure):
    """A record was refused or dropped; `number` is the refusal's, `path` the field at fault (may be empty)."""

    def __init__(self, what: str, refusal: ledger_pb2.Refusal) -> None:
        super().__init__(
            f"{what}：{refusal.message_zh}", f"{what}: {refusal.message_en}", refusal.remedy_zh, refusal.remedy_en
        )
        self.what = what
        self.number = refusal.number
        self.path = refusal.path


class NotFinal(Failure):
    """The time was up before the outcome was known. The transaction may still become final.

    `waiting_for`: validators without which the network has no quorum, as far as it said.
    """

    def __init__(self, what: str, transaction_id: bytes, waiting_for: Sequence[str] = ()) -> None:
        ids = ", ".join(waiting_for)
        super().__init__(
            f"{what}：期限内未确认是否上链（交易 {transaction_id.hex()}）"
            + (f"；网络未达法定数，正在等待：{ids}" if ids else ""),
            f"{what}: not known to be final within the time allowed (transaction {transaction_id.hex()})"
            + (f"; the network has no quorum and waits for {ids}" if ids else ""),
            f"它仍可能最终确认：先用 linxin transaction {transaction_id.hex()} 查询，勿重新签署（那会成为另一条记录）；"
            "重发同一字节不会重复执行",
            f"it may still become final: look it up with `linxin transaction {transaction_id.hex()}` before you sign "
            "it anew, which makes another record; the same bytes sent again never run twice",
        )
        self.transaction_id = transaction_id
        self.waiting_for = tuple(waiting_for)


def remote_failure(error: grpc.aio.AioRpcError) -> Remote:
    """What a failed call says, with the typed refusal of its trailing metadata when the node sent one."""
    refusal = None
    metadata: Any = error.trailing_metadata() or ()  # the published types say neither iterable nor mapping; it is both
    for name, value in metadata:
        if name == REFUSAL_METADATA and isinstance(value, bytes):
            try:
                refusal = ledger_pb2.Refusal.FromString(value)
            except ValueError:
                continue
    return Remote(error.code(), refusal, error.details() or "")
