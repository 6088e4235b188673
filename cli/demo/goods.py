"""The goods of the presale as data: a second planting, harvested after the cut-off, and a trip without cooling.

Orders and cut-off go by block time, which is now; harvest and trip carry event times of the same day's morning, since
nothing that is recorded can lie in the future.
"""

from collections.abc import Sequence

from cli.demo import cast, market, sensors
from cli.demo.cast import FARM, HUB, INSPECTOR, MINUTE_MS, PLATFORM, WAREHOUSE, Calendar, Device
from cli.demo.market import BERRIES, COMMUNITY, CRATES, LEADER, LOGGER, PLANTING, TO_HUB, TO_WAREHOUSE, TRUCK
from cli.demo.story import Chapter, PossessedKey, Record, readings
from ledger.crypto.encoding import Message
from ledger.crypto.signing import Algorithm
from ledger.modules.groupbuy.messages import CommitSupply
from ledger.modules.payments.messages import Deposit, Move, MoveTerms
from ledger.modules.registry import messages as registry
from ledger.modules.trace import messages as trace

DEGREE_MINUTES = 60
"""Degrees above 8 °C times minutes that the berries bear on one trip."""

DEVICE = Device(
    LOGGER,
    HUB,
    "二十一号车冷链记录仪",
    "Cold-chain and GPS logger of truck 21",
    Algorithm.P256,
    next(device for device in cast.DEVICES if device.id == cast.LOGGER).metrics,
    MINUTE_MS,
)


def preparing(calendar: Calendar, new_key: PossessedKey, receipts: dict[str, Message]) -> Chapter:
    """A planting that is not ripe yet, a leader, and the money that farm, platform and hub bring with them.

    `receipts`: the custodian's, by organisation.
    """
    at = calendar.at
    band = trace.Band("temperature", "CEL", -2, 0, 800, 30 * MINUTE_MS, DEGREE_MINUTES * MINUTE_MS * 100)
    product = trace.RegisterProduct(
        BERRIES, "红颜草莓 约 500 克一份", "Strawberries, units of about 500 g", "kg", 0, 0, band, (FARM,)
    )
    plot = trace.RegisterPlot(market.PLOT, "四号棚", "Greenhouse 4", 660, cast.FARM_SITE, 311_232_000, 1_210_104_000)
    planting = trace.StartPlanting(PLANTING, market.PLOT, "草莓 Strawberry", "红颜 Benihoppe", at(-60, 9))
    device = registry.RegisterDevice(
        LOGGER, DEVICE.name_zh, DEVICE.name_en, DEVICE.metrics, DEVICE.interval_ms, new_key(f"device:{LOGGER}")
    )
    leader = registry.RegisterMember(LEADER, "leader", adult_attested=True, key=new_key(f"member:{LEADER}"))
    deposits = [Record(organisation, Deposit(), receipt) for organisation, receipt in receipts.items()]
    first = [
        Record(PLATFORM, product),
        Record(FARM, plot),
        Record(HUB, trace.RegisterVehicle(TRUCK, "二十一号冷藏车", "Refrigerated truck 21", refrigerated=True)),
        Record(HUB, device),
        Record(COMMUNITY, leader),
        *deposits,
    ]
    moves = [
        Record(PLATFORM, Move(), MoveTerms(market.CUSTODIAN, "", target, fen))
        for target, fen in (("guarantee", market.GUARANTEE_FEN), (f"float:{LEADER}", market.FLOAT_FEN))
    ]
    second = [
        Record(FARM, planting),
        Record(INSPECTOR, registry.CalibrateDevice(LOGGER, at(-40, 0), at(320, 0), "CAL-021")),
        *moves,
    ]
    supply = CommitSupply(market.SOURCE, BERRIES, market.UNIT_GRAMS * 1_000, 100)
    return Chapter(
        "团购准备：一茬下周采收的草莓、一位团长、各方资金",
        "Before the presale: a planting to be harvested next week, a leader, everybody's money",
        [first, second, [Record(FARM, supply)]],
    )


def harvest(calendar: Calendar) -> Chapter:
    """Two lots, in all three units less than were ordered."""
    lots = [
        Record(FARM, trace.Harvest(PLANTING, BERRIES, number, quantity, calendar.at(0, 5 + place)))
        for place, (number, quantity) in enumerate(market.LOTS)
    ]
    return Chapter("采收", "Harvest", [lots])


def portions() -> tuple[trace.Portion, ...]:
    """All that was harvested."""
    return tuple(trace.Portion(f"{BERRIES}/{number}", quantity) for number, quantity in market.LOTS)


def trip(calendar: Calendar) -> Chapter:
    """Into crates and onto the truck, whose refrigeration stands still for three quarters of an hour on the way."""
    at, truck = calendar.at, f"vehicle:{TRUCK}"
    crates = [
        Record(FARM, trace.PackUnit(unit, "crate", at(0, 8, 40), (portion,)))
        for unit, portion in zip(CRATES, portions(), strict=True)
    ]
    to_hub = trace.Ship(TO_HUB, HUB, at(0, 9, 22), CRATES, (), TRUCK, cast.FARM_SITE, cast.HUB_SITE)
    onward = trace.Ship(TO_WAREHOUSE, WAREHOUSE, at(0, 13, 10), CRATES, (), None, cast.HUB_SITE, cast.WAREHOUSE_SITE)
    return Chapter(
        "冷链运输：十点半起制冷停了三刻钟",
        "The cold chain: three quarters of an hour without cooling",
        [
            [Record(HUB, trace.AttachDevice(LOGGER, truck, at(0, 9))), *crates],
            [Record(FARM, trace.Load(truck, at(0, 9, 20), CRATES))],
            [Record(FARM, to_hub, trace.ShippingTerms("SH-0002", 1))],
            [Record(HUB, trace.Receive(TO_HUB, at(0, 9, 25))), *_columns(at(0, 9, 15))],
            [Record(HUB, trace.Unload(truck, at(0, 13), CRATES))],
            [Record(HUB, onward)],
            [Record(WAREHOUSE, trace.Receive(TO_WAREHOUSE, at(0, 13, 30)))],
        ],
    )


def _columns(start_ms: int) -> Sequence[Record]:
    """What the logger measured, in one record."""
    temperature, latitude, longitude = sensors.trip("trip of truck 21")
    return [Record(LOGGER, readings(0, start_ms, 1, temperature=temperature, latitude=latitude, longitude=longitude))]
