"""Rules for orders before the cut-off: placed with a receipt and a ticket, taken back."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.crypto.signing import verify
from ledger.errors import RestrictedNeeded
from ledger.modules.groupbuy.errors import (
    CutOffPassed,
    OrderExists,
    OrderKeyRegistered,
    ReceiptAmountWrong,
    ReceiptCustodianWrong,
    SoldOut,
    TicketInvalid,
    TicketUsed,
    TooManyUnits,
)
from ledger.modules.groupbuy.messages import (
    CancelOrder,
    Order,
    Place,
    Publish,
    order_id,
    ticket_message,
)
from ledger.modules.groupbuy.rules.common import (
    ORDER_PARTS,
    RULES,
    free_supply,
    line_key,
    need_campaign,
    need_order_of,
    order_transfer,
    progress_of,
    put_campaign,
    put_order,
    receipt_of,
    refund,
    require_state,
    step_line,
)
from ledger.modules.groupbuy.rules.supply import take_supply
from ledger.modules.groupbuy.state import OrderRow, Progress, campaigns, lines, orders, progress, ticket_key, tickets
from ledger.modules.payments.ports import Transfer, escrow_account
from ledger.roles import OPEN

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.groupbuy.messages import Draft
    from ledger.modules.groupbuy.ports import Ports
    from ledger.modules.groupbuy.state import Campaign


@RULES.rule(Order, by=OPEN)
def order(ports: "Ports", ctx: "Context", action: Order) -> None:
    """What a buyer does under the order's own key; which, tells the restricted part."""
    part = ORDER_PARTS.get(type(ctx.restricted)) if ctx.restricted is not None else None
    if part is None:
        raise RestrictedNeeded("Place | CancelOrder | Acknowledge")
    part(ports, ctx, action)


def signers_order(ctx: "Context") -> bytes:
    """Id of the order made under the key that signed."""
    return order_id(ctx.signer.algorithm, ctx.signer.public_key)


def _need_taking(ctx: "Context", campaign: str, step: str) -> "Campaign":
    """The campaign, whose orders can still be made and taken back in this block."""
    row = need_campaign(ctx, campaign)
    require_state(campaign, row, "open", step)
    # The cut-off itself runs after the transactions of its block: all of these are late, whatever their place.
    ctx.require(ctx.time_ms < row.terms.cutoff_ms, CutOffPassed(campaign, row.terms.cutoff_ms))
    return row


def place(ports: "Ports", ctx: "Context", action: Order) -> None:
    """A new line: its money is held until the cut-off decides, its units count against a source."""
    said = ctx.need_restricted(Place)
    terms = _need_taking(ctx, action.campaign, "order").terms
    identity = signers_order(ctx)
    key = identity.hex()
    ctx.require(not orders.has(ctx, key), OrderExists(key))
    if ports.keys.known(ctx, ctx.signer.public_key):
        raise OrderKeyRegistered(ctx.signer.public_key.hex())
    ctx.require(said.units <= terms.per_order, TooManyUnits(action.campaign, terms.per_order))
    _check_ticket(ports, ctx, terms, identity, said)
    fen = said.units * terms.ladder[0].price_fen
    ctx.require(said.receipt.custodian == terms.custodian, ReceiptCustodianWrong(key, terms.custodian))
    ctx.require(said.receipt.fen == fen, ReceiptAmountWrong(key))
    count = progress_of(ctx, action.campaign)
    ctx.require(count.units + said.units <= terms.maximum, SoldOut(action.campaign))
    source = take_supply(ports, ctx, action.campaign, terms, said.units)
    row = OrderRow(
        campaign=action.campaign,
        number=count.lines + 1,
        algorithm=ctx.signer.algorithm,
        public_key=ctx.signer.public_key,
        receipt=said.receipt.number,
        ticket=said.ticket.number,
        code=said.code,
        units=said.units,
        placed_ms=ctx.time_ms,
        paid_fen=fen,
        source=source,
    )
    account = ports.payments.accept(ctx, said.receipt, f"order:{key}")
    escrow = escrow_account(terms.custodian, action.campaign)
    held = Transfer(order_transfer(row, b"hold"), account, escrow, fen, "hold")
    ports.payments.hold(ctx, held, terms.cutoff_ms + ctx.parameters["hold_grace_ms"])
    tickets.put(ctx, ticket_key(action.campaign, said.ticket.number), identity)
    lines.put(ctx, line_key(action.campaign, row.number), identity)
    put_order(ctx, key, row)
    added = replace(count, orders=count.orders + 1, lines=row.number, units=count.units + said.units)
    _put_progress(ctx, action.campaign, added)


def _check_ticket(ports: "Ports", ctx: "Context", terms: "Draft", identity: bytes, said: Place) -> None:
    """Raise unless the community's registrar signed the ticket for this order in this campaign, and it is unused."""
    ticket = said.ticket
    message = ticket_message(ctx.chain_id, terms.community, terms.campaign, identity, ticket.number)
    if not (
        ports.keys.speaks_for(ctx, terms.community, ticket.algorithm, ticket.public_key)
        and verify(ticket.algorithm, ticket.public_key, ticket.signature, message)
    ):
        raise TicketInvalid(identity.hex(), terms.community)
    if tickets.has(ctx, ticket_key(terms.campaign, ticket.number)):
        raise TicketUsed(identity.hex())


def take_back(ports: "Ports", ctx: "Context", action: Order) -> None:
    """An order is taken back: whole, at no cost, and its units can be sold again. Its number stays used."""
    campaign = _need_taking(ctx, action.campaign, "take back an order")
    key = signers_order(ctx).hex()
    row = need_order_of(ctx, action.campaign, key)
    after = step_line(key, campaign, row, "cancel")
    ports.payments.void(ctx, order_transfer(row, b"hold"))
    refund(ports, ctx, campaign.terms, row, receipt_of(campaign.terms, row), row.paid_fen, "cancelled")
    free_supply(ctx, campaign, row)
    put_order(ctx, key, after)
    count = progress_of(ctx, action.campaign)
    _put_progress(ctx, action.campaign, replace(count, orders=count.orders - 1, units=count.units - row.units))


def _put_progress(ctx: "Context", campaign: str, count: Progress) -> None:
    """Write how the campaign stands, and see to it that the public learns of it in a while."""
    if not count.publishing:
        ctx.schedule(ctx.time_ms + ctx.parameters["publish_ms"], Publish(campaign))
    progress.put(ctx, campaign, replace(count, publishing=True))


@RULES.timer(Publish)
def publish(_ports: "Ports", ctx: "Context", timer: Publish) -> None:
    """Show what is ordered so far, while orders are taken; the cut-off shows the rest."""
    row = campaigns.get(ctx, timer.campaign)
    assert row is not None, timer.campaign
    count = progress_of(ctx, timer.campaign)
    progress.put(ctx, timer.campaign, replace(count, publishing=False))
    if row.state == "open":
        put_campaign(ctx, timer.campaign, replace(row, orders=count.orders, units=count.units))


ORDER_PARTS[Place] = place
ORDER_PARTS[CancelOrder] = take_back
