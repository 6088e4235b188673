"""What to do at start, decided from what log, safety file and ledger say. No I/O.

The rules:

* what was acknowledged must be in the log, else this validator signs nothing;
* the log must begin where the ledger ends, or before, and must agree with it on the term of that place;
* the ledger holds nothing that a sole validator has not cosigned: a safety file behind the ledger is an old copy;
* replaying the log must come back to every height cosigned, with the same checkpoint.
"""

from dataclasses import dataclass

from consensus.errors import CannotResume, PromiseBroken
from consensus.safety import COSIGNATURES_KEPT, Mark, Promises


@dataclass(frozen=True, slots=True)
class Found:
    """What is on disk. `base` is the place before the log's first entry; `position` that of the ledger's head block.

    `position_term` is the term that the log gives at the ledger's position, None where the log does not reach.
    """

    base: Mark
    last: Mark
    promises: Promises
    height: int
    position: Mark
    position_term: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Replay entries `first` to `last` (none when first > last); the height reached must be at least `height_least`."""

    first: int
    last: int
    height_least: int

    def check_reached(self, height: int) -> None:
        """The replay ended at `height`. Raises `CannotResume` if a cosigned height did not come out."""
        if height < self.height_least:
            raise CannotResume(
                f"重放日志后只到高度 {height}，但已签署高度 {self.height_least}。请保留全部数据以便查证",
                f"replaying the log ends at height {height}, but height {self.height_least} is signed; "
                "keep all data for inquiry",
            )


def plan(found: Found, *, sole: bool = True) -> Plan:
    """What to replay. `sole`: this validator alone certifies, so that the ledger never runs ahead of its promises.

    Raises `PromiseBroken` or `CannotResume`, which stop the node before it signs.
    """
    _check_marks(found)
    _check_ledger(found, sole=sole)
    return Plan(found.position.index + 1, found.last.index, max(found.height, found.promises.height))


def _check_marks(found: Found) -> None:
    mark, last = found.promises.acknowledged, found.last
    if last < mark:
        raise PromiseBroken(
            f"日志止于 {last.term}/{last.index}，而已确认到 {mark.term}/{mark.index}：日志丢失了已确认的内容。"
            "请检查磁盘；单验证节点网络请从备份恢复日志目录，多验证节点网络请等待其他节点补齐",
            f"the log ends at {last.term}/{last.index}, but {mark.term}/{mark.index} was acknowledged: what was "
            "promised to be durable is missing; check the disk. A network of one restores the log from a backup; "
            "in a larger one other validators refill it",
        )


def _check_ledger(found: Found, *, sole: bool) -> None:
    position, height, signed = found.position, found.height, found.promises.height
    if position.index < found.base.index:
        raise CannotResume(
            f"账本停在日志条目 {position.index}，而日志从 {found.base.index + 1} 开始，中间部分缺失。"
            "请从其他验证节点或备份恢复账本",
            f"the ledger stands at log entry {position.index}, but the log begins at {found.base.index + 1}: what lies "
            "between is gone; restore the ledger from another validator or a backup",
        )
    if position.index > found.last.index:
        raise CannotResume(
            f"账本已到日志条目 {position.index}，而日志止于 {found.last.index}。日志目录不是此账本的日志，或已丢失",
            f"the ledger stands at log entry {position.index}, but the log ends at {found.last.index}: it is not this "
            "ledger's log, or its end is lost",
        )
    if found.position_term != position.term:
        raise CannotResume(
            f"账本与日志在条目 {position.index} 的任期不同（{position.term} 与 {found.position_term}）",
            f"ledger and log disagree on the term of entry {position.index}: {position.term}, {found.position_term}",
        )
    if sole and height > signed:
        raise CannotResume(
            f"账本已到高度 {height}，而安全文件只记到 {signed}：安全文件是旧副本，不能用它签名。"
            "请以新的标识和新的密钥加入网络",
            f"the ledger is at height {height}, but the safety file knows only of {signed}: it is an old copy and must "
            "not be signed with; join with a new id and a new key",
        )
    if sole and signed - height > COSIGNATURES_KEPT:
        raise CannotResume(
            f"账本停在高度 {height}，比已签署的 {signed} 落后超过 {COSIGNATURES_KEPT}。请从备份恢复账本",
            f"the ledger is at height {height}, more than {COSIGNATURES_KEPT} behind {signed}, which is signed; "
            "restore the ledger from a backup",
        )
    if sole and found.last.index - position.index < signed - height:
        raise CannotResume(
            f"日志在账本之后只有 {found.last.index - position.index} 条，不足以重放到已签署的高度 {signed}",
            f"the log has {found.last.index - position.index} entries beyond the ledger: too few to come back to "
            f"height {signed}, which is signed",
        )
