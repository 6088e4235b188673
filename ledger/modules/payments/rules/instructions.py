"""What becomes of instructions: confirmed, rejected, issued again."""

from typing import TYPE_CHECKING

from ledger.module import Rules
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import (
    InstructionClosed,
    InstructionOfOther,
    InstructionUnknown,
    NotRefund,
    NotRejected,
)
from ledger.modules.payments.rules.books import Books
from ledger.modules.payments.rules.debts import instruct, pay_debts
from ledger.roles import OPEN, Role
from ledger.state import OTHER
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.payments.payouts import Instruction

rules = Rules()


@rules.rule(m.Confirm, by=(Role.CUSTODIAN,))
def confirm(ctx: "Context", _action: m.Confirm) -> None:
    """The custodian has paid: the money leaves, for all of the batch or for none."""
    batch = ctx.need_restricted(m.Confirmed)
    books = Books(ctx)
    for place, identifier in enumerate(batch.instructions, 1):
        row = _need_open(books, identifier, "confirm", place)
        books.post(identifier, row.fen)
    _finish(ctx, books)


@rules.rule(m.Reject, by=(Role.CUSTODIAN,))
def reject(ctx: "Context", _action: m.Reject) -> None:
    """The custodian cannot pay: a refund waits in its receipt's account, a withdrawal is its owner's again."""
    terms = ctx.need_restricted(m.Rejected)
    check_text("reason", terms.reason)
    books = Books(ctx)
    row = _need_open(books, terms.instruction, "reject", 1)
    books.release(terms.instruction, "void")
    books.note(terms.instruction, reason=terms.reason)
    if row.receipt is None:
        pay_debts(books, row.account)
    _finish(ctx, books)


@rules.rule(m.Reissue, by=OPEN)
def reissue(ctx: "Context", _action: m.Reissue) -> None:
    """A rejected refund is tried once more, under another id. It was counted for its receipt and stays so."""
    identifier = ctx.need_restricted(m.Again).instruction
    books = Books(ctx)
    row = books.instruction(identifier)
    if row is None:
        raise InstructionUnknown(1)
    ctx.require(row.receipt is not None, NotRefund())
    ctx.require(row.state == "rejected" and row.successor is None, NotRejected())
    following = p.instruction_id(identifier)
    books.note(identifier, successor=following)
    instruct(books, following, row.account, row.receipt, row.fen, row.why)
    books.close()


def _need_open(books: Books, identifier: bytes, event: str, place: int) -> "Instruction":
    """The instruction, taken off the list of what is to do; raises unless it is the signer's to end."""
    row = books.instruction(identifier)
    if row is None:
        raise InstructionUnknown(place)
    if row.custodian != books.ctx.signer.organisation:
        raise InstructionOfOther(place)
    if event not in s.INSTRUCTION_TRANSITIONS[row.state]:
        raise InstructionClosed(place)
    key = s.due_key(row.custodian, row.page)
    left = tuple(each for each in books.other(s.due, key) if each.instruction != identifier)
    books.put(s.due, key, left or None)
    return row


def _finish(ctx: "Context", books: Books) -> None:
    books.close()
    ctx.journal(f"organisation:{ctx.signer.organisation}", OTHER)
