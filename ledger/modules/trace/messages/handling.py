"""Goods in hands: transformation, packing, loading, custody, disposal."""

from typing import Annotated

from msgspec import Meta

from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.trace.messages.types import (
    Amount,
    Certificates,
    Code,
    ContainerKey,
    EventTime,
    LotKey,
    Output,
    Portion,
    Portions,
    Quantity,
    SiteKey,
    UnitKey,
    UnitKind,
    Units,
)
from ledger.text import Identifier, Remark


class Transform(Action, tag="trace.transform"):
    """Sort, pack, mix, split or merge lots into new ones (EPCIS TransformationEvent).

    `loss`: micro-kg that did not become output: inputs = outputs + loss, within the output products' bounds.
    """

    inputs: Annotated[tuple[Portion, ...], Meta(min_length=1, max_length=32)]
    outputs: Annotated[tuple[Output, ...], Meta(min_length=1, max_length=32)]
    loss: Amount
    event_ms: EventTime
    certificates: Certificates = ()


class PackUnit(Action, tag="trace.pack_unit"):
    """Put goods or smaller units into a crate or pallet (EPCIS AggregationEvent, ADD, CBV packing).

    A unit that is not known yet comes into being, held by the signer. Contents change only while a unit is in nothing
    itself.
    """

    unit: UnitKey
    kind: UnitKind
    event_ms: EventTime
    lots: Portions = ()
    units: Units = ()


class UnpackUnit(Action, tag="trace.unpack_unit"):
    """Take goods or smaller units out (EPCIS AggregationEvent, DELETE, CBV unpacking)."""

    unit: UnitKey
    event_ms: EventTime
    lots: Portions = ()
    units: Units = ()


class Load(Action, tag="trace.load"):
    """Units or loose goods enter a vehicle or a site's storage (EPCIS AggregationEvent, ADD, CBV loading or
    storing).
    """

    container: ContainerKey
    event_ms: EventTime
    units: Units = ()
    lots: Annotated[tuple[LotKey, ...], Meta(max_length=64)] = ()


class Unload(Action, tag="trace.unload"):
    """Units or loose goods leave a vehicle or a site's storage (EPCIS AggregationEvent, DELETE, CBV unloading)."""

    container: ContainerKey
    event_ms: EventTime
    units: Units = ()
    lots: Annotated[tuple[LotKey, ...], Meta(max_length=64)] = ()


class ShippingTerms(Message):
    """What only the parties, validators and auditors read: the document number and the price of the shipment, fen."""

    document: Code
    price_fen: Annotated[int, Meta(ge=0, le=10**15)]


class Ship(Action, tag="trace.ship"):
    """First half of a hand-over: the holder gives goods to `receiver` (EPCIS ObjectEvent, OBSERVE, CBV shipping,
    in_transit).
    """

    restricted = ShippingTerms

    shipment: Identifier
    receiver: Identifier
    event_ms: EventTime
    units: Units = ()
    lots: Portions = ()
    vehicle: Identifier | None = None
    origin: SiteKey | None = None
    destination: SiteKey | None = None


class Receive(Action, tag="trace.receive"):
    """Second half, by the receiver (EPCIS ObjectEvent, OBSERVE, CBV receiving). `shortages`: loose goods that did not
    arrive.
    """

    shipment: Identifier
    event_ms: EventTime
    shortages: Portions = ()
    remark: Remark = ""


class RefuseShipment(Action, tag="trace.refuse_shipment"):
    """The receiver refuses, or the shipper withdraws, a shipment not yet received: custody stays with the shipper."""

    shipment: Identifier
    event_ms: EventTime
    reason: Remark


class Destroy(Action, tag="trace.destroy"):
    """Goods held are destroyed, spoiled or given up (EPCIS ObjectEvent, DELETE, CBV destroying)."""

    lot: LotKey
    quantity: Quantity
    event_ms: EventTime
    reason: Remark
