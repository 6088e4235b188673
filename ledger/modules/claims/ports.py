"""What claims need of trace and of group buying, and what they offer group buying: nothing wider than these."""

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.context import Context
    from ledger.modules.groupbuy.ports import Campaign, OrderRow
    from ledger.modules.payments.ports import Payments
    from ledger.modules.trace.evidence import Custody, Suffered


class Evidence(Protocol):
    """What trace tells about goods (`ledger/modules/trace/evidence.py`)."""

    def allowed_degree_ms(self, ctx: "Context", lot: str) -> int | None:
        """How many degree-ms outside its band a lot's product bears; None where it has no such limit."""

    def metric(self, ctx: "Context", lot: str) -> str | None:
        """The metric that a lot's product has a band for, or None."""

    def whole(self, ctx: "Context", lot: str) -> bool:
        """Whether all readings about a lot were held against it, and all it suffered is still known."""

    def suffered(self, ctx: "Context", lot: str) -> "list[Suffered]":
        """Where a lot suffered more degree-ms than its product bears."""

    def silence_ms(self, ctx: "Context", places: frozenset[str], metric: str, from_ms: int, to_ms: int) -> int | None:
        """The longest time in which no device in any of `places` read `metric`, ms; None where it cannot be told."""

    def custody(
        self, ctx: "Context", names: "Sequence[str]", goods: "Sequence[str]", until_ms: int
    ) -> "tuple[Custody, ...] | None":
        """In whose hands lots were by shipments in order of travel; None where those are no chain."""

    def handlers(self, ctx: "Context", names: "Sequence[str]") -> frozenset[str]:
        """Everybody whose hands the shipments name: shippers, receivers, owners of vehicles."""


class Lines(Protocol):
    """The lines of orders, as group buying lets claims see and change them. An order is named by its hex id."""

    def need(self, ctx: "Context", order: str) -> "OrderRow":
        """The line of an order; raises `OrderUnknown`."""

    def campaign(self, ctx: "Context", campaign: str) -> "Campaign":
        """The campaign; raises `CampaignUnknown`."""

    def remaining(self, row: "OrderRow") -> int:
        """What a buyer can still claim of a line, fen: what she pays for it less what she got back already."""

    def lots(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The lots that fill a campaign; which order got which is not recorded."""

    def legs(self, ctx: "Context", campaign: str) -> tuple[str, ...]:
        """The shipments by which a campaign's goods travelled, in order."""

    def dispute(self, ctx: "Context", order: str) -> None:
        """Let a collected line wait for its claim; raises `LineStateRefused` for any other."""

    def resolve(self, ctx: "Context", order: str) -> None:
        """A line's claim is over: it settles when its window is, at once if it was over before.

        Does nothing for a line that is not disputed (any more): it was paid back, since its goods were recalled.
        """

    def compensate(self, ctx: "Context", order: str, fen: int, borne_fen: int) -> None:
        """Note that the buyer was paid `fen` by her claim, and that `borne_fen` were taken out of the line's escrow.

        Requires that she is not paid more than she paid, and no more is taken than is there.
        """


ClaimEnd = Literal["opened", "paid", "upheld", "rejected", "lapsed", "withdrawn", "recalled"]
"""What becomes of a claim: opened; paid at once by a leader; decided for the buyer, or against her; not decided in
time, so that the guarantee pays; taken back; ended by a recall.
"""


class ClaimListener(Protocol):
    """Another module that counts what becomes of claims. It is told of no order and no amount."""

    def came_to(self, ctx: "Context", campaign: str, end: ClaimEnd) -> None:
        """A claim on a line of this campaign came to that. Up to 32 times in one record, of one campaign alone."""


class Ports:
    """The interfaces of other modules, handed to every rule."""

    def __init__(
        self, payments: "Payments", lines: "Lines", evidence: Evidence, listeners: tuple[ClaimListener, ...] = ()
    ) -> None:
        self.payments = payments
        self.lines = lines
        self.evidence = evidence
        self.listeners = listeners
