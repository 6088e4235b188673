"""A day of one device's readings in a line: how many, between what and what, the mean, and the way it went."""

from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, hypot, radians, sin, sqrt
from typing import Any

from client.journey.entry import fields_of
from client.journey.known import Known
from client.journey.text import decimal, with_unit
from client.verified import VerifiedRecord
from ledger.modules.trace.words import METRICS
from ledger.words import Words

EARTH_RADIUS_KM = 6371.0
DEGREE_EXPONENT = -7
DECIMALS_MAX = 2
POSITION = ("latitude", "longitude")


class Day:
    """The readings of some records of one device, oldest first."""

    def __init__(self, device: str, records: Sequence[VerifiedRecord]) -> None:
        self.device = device
        self.count = 0
        self.start_ms, self.end_ms = 2**62, 0
        self.columns: dict[str, list[int | None]] = {}
        for fields in sorted(map(fields_of, records), key=lambda fields: int(fields["start_ms"])):
            self._add(fields)

    def _add(self, fields: dict[str, Any]) -> None:
        start_ms, offsets, taken = fields["start_ms"], fields.get("offsets_ms"), len(fields["columns"][0][1])
        end_ms = start_ms + (offsets[-1] if offsets else (taken - 1) * fields["interval_ms"])
        self.start_ms, self.end_ms = min(self.start_ms, start_ms), max(self.end_ms, end_ms)
        self.count += taken
        for metric, column in fields["columns"]:
            self.columns.setdefault(metric, []).extend(column)

    def tell(self, known: Known) -> Words:
        """The line."""
        parts = [self.span(known, metric) for metric in self.columns if metric not in POSITION]
        way = self.way()
        told = [part for part in [*parts, way] if part is not None]
        name = known.name(self.device)
        return (
            f"{name[0]}：" + "，".join([*(zh for zh, _ in told), f"{self.count} 次"]),
            f"{name[1]}: " + ", ".join([*(en for _, en in told), f"{self.count} readings"]),
        )

    def span(self, known: Known, metric: str) -> Words | None:
        """Lowest, highest and mean of a metric in its unit; its name alone where the scale is not known.

        What the device cannot plausibly say is left out; the rules have flagged it.
        """
        zh, en = METRICS.get(metric, (metric, metric))
        facts = known.metrics.get((self.device.removeprefix("device:"), metric))
        if facts is None:
            return f"{zh}（刻度不在证明内）", f"{en} (scale not in the proof)"
        known_values = [value for value in self.columns[metric] if value is not None]
        found = [value for value in known_values if facts.minimum <= value <= facts.maximum]
        if not found:
            return None
        mean = (2 * sum(found) + len(found)) // (2 * len(found))
        low, high, middle = (_shown(value, facts.exponent) for value in (min(found), max(found), mean))
        unit = with_unit(facts.unit)
        if low == high:
            return f"{zh} {low}{unit}", f"{en} {low}{unit}"
        span = f"{low}–{high}{unit}" if min(found) >= 0 else f"{low} … {high}{unit}"
        return f"{zh} {span}（均 {middle}）", f"{en} {span} (mean {middle})"

    def way(self) -> Words | None:
        """Where it began and ended, and how far it is along all positions; None without positions."""
        latitudes, longitudes = (self.columns.get(metric, []) for metric in POSITION)
        places = [
            (latitude * 10**DEGREE_EXPONENT, longitude * 10**DEGREE_EXPONENT)
            for latitude, longitude in zip(latitudes, longitudes, strict=False)
            if latitude is not None and longitude is not None
        ]
        if not places:
            return None
        travelled = sum(_distance_km(*pair) for pair in pairwise(places))
        if travelled < 1:
            return f"位置 {_position(places[0])}", f"at {_position(places[0])}"
        way = f"{_position(places[0])} → {_position(places[-1])}"
        return f"行程 {way}，约 {travelled:.0f} 公里", f"from {way}, about {travelled:.0f} km"


def _shown(value: int, exponent: int) -> str:
    """A reading to two decimals at most, rounded half up: devices often write more than they can tell apart."""
    coarser = 10 ** max(0, -DECIMALS_MAX - exponent)
    return decimal((2 * value + coarser) // (2 * coarser), max(exponent, -DECIMALS_MAX), fixed=True)


def _position(place: tuple[float, float]) -> str:
    north, east = place
    return f"{abs(north):.3f}°{'N' if north >= 0 else 'S'} {abs(east):.3f}°{'E' if east >= 0 else 'W'}"


def _distance_km(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Great-circle distance (haversine formula)."""
    (north_1, east_1), (north_2, east_2) = ((radians(north), radians(east)) for north, east in (one, two))
    across = sqrt(cos(north_1) * cos(north_2)) * sin((east_2 - east_1) / 2)
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, hypot(sin((north_2 - north_1) / 2), across)))
