"""What must hold of the market's money, reviews and points: on every honest machine now and then, on all in the end."""

from typing import TYPE_CHECKING

from ledger.modules.payments.state import accounts
from tests.economy.checks import LIVES, Lives, Rows, check_lives, check_rows, stuck
from tests.simulation.market.recount import check_memory
from tests.simulation.market.view import ROWS_MAX, View

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.market.market import Market

MODULES_EVERY = 3
"""Heights between two looks at all modules' invariants, which grow with the market."""

EVERY = 10
"""Heights between two looks at one machine's money; the machines take turns."""

OWNERS = ("organisation:farm", "organisation:hub", "member:anna", "member:bai")


class Checks:
    """The independent pass over the rows, machine by machine."""

    def __init__(self, market: "Market") -> None:
        self._market, self._cluster = market, market.cluster
        self._lives = Lives(LIVES)
        self._newest: View | None = None
        self._over: tuple[int, bool] = (-1, False)

    def newest(self) -> View:
        """The longest certified chain."""
        stores = (machine.store.contents for machine in self._cluster.machines.values())
        longest = max(stores, key=lambda contents: contents.head.height)
        if self._newest is None or self._newest.contents is not longest or self._newest.height != longest.head.height:
            self._newest = View(self._cluster.genesis, longest)
        return self._newest

    def certified(self, machine: "Machine", height: int, *, is_first: bool) -> None:
        """A machine has stored a block with its certificate; `is_first`: the first one to do so."""
        number = list(self._cluster.machines).index(machine.name)
        if height != machine.store.head.height or (height + number) % EVERY:
            return
        rows = self._check(machine)
        if is_first:
            self._fail(machine, check_lives(self._lives, rows))

    def _check(self, machine: "Machine") -> Rows:
        view = View(self._cluster.genesis, machine.store.contents)
        rows = Rows(view)
        self._fail(machine, [*check_rows(rows), *check_memory(view)])
        return rows

    def _fail(self, machine: "Machine", breaches: list[str]) -> None:
        if breaches:
            height = machine.store.head.height
            raise self._cluster.oracle.fail(f"height {height} of {machine.name}: {'; '.join(breaches)}")

    @property
    def is_over(self) -> bool:
        """Whether all campaigns are at their end and every fen is where it belongs: out, or the platform's own."""
        height = self._cluster.height
        if self._over[0] != height:
            self._over = height, self._is_over()
        return self._over[1]

    def _is_over(self) -> bool:
        if not self._market.is_past_drafting:
            return False
        view = self.newest()
        if any(row.state == "issued" for row in view.instructions.values()):
            return False
        if any((row := view.account(owner)) is not None and row.available_fen for owner in OWNERS):
            return False
        return not stuck(Rows(view))

    def left(self) -> str:
        """What keeps it from being over, for people."""
        view = self.newest()
        open_ones = sum(row.state == "issued" for row in view.instructions.values())
        inside = [owner for owner in OWNERS if (row := view.account(owner)) is not None and row.available_fen]
        return f"{stuck(Rows(view))}, {open_ones} open instructions, not taken out: {' '.join(inside) or 'nothing'}"

    def check_ending(self) -> None:
        """Every honest machine's money, and the bank's own book against the longest chain. Raises `Violation`."""
        for name, machine in self._cluster.machines.items():
            if name not in self._cluster.liars and machine.store.head.height:
                self._check(machine)
                self._cluster.oracle.check_modules(machine.store.contents)
        self._check_book()

    def _check_book(self) -> None:
        """The ledger took in and paid out what the bank was told, and, once all is answered, nothing else."""
        view, market = self.newest(), self._market
        inside = [row.receipt for _, row in accounts.scan(view.context(), limit=ROWS_MAX)]
        issued = {receipt.number: receipt.fen for receipt in inside if receipt is not None}
        redeemed = {bytes.fromhex(key) for key, row in view.instructions.items() if row.state == "confirmed"}
        if not (market.taken.items() <= issued.items() and market.paid <= redeemed):
            raise self._cluster.oracle.fail("the bank was told of money that the ledger does not know")
        if market.is_idle and (market.taken != issued or market.paid != redeemed):
            raise self._cluster.oracle.fail("the ledger counts money that the bank was not told of")
