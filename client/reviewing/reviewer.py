"""A resident's side of the archive: her per-community key, the registrar's word about it, her reviews and her words.

All of her reviews in a community are signed by one key that she makes for it, and that nobody registers. Which order a
review is of stands in its restricted part, with that order's consent (docs/adr/0024). Her words and photos go into the
vault under the same key, for she alone has them erased; a record names their salted addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from linxin.v1 import blob_pb2, trade_pb2

from client.blobs import put_blob
from client.connection import Connection
from client.failures import Failure
from client.reviewing.photos import Photo
from client.reviewing.texts import check_text
from client.submit import LIFETIME_MS, sign_action
from ledger.crypto.encoding import encode
from ledger.crypto.signing import SigningKey
from ledger.modules.archive.messages import (
    AddToReview,
    Appeal,
    EraseWords,
    MemberOf,
    Membership,
    Origin,
    Tag,
    WriteReview,
    membership_message,
    review_message,
)
from ledger.modules.archive.state import named_lots
from ledger.modules.groupbuy.messages import order_id
from ledger.modules.rewards.messages import Spend

TEXT_TYPE = "text/plain; charset=utf-8"


class NotFilled(Failure):
    """The campaign names no lots yet, so there is nothing to review."""

    def __init__(self, campaign: str) -> None:
        super().__init__(
            f"团购 {campaign} 尚未配货，还没有可评价的批次",
            f"the campaign {campaign} has no lots yet: there is nothing to review",
            "提货之后再评价",
            "review what you have collected",
        )


class Opinion(NamedTuple):
    """What she says of a line. `words`, `photos`: addresses in the vault (`Reviewer.keep_words`, `keep_photo`)."""

    rating: int
    recommend: int
    tags: tuple[Tag, ...] = ()
    words: bytes | None = None
    photos: tuple[bytes, ...] = ()


def make_membership(
    key: SigningKey, chain_id: bytes, community: str, member: SigningKey | tuple[int, bytes], *, serves: Sequence[str],
    valid_to_ms: int,
) -> MemberOf:  # fmt: skip
    """The registrar's word, by the community's `key`: the holder of `member` (a key, or algorithm and public key) is a
    member of `community`, and is or works for `serves` (`organisation:farm`, `member:mei`), which she cannot review.
    """
    algorithm, public_key = (
        (member.algorithm, member.public_key) if isinstance(member, SigningKey) else (member[0], member[1])
    )
    said = tuple(sorted(set(serves)))
    signature = key.sign(membership_message(chain_id, community, algorithm, public_key, said, valid_to_ms))
    return MemberOf(community, Membership(said, valid_to_ms, key.algorithm, key.public_key, signature))


@dataclass(frozen=True)
class Reviewer:
    """Whoever holds a per-community key with its membership voucher."""

    key: SigningKey = field(repr=False)
    member: MemberOf

    @property
    def community(self) -> str:
        """Whose member she is."""
        return self.member.community

    async def keep_words(self, connection: Connection, text: str) -> bytes:
        """Store words that everybody may read until she erases them; their address. Raises `BadText`, as `put_blob`."""
        return await self._keep(connection, check_text(text).encode(), TEXT_TYPE)

    async def keep_photo(self, connection: Connection, photo: Photo) -> bytes:
        """Store a photo (`read_photo`) as words are."""
        return await self._keep(connection, photo.content, photo.media_type)

    async def _keep(self, connection: Connection, content: bytes, media_type: str) -> bytes:
        stored = await put_blob(
            connection,
            self.key,
            content,
            media_type=media_type,
            blob_class=blob_pb2.PUBLIC,
            retention=blob_pb2.WORKING,
            membership=encode(self.member),
        )
        return stored.address

    def review(
        self,
        chain_id: bytes,
        campaign: trade_pb2.Campaign,
        order: SigningKey,
        said: Opinion,
        *,
        lifetime_ms: int = LIFETIME_MS,
    ) -> bytes:
        """The envelope of a review of the line that was ordered in `campaign` under the key `order`. Its transaction id
        is the review's. Raises `NotFilled`.
        """
        lots = named_lots([portion.lot for portion in campaign.lots])
        if not lots:
            raise NotFilled(campaign.id)
        terms = campaign.terms
        action = WriteReview(
            product=terms.product,
            community=terms.community.id,
            seller=terms.seller.id,
            lots=lots,
            rating=said.rating,
            recommend=said.recommend,
            tags=said.tags,
            words=said.words,
            photos=said.photos,
        )
        identity = order_id(order.algorithm, order.public_key)
        consent = order.sign(review_message(chain_id, identity, self.key.algorithm, self.key.public_key))
        origin = Origin(identity, consent, self.member.membership)
        return sign_action(self.key, chain_id, action, restricted=origin, lifetime_ms=lifetime_ms)

    def add(self, chain_id: bytes, review: bytes, words: bytes | None, photos: tuple[bytes, ...] = ()) -> bytes:
        """The envelope of an addition to a review of hers."""
        return sign_action(self.key, chain_id, AddToReview(review, words, photos))

    def erase(self, chain_id: bytes, review: bytes, part: int) -> bytes:
        """The envelope that records an erasure: of the review's words and photos (0), or of its nth addition's."""
        return sign_action(self.key, chain_id, EraseWords(review, part))

    def appeal(self, chain_id: bytes, review: bytes, reason: bytes) -> bytes:
        """The envelope of an appeal; `reason`: address of her words."""
        return sign_action(self.key, chain_id, Appeal(review, reason))

    def spend(self, chain_id: bytes, offer: str) -> bytes:
        """The envelope that asks for an offer; its transaction id is the redemption's."""
        return sign_action(self.key, chain_id, Spend(offer))
