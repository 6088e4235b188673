"""From committed to released: entries wait for the gate, for certified floors, and for changes of the voters."""

from collections import deque

from consensus.entry import Entry, Kind
from consensus.gate import Gate


class Releases:
    """Committed entries in order, on their way to the driver.

    `index`: everything up to here is released, or certified and so needs no release. `applied`: up to here it has its
    effect too. `change`: the released CONFIGURATION entry on which the driver has not decided; nothing passes it.
    """

    def __init__(self, floor: int) -> None:
        self.index = floor
        self.applied = floor
        self.change: Entry | None = None
        self._committed: deque[Entry] = deque()

    def add(self, committed: tuple[Entry, ...]) -> None:
        """More is committed, right behind what was."""
        self._committed.extend(committed)

    def take(self, gate: Gate) -> tuple[Entry, ...]:
        """What may be released now."""
        found: list[Entry] = []
        while self._committed and self.change is None and self._committed[0].index <= gate.witnessed:
            entry = self._committed.popleft()
            if entry.index <= self.index:
                continue
            self.index = entry.index
            found.append(entry)
            if entry.kind is Kind.CONFIGURATION:
                self.change = entry
        if self.change is None:
            self.applied = self.index
        return tuple(found)

    def decided(self) -> Entry:
        """The driver has decided on the change, which is returned."""
        change, self.change = self.change, None
        assert change is not None, "no change awaits a decision"
        self.applied = change.index
        return change

    def raise_floor(self, index: int) -> None:
        """A certificate stands for everything up to `index`, whatever waited there included."""
        if self.change is not None and self.change.index <= index:
            self.change = None
        self.index = max(self.index, index)
        if self.change is None:
            self.applied = self.index

    def clear(self) -> None:
        """The log begins anew: nothing waits."""
        self._committed.clear()
        self.change = None
