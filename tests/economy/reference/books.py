"""The reference's money: balances by name, receipts, instructions, debts. Plain integers in plain dicts; no shortcuts.

Written from the rules alone, to disagree with the modules where they are wrong: it shares no code with them. Account
names: `guarantee`, `float:<leader>`, `member:<leader>`, `org:<organisation>`, `escrow:<campaign>`,
`deposit:<campaign>`, `holdback:<campaign>`; receipts have books of their own.
"""

from typing import Any

DEBTS_A_PAYMENT = 8
"""Debts that one earning pays at most."""


def divide(amount: int, weights: list[int]) -> list[int]:
    """Largest remainder: whole fen in proportion to `weights`, adding up to `amount`; ties to the earlier."""
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    for place in sorted(range(len(weights)), key=lambda place: (-remainders[place], place))[: amount - sum(parts)]:
        parts[place] += 1
    return parts


class Books:
    """Who has how many fen.

    `balance[account]`, `held[account]`: on instructions not yet confirmed. `brought[receipt]`: fen taken in by it;
    `kept[receipt]`: of these still with it because its order is not decided; `refunded[receipt]`: told to be paid back.
    `debts`: [debtor, creditor, fen] in order of origin. `redeemed`: fen that have left. `day`: the day that it is;
    `days`: day -> (issued, redeemed) on it; `stated`: day -> whether what the custodian stated of it is so.
    """

    def __init__(self) -> None:
        self.balance: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.brought: dict[str, int] = {}
        self.kept: dict[str, int] = {}
        self.refunded: dict[str, int] = {}
        self.debts: list[list[Any]] = []
        self.issued = 0
        self.redeemed = 0
        self.waiting: list[tuple[str, int]] = []
        self.rejected: list[tuple[str, int]] = []
        self.day = 0
        self.days: dict[int, tuple[int, int]] = {}
        self.stated: dict[int, bool] = {}

    def available(self, account: str) -> int:
        """What can be spent."""
        return self.balance.get(account, 0) - self.held.get(account, 0)

    def issue(self, account: str, fen: int) -> None:
        """Money enters for an organisation or leader."""
        self.count(fen, 0)
        self.add(account, fen)
        self.settle_debts(account)

    def accept(self, receipt: str, fen: int) -> None:
        """Money enters with an order."""
        assert receipt not in self.brought
        self.count(fen, 0)
        self.brought[receipt] = self.kept[receipt] = fen
        self.refunded[receipt] = 0

    def count(self, issued: int, redeemed: int) -> None:
        """Note what comes in and leaves, today and in all."""
        self.issued += issued
        self.redeemed += redeemed
        before = self.days.get(self.day, (0, 0))
        self.days[self.day] = (before[0] + issued, before[1] + redeemed)

    def balance_at_end(self, day: int) -> int:
        """What the custodian had when a day was over."""
        return sum(issued - redeemed for each, (issued, redeemed) in self.days.items() if each <= day)

    def add(self, account: str, fen: int) -> None:
        """Change a balance; it never becomes negative."""
        self.balance[account] = self.balance.get(account, 0) + fen
        assert self.available(account) >= 0, (account, fen)

    def move(self, debit: str, credit: str, fen: int) -> None:
        """From one account to another."""
        self.add(debit, -fen)
        self.add(credit, fen)

    def refund(self, debit: str, receipt: str, fen: int) -> None:
        """Have the custodian pay back to a receipt out of an account (`""`: out of what the receipt itself keeps)."""
        if fen == 0:
            return
        if debit:
            self.add(debit, -fen)
        else:
            self.kept[receipt] -= fen
            assert self.kept[receipt] >= 0
        self.refunded[receipt] += fen
        assert self.refunded[receipt] <= self.brought[receipt], (receipt, "is paid back more than it brought")
        self.waiting.append((f"receipt:{receipt}", fen))

    def withdraw(self, account: str, fen: int) -> bool:
        """Have the custodian pay out money of its own to whoever owns `account`, but what it owes to others."""
        if self.available(account) - self.owed_by(account) < fen:
            return False
        self.held[account] = self.held.get(account, 0) + fen
        self.waiting.append((account, fen))
        return True

    def reserve(self, account: str, fen: int) -> None:
        """Set money of an account aside (or, with less than 0, no longer)."""
        self.held[account] = self.held.get(account, 0) + fen
        assert 0 <= self.held[account] <= self.balance[account]

    def confirm(self) -> None:
        """The custodian has carried out all that it was told so far."""
        for account, fen in self.waiting:
            self.count(0, fen)
            if not account.startswith("receipt:"):
                self.held[account] -= fen
                self.balance[account] -= fen
        self.waiting = []

    def reject(self, receipt: str) -> bool:
        """The custodian cannot pay back to a receipt now; whether there was anything to pay."""
        return self._shift(f"receipt:{receipt}", self.waiting, self.rejected)

    def reissue(self, receipt: str) -> bool:
        """It shall try again; whether there was anything."""
        return self._shift(f"receipt:{receipt}", self.rejected, self.waiting)

    def _shift(self, name: str, source: list[tuple[str, int]], target: list[tuple[str, int]]) -> bool:
        found = [entry for entry in source if entry[0] == name]
        target += found
        source[:] = [entry for entry in source if entry[0] != name]
        return bool(found)

    def pay(self, debit: str, creditor: str, fen: int) -> None:
        """Pay an account or, for `receipt:<name>`, have the money paid back to a receipt."""
        if creditor.startswith("receipt:"):
            self.refund(debit, creditor.removeprefix("receipt:"), fen)
        else:
            self.move(debit, creditor, fen)

    def owe(self, debtor: str, creditor: str, fen: int) -> None:
        """Note a debt."""
        if fen:
            self.debts.append([debtor, creditor, fen])

    def charge(self, debtor: str, creditor: str, fen: int, guarantor: str | None = "guarantee") -> int:
        """Take `fen` from the debtor as far as it goes, then from the guarantor, whom the debtor then owes it; what
        neither has, the debtor owes to the creditor, and that debt is the older one. Returns what was paid.
        """
        assert guarantor not in (debtor, creditor)
        own = min(fen, self.available(debtor))
        helped = min(fen - own, self.available(guarantor)) if guarantor else 0
        self.pay(debtor, creditor, own)
        self.owe(debtor, creditor, fen - own - helped)
        if guarantor:
            self.pay(guarantor, creditor, helped)
            self.owe(debtor, guarantor, helped)
        return own + helped

    def earn(self, debit: str, account: str, fen: int) -> None:
        """An earning, or other money that comes in."""
        if fen:
            self.move(debit, account, fen)
            self.settle_debts(account)

    def owed_by(self, debtor: str) -> int:
        """What somebody owes in all."""
        return sum(debt[2] for debt in self.debts if debt[0] == debtor)

    def settle_debts(self, debtor: str) -> None:
        """Whoever has money pays what it owes, oldest first, a few debts at a time."""
        for debt in [debt for debt in self.debts if debt[0] == debtor][:DEBTS_A_PAYMENT]:
            paid = min(self.available(debtor), debt[2])
            if paid:
                self.pay(debtor, debt[1], paid)
                debt[2] -= paid
        self.debts = [debt for debt in self.debts if debt[2]]

    def total(self) -> int:
        """All that is in, by another way than `issued` less `redeemed`."""
        unconfirmed = sum(fen for account, fen in self.waiting + self.rejected if account.startswith("receipt:"))
        return sum(self.balance.values()) + sum(self.kept.values()) + unconfirmed
