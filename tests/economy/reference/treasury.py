"""Money in and out beside orders: receipts of organisations, payouts, the platform's own accounts."""

from typing import Any

from tests.economy.reference.world import World, need


class Treasury(World):
    """Money in and out beside orders: receipts of organisations, payouts, the platform's own accounts."""

    def do_deposit(self, h: dict[str, Any]) -> None:
        """Money comes in for an organisation or leader."""
        self.books.issue(h["account"], h["fen"])

    def do_withdraw(self, h: dict[str, Any]) -> None:
        """An organisation or leader has money of its own paid out."""
        need(self.books.withdraw(h["account"], h["fen"]), "no money")

    def do_confirm(self, h: dict[str, Any]) -> None:
        """The custodian has carried out everything so far."""
        need(bool(self.books.waiting), "nothing to confirm")
        self.books.confirm()

    def do_reject(self, h: dict[str, Any]) -> None:
        """The custodian could not pay a buyer back."""
        need(self.books.reject(h["order"]), "nothing to reject")

    def do_reissue(self, h: dict[str, Any]) -> None:
        """Anybody has it try again."""
        need(self.books.reissue(h["order"]), "nothing was rejected")

    def do_state_day(self, h: dict[str, Any]) -> None:
        """What the custodian says that a day, long enough over but not too long, came to."""
        day = h["day"]
        need(self.today() - 366 <= day < self.today(), "not over, or too old")
        need(day not in self.books.stated, "stated already")
        said = (h["issued"], h["redeemed"], h["balance"])
        self.books.stated[day] = said == (*self.books.days.get(day, (0, 0)), self.books.balance_at_end(day))

    def do_move(self, h: dict[str, Any]) -> None:
        """Between the platform's own accounts; out of the guarantee only after a notice."""
        if h["source"] == "guarantee":
            need(self.books.available("guarantee") - self.noticed >= h["fen"], "not so much that is not under notice")
            self.noticed += h["fen"]
            self.at(self.now + self.windows["guarantee_notice"], "notice", h["target"], h["fen"])
            return
        need(self.books.available(h["source"]) >= h["fen"], "no money")
        self.books.earn(h["source"], h["target"], h["fen"])

    def due_notice(self, target: str, fen: int) -> None:
        """The notice is over: what is then there, at most what was asked."""
        self.noticed -= fen
        self.books.earn("guarantee", target, min(fen, self.books.available("guarantee")))
