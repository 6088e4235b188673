"""What the rules of claims share: the claim at hand, with its line and campaign; steps along the table; accounts."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.claims.errors import ClaimStateRefused, NoOpenClaim, OrderElsewhere, TooLate
from ledger.modules.claims.messages import CLAIMS_MAX
from ledger.modules.claims.state import CLAIM_TRANSITIONS, WAITING, Claim, claim_key, claims
from ledger.modules.payments.ports import (
    Transfer,
    escrow_account,
    float_account,
    guarantee_account,
    receipt_account,
    transfer_id,
)
from ledger.state import OTHER

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.claims.ports import ClaimEnd, ClaimListener, Lines, Ports
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import OrderRow
    from ledger.modules.payments.ports import Payments, Why

RULES = Rules()
"""Rules `(ports, ctx, action)` and timers `(ports, ctx, timer)`; bound to the ports when the module is made."""

RECALLED = "recalled"
"""State of campaigns whose goods are called back: group buying pays everybody back and ends their claims with it."""


@dataclass
class Case:
    """A claim with all that its decision touches. `order` is the hex id; `claim` as it was last written."""

    payments: "Payments"
    lines: "Lines"
    ctx: "Context"
    order: str
    number: int
    claim: Claim
    listeners: "tuple[ClaimListener, ...]" = ()

    @cached_property
    def row(self) -> "OrderRow":
        """The line, as it was when first asked for: of what never changes in a record."""
        return self.lines.need(self.ctx, self.order)

    @cached_property
    def terms(self) -> "Draft":
        """The terms of its campaign."""
        return self.lines.campaign(self.ctx, self.row.campaign).terms

    def step(self, event: str, **changes: Any) -> None:
        """Take the claim one step along the table, and write it; raises `ClaimStateRefused` where there is none."""
        state = CLAIM_TRANSITIONS[self.claim.state].get(event)
        if state is None:
            raise ClaimStateRefused(self.claim.campaign, event)
        self.write(state=state, **changes)

    def write(self, **changes: Any) -> None:
        """Write the claim, and enter the record into the journals of its order and campaign."""
        self.claim = replace(self.claim, **changes)
        claims.put(self.ctx, claim_key(self.order, self.number), self.claim)
        self.ctx.journal(f"order:{self.order}", OTHER)
        self.ctx.journal(f"campaign:{self.claim.campaign}", OTHER)

    def tell(self, end: "ClaimEnd") -> None:
        """Let other modules count what the claim came to."""
        for listener in self.listeners:
            listener.came_to(self.ctx, self.claim.campaign, end)

    def transfer(self, step: bytes, debit: str, credit: str, fen: int, why: "Why") -> Transfer:
        """The one transfer that `step` makes for this claim."""
        identity = transfer_id(self.row.receipt, b"claim", bytes([self.number]), step)
        return Transfer(identity, debit, credit, fen, why)

    def pay_buyer(self, step: bytes, debit: str, fen: int) -> None:
        """Have `fen` (0: nothing happens) paid out of `debit` to where the order's receipt came from."""
        if fen:
            transfer = self.transfer(step, debit, self.receipt, fen, "compensation")
            self.payments.refund(self.ctx, transfer, self.row.receipt)

    @property
    def receipt(self) -> str:
        """The account of the receipt that paid for the line."""
        return receipt_account(self.terms.custodian, self.row.receipt)

    @property
    def escrow(self) -> str:
        """Where the line's money is."""
        return escrow_account(self.terms.custodian, self.claim.campaign)

    @property
    def guarantee(self) -> str:
        """What the platform set aside."""
        return guarantee_account(self.terms.custodian, self.terms.platform)

    @property
    def lender(self) -> str:
        """To whom it is due what the leader paid: the float, or the guarantee that repays her own money."""
        return self.guarantee if self.claim.own else float_account(self.terms.custodian, self.claim.leader)


def latest(ctx: "Context", order: str) -> tuple[int, Claim | None]:
    """(number, claim) of an order's latest claim; (0, None) before the first."""
    number, found = 0, None
    while number < CLAIMS_MAX and (row := claims.get(ctx, claim_key(order, number + 1))) is not None:
        number, found = number + 1, row
    return number, found


def need_waiting(ports: "Ports", ctx: "Context", campaign: str, order: str) -> Case:
    """The claim of an order in that campaign that waits for its decision; raises `NoOpenClaim`, for an order of another
    campaign too, and where the goods are called back.
    """
    number, claim = latest(ctx, order)
    if claim is None or claim.campaign != campaign or claim.state not in WAITING:
        raise NoOpenClaim(campaign)
    if ports.lines.campaign(ctx, campaign).state == RECALLED:
        raise NoOpenClaim(campaign)
    return Case(ports.payments, ports.lines, ctx, order, number, claim, ports.listeners)


def check_in_time(case: Case, event: str) -> None:
    """Raise `ClaimStateRefused` or `TooLate` unless the claim can take this step now. A time limit is over in the first
    block whose time has reached it, whatever comes first in that block.
    """
    if event not in CLAIM_TRANSITIONS[case.claim.state]:
        raise ClaimStateRefused(case.claim.campaign, event)
    if case.ctx.time_ms >= case.claim.due_ms:
        raise TooLate(case.claim.campaign, event)


def need_line_of(ports: "Ports", ctx: "Context", campaign: str, order: str) -> "OrderRow":
    """The line of an order in that campaign; raises `OrderElsewhere`."""
    row = ports.lines.need(ctx, order)
    if row.campaign != campaign:
        raise OrderElsewhere(order, campaign)
    return row
