"""When a removed validator may stop: not before the others have shown that they can do without it.

Whoever has not applied the change yet still counts the acknowledgements of the old voters, and may need those of the
one that leaves; so it stays, and says again what it acknowledged, until a quorum of the new voters has certified more.
"""

from collections.abc import Mapping

from consensus.voters import Voters

LEADERLESS_TICKS = 100
"""Ticks without a leader after which a removed validator concludes that the others go on without it."""

LINGER_TICKS = 240
"""Ticks after which one that is no voter any more stops in any case: longer than an idle network has no block."""


class Retirement:
    """Asked once a tick, from when the ledger calls this validator retired."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._leaderless_ticks = 0
        self._out_ticks = 0
        self._out_height = 0

    def is_due(self, leader: str, voters: Voters, height: int, heights: Mapping[str, int]) -> bool:
        """Whether it is time to stop. `leader`: "" = none is known; `voters`: by the last applied change; `height`:
        certified here; `heights`: certified at others, as they say.
        """
        self._leaderless_ticks = 0 if leader else self._leaderless_ticks + 1
        if self._id in voters:
            return self._leaderless_ticks >= LEADERLESS_TICKS
        if not self._out_ticks:
            self._out_height = height
        self._out_ticks += 1
        further = [peer for peer, known in heights.items() if known > self._out_height]
        return self._out_ticks >= LINGER_TICKS or voters.agree(further)
