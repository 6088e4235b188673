"""What payments knows: accounts and transfers in double entry, receipts, instructions, debts, days; all restricted.

What accounts are called, and by what transfers are found, is in `ports.py`.
"""

from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.crypto.encoding import Message
from ledger.modules.payments.messages import DayTotals
from ledger.modules.payments.ports import Part, Why
from ledger.state import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.context import Context

TransferState = Literal["pending", "posted", "voided", "expired"]

TRANSFER_TRANSITIONS: "Mapping[str, Mapping[str, TransferState]]" = {
    "pending": {"post": "posted", "void": "voided", "expire": "expired"},
    "posted": {},
    "voided": {},
    "expired": {},
}
"""state -> event -> next state of a transfer. One that is no hold is posted from the first."""

InstructionState = Literal["issued", "confirmed", "rejected"]

INSTRUCTION_TRANSITIONS: "Mapping[str, Mapping[str, InstructionState]]" = {
    "issued": {"confirm": "confirmed", "reject": "rejected"},
    "confirmed": {},
    "rejected": {},
}
"""state -> event -> next state of an instruction. Issued again, a rejected one is followed by another (`successor`).

An instruction is the transfer that holds its money: the table above says what becomes of that, this one what its
custodian may say of it.
"""

INSTRUCTION_STATES: "Mapping[TransferState, InstructionState]" = {
    "pending": "issued",
    "posted": "confirmed",
    "voided": "rejected",
}
"""State of the transfer -> state of the instruction that it is."""


class Accepted(Message):
    """A receipt that was accepted. `refunded_fen`: instructed to be paid back, or owed to it by a debtor."""

    number: bytes
    fen: int
    refunded_fen: int = 0


class Account(Message):
    """Sums of all that ever happened to an account, fen, and how many entries it has.

    `owner` is a subject, or "" for what belongs to nobody in particular. `owes_fen`: what it owes to others in all;
    `debts`: how many debts there ever were, the first `debts_paid` of which are paid. `instructions`: of a custodian's
    own account, how many it was ever given. `receipt`: of a receipt's account, whose owner is the beneficiary.
    """

    owner: str
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    entries: int = 0
    owes_fen: int = 0
    debts: int = 0
    debts_paid: int = 0
    instructions: int = 0
    receipt: Accepted | None = None

    @property
    def balance_fen(self) -> int:
        """What it has, held money included; of a custodian's own account, less than 0: what it issued and still has
        to pay.
        """
        return self.credits_posted - self.debits_posted

    @property
    def available_fen(self) -> int:
        """What can be spent."""
        return self.credits_posted - self.debits_posted - self.debits_pending


class Payout(Message):
    """What makes a transfer an instruction: the number of the receipt to pay back, None for a withdrawal.

    `page`: of `due`, where it stands while it is open. `reason`: the custodian's, where it could not pay; `successor`:
    the id under which it was asked again.
    """

    receipt: bytes | None
    page: int
    reason: str = ""
    successor: bytes | None = None


class TransferRow(Message):
    """A movement. `fen` is what was asked for, `posted_fen` what has moved (0 unless posted).

    `expires_ms` is set for holds that may expire; `closed_ms` as soon as the transfer is no longer pending. `further`:
    see `ports.Transfer`; a hold has none. `payout`: of transfers to the world outside, which the custodian is
    instructed to make.
    """

    debit: str
    credit: str
    fen: int
    why: Why
    made_ms: int
    expires_ms: int | None
    state: TransferState
    posted_fen: int = 0
    closed_ms: int | None = None
    further: tuple[Part, ...] = ()
    payout: Payout | None = None

    @property
    def moved(self) -> tuple[Part, ...]:
        """All that has moved out of the debit account."""
        return (Part(self.credit, self.posted_fen, self.why), *self.further) if self.posted_fen else ()


class Due(NamedTuple):
    """An instruction that a custodian has neither confirmed nor rejected: its issue in ms, its id."""

    issued_ms: int
    instruction: bytes


class Entry(Message):
    """A line of an account's statement: `change_fen` (less than 0: out) made its balance `balance_fen`."""

    transfer: bytes
    change_fen: int
    balance_fen: int
    time_ms: int
    why: Why


class Receivable(Message):
    """A debt: `left_fen` of `fen` still to be paid to the account `creditor`. `id`: of the charge it came from."""

    id: bytes
    creditor: str
    fen: int
    left_fen: int
    why: Why
    made_ms: int


class Notice(Message):
    """A reduction of a guarantee that was given notice of: `fen` at most, to the account `target`."""

    source: str
    target: str
    fen: int
    asked_ms: int
    moved_fen: int | None = None


class Day(Message):
    """What a custodian issued and redeemed on a day by this ledger; what it stated itself, once it has.

    `balance_fen`: issued less redeemed at the day's end, written with the statement.
    """

    issued_fen: int = 0
    redeemed_fen: int = 0
    balance_fen: int | None = None
    stated: DayTotals | None = None


accounts: Table[Account] = Table("payments", "account", Account, restricted=True)
transfers: Table[TransferRow] = Table("payments", "transfer", TransferRow, restricted=True)
"""Hex id -> transfer; those to custodians' own accounts are the instructions (`payouts.py`)."""

ENTRIES_PER_PAGE = 32
"""Most movements touch accounts that many others touch in the same block, and each row that a block changes costs a
path of the state tree.
"""

pages: Table[tuple[Entry, ...]] = Table("payments", "page", tuple[Entry, ...], restricted=True)
"""`<account>/<number, 8 digits>`, from 0 -> that page of the statement, all but the last full; of every account but
receipts' and custodians' own.
"""

due: Table[tuple[Due, ...]] = Table("payments", "due", tuple[Due, ...])
"""`<custodian>/<page, 8 digits>`, from 0 -> what is still to do of `ENTRIES_PER_PAGE` instructions that followed one
another; no row where that is nothing.
"""

receivables: Table[Receivable] = Table("payments", "receivable", Receivable, restricted=True)
"""`<debtor account>/<number, 6 digits>`, from 1 -> debt."""

notices: Table[Notice] = Table("payments", "notice", Notice, restricted=True)
"""Hex id -> notice."""

noticed: Table[int] = Table("payments", "noticed", int, restricted=True)
"""Guarantee account -> fen of its notices that are not over."""

days: Table[Day] = Table("payments", "day", Day, restricted=True)
"""`<custodian>/<day, 7 digits>` -> totals."""

agreements: Table[bool] = Table("payments", "agreement", bool)
"""`<custodian>/<day, 7 digits>` -> whether the custodian's statement of that day agrees with this ledger."""


def is_custodian(account: str) -> bool:
    """Whether it stands for the world outside."""
    return account.endswith("/custodian")


def is_receipt(account: str) -> bool:
    """Whether it has what a receipt brought."""
    return account.partition("/")[2].startswith("receipt:")


def owner_of(account: str) -> str:
    """The subject that an account's name tells to be its owner; "" where it tells none (receipts, floats)."""
    custodian, name = account.split("/")[:2]
    if is_custodian(account):
        return f"organisation:{custodian}"
    return name if name.startswith(("organisation:", "member:", "campaign:")) else ""


def has_statement(account: str) -> bool:
    """Whether movements of this account are written down as entries."""
    return not is_custodian(account) and not is_receipt(account)


def page_key(account: str, number: int) -> str:
    """Where the page that has the entry with this number (from 1) is."""
    return f"{account}/{(number - 1) // ENTRIES_PER_PAGE:08d}"


def entry_at(ctx: "Context", account: str, number: int) -> Entry:
    """An entry by its number. Requires one that the account has."""
    page = pages.get(ctx, page_key(account, number))
    assert page is not None, f"{account} lacks the page of entry {number}"
    return page[(number - 1) % ENTRIES_PER_PAGE]


def receivable_key(debtor: str, number: int) -> str:
    """Where the debt with this number (from 1) is."""
    return f"{debtor}/{number:06d}"


def due_key(custodian: str, page: int) -> str:
    """Where the open instructions of a page are listed."""
    return f"{custodian}/{page:08d}"


def day_key(custodian: str, day: int) -> str:
    """Where a day's totals are."""
    return f"{custodian}/{day:07d}"


def account_row(ctx: "Context", account: str) -> Account:
    """The account's row, or that of one nothing ever happened to."""
    return accounts.get(ctx, account) or Account(owner_of(account))


def statement(ctx: "Context", account: str, after: int = 0, limit: int = 1_000) -> list[tuple[int, Entry]]:
    """At most `limit` (number, entry) pairs of an account's statement with numbers above `after`, oldest first."""
    end = min(account_row(ctx, account).entries, after + limit)
    found: list[tuple[int, Entry]] = []
    while after < end:
        page = pages.get(ctx, page_key(account, after + 1))
        assert page is not None, f"{account} lacks the page of entry {after + 1}"
        some = page[after % ENTRIES_PER_PAGE :][: end - after]
        found += enumerate(some, after + 1)
        after += len(some)
    return found
