"""The network: directed links that delay, lose, repeat and reorder, and that can be cut one way or both.

A lane of a link is first in, first out while the weather says so, like the stream that it stands for; else every
message finds its own way.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.kernel import Kernel

Deliver = Callable[[str, str, bytes], None]


@dataclass(frozen=True)
class Weather:
    """How a network behaves: chances from 0 to 1, times in microseconds."""

    loss: float = 0.0
    repeat: float = 0.0
    least_us: int = 200
    most_us: int = 3_000
    tail: float = 0.0
    """How likely a message is late by up to `tail_us` more."""
    tail_us: int = 300_000
    in_order: bool = True


class Network:
    """Carries bytes between nodes; `deliver(sender, receiver, data)` is called when they arrive."""

    def __init__(self, kernel: Kernel, deliver: Deliver, weather: Weather) -> None:
        self.kernel = kernel
        self.weather = weather
        self.sent = 0
        self.passes: Callable[[str, str, bytes], bool] = lambda sender, receiver, data: True
        """A scenario may stop single messages, by sender, receiver and content."""
        self._deliver = deliver
        self._chance = kernel.stream("network")
        self._cuts: dict[int, frozenset[tuple[str, str]]] = {}
        self._cut: frozenset[tuple[str, str]] = frozenset()
        self._last: dict[tuple[str, str, str], int] = {}

    def send(self, sender: str, receiver: str, lane: str, data: bytes, delay_us: int = 0) -> None:
        """Send after `delay_us`; it may arrive late, twice or never."""
        self.sent += 1
        self.kernel.mix(data)
        weather, chance = self.weather, self._chance
        if (sender, receiver) in self._cut or (weather.loss and chance.random() < weather.loss):
            return
        copies = 2 if weather.repeat and chance.random() < weather.repeat else 1
        for _ in range(copies):
            delay = delay_us + chance.randint(weather.least_us, weather.most_us)
            if weather.tail and chance.random() < weather.tail:
                delay += chance.randrange(weather.tail_us)
            if weather.in_order:
                link = (sender, receiver, lane)
                arrival = max(self.kernel.now + delay, self._last.get(link, 0))
                self._last[link] = arrival
                delay = arrival - self.kernel.now
            self.kernel.after(delay, self._arrive, sender, receiver, data)

    def _arrive(self, sender: str, receiver: str, data: bytes) -> None:
        if (sender, receiver) not in self._cut and self.passes(sender, receiver, data):
            self._deliver(sender, receiver, data)

    def is_cut(self, sender: str, receiver: str) -> bool:
        """Whether nothing passes that way now."""
        return (sender, receiver) in self._cut

    def cut(self, reason: int, links: frozenset[tuple[str, str]]) -> None:
        """Cut directed links for a numbered reason; they open again when no reason is left."""
        self._cuts[reason] = links
        self._cut = frozenset().union(*self._cuts.values())

    def mend(self, reason: int) -> None:
        """Take back what was cut for that reason."""
        self._cuts.pop(reason, None)
        self._cut = frozenset().union(*self._cuts.values())

    def mend_all(self) -> None:
        """Open every link."""
        self._cuts.clear()
        self._cut = frozenset()


def between(some: list[str], others: list[str], *, both: bool = True) -> frozenset[tuple[str, str]]:
    """The links from `some` to `others`, and back if `both`."""
    there = {(one, other) for one in some for other in others if one != other}
    return frozenset(there | {(other, one) for one, other in there} if both else there)
