"""A small world in memory: farm, hub, shop, laboratory and their devices over the real `execute`, and a reference
closure.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from ledger.block import Receipt
from ledger.crypto.signing import SigningKey
from ledger.errors import Refusal
from ledger.module import Action
from ledger.modules.registry.messages import CalibrateDevice, Metric, RegisterDevice
from ledger.modules.registry.state import DeviceView, OrganisationView
from ledger.modules.trace import messages as m
from ledger.modules.trace import trace_module
from ledger.modules.trace.identifiers import complete_network_code, gs1_check_digit
from ledger.modules.trace.messages.types import Band
from tests.registry.chain import START_MS, Chain, key_of

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
KG = 1_000_000

BERRY = "0952123456789" + gs1_check_digit("0952123456789")
PUNNET = complete_network_code("PUNNET250")
SITE = "952123456789" + gs1_check_digit("952123456789")
STORE = complete_network_code("COLDROOM1")

ORGANISATIONS = {
    "platform": ["platform"],
    "farm": ["farm"],
    "hub": ["logistics", "processor"],
    "shop": ["warehouse"],
    "lab": ["inspector"],
    "watch": ["regulator"],
    "rival": ["farm", "inspector"],
    "home": ["household"],
}

BAND = Band("temperature", "CEL", -3, 0, 8_000, 30 * MINUTE_MS)


def crate(number: int) -> str:
    """The network code of a crate."""
    return complete_network_code(f"CRATE{number:03d}")


class World(Chain):
    """Everything that tests of the trace module begin with: see `settle`."""

    def __init__(self) -> None:
        module = trace_module(devices=DeviceView(), organisations=OrganisationView())
        super().__init__(ORGANISATIONS, (module,))
        self.settle()

    @property
    def now(self) -> int:
        """Time of the last block, ms."""
        return self.head.time_ms

    def wait(self, later_ms: int) -> None:
        """Let time pass in an empty block."""
        self.run([], later_ms)

    def settle(self) -> None:
        """Products, places, a truck, a planting of 30 days ago, and calibrated devices (soil: farm; cold, gps: hub)."""
        self.accept("farm", m.RegisterProduct(BERRY, "草莓", "Strawberry", "kg", 0, 100_000, BAND, ("hub",)))
        self.accept("hub", m.RegisterProduct(PUNNET, "草莓盒", "Punnet", "piece", 250_000, 200_000, BAND))
        self.accept("farm", m.RegisterSite(SITE, "农场", "Farm"))
        self.accept("shop", m.RegisterSite(STORE, "冷库", "Cold room", 310_000_000, 1_210_000_000))
        self.accept("farm", m.RegisterPlot("tunnel-1", "一号棚", "Tunnel 1", 600, SITE))
        self.accept("hub", m.RegisterVehicle("truck-1", "一号车", "Truck 1", refrigerated=True))
        self.accept("farm", m.StartPlanting("berry-2026", "tunnel-1", "草莓", "红颜", START_MS - 30 * DAY_MS))
        temperature = Metric("temperature", "CEL", -2, -4_000, 8_500)
        place = (
            Metric("latitude", "DD", -7, -900_000_000, 900_000_000),
            Metric("longitude", "DD", -7, -1_800_000_000, 1_800_000_000),
        )
        self.add_device("farm", "soil", (temperature,))
        self.add_device("hub", "cold", (temperature,))
        self.add_device("hub", "gps", place)

    def add_device(self, owner: str, device: str, metrics: tuple[Metric, ...]) -> None:
        """A device in service, calibrated for two years around the start; its key is `key_of(device)`."""
        new = self.new_key(key_of(device), f"device:{device}")
        self.accept(owner, RegisterDevice(device, "设备", device, metrics, MINUTE_MS, new))
        self.accept(owner, CalibrateDevice(device, START_MS - 365 * DAY_MS, START_MS + 365 * DAY_MS, None))

    def refuse(self, key: SigningKey | str, action: Action, refusal: type[Refusal]) -> list[str]:
        """As `do`; fails unless refused with `refusal`, with nothing of the trace module changed. Returns the
        details.
        """
        before = self.rows("")
        receipt = self.do(key, action)
        assert receipt.code == refusal.number, (receipt.code, receipt.details)
        assert before == self.rows("")
        return list(receipt.details)

    def rows(self, table: str) -> dict[bytes, bytes]:
        """The stored values of a table of the trace module (all of them for an empty name)."""
        prefix = f"trace/{table}".encode()
        return {key: value for key, value in self.memory.values.items() if key.startswith(prefix)}

    def harvest(self, number: str, kilograms: int = 100) -> str:
        """A new lot of berries in the farm's hands; its key."""
        self.accept("farm", m.Harvest("berry-2026", BERRY, number, kilograms * KG, self.now))
        return f"{BERRY}/{number}"

    def hand_over(self, name: str, giver: str, taker: str, **goods: Any) -> None:
        """Ship and receive."""
        self.accept(giver, m.Ship(name, taker, self.now, **goods))
        self.accept(taker, m.Receive(name, self.now))

    def read(self, device: str, sequence: int, start_ms: int, *values: int | None, **more: Any) -> Receipt:
        """One column a minute apart, `temperature` (or `metric=`), by the device."""
        column = m.Column(more.pop("metric", "temperature"), values)
        return self.do(key_of(device), m.RecordReadings(sequence, start_ms, MINUTE_MS, (column,), **more))

    def leaves_of(self, subject: str) -> list["Leaf"]:
        """The journal of a subject, from the log."""
        decoded = (Leaf(index, *msgspec.msgpack.decode(raw)) for index, raw in enumerate(self.leaves))
        return [leaf for leaf in decoded if any(named[0] == subject for named in leaf.subjects)]


@dataclass
class Leaf:
    """A decoded leaf of the log."""

    index: int
    kind: int
    body: bytes
    signature: bytes
    outcome: list[Any]
    subjects: list[list[Any]]

    @property
    def time_ms(self) -> int:
        """Block time."""
        return int(self.outcome[1])

    @property
    def events(self) -> list[list[Any]]:
        """What came of it."""
        return list(self.outcome[3])

    @property
    def tag(self) -> str:
        """The action's tag, or the timer's."""
        body = msgspec.msgpack.decode(self.body)
        return str(body[5][0] if self.kind == 0 else body[0])

    def named(self, subject: str) -> list[Any] | None:
        """[subject, role, from, to] of a subject, or None."""
        found = next((named for named in self.subjects if named[0] == subject), None)
        return None if found is None else [*found, None, None][:4]


FOLLOWED = ("input", "container", "place", "device", "certificate")


@dataclass
class Closure:
    """The journey of a subject by the letter of the format: which range of whose journal belongs to it."""

    world: World
    ranges: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def walk(self, subject: str) -> "Closure":
        """Fixpoint over the edges, from the whole of `subject`."""
        self.ranges[subject] = (0, None)
        todo = [subject]
        while todo:
            for other, (from_ms, to_ms) in self.edges(todo.pop()).items():
                known = self.ranges.get(other)
                hull = (from_ms, to_ms)
                if known is not None:
                    hull = (
                        min(known[0], from_ms),
                        None if None in (known[1], to_ms) else max(known[1] or 0, to_ms or 0),
                    )
                if hull != known:
                    self.ranges[other] = hull
                    todo.append(other)
        return self

    def section(self, subject: str) -> list[Leaf]:
        """The leaves of a subject's needed range."""
        from_ms, to_ms = self.ranges[subject]
        leaves = self.world.leaves_of(subject)
        return [leaf for leaf in leaves if from_ms <= leaf.time_ms and (to_ms is None or leaf.time_ms <= to_ms)]

    def edges(self, subject: str) -> dict[str, tuple[int, int | None]]:
        """Other subject -> hull of the bounds on it; a later `to` closes what began alike."""
        begun: dict[tuple[str, str, int | None], int | None] = {}
        for leaf in self.section(subject):
            own = leaf.named(subject)
            if own is None or own[1] not in ("self", "output"):
                continue
            for other in leaf.subjects:
                name, role, from_ms, to_ms = [*other, None, None][:4]
                if name != subject and role in FOLLOWED:
                    key = (name, role, from_ms)
                    begun[key] = to_ms if begun.get(key) is None else max(begun[key] or 0, to_ms or 0)
        found: dict[str, tuple[int, int | None]] = {}
        for (name, _, from_ms), to_ms in begun.items():
            low, high = found.get(name, (from_ms or 0, to_ms))
            found[name] = (min(low, from_ms or 0), None if None in (high, to_ms) else max(high or 0, to_ms or 0))
        return found

    def tags(self, subject: str) -> list[str]:
        """The actions in a subject's section."""
        return [leaf.tag for leaf in self.section(subject)]
