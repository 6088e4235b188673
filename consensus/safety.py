"""What a validator has promised, and the rules that keep it from promising otherwise. No I/O."""

from dataclasses import dataclass, replace

from consensus.errors import PromiseBroken

COSIGNATURES_KEPT = 32
"""How many of the newest cosignatures are remembered. The ledger must be synced at least this often, in blocks."""

VOTE_SIZE_MAX = 64


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the log, compared as Raft compares logs: by term, then index."""

    term: int
    index: int


NOTHING = Mark(0, 0)
"""Below every entry."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A cosignature given: one checkpoint a height, ever; a repeat keeps the timestamp (seconds since 1970)."""

    height: int
    checkpoint_hash: bytes
    timestamp_s: int


@dataclass(frozen=True, slots=True)
class Promises:
    """The contents of a safety file. `acknowledged` is the last entry promised durable; `cosigned` oldest first."""

    term: int = 0
    vote: str = ""
    acknowledged: Mark = NOTHING
    cosigned: tuple[Cosigned, ...] = ()

    @property
    def height(self) -> int:
        """The highest height cosigned; 0 = none."""
        return self.cosigned[-1].height if self.cosigned else 0

    def find(self, height: int) -> Cosigned | None:
        """The cosignature given at a height, if it is remembered."""
        return next((given for given in self.cosigned if given.height == height), None)

    def with_vote(self, term: int, vote: str) -> "Promises":
        """Enter `term`, voting for `vote` ("" = not yet). Raises `PromiseBroken` for an older term or a second vote."""
        assert len(vote.encode()) <= VOTE_SIZE_MAX, vote
        if term < self.term:
            raise PromiseBroken(
                f"任期从 {self.term} 倒退到 {term}", f"the term would go back from {self.term} to {term}"
            )
        if term == self.term and self.vote not in ("", vote):
            raise PromiseBroken(f"在任期 {term} 已投票给 {self.vote}", f"voted for {self.vote} in term {term} already")
        return replace(self, term=term, vote=vote)

    def with_acknowledged(self, mark: Mark) -> "Promises":
        """Promise that the log up to `mark` is durable. A lower mark than was promised changes nothing: a log may
        rightly be cut, but only to be continued in a higher term.
        """
        return replace(self, acknowledged=max(mark, self.acknowledged))

    def with_cosignature(self, wanted: Cosigned) -> "tuple[Promises, Cosigned]":
        """The promises with a cosignature at a height, and the cosignature to give: an earlier one if there is one.

        Raises `PromiseBroken` for another checkpoint at a height, a height passed over, or one that is forgotten.
        """
        height = wanted.height
        given = self.find(height)
        if given is not None:
            if given.checkpoint_hash != wanted.checkpoint_hash:
                old, new = given.checkpoint_hash.hex()[:16], wanted.checkpoint_hash.hex()[:16]
                raise PromiseBroken(
                    f"高度 {height} 已签署另一检查点 {old}…，而非 {new}…。请勿再启动此节点，并保留全部数据以便查证",
                    f"another checkpoint of height {height} is signed already ({old}…, not {new}…); "
                    "keep this node stopped and all its data for inquiry",
                )
            return self, given
        if height <= self.height:
            raise PromiseBroken(
                f"高度 {height} 低于已签署的 {self.height}，且当时的签名已不在记录中",
                f"height {height} is below {self.height}, which is signed, and its signature is no longer on record",
            )
        return replace(self, cosigned=(*self.cosigned, wanted)[-COSIGNATURES_KEPT:]), wanted


def check_newest(promises: Promises, height: int, checkpoint_hash: bytes) -> None:
    """A cosignature by this key of `checkpoint_hash` at `height` has been seen: in the ledger, or shown by a peer, the
    signature verified. Raises `PromiseBroken` if the promises do not know of it, so that they are an older copy.

    Heights from before the oldest of a full record are not on record any more and pass.
    """
    given = promises.find(height)
    if given is not None and given.checkpoint_hash == checkpoint_hash:
        return
    if given is None and len(promises.cosigned) == COSIGNATURES_KEPT and height < promises.cosigned[0].height:
        return
    shown = checkpoint_hash.hex()[:16]
    raise PromiseBroken(
        f"网络中有此密钥在高度 {height} 对检查点 {shown}… 的签名，而安全文件（最高 {promises.height}）没有记录它："
        "安全文件是从备份恢复的旧副本，或此密钥另有他处在用。请停止使用此密钥，以新的标识和新的密钥加入网络",
        f"the network holds a signature by this key at height {height}, of checkpoint {shown}…, that the safety file, "
        f"which goes up to {promises.height}, does not know: it was restored from a backup, or the key is in use "
        "elsewhere too; stop using this key and join with a new id and a new key",
    )
