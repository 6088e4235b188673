"""What this member has acknowledged: the newest place, to say it again, and the mark its log must not end below."""

from consensus.entry import Tip
from consensus.messages import Acknowledgement
from consensus.safety import Mark


class Acknowledged:
    """Acknowledgements given. `mark` compares as Raft compares logs. It goes back only where a later leader's log, or a
    certificate, has something else in place of what was acknowledged: else a node whose log was rightly cut would look
    like one that lost it, and when a leader dies in the middle of that, too few would be left to elect another.
    """

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.term = 0
        self.tip: Tip | None = None
        self.void: Mark | None = None
        """How far the mark went back since this was last looked at."""
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

    def say_again(self, term: int, tip: Tip) -> None:
        """After a restart: the mark is of the current term, and `tip` is what the log still holds there. The leader
        knows of it and will not ask; whoever missed the acknowledgement waits for it, and the own gate does.
        """
        self.term, self.tip, self._is_new = term, tip, True

    def replaced(self, before: Tip, *, is_whole: bool) -> None:
        """What our log held behind `before` is rightly replaced. `is_whole`: it held all that was acknowledged."""
        if self.tip is not None and self.tip.index > before.index:
            self.tip, self._is_new = None, False
        mark = Mark(before.term, before.index)
        if is_whole and mark < self.mark:
            self.mark = mark
            self.void = mark if self.void is None else min(mark, self.void)

    def take_void(self) -> Mark | None:
        """How far the mark went back since the last call; None = not at all."""
        void, self.void = self.void, None
        return void

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
