"""When the leader proposes: at once after idleness, then at most one proposal each interval, later while earlier ones
are not final, and an empty one now and then so that timers fire and freshness can be judged.
"""

IN_FLIGHT_MAX = 4
"""Proposals that are ordered or being ordered and not final: enough to keep execution busy while the next is ordered,
few enough that what waits is gathered into large ones when the network is slow."""


class Pacing:
    """Remembers when the last proposal was made. All times in milliseconds of the node's clock."""

    def __init__(self) -> None:
        self._last_ms = 0

    def look(self, now_ms: int) -> None:
        """The clock shows `now_ms`. Where it has been set back, nobody waits until it is as late again."""
        self._last_ms = min(self._last_ms, now_ms)

    def proposed(self, now_ms: int) -> None:
        """A proposal was made."""
        self._last_ms = now_ms

    def due_ms(self, interval_ms: int, empty_ms: int, head_ms: int, in_flight: int, *, has_work: bool) -> int | None:
        """From when on to propose; None = not before something else happens.

        `head_ms`: time of the last final block; `in_flight`: proposals not final yet; `has_work`: something waits.
        """
        if in_flight >= IN_FLIGHT_MAX:
            return None
        if has_work:
            # A few large blocks cost less than many small ones, and who is late has work to make up for.
            return self._last_ms + interval_ms * (1 + in_flight)
        return None if in_flight else max(self._last_ms, head_ms) + empty_ms
