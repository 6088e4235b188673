"""Double entry: every movement debits one account and credits another of the same custodian, by the same fen.

Whatever the paths of money, they are all written down here and nowhere else:

| what | debit | credit | pending first |
|--|--|--|--|
| a receipt is accepted | custodian | receipt | no |
| an order is held, then formed | receipt | campaign | yes, posted in part; the rest is released |
| a refund, from elsewhere than the receipt | that account | receipt | no |
| any refund | receipt | custodian | yes, until the custodian confirms; released when it rejects |
| a deposit | receipt | organisation or member | no |
| a withdrawal | organisation or member | custodian | yes, as a refund |
| earnings, charges, debts paid | one account | another | no |
"""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ledger.days import day_of
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import NotEnough, PostedTooMuch, TransferClosed, TransferDiffers, TransferUnknown
from ledger.modules.payments.payouts import instruction_in

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.payments.payouts import Instruction
    from ledger.modules.payments.ports import Transfer, Why
    from ledger.state import Table


class Books:
    """The accounts and transfers that one call touches. Nothing is written before `close`; a refusal leaves nothing."""

    def __init__(self, ctx: "Context") -> None:
        self.ctx = ctx
        self._accounts: dict[str, s.Account] = {}
        self._transfers: dict[str, s.TransferRow] = {}
        self._others: dict[bytes, tuple[Table[Any], str, Any]] = {}

    def account(self, name: str) -> s.Account:
        """The account as it stands now."""
        found = self._accounts.get(name)
        return found if found is not None else s.account_row(self.ctx, name)

    def available(self, name: str) -> int:
        """What can be spent of an account, fen; never below 0 but for a custodian's."""
        return self.account(name).available_fen

    def change(self, name: str, **fields: Any) -> None:
        """Replace fields of an account's row."""
        self._accounts[name] = replace(self.account(name), **fields)

    def transfer(self, identifier: bytes) -> s.TransferRow | None:
        """The transfer with this id, or None."""
        key = identifier.hex()
        return self._transfers.get(key) or s.transfers.get(self.ctx, key)

    def instruction(self, identifier: bytes) -> "Instruction | None":
        """The instruction that the transfer with this id is, or None."""
        return instruction_in(self.transfer(identifier))

    def other(self, table: "Table[Any]", key: str) -> Any:
        """A row of another of payments' tables as it stands now, or None."""
        found = self._others.get(table.prefix + key.encode())
        return found[2] if found is not None else table.get(self.ctx, key)

    def put(self, table: "Table[Any]", key: str, value: Any) -> None:
        """Write a row of another of payments' tables; None deletes it."""
        self._others[table.prefix + key.encode()] = (table, key, value)

    def same(self, transfer: "Transfer", expires_ms: int | None = None) -> s.TransferRow | None:
        """The transfer if it is known with the same content, None if its id is new; raises `TransferDiffers`."""
        known = self.transfer(transfer.id)
        if known is None:
            return None
        content = (known.debit, known.credit, known.fen, known.why, known.further, known.expires_ms)
        if content != (*transfer[1:], expires_ms):
            raise TransferDiffers
        return known

    def pay(self, transfer: "Transfer", fen: int | None = None) -> None:
        """Move `fen` (all of it unless given) at once, under an id that is new; raises `NotEnough`."""
        identifier, debit, credit, asked, why, further = transfer
        moved = asked if fen is None else fen
        now_ms = self.ctx.time_ms
        row = s.TransferRow(debit, credit, asked, why, now_ms, None, "posted", moved, now_ms, further)
        self._begin(transfer)
        self._need(debit, moved + sum(part.fen for part in further))
        self._transfers[identifier.hex()] = row
        self._flow(identifier, row)

    def hold(self, transfer: "Transfer", expires_ms: int | None, payout: s.Payout | None = None) -> None:
        """Reserve money under an id that is new, with `payout` for the custodian to pay out; raises `NotEnough`."""
        debit, credit, fen = transfer.debit, transfer.credit, transfer.fen
        self._begin(transfer)
        assert not transfer.further, transfer
        self._need(debit, fen)
        self._transfers[transfer.id.hex()] = s.TransferRow(
            debit, credit, fen, transfer.why, self.ctx.time_ms, expires_ms, "pending", payout=payout
        )
        self.change(debit, debits_pending=self.account(debit).debits_pending + fen)
        self.change(credit, credits_pending=self.account(credit).credits_pending + fen)

    def post(self, identifier: bytes, fen: int) -> None:
        """Make a hold final for `fen`; raises `TransferUnknown`, `TransferClosed` or `PostedTooMuch`."""
        row = self._need_transfer(identifier)
        if row.state == "posted" and row.posted_fen == fen and row.expires_ms is not None:
            return
        if fen > row.fen:
            raise PostedTooMuch
        self._flow(identifier, self._end(identifier, row, "post", fen))

    def release(self, identifier: bytes, event: str) -> None:
        """`void` or `expire` a hold; raises `TransferUnknown` or `TransferClosed`."""
        self._end(identifier, self._need_transfer(identifier), event, 0)

    def note(self, identifier: bytes, **fields: Any) -> None:
        """Add to what an instruction says. Requires one."""
        row = self._need_transfer(identifier)
        assert row.payout is not None, identifier.hex()
        self._transfers[identifier.hex()] = replace(row, payout=replace(row.payout, **fields))

    def close(self) -> None:
        """Write everything down."""
        for name, account in self._accounts.items():
            assert s.is_custodian(name) or account.available_fen >= 0, f"{name} is overdrawn"
            s.accounts.put(self.ctx, name, account)
        for key, row in self._transfers.items():
            s.transfers.put(self.ctx, key, row)
        for table, key, value in self._others.values():
            if value is None:
                table.delete(self.ctx, key)
            else:
                table.put(self.ctx, key, value)

    def _begin(self, transfer: "Transfer") -> None:
        """What our own callers must have made sure of."""
        assert len(transfer.id) == p.ID_SIZE and self.transfer(transfer.id) is None, transfer
        debit = transfer.debit
        for credit, fen, _ in ((transfer.credit, transfer.fen, transfer.why), *transfer.further):
            assert fen > 0 and debit != credit, transfer
            assert p.custodian_of(debit) == p.custodian_of(credit), transfer

    def _need(self, debit: str, fen: int) -> None:
        if not s.is_custodian(debit) and self.available(debit) < fen:
            raise NotEnough(debit if s.has_statement(debit) else "")

    def _need_transfer(self, identifier: bytes) -> s.TransferRow:
        row = self.transfer(identifier)
        if row is None:
            raise TransferUnknown
        return row

    def _end(self, identifier: bytes, row: s.TransferRow, event: str, fen: int) -> s.TransferRow:
        """Let a pending transfer be pending no longer."""
        following = s.TRANSFER_TRANSITIONS[row.state].get(event)
        if following is None:
            raise TransferClosed
        ended = replace(row, state=following, posted_fen=fen, closed_ms=self.ctx.time_ms)
        self._transfers[identifier.hex()] = ended
        self.change(row.debit, debits_pending=self.account(row.debit).debits_pending - row.fen)
        self.change(row.credit, credits_pending=self.account(row.credit).credits_pending - row.fen)
        return ended

    def _flow(self, identifier: bytes, row: s.TransferRow) -> None:
        """Both sides of what moves, with their entries, and the custodian's day."""
        for credit, fen, why in row.moved:
            payer = self.account(row.debit)
            self._enter(row.debit, replace(payer, debits_posted=payer.debits_posted + fen), identifier, -fen, why)
            payee = self.account(credit)
            self._enter(credit, replace(payee, credits_posted=payee.credits_posted + fen), identifier, fen, why)
            if s.is_custodian(row.debit) or s.is_custodian(credit):
                self._count(p.custodian_of(credit), fen, issued=s.is_custodian(row.debit))

    def _enter(self, name: str, account: s.Account, identifier: bytes, change: int, why: "Why") -> None:
        """The account after a movement, and a line of its statement where it has one."""
        if s.has_statement(name):
            account = replace(account, entries=account.entries + 1)
            entry = s.Entry(identifier, change, account.balance_fen, self.ctx.time_ms, why)
            key = s.page_key(name, account.entries)
            self.put(s.pages, key, (*(self.other(s.pages, key) or ()), entry))
        self._accounts[name] = account

    def _count(self, custodian: str, fen: int, *, issued: bool) -> None:
        """What was issued or redeemed counts for the day of the block."""
        key = s.day_key(custodian, day_of(self.ctx.time_ms))
        day: s.Day = self.other(s.days, key) or s.Day()
        if issued:
            day = replace(day, issued_fen=day.issued_fen + fen)
        else:
            day = replace(day, redeemed_fen=day.redeemed_fen + fen)
        self.put(s.days, key, day)
