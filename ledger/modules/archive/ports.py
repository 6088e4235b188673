"""What the archive needs of other modules, and what it offers them: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

from ledger.modules.archive.state import (
    Endorsement,
    Listing,
    Review,
    Reviewer,
    Visit,
    endorsements,
    listing_of,
    listings,
    reviewers,
    reviews,
    visits,
    vouched,
)

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.ports import Campaign, MemberFacts, OrderRow
    from ledger.roles import Role

__all__ = [
    "Endorsement",
    "Goods",
    "Keys",
    "Lines",
    "Listing",
    "Organisations",
    "Ports",
    "Review",
    "ReviewListener",
    "Reviewer",
    "Reviews",
    "Visit",
    "listing_of",
]


class Organisations(Protocol):
    """The registry's organisations and members."""

    def has_role(self, ctx: "Context", organisation: str, *roles: "Role") -> bool:
        """Whether it is registered, not suspended, and holds one of `roles`."""

    def member(self, ctx: "Context", member: str) -> "MemberFacts | None":
        """The member's row, retired or not, or None."""


class Keys(Protocol):
    """The registry's keys."""

    def speaks_for(self, ctx: "Context", organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's, not a device's or member's."""

    def known(self, ctx: "Context", public_key: bytes) -> bool:
        """Whether the key serves or ever served anybody."""


class LotFacts(Protocol):
    """A lot."""

    @property
    def product(self) -> str:
        """The product's key."""

    @property
    def producer(self) -> str:
        """The organisation that made it."""


class ProductFacts(Protocol):
    """A registered product."""

    @property
    def owner(self) -> str:
        """Who registered it."""

    @property
    def producers(self) -> tuple[str, ...]:
        """Who may make it beside the owner."""


class SiteFacts(Protocol):
    """A registered place."""

    @property
    def owner(self) -> str:
        """Who runs it."""


class Goods(Protocol):
    """What trace knows of the things that are sold, and where they come from."""

    def lot(self, ctx: "Context", lot: str) -> LotFacts | None:
        """A lot, recalled ones too, or None."""

    def product(self, ctx: "Context", product: str) -> ProductFacts | None:
        """A registered product, or None."""

    def site(self, ctx: "Context", site: str) -> SiteFacts | None:
        """A registered place, or None."""

    def is_warm(self, ctx: "Context", lot: str) -> bool:
        """Whether a lot, or what it is made of, suffered more than its product bears."""


class Lines(Protocol):
    """The lines of orders, read only. An order is named by its hex id."""

    def find(self, ctx: "Context", order: str) -> "OrderRow | None":
        """The line of an order, or None."""

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""

    def filled_from(self, ctx: "Context", lot: str, after: str, limit: int) -> tuple[str, ...]:
        """Campaigns that a lot fills, by name, at most `limit` of those after `after`."""


class ReviewListener(Protocol):
    """Another module that must know what comes into the archive. Each call is in the record (or timer) that does it,
    after the rows are written; ids are hex. A listener does a bounded little.
    """

    def reviewed(self, ctx: "Context", review: str, row: Review) -> None:
        """A line was reviewed by the key in the row."""

    def hidden(self, ctx: "Context", review: str, row: Review) -> None:
        """A review was hidden."""

    def upheld(self, ctx: "Context", review: str, row: Review) -> None:
        """The appeal failed: a review stays hidden for good."""

    def restored(self, ctx: "Context", review: str, row: Review) -> None:
        """The appeal was heard, or nobody decided it in time: a review is shown again."""

    def visited(self, ctx: "Context", visit: str, row: Visit) -> None:
        """A farm confirmed a leader's visit."""

    def endorsed(self, ctx: "Context", endorsement: str, row: Endorsement) -> None:
        """A leader vouches for a product."""

    def withdrawn(self, ctx: "Context", endorsement: str, row: Endorsement) -> None:
        """A leader vouches no longer."""


class Reviews:
    """The archive as other modules may read it."""

    def listing(self, ctx: "Context", listing: str) -> Listing:
        """The counts of a listing, by a key that state/listings.py makes; all 0 where nothing was counted yet."""
        return listings.get(ctx, listing) or Listing()

    def review(self, ctx: "Context", review: str) -> Review | None:
        """A review by hex id, or None."""
        return reviews.get(ctx, review)

    def reviewer(self, ctx: "Context", public_key: bytes) -> Reviewer | None:
        """What a per-community key did, or None."""
        return reviewers.get(ctx, public_key.hex())

    def visit(self, ctx: "Context", visit: str) -> Visit | None:
        """A visit by hex id, or None."""
        return visits.get(ctx, visit)

    def endorsed(self, ctx: "Context", leader: str, after: str = "", limit: int = 64) -> tuple[Endorsement, ...]:
        """A leader's latest endorsement of each product, standing or withdrawn, by product, at most `limit` of those
        after the product `after`.
        """
        found = vouched.scan(ctx, f"{leader}/", after=f"{leader}/{after}" if after else None, limit=limit)
        rows = (endorsements.get(ctx, identity) for _, identity in found)
        return tuple(row for row in rows if row is not None)


class Ports:
    """The interfaces of other modules, handed to every rule."""

    def __init__(
        self,
        organisations: Organisations,
        keys: Keys,
        goods: Goods,
        lines: Lines,
        listeners: tuple[ReviewListener, ...] = (),
    ) -> None:
        self.organisations = organisations
        self.keys = keys
        self.goods = goods
        self.lines = lines
        self.listeners = listeners
