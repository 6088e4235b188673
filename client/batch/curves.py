"""What sensors measured on a batch's way, as series of points with the band in which the goods must stay."""

from dataclasses import dataclass, field
from typing import NamedTuple

from client.batch.evidence import Evidence
from client.journey.entry import READINGS, device_of, fields_of, instants
from client.journey.known import Known
from client.journey.text import decimal, with_unit
from client.verified import VerifiedRecord
from ledger.modules.registry.messages import Metric
from ledger.modules.trace.messages import Band
from ledger.modules.trace.state import Product
from ledger.modules.trace.words import METRICS
from ledger.words import Words

CARRYING = ("vehicle:", "unit:", "site:")
"""Things in which goods are held against the band of their product; a field is not."""

POSITION = ("latitude", "longitude")


class Excursion(NamedTuple):
    """Out of the band from `first_ms` to `last_ms`; `peak` is the worst reading, x 10^`exponent`."""

    first_ms: int
    last_ms: int
    peak: int
    exponent: int


@dataclass
class Curve:
    """One metric of one device on one thing. `points`: (time ms, value x 10^exponent | None where none was taken).

    `low`, `high`: the band in the same scale, None where none applies.
    """

    device: str
    metric: str
    thing: str
    name: Words
    of: Words
    place: Words
    unit: str
    exponent: int
    points: list[tuple[int, int | None]] = field(default_factory=list)
    low: int | None = None
    high: int | None = None
    excursions: list[Excursion] = field(default_factory=list)

    def shown(self, value: int) -> str:
        """A value as people read it, with its unit."""
        return decimal(value, self.exponent) + self.unit

    @property
    def values(self) -> list[int]:
        """The readings there are."""
        return [value for _, value in self.points if value is not None]


def curves(evidence: Evidence) -> list[Curve]:
    """Every series with at least two readings: those that are held against a band first, then by device and metric."""
    found: dict[tuple[str, str, str], Curve] = {}
    band = _band(evidence)
    for record in evidence.verified.records:
        if record.tag == READINGS and record.code == 0:
            _add(found, record, evidence.known, band)
    for curve in found.values():
        curve.points.sort(key=lambda point: point[0])
    several = [curve for curve in found.values() if len(curve.values) > 1]
    return sorted(several, key=lambda curve: (curve.low is None, curve.device, curve.metric))


def _add(found: dict[tuple[str, str, str], Curve], record: VerifiedRecord, known: Known, band: Band | None) -> None:
    fields, device = fields_of(record), device_of(record)
    thing = next((subject for subject in record.subjects if subject.startswith(("plot:", *CARRYING))), device)
    for metric, values in fields["columns"]:
        facts = known.metrics.get((device.removeprefix("device:"), metric))
        if metric in POSITION or facts is None:
            continue
        curve = found.get((device, metric, thing))
        if curve is None:
            curve = found[device, metric, thing] = _curve(known, device, metric, thing, facts)
            _judge(curve, facts, band)
        times = instants(fields)
        curve.points += [
            (time_ms, value if value is not None and facts.minimum <= value <= facts.maximum else None)
            for time_ms, value in zip(times, values, strict=True)
        ]
        if curve.low is not None:
            curve.excursions += _excursions(record, metric, known)


def _curve(known: Known, device: str, metric: str, thing: str, facts: Metric) -> Curve:
    name = METRICS.get(metric, (metric, metric))
    unit = with_unit(facts.unit)
    return Curve(device, metric, thing, name, known.name(device), known.name(thing), unit, facts.exponent)


def _judge(curve: Curve, facts: Metric, band: Band | None) -> None:
    """Set the band of the goods, where it is about this metric in this unit and the device travels with goods."""
    if band is None or not curve.thing.startswith(CARRYING) or (band.metric, band.unit) != (curve.metric, facts.unit):
        return
    shift = band.exponent - facts.exponent
    if shift >= 0:  # a finer band than the device can tell is left to the rules, which flag what it breaks
        curve.low, curve.high = band.minimum * 10**shift, band.maximum * 10**shift


def _band(evidence: Evidence) -> Band | None:
    """The band of the product that the journey is about."""
    product = evidence.subject.removeprefix("lot:").partition("/")[0]
    row = evidence.row(f"product:{product}")
    return row.band if isinstance(row, Product) else None


def _excursions(record: VerifiedRecord, metric: str, known: Known) -> list[Excursion]:
    """What the rules found on goods of this journey when they took the record."""
    found = []
    for event in record.details:
        match event:
            case ["excursion", str(lot), str(named), int(first), int(last), int(peak), int(exponent), int(_)]:
                if named == metric and not known.is_beside(lot):
                    found.append(Excursion(first, last, peak, exponent))
            case _:
                pass
    return found
