"""What rewards need of other modules: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.archive.ports import Listing, Review, Reviewer
    from ledger.modules.groupbuy.ports import Campaign
    from ledger.roles import Role


class Organisations(Protocol):
    """The registry's organisations."""

    def has_role(self, ctx: "Context", organisation: str, *roles: "Role") -> bool:
        """Whether it is registered, not suspended, and holds one of `roles`."""


class Campaigns(Protocol):
    """Group buying's campaigns."""

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""


class Reviews(Protocol):
    """The archive, read only."""

    def listing(self, ctx: "Context", listing: str) -> "Listing":
        """The counts of a listing; all 0 where nothing was counted yet."""

    def review(self, ctx: "Context", review: str) -> "Review | None":
        """A review by hex id, or None."""

    def reviewer(self, ctx: "Context", public_key: bytes) -> "Reviewer | None":
        """What a per-community key did, or None."""


class Ports:
    """The interfaces of other modules, handed to every rule."""

    def __init__(self, organisations: Organisations, reviews: Reviews) -> None:
        self.organisations = organisations
        self.reviews = reviews
