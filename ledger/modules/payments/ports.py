"""What payments needs of the registry, and what it offers group buying and claims: `Payments`, nothing wider, and the
names of accounts.

Names of state keys are public. So no number of a receipt stands in one (`receipt_account`), and the id of a transfer
that belongs to an order is made from something the public does not know: its receipt's number (`transfer_id`).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from ledger.crypto.encoding import encode
from ledger.crypto.hashing import digest

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.payments.messages import Receipt
    from ledger.roles import Role


ID_SIZE = 16


class Organisations(Protocol):
    """The registry's organisations."""

    def has_role(self, ctx: "Context", organisation: str, *roles: "Role") -> bool:
        """Whether it is registered, not suspended, and holds one of `roles`."""


class Keys(Protocol):
    """The registry's keys."""

    def speaks_for(self, ctx: "Context", organisation: str, algorithm: int, public_key: bytes) -> bool:
        """Whether the key is in force and is the organisation's own or its staff's, not a device's or member's."""


Why = Literal[
    "receipt",
    "deposit",
    "deposit_put_up",
    "deposit_returned",
    "move",
    "withdrawal",
    "hold",
    "escrow",
    "price_fell",
    "cancelled",
    "failed",
    "shortage",
    "weight",
    "returned",
    "recall",
    "compensation",
    "repayment",
    "proceeds",
    "settlement",
    "holdback",
    "holdback_released",
    "guarantee_released",
    "receivable",
]
"""What a transfer was for; shown on statements."""


class Part(NamedTuple):
    """What one of several receivers gets of a transfer."""

    credit: str
    fen: int
    why: Why


class Transfer(NamedTuple):
    """Money out of one account into another of the same custodian. `id` (16 bytes, `transfer_id`) makes it happen once.

    `further`: what others get out of the same account at once, all or nothing (`move`, `income`).
    """

    id: bytes
    debit: str
    credit: str
    fen: int
    why: Why
    further: tuple[Part, ...] = ()


class Payments(Protocol):
    """Money, as group buying and claims may use it. All amounts are fen and positive unless said otherwise.

    Accounts are named by the functions below (`organisation_account`, ...). A call that cannot be done whole
    raises a refusal of 4xxx; in a timer, ask `available` first. Each returns without doing anything again when its id
    is known with the same content.
    """

    def accept(self, ctx: "Context", receipt: "Receipt", beneficiary: str) -> str:
        """Take a receipt made out to `beneficiary`: the money is issued to the account returned, `receipt:<number>`.

        Raises for another beneficiary, a bad signature, a used or expired receipt, or a custodian that is none.
        """

    def hold(self, ctx: "Context", transfer: Transfer, expires_ms: int) -> None:
        """Reserve money (pending): it stays in the debit account but cannot be spent."""

    def post(self, ctx: "Context", transfer: bytes, fen: int) -> None:
        """Make a hold final for `fen` (0 <= fen <= held); the rest is released."""

    def void(self, ctx: "Context", transfer: bytes) -> None:
        """Release a hold; one that expired is released already."""

    def pending(self, ctx: "Context", transfer: bytes) -> int:
        """What is still held under this id, fen; 0 once it is posted, voided or expired, or was never held.

        Anybody may let an overdue hold expire (when the network stood still, say): ask before `post`. Money of an
        expired hold is in its debit account, to be refunded from there.
        """

    def move(self, ctx: "Context", transfers: Iterable[Transfer]) -> None:
        """Final transfers, linked: all or none. Nobody's balance becomes negative."""

    def refund(self, ctx: "Context", transfer: Transfer, receipt: bytes) -> None:
        """Instruct the custodian to pay `fen` back to where the receipt (its number) came from.

        `transfer.debit` may be the receipt's own account (what was never taken out of it) or any other;
        `transfer.credit` is the receipt's account. A receipt is never paid back more than it brought.
        """

    def charge(self, ctx: "Context", transfer: Transfer, guarantor: str | None) -> int:
        """Take `fen` from `transfer.debit` for `transfer.credit` as far as it goes, the rest from the account
        `guarantor` (None: nobody stands in), to which the debtor then owes it (a receivable); returns what was moved.
        What neither has, the debtor owes to `transfer.credit`.
        """

    def income(self, ctx: "Context", transfers: Iterable[Transfer]) -> None:
        """Like `move`, for earnings: what the receiver owes is paid out of them first."""

    def available(self, ctx: "Context", account: str) -> int:
        """What can be spent: posted credits less posted and pending debits; 0 for an unknown account."""


def transfer_id(*parts: bytes) -> bytes:
    """The id of a transfer: the same parts give the same id, so that what is named by them happens once.

    Anybody can ask whether a state key exists, and a transfer's id stands in one. An order's id is public: begin with
    its receipt's number instead, as in `transfer_id(row.receipt, b"form")`.
    """
    return digest("transfer", encode(parts))[:ID_SIZE]


def instruction_id(refund: bytes) -> bytes:
    """The id of the instruction, and of the transfer to the custodian, that the refund with this id makes."""
    return transfer_id(refund, b"instruction")


def custodian_account(custodian: str) -> str:
    """The world outside, as far as this custodian is its gate: the one account that may be negative."""
    return f"{custodian}/custodian"


def receipt_account(custodian: str, number: bytes) -> str:
    """What a receipt brought and is not yet used, or is on its way back. Does not tell the number."""
    return f"{custodian}/receipt:{digest('receipt', number)[:ID_SIZE].hex()}"


def owner_account(custodian: str, owner: str) -> str:
    """The main account of a subject that may hold a balance: `organisation:<id>` or `member:<id>`."""
    return f"{custodian}/{owner}"


def organisation_account(custodian: str, organisation: str) -> str:
    """An organisation's money."""
    return f"{custodian}/organisation:{organisation}"


def guarantee_account(custodian: str, platform: str) -> str:
    """What the platform set aside for buyers whom nobody else pays."""
    return f"{custodian}/organisation:{platform}/guarantee"


def float_account(custodian: str, leader: str) -> str:
    """The platform's money in a leader's hands, to compensate buyers at once."""
    return f"{custodian}/float:{leader}"


def member_account(custodian: str, leader: str) -> str:
    """A leader's own money."""
    return f"{custodian}/member:{leader}"


def escrow_account(custodian: str, campaign: str) -> str:
    """What buyers paid for a campaign."""
    return f"{custodian}/campaign:{campaign}"


def deposit_account(custodian: str, campaign: str) -> str:
    """What the seller put up when the campaign opened."""
    return f"{custodian}/campaign:{campaign}/deposit"


def holdback_account(custodian: str, campaign: str) -> str:
    """What is kept back of the seller's earnings, for recalls."""
    return f"{custodian}/campaign:{campaign}/holdback"


def custodian_of(account: str) -> str:
    """Whose account it is in."""
    return account.partition("/")[0]
