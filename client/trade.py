"""Reading what group buying and money stand at: campaigns for anybody, the rest under a key that may.

Who may read what: docs/DEVELOPERS.md. A key is a registered one (a leader's, an organisation's) or an order's own, with
which its buyer reads that order alone. Every function raises `Remote` with the node's refusal, `Unreachable` and
`WrongNetwork`; lists are read page by page as they are iterated over.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message as Protobuf
from linxin.v1 import trade_pb2

from client.connection import Connection, signed_request
from client.failures import Failure
from ledger.crypto.signing import SigningKey
from ledger.modules.groupbuy.messages import Draft, Shares, Tier

_Answer = TypeVar("_Answer", bound=Protobuf)


class StatementDiffers(Failure):
    """A node's statement whose entries do not add up to what it says of the account."""

    def __init__(self, account: str) -> None:
        super().__init__(
            f"账户 {account} 的对账单不平：明细与期初、期末余额不符",
            f"the statement of account {account} does not add up: its entries and balances differ",
            "请换一个节点重试，并通知其运维",
            "try another node, tell this one's operator",
        )


@dataclass(frozen=True)
class Statement:
    """An account's whole statement of a time, which adds up: opening + in - out = closing. All fen."""

    account: trade_pb2.Account
    opening_fen: int
    closing_fen: int
    in_fen: int
    out_fen: int
    entries: tuple[trade_pb2.StatementEntry, ...]


async def get_campaign(connection: Connection, campaign: str) -> trade_pb2.Campaign:
    """One campaign."""
    return await _ask(
        connection, "GetCampaign", trade_pb2.GetCampaignRequest(campaign=campaign), trade_pb2.Campaign, None
    )


async def list_campaigns(
    connection: Connection,
    *,
    community: str = "",
    state: str = "",
    leader: str = "",
    seller: str = "",
    pickup: str = "",
) -> AsyncIterator[trade_pb2.Campaign]:
    """Campaigns by id, those that match all the filters given."""
    request = trade_pb2.ListCampaignsRequest(
        community=community, state=state, leader=leader, seller=seller, pickup=pickup
    )
    answer = trade_pb2.ListCampaignsResponse
    async for page in _pages(connection, "ListCampaigns", request, answer):
        for campaign in page.campaigns:
            yield campaign


async def last_campaign(connection: Connection, leader: str) -> trade_pb2.Campaign | None:
    """The campaign that a leader drafted last, to be cloned; None when she has drafted none."""
    found = [each async for each in list_campaigns(connection, leader=leader) if each.first_leader == leader]
    return max(found, key=lambda each: (each.drafted_ms, each.id), default=None)


def clone_campaign(last: trade_pb2.Campaign, name: str, cutoff_ms: int, sources: Sequence[str] = ()) -> Draft:
    """The terms of a campaign for a new one: deliveries as long after the new cut-off as they were after the old one;
    sold from other plantings or lots where `sources` are given.
    """
    terms = last.terms
    later_ms = cutoff_ms - terms.cutoff_ms
    return Draft(
        campaign=name,
        title=terms.title,
        community=terms.community.id,
        seller=terms.seller.id,
        platform=terms.platform.id,
        custodian=terms.custodian.id,
        logistics=terms.logistics.id if terms.HasField("logistics") else None,
        adjudicator=terms.adjudicator.id,
        product=terms.product,
        sources=tuple(sources) or tuple(terms.sources),
        unit_quantity=terms.unit_quantity,
        tolerance_bp=terms.tolerance_bp if terms.HasField("tolerance_bp") else None,
        ladder=tuple(Tier(tier.units, tier.price_fen) for tier in terms.ladder),
        minimum=terms.minimum,
        maximum=terms.maximum,
        per_order=terms.per_order,
        cutoff_ms=cutoff_ms,
        delivery_from_ms=terms.delivery_from_ms + later_ms,
        delivery_to_ms=terms.delivery_to_ms + later_ms,
        pickup=terms.pickup,
        pickup_address=terms.pickup_address,
        shares=Shares(terms.leader_bp, terms.platform_bp, terms.logistics_bp),
        deposit_fen=terms.deposit_fen,
        holdback_bp=terms.holdback_bp,
        perishable=terms.perishable,
        reading_gap_ms=terms.reading_gap_ms,
    )


async def watch_campaign(connection: Connection, campaign: str) -> AsyncIterator[trade_pb2.Campaign]:
    """The campaign as it is, then again whenever it changed, until it is over."""
    request = trade_pb2.WatchCampaignRequest(campaign=campaign)
    async for each in connection.stream(lambda to: to.trade.WatchCampaign, request, trade_pb2.Campaign):
        yield each


async def get_order(connection: Connection, key: SigningKey, order: str = "") -> trade_pb2.GetOrderResponse:
    """An order by its hex id, as far as the key's holder may know it; "" = the order made under this key."""
    request = trade_pb2.GetOrderRequest(order=order)
    return await _ask(connection, "GetOrder", request, trade_pb2.GetOrderResponse, key)


async def list_lines(
    connection: Connection, key: SigningKey, campaign: str
) -> AsyncIterator[trade_pb2.ListLinesResponse.Entry]:
    """A campaign's lines by number."""
    request, answer = trade_pb2.ListLinesRequest(campaign=campaign, page_size=500), trade_pb2.ListLinesResponse
    async for page in _pages(connection, "ListLines", request, answer, key):
        for entry in page.entries:
            yield entry


async def packing_list(
    connection: Connection, key: SigningKey, *, campaign: str = "", pickup: str = ""
) -> AsyncIterator[trade_pb2.Line]:
    """What is packed, carried and handed out, of one campaign or of all of a pickup point. Requires one of both."""
    assert (campaign == "") != (pickup == ""), "a campaign or a pickup point"
    request = trade_pb2.PackingListRequest(page_size=500)
    if campaign:
        request.campaign = campaign
    else:
        request.pickup = pickup
    answer = trade_pb2.PackingListResponse
    async for page in _pages(connection, "PackingList", request, answer, key):
        for line in page.lines:
            yield line


async def get_account(connection: Connection, key: SigningKey, account: str) -> trade_pb2.Account:
    """One account by its name (`ledger.modules.payments.state` names them)."""
    return await _ask(connection, "GetAccount", trade_pb2.GetAccountRequest(account=account), trade_pb2.Account, key)


async def list_accounts(connection: Connection, key: SigningKey, prefix: str = "") -> AsyncIterator[trade_pb2.Account]:
    """The accounts whose names begin with `prefix` and which the key's holder may read, by name."""
    request, answer = trade_pb2.ListAccountsRequest(prefix=prefix, page_size=500), trade_pb2.ListAccountsResponse
    async for page in _pages(connection, "ListAccounts", request, answer, key):
        for account in page.accounts:
            yield account


async def get_statement(
    connection: Connection, key: SigningKey, account: str, from_ms: int = 0, to_ms: int = 0
) -> Statement:
    """An account's statement of [from_ms, to_ms) (0: until now), checked entry by entry. Raises `StatementDiffers`."""
    request = trade_pb2.GetStatementRequest(account=account, from_ms=from_ms, to_ms=to_ms, page_size=500)
    answer = trade_pb2.GetStatementResponse
    found, opening_fen, first = list[trade_pb2.StatementEntry](), 0, None
    async for page in _pages(connection, "GetStatement", request, answer, key):
        if first is None:
            first, opening_fen = page, page.opening_fen
        found += page.entries
    assert first is not None, "a list has a first page"
    # Entries of the last page may be newer than the first page: the statement is as of the first.
    entries = found[: first.entries_in_all]
    balance_fen = opening_fen
    for entry in entries:
        balance_fen += entry.change_fen
        if entry.balance_fen != balance_fen:
            raise StatementDiffers(account)
    if balance_fen != first.closing_fen or len(entries) != first.entries_in_all:
        raise StatementDiffers(account)
    in_fen = sum(max(0, entry.change_fen) for entry in entries)
    return Statement(
        account=first.account,
        opening_fen=opening_fen,
        closing_fen=balance_fen,
        in_fen=in_fen,
        out_fen=opening_fen + in_fen - balance_fen,
        entries=tuple(entries),
    )


async def list_instructions(
    connection: Connection, key: SigningKey, custodian: str, *, include_closed: bool = False
) -> AsyncIterator[trade_pb2.Instruction]:
    """Instructions to a custodian: the open ones oldest first, or all by id."""
    request = trade_pb2.ListInstructionsRequest(custodian=custodian, include_closed=include_closed, page_size=500)
    answer = trade_pb2.ListInstructionsResponse
    pages = _pages(connection, "ListInstructions", request, answer, key)
    async for page in pages:
        for instruction in page.instructions:
            yield instruction


async def get_claim(connection: Connection, key: SigningKey, order: str = "", number: int = 0) -> trade_pb2.Claim:
    """A claim of an order ("" = the one made under this key) by its number; 0 = its newest."""
    request = trade_pb2.GetClaimRequest(order=order, number=number)
    return await _ask(connection, "GetClaim", request, trade_pb2.Claim, key)


async def list_claims(
    connection: Connection, key: SigningKey, *, order: str = "", campaign: str = "", include_closed: bool = False
) -> AsyncIterator[trade_pb2.Claim]:
    """The claims of a campaign, else of an order ("" = the one made under this key), that concern the key's holder:
    those that wait for a decision, or all.
    """
    request = trade_pb2.ListClaimsRequest(include_closed=include_closed, page_size=100)
    if campaign:
        request.campaign = campaign
    else:
        request.order = order
    async for page in _pages(connection, "ListClaims", request, trade_pb2.ListClaimsResponse, key):
        for claim in page.claims:
            yield claim


async def _ask(
    connection: Connection, method: str, request: Protobuf, answer: type[_Answer], key: SigningKey | None
) -> _Answer:
    """The answer to a request, signed where a key is given."""
    sign = None
    if key is not None:
        chain_id = connection.chain_id or (await connection.status()).chain_id
        sign = signed_request(key, chain_id, f"/linxin.v1.TradeService/{method}", request)
    return await connection.call(lambda to: getattr(to.trade, method), request, answer, sign=sign)


async def _pages(
    connection: Connection, method: str, request: Any, answer: type[_Answer], key: SigningKey | None = None
) -> AsyncIterator[_Answer]:
    """All pages of a list."""
    while True:
        page: Any = await _ask(connection, method, request, answer, key)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
