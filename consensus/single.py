"""Ordering with one voter: an entry is committed when it is durable here. Stands where Raft will stand."""

from consensus.entry import Entry, Tip, next_entry
from consensus.port import NotAccepted, Ready

PENDING_MAX = 64
"""Entries that may wait to be persisted and executed."""


class SingleVoter:
    """`consensus.port.Ordering` for a voter set of one. It leads always, in one term.

    `tip` is the end of the durable log; entries up to it are the driver's to replay (`consensus.recovery`).
    """

    def __init__(self, name: str, tip: Tip, term: int = 1) -> None:
        self._name = name
        self._term = max(1, term, tip.term)
        self._tip = tip
        self._unstable: list[Entry] = []
        self._committed: list[Entry] = []

    @property
    def leader(self) -> str | None:
        """Always this validator."""
        return self._name

    @property
    def term(self) -> int:
        """The term of every new entry."""
        return self._term

    @property
    def tip(self) -> Tip:
        """The last entry proposed, durable or not."""
        return self._tip

    def propose(self, payload: bytes) -> tuple[int, int]:
        """Order a payload; returns its (term, index). Raises `NotAccepted` when too many are waiting."""
        if len(self._unstable) + len(self._committed) >= PENDING_MAX:
            raise NotAccepted(f"{PENDING_MAX} proposals are waiting")
        entry = next_entry(self._tip, self._term, payload)
        self._unstable.append(entry)
        self._tip = entry.tip
        return entry.term, entry.index

    def ready(self) -> Ready:
        """Entries to make durable, and entries that are."""
        return Ready(tuple(self._unstable), tuple(self._committed))

    def advance(self, ready: Ready) -> None:
        """What was persisted is committed; what was committed is done with."""
        persisted, done = len(ready.persist), len(ready.committed)
        assert tuple(self._unstable[:persisted]) == ready.persist, "advance with a ready of another time"
        assert tuple(self._committed[:done]) == ready.committed, "advance with a ready of another time"
        del self._committed[:done]
        self._committed += self._unstable[:persisted]
        del self._unstable[:persisted]
