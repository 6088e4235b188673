"""Rules for leaders: what they saw at a farm, with the farm's word that they were there, and what they vouch for."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ledger.modules.archive.errors import (
    ConfirmedAlready,
    EndorsementUnknown,
    NotGrownThere,
    NotSeen,
    NotTheFarm,
    NotVisitor,
    NotVoucher,
    OwnFarm,
    PlaceWrong,
    VisitTimesWrong,
    VisitTooOld,
    VisitUnconfirmed,
    VouchedAlready,
    WithdrawnAlready,
)
from ledger.modules.archive.messages import ConfirmVisit, Endorse, RecordVisit, WithdrawEndorsement
from ledger.modules.archive.rules.common import RULES, count, enter, need_visit
from ledger.modules.archive.rules.reviewing import check_once
from ledger.modules.archive.state import (
    ENDORSEMENT_TRANSITIONS,
    VISIT_TRANSITIONS,
    Endorsement,
    Visit,
    endorsements,
    farm_listing,
    listing_of,
    product_listing,
    visits,
    vouched,
)
from ledger.roles import ORGANISATION_ROLES, Role
from ledger.state import OTHER, SELF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.context import Context
    from ledger.modules.archive.ports import Ports

VISIT_MAX_MS = 7 * 86_400_000
"""The longest visit."""


def _leader(ctx: "Context") -> str:
    return ctx.signer.subject.removeprefix("member:")


def _shelves(products: "Iterable[str]", community: str, farm: str) -> tuple[str, ...]:
    """The listings of products, in a community and everywhere, and of a farm."""
    of_products = [key for product in products for key in (listing_of(product, community), product_listing(product))]
    return (*of_products, farm_listing(farm))


def _journal(ctx: "Context", leader: str, farm: str) -> None:
    """Enter the record into the journals of the leader and of the farm."""
    ctx.journal(f"member:{leader}", OTHER)
    ctx.journal(f"organisation:{farm}", OTHER)


@RULES.rule(RecordVisit, by=(Role.LEADER,))
def record_visit(ports: "Ports", ctx: "Context", action: RecordVisit) -> None:
    """A leader says that she was there: shown as her word alone, counted nowhere."""
    leader, community, farm = _leader(ctx), ctx.signer.organisation, action.farm
    check_once("products", action.products)
    check_once("media", action.media)
    latest_ms = ctx.time_ms + ctx.parameters["clock_ahead_ms"]
    sound = action.from_ms < action.to_ms <= min(latest_ms, action.from_ms + VISIT_MAX_MS)
    ctx.require(sound, VisitTimesWrong(action.from_ms, action.to_ms))
    ctx.require(community != farm, OwnFarm(leader, farm))
    site = ports.goods.site(ctx, action.site)
    if site is None or site.owner != farm:
        raise PlaceWrong(action.site, farm)
    for product in action.products:
        known = ports.goods.product(ctx, product)
        if known is None or farm not in (known.owner, *known.producers):
            raise NotGrownThere(product, farm)
    row = Visit(
        leader=leader,
        community=community,
        farm=farm,
        site=action.site,
        products=action.products,
        from_ms=action.from_ms,
        to_ms=action.to_ms,
        media=action.media,
        words=action.words,
        time_ms=ctx.time_ms,
    )
    visits.put(ctx, ctx.transaction_id.hex(), row)
    enter(ctx, _shelves(row.products, community, farm), SELF)
    _journal(ctx, leader, farm)


@RULES.rule(ConfirmVisit, by=ORGANISATION_ROLES)
def confirm_visit(ports: "Ports", ctx: "Context", action: ConfirmVisit) -> None:
    """The farm says so too: the visit counts."""
    identity, row = need_visit(ctx, action.visit)
    ctx.require(ctx.signer.organisation == row.farm, NotTheFarm(identity, ctx.signer.organisation))
    state = VISIT_TRANSITIONS[row.state].get("confirm")
    if state is None:
        raise ConfirmedAlready(identity)
    row = replace(row, state=state, confirmed_ms=ctx.time_ms)
    visits.put(ctx, identity, row)
    ctx.event("visit_confirmed", identity)
    count(ctx, _shelves(row.products, row.community, row.farm), SELF)
    _journal(ctx, row.leader, row.farm)
    for listener in ports.listeners:
        listener.visited(ctx, identity, row)


@RULES.rule(Endorse, by=(Role.LEADER,))
def endorse(ports: "Ports", ctx: "Context", action: Endorse) -> None:
    """A leader's word for a product, not long after she was where it grows."""
    leader, product = _leader(ctx), action.product
    identity, visit = need_visit(ctx, action.visit)
    ctx.require(visit.leader == leader, NotVisitor(identity, leader))
    ctx.require(visit.state == "cosigned", VisitUnconfirmed(identity))
    latest_ms = visit.to_ms + ctx.parameters["endorse_within_ms"]
    ctx.require(ctx.time_ms <= latest_ms, VisitTooOld(identity, latest_ms))
    ctx.require(product in visit.products, NotSeen(identity, product))
    _check_free(ctx, leader, product, visit)
    row = Endorsement(
        leader=leader,
        community=visit.community,
        farm=visit.farm,
        product=product,
        visit=identity,
        commission_bp=action.commission_bp,
        words=action.words,
        time_ms=ctx.time_ms,
    )
    endorsement = ctx.transaction_id.hex()
    endorsements.put(ctx, endorsement, row)
    vouched.put(ctx, f"{leader}/{product}", endorsement)
    ctx.event("endorsed", leader, product)
    count(ctx, _shelves((product,), row.community, row.farm), SELF)
    _journal(ctx, leader, row.farm)
    for listener in ports.listeners:
        listener.endorsed(ctx, endorsement, row)


def _check_free(ctx: "Context", leader: str, product: str, visit: Visit) -> None:
    """Raise `VouchedAlready` while her word for the product stands, or if she went there before she took it back."""
    latest = vouched.get(ctx, f"{leader}/{product}")
    before = None if latest is None else endorsements.get(ctx, latest)
    if before is not None and (before.withdrawn_ms is None or visit.from_ms <= before.withdrawn_ms):
        raise VouchedAlready(leader, product)


@RULES.rule(WithdrawEndorsement, by=(Role.LEADER,))
def withdraw_endorsement(ports: "Ports", ctx: "Context", action: WithdrawEndorsement) -> None:
    """She vouches no longer, and everybody can see that she did."""
    endorsement, leader = action.endorsement.hex(), _leader(ctx)
    row = endorsements.need(ctx, endorsement, EndorsementUnknown(endorsement))
    ctx.require(row.leader == leader, NotVoucher(endorsement, leader))
    state = ENDORSEMENT_TRANSITIONS[row.state].get("withdraw")
    if state is None:
        raise WithdrawnAlready(endorsement)
    row = replace(row, state=state, reason=action.reason, withdrawn_ms=ctx.time_ms)
    endorsements.put(ctx, endorsement, row)
    ctx.event("endorsement_withdrawn", leader, row.product)
    count(ctx, _shelves((row.product,), row.community, row.farm), SELF)
    _journal(ctx, leader, row.farm)
    for listener in ports.listeners:
        listener.withdrawn(ctx, endorsement, row)
