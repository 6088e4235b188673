"""A person of the market as a client: looks, does the next thing, repeats the same bytes until there is an answer."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ledger.block import ACCEPTED, Receipt
from ledger.transaction import Transaction
from tests.simulation.kernel import MILLISECOND
from tests.simulation.market.errand import Errand, Sight
from tests.simulation.market.view import View
from tests.simulation.workload import PATIENCE_US, Answer

if TYPE_CHECKING:
    from tests.simulation.market.market import Market

Role = Callable[[Sight], Iterator[Errand]]
"""What somebody could do next, most urgent first."""

THINK_US = (50 * MILLISECOND, 700 * MILLISECOND)


class Trader:
    """One thing at a time; told nothing but answers and what certified states say."""

    def __init__(self, market: "Market", name: str, role: Role) -> None:
        self.name, self.role = name, role
        self.receipts: dict[bytes, Receipt] = {}
        self.is_stopping = False
        self.tries: Counter[str] = Counter()
        self.waiting: Transaction | None = None
        self._market, self._kernel = market, market.cluster.kernel
        self._chance = self._kernel.stream(f"market/{name}")
        self._errand: Errand | None = None
        self._left: list[Transaction] = []
        self._asked = 0

    def start(self) -> None:
        """Begin after a moment."""
        self._rest()

    @property
    def is_idle(self) -> bool:
        """Nothing of hers is unanswered."""
        return self.waiting is None

    def _rest(self) -> None:
        self._kernel.after(self._chance.randint(*THINK_US), self._begin)

    def _begin(self) -> None:
        if self.is_stopping:
            return
        view = self._market.look(self._chance)
        errand = None if view is None else self._next_errand(view)
        if view is None or errand is None:
            self._rest()
            return
        self.tries[errand.what] += 1
        self._errand = errand
        self._left = self._market.prepare(errand, view)
        self._go_on()

    def _next_errand(self, view: View) -> Errand | None:
        """The first thing to be done that was not tried too often."""
        found = self.role(Sight(self._market, view))
        return next((errand for errand in found if self.tries[errand.what] < errand.tries_max), None)

    def _go_on(self) -> None:
        if not self._left:
            self._rest()
            return
        self.waiting = self._left.pop(0)
        self._ask(self.waiting)

    def _ask(self, transaction: Transaction) -> None:
        """Try anywhere; whoever does not answer in time is given up, though it may still act."""
        self._asked += 1
        attempt = self._asked
        where = self._chance.choice(self._market.cluster.doors())
        answered: Callable[[Answer], None] = lambda got: self._answered(attempt, transaction, got)  # noqa: E731
        delay_us = self._chance.randint(100, 2_000)
        self._kernel.after(delay_us, self._market.cluster.submit, where, transaction.envelope, answered)
        self._kernel.after(PATIENCE_US, self._again, attempt, transaction)

    def _again(self, attempt: int, transaction: Transaction) -> None:
        if attempt == self._asked and self.waiting is transaction:
            self._ask(transaction)

    def _answered(self, attempt: int, transaction: Transaction, got: Answer) -> None:
        if self.waiting is not transaction:
            return
        if not isinstance(got, Receipt):
            if attempt == self._asked:
                self._kernel.after(self._chance.randint(20, 200) * MILLISECOND, self._again, attempt, transaction)
            return
        self.waiting = None
        self._asked += 1
        self.receipts[got.transaction_id] = got
        assert self._errand is not None
        self._market.answered(self, self._errand.what, transaction, got)
        if got.code != ACCEPTED and not self._errand.goes_on:
            self._left = []
        self._go_on()
