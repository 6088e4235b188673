"""What many rules of group buying share: rows that must be there, steps along the tables, refunds, supply.

An order is named by its hex id throughout; its subject is `order:<hex>`. Money goes through `Ports.payments` alone,
under ids made of the order (or campaign) and the step, so that no step can be paid twice.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.module import Rules
from ledger.modules.groupbuy.errors import CampaignStateRefused, CampaignUnknown, LineStateRefused, OrderUnknown
from ledger.modules.groupbuy.messages import Deadline
from ledger.modules.groupbuy.state import (
    CAMPAIGN_TRANSITIONS,
    LINE_TRANSITIONS,
    Campaign,
    LineState,
    OrderRow,
    Progress,
    campaigns,
    lines,
    orders,
    progress,
    sold,
)
from ledger.modules.payments.ports import (
    Transfer,
    deposit_account,
    escrow_account,
    organisation_account,
    receipt_account,
    transfer_id,
)
from ledger.roles import SIGNER_ROLES
from ledger.state import OTHER, SELF

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.crypto.encoding import Message
    from ledger.modules.groupbuy.messages import Draft, Order
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.payments.ports import Why

RULES = Rules()
"""Rules `(ports, ctx, action)` and timers `(ports, ctx, timer)`; bound to the ports when the module is made."""

ORDER_PARTS: "dict[type[Message], Callable[[Ports, Context, Order], None]]" = {}
"""What is done with an `Order` action, by the kind of its restricted part. Each file adds its own."""

ARRIVED = ("arrived", "ending", "closed")
FILLED = ("allocated", "shipped", *ARRIVED)
WAITING = ("owed", "allotted", "packed")
"""States that rows of lines have while their goods are on the way, or at the pickup point and not collected."""

GONE = ("cancelled", "failed", "refunded", "settled")
"""States of lines that nobody waits for any more."""


def need_campaign(ctx: "Context", campaign: str) -> Campaign:
    """The campaign's row; raises `CampaignUnknown`."""
    return campaigns.need(ctx, campaign, CampaignUnknown(campaign))


def put_campaign(ctx: "Context", campaign: str, row: Campaign) -> None:
    """Write a campaign's row and enter the record into its journal."""
    campaigns.put(ctx, campaign, row, SELF)


def step_campaign(campaign: str, row: Campaign, event: str) -> Campaign:
    """The row after `event`; raises `CampaignStateRefused` where the table has no such step."""
    state = CAMPAIGN_TRANSITIONS[row.state].get(event)
    if state is None:
        raise CampaignStateRefused(campaign, row.state, event)
    return replace(row, state=state)


def require_state(campaign: str, row: Campaign, state: str, step: str) -> None:
    """Raise `CampaignStateRefused` unless the campaign stands at `state`, where `step` is possible."""
    if row.state != state:
        raise CampaignStateRefused(campaign, row.state, step)


def need_order(ctx: "Context", order: str) -> OrderRow:
    """An order's line; raises `OrderUnknown`."""
    return orders.need(ctx, order, OrderUnknown(order))


def need_order_of(ctx: "Context", campaign: str, order: str) -> OrderRow:
    """An order's line in that campaign; raises `OrderUnknown`, for an order of another campaign too."""
    row = need_order(ctx, order)
    if row.campaign != campaign:
        raise OrderUnknown(order)
    return row


def put_order(ctx: "Context", order: str, row: OrderRow) -> None:
    """Write a line, and enter the record into the order's and the campaign's journals: never into a batch's."""
    orders.put(ctx, order, row, SELF)
    ctx.journal(f"campaign:{row.campaign}", OTHER)


def line_state(campaign: Campaign, row: OrderRow) -> LineState:
    """Where a line stands: `ready`, and `allotted` where the lots fill all lines, come with the campaign, without a
    record of the line's own.
    """
    if row.state in WAITING and campaign.state in ARRIVED:
        return "ready"
    return "allotted" if row.state == "owed" and campaign.state in FILLED else row.state


def step_line(order: str, campaign: Campaign, row: OrderRow, event: str) -> OrderRow:
    """The line after `event`; raises `LineStateRefused` where the table has no such step.

    The refusal does not say where the line stands: that is restricted.
    """
    state = LINE_TRANSITIONS[line_state(campaign, row)].get(event)
    if state is None:
        raise LineStateRefused(order, event)
    return replace(row, state=state)


def is_live(row: OrderRow) -> bool:
    """Whether the line is neither settled nor taken or paid back."""
    return row.state not in GONE


def line_key(campaign: str, number: int) -> str:
    """Key of a line by its number in the campaign (跟团号), from 1."""
    return f"{campaign}/{number:06d}"


def order_at(ctx: "Context", campaign: str, number: int) -> tuple[str, OrderRow]:
    """(hex order id, line) by number. Requires a number that was given."""
    identity = lines.get(ctx, line_key(campaign, number))
    assert identity is not None, f"{campaign} has no line {number}"
    row = orders.get(ctx, identity.hex())
    assert row is not None, f"line {number} of {campaign} has no row"
    return identity.hex(), row


def progress_of(ctx: "Context", campaign: str) -> Progress:
    """How a campaign stands; nothing before the first order."""
    return progress.get(ctx, campaign) or Progress()


def close_line(ctx: "Context", campaign: str) -> Campaign:
    """Count one line less that is neither settled nor paid back, from the cut-off on. Returns the campaign's row."""
    row = need_campaign(ctx, campaign)
    assert row.lines_left > 0, f"{campaign}: more lines ended than there were"
    row = replace(row, lines_left=row.lines_left - 1)
    put_campaign(ctx, campaign, row)
    return row


def order_transfer(row: OrderRow, step: bytes) -> bytes:
    """Id of the one transfer that `step` makes for an order; made of its receipt's number, which is not public."""
    return transfer_id(row.receipt, step)


def receipt_of(terms: "Draft", row: OrderRow) -> str:
    """The account of the receipt that paid for a line."""
    return receipt_account(terms.custodian, row.receipt)


def refund(
    ports: "Ports",
    ctx: "Context",
    terms: "Draft",
    row: OrderRow,
    debit: str,
    fen: int,
    why: "Why",
    step: bytes = b"",
) -> None:
    """Have `fen` (0: nothing happens) paid back from the account `debit` to where the order's receipt came from.

    `step` tells several refunds of one order with the same `why` apart.
    """
    if fen == 0:
        return
    credit = receipt_of(terms, row)
    identity = order_transfer(row, b"refund:" + why.encode() + b":" + step)
    ports.payments.refund(ctx, Transfer(identity, debit, credit, fen, why), row.receipt)


def escrow_of(campaign: Campaign) -> str:
    """The account that holds what a campaign's buyers paid."""
    return escrow_account(campaign.terms.custodian, campaign.terms.campaign)


def remaining(row: OrderRow) -> int:
    """What a buyer still pays for a line, fen: what she is charged less what she got back by claims and proceeds."""
    return row.charged_fen - row.compensated_fen - row.proceeds_fen


def there_since_ms(campaign: Campaign) -> int:
    """Block time from which the current leader has had the goods to hand out. Requires a campaign that arrived."""
    assert campaign.arrived_ms is not None, campaign.terms.campaign
    return max(campaign.arrived_ms, campaign.substituted_ms or 0)


def is_heard(campaign: Campaign) -> bool:
    """Whether the current leader recorded anything since she has had the goods. Requires a campaign that arrived."""
    return campaign.heard_ms > there_since_ms(campaign)


def await_buyers(ctx: "Context", campaign: str) -> None:
    """From now on somebody hands the goods out: she is to be heard of, and buyers are reminded after a while."""
    ctx.schedule(ctx.time_ms + ctx.parameters["leader_silence_ms"], Deadline(campaign, "silence"))
    ctx.schedule(ctx.time_ms + ctx.parameters["pickup_ms"], Deadline(campaign, "remind"))


def leave_point(ctx: "Context", campaign: str) -> None:
    """Count one line less whose goods wait at the pickup point."""
    count = progress_of(ctx, campaign)
    assert count.waiting > 0, f"{campaign}: more goods left the pickup point than came"
    progress.put(ctx, campaign, replace(count, waiting=count.waiting - 1))


def supply_key(source: str, product: str) -> str:
    """Key of what is committed, and of what is sold, of a source."""
    return f"{source}/{product}"


def free_supply(ctx: "Context", campaign: Campaign, row: OrderRow) -> None:
    """Give the units of a line back to the source it counted against, unless the goods have left already."""
    if not campaign.shipments:
        key = supply_key(campaign.terms.sources[row.source], campaign.terms.product)
        left = (sold.get(ctx, key) or 0) - row.units
        assert left >= 0, f"{key}: more is given back than was sold"
        sold.put(ctx, key, left)


def acts_for(ctx: "Context", organisation: str) -> bool:
    """Whether a key of the organisation itself or of its staff signed: not a device's, leader's or resident's."""
    return ctx.signer.organisation == organisation and not ctx.signer.has(*SIGNER_ROLES)


def is_leader(ctx: "Context", campaign: Campaign) -> bool:
    """Whether the campaign's leader, or who took her place, signed."""
    return ctx.signer.subject == f"member:{campaign.leader}"


def return_deposit(ports: "Ports", ctx: "Context", campaign: str, terms: "Draft") -> None:
    """Give what is left of the seller's deposit back."""
    deposit = deposit_account(terms.custodian, campaign)
    left = ports.payments.available(ctx, deposit)
    if left:
        seller = organisation_account(terms.custodian, terms.seller)
        identity = transfer_id(campaign.encode(), b"deposit-back")
        ports.payments.income(ctx, [Transfer(identity, deposit, seller, left, "deposit_returned")])
