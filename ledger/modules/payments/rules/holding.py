"""What organisations and leaders do with money of their own, and the end of a guarantee's notice."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.payments import messages as m
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.errors import (
    FloatOfOther,
    NotEnough,
    NoticeGiven,
    NotOverdue,
    SameAccount,
    StillOwed,
    TransferClosed,
    TransferUnknown,
)
from ledger.modules.payments.ports import Transfer
from ledger.modules.payments.rules.books import Books
from ledger.modules.payments.rules.debts import instruct, pay_debts
from ledger.roles import OPEN, ORGANISATION_ROLES, Role
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.payments.rules.money import Money

OWNERS = (*ORGANISATION_ROLES, Role.LEADER)
"""Who can hold a balance. Residents hold none."""

NOTICE_MS = "guarantee_notice_ms"
FLOAT = "float:"


def _owner(ctx: "Context") -> str:
    """The signer's organisation, or the leader herself."""
    return ctx.signer.subject if ctx.signer.has(Role.LEADER) else f"organisation:{ctx.signer.organisation}"


def deposit(money: "Money", ctx: "Context", _action: m.Deposit) -> None:
    """A receipt's money comes to whom it is made out to; what that one owes is paid first."""
    receipt = ctx.need_restricted(m.Receipt)
    owner = _owner(ctx)
    source = money.accept(ctx, receipt, owner)
    target = p.owner_account(receipt.custodian, owner)
    identifier = p.transfer_id(receipt.number, b"deposit")
    money.income(ctx, [Transfer(identifier, source, target, receipt.fen, "deposit")])
    ctx.journal(owner, OTHER)


def make_rules(money: "Money") -> Rules:
    """The rules of this page."""
    rules = Rules()
    rules.rule(m.Deposit, by=OWNERS)(lambda ctx, action: deposit(money, ctx, action))
    rules.rule(m.Withdraw, by=OWNERS)(withdraw)
    rules.rule(m.Move, by=(Role.PLATFORM,))(move)
    rules.rule(m.Expire, by=OPEN)(expire)
    rules.timer(m.Release)(release)
    return rules


def withdraw(ctx: "Context", _action: m.Withdraw) -> None:
    """The custodian is instructed to pay out what the signer has and nobody has a claim to."""
    terms = ctx.need_restricted(m.WithdrawTerms)
    owner = _owner(ctx)
    name = p.owner_account(terms.custodian, owner)
    books = Books(ctx)
    account = books.account(name)
    ctx.require(account.available_fen >= terms.fen, NotEnough(name))
    ctx.require(account.available_fen - account.owes_fen >= terms.fen, StillOwed(name))
    instruct(books, p.transfer_id(ctx.transaction_id, b"withdraw"), name, None, terms.fen, "withdrawal")
    books.close()
    ctx.journal(owner, OTHER)


def move(ctx: "Context", _action: m.Move) -> None:
    """Between accounts of the platform that signs: at once, but out of the guarantee after a notice."""
    terms = ctx.need_restricted(m.MoveTerms)
    ctx.require(terms.source != terms.target, SameAccount())
    books = Books(ctx)
    source, target = (_named(books, terms.custodian, name) for name in (terms.source, terms.target))
    identifier = p.transfer_id(ctx.transaction_id, b"move")
    if terms.source == "guarantee":
        _give_notice(books, identifier, s.Notice(source, target, terms.fen, ctx.time_ms))
    else:
        books.pay(Transfer(identifier, source, target, terms.fen, "move"))
        pay_debts(books, target)
    books.close()
    ctx.journal(f"organisation:{ctx.signer.organisation}", OTHER)


def _named(books: Books, custodian: str, name: str) -> str:
    """The platform's account that `MoveTerms` names so; raises `FloatOfOther`."""
    owner = f"organisation:{books.ctx.signer.organisation}"
    if not name.startswith(FLOAT):
        return p.owner_account(custodian, owner) + (f"/{name}" if name else "")
    account = p.float_account(custodian, name.removeprefix(FLOAT))
    known = books.account(account).owner
    if known not in ("", owner):
        raise FloatOfOther(account, known)
    books.change(account, owner=owner)
    return account


def _give_notice(books: Books, identifier: bytes, notice: s.Notice) -> None:
    """Only of what is there and under no notice yet, so that no standing notice waits for money to come."""
    under = books.other(s.noticed, notice.source) or 0
    if books.available(notice.source) - under < notice.fen:
        raise NoticeGiven(notice.source)
    books.put(s.noticed, notice.source, under + notice.fen)
    books.put(s.notices, identifier.hex(), notice)
    books.ctx.schedule(books.ctx.time_ms + books.ctx.parameters[NOTICE_MS], m.Release(identifier))
    books.ctx.event("guarantee_notice")


def release(ctx: "Context", timer: m.Release) -> None:
    """The notice is over: what is in the guarantee now moves, at most what notice was given of."""
    key = timer.release.hex()
    books = Books(ctx)
    notice: s.Notice | None = s.notices.get(ctx, key)
    assert notice is not None and notice.moved_fen is None, key
    fen = min(notice.fen, books.available(notice.source))
    if fen:
        books.pay(Transfer(timer.release, notice.source, notice.target, fen, "guarantee_released"))
        pay_debts(books, notice.target)
    books.put(s.notices, key, replace(notice, moved_fen=fen))
    books.put(s.noticed, notice.source, books.other(s.noticed, notice.source) - notice.fen)
    books.close()
    ctx.event("guarantee_released")


def expire(ctx: "Context", _action: m.Expire) -> None:
    """A hold whose time is over no longer holds."""
    identifier = ctx.need_restricted(m.Overdue).transfer
    books = Books(ctx)
    row = books.transfer(identifier)
    if row is None:
        raise TransferUnknown
    ctx.require(row.state == "pending", TransferClosed())
    ctx.require(row.expires_ms is not None and row.expires_ms <= ctx.time_ms, NotOverdue())
    books.release(identifier, "expire")
    books.close()
