"""The way as a schematic: real positions projected, no tiles, no roads, no borders.

Maps shown in China need an approved number, and a way needs no map.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import asin, cos, hypot, radians, sin, sqrt

from client.batch import Fix, Place, Way

WIDTH, HEIGHT = 360, 260
MARGIN = 46
EARTH_RADIUS_KM = 6371.0
SCALES_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
BAR_MAX = 110
POINTS_MAX = 200
NEAR = 12
APART = 18
"""Labels closer than this in height are moved apart."""


@dataclass(frozen=True)
class Stop:
    """A dot with its name: the label stands at (label_x, label_y), `anchor` as SVG has it."""

    name: tuple[str, str]
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str


End = tuple[float, float, int, float]


@dataclass(frozen=True)
class Sketch:
    """`path` of the track; where it begins and ends, when (ms), and at what height that is written.

    `bar`: its length in the picture, and in km.
    """

    path: str
    start: End | None
    end: End | None
    stops: tuple[Stop, ...]
    bar: tuple[float, str]
    length_km: int


def sketch(way: Way) -> Sketch | None:
    """The picture of a way; None where no two positions are public."""
    positions = [(fix.north, fix.east) for fix in way.track] + [(place.north, place.east) for place in way.places]
    if len(set(positions)) < 2:
        return None
    middle = (min(n for n, _ in positions) + max(n for n, _ in positions)) / 2
    shrink = cos(radians(middle))
    west, east = min(e for _, e in positions) * shrink, max(e for _, e in positions) * shrink
    south, north = min(n for n, _ in positions), max(n for n, _ in positions)
    unit = min((WIDTH - 2 * MARGIN) / max(east - west, 1e-6), (HEIGHT - 2 * MARGIN - 20) / max(north - south, 1e-6))
    left = (WIDTH - unit * (east - west)) / 2
    top = (HEIGHT - 20 - unit * (north - south)) / 2

    def at(n: float, e: float) -> tuple[float, float]:
        return round(left + unit * (e * shrink - west), 1), round(top + unit * (north - n), 1)

    every = max(1, len(way.track) // POINTS_MAX)
    fixes = [*way.track[::every], *way.track[-1:]]
    points = list(dict.fromkeys(at(fix.north, fix.east) for fix in fixes))
    length = sum(
        _distance_km(one.north, one.east, two.north, two.east)
        for one, two in zip(way.track, way.track[1:], strict=False)
    )
    stops = _stops(way.places, at)

    def end(fix: Fix) -> End:
        x, y = at(fix.north, fix.east)
        named = any(abs(stop.x - x) < NEAR and abs(stop.y - y) < NEAR for stop in stops)
        return x, y, fix.time_ms, y + (44 if named else 24)

    return Sketch(
        "".join(f"{'L' if place else 'M'}{x:g} {y:g}" for place, (x, y) in enumerate(points)),
        end(way.track[0]) if way.track else None,
        end(way.track[-1]) if way.track else None,
        tuple(stops),
        _bar(unit),
        round(length),
    )


def _stops(places: tuple[Place, ...], at: Callable[[float, float], tuple[float, float]]) -> list[Stop]:
    """A dot for each distinct position, named under it by all that stand there."""
    named: dict[tuple[float, float], list[tuple[str, str]]] = {}
    for place in places:
        named.setdefault(at(place.north, place.east), []).append(place.name)
    stops: list[Stop] = []
    for (x, y), names in sorted(named.items(), key=lambda one: one[0][1]):
        name = (" · ".join(dict.fromkeys(zh for zh, _ in names)), " · ".join(dict.fromkeys(en for _, en in names)))
        label_y = y + 25
        while any(abs(label_y - other.label_y) < APART for other in stops):
            label_y += APART
        anchor = "start" if x < WIDTH / 3 else "end" if x > WIDTH * 2 / 3 else "middle"
        stops.append(
            Stop(name, x, y, {"start": max(x - 20, 8), "end": min(x + 20, WIDTH - 8)}.get(anchor, x), label_y, anchor)
        )
    return stops


def _bar(unit: float) -> tuple[float, str]:
    """The longest round distance that fits under the picture."""
    per_km = unit / (EARTH_RADIUS_KM * radians(1))
    km = max((scale for scale in SCALES_KM if scale * per_km <= BAR_MAX), default=SCALES_KM[0])
    return round(km * per_km, 1), f"{km * 1000:g} m" if km < 1 else f"{km:g} km"


def _distance_km(north_1: float, east_1: float, north_2: float, east_2: float) -> float:
    """Great-circle distance (haversine formula)."""
    one, two = radians(north_1), radians(north_2)
    across = sqrt(cos(one) * cos(two)) * sin(radians(east_2 - east_1) / 2)
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, hypot(sin((two - one) / 2), across)))
