"""Claims as those may see them whom they concern."""

from collections.abc import Iterator
from typing import NamedTuple

from linxin.v1 import trade_pb2

from ledger.context import Context
from ledger.modules.claims.messages import CLAIMS_MAX
from ledger.modules.claims.state import WAITING, Claim, claim_key, claims
from ledger.modules.claims.words import WORDS
from ledger.modules.groupbuy.state import Campaign, OrderRow
from network.access import Asker
from network.errors import BadField, NotFound
from network.services.calls import check_range
from network.services.campaigns import LOOKED_AT_MAX, need_campaign
from network.services.lines import check_order, line_message, lines_from, money_message, need_order
from network.services.parties import View, claim_view, need

PAGE_MAX = 100
PAGE_DEFAULT = 20


class Place(NamedTuple):
    """A claim and the line it is on; `claim` is None for a line's end, where there are no more."""

    order: str
    row: OrderRow
    number: int
    claim: Claim | None


def get_claim(ctx: Context, asker: Asker, request: trade_pb2.GetClaimRequest) -> trade_pb2.Claim:
    """One claim, or an order's newest. Raises `BadField`, `NotFound`, `NotAllowed`."""
    order = check_order("$.order", request.order, asker)
    check_range("$.number", request.number, 0, CLAIMS_MAX)
    row, campaign = need_order(ctx, order)
    *found, _ = _of_order(ctx, order, row)
    if request.number:
        found = [place for place in found if place.number == request.number]
    if not found:
        raise NotFound("claim", claim_key(order, request.number or 1))
    place = found[-1]
    view = need(_view(asker, place, campaign), View.PARCEL, asker, f"claim {claim_key(order, place.number)}")
    return _message(ctx, place, campaign, view)


def list_claims(ctx: Context, asker: Asker, request: trade_pb2.ListClaimsRequest) -> trade_pb2.ListClaimsResponse:
    """A page of the claims of an order or a campaign that concern the asker; the token is `<line>.<claim>` of the last
    one looked at. Raises `BadField`, `NotFound`.
    """
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    page = trade_pb2.ListClaimsResponse(height=ctx.height)
    line, skip = _parse_token(request.page_token)
    if request.WhichOneof("of") == "campaign":
        campaign = need_campaign(ctx, "$.campaign", request.campaign)
        places = _of_campaign(ctx, request.campaign, line)
    else:
        order = check_order("$.order", request.order, asker)
        row, campaign = need_order(ctx, order)
        places = iter(_of_order(ctx, order, row))
    token, looked_at = "", 0
    for place in places:
        if (place.row.number, place.number) <= (line, skip):
            continue
        if len(page.claims) == (request.page_size or PAGE_DEFAULT) or looked_at == LOOKED_AT_MAX:
            page.next_page_token = token
            break
        token, looked_at = f"{place.row.number}.{place.number}", looked_at + 1
        view = _view(asker, place, campaign)
        if place.claim is not None and view and (request.include_closed or place.claim.state in WAITING):
            page.claims.append(_message(ctx, place, campaign, view))
    return page


def _of_order(ctx: Context, order: str, row: OrderRow) -> list[Place]:
    """An order's claims, oldest first, and its end."""
    found: list[Place] = []
    for number in range(1, CLAIMS_MAX + 1):
        claim = claims.get(ctx, claim_key(order, number))
        if claim is None:
            break
        found.append(Place(order, row, number, claim))
    return [*found, Place(order, row, CLAIMS_MAX + 1, None)]


def _of_campaign(ctx: Context, campaign: str, from_line: int) -> Iterator[Place]:
    """The claims of a campaign by line, from a line on."""
    for _, order, row in lines_from(ctx, campaign, max(0, from_line - 1)):
        yield from _of_order(ctx, order, row)


def _view(asker: Asker, place: Place, campaign: Campaign) -> View:
    return View.NOTHING if place.claim is None else claim_view(asker, place.order, place.row, campaign, place.claim)


def _message(ctx: Context, place: Place, campaign: Campaign, view: View) -> trade_pb2.Claim:
    claim = place.claim
    assert claim is not None, "a line's end has no claim"
    cause_zh, cause_en = WORDS.value(claim.cause)
    state_zh, state_en = WORDS.value(claim.state)
    return trade_pb2.Claim(
        order=place.order,
        number=place.number,
        campaign=claim.campaign,
        cause=claim.cause,
        cause_zh=cause_zh,
        cause_en=cause_en,
        evidence=claim.evidence,
        fen=claim.fen,
        state=claim.state,
        state_zh=state_zh,
        state_en=state_en,
        opened_ms=claim.opened_ms,
        due_ms=claim.due_ms,
        closed_ms=claim.closed_ms,
        leader=claim.leader,
        paid_fen=claim.paid_fen,
        own=claim.own,
        liable=claim.liable,
        award_fen=claim.award_fen,
        reasons=claim.reasons,
        line=line_message(ctx, place.order, place.row, campaign),
        money=money_message(place.row) if view >= View.MONEY else None,
        height=ctx.height,
    )


def _parse_token(token: str) -> tuple[int, int]:
    """(line, claim) after which the page begins."""
    if not token:
        return 0, 0
    parts = token.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise BadField("$.page_token", "it is not one that this service gave")
    return int(parts[0]), int(parts[1])
