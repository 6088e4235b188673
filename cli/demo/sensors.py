"""A week of plausible sensor series, always the same: made here, taken from nobody.

Values are scaled integers as the devices' registrations declare them (10⁻² degrees and per cent, 10⁻⁷ degrees of arc).
"""

import math
import random

from cli.demo.cast import DAY_MS, MINUTE_MS

READINGS_A_DAY = 144
"""One each ten minutes."""

TRIP_MINUTES = 210
EXCURSION_MINUTES = range(78, 124)
"""Minutes of the trip in which the refrigeration stood still with the door open."""

_FARM = (311_230_000, 1_210_100_000)
_WAREHOUSE = (312_300_000, 1_214_700_000)


def _noise(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311  # reproducible weather, no secret


def air_day(day: int) -> tuple[list[int], list[int]]:
    """Temperature and humidity in a greenhouse over one day, `day` counted from the story's end (negative)."""
    noise = _noise(f"air {day}")
    warm = noise.uniform(-150, 150)
    temperature, humidity = [], []
    for step in range(READINGS_A_DAY):
        phase = math.sin((step / READINGS_A_DAY - 0.375) * 2 * math.pi)
        celsius = 1_650 + warm + 720 * phase + noise.gauss(0, 18)
        temperature.append(round(celsius))
        humidity.append(max(3_500, min(9_800, round(7_600 - 1_500 * phase + noise.gauss(0, 60)))))
    return temperature, humidity


def soil_day(day: int, watered_at: int | None) -> tuple[list[int], list[int]]:
    """Moisture and temperature of the soil over one day; `watered_at`: the hour of an irrigation, or None."""
    noise = _noise(f"soil {day}")
    moisture, temperature = [], []
    for step in range(READINGS_A_DAY):
        hours = step / 6
        wet = 2_650 + (day % 3) * 90 - 7 * hours
        if watered_at is not None and hours >= watered_at:
            wet += 520 * (1 - math.exp(-(hours - watered_at) * 1.5))
        lagged = math.sin((step / READINGS_A_DAY - 0.5) * 2 * math.pi)
        moisture.append(round(wet + noise.gauss(0, 6)))
        temperature.append(round(1_540 + 210 * lagged + noise.gauss(0, 5)))
    return moisture, temperature


def trip(name: str = "trip") -> tuple[list[int], list[int], list[int]]:
    """Temperature, latitude and longitude of a truck, one value a minute, with one real excursion on the way. Trips of
    different names differ in their noise alone.
    """
    noise = _noise(name)
    temperature, latitude, longitude = [], [], []
    celsius = 420.0
    for minute in range(TRIP_MINUTES):
        target = 1_240.0 if minute in EXCURSION_MINUTES else 400.0
        celsius += (target - celsius) * (0.11 if minute in EXCURSION_MINUTES else 0.08) + noise.gauss(0, 9)
        temperature.append(round(celsius))
        along = _progress(minute)
        sway = math.sin(along * 9) * 90_000
        latitude.append(round(_FARM[0] + (_WAREHOUSE[0] - _FARM[0]) * along + sway + noise.gauss(0, 150)))
        longitude.append(round(_FARM[1] + (_WAREHOUSE[1] - _FARM[1]) * along + noise.gauss(0, 150)))
    return temperature, latitude, longitude


def _progress(minute: int) -> float:
    """How much of the way is behind the truck: it stands during loading, the breakdown and unloading."""
    driving = [each for each in range(15, 195) if each not in EXCURSION_MINUTES]
    return sum(1 for each in driving if each < minute) / len(driving)


def day_start(midnight_ms: int, day: int) -> int:
    """When the first reading of a day was taken, ms."""
    return midnight_ms + day * DAY_MS


assert DAY_MS == READINGS_A_DAY * 10 * MINUTE_MS
