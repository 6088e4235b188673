"""The consensus port: what the node needs of an ordering, be it one voter, Raft or an outside service.

The core returns work and never does it. The driver's loop: `ready()`; make `persist` durable; `advance(ready)`; execute
what the next `ready()` gives as `committed`.
"""

from dataclasses import dataclass
from typing import Protocol

from consensus.entry import Entry


@dataclass(frozen=True, slots=True)
class Ready:
    """Work for the driver.

    `persist`: append to the log and sync before `advance`. `committed`: ordered for good, each entry exactly once and
    in order.
    """

    persist: tuple[Entry, ...] = ()
    committed: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.persist or self.committed)


class NotAccepted(Exception):
    """A proposal is not taken now: too many are waiting, or another validator leads. Try again later, or there."""


class Ordering(Protocol):
    """Orders opaque payloads. Not thread-safe; no clock, socket or file."""

    @property
    def leader(self) -> str | None:
        """The validator to propose to, or None when there is none at the moment."""

    @property
    def term(self) -> int:
        """The current term."""

    def propose(self, payload: bytes) -> tuple[int, int]:
        """Offer a payload; returns its (term, index), where it stands if it is ever committed. Raises `NotAccepted`."""

    def ready(self) -> Ready:
        """What there is to do; falsy when nothing. The same until `advance`."""

    def advance(self, ready: Ready) -> None:
        """The driver has done all of `ready`: `persist` is durable, `committed` is taken over."""
