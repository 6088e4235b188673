"""How points are spent: on offers, which are honoured by whoever made them, or voided, by whom or by time."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.rewards.errors import (
    NotOfferMaker,
    OfferEndsWrong,
    OfferExists,
    OfferForeign,
    OfferOver,
    OfferUnknown,
    OutOfStock,
    PointsOverdrawn,
    RedemptionStateRefused,
    RedemptionUnknown,
)
from ledger.modules.rewards.messages import OFFER_MS_MAX, Honour, Lapse, MakeOffer, Spend, Void
from ledger.modules.rewards.rules.common import RULES
from ledger.modules.rewards.rules.earning import add
from ledger.modules.rewards.state import (
    REDEMPTION_TRANSITIONS,
    Offer,
    Points,
    Redemption,
    offers,
    points,
    points_key,
    redemptions,
)
from ledger.roles import OPEN, Role
from ledger.state import OTHER
from ledger.text import check_text

if TYPE_CHECKING:
    from ledger.context import Context
    from ledger.modules.rewards.ports import Ports


@RULES.rule(MakeOffer, by=(Role.PLATFORM, Role.COMMUNITY))
def make_offer(ports: "Ports", ctx: "Context", action: MakeOffer) -> None:
    """A community makes offers to its own residents, the platform to those of any community."""
    check_text("title", action.title)
    check_text("remark", action.remark)
    own, community = ctx.signer.organisation, action.community
    ctx.require(own == community or ctx.signer.has(Role.PLATFORM), OfferForeign(own, community))
    is_community = ports.organisations.has_role(ctx, community, Role.COMMUNITY)
    ctx.require(is_community, OfferForeign(own, community))
    ctx.require(not offers.has(ctx, action.offer), OfferExists(action.offer))
    latest_ms = ctx.time_ms + OFFER_MS_MAX
    ctx.require(ctx.time_ms < action.until_ms <= latest_ms, OfferEndsWrong(action.until_ms, latest_ms))
    row = Offer(
        own,
        community,
        action.title,
        action.remark,
        action.cost,
        action.stock,
        action.stock,
        action.until_ms,
        ctx.time_ms,
    )
    offers.put(ctx, action.offer, row)
    _journal(ctx, row)


def _journal(ctx: "Context", offer: Offer) -> None:
    ctx.journal(f"organisation:{offer.maker}", OTHER)
    ctx.journal(f"organisation:{offer.community}", OTHER)


@RULES.rule(Spend, by=OPEN)
def spend(_ports: "Ports", ctx: "Context", action: Spend) -> None:
    """The key's points are taken at once; they come back if the offer is not honoured in time."""
    offer = offers.need(ctx, action.offer, OfferUnknown(action.offer))
    ctx.require(ctx.time_ms < offer.until_ms, OfferOver(action.offer, offer.until_ms))
    ctx.require(offer.left > 0, OutOfStock(action.offer))
    public_key = ctx.signer.public_key.hex()
    row = points.get(ctx, points_key(offer.community, public_key)) or Points()
    ctx.require(row.balance >= offer.cost, PointsOverdrawn(offer.community, row.balance, offer.cost))
    add(ctx, offer.community, public_key, row, 0, offer.cost)
    offers.put(ctx, action.offer, replace(offer, left=offer.left - 1))
    redemption, due_ms = ctx.transaction_id.hex(), ctx.time_ms + ctx.parameters["honour_ms"]
    asked = Redemption(action.offer, offer.community, public_key, offer.cost, ctx.time_ms, due_ms)
    redemptions.put(ctx, redemption, asked)
    ctx.schedule(due_ms, Lapse(redemption))
    _journal(ctx, offer)
    ctx.event("points_spent", offer.community, public_key, offer.cost, action.offer)


@RULES.rule(Honour, by=(Role.PLATFORM, Role.COMMUNITY))
def honour(_ports: "Ports", ctx: "Context", action: Honour) -> None:
    """It was given: the points are gone."""
    redemption = action.redemption.hex()
    row = _need_own(ctx, redemption)
    redemptions.put(ctx, redemption, _step(ctx, redemption, row, "honour"))


@RULES.rule(Void, by=(Role.PLATFORM, Role.COMMUNITY))
def void(_ports: "Ports", ctx: "Context", action: Void) -> None:
    """It cannot be given: points and stock go back."""
    check_text("reason", action.reason)
    redemption = action.redemption.hex()
    row = _need_own(ctx, redemption)
    _give_back(ctx, redemption, replace(_step(ctx, redemption, row, "void"), reason=action.reason))


@RULES.timer(Lapse)
def lapse(_ports: "Ports", ctx: "Context", timer: Lapse) -> None:
    """Whoever made the offer said nothing in time: nobody loses points by that."""
    row = redemptions.get(ctx, timer.redemption)
    assert row is not None, timer.redemption
    if row.state == "asked":
        _journal(ctx, _offer_of(ctx, row))
        _give_back(ctx, timer.redemption, _step(ctx, timer.redemption, row, "lapse"))


def _offer_of(ctx: "Context", row: Redemption) -> Offer:
    offer = offers.get(ctx, row.offer)
    assert offer is not None, row.offer
    return offer


def _need_own(ctx: "Context", redemption: str) -> Redemption:
    """A redemption of an offer that the signer made; raises `RedemptionUnknown` or `NotOfferMaker`."""
    row = redemptions.need(ctx, redemption, RedemptionUnknown(redemption))
    offer = _offer_of(ctx, row)
    ctx.require(ctx.signer.organisation == offer.maker, NotOfferMaker(row.offer, ctx.signer.organisation))
    _journal(ctx, offer)
    return row


def _step(ctx: "Context", redemption: str, row: Redemption, event: str) -> Redemption:
    """The redemption after `event`; raises `RedemptionStateRefused` where the table has no such step."""
    state = REDEMPTION_TRANSITIONS[row.state].get(event)
    if state is None:
        raise RedemptionStateRefused(redemption, row.state, event)
    return replace(row, state=state, closed_ms=ctx.time_ms)


def _give_back(ctx: "Context", redemption: str, row: Redemption) -> None:
    """Points go back to the key, the stock to the offer. `row` is voided."""
    redemptions.put(ctx, redemption, row)
    owner = points.get(ctx, points_key(row.community, row.key))
    assert owner is not None, redemption
    add(ctx, row.community, row.key, owner, 0, -row.cost)
    offer = _offer_of(ctx, row)
    offers.put(ctx, row.offer, replace(offer, left=offer.left + 1))
    ctx.event("points_returned", row.community, row.key, row.cost, row.offer)
