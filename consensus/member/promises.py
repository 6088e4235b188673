"""What this member has acknowledged: the newest place, to say it again, and the mark its log must not end below."""

from consensus.entry import Tip
from consensus.messages import Acknowledgement
from consensus.safety import Mark


class Acknowledged:
    """Acknowledgements given. `mark` compares as Raft compares logs; it never goes back."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.term = 0
        self.tip: Tip | None = None
        self._is_new = False

    def give(self, term: int, tip: Tip) -> bool:
        """Following the leader of `term`, the log is durable up to `tip`, or will be before this is sent.

        Returns whether that says more than what was said before in this term.
        """
        if self.tip is not None and (term, tip.index) <= (self.term, self.tip.index):
            return False
        self.term, self.tip, self._is_new = term, tip, True
        self.mark = max(self.mark, Mark(tip.term, tip.index))
        return True

    def lose(self, index: int) -> None:
        """The log ends at `index` now: nothing beyond is said again. The mark stays."""
        if self.tip is not None and self.tip.index > index:
            self.tip, self._is_new = None, False

    def take_new(self) -> Tip | None:
        """What was given since the last call, for the own gate; None = nothing."""
        is_new, self._is_new = self._is_new, False
        return self.tip if is_new else None

    def message(self, term: int, height: int, certified: int) -> Acknowledgement | None:
        """The newest one again, unless it is of another term or a certificate covers it."""
        if self.tip is None or self.term != term or self.tip.index <= certified:
            return None
        return Acknowledgement(term, self.tip.index, self.tip.digest, height)

    def is_held(self, last: Tip) -> bool:
        """Whether a log that ends at `last` has lost something acknowledged."""
        return Mark(last.term, last.index) < self.mark
