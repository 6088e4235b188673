"""What always holds of money; run by tests and the simulator after every block. Each breach is told in words.

All sums are made anew from transfers, entries, instructions and debts; nothing is believed that an account says of
itself.
"""

from collections import Counter
from typing import TYPE_CHECKING

from ledger.crypto.encoding import encode
from ledger.modules.payments import ports as p
from ledger.modules.payments import state as s
from ledger.modules.payments.messages import DayTotals, Release
from ledger.timers import scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.context import Context
    from ledger.state import BlockState


def check_invariants(ctx: "Context") -> list[str]:
    """Every breach found in all of payments, empty when it is sound."""
    accounts, transfers = dict(s.accounts.every(ctx)), dict(s.transfers.every(ctx))
    payouts = {key: row for key, row in transfers.items() if row.payout is not None}
    receivables = dict(s.receivables.every(ctx))
    return [
        *_double_entry(accounts, transfers),
        *_conservation(accounts),
        *_transfer_breaches(transfers),
        *_entry_breaches(ctx, accounts, transfers),
        *_receipt_breaches(accounts, payouts, receivables),
        *_payout_breaches(payouts),
        *_due_breaches(ctx, accounts, payouts),
        *_debt_breaches(accounts, receivables),
        *_day_breaches(ctx, accounts),
        *_notice_breaches(ctx),
    ]


def check_block(state: "BlockState") -> list[str]:
    """What a block did to the accounts it touched: every fen that came to one left another of the same custodian, and
    none but a custodian's is overdrawn. So issued less redeemed is the sum of all accounts after each block, as it was
    before it.
    """
    sums: Counter[str] = Counter()
    breaches = []
    for name, before, after in state.changed(s.accounts):
        assert after is not None, f"{name}: accounts stay"
        sums[p.custodian_of(name)] += after.balance_fen - (before.balance_fen if before is not None else 0)
        if after.available_fen < 0 and not s.is_custodian(name):
            breaches.append(f"the account {name} is overdrawn")
    breaches += [f"money of {custodian} came from nowhere or is gone" for custodian, fen in sums.items() if fen]
    return breaches


def _double_entry(accounts: dict[str, s.Account], transfers: dict[str, s.TransferRow]) -> "Iterator[str]":
    """Each account says what its transfers come to; none but a custodian's has less than it holds."""
    sums: dict[str, Counter[str]] = {}
    for row in transfers.values():
        pending = row.fen if row.state == "pending" else 0
        moved_fen = sum(part.fen for part in row.moved)
        sums.setdefault(row.debit, Counter()).update(debits_pending=pending, debits_posted=moved_fen)
        sums.setdefault(row.credit, Counter()).update(credits_pending=pending)
        for part in row.moved:
            sums.setdefault(part.credit, Counter()).update(credits_posted=part.fen)
    yield from (
        f"{name} has transfers and no row" for name in sums if name not in accounts and any(sums[name].values())
    )
    for name, account in accounts.items():
        found = sums.get(name, Counter())
        for field in ("debits_pending", "debits_posted", "credits_pending", "credits_posted"):
            if getattr(account, field) != found[field]:
                yield f"{name} has {field} {getattr(account, field)}, its transfers come to {found[field]}"
        if account.available_fen < 0 and not s.is_custodian(name):
            yield f"{name} is overdrawn"


def _conservation(accounts: dict[str, s.Account]) -> "Iterator[str]":
    """What a custodian issued and has not redeemed is what all its accounts have."""
    inside: Counter[str] = Counter()
    for name, account in accounts.items():
        if not s.is_custodian(name):
            inside[p.custodian_of(name)] += account.balance_fen
    for custodian, fen in inside.items():
        outside = accounts.get(p.custodian_account(custodian), s.Account(""))
        if -outside.balance_fen != fen:
            yield f"{custodian} holds {fen}, issued less redeemed is another sum"


def _transfer_breaches(transfers: dict[str, s.TransferRow]) -> "Iterator[str]":
    """At most what was asked moves, only when posted, between two accounts of one custodian."""
    for key, row in transfers.items():
        if not 0 <= row.posted_fen <= row.fen or (row.posted_fen and row.state != "posted"):
            yield f"transfer {key} is {row.state}, {row.posted_fen} of {row.fen} posted"
        if (row.state == "pending") != (row.closed_ms is None):
            yield f"transfer {key} is {row.state}, closed at {row.closed_ms}"
        if row.further and (row.posted_fen != row.fen or any(part.fen <= 0 for part in row.further)):
            yield f"transfer {key} has further parts, {row.posted_fen} of {row.fen} posted"
        for credit in (row.credit, *(part.credit for part in row.further)):
            if row.debit == credit or p.custodian_of(row.debit) != p.custodian_of(credit):
                yield f"transfer {key} goes from {row.debit} to {credit}"
            if s.is_custodian(credit) != (row.payout is not None):
                yield f"transfer {key} goes to {credit}, the custodian is told {row.payout}"


def _entry_breaches(
    ctx: "Context", accounts: dict[str, s.Account], transfers: dict[str, s.TransferRow]
) -> "Iterator[str]":
    """Statements add up, line by line, and leave no movement out."""
    wanted: Counter[str] = Counter()
    told: Counter[tuple[str, str, int, str]] = Counter()
    for key, row in transfers.items():
        for credit, fen, why in row.moved:
            sides = ((row.debit, key, -fen, why), (credit, key, fen, why))
            told.update(sides)
            wanted.update(name for name, *_ in sides if s.has_statement(name))
    balances: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for key, page in s.pages.every(ctx):
        name = key.rpartition("/")[0]
        for entry in page:
            numbers[name] += 1
            balances[name] += entry.change_fen
            if key != s.page_key(name, numbers[name]) or balances[name] != entry.balance_fen:
                yield f"entry {numbers[name]} of {name} does not follow the one before it"
            side = (name, entry.transfer.hex(), entry.change_fen, entry.why)
            told[side] -= 1
            if told[side] < 0:
                yield f"entry {numbers[name]} of {name} tells another transfer than there is"
    for name, account in accounts.items():
        balance = account.balance_fen if s.has_statement(name) else 0
        if (account.entries, wanted[name], balance) != (numbers[name], numbers[name], balances[name]):
            yield f"the statement of {name} has {numbers[name]} entries and comes to {balances[name]}"


def _receipt_breaches(
    accounts: dict[str, s.Account], payouts: dict[str, s.TransferRow], receivables: dict[str, s.Receivable]
) -> "Iterator[str]":
    """A receipt counts what was instructed or is owed to it, at most what it brought, in the account named after it."""
    counted: Counter[str] = Counter()
    for row in payouts.values():
        if row.payout is not None and row.payout.successor is None:
            counted[row.debit] += row.fen
    for debt in receivables.values():
        counted[debt.creditor] += debt.left_fen
    for name, account in accounts.items():
        receipt = account.receipt
        wanted = None if receipt is None else p.receipt_account(p.custodian_of(name), receipt.number)
        if wanted != (name if s.is_receipt(name) else None):
            yield f"{name} has the receipt of the account {wanted}"
        if receipt is not None and not counted[name] == receipt.refunded_fen <= receipt.fen:
            yield f"{name} says {receipt.refunded_fen} of {receipt.fen} went back, {counted[name]} did"


def _payout_breaches(payouts: dict[str, s.TransferRow]) -> "Iterator[str]":
    """What custodians are told: to pay a receipt back out of its account alone, all or nothing, without a time limit,
    again only what they rejected.
    """
    for key, row in payouts.items():
        told = row.payout
        assert told is not None, key
        source = None if told.receipt is None else p.receipt_account(p.custodian_of(row.debit), told.receipt)
        if source != (row.debit if s.is_receipt(row.debit) else None):
            yield f"instruction {key} is to pay another receipt back than that of {row.debit}"
        if row.expires_ms is not None or row.state not in s.INSTRUCTION_STATES:
            yield f"instruction {key} is {row.state}, its time limit {row.expires_ms}"
        if row.state == "posted" and row.posted_fen != row.fen:
            yield f"instruction {key} is {row.posted_fen} of {row.fen} paid"
        if (told.reason or told.successor is not None) and row.state != "voided":
            yield f"instruction {key} is {row.state} and says it was rejected"
        if told.successor is not None and told.successor.hex() not in payouts:
            yield f"instruction {key} has a successor that there is not"


def _due_breaches(ctx: "Context", accounts: dict[str, s.Account], payouts: dict[str, s.TransferRow]) -> "Iterator[str]":
    """What is open is listed, each in its page; pages follow time, and all but the last were given in full."""
    wanted: Counter[tuple[str, s.Due]] = Counter()
    given: dict[str, list[tuple[int, int]]] = {}
    for key, row in payouts.items():
        assert row.payout is not None, key
        given.setdefault(row.credit, []).append((row.made_ms, row.payout.page))
        if row.state == "pending":
            page = s.due_key(p.custodian_of(row.credit), row.payout.page)
            wanted[page, s.Due(row.made_ms, bytes.fromhex(key))] += 1
    pages = dict(s.due.every(ctx))
    if Counter((page, each) for page, entries in pages.items() for each in entries) != wanted:
        yield f"open instructions and their list differ: {sorted(pages)}"
    yield from (f"page {page} of what is to do is empty" for page, entries in pages.items() if not entries)
    for name, account in accounts.items():
        told = [page for _, page in sorted(given.get(name, []))]
        if told != [number // s.ENTRIES_PER_PAGE for number in range(account.instructions)]:
            yield f"{name} was given {account.instructions} instructions, on the pages {told}"


def _debt_breaches(accounts: dict[str, s.Account], receivables: dict[str, s.Receivable]) -> "Iterator[str]":
    """Debts are numbered without gaps and paid in order; an account owes what is left of them."""
    owed: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for key, debt in receivables.items():
        debtor, _, number = key.rpartition("/")
        owed[debtor] += debt.left_fen
        numbers[debtor] += 1
        account = accounts.get(debtor)
        paid = account is not None and int(number) <= account.debts_paid
        if not 0 <= debt.left_fen <= debt.fen or paid != (debt.left_fen == 0):
            yield f"debt {key} has {debt.left_fen} of {debt.fen} left"
    for name, account in accounts.items():
        if (account.owes_fen, account.debts) != (owed[name], numbers[name]):
            yield f"{name} says it owes {account.owes_fen} in {account.debts} debts"


def _day_breaches(ctx: "Context", accounts: dict[str, s.Account]) -> "Iterator[str]":
    """The days of a custodian add up to what it issued and redeemed; what is public of a statement is true."""
    issued: Counter[str] = Counter()
    redeemed: Counter[str] = Counter()
    public = dict(s.agreements.every(ctx))
    for key, day in s.days.every(ctx):
        custodian = key.partition("/")[0]
        issued[custodian] += day.issued_fen
        redeemed[custodian] += day.redeemed_fen
        agrees = None
        if day.stated is not None and day.balance_fen is not None:
            agrees = day.stated == DayTotals(day.issued_fen, day.redeemed_fen, day.balance_fen)
            if day.balance_fen != issued[custodian] - redeemed[custodian]:
                yield f"day {key} ended with another balance than {day.balance_fen}"
        if public.pop(key, None) != agrees:
            yield f"day {key} agrees in public and not in its row, or the reverse"
    yield from (f"day {key} is stated in public alone" for key in public)
    for name, account in accounts.items():
        custodian = p.custodian_of(name)
        sums = (issued[custodian], redeemed[custodian])
        if s.is_custodian(name) and sums != (account.debits_posted, account.credits_posted):
            yield f"the days of {custodian} come to {sums}"


def _notice_breaches(ctx: "Context") -> "Iterator[str]":
    """A guarantee counts its notices that are not over, and each of them has a timer."""
    waiting = {raw for _, raw in scheduled(ctx)}
    under: Counter[str] = Counter()
    for key, notice in s.notices.every(ctx):
        if notice.moved_fen is not None:
            continue
        under[notice.source] += notice.fen
        if encode(Release(bytes.fromhex(key))) not in waiting:
            yield f"nothing ends the notice {key}"
    rows = Counter(dict(s.noticed.every(ctx)))
    if rows != under:
        yield f"under notice are {dict(under)}, counted {dict(rows)}"
