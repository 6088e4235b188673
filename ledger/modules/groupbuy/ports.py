"""What group buying needs of other modules, and what it offers claims: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from ledger.modules.groupbuy.messages import SettleLine
from ledger.modules.groupbuy.rules.common import need_campaign, need_order, put_order, remaining, step_line
from ledger.modules.groupbuy.rules.recalling import hear_recall
from ledger.modules.groupbuy.state import Campaign, OrderRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.context import Context
    from ledger.modules.payments.ports import Payments
    from ledger.roles import Role

__all__ = [
    "Campaign",
    "Disputes",
    "Goods",
    "Keys",
    "Lines",
    "MemberFacts",
    "OrderRow",
    "Organisations",
    "Ports",
    "ProductFacts",
    "Recalls",
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


class Ports:
    """The interfaces of other modules, handed to every rule. `disputes` is None on a network without claims."""

    def __init__(
        self,
        payments: "Payments",
        organisations: Organisations,
        keys: Keys,
        goods: Goods,
        disputes: Disputes | None = None,
    ) -> None:
        self.payments = payments
        self.organisations = organisations
        self.keys = keys
        self.goods = goods
        self.disputes = disputes


class Recalls:
    """Hears of recalled lots (`RecallListener` of trace)."""

    def recalled(self, ctx: "Context", lot: str) -> None:
        """Call back every campaign that the lot helped to fill, beginning in this block."""
        hear_recall(ctx, lot)


class Lines:
    """Orders as claims may see and change them. An order is named by its hex id."""

    def need(self, ctx: "Context", order: str) -> "OrderRow":
        """The line of an order; raises `OrderUnknown`."""
        return need_order(ctx, order)

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""
        return need_campaign(ctx, campaign)

    def remaining(self, row: "OrderRow") -> int:
        """What a buyer can still claim of a line, fen: what she pays for it less what she got back already."""
        return remaining(row)

    def lots(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The lots that fill a campaign; which order got which is not recorded."""
        return tuple(portion.lot for portion in need_campaign(ctx, campaign).lots)

    def legs(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The shipments by which a campaign's goods travelled, in order."""
        return need_campaign(ctx, campaign).shipments

    def dispute(self, ctx: "Context", order: str) -> None:
        """Let a collected line wait for its claim; raises `LineStateRefused` for any other."""
        row = need_order(ctx, order)
        put_order(ctx, order, step_line(order, need_campaign(ctx, row.campaign), row, "dispute"))

    def resolve(self, ctx: "Context", order: str) -> None:
        """A line's claim is over: it settles when its window is, at once if it was over before.

        Does nothing for a line that is not disputed (any more): it was paid back, since its goods were recalled.
        """
        row = need_order(ctx, order)
        if row.state == "disputed":
            assert row.settle_ms is not None, order
            put_order(ctx, order, step_line(order, need_campaign(ctx, row.campaign), row, "resolve"))
            ctx.schedule(max(ctx.time_ms, row.settle_ms), SettleLine(row.campaign, row.number))

    def compensate(self, ctx: "Context", order: str, fen: int, borne_fen: int) -> None:
        """Note that the buyer was paid `fen` by her claim, and that `borne_fen` were taken out of the line's escrow.

        Requires that she is not paid more than she paid, and no more is taken than is there.
        """
        row = need_order(ctx, order)
        row = replace(row, compensated_fen=row.compensated_fen + fen, borne_fen=row.borne_fen + borne_fen)
        assert fen >= 0 and borne_fen >= 0 and remaining(row) >= 0, f"{order} is compensated beyond what it cost"
        assert row.borne_fen <= row.charged_fen, f"{order} bears more than its escrow has"
        put_order(ctx, order, row)
