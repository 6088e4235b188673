"""What group buying needs of other modules, and what it offers claims: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

from ledger.modules.groupbuy.rules.common import need_campaign, need_order

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.state import Campaign, OrderRow
    from ledger.modules.payments.ports import Payments
    from ledger.roles import Role


class MemberFacts(Protocol):
    """A registered member."""

    @property
    def organisation(self) -> str:
        """The community (or employer) that attested it."""

    @property
    def role(self) -> str:
        """`leader`, `resident` or `staff`."""

    @property
    def retired_height(self) -> int | None:
        """When it left, or None."""


class Organisations(Protocol):
    """The registry's organisations and members."""

    def has_role(self, ctx: "Context", organisation: str, *roles: "Role") -> bool:
        """Whether it is registered, not suspended, and holds one of `roles`."""

    def member(self, ctx: "Context", member: str) -> MemberFacts | None:
        """The member's row, retired or not, or None."""


class Keys(Protocol):
    """The registry's keys."""

    def speaks_for(self, ctx: "Context", organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's, not a device's or member's."""

    def known(self, ctx: "Context", public_key: bytes) -> bool:
        """Whether the key serves or ever served anybody."""


class ProductFacts(Protocol):
    """A registered product."""

    @property
    def measure(self) -> str:
        """`kg` or `piece`: what quantities are millionths of."""

    @property
    def net_content(self) -> int:
        """Micro-kg in a piece; 0 for kg goods."""


class PlantingFacts(Protocol):
    """A planting."""

    @property
    def owner(self) -> str:
        """The organisation that grows it."""


class LotFacts(Protocol):
    """A lot."""

    @property
    def product(self) -> str:
        """The product's key."""

    @property
    def producer(self) -> str:
        """The organisation that made it."""

    @property
    def produced(self) -> int:
        """Micro-units that it was commissioned with."""

    @property
    def state(self) -> str:
        """`active`, `spent` or `recalled`."""


class Goods(Protocol):
    """What trace knows of the things that are sold."""

    def product(self, ctx: "Context", product: str) -> ProductFacts | None:
        """A registered product, or None."""

    def planting(self, ctx: "Context", planting: str) -> PlantingFacts | None:
        """A planting, or None."""

    def lot(self, ctx: "Context", lot: str) -> LotFacts | None:
        """A lot, recalled ones too, or None."""


class Ports:
    """The interfaces of other modules, handed to every rule."""

    def __init__(self, payments: "Payments", organisations: Organisations, keys: Keys, goods: Goods) -> None:
        self.payments = payments
        self.organisations = organisations
        self.keys = keys
        self.goods = goods


class Lines:
    """Orders as claims may see and change them. An order is named by its hex id."""

    def need(self, ctx: "Context", order: str) -> "OrderRow":
        """The line of an order; raises `OrderUnknown`."""
        return need_order(ctx, order)

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""
        return need_campaign(ctx, campaign)

    def remaining(self, row: "OrderRow") -> int:
        """What a buyer can still claim of a line, fen: what she pays for it less what she was paid back by claims."""
        return row.charged_fen - row.compensated_fen
