"""A batch with a long life: the demonstration's greenhouse with all that is done there, 200 records for a scan to show.

Devices report every four hours instead of once a day, somebody works in the greenhouse five times a day, eight pickings
are mixed, each with its certificate of conformity, three of them tested, packed into 24 crates, and driven under a
logger that reports every quarter of an hour.
"""

from cli.demo import cast, sensors, story
from cli.demo.cast import AIR, FARM, HUB, INSPECTOR, LOGGER, MINUTE_MS, SOIL, WAREHOUSE, Calendar
from cli.demo.runner import Telling
from cli.demo.story import KG, PIECE, Chapter, Record, readings
from client.submit import Submitter
from ledger.modules.trace import messages as trace
from ledger.modules.trace.identifiers import gs1_check_digit
from ledger.modules.trace.messages.types import Operation

DAYS = 7
REPORT_READINGS = 24
"""One each ten minutes: four hours in a record."""
LOGGED_MINUTES = 15
PICKINGS, TESTED, CRATES = 8, 3, 24
PICKED_KG = 14
PUNNETS_IN_CRATE = 9
LOSS_KG = PICKINGS * PICKED_KG - CRATES * PUNNETS_IN_CRATE // 2
PLANTING = f"planting:{cast.PLANTING}"

UNITS = tuple(
    payload + gs1_check_digit(payload)
    for payload in (f"0952123400000{number:04d}" for number in range(100, 100 + CRATES))
)
LOTS = tuple(f"GH3-{number:02d}" for number in range(PICKINGS))

WORK: tuple[tuple[int, Operation, str, str, str], ...] = (
    (6, "irrigate", "", "1.5 m³ / 667 m²", "滴灌二十分钟 / drip, twenty minutes"),
    (10, "ventilate", "", "", "顶窗开至三成 / roof vents a third open"),
    (11, "release_insects", "捕食螨 Phytoseiulus persimilis", "6 只/m² / per m²", ""),
    (15, "prune", "", "", "摘除老叶与匍匐茎 / old leaves and runners"),
    (16, "thin", "", "", "疏去畸形果 / misshapen berries taken off"),
)
"""What is done each day: hour, kind, input, dose, remark."""


class Season(Telling):
    """Tells the season in place of the demonstration's week."""

    def chapters(self, submitter: Submitter) -> list[Chapter]:
        """All of it, up to the warehouse."""
        calendar = self.calendar
        return [
            story.opening(calendar, self.possessed_key(submitter)),
            story.growing(calendar),
            _chapter("一周的读数与农活", "A week of readings and work", _week(calendar)),
            _chapter("八次采收", "Eight pickings", _pickings(calendar)),
            _chapter("检测", "Tests", [[_test(calendar, number) for number in range(TESTED)]]),
            _chapter("混批、分选、装箱", "Mixed, sorted, packed", _packing(calendar)),
            _chapter("冷链运输", "The cold chain", _trip(calendar)),
        ]


def _chapter(zh: str, en: str, waves: list[list[Record]]) -> Chapter:
    return Chapter(zh, en, waves)


def _week(calendar: Calendar) -> list[list[Record]]:
    """Readings of both devices, four hours a wave, and the day's work."""
    waves: list[list[Record]] = []
    for number, day in enumerate(range(-DAYS, 0)):
        soil, air = sensors.soil_day(day, 7 if day % 2 else None), sensors.air_day(day)
        for part, first in enumerate(range(0, sensors.READINGS_A_DAY, REPORT_READINGS)):
            sequence = number * (sensors.READINGS_A_DAY // REPORT_READINGS) + part
            start_ms = sensors.day_start(calendar.midnight_ms, day) + first * 10 * MINUTE_MS
            some = slice(first, first + REPORT_READINGS)
            wave = [
                Record(
                    SOIL, readings(sequence, start_ms, 10, soil_moisture=soil[0][some], soil_temperature=soil[1][some])
                ),
                Record(AIR, readings(sequence, start_ms, 10, temperature=air[0][some], humidity=air[1][some])),
            ]
            waves.append(wave)
        waves[-1] += [
            Record(FARM, trace.RecordOperation(PLANTING, kind, calendar.at(day, hour), given, "", dose, 0, remark))
            for hour, kind, given, dose, remark in WORK
        ]
    at, operation = calendar.at, trace.RecordOperation
    treatments = [
        operation(PLANTING, "fertilise", at(-7, 8), "水溶肥 15-5-30", "DEMO-FERT-15530", "4 kg / 667 m²"),
        operation(PLANTING, "spray", at(-6, 17), "嘧菌酯 azoxystrobin 25% SC", "DEMO-PD-0925", "40 mL / 667 m²", 3),
    ]
    return [[Record(FARM, each) for each in treatments], *waves]


def _pickings(calendar: Calendar) -> list[list[Record]]:
    """Two mornings, four pickings each, and what the farm promises of each."""
    picked = [(number, calendar.at(-1 + place // 4, 5, 15 * (place % 4))) for place, number in enumerate(LOTS)]
    harvests = [
        Record(FARM, trace.Harvest(cast.PLANTING, cast.BULK, number, PICKED_KG * KG, time_ms, (cast.GAP_CERTIFICATE,)))
        for number, time_ms in picked
    ]
    promises = [Record(FARM, story.promise(f"{cast.BULK}/{number}", time_ms)) for number, time_ms in picked]
    return [harvests, promises]


def _test(calendar: Calendar, number: int) -> Record:
    """The laboratory's findings on a picking of the first morning."""
    results = (
        trace.TestResult("azoxystrobin 嘧菌酯", "GB 23200.121", 32 + number, -3, "mg/kg", 10_000, passed=True),
        trace.TestResult("Pb 铅", "GB 5009.12", 18 - number, -3, "mg/kg", 100, passed=True),
        trace.TestResult("SSC 可溶性固形物", "NY/T 2637", 118 + number, -1, "%", None, passed=True),
    )
    lot = f"lot:{cast.BULK}/{LOTS[number]}"
    return Record(INSPECTOR, trace.Inspect(lot, "pass", calendar.at(-1, 16), results, None, "抽样 2 kg / sampled 2 kg"))


def _packing(calendar: Calendar) -> list[list[Record]]:
    """All pickings become one lot, in crates."""
    inputs = tuple(trace.Portion(f"{cast.BULK}/{number}", PICKED_KG * KG) for number in LOTS)
    output = trace.Output(cast.PUNNET, cast.PACK_LOT, CRATES * PUNNETS_IN_CRATE * PIECE)
    mixed = trace.Transform(inputs, (output,), LOSS_KG * KG, calendar.at(0, 8), ())
    renewed = story.promise(cast.PACK, calendar.at(0, 8, 30), tuple(portion.lot for portion in inputs))
    held = (trace.Portion(cast.PACK, PUNNETS_IN_CRATE * PIECE),)
    crates = [
        Record(FARM, trace.PackUnit(unit, "crate", calendar.at(0, 8, 32 + number), held))
        for number, unit in enumerate(UNITS)
    ]
    return [[Record(FARM, mixed)], [Record(FARM, renewed), *crates]]


def _trip(calendar: Calendar) -> list[list[Record]]:
    """Farm to hub to warehouse; the logger reports along the way."""
    at, truck = calendar.at, f"vehicle:{cast.TRUCK}"
    columns = dict(zip(("temperature", "latitude", "longitude"), sensors.trip(), strict=True))
    reports = [
        Record(
            LOGGER,
            readings(
                number,
                at(0, 9, 15 + first),
                1,
                **{metric: values[first : first + LOGGED_MINUTES] for metric, values in columns.items()},
            ),
        )
        for number, first in enumerate(range(0, sensors.TRIP_MINUTES, LOGGED_MINUTES))
    ]
    sites = (cast.FARM_SITE, cast.HUB_SITE, cast.WAREHOUSE_SITE)
    to_hub = trace.Ship("season-0001", HUB, at(0, 9, 22), UNITS, (), cast.TRUCK, *sites[:2])
    onward = trace.Ship("season-0002", WAREHOUSE, at(0, 13, 10), UNITS, (), None, *sites[1:])
    return [
        [Record(HUB, trace.AttachDevice(LOGGER, truck, at(0, 9)))],
        [Record(FARM, trace.Load(truck, at(0, 9, 20), UNITS))],
        [Record(FARM, to_hub)],
        [Record(HUB, trace.Receive("season-0001", at(0, 9, 25)))],
        *([report] for report in reports),
        [Record(HUB, trace.Unload(truck, at(0, 13), UNITS))],
        [Record(HUB, onward)],
        [Record(WAREHOUSE, trace.Receive("season-0002", at(0, 13, 30)))],
        [Record(HUB, trace.DetachDevice(LOGGER, truck, at(0, 14)))],
    ]
