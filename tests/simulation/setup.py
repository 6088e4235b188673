"""What a seed stands for: how many validators, which faults, how dense, what weather, who lies.

Every seed draws its own mixture (swarm testing): a bug that hides while everything goes wrong at once often shows when
only some things do.
"""

import random
from dataclasses import dataclass, field, replace

from ledger.certificate import quorum
from tests.simulation.kernel import SECOND
from tests.simulation.network import Weather

PROCESS = ("kill", "power", "power-within", "kill-several", "power-all", "crash-loop", "pause")
NETWORK = ("partition", "one-way", "link", "isolate-leader", "storm")
TIME = ("clock-rate", "clock-jump")
DISK = ("slow-disk", "full-disk", "flip-log", "wipe-log", "wipe-ledger", "wipe-safety")
MEMBERSHIP = ("add", "promote", "replace", "remove", "rotate")
KINDS = PROCESS + NETWORK + TIME + DISK

LIES = (
    "equivocate",
    "withhold",
    "false-acknowledgement",
    "false-commit",
    "inflate-term",
    "cosign-twice",
    "garbage",
    "vote-twice",
)

HARMLESS = frozenset({"garbage", "vote-twice", "cosign-twice"})
"""Whatever these do, the others go on: progress is owed in spite of them."""

KINDS_LEAST = 3
"""Kinds of fault that every seed plans at least, and that one must have seen in order to count."""

BLOCKS_LEAST = 100
"""Certified blocks that a seed must come to in order to count."""

MARKETS = 0.25
"""The share of seeds in which there is a market."""


@dataclass(frozen=True)
class Fault:
    """One fault of the plan; what it hits is drawn from its own stream of chance when it comes."""

    number: int
    at_us: int
    kind: str
    duration_us: int


@dataclass(frozen=True)
class Setup:
    """A simulation before it begins. `without`: numbers of faults left out, to find those that matter."""

    seed: int
    validators: int
    kinds: tuple[str, ...]
    faults: tuple[Fault, ...]
    weather: Weather
    faulty_us: int
    """How long faults go on; then everything is healed and progress is demanded."""
    clients: int
    think_us: int = 300_000
    """How long at most a client rests between two operations."""
    liars: dict[str, tuple[str, ...]] = field(default_factory=dict)
    clocks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By validator: offset in milliseconds, rate in millionths."""
    blocks_least: int = BLOCKS_LEAST
    has_market: bool = False
    """Whether people buy together in it (`market/`)."""
    without: frozenset[int] = frozenset()

    def leaving_out(self, numbers: frozenset[int]) -> "Setup":
        """The same without some faults."""
        return replace(self, without=numbers)

    def describe(self) -> str:
        """A line for people."""
        lying = "; ".join(f"{name} lies: {', '.join(lies)}" for name, lies in self.liars.items())
        market = "; a market" if self.has_market else ""
        return f"{self.validators} validators, {', '.join(self.kinds)}" + (f"; {lying}" if lying else "") + market


def liars_max(validators: int) -> int:
    """f: how many may lie without harm to certificates."""
    return (validators - 1) // 3


def names(count: int) -> list[str]:
    """The ids of `count` validators, sorted."""
    return [f"v{number}" for number in range(1, count + 1)]


def draw_setup(seed: int) -> Setup:
    """The mixture of a seed."""
    chance = random.Random(f"{seed}/setup")
    validators = chance.choices((1, 2, 3, 4, 5, 6, 7), (1, 1, 8, 10, 5, 1, 1))[0]
    kinds = tuple(kind for kind in KINDS if _allows(kind, validators))
    kinds = tuple(sorted(chance.sample(kinds, chance.randint(KINDS_LEAST, min(len(kinds), 9)))))
    if validators > 1 and chance.random() < 0.3:
        kinds += tuple(sorted(chance.sample(MEMBERSHIP, chance.randint(1, len(MEMBERSHIP)))))
    faulty_us = chance.randint(45, 55) * SECOND
    liars = {}
    if liars_max(validators) and chance.random() < 0.35:
        for name in sorted(chance.sample(names(validators), liars_max(validators))):
            liars[name] = tuple(sorted(chance.sample(LIES, chance.randint(1, 4))))
    return Setup(
        seed,
        validators,
        kinds,
        _draw_faults(chance, kinds, faulty_us),
        _draw_weather(chance),
        faulty_us,
        clients=chance.randint(2, 4),
        think_us=chance.choices((300_000, 1_200_000, 2_000_000), (1, 5, 4))[0],
        liars=liars,
        clocks={name: _draw_clock(chance) for name in names(validators)},
        has_market=random.Random(f"{seed}/has-market").random() < MARKETS,
    )


def _allows(kind: str, validators: int) -> bool:
    """Whether a fault means anything, or may be suffered, with that many validators."""
    if validators == 1:
        return kind not in (*NETWORK, "kill-several", "wipe-log", "wipe-ledger", "wipe-safety", "flip-log")
    if validators - quorum(validators) == 0:
        return kind not in ("wipe-log", "wipe-ledger", "wipe-safety", "flip-log")
    return True


def _draw_faults(chance: random.Random, kinds: tuple[str, ...], faulty_us: int) -> tuple[Fault, ...]:
    """Faults of all kinds at random moments, each kind at least once."""
    period_us = chance.choice((2, 3, 4, 6)) * SECOND
    longest_us = chance.choice((1, 2, 4)) * SECOND
    drawn = list(kinds)
    while len(drawn) < faulty_us // period_us:
        drawn.append(chance.choice(kinds))
    times = sorted(chance.randrange(SECOND, faulty_us) for _ in drawn)
    chance.shuffle(drawn)
    return tuple(
        Fault(number, at_us, kind, chance.randint(longest_us // 4, longest_us))
        for number, (at_us, kind) in enumerate(zip(times, drawn, strict=True), 1)
    )


def _draw_weather(chance: random.Random) -> Weather:
    return chance.choices(
        (
            Weather(),
            Weather(tail=0.02),
            Weather(loss=0.02, repeat=0.02, tail=0.05, in_order=False),
            Weather(least_us=5_000, most_us=40_000, loss=0.01),
        ),
        (4, 3, 2, 1),
    )[0]


def _draw_clock(chance: random.Random) -> tuple[int, int]:
    if chance.random() < 0.6:
        return chance.randint(-50, 50), 1_000_000 + chance.randint(-100, 100)
    return chance.choice((-60_000, -1_500, 300, 1_500)), 1_000_000 + chance.randint(-20_000, 20_000)
