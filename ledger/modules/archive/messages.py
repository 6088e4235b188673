"""What the trust archive is asked to keep: reviews of collected lines, visits, endorsements, and what moderators do.

Words and photos stand in the vault; a record holds their addresses alone, which commit to them under salts of 32 bytes.
Which order a review belongs to stands in its restricted part.
"""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.crypto.encoding import Message, encode
from ledger.crypto.hashing import digest
from ledger.crypto.signing import Algorithm
from ledger.module import Action, Timer
from ledger.modules.groupbuy.messages import BasisPoints, Commitment, OrderId
from ledger.modules.payments.messages import PublicKey, Signature
from ledger.modules.trace.messages.types import EventTime, LotKey, ProductKey, SiteKey, TransactionId
from ledger.text import Identifier

LOTS_MAX = 8
"""Lots that a review counts for: the first by name of those that fill its campaign."""

TAGS_MAX = 6
PHOTOS_MAX = 9
ADDITIONS_MAX = 5
SERVES_MAX = 16
PRODUCTS_MAX = 8

Tag = Literal[
    "as_described",
    "badly_packed",
    "bruised",
    "clean",
    "creamy",
    "differs",
    "dirty",
    "expensive",
    "fragrant",
    "fresh",
    "good_value",
    "juicy",
    "large",
    "late",
    "near_expiry",
    "on_time",
    "overripe",
    "small",
    "sour",
    "spoiled",
    "sweet",
    "tender",
    "underripe",
    "underweight",
    "warm",
    "watery",
    "well_packed",
]
"""The published vocabulary, with words for each in `words.py`. No tag is free text: nothing can imitate another."""

Rating = Annotated[int, Meta(ge=1, le=5)]
Recommend = Annotated[int, Meta(ge=0, le=10)]
"""How likely she would recommend it, from which the net promoter score is counted."""

Photos = Annotated[tuple[Commitment, ...], Meta(max_length=PHOTOS_MAX)]
Served = Annotated[str, Meta(max_length=80, pattern=r"^(?:organisation|member):[a-z0-9][a-z0-9._-]{0,63}\Z")]
Part = Annotated[int, Meta(ge=0, le=ADDITIONS_MAX)]

RuleNumber = Annotated[int, Meta(ge=1, le=5)]
MODERATION_RULES = {1: "personal_data", 2: "abuse", 3: "advertising", 4: "off_topic", 5: "unlawful"}
"""The published list of what may be hidden, with words for each in `words.py`. That a review is bad is not on it."""


class Membership(Message):
    """The community registrar's word about a per-community key, over `membership_message`: its holder is a member of
    the community, and is or works for `serves` (`organisation:farm`, `member:mei`). Good until before `valid_to_ms`.
    """

    serves: Annotated[tuple[Served, ...], Meta(max_length=SERVES_MAX)]
    valid_to_ms: EventTime
    algorithm: Algorithm
    public_key: PublicKey
    signature: Signature


def membership_message(
    chain_id: bytes, community: str, algorithm: int, key: bytes, serves: tuple[str, ...], valid_to_ms: int
) -> bytes:
    """What a registrar signs about a member's per-community `key`."""
    return digest("membership", encode([chain_id, community, algorithm, key, serves, valid_to_ms]))


class MemberOf(Message):
    """A membership voucher with the community whose it is: what a resident shows where no record names it."""

    community: Identifier
    membership: Membership


def review_message(chain_id: bytes, order: bytes, algorithm: int, key: bytes) -> bytes:
    """What an order's key signs so that the per-community `key` may review its line."""
    return digest("review", encode([chain_id, order, algorithm, key]))


class Origin(Message):
    """Which order is reviewed (restricted). `signature`: of the order's key, over `review_message`."""

    order: OrderId
    signature: Signature
    membership: Membership


class WriteReview(Action, tag="archive.review"):
    """A buyer reviews a line that she collected, once, under her key in that community. Its id is the transaction's.

    `product`, `community`, `seller`, `lots` are those of the order's campaign, `lots` the first `LOTS_MAX` by name.
    """

    restricted = Origin

    product: ProductKey
    community: Identifier
    seller: Identifier
    lots: Annotated[tuple[LotKey, ...], Meta(min_length=1, max_length=LOTS_MAX)]
    rating: Rating
    recommend: Recommend
    tags: Annotated[tuple[Tag, ...], Meta(max_length=TAGS_MAX)] = ()
    words: Commitment | None = None
    photos: Photos = ()


class AddToReview(Action, tag="archive.add"):
    """She has more to say (追评), under the same key; what she said before stays as it is."""

    review: TransactionId
    words: Commitment | None = None
    photos: Photos = ()


class EraseWords(Action, tag="archive.erase"):
    """She has her words and photos of a part erased: 0 = the review, n = its nth addition. The ratings stay."""

    review: TransactionId
    part: Part = 0


class RecordVisit(Action, tag="archive.visit"):
    """A leader was at a farm (探访). `media`, `words`: what she brought back. Its id is the transaction's."""

    farm: Identifier
    site: SiteKey
    products: Annotated[tuple[ProductKey, ...], Meta(min_length=1, max_length=PRODUCTS_MAX)]
    from_ms: EventTime
    to_ms: EventTime
    media: Photos = ()
    words: Commitment | None = None


class ConfirmVisit(Action, tag="archive.confirm_visit"):
    """The farm says that she was there. Until then a visit is shown and counts nowhere."""

    visit: TransactionId


class Endorse(Action, tag="archive.endorse"):
    """A leader vouches for a product that she saw on a confirmed visit. `commission_bp`: what she says she earns on it.

    Its id is the transaction's.
    """

    visit: TransactionId
    product: ProductKey
    commission_bp: BasisPoints
    words: Commitment


class WithdrawEndorsement(Action, tag="archive.withdraw"):
    """She vouches no longer; that she did, and why not any more, stays visible."""

    endorsement: TransactionId
    reason: Commitment


class Hide(Action, tag="archive.hide"):
    """A moderator hides words and photos under a published rule. They are not deleted, and the review still counts."""

    review: TransactionId
    rule: RuleNumber
    reason: Commitment


class Appeal(Action, tag="archive.appeal"):
    """The reviewer does not agree."""

    review: TransactionId
    reason: Commitment


class Decide(Action, tag="archive.decide"):
    """Somebody who did not hide it decides an appeal: it stays hidden (`uphold`), or is shown again."""

    review: TransactionId
    uphold: bool
    reason: Commitment


class AppealOver(Timer, tag="archive.appeal_over"):
    """Nobody decided an appeal in time. `review`: hex id; `number`: of its hidings, from 1."""

    review: str
    number: int


class CountExcursion(Timer, tag="archive.count_excursion"):
    """A lot that became too warm is counted: everywhere (`after` = ""), then for the communities of the campaigns that
    it fills, those after `after`.
    """

    lot: str
    after: str = ""
