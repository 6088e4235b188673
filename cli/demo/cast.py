"""Who and what the story is about: ids, GS1 demonstration keys (prefix 952), devices with their ranges, the calendar.

Event times lie in the recent past, since readings must arrive within the network's window (`late_readings_ms`, declared
longer for the demonstration): the story ends in the afternoon of the latest day in China on which 15:30 is over.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ledger.crypto.signing import Algorithm
from ledger.modules.registry.messages import Metric
from ledger.modules.trace.identifiers import gs1_check_digit, lot_key, trace_code

CHINA = timezone(timedelta(hours=8), "CST")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

PARAMETERS = {"late_readings_ms": 12 * DAY_MS}
"""What the demonstration's genesis file declares: a window for late readings that spans the whole story."""

FARM, HUB, WAREHOUSE, PLATFORM, INSPECTOR = "farm", "hub", "warehouse", "platform", "inspector"
SOIL, AIR, LOGGER = "soil-probe-3", "air-station-3", "cold-logger-17"


def _gs1(payload: str) -> str:
    return payload + gs1_check_digit(payload)


BULK = _gs1("0952123400001")
"""GTIN-14 of strawberries as they leave the field, in kg."""
PUNNET = _gs1("0952123400018")
"""GTIN-14 of the 500 g punnet, in pieces."""
FARM_SITE, HUB_SITE, WAREHOUSE_SITE = _gs1("952123400010"), _gs1("952123400020"), _gs1("952123400030")
CRATES = tuple(_gs1(f"0952123400000000{number}") for number in range(1, 5))

PLOT, PLANTING, TRUCK, GAP_CERTIFICATE = "greenhouse-3", "strawberry-gh3-autumn", "truck-17", "gap-gh3"
FIRST_LOT, SECOND_LOT, PACK_LOT = "GH3-A", "GH3-B", "P-0001"
PACK = lot_key(PUNNET, PACK_LOT)
TRACE_CODE = trace_code(PACK)


@dataclass(frozen=True)
class Device:
    """A sensor: its owner, its key's algorithm, its metrics, and milliseconds between readings."""

    id: str
    owner: str
    name_zh: str
    name_en: str
    algorithm: Algorithm
    metrics: tuple[Metric, ...]
    interval_ms: int


DEVICES = (
    Device(
        SOIL,
        FARM,
        "三号棚土壤探头",
        "Soil probe of greenhouse 3",
        Algorithm.ED25519,
        (Metric("soil_moisture", "P1", -2, 0, 6_000), Metric("soil_temperature", "CEL", -2, -1_000, 5_000)),
        10 * MINUTE_MS,
    ),
    Device(
        AIR,
        FARM,
        "三号棚空气站",
        "Air station of greenhouse 3",
        Algorithm.ED25519,
        (Metric("temperature", "CEL", -2, -3_000, 6_000), Metric("humidity", "P1", -2, 0, 10_000)),
        10 * MINUTE_MS,
    ),
    Device(
        LOGGER,
        HUB,
        "十七号车冷链记录仪",
        "Cold-chain and GPS logger of truck 17",
        Algorithm.P256,
        (
            Metric("temperature", "CEL", -2, -4_000, 8_500),
            Metric("latitude", "DD", -7, -900_000_000, 900_000_000),
            Metric("longitude", "DD", -7, -1_800_000_000, 1_800_000_000),
        ),
        MINUTE_MS,
    ),
)


@dataclass(frozen=True)
class Calendar:
    """When things happen; `midnight_ms` is 00:00 in China of the last day."""

    midnight_ms: int

    @classmethod
    def before(cls, now_ms: int) -> "Calendar":
        """The calendar of a story that is over by `now_ms`."""
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(CHINA)
        last = local if (local.hour, local.minute) >= (15, 30) else local - timedelta(days=1)
        midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(int(midnight.timestamp()) * 1000)

    def at(self, days: int, hour: int, minute: int = 0) -> int:
        """A time in China as ms since the epoch, `days` before (negative) the last day."""
        return self.midnight_ms + days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS
