"""Debts, and instructions to custodians: what is owed is paid out of what comes in, and what is a buyer's goes out."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import ReceiptOverdrawn, ReceiptUnknown
from ledger.modules.payments.ports import Transfer

if TYPE_CHECKING:
    from ledger.modules.payments.ports import Why
    from ledger.modules.payments.rules.books import Books

DEBTS_PER_CALL = 8
"""Debts that one call pays at most, so that it stays bounded."""


def reserve(books: "Books", account: str, fen: int) -> s.Accepted:
    """Count `fen` as paid back to an account's receipt; raises `ReceiptUnknown`, and `ReceiptOverdrawn` beyond what it
    brought.
    """
    receipt = books.account(account).receipt
    if receipt is None:
        raise ReceiptUnknown
    receipt = replace(receipt, refunded_fen=receipt.refunded_fen + fen)
    if receipt.refunded_fen > receipt.fen:
        raise ReceiptOverdrawn
    books.change(account, receipt=receipt)
    return receipt


def instruct(books: "Books", identifier: bytes, account: str, receipt: bytes | None, fen: int, why: "Why") -> None:
    """Hold `fen` of `account` for the custodian to pay out: to where a receipt came from, or to the owner (None)."""
    custodian = p.custodian_of(account)
    world = p.custodian_account(custodian)
    given = books.account(world).instructions
    page = given // s.ENTRIES_PER_PAGE
    books.hold(Transfer(identifier, account, world, fen, why), None, s.Payout(receipt, page))
    books.change(world, instructions=given + 1)
    key = s.due_key(custodian, page)
    books.put(s.due, key, (*(books.other(s.due, key) or ()), s.Due(books.ctx.time_ms, identifier)))


def owe(books: "Books", debtor: str, creditor: str, fen: int, charge: bytes, why: "Why") -> None:
    """Write down that `debtor` owes. What is owed to a receipt counts as paid back to it."""
    if s.is_receipt(creditor):
        reserve(books, creditor, fen)
    account = books.account(debtor)
    number = account.debts + 1
    row = s.Receivable(charge, creditor, fen, fen, why, books.ctx.time_ms)
    books.put(s.receivables, s.receivable_key(debtor, number), row)
    books.change(debtor, owes_fen=account.owes_fen + fen, debts=number)


def pay_debts(books: "Books", debtor: str, limit: int = DEBTS_PER_CALL) -> int:
    """Pay what an account owes out of what it can spend, the oldest debt first, at most `limit` of them; how many it
    was. A receipt's money is instructed at once.
    """
    for done in range(limit):
        account = books.account(debtor)
        fen = min(account.owes_fen, account.available_fen)
        if fen <= 0:
            return done
        number = account.debts_paid + 1
        debt: s.Receivable | None = books.other(s.receivables, s.receivable_key(debtor, number))
        assert debt is not None and debt.left_fen > 0, f"{debtor} owes nothing under {number}"
        fen = min(debt.left_fen, fen)
        _pay_debt(books, debtor, number, debt, fen)
        paid = account.debts_paid + (fen == debt.left_fen)
        books.change(debtor, owes_fen=account.owes_fen - fen, debts_paid=paid)
    return limit


def _pay_debt(books: "Books", debtor: str, number: int, debt: s.Receivable, fen: int) -> None:
    """What is left falls with each payment, so that each has an id of its own."""
    identifier = p.transfer_id(debt.id, b"debt", debt.left_fen.to_bytes(8, "big"))
    books.pay(Transfer(identifier, debtor, debt.creditor, fen, "receivable"))
    books.put(s.receivables, s.receivable_key(debtor, number), replace(debt, left_fen=debt.left_fen - fen))
    receipt = books.account(debt.creditor).receipt
    if receipt is not None:
        instruct(books, p.instruction_id(identifier), debt.creditor, receipt.number, fen, debt.why)
