"""What to do at start, decided from what log, safety file and ledger say. No I/O.

The rules of a validator among others, whom the others can give what it lacks:

* the ledger is certified: where the log does not hold the ledger's place, the log begins anew after that place;
* a log below the mark, then or now, is no fault: the validator is held (no vote, no campaign, no acknowledgement)
  until a leader has refilled it;
* that its safety file is older than a signature of its own can only be seen from signatures: `check_newest`, for
  those in the ledger's certificates and those that peers show.

A sole voter has nobody to ask, so that it stops instead:

* what was acknowledged must be in the log;
* the log must begin where the ledger ends, or before, and must agree with it on that place;
* the ledger holds nothing that it has not cosigned: a safety file behind the ledger is an old copy;
* replaying the log must come back to every height cosigned, with the same checkpoint.
"""

from dataclasses import dataclass

from consensus.entry import Tip
from consensus.errors import CannotResume, PromiseBroken
from consensus.safety import COSIGNATURES_KEPT, Mark, Promises


@dataclass(frozen=True, slots=True)
class Found:
    """What is on disk. `base` is the place before the log's first entry; `position` that of the ledger's head block.

    `logged` is what the log holds at the ledger's index (`DurableLog.tip_at`), None where it does not reach.
    """

    base: Mark
    last: Mark
    promises: Promises
    height: int
    position: Tip
    logged: Tip | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`reset`: begin the log anew after this place, None = go on with it. Then replay entries `first` to `last` (none
    when first > last) as they are committed; the height reached must be at least `height_least`. `held`: the log is
    below its mark.
    """

    first: int
    last: int
    height_least: int
    reset: Tip | None = None
    held: bool = False

    def check_reached(self, height: int) -> None:
        """The replay ended at `height`. Raises `CannotResume` if a cosigned height did not come out."""
        if height < self.height_least:
            raise CannotResume(
                f"重放日志后只到高度 {height}，但已签署高度 {self.height_least}。请保留全部数据以便查证",
                f"replaying the log ends at height {height}, but height {self.height_least} is signed; "
                "keep all data for inquiry",
            )


def plan(found: Found, *, sole: bool = True) -> Plan:
    """What to do. `sole`: this validator alone certifies, so that the ledger never runs ahead of its promises.

    Raises `PromiseBroken` or `CannotResume`, which stop the node before it signs; only for a sole voter.
    """
    first, mark = found.position.index + 1, found.promises.acknowledged
    if sole:
        _check_marks(found)
        _check_places(found)
        _check_heights(found)
        return Plan(first, found.last.index, max(found.height, found.promises.height))
    if found.logged != found.position:
        place = Mark(found.position.term, found.position.index)
        return Plan(first, found.position.index, found.height, reset=found.position, held=place < mark)
    return Plan(first, found.last.index, found.height, held=found.last < mark)


def check_newest(promises: Promises, height: int, checkpoint_hash: bytes) -> None:
    """A cosignature by this key of `checkpoint_hash` at `height` has been seen: in the ledger, or shown by a peer, the
    signature verified. Raises `PromiseBroken` if the promises do not know of it, so that they are an older copy.

    Heights from before the oldest of a full record are not on record any more and pass.
    """
    if promises.has_given(height, checkpoint_hash):
        return
    if (
        promises.find(height) is None
        and len(promises.cosigned) == COSIGNATURES_KEPT
        and height < promises.cosigned[0].height
    ):
        return
    shown = checkpoint_hash.hex()[:16]
    raise PromiseBroken(
        f"网络中有此密钥在高度 {height} 对检查点 {shown}… 的签名，而安全文件（最高 {promises.height}）没有记录它："
        "安全文件是从备份恢复的旧副本，或此密钥另有他处在用。请停止使用此密钥，以新的标识和新的密钥加入网络",
        f"the network holds a signature by this key at height {height}, of checkpoint {shown}…, that the safety file, "
        f"which goes up to {promises.height}, does not know: it was restored from a backup, or the key is in use "
        "elsewhere too; stop using this key and join with a new id and a new key",
    )


def _check_marks(found: Found) -> None:
    mark, last = found.promises.acknowledged, found.last
    if last < mark:
        raise PromiseBroken(
            f"日志止于 {last.term}/{last.index}，而已确认到 {mark.term}/{mark.index}：日志丢失了已确认的内容。"
            "请检查磁盘，并从备份恢复日志目录；单验证节点网络没有其他节点可以补齐",
            f"the log ends at {last.term}/{last.index}, but {mark.term}/{mark.index} was acknowledged: what was "
            "promised to be durable is missing; check the disk and restore the log from a backup: in a network of one "
            "there is no other validator to refill it",
        )


def _check_places(found: Found) -> None:
    position, logged = found.position, found.logged
    if position.index < found.base.index:
        raise CannotResume(
            f"账本停在日志条目 {position.index}，而日志从 {found.base.index + 1} 开始，中间部分缺失。请从备份恢复账本",
            f"the ledger stands at log entry {position.index}, but the log begins at {found.base.index + 1}: what lies "
            "between is gone; restore the ledger from a backup",
        )
    if logged is None:
        raise CannotResume(
            f"账本已到日志条目 {position.index}，而日志止于 {found.last.index}。日志目录不是此账本的日志，或已丢失",
            f"the ledger stands at log entry {position.index}, but the log ends at {found.last.index}: it is not this "
            "ledger's log, or its end is lost",
        )
    if logged.term != position.term:
        raise CannotResume(
            f"账本与日志在条目 {position.index} 的任期不同（{position.term} 与 {logged.term}）",
            f"ledger and log disagree on the term of entry {position.index}: {position.term}, {logged.term}",
        )
    if logged.digest != position.digest:
        mine, other = position.digest.hex()[:16], logged.digest.hex()[:16]
        raise CannotResume(
            f"账本与日志在条目 {position.index} 的内容不同（{mine}… 与 {other}…）",
            f"ledger and log disagree on what entry {position.index} is: {mine}…, {other}…",
        )


def _check_heights(found: Found) -> None:
    position, height, signed = found.position, found.height, found.promises.height
    if height > signed:
        raise CannotResume(
            f"账本已到高度 {height}，而安全文件只记到 {signed}：安全文件是旧副本，不能用它签名。"
            "请以新的标识和新的密钥加入网络",
            f"the ledger is at height {height}, but the safety file knows only of {signed}: it is an old copy and must "
            "not be signed with; join with a new id and a new key",
        )
    if signed - height > COSIGNATURES_KEPT:
        raise CannotResume(
            f"账本停在高度 {height}，比已签署的 {signed} 落后超过 {COSIGNATURES_KEPT}。请从备份恢复账本",
            f"the ledger is at height {height}, more than {COSIGNATURES_KEPT} behind {signed}, which is signed; "
            "restore the ledger from a backup",
        )
    if found.last.index - position.index < signed - height:
        raise CannotResume(
            f"日志在账本之后只有 {found.last.index - position.index} 条，不足以重放到已签署的高度 {signed}",
            f"the log has {found.last.index - position.index} entries beyond the ledger: too few to come back to "
            f"height {signed}, which is signed",
        )
