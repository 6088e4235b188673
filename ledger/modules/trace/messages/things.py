"""Registering what goods come from and travel in: products, sites, plots, vehicles; tying devices to them."""

from typing import Annotated

from msgspec import Meta

from ledger.module import Action
from ledger.modules.trace.messages.types import (
    Amount,
    Band,
    BlobAddress,
    EventTime,
    Latitude,
    Longitude,
    Measure,
    ProductKey,
    SiteKey,
    ThingKey,
)
from ledger.text import Identifier, Name


class RegisterProduct(Action, tag="trace.register_product"):
    """A kind of goods (EPCIS master data of class EPCClass).

    `net_content`: micro-kg in one piece, 0 for goods measured in kg. `loss_ppm`: the most that may be lost, in
    millionths of the input, when it is made out of other lots. `producers`: organisations besides the signer that may
    commission its lots.
    """

    product: ProductKey
    name_zh: Name
    name_en: Name
    measure: Measure
    net_content: Amount
    loss_ppm: Annotated[int, Meta(ge=0, le=1_000_000)]
    band: Band | None = None
    producers: Annotated[tuple[Identifier, ...], Meta(max_length=64)] = ()


class AuthoriseProducer(Action, tag="trace.authorise_producer"):
    """The product's owner lets another organisation commission its lots, or stops that."""

    product: ProductKey
    organisation: Identifier
    allowed: bool


class RegisterSite(Action, tag="trace.register_site"):
    """A place with walls or a gate: farm, packing house, hub, micro-warehouse (EPCIS bizLocation).

    The position is left out where the place is somebody's home.
    """

    site: SiteKey
    name_zh: Name
    name_en: Name
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class RegisterPlot(Action, tag="trace.register_plot"):
    """A field, greenhouse or pond. `area_m2`: square metres; `boundary`: a GeoJSON file in the vault."""

    plot: Identifier
    name_zh: Name
    name_en: Name
    area_m2: Annotated[int, Meta(gt=0, le=10**9)]
    site: SiteKey | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    boundary: BlobAddress | None = None


class RegisterVehicle(Action, tag="trace.register_vehicle"):
    """A truck, van or tricycle; its key is the fleet's own number, never a person's number plate."""

    vehicle: Identifier
    name_zh: Name
    name_en: Name
    refrigerated: bool


class AttachDevice(Action, tag="trace.attach_device"):
    """Tie a device to a plot, vehicle, unit or site from `event_ms` on (EPCIS AssociationEvent, ADD, CBV
    installing).
    """

    device: Identifier
    thing: ThingKey
    event_ms: EventTime


class DetachDevice(Action, tag="trace.detach_device"):
    """End a device's association (EPCIS AssociationEvent, DELETE, CBV removing)."""

    device: Identifier
    thing: ThingKey
    event_ms: EventTime
