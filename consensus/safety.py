"""What a validator has promised, and the rules that keep it from promising otherwise. No I/O."""

from collections.abc import Collection
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
    """A cosignature given: one checkpoint a height, ever; a repeat keeps the timestamp (seconds since 1970).

    `is_released`: a release (`consensus.release`) freed the validator from it: given it was, but it binds no more.
    """

    height: int
    checkpoint_hash: bytes
    timestamp_s: int
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """The newest release that this validator signed or applied: at `height` it signs this checkpoint and no other.

    Of one height, a release of a later round takes the place of an earlier. `document`: the digest of the release.
    """

    height: int
    round: int
    checkpoint_hash: bytes
    document: bytes


Shown = Collection[tuple[int, bytes]]
"""Heights and hashes of the checkpoints that a release shows with this validator's own signature."""


@dataclass(frozen=True, slots=True)
class Promises:
    """The contents of a safety file. `acknowledged` is the last entry promised durable; `cosigned` oldest first, and of
    one height what was released before what was signed after.
    """

    term: int = 0
    vote: str = ""
    acknowledged: Mark = NOTHING
    cosigned: tuple[Cosigned, ...] = ()
    bound: Bound | None = None

    @property
    def height(self) -> int:
        """The highest height cosigned; 0 = none."""
        return self.cosigned[-1].height if self.cosigned else 0

    def find(self, height: int) -> Cosigned | None:
        """The cosignature that binds at a height, if one was given and is remembered."""
        return next((given for given in self.cosigned if given.height == height and not given.is_released), None)

    def has_given(self, height: int, checkpoint_hash: bytes) -> bool:
        """Whether this checkpoint was signed, as far as is remembered, and whether or not it still binds."""
        return any((given.height, given.checkpoint_hash) == (height, checkpoint_hash) for given in self.cosigned)

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
        """Promise that the log up to `mark` is durable. A lower mark than was promised changes nothing."""
        return replace(self, acknowledged=max(mark, self.acknowledged))

    def with_void(self, mark: Mark) -> "Promises":
        """What was acknowledged beyond `mark` is void: a later leader's log or a certificate has something else there.

        It need not end as high as what it replaces: its entries may be of an older term, or arrive one by one.
        """
        return replace(self, acknowledged=min(mark, self.acknowledged))

    def with_cosignature(self, wanted: Cosigned) -> "tuple[Promises, Cosigned | None]":
        """The promises with a cosignature at a height, and the cosignature to give: an earlier one if there is one.

        None for a height so far back that what was signed there is forgotten: nothing is signed then. A later height
        that was passed over (its block came with a certificate) may be signed now, as it is known not to be.
        Raises `PromiseBroken` for another checkpoint at a height, or than a release binds to.
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
        bound = self.bound
        if bound is not None and bound.height == height and bound.checkpoint_hash != wanted.checkpoint_hash:
            agreed, new = bound.checkpoint_hash.hex()[:16], wanted.checkpoint_hash.hex()[:16]
            raise PromiseBroken(
                f"高度 {height} 已按解除书约定只签检查点 {agreed}…，本节点却得出 {new}…：所装软件不是约定的版本",
                f"by a release, checkpoint {agreed}… alone is signed at height {height}, and this node came to {new}…: "
                "the software is not the one that was agreed on",
            )
        if len(self.cosigned) == COSIGNATURES_KEPT and height < self.cosigned[0].height:
            return self, None
        cosigned = sorted((*self.cosigned, wanted), key=lambda each: each.height)[-COSIGNATURES_KEPT:]
        return replace(self, cosigned=tuple(cosigned)), wanted

    def with_bound(self, bound: Bound, shown: Shown) -> "Promises":
        """Sign a release: from now on only its checkpoint is signed at its height, and no earlier release counts.

        Raises `PromiseBroken` for an older release than one signed before, another of the same round, or one that does
        not show everything that this validator signed and would be released from.
        """
        old = self.bound
        if old is not None and bound != old and (bound.height, bound.round) <= (old.height, old.round):
            raise PromiseBroken(
                f"已签署高度 {old.height} 第 {old.round} 轮的另一份解除书；新的一份须用更大的轮次",
                f"another release, of height {old.height} and round {old.round}, is signed already; a new one needs a "
                "higher round",
            )
        for given in self._against(bound):
            if (given.height, given.checkpoint_hash) not in shown:
                hashed = given.checkpoint_hash.hex()[:16]
                raise PromiseBroken(
                    f"解除书没有列出本密钥在高度 {given.height} 签署的检查点 {hashed}…；"
                    "请用本节点的 divergence-*.txt 重新制作",
                    f"the release does not show checkpoint {hashed}… of height {given.height}, which this key signed; "
                    "make it anew with this node's divergence-*.txt",
                )
        return replace(self, bound=bound)

    def with_release(self, bound: Bound, shown: Shown) -> "Promises":
        """Apply a release that a quorum has signed: what was signed against it, at its height and above, binds no more.

        Raises `PromiseBroken` as `with_bound` does.
        """
        against = self._against(bound)
        given = tuple(replace(each, is_released=True) if each in against else each for each in self.cosigned)
        return replace(self.with_bound(bound, shown), cosigned=given)

    def _against(self, bound: Bound) -> list[Cosigned]:
        """What was signed and does not lead to where the release leads."""
        given = self.find(bound.height)
        agrees = given is not None and given.checkpoint_hash == bound.checkpoint_hash
        agreed = (bound.height, bound.checkpoint_hash)
        return [
            each
            for each in self.cosigned
            if each.height >= bound.height
            and (each.height, each.checkpoint_hash) != agreed
            and (each.is_released or not agrees)
        ]
