"""The story as data: chapters of records, each with its signer. Records of one wave do not depend on each other.

Quantities are micro-kg or micro-pieces, readings scaled integers, times ms; see the messages of the modules.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.demo import cast, sensors
from cli.demo.cast import AIR, FARM, HUB, INSPECTOR, LOGGER, MINUTE_MS, PLATFORM, SOIL, WAREHOUSE, Calendar
from ledger.crypto.encoding import Message
from ledger.module import Action
from ledger.modules.registry import messages as registry
from ledger.modules.trace import messages as trace

KG = 1_000_000
PIECE = 1_000_000

PossessedKey = Callable[[str], registry.NewKey]
"""The new key of a subject (`device:x`, `member:y`), with the proof of possession."""


@dataclass(frozen=True)
class Record:
    """One record of the story: who signs what."""

    signer: str
    action: Action
    restricted: Message | None = None


@dataclass(frozen=True)
class Chapter:
    """A part of the story, told in both languages; waves of records are submitted one after the other."""

    zh: str
    en: str
    waves: Sequence[Sequence[Record]]


def opening(calendar: Calendar, new_key: PossessedKey) -> Chapter:
    """Products, places, vehicle and devices come onto the ledger."""
    at = calendar.at
    band = trace.Band("temperature", "CEL", -2, 0, 800, 30 * MINUTE_MS)
    products = [
        trace.RegisterProduct(cast.BULK, "红颜草莓（散装）", "Strawberries, bulk", "kg", 0, 0, None, (FARM,)),
        trace.RegisterProduct(
            cast.PUNNET, "红颜草莓 500 克", "Strawberries 500 g", "piece", KG // 2, 60_000, band, (FARM,)
        ),
    ]
    sites = [
        Record(FARM, trace.RegisterSite(cast.FARM_SITE, "青浦草莓园", "Qingpu farm", 311_230_000, 1_210_100_000)),
        Record(HUB, trace.RegisterSite(cast.HUB_SITE, "西郊物流枢纽", "Western logistics hub")),
        Record(WAREHOUSE, trace.RegisterSite(cast.WAREHOUSE_SITE, "静安前置仓", "Jing'an micro-warehouse")),
        Record(HUB, trace.RegisterVehicle(cast.TRUCK, "十七号冷藏车", "Refrigerated truck 17", refrigerated=True)),
    ]
    devices = [
        Record(
            device.owner,
            registry.RegisterDevice(
                device.id,
                device.name_zh,
                device.name_en,
                device.metrics,
                device.interval_ms,
                new_key(f"device:{device.id}"),
            ),
        )
        for device in cast.DEVICES
    ]
    calibrations = [
        Record(INSPECTOR, registry.CalibrateDevice(device.id, at(-40, 0), at(320, 0), f"CAL-{number:03d}"))
        for number, device in enumerate(cast.DEVICES, 1)
    ]
    classes = [Record(PLATFORM, trace.ClassifyProduct(product, "fruit")) for product in (cast.BULK, cast.PUNNET)]
    plot = trace.RegisterPlot(cast.PLOT, "三号棚", "Greenhouse 3", 640, cast.FARM_SITE, 311_230_000, 1_210_100_000)
    return Chapter(
        "登记：产品、地点、车辆与设备",
        "Registration: products, places, a truck, devices",
        [
            [*(Record(PLATFORM, product) for product in products), *sites, *devices],
            [*calibrations, Record(FARM, plot), *classes],
        ],
    )


def growing(calendar: Calendar) -> Chapter:
    """The crop is planted, its sensors tied to the plot, the farm certified."""
    at = calendar.at
    planting = trace.StartPlanting(
        cast.PLANTING,
        cast.PLOT,
        "草莓 Strawberry",
        "红颜 Benihoppe",
        at(-75, 9),
        "脱毒种苗 2026-07 批 / virus-free plants",
    )
    certificate = trace.IssueCertificate(
        cast.GAP_CERTIFICATE,
        "gap",
        "GAP-DEMO-0001",
        FARM,
        (f"planting:{cast.PLANTING}", f"product:{cast.BULK}"),
        at(-60, 0),
        at(300, 0),
    )
    ties = [Record(FARM, trace.AttachDevice(device, f"plot:{cast.PLOT}", at(-8, 0))) for device in (SOIL, AIR)]
    return Chapter(
        "定植与认证，传感器绑定到三号棚",
        "Planting and certificate; sensors tied to greenhouse 3",
        [[Record(FARM, planting), *ties], [Record(INSPECTOR, certificate)]],
    )


def week(calendar: Calendar) -> Chapter:
    """Seven days of readings, and the work in the greenhouse."""
    at = calendar.at
    target = f"planting:{cast.PLANTING}"
    operation = trace.RecordOperation
    work = {
        -7: operation(target, "fertilise", at(-7, 8), "水溶肥 15-5-30", "DEMO-FERT-15530", "4 kg / 667 m²"),
        -6: operation(target, "spray", at(-6, 17), "嘧菌酯 azoxystrobin 25% SC", "DEMO-PD-0925", "40 mL / 667 m²", 3),
        -4: operation(target, "irrigate", at(-4, 7), dose="6 m³ / 667 m²"),
        -3: operation(target, "pollinate", at(-3, 9), remark="熊蜂授粉 / bumble bees"),
    }
    waves = []
    for number, day in enumerate(range(-7, 0)):
        start_ms = sensors.day_start(calendar.midnight_ms, day)
        moisture, soil = sensors.soil_day(day, 7 if day == -4 else None)
        air, humidity = sensors.air_day(day)
        wave = [
            Record(SOIL, readings(number, start_ms, 10, soil_moisture=moisture, soil_temperature=soil)),
            Record(AIR, readings(number, start_ms, 10, temperature=air, humidity=humidity)),
        ]
        waves.append([*wave, Record(FARM, work[day])] if day in work else wave)
    return Chapter(
        "一周：施肥、打药（安全间隔期）与传感器数据", "A week: fertiliser, spray with its interval, readings", waves
    )


def readings(sequence: int, start_ms: int, minutes: int, **columns: Sequence[int]) -> trace.RecordReadings:
    """A device's record number `sequence`: columns by metric, a value each so many minutes."""
    listed = tuple(trace.Column(metric, tuple(values)) for metric, values in columns.items())
    return trace.RecordReadings(sequence, start_ms, minutes * MINUTE_MS, listed)


def harvests(calendar: Calendar) -> Chapter:
    """Two pickings, after the safety interval is over."""
    at = calendar.at
    lots = [(cast.FIRST_LOT, 62 * KG, at(-2, 6)), (cast.SECOND_LOT, 58 * KG + 400_000, at(0, 5, 30))]
    records = [
        Record(FARM, trace.Harvest(cast.PLANTING, cast.BULK, number, quantity, time_ms, (cast.GAP_CERTIFICATE,)))
        for number, quantity, time_ms in lots
    ]
    promises = [Record(FARM, promise(f"{cast.BULK}/{number}", time_ms)) for number, _, time_ms in lots]
    return Chapter(
        "两次采收，各开承诺达标合格证", "Two harvests, each with its certificate of conformity", [records, promises]
    )


def promise(lot: str, time_ms: int, replaced: tuple[str, ...] = ()) -> trace.IssueConformity:
    """The farm's 承诺达标合格证 of a lot; of a mixed one, in place of those of the lots it was made of."""
    return trace.IssueConformity(lot, "order_2025_4", "quality_control", "上海市青浦区", time_ms, lots=replaced)


def laboratory(calendar: Calendar, report: bytes) -> Chapter:
    """The laboratory's findings on the first lot; `report` is the evidence file's address in the vault."""
    result = trace.TestResult
    results = (
        result("azoxystrobin 嘧菌酯", "GB 23200.121", 32, -3, "mg/kg", 10_000, passed=True),
        result("Pb 铅", "GB 5009.12", 18, -3, "mg/kg", 100, passed=True),
        result("SSC 可溶性固形物", "NY/T 2637", 118, -1, "%", None, passed=True),
    )
    lot = f"lot:{cast.BULK}/{cast.FIRST_LOT}"
    inspection = trace.Inspect(lot, "pass", calendar.at(-1, 16), results, report, "抽样 2 kg / sampled 2 kg")
    return Chapter(
        "实验室检测（报告入证据库）", "Laboratory test, report in the vault", [[Record(INSPECTOR, inspection)]]
    )


def packing(calendar: Calendar) -> Chapter:
    """Both harvests become one pack lot, in four crates."""
    at = calendar.at
    inputs = (
        trace.Portion(f"{cast.BULK}/{cast.FIRST_LOT}", 60 * KG),
        trace.Portion(f"{cast.BULK}/{cast.SECOND_LOT}", 58 * KG),
    )
    output = trace.Output(cast.PUNNET, cast.PACK_LOT, 224 * PIECE)
    transform = trace.Transform(inputs, (output,), 6 * KG, at(0, 8), ())
    renewed = promise(cast.PACK, at(0, 8, 30), tuple(portion.lot for portion in inputs))
    crates = [
        trace.PackUnit(unit, "crate", at(0, 8, 40), (trace.Portion(cast.PACK, 56 * PIECE),)) for unit in cast.CRATES
    ]
    return Chapter(
        "分选包装：两批合为一批，装入四箱",
        "Sorted and packed: two harvests become one lot in four crates",
        [[Record(FARM, transform)], [Record(FARM, renewed), *(Record(FARM, crate) for crate in crates)]],
    )


def journey(calendar: Calendar) -> Chapter:
    """Farm to hub, by truck with its logger, to the warehouse: each hand-over signed by both sides."""
    at = calendar.at
    truck = f"vehicle:{cast.TRUCK}"
    depart, arrive = at(0, 9, 30), at(0, 13)
    to_hub = trace.Ship("farm-hub-0001", HUB, at(0, 9, 22), cast.CRATES, (), cast.TRUCK, cast.FARM_SITE, cast.HUB_SITE)
    to_warehouse = trace.Ship(
        "hub-warehouse-0001", WAREHOUSE, at(0, 13, 10), cast.CRATES, (), None, cast.HUB_SITE, cast.WAREHOUSE_SITE
    )
    terms = trace.ShippingTerms("SH-0001", 1_344_000)
    temperature, latitude, longitude = sensors.trip()
    columns = [
        Record(
            LOGGER,
            readings(
                number,
                depart - 15 * MINUTE_MS + first * MINUTE_MS,
                1,
                temperature=temperature[first : first + 70],
                latitude=latitude[first : first + 70],
                longitude=longitude[first : first + 70],
            ),
        )
        for number, first in enumerate(range(0, sensors.TRIP_MINUTES, 70))
    ]
    return Chapter(
        "冷链运输与双方交接",
        "The cold chain, and custody handed over by both sides",
        [
            [Record(HUB, trace.AttachDevice(LOGGER, truck, at(0, 9)))],
            [Record(FARM, trace.Load(truck, at(0, 9, 20), cast.CRATES))],
            [Record(FARM, to_hub, terms)],
            [Record(HUB, trace.Receive("farm-hub-0001", at(0, 9, 25)))],
            *([column] for column in columns),
            [Record(HUB, trace.Unload(truck, arrive, cast.CRATES))],
            [Record(HUB, to_warehouse)],
            [
                Record(
                    WAREHOUSE, trace.Receive("hub-warehouse-0001", at(0, 13, 30), (), "完好四箱 / four crates, intact")
                )
            ],
            [Record(HUB, trace.DetachDevice(LOGGER, truck, at(0, 14)))],
        ],
    )


def count_readings(action: Action) -> int:
    """How many single readings an action holds."""
    if not isinstance(action, trace.RecordReadings):
        return 0
    return sum(value is not None for column in action.columns for value in column.values)
