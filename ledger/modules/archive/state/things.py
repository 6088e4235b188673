"""Reviews, visits and endorsements, their life cycles, and what keeps them apart from orders.

All rows are public but those that say which order or campaign a review belongs to.
"""

from collections.abc import Mapping
from typing import Literal

from ledger.crypto.encoding import Message
from ledger.crypto.hashing import digest
from ledger.modules.archive.messages import Tag, WriteReview
from ledger.modules.archive.state.listings import sale_listings
from ledger.state import Table

ReviewState = Literal["shown", "hidden", "appealed", "upheld", "restored"]

REVIEW_TRANSITIONS: Mapping[str, Mapping[str, ReviewState]] = {
    "shown": {"hide": "hidden"},
    "hidden": {"appeal": "appealed"},
    "appealed": {"uphold": "upheld", "restore": "restored"},
    "restored": {"hide": "hidden"},
    "upheld": {},
}
"""state -> event -> next state of a review. Whatever it is, the review counts. It is hidden under each published rule
once at most; an appeal that nobody decides in time restores it.
"""

CONCEALED = ("hidden", "appealed", "upheld")
"""States in which pages do not show the words and photos of a review."""

VisitState = Literal["claimed", "cosigned"]

VISIT_TRANSITIONS: Mapping[str, Mapping[str, VisitState]] = {"claimed": {"confirm": "cosigned"}, "cosigned": {}}
"""state -> event -> next state of a visit: the leader's word alone, or the farm's as well."""

EndorsementState = Literal["standing", "withdrawn"]

ENDORSEMENT_TRANSITIONS: Mapping[str, Mapping[str, EndorsementState]] = {
    "standing": {"withdraw": "withdrawn"},
    "withdrawn": {},
}
"""state -> event -> next state of an endorsement. To vouch again takes another visit."""


class Addition(Message):
    """What was added to a review, and when. `erased_ms`: when its words and photos were erased."""

    time_ms: int
    words: bytes | None
    photos: tuple[bytes, ...]
    erased_ms: int | None = None


class Moderation(Message):
    """One hiding of a review: by whom, under which rule, and what became of it. Reasons are commitments (vault).

    `decided_by` is "" where nobody decided in time; `upheld` None until it is decided.
    """

    by: str
    rule: int
    reason: bytes
    hidden_ms: int
    appeal: bytes = b""
    appealed_ms: int | None = None
    decided_by: str = ""
    decision: bytes = b""
    decided_ms: int | None = None
    upheld: bool | None = None


class Review(Message):
    """A review. `algorithm`, `public_key`: the reviewer's per-community key. `erased_ms`: when its own words and photos
    were erased.
    """

    community: str
    algorithm: int
    public_key: bytes
    product: str
    seller: str
    lots: tuple[str, ...]
    rating: int
    recommend: int
    tags: tuple[Tag, ...]
    words: bytes | None
    photos: tuple[bytes, ...]
    time_ms: int
    state: ReviewState = "shown"
    erased_ms: int | None = None
    additions: tuple[Addition, ...] = ()
    moderation: tuple[Moderation, ...] = ()

    @classmethod
    def written(cls, said: WriteReview, algorithm: int, public_key: bytes, time_ms: int) -> "Review":
        """A review as it was written, under whose key and in a block of what time."""
        return cls(
            community=said.community,
            algorithm=algorithm,
            public_key=public_key,
            product=said.product,
            seller=said.seller,
            lots=said.lots,
            rating=said.rating,
            recommend=said.recommend,
            tags=said.tags,
            words=said.words,
            photos=said.photos,
            time_ms=time_ms,
        )

    @property
    def has_erased(self) -> bool:
        """Whether anything of it was erased."""
        return self.erased_ms is not None or any(part.erased_ms is not None for part in self.additions)

    @property
    def is_as_written(self) -> bool:
        """Whether nothing became of it since: added to, erased, hidden."""
        return self.erased_ms is None and not self.additions and not self.moderation


class Reviewer(Message):
    """What a per-community key did: reviews, those with photos, those hidden for good."""

    community: str
    reviews: int = 0
    photos: int = 0
    upheld: int = 0


class Source(Message):
    """Which line a review is of (restricted). `campaign` names the parties, who do not moderate it."""

    order: bytes
    campaign: str


class Bought(Message):
    """The campaign of a key's first review of a product, and whether it reviewed it in another one since
    (restricted).
    """

    campaign: str
    returned: bool = False


class Visit(Message):
    """A leader's visit, recorded at `time_ms`; `community`: whose leader she was then."""

    leader: str
    community: str
    farm: str
    site: str
    products: tuple[str, ...]
    from_ms: int
    to_ms: int
    media: tuple[bytes, ...]
    words: bytes | None
    time_ms: int
    state: VisitState = "claimed"
    confirmed_ms: int | None = None


class Endorsement(Message):
    """A leader's word for a product, after `visit` (hex id). `reason`: commitment to why she withdrew it."""

    leader: str
    community: str
    farm: str
    product: str
    visit: str
    commission_bp: int
    words: bytes
    time_ms: int
    state: EndorsementState = "standing"
    reason: bytes = b""
    withdrawn_ms: int | None = None


reviews: Table[Review] = Table("archive", "review", Review)
"""Hex id of the transaction -> review."""

altered: Table[bool] = Table("archive", "altered", bool)
"""Hex review id -> True, once a review is not as it was written any more. Those are few and lie together, so a page
learns here at little cost that it may show what the leaves say: rows of reviews lie scattered by their ids.
"""

sources: Table[Source] = Table("archive", "source", Source, restricted=True)
"""Hex review id -> its line."""

reviewers: Table[Reviewer] = Table("archive", "reviewer", Reviewer)
"""Hex per-community key -> what it did. A key is of one community."""

bought: Table[Bought] = Table("archive", "bought", Bought, restricted=True)
"""`<hex per-community key>/<product>` -> where it was bought first. The name tells what the reviews tell anyway."""

nullifier_key: Table[bytes] = Table("archive", "key", bytes, restricted=True)
""""" -> what nullifiers are made with; made once of the ledger's secret (docs/adr/0024)."""

spent: Table[bool] = Table("archive", "spent", bool)
"""`nullifier` of a line that was reviewed."""

moderated: Table[str] = Table("archive", "moderated", str)
"""`<community>/<height, 12 digits>-<place in the block, 6 digits>` -> hex id of a review that was hidden then."""

visits: Table[Visit] = Table("archive", "visit", Visit)
"""Hex id of the transaction -> visit."""

endorsements: Table[Endorsement] = Table("archive", "endorsement", Endorsement)
"""Hex id of the transaction -> endorsement."""

vouched: Table[str] = Table("archive", "vouched", str)
"""`<leader>/<product>` -> hex id of her latest endorsement of it, withdrawn or not."""

warm: Table[bool] = Table("archive", "warm", bool)
"""`<lot>` and `<lot>@<community>` -> its excursion is counted, everywhere and in that community."""


def nullifier(secret: bytes, order: bytes) -> str:
    """The name under which it is noted that a line is reviewed: without `secret` it tells nothing of `order`."""
    return digest("review-nullifier", secret, order).hex()


def listings_of(review: Review) -> tuple[str, ...]:
    """The listings that a review counts in."""
    return sale_listings(review.product, review.community, review.seller, review.lots)
