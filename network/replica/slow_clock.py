"""A leader whose clock is slow makes way: each of its blocks would carry the last one's time and a millisecond more, so
that empty blocks, timers and deadlines all waited for its clock.
"""

from consensus.member import Member

SLOW_MS = 5_000
"""How far a leader's clock may be behind the last final block. More than a leader before it may be fast."""

PATIENCE_MS = 5_000
"""How long it leads in spite of that: a clock may be about to be set right, and whoever takes over may be no better."""

TRY_MS = 1_000
"""How long it tries each time. Nothing is proposed meanwhile, and whoever shall take over may be out of reach."""


class SlowClock:
    """Watches the clock of a validator while it leads; all times in milliseconds of that clock."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._term = 0
        self._since_ms = 0

    def look(self, now_ms: int, head_ms: int) -> bool:
        """Whether to hand over now: `head_ms`, the time of the last final block, has been far ahead for too long."""
        is_right = now_ms >= head_ms - SLOW_MS
        is_over = not 0 <= now_ms - self._since_ms < PATIENCE_MS + TRY_MS
        if is_right or is_over or self._term != self._member.term:
            self._term, self._since_ms = self._member.term, now_ms
        return now_ms - self._since_ms >= PATIENCE_MS
