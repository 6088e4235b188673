"""What the trace module needs of others, and what it offers them: nothing wider than these."""

from typing import TYPE_CHECKING, Protocol

from ledger.modules.trace.state import (
    Flag,
    Lot,
    Planting,
    Product,
    Shipment,
    Site,
    lots,
    parents,
    plantings,
    products,
    shipments,
    sites,
    stays,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ledger.context import Context
    from ledger.roles import Role

LINEAGE_MAX = 64
"""Lots that a question about a lot's descent looks at; what is mixed of more is taken to be of unknown descent."""

PARENTS_MAX = 32
"""Lots that one lot can be made of (`Transform.inputs`)."""


class MetricFacts(Protocol):
    """A metric of a device: readings mean x 10^`exponent` `unit`, plausible within [minimum, maximum]."""

    @property
    def name(self) -> str:
        """Its name, such as `temperature`."""

    @property
    def unit(self) -> str:
        """UN/ECE Recommendation 20 code."""

    @property
    def exponent(self) -> int:
        """Power of ten of a reading."""

    @property
    def minimum(self) -> int:
        """Least plausible reading."""

    @property
    def maximum(self) -> int:
        """Greatest plausible reading."""


class DeviceFacts(Protocol):
    """A registered device. `interval_ms`: expected time between two readings."""

    @property
    def organisation(self) -> str:
        """Who runs it."""

    @property
    def interval_ms(self) -> int:
        """Expected time between two readings."""

    def metric(self, name: str) -> MetricFacts | None:
        """The metric of that name, or None."""

    def calibrated(self, from_ms: int, to_ms: int) -> bool:
        """Whether its calibration covers all of [from_ms, to_ms]."""


class Devices(Protocol):
    """The registry's devices."""

    def need(self, ctx: "Context", device: str) -> DeviceFacts:
        """A device in service; raises the registry's refusals."""

    def get(self, ctx: "Context", device: str) -> DeviceFacts | None:
        """A device, retired or not, or None."""

    def doubt(self, ctx: "Context", device: str, first: int, last: int) -> None:
        """Note with a device that its records `first` to `last` were declared wrong."""


class Organisations(Protocol):
    """The registry's organisations."""

    def need(self, ctx: "Context", organisation: str) -> object:
        """An organisation that may act; raises the registry's refusals."""

    def has_role(self, ctx: "Context", organisation: str, *roles: "Role") -> bool:
        """Whether it is registered, not suspended, and holds one of `roles`."""

    def speaks_for(self, ctx: "Context", organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's."""


class RecallListener(Protocol):
    """Another module that must know when goods are called back."""

    def recalled(self, ctx: "Context", lot: str) -> None:
        """A lot became recalled, by this record or, as a descendant, by this timer. Called once for each lot, up to 256
        times in one record: it does a bounded little at once and schedules the rest.
        """


class ExcursionListener(Protocol):
    """Another module that must know when goods became too warm."""

    def became_warm(self, ctx: "Context", lot: str) -> None:
        """A lot is flagged for an excursion of its own, or of what it was made of, found now. Called once for each lot,
        in a timer's record of its own; not for lots that were flagged when they came into being (`Goods.is_warm`).
        """


class Ports:
    """The interfaces of other modules, handed to the rules that need them."""

    def __init__(
        self,
        devices: Devices,
        organisations: Organisations,
        recall_listeners: tuple[RecallListener, ...] = (),
        excursion_listeners: tuple[ExcursionListener, ...] = (),
    ) -> None:
        self.devices = devices
        self.organisations = organisations
        self.recall_listeners = recall_listeners
        self.excursion_listeners = excursion_listeners


class Goods:
    """The things that group buying sells and the archive tells of; reads only."""

    def product(self, ctx: "Context", product: str) -> Product | None:
        """A registered product, or None."""
        return products.get(ctx, product)

    def planting(self, ctx: "Context", planting: str) -> Planting | None:
        """A planting, ended or not, or None."""
        return plantings.get(ctx, planting)

    def lot(self, ctx: "Context", lot: str) -> Lot | None:
        """A lot, recalled or spent ones too, or None."""
        return lots.get(ctx, lot)

    def site(self, ctx: "Context", site: str) -> Site | None:
        """A registered place, or None."""
        return sites.get(ctx, site)

    def is_warm(self, ctx: "Context", lot: str) -> bool:
        """Whether a registered lot, or what it is made of, was outside its band for longer than its product bears."""
        row = lots.get(ctx, lot)
        return row is not None and bool(row.flags & Flag.EXCURSION)

    def shipment(self, ctx: "Context", shipment: str) -> Shipment | None:
        """Goods between two hands, or None."""
        return shipments.get(ctx, shipment)

    def grown_from(self, ctx: "Context", lot: str, sources: "Collection[str]") -> bool:
        """Whether all that the lot was made of comes out of `sources` (subjects of plantings and lots), itself
        included. False for an unknown lot, and for one whose descent has more than `LINEAGE_MAX` lots.
        """
        seen, todo = {lot}, [lot]
        while todo:
            name = todo.pop()
            if f"lot:{name}" in sources:
                continue
            row = lots.get(ctx, name)
            if row is None:
                return False
            if row.planting is not None:
                if f"planting:{row.planting}" not in sources:
                    return False
                continue
            found = parents.scan(ctx, f"{name}:", limit=PARENTS_MAX)
            assert found, f"{name} was neither harvested nor made of anything"
            new = {key.removeprefix(f"{name}:") for key, _ in found} - seen
            if len(seen) + len(new) > LINEAGE_MAX:
                return False
            seen |= new
            todo += sorted(new)
        return True

    def carries(self, ctx: "Context", shipment: str, sources: "Collection[str]") -> bool:
        """Whether some lot in a shipment, loose or in its units as they are packed now, is `grown_from` `sources`."""
        row = shipments.get(ctx, shipment)
        return row is not None and any(self.grown_from(ctx, lot, sources) for lot in _carried(ctx, row))


def _carried(ctx: "Context", shipment: Shipment) -> "Iterator[str]":
    """The lots in a shipment, each once, at most `LINEAGE_MAX`."""
    found = {portion.lot: None for portion in shipment.lots}
    for unit in shipment.units:
        inside = stays.get(ctx, f"unit:{unit}")
        if inside is not None:
            found |= {stay.lot: None for stay in inside.stays if stay.to_ms is None}
    yield from tuple(found)[:LINEAGE_MAX]
