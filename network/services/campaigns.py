"""Campaigns as anybody may see them: rows of the certified state with the names of what they name."""

from collections.abc import Iterator

from linxin.v1 import trade_pb2

from ledger.context import Context
from ledger.modules.groupbuy.messages import Draft
from ledger.modules.groupbuy.state import CAMPAIGN_TRANSITIONS, Campaign, campaigns
from ledger.modules.groupbuy.words import WORDS
from ledger.modules.registry.state import organisations
from ledger.modules.trace.state import products
from network.errors import BadField, NotFound
from network.services.calls import check_range, check_text

CAMPAIGN_ID_MAX = 64
PAGE_MAX = 100
PAGE_DEFAULT = 20
LOOKED_AT_MAX = 1_000
"""Rows looked at for one page: a filter that few match gets short pages, not a long wait."""

BEFORE_CUT_OFF = ("draft", "open")


def need_campaign(ctx: Context, path: str, name: str) -> Campaign:
    """A campaign's row; raises `BadField` or `NotFound`."""
    check_text(path, name, CAMPAIGN_ID_MAX)
    return campaigns.need(ctx, name, NotFound("campaign", name))


def campaign_message(ctx: Context, name: str, row: Campaign) -> trade_pb2.Campaign:
    """A campaign as it crosses the network."""
    zh, en = WORDS.value(row.state)
    price_fen, units_to_next = _price_now(row)
    return trade_pb2.Campaign(
        id=name,
        height=ctx.height,
        time_ms=ctx.time_ms,
        state=row.state,
        state_zh=zh,
        state_en=en,
        terms=_terms(ctx, row.terms),
        first_leader=row.first_leader,
        leader=row.leader,
        orders=row.orders,
        units=row.units,
        price_fen=row.price_fen,
        price_now_fen=price_fen,
        units_to_next=units_to_next,
        allocated=row.allocated,
        lots=[trade_pb2.LotPortion(lot=each.lot, quantity=each.quantity) for each in row.lots],
        shipments=row.shipments,
        drafted_ms=row.drafted_ms,
        arrived_ms=row.arrived_ms,
        heard_ms=row.heard_ms,
        lines_left=row.lines_left,
        reminded_ms=row.reminded_ms,
        silent_ms=row.silent_ms,
    )


def is_over(row: Campaign) -> bool:
    """Whether nothing of a campaign's public row will change any more."""
    return not CAMPAIGN_TRANSITIONS[row.state] and row.lines_left == 0


def list_campaigns(ctx: Context, request: trade_pb2.ListCampaignsRequest) -> trade_pb2.ListCampaignsResponse:
    """A page of campaigns; the token is the id after which the next page begins. Raises `BadField`."""
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    for field in ("community", "leader", "seller", "pickup", "page_token"):
        if getattr(request, field):
            check_text(f"$.{field}", getattr(request, field), CAMPAIGN_ID_MAX)
    if request.state and request.state not in CAMPAIGN_TRANSITIONS:
        raise BadField("$.state", f"expected one of {', '.join(CAMPAIGN_TRANSITIONS)}")
    page = trade_pb2.ListCampaignsResponse(height=ctx.height)
    looked_at, before = 0, ""
    for name, row in campaigns_from(ctx, request.page_token):
        if len(page.campaigns) == (request.page_size or PAGE_DEFAULT) or looked_at == LOOKED_AT_MAX:
            page.next_page_token = before
            break
        before, looked_at = name, looked_at + 1
        if _matches(request, row):
            page.campaigns.append(campaign_message(ctx, name, row))
    return page


def campaigns_from(ctx: Context, after: str, *, inclusive: bool = False) -> Iterator[tuple[str, Campaign]]:
    """Campaigns by id, after the id `after` ("" = from the first), or with it, read in small steps."""
    last: str | None = after or None
    if inclusive and after and (first := campaigns.get(ctx, after)) is not None:
        yield after, first
    while pairs := campaigns.scan(ctx, after=last, limit=50):
        yield from pairs
        last = pairs[-1][0]


def _matches(request: trade_pb2.ListCampaignsRequest, row: Campaign) -> bool:
    return (
        request.community in ("", row.terms.community)
        and request.state in ("", row.state)
        and request.seller in ("", row.terms.seller)
        and request.pickup in ("", row.terms.pickup)
        and request.leader in ("", row.first_leader, row.leader)
    )


def _price_now(row: Campaign) -> tuple[int, int]:
    """(what a unit costs as things stand, units until it costs less or 0)."""
    if row.price_fen is not None:
        return row.price_fen, 0
    ladder = row.terms.ladder
    reached = [tier for tier in ladder if tier.units <= max(1, row.units)]
    ahead = [tier.units - row.units for tier in ladder if tier.units > max(1, row.units)]
    return reached[-1].price_fen, ahead[0] if ahead and row.state in BEFORE_CUT_OFF else 0


def _terms(ctx: Context, terms: Draft) -> trade_pb2.CampaignTerms:
    product = products.get(ctx, terms.product)
    return trade_pb2.CampaignTerms(
        title=terms.title,
        community=_party(ctx, terms.community),
        seller=_party(ctx, terms.seller),
        platform=_party(ctx, terms.platform),
        custodian=_party(ctx, terms.custodian),
        logistics=None if terms.logistics is None else _party(ctx, terms.logistics),
        adjudicator=_party(ctx, terms.adjudicator),
        product=terms.product,
        product_zh=product.name_zh if product is not None else terms.product,
        product_en=product.name_en if product is not None else terms.product,
        measure=product.measure if product is not None else "",
        sources=terms.sources,
        unit_quantity=terms.unit_quantity,
        tolerance_bp=terms.tolerance_bp,
        ladder=[trade_pb2.PriceTier(units=tier.units, price_fen=tier.price_fen) for tier in terms.ladder],
        minimum=terms.minimum,
        maximum=terms.maximum,
        per_order=terms.per_order,
        cutoff_ms=terms.cutoff_ms,
        delivery_from_ms=terms.delivery_from_ms,
        delivery_to_ms=terms.delivery_to_ms,
        pickup=terms.pickup,
        pickup_address=terms.pickup_address,
        leader_bp=terms.shares.leader,
        platform_bp=terms.shares.platform,
        logistics_bp=terms.shares.logistics,
        deposit_fen=terms.deposit_fen,
        holdback_bp=terms.holdback_bp,
        perishable=terms.perishable,
        reading_gap_ms=terms.reading_gap_ms,
    )


def _party(ctx: Context, name: str) -> trade_pb2.Party:
    row = organisations.get(ctx, name)
    assert row is not None, f"a campaign names the unknown organisation {name}"
    return trade_pb2.Party(id=name, name_zh=row.name_zh, name_en=row.name_en)
