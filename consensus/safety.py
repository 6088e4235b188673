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
        Raises `PromiseBroken` for another checkpoint at a height.
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
        if len(self.cosigned) == COSIGNATURES_KEPT and height < self.cosigned[0].height:
            return self, None
        cosigned = sorted((*self.cosigned, wanted), key=lambda each: each.height)[-COSIGNATURES_KEPT:]
        return replace(self, cosigned=tuple(cosigned)), wanted
