"""Orders and lines as their parties may see them, and the packing list."""

from collections.abc import Iterator

from linxin.v1 import trade_pb2

from ledger.context import Context
from ledger.modules.groupbuy.rules.common import line_key, line_state, order_at
from ledger.modules.groupbuy.rules.terms import MICRO_KG_IN_GRAM, unit_micro_kg
from ledger.modules.groupbuy.state import Campaign, OrderRow, campaigns, lines, orders, tries
from ledger.modules.groupbuy.words import WORDS
from ledger.modules.payments.ports import receipt_account
from ledger.modules.payments.state import account_row
from ledger.modules.trace.state import products
from network.access import Asker
from network.errors import BadField, NotFound
from network.services.accounts import account_message
from network.services.calls import check_range, check_text
from network.services.campaigns import CAMPAIGN_ID_MAX, LOOKED_AT_MAX, campaigns_from, need_campaign
from network.services.parties import View, line_view, need, order_view

PAGE_MAX = 500
PAGE_DEFAULT = 100
ORDER_SIZE = 32
"""Characters of an order's hex id."""

TRAVELLING = ("formed", "allocating", "allocated", "shipped", "arrived")
"""States of campaigns whose goods are being packed, carried or handed out."""

NO_GOODS = ("placed", "cancelled", "failed", "refunded")
"""States of lines that nothing is packed for."""

NUMBER_MAX = 999_999
"""Above every line's number."""

NumberedOrder = tuple[int, str, OrderRow]


def check_order(path: str, order: str, asker: Asker) -> str:
    """The hex id asked for, or of the order whose key asks. Raises `BadField`."""
    if not order and asker.order:
        return asker.order
    if len(order) != ORDER_SIZE or not all(character in "0123456789abcdef" for character in order):
        raise BadField(path, f"expected {ORDER_SIZE} hexadecimal digits")
    return order


def need_order(ctx: Context, order: str) -> tuple[OrderRow, Campaign]:
    """An order's row and its campaign's; raises `NotFound`."""
    row = orders.need(ctx, order, NotFound("order", order))
    campaign = campaigns.get(ctx, row.campaign)
    assert campaign is not None, f"{order} is an order of no campaign"
    return row, campaign


def get_order(ctx: Context, asker: Asker, request: trade_pb2.GetOrderRequest) -> trade_pb2.GetOrderResponse:
    """One order, as far as the asker may know it. Raises `BadField`, `NotFound`, `NotAllowed`."""
    order = check_order("$.order", request.order, asker)
    row, campaign = need_order(ctx, order)
    view = need(order_view(asker, order, row, campaign), View.PARCEL, asker, f"order {order}")
    return trade_pb2.GetOrderResponse(
        height=ctx.height,
        time_ms=ctx.time_ms,
        line=line_message(ctx, order, row, campaign),
        money=money_message(row) if view >= View.MONEY else None,
        ties=_ties(ctx, order, row, campaign) if view >= View.TIES else None,
    )


def list_lines(ctx: Context, asker: Asker, request: trade_pb2.ListLinesRequest) -> trade_pb2.ListLinesResponse:
    """A page of a campaign's lines; the token is the number of the last line. Raises as `get_order`."""
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    campaign = need_campaign(ctx, "$.campaign", request.campaign)
    view = need(line_view(asker, campaign), View.PARCEL, asker, f"the lines of campaign {request.campaign}")
    page = trade_pb2.ListLinesResponse(height=ctx.height)
    after = _number_of(request.page_token)
    for number, order, row in lines_from(ctx, request.campaign, after):
        if len(page.entries) == (request.page_size or PAGE_DEFAULT):
            page.next_page_token = str(after)
            break
        after = number
        page.entries.add(
            line=line_message(ctx, order, row, campaign),
            money=money_message(row) if view >= View.MONEY else None,
        )
    return page


def packing_list(ctx: Context, asker: Asker, request: trade_pb2.PackingListRequest) -> trade_pb2.PackingListResponse:
    """A page of what is packed for a campaign or a pickup point; the token is `<campaign>/<number>` of the last line
    looked at. Raises as `get_order`.
    """
    check_range("$.page_size", request.page_size, 0, PAGE_MAX)
    page = trade_pb2.PackingListResponse(height=ctx.height)
    first, _, number = request.page_token.rpartition("/")
    after, token, looked_at = _number_of(number), "", 0
    for name, campaign in _packed_campaigns(ctx, asker, request, first, after):
        if campaign is None:
            token, looked_at = f"{name}/{NUMBER_MAX}", looked_at + 1
            if looked_at == LOOKED_AT_MAX:
                page.next_page_token = token
                return page
            continue
        for place, order, row in lines_from(ctx, name, after if name == first else 0):
            if len(page.lines) == (request.page_size or PAGE_DEFAULT) or looked_at == LOOKED_AT_MAX:
                page.next_page_token = token
                return page
            token, looked_at = f"{name}/{place}", looked_at + 1
            if row.state not in NO_GOODS:
                page.lines.append(line_message(ctx, order, row, campaign))
    return page


def _packed_campaigns(
    ctx: Context, asker: Asker, request: trade_pb2.PackingListRequest, first: str, after: int
) -> Iterator[tuple[str, Campaign | None]]:
    """The campaign asked for; or all from `first` on (behind it, if nothing of it comes after the line `after`), with
    None in the place of those that are not of the pickup point or in which the asker has no part.
    """
    if request.WhichOneof("of") == "campaign":
        campaign = need_campaign(ctx, "$.campaign", request.campaign)
        need(line_view(asker, campaign), View.PARCEL, asker, f"the packing list of campaign {request.campaign}")
        if first not in ("", request.campaign):
            raise BadField("$.page_token", "it is of another campaign")
        yield request.campaign, campaign
        return
    pickup = check_text("$.pickup", request.pickup, CAMPAIGN_ID_MAX)
    for name, campaign in campaigns_from(ctx, first, inclusive=after < NUMBER_MAX):
        fits = campaign.terms.pickup == pickup and campaign.state in TRAVELLING
        yield name, campaign if fits and line_view(asker, campaign) >= View.PARCEL else None


def lines_from(ctx: Context, campaign: str, after: int) -> Iterator[NumberedOrder]:
    """(number, hex order id, row) of a campaign's lines above the number `after`, read in small steps."""
    while pairs := lines.scan(ctx, f"{campaign}/", after=line_key(campaign, after), limit=50):
        for key, _ in pairs:
            after = int(key.rpartition("/")[2])
            yield (after, *order_at(ctx, campaign, after))


def line_message(ctx: Context, order: str, row: OrderRow, campaign: Campaign) -> trade_pb2.Line:
    """What everybody with part in a line may see of it."""
    state = line_state(campaign, row)
    zh, en = WORDS.value(state)
    return trade_pb2.Line(
        campaign=row.campaign,
        number=row.number,
        order=order,
        units=row.units,
        allotted=None if state == "owed" or campaign.allocated is None else row.allotted,
        nominal_grams=_nominal_grams(ctx, row, campaign),
        packed_grams=row.packed_grams,
        returned=row.returned,
        state=state,
        state_zh=zh,
        state_en=en,
    )


def money_message(row: OrderRow) -> trade_pb2.LineMoney:
    """What the money of a line stands at."""
    split = row.split
    return trade_pb2.LineMoney(
        paid_fen=row.paid_fen,
        charged_fen=row.charged_fen,
        compensated_fen=row.compensated_fen,
        borne_fen=row.borne_fen,
        placed_ms=row.placed_ms,
        collected_ms=row.collected_ms,
        settle_ms=row.settle_ms,
        leader=row.leader,
        split=None
        if split is None
        else trade_pb2.LineSplit(
            seller_fen=split.seller_fen,
            leader_fen=split.leader_fen,
            platform_fen=split.platform_fen,
            logistics_fen=split.logistics_fen,
            holdback_fen=split.holdback_fen,
        ),
    )


def _ties(ctx: Context, order: str, row: OrderRow, campaign: Campaign) -> trade_pb2.OrderTies:
    account = receipt_account(campaign.terms.custodian, row.receipt)
    receipt = account_row(ctx, account).receipt
    assert receipt is not None, f"{order} was placed without a receipt"
    return trade_pb2.OrderTies(
        algorithm=row.algorithm,
        public_key=row.public_key,
        receipt=row.receipt,
        ticket=row.ticket,
        code=row.code,
        receipt_fen=receipt.fen,
        instructed_back_fen=receipt.refunded_fen,
        tries=tries.get(ctx, order) or 0,
        account=account_message(ctx, account),
    )


def _nominal_grams(ctx: Context, row: OrderRow, campaign: Campaign) -> int | None:
    """What the units of a line weigh by its terms; None where nothing is weighed."""
    terms = campaign.terms
    product = products.get(ctx, terms.product)
    if terms.tolerance_bp is None or product is None:
        return None
    units = row.units if row.allotted is None else row.allotted
    return units * unit_micro_kg(product, terms.unit_quantity) // MICRO_KG_IN_GRAM


def _number_of(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdigit() and len(token) <= 6):
        raise BadField("$.page_token", "it is not one that this service gave")
    return int(token)
