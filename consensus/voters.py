"""Who decides: the voters of a log, two overlapping sets while a change is under way (joint consensus, Raft §6)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ledger.certificate import quorum


@dataclass(frozen=True, slots=True)
class Voters:
    """The ids of the voters, sorted. During a change `outgoing` holds the set that is being left; else it is empty."""

    incoming: tuple[str, ...]
    outgoing: tuple[str, ...] = ()

    @property
    def halves(self) -> tuple[tuple[str, ...], ...]:
        """The sets each of which must agree."""
        return tuple(half for half in (self.incoming, self.outgoing) if half)

    @property
    def everyone(self) -> tuple[str, ...]:
        """All of them, sorted, each once."""
        return tuple(sorted({*self.incoming, *self.outgoing}))

    def __contains__(self, voter: object) -> bool:
        return voter in self.incoming or voter in self.outgoing

    def agree(self, names: Collection[str]) -> bool:
        """Whether `names` hold a quorum of each half."""
        return bool(self.incoming) and all(
            sum(name in names for name in half) >= quorum(len(half)) for half in self.halves
        )

    def reached(self, places: Mapping[str, int]) -> int:
        """The highest index that a quorum of each half has reached; `places` by id, missing = 0."""
        if not self.incoming:
            return 0
        return min(
            sorted((places.get(name, 0) for name in half), reverse=True)[quorum(len(half)) - 1] for half in self.halves
        )
