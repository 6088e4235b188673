"""What other modules may ask about how goods were treated, by whom: `Evidence`, over this module's tables; reads only.

It tells what is recorded and how far it can be believed. Whom it convicts is for those who ask.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ledger.modules.trace.ports import DeviceFacts
from ledger.modules.trace.rules.devices import ATTACHMENTS_MAX
from ledger.modules.trace.rules.excursions import EXPOSURES_MAX, band_bounds
from ledger.modules.trace.state import (
    Attachment,
    Exposure,
    Flag,
    Listeners,
    Lot,
    Series,
    Shipment,
    banded,
    exposures,
    listeners,
    lots,
    products,
    series,
    shipments,
    vehicles,
)
from ledger.modules.trace.state.watching import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.context import Context
    from ledger.modules.trace.messages import Band

FAULT_NEAR_MS = 24 * 3_600_000
"""A device that said what cannot be is not believed about the time around it either, this long before and after."""

BELIEVED = {"CEL": (-100, 80)}
"""Unit -> what goods on their way can have been in at all, whatever the owner of a device registered as its range.

A common probe that has lost its wire says -127 °C, one that has just been switched on 85 °C."""


class Sensor(DeviceFacts, Protocol):
    """A registered device, with what was said about its records since."""

    @property
    def doubtful(self) -> "tuple[tuple[int, int], ...]":
        """(first, last) numbers of records that were declared wrong."""


class Sensors(Protocol):
    """The registry's devices."""

    def get(self, ctx: "Context", device: str) -> Sensor | None:
        """A device, retired or not, or None."""


class Suffered(NamedTuple):
    """What a lot suffered in a place by one device: more degree-ms in all than the product bears.

    `parts`: when; `trusted`: the device was calibrated all that time, nothing it said there was declared wrong or
    cannot be, around that time.
    """

    place: str
    device: str
    parts: tuple[Part, ...]
    trusted: bool


class Trip(NamedTuple):
    """A way in a refrigerated vehicle, on which readings can be owed; `places`: the vehicle and the units in it."""

    from_ms: int
    to_ms: int
    places: frozenset[str]


class Custody(NamedTuple):
    """Goods in one organisation's hands, in [from_ms, to_ms) of event time; `holder` "": unknown whose.

    `places`: where the records say they were in that time (vehicles, sites, units).
    """

    holder: str
    from_ms: int
    to_ms: int
    places: frozenset[str]
    trips: tuple[Trip, ...]


class Evidence:
    """The evidence of this ledger about lots, over the registry's devices."""

    def __init__(self, sensors: Sensors) -> None:
        self._sensors = sensors

    def allowed_degree_ms(self, ctx: "Context", lot: str) -> int | None:
        """How many degree-ms outside its band a lot's product bears; None where it has no such limit."""
        band = _band(ctx, lot)
        return None if band is None else band.allowed_degree_ms

    def whole(self, ctx: "Context", lot: str) -> bool:
        """Whether all readings about a lot were held against it, and all it suffered is still known."""
        row = lots.get(ctx, lot)
        kept = exposures.get(ctx, lot) or ()
        return row is not None and not row.flags & Flag.NOT_JUDGED and len(kept) < EXPOSURES_MAX

    def suffered(self, ctx: "Context", lot: str) -> list[Suffered]:
        """Where a lot suffered more degree-ms than its product bears: nothing where there is no such limit."""
        band = _band(ctx, lot)
        if band is None or band.allowed_degree_ms is None:
            return []
        limit = band.allowed_degree_ms
        return [
            Suffered(row.place, row.device, row.parts, self._trusted(ctx, band, row))
            for row in exposures.get(ctx, lot) or ()
            if row.metric == band.metric and row.degree_ms > limit
        ]

    def _trusted(self, ctx: "Context", band: "Band", row: Exposure) -> bool:
        sensor = self._sensors.get(ctx, row.device)
        metric = None if sensor is None else sensor.metric(row.metric)
        if sensor is None or metric is None:
            return False
        if not sensor.calibrated(row.first_ms, row.last_ms):
            return False
        lowest, highest = metric.minimum, metric.maximum
        if metric.unit in BELIEVED:
            believed = BELIEVED[metric.unit]
            cold, hot = band_bounds(_whole_degrees(band, *believed), metric.exponent)
            lowest, highest = max(lowest, cold), min(highest, hot)
        if not lowest <= row.peak <= highest:
            return False
        tied = [known for known in _tied(ctx, row.device, row.place) if _meets(known, row.first_ms, row.last_ms)]
        return bool(tied) and not any(
            _declared_wrong(sensor, known) or _at_fault(known, row.first_ms, row.last_ms) for known in tied
        )

    def silence_ms(self, ctx: "Context", places: "frozenset[str]", metric: str, from_ms: int, to_ms: int) -> int | None:
        """The longest time in [from_ms, to_ms] in which no device in any of `places` read `metric`, ms.

        Pauses of up to ten minutes are none. None: it cannot be told, since what was read then is no longer kept, was
        never noted, or a device there said what cannot be.
        """
        since_ms = banded.get(ctx, metric)
        if since_ms is None or since_ms > from_ms:
            return None
        spans: list[tuple[int, int]] = []
        for place in sorted(places):
            heard = listeners.get(ctx, place) or Listeners()
            if heard.forgotten_ms >= from_ms:
                return None
            for device in heard.devices:
                found = _watched(ctx, device, place, metric, from_ms, to_ms)
                if found is None:
                    return None
                spans += found
        reached, longest = from_ms, 0
        for begin_ms, end_ms in sorted(spans):
            longest = max(longest, begin_ms - reached)
            reached = max(reached, end_ms)
        return max(longest, to_ms - reached)

    def metric(self, ctx: "Context", lot: str) -> str | None:
        """The metric that a lot's product has a band for, or None."""
        band = _band(ctx, lot)
        return None if band is None else band.metric

    def custody(
        self, ctx: "Context", names: "Sequence[str]", goods: "Sequence[str]", until_ms: int
    ) -> tuple[Custody, ...] | None:
        """In whose hands the lots `goods` were until `until_ms`, by the shipments `names` in order of travel.

        Whoever ships has them until then (the producer from the first; of another nobody knows since when); the owner
        of the vehicle, or the shipper where none is named, until they are received; then who received them. None where
        the shipments are no chain: one is unknown, refused or open before the last, given on by another than received
        it, or out of order.
        """
        rows = [shipments.get(ctx, name) for name in names]
        legs = [row for row in rows if row is not None and row.state in ("open", "received")]
        made = [row for row in (lots.get(ctx, lot) for lot in goods) if row is not None]
        if not legs or len(legs) < len(rows) or len(made) < len(goods) or not _chained(legs, until_ms):
            return None
        return tuple(_joined(_hands(ctx, legs, made, until_ms)))

    def handlers(self, ctx: "Context", names: "Sequence[str]") -> frozenset[str]:
        """Everybody whose hands the shipments name, refused or not: shippers, receivers, owners of vehicles."""
        found: set[str] = set()
        for row in (shipments.get(ctx, name) for name in names):
            if row is not None:
                vehicle = None if row.vehicle is None else vehicles.get(ctx, row.vehicle)
                found |= {row.shipper, row.receiver} | ({vehicle.owner} if vehicle is not None else set())
        return frozenset(found)


def _band(ctx: "Context", lot: str) -> "Band | None":
    row = lots.get(ctx, lot)
    product = None if row is None else products.get(ctx, row.product)
    return None if product is None else product.band


def _whole_degrees(band: "Band", minimum: int, maximum: int) -> "Band":
    """A band of whole degrees in the unit of `band`."""
    return type(band)(band.metric, band.unit, 0, minimum, maximum, 0)


def _tied(ctx: "Context", device: str, place: str) -> list[Attachment]:
    """The associations kept of a device with a place."""
    return [known for known in (series.get(ctx, device) or Series()).attachments if known.thing == place]


def _meets(known: Attachment, from_ms: int, to_ms: int) -> bool:
    return known.from_ms <= to_ms and (known.to_ms is None or known.to_ms >= from_ms)


def _declared_wrong(sensor: Sensor, known: Attachment) -> bool:
    """Whether any record taken under an association was declared wrong: which, the exposure does not tell."""
    return any(first <= known.last and last >= known.first for first, last in sensor.doubtful)


def _at_fault(known: Attachment, from_ms: int, to_ms: int) -> bool:
    return any(first <= to_ms + FAULT_NEAR_MS and last >= from_ms - FAULT_NEAR_MS for first, last in known.faults)


def _watched(
    ctx: "Context", device: str, place: str, metric: str, from_ms: int, to_ms: int
) -> list[tuple[int, int]] | None:
    """When a device in `place` read `metric`, as far as it concerns [from_ms, to_ms]; None where that is not known."""
    kept = (series.get(ctx, device) or Series()).attachments
    if len(kept) >= ATTACHMENTS_MAX and kept[0].from_ms > from_ms:
        return None
    spans: list[tuple[int, int]] = []
    for known in kept:
        if known.thing != place or not _meets(known, from_ms, to_ms):
            continue
        if known.unwatched_ms >= from_ms or _at_fault(known, from_ms, to_ms):
            return None
        spans += [(watch.from_ms, watch.to_ms) for watch in known.watches if watch.metric == metric]
    return [
        (max(begin_ms, from_ms), min(end_ms, to_ms))
        for begin_ms, end_ms in spans
        if _overlap(begin_ms, end_ms, from_ms, to_ms)
    ]


def _overlap(begin_ms: int, end_ms: int, from_ms: int, to_ms: int) -> bool:
    return begin_ms <= to_ms and end_ms >= from_ms


def _chained(legs: list[Shipment], until_ms: int) -> bool:
    """Whether each shipment was received before it was given on, by who gave it on, all before `until_ms`."""
    for leg, following in pairwise(legs):
        if leg.closed_ms is None or leg.receiver != following.shipper or leg.closed_ms > following.shipped_ms:
            return False
    last = legs[-1]
    return (last.shipped_ms if last.closed_ms is None else last.closed_ms) <= until_ms


def _hands(ctx: "Context", legs: list[Shipment], made: list[Lot], until_ms: int) -> "Iterator[Custody]":
    """One interval before each shipment, one on the way, one after the last; the first begins with time."""
    holder = legs[0].shipper if all(row.producer == legs[0].shipper for row in made) else ""
    since_ms, brought = 0, frozenset[str]()
    for leg in legs:
        units = frozenset(f"unit:{unit}" for unit in leg.units)
        inside = units if leg.vehicle is None else units | {f"vehicle:{leg.vehicle}"}
        there = inside if leg.origin is None else inside | {f"site:{leg.origin}"}
        yield Custody(holder, since_ms, leg.shipped_ms, brought | there, ())
        arrived_ms = until_ms if leg.closed_ms is None else leg.closed_ms
        vehicle = None if leg.vehicle is None else vehicles.get(ctx, leg.vehicle)
        cooled = (Trip(leg.shipped_ms, arrived_ms, inside),) if vehicle is not None and vehicle.refrigerated else ()
        carrier = leg.shipper if vehicle is None else vehicle.owner
        yield Custody(carrier, leg.shipped_ms, arrived_ms, inside, cooled)
        holder, since_ms = leg.receiver, arrived_ms
        brought = inside if leg.destination is None else inside | {f"site:{leg.destination}"}
    yield Custody(holder, since_ms, until_ms, brought, ())


def _joined(hands: "Iterator[Custody]") -> "Iterator[Custody]":
    """Without intervals of no length, and those of one holder that follow each other as one."""
    last: Custody | None = None
    for one in hands:
        if one.from_ms >= one.to_ms:
            continue
        if last is not None and one.holder == last.holder:
            one = Custody(one.holder, last.from_ms, one.to_ms, last.places | one.places, last.trips + one.trips)
        elif last is not None:
            yield last
        last = one
    if last is not None:
        yield last
