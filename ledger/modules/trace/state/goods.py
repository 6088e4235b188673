"""What the trace module knows of things and goods: its tables, and the life cycles of lots, units, shipments and
certificates.

Quantities are micro-units, times ms since the epoch. Rows that grow with use hold bounded lists only; what must grow
without bound has a row for each entry.
"""

from collections.abc import Mapping
from enum import IntFlag
from typing import Literal

from ledger.crypto.encoding import Message
from ledger.modules.trace.messages.types import Band, CertificateKind, Measure, Portion, UnitKind
from ledger.state import Table


class Product(Message):
    """A kind of goods. `net_content` micro-kg a piece (0 for kg), `loss_ppm` of the input when made out of other
    lots.
    """

    owner: str
    producers: tuple[str, ...]
    name_zh: str
    name_en: str
    measure: Measure
    net_content: int
    loss_ppm: int
    band: Band | None


class Site(Message):
    """A place; `owner` runs it. Position in 10⁻⁷ degrees."""

    owner: str
    name_zh: str
    name_en: str
    latitude: int | None
    longitude: int | None


class Interval(Message):
    """A safety interval: goods taken in [from_ms, until_ms) are in violation of `registration`'s label."""

    from_ms: int
    until_ms: int
    registration: str


class Plot(Message):
    """Where things grow. `plantings`: those not ended; `ended`: the latest that did, as a spraying of the plot may be
    recorded after them; `intervals`: running safety intervals of the plot itself.
    """

    owner: str
    name_zh: str
    name_en: str
    area_m2: int
    site: str | None
    latitude: int | None
    longitude: int | None
    boundary: bytes | None
    plantings: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    ended: tuple[str, ...] = ()


class Planting(Message):
    """One crop on one plot. `edge_from_ms`: the bound that the start's edge to the plot carries.

    `harvested_ms`: event time of the latest harvest, -1 before the first.
    """

    owner: str
    plot: str
    crop: str
    variety: str
    seed: str
    started_ms: int
    edge_from_ms: int
    ended_ms: int | None = None
    intervals: tuple[Interval, ...] = ()
    harvested_ms: int = -1


class Vehicle(Message):
    """A vehicle of a fleet; `owner` runs it."""

    owner: str
    name_zh: str
    name_en: str
    refrigerated: bool


class Flag(IntFlag):
    """What a rule found wrong with a lot; lots made of it inherit the flags."""

    SAFETY_INTERVAL = 1
    EXCURSION = 2
    FAILED_INSPECTION = 4
    SHORTAGE = 8
    NOT_JUDGED = 16
    """Its entry was recorded so late that readings of that time are no longer kept to hold against it."""


LotState = Literal["active", "spent", "recalled"]

LOT_TRANSITIONS: Mapping[str, Mapping[str, LotState]] = {
    "active": {"exhaust": "spent", "recall": "recalled"},
    "spent": {"recall": "recalled"},
    "recalled": {"exhaust": "recalled"},
}
"""state -> event -> next state of a lot; anything else is refused. Nothing leads out of `recalled`."""


class Lot(Message):
    """A batch. Conserved: produced = holdings + in units + in shipments + consumed + lost + destroyed."""

    product: str
    number: str
    producer: str
    code: str
    commissioned_ms: int
    planting: str | None
    produced: int
    consumed: int = 0
    lost: int = 0
    destroyed: int = 0
    flags: int = 0
    state: LotState = "active"

    @property
    def remaining(self) -> int:
        """What still exists, in whosever hands."""
        return self.produced - self.consumed - self.lost - self.destroyed


UnitState = Literal["at_rest", "inside", "in_transit", "in_transit_inside"]

UNIT_TRANSITIONS: Mapping[str, Mapping[str, UnitState]] = {
    "at_rest": {"pack": "at_rest", "unpack": "at_rest", "enter": "inside", "ship": "in_transit"},
    "inside": {"leave": "at_rest", "ship": "in_transit_inside"},
    "in_transit": {"enter": "in_transit_inside", "receive": "at_rest", "refuse": "at_rest"},
    "in_transit_inside": {"leave": "in_transit", "receive": "inside", "refuse": "inside"},
}
"""state -> event -> next state of a unit. `inside`: in another unit, a vehicle or a storage; contents change only at
rest.
"""


class Unit(Message):
    """A logistic unit. `container` is what it is in ("" = nothing), entered at edge bound `edge_from_ms`.

    `spent_ms`: the latest bound of an association that has ended (-1: none), never used again. `since_ms`: event time
    of the last movement. `shipment`: "" unless between two hands. `holder` counts for units that are in no unit.
    """

    holder: str
    kind: UnitKind
    contents: tuple[Portion, ...] = ()
    units: tuple[str, ...] = ()
    container: str = ""
    edge_from_ms: int = 0
    spent_ms: int = -1
    since_ms: int = 0
    shipment: str = ""
    state: UnitState = "at_rest"


ShipmentState = Literal["open", "received", "refused", "withdrawn"]

SHIPMENT_TRANSITIONS: Mapping[str, Mapping[str, ShipmentState]] = {
    "open": {"receive": "received", "refuse": "refused", "withdraw": "withdrawn"},
    "received": {},
    "refused": {},
    "withdrawn": {},
}


class Shipment(Message):
    """Goods between two hands: shipped by one, not yet received by the other."""

    shipper: str
    receiver: str
    units: tuple[str, ...]
    lots: tuple[Portion, ...]
    vehicle: str | None
    origin: str | None
    destination: str | None
    shipped_ms: int
    state: ShipmentState = "open"
    closed_ms: int | None = None


class Terms(Message):
    """Restricted: the document and price (fen) of a shipment."""

    document: str
    price_fen: int


CertificateState = Literal["valid", "revoked"]

CERTIFICATE_TRANSITIONS: Mapping[str, Mapping[str, CertificateState]] = {"valid": {"revoke": "revoked"}, "revoked": {}}


class Inheritance(Message):
    """How far a flag found late was passed on: to what was recorded made since `since_ms`, up to the child `after`."""

    since_ms: int
    after: str = ""


class Certificate(Message):
    """A certificate: counts in [valid_from_ms, valid_to_ms) unless revoked before (`revoked_ms` is block time)."""

    issuer: str
    kind: CertificateKind
    number: str
    holder: str
    scope: tuple[str, ...]
    valid_from_ms: int
    valid_to_ms: int
    file: bytes | None
    state: CertificateState = "valid"
    revoked_ms: int | None = None


class Record(Message):
    """Who recorded a transaction and what it touched, so that its error can be declared; `error`: id of the
    declaration.
    """

    organisation: str
    action: str
    subjects: tuple[str, ...]
    error: bytes = b""


class RecallRecord(Message):
    """A recall: who called, which lots, how many lots it has reached so far."""

    organisation: str
    lots: tuple[str, ...]
    reached: int
    complete: bool


products: Table[Product] = Table("trace", "product", Product, subject="product")
sites: Table[Site] = Table("trace", "site", Site, subject="site")
plots: Table[Plot] = Table("trace", "plot", Plot, subject="plot")
plantings: Table[Planting] = Table("trace", "planting", Planting, subject="planting")
lots: Table[Lot] = Table("trace", "lot", Lot, subject="lot")
units: Table[Unit] = Table("trace", "unit", Unit, subject="unit")
vehicles: Table[Vehicle] = Table("trace", "vehicle", Vehicle, subject="vehicle")
certificates: Table[Certificate] = Table("trace", "certificate", Certificate, subject="certificate")

harvests: Table[str] = Table("trace", "harvest", str)
"""`<planting>:<event time, 15 digits>:<lot>` -> the lot, so that an operation recorded late still finds it."""

codes: Table[str] = Table("trace", "code", str)
"""Trace code -> `lot:<key>`."""

holdings: Table[int] = Table("trace", "holding", int)
"""`<lot>/<organisation>` -> quantity held loose (not in units or shipments); no row at zero."""

children: Table[int] = Table("trace", "child", int)
"""`<lot>:<lot made of it>` -> block time of the transformation."""

parents: Table[int] = Table("trace", "parent", int)
"""`<lot>:<lot it was made of>` -> block time of the transformation: `children`, read the other way."""

inheritances: Table[Inheritance] = Table("trace", "inheritance", Inheritance)
"""`<lot>:<flag>` -> how far it has been passed on."""

shipments: Table[Shipment] = Table("trace", "shipment", Shipment)
shipping_terms: Table[Terms] = Table("trace", "shipping_terms", Terms, restricted=True)

records: Table[Record] = Table("trace", "record", Record)
"""Hex transaction id -> record; all accepted records of this module but readings."""

recalls: Table[RecallRecord] = Table("trace", "recall", RecallRecord)
"""Hex id of the recalling transaction -> recall."""

recall_queue: Table[str] = Table("trace", "recall_queue", str)
"""`<recall>:<lot>` -> the last child already reached; a row as long as that lot's children are not all recalled."""
