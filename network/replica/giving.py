"""Who wants blocks, and when to give them: to ask costs a peer nothing, to answer costs a read of a megabyte."""


class Giving:
    """The newest wish of each peer. Each gets one answer a tick, however often it asks: that is faster than anybody
    can execute what it gets, and nobody can keep this node busy with questions.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, int] = {}
        self._answered: set[str] = set()

    def tick(self) -> None:
        """A tick has passed."""
        self._answered.clear()

    def want(self, peer: str, first: int) -> None:
        """A peer asks for blocks from `first` on, and no longer for any others."""
        self._wanted[peer] = first

    def take(self) -> list[tuple[str, int]]:
        """A peer to answer now, and the first block that it wants; [] = none."""
        due = next((peer for peer in self._wanted if peer not in self._answered), None)
        if due is None:
            return []
        self._answered.add(due)
        return [(due, self._wanted.pop(due))]
