"""What group buying needs of other modules: nothing wider than these; and the rows that its offers speak of."""

from typing import TYPE_CHECKING, Literal, Protocol

from ledger.modules.groupbuy.state import Campaign, OrderRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.context import Context
    from ledger.modules.payments.ports import Payments
    from ledger.roles import Role

__all__ = [
    "Campaign",
    "CampaignListener",
    "Disputes",
    "FillListener",
    "Goods",
    "Keys",
    "LineEnd",
    "MemberFacts",
    "OrderRow",
    "Organisations",
    "Ports",
    "ProductFacts",
]


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


class ShipmentFacts(Protocol):
    """Goods between two hands."""

    @property
    def shipper(self) -> str:
        """Who let go of them."""

    @property
    def receiver(self) -> str:
        """Who is to have them."""

    @property
    def state(self) -> str:
        """`open`, `received`, `refused` or `withdrawn`."""


class Goods(Protocol):
    """What trace knows of the things that are sold."""

    def product(self, ctx: "Context", product: str) -> ProductFacts | None:
        """A registered product, or None."""

    def planting(self, ctx: "Context", planting: str) -> PlantingFacts | None:
        """A planting, or None."""

    def lot(self, ctx: "Context", lot: str) -> LotFacts | None:
        """A lot, recalled ones too, or None."""

    def shipment(self, ctx: "Context", shipment: str) -> ShipmentFacts | None:
        """Goods between two hands, or None."""

    def grown_from(self, ctx: "Context", lot: str, sources: "Collection[str]") -> bool:
        """Whether all that the lot was made of comes out of `sources` (subjects of plantings and lots)."""

    def carries(self, ctx: "Context", shipment: str, sources: "Collection[str]") -> bool:
        """Whether some lot in a shipment, loose or in its units as they are packed now, is `grown_from` `sources`."""


class Disputes(Protocol):
    """Claims that are not decided."""

    def recalled(self, ctx: "Context", order: str) -> None:
        """The goods of a disputed line are recalled, and its buyer is about to be paid what `Lines.remaining` tells.
        Her open claim ends here; whoever laid money out on it is repaid from the line's escrow, which
        `Lines.compensate` notes as borne.
        """


LineEnd = Literal["on_time", "late", "returned", "no_show", "unserved"]
"""How a line with goods ended at the pickup point: handed over within `pickup_ms` of their arrival (of the substitute's
naming, where that was later), or after it; handed back whole on the spot; not collected though somebody was there; not
handed over by its leader.
"""


class CampaignListener(Protocol):
    """Another module that counts how campaigns ended. No order is named: what became of one is for its parties alone,
    so all is told at the end, when it adds up.
    """

    def line_ended(self, ctx: "Context", leader: str, end: LineEnd) -> None:
        """A line of a campaign that is settled ended so, in this leader's hands. Up to 32 times in one record."""

    def settled(self, ctx: "Context", campaign: Campaign) -> None:
        """Every line is settled or paid back, and `line_ended` was called for each that had goods. Once a campaign;
        not for those that were called off, or recalled while they were handed out.
        """

    def substituted(self, ctx: "Context", silent: str, substitute: str) -> None:
        """A leader fell silent, and another one of her community carries on."""


class FillListener(Protocol):
    """Another module that must know which lots are sold to a community."""

    def filled(self, ctx: "Context", lots: tuple[str, ...]) -> None:
        """These lots, at most 32, fill a campaign now."""


class Ports:
    """The interfaces of other modules, handed to every rule. `disputes` is None on a network without claims."""

    def __init__(
        self,
        payments: "Payments",
        organisations: Organisations,
        keys: Keys,
        goods: Goods,
        disputes: Disputes | None = None,
        listeners: tuple[CampaignListener, ...] = (),
        fill_listeners: tuple[FillListener, ...] = (),
    ) -> None:
        self.payments = payments
        self.organisations = organisations
        self.keys = keys
        self.goods = goods
        self.disputes = disputes
        self.listeners = listeners
        self.fill_listeners = fill_listeners
