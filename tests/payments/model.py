"""Money as a child would keep it: a purse for each account, a list of what is promised, from the rules alone."""

from dataclasses import dataclass, field

from ledger.modules.payments import errors as e

DEBTS_PER_CALL = 8


@dataclass
class Hold:
    """Money of `debit` promised to `credit`."""

    debit: str
    credit: str
    fen: int
    until_ms: int
    state: str = "pending"


@dataclass
class Paid:
    """An instruction."""

    account: str
    receipt: int | None
    fen: int
    state: str = "issued"
    again: bool = False


@dataclass
class Debt:
    """What is still owed, and to whom."""

    creditor: str
    left: int


@dataclass
class Model:
    """All purses. A receipt is known by its place in `brought`, an account by any name."""

    purses: dict[str, int] = field(default_factory=dict)
    brought: list[tuple[str, int]] = field(default_factory=list)
    back: dict[int, int] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    debts: dict[str, list[Debt]] = field(default_factory=dict)
    issued: int = 0
    redeemed: int = 0

    def has(self, name: str) -> int:
        """What is in a purse."""
        return self.purses.get(name, 0)

    def free(self, name: str) -> int:
        """What of it is not promised."""
        promised = sum(hold.fen for hold in self.holds if hold.debit == name and hold.state == "pending")
        out = sum(paid.fen for paid in self.paid if paid.account == name and paid.state == "issued")
        return self.has(name) - promised - out

    def owes(self, name: str) -> int:
        """What it owes in all."""
        return sum(debt.left for debt in self.debts.get(name, []))

    def room(self, receipt: int) -> int:
        """What may still go back to a receipt."""
        return self.brought[receipt][1] - self.back.get(receipt, 0)

    def give(self, giver: str, taker: str, fen: int) -> None:
        """From one purse into another."""
        assert self.free(giver) >= fen >= 0
        self.purses[giver] = self.has(giver) - fen
        self.purses[taker] = self.has(taker) + fen

    def bring(self, account: str, fen: int) -> None:
        """A receipt's money."""
        self.issued += fen
        self.purses[account] = self.has(account) + fen
        self.brought.append((account, fen))

    def earn(self, giver: str, taker: str, fen: int) -> int:
        """Income; 0 or the number of the refusal."""
        if self.free(giver) < fen:
            return e.NotEnough.number
        self.give(giver, taker, fen)
        self.settle(taker)
        return 0

    def settle(self, name: str) -> None:
        """Debts out of what there is, oldest first, eight at most."""
        for debt in [debt for debt in self.debts.get(name, []) if debt.left][:DEBTS_PER_CALL]:
            fen = min(debt.left, self.free(name))
            if not fen:
                return
            self.give(name, debt.creditor, fen)
            debt.left -= fen
            receipt = self.receipt_of(debt.creditor)
            if receipt is not None:
                self.paid.append(Paid(debt.creditor, receipt, fen))

    def receipt_of(self, account: str) -> int | None:
        """The receipt whose account this is."""
        return next((place for place, (name, _) in enumerate(self.brought) if name == account), None)

    def refund(self, giver: str, receipt: int, fen: int) -> int:
        """0 or the number of the refusal."""
        account, _ = self.brought[receipt]
        if self.room(receipt) < fen:
            return e.ReceiptOverdrawn.number
        if self.free(giver) < fen:
            return e.NotEnough.number
        if giver != account:
            self.give(giver, account, fen)
        self.back[receipt] = self.back.get(receipt, 0) + fen
        self.paid.append(Paid(account, receipt, fen))
        return 0

    def charge(self, debtor: str, creditor: str, guarantor: str, fen: int) -> int:
        """0 or the number of the refusal."""
        own = min(fen, self.free(debtor))
        given = min(fen - own, self.free(guarantor))
        missing = fen - own - given
        receipt = self.receipt_of(creditor)
        if missing and receipt is not None:
            if self.room(receipt) < missing:
                return e.ReceiptOverdrawn.number
            self.back[receipt] = self.back.get(receipt, 0) + missing
        self.give(debtor, creditor, own)
        self.give(guarantor, creditor, given)
        owed = self.debts.setdefault(debtor, [])
        owed += [Debt(who, left) for who, left in ((creditor, missing), (guarantor, given)) if left]
        return 0

    def withdraw(self, name: str, fen: int) -> int:
        """0 or the number of the refusal."""
        if self.free(name) < fen:
            return e.NotEnough.number
        if self.free(name) - self.owes(name) < fen:
            return e.StillOwed.number
        self.paid.append(Paid(name, None, fen))
        return 0
