# ruff: noqa: N802  # the methods are named by the .proto
"""TradeService: campaigns in public; orders, money and claims for those concerned (proto/linxin/v1/trade.proto)."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from google.protobuf.message import Message
from linxin.v1 import trade_pb2, trade_pb2_grpc

from ledger.context import Context
from ledger.genesis import Genesis
from network.access import Access, Asker
from network.chain import Chain
from network.errors import NothingRestricted
from network.reads import Reads
from network.services import accounts, campaigns, claims, lines
from network.services.calls import STALL_MAX_S, Call, Slots, metadata_of, streaming, unary
from network.services.records import context_at

_Q = TypeVar("_Q", bound=Message)
_R = TypeVar("_R", bound=Message)


class TradeService(trade_pb2_grpc.TradeServiceServicer):
    """Answers from what is final. `public_name`: of a node that holds nothing restricted; "" where one does."""

    def __init__(
        self,
        genesis: Genesis,
        chain: Chain,
        access: Access,
        reads: Reads,
        streams: Slots,
        public_name: str = "",
        stall_max_s: float = STALL_MAX_S,
    ) -> None:
        self._genesis = genesis
        self._chain = chain
        self._access = access
        self._reads = reads
        self._streams = streams
        self._public_name = public_name
        self.stall_max_s = stall_max_s

    @unary
    async def ListCampaigns(
        self, request: trade_pb2.ListCampaignsRequest, _context: Call
    ) -> trade_pb2.ListCampaignsResponse:
        """A page of campaigns, for anybody."""
        return await self._reads.call(
            self._chain.snapshot,
            lambda stepped: campaigns.list_campaigns(context_at(stepped, self._genesis), request),
        )

    @unary
    async def GetCampaign(self, request: trade_pb2.GetCampaignRequest, _context: Call) -> trade_pb2.Campaign:
        """One campaign, for anybody."""
        ctx = self._now()
        row = campaigns.need_campaign(ctx, "$.campaign", request.campaign)
        return campaigns.campaign_message(ctx, request.campaign, row)

    @streaming
    async def WatchCampaign(
        self, request: trade_pb2.WatchCampaignRequest, _context: Call
    ) -> AsyncIterator[trade_pb2.Campaign]:
        """A campaign as it changes, for anybody, until it is over."""
        subject, shown = f"campaign:{request.campaign}", None
        with self._streams:
            while True:
                ctx = self._now()
                row = campaigns.need_campaign(ctx, "$.campaign", request.campaign)
                if row != shown:
                    yield campaigns.campaign_message(ctx, request.campaign, row)
                if campaigns.is_over(row):
                    return
                shown = row
                await self._touched(subject, ctx.height)

    async def _touched(self, subject: str, height: int) -> None:
        """Return when a record above `height` may have changed a subject."""
        while True:
            await self._chain.wait_beyond(height)
            height += 1
            touched = self._chain.touched(height)
            if touched is None or subject in touched:
                return

    @unary
    async def GetOrder(self, request: trade_pb2.GetOrderRequest, context: Call) -> trade_pb2.GetOrderResponse:
        """One order, for its parties."""
        return lines.get_order(self._now(), self._asker("GetOrder", context), request)

    @unary
    async def ListLines(self, request: trade_pb2.ListLinesRequest, context: Call) -> trade_pb2.ListLinesResponse:
        """A page of a campaign's lines, for its parties."""
        return await self._read("ListLines", lines.list_lines, request, context)

    @unary
    async def PackingList(self, request: trade_pb2.PackingListRequest, context: Call) -> trade_pb2.PackingListResponse:
        """A page of what is packed, for those who pack, carry and hand out."""
        return await self._read("PackingList", lines.packing_list, request, context)

    @unary
    async def GetAccount(self, request: trade_pb2.GetAccountRequest, context: Call) -> trade_pb2.Account:
        """One account, for its owner."""
        ctx = self._now()
        accounts.need_account(ctx, self._asker("GetAccount", context), request.account)
        return accounts.account_message(ctx, request.account)

    @unary
    async def ListAccounts(
        self, request: trade_pb2.ListAccountsRequest, context: Call
    ) -> trade_pb2.ListAccountsResponse:
        """A page of the reader's accounts."""
        return await self._read("ListAccounts", accounts.list_accounts, request, context)

    @unary
    async def GetStatement(
        self, request: trade_pb2.GetStatementRequest, context: Call
    ) -> trade_pb2.GetStatementResponse:
        """A page of an account's entries, for its owner."""
        return await self._read("GetStatement", accounts.get_statement, request, context)

    @unary
    async def ListInstructions(
        self, request: trade_pb2.ListInstructionsRequest, context: Call
    ) -> trade_pb2.ListInstructionsResponse:
        """A page of a custodian's instructions, for itself."""
        return await self._read("ListInstructions", accounts.list_instructions, request, context)

    @unary
    async def GetClaim(self, request: trade_pb2.GetClaimRequest, context: Call) -> trade_pb2.Claim:
        """One claim, for those whom it concerns."""
        return claims.get_claim(self._now(), self._asker("GetClaim", context), request)

    @unary
    async def ListClaims(self, request: trade_pb2.ListClaimsRequest, context: Call) -> trade_pb2.ListClaimsResponse:
        """A page of the claims that concern the reader."""
        return await self._read("ListClaims", claims.list_claims, request, context)

    def _now(self) -> Context:
        return context_at(self._chain.snapshot, self._genesis)

    def _asker(self, method: str, context: Call) -> Asker:
        """Who asks for what is restricted. Raises `NothingRestricted`, or as `Access.asker`."""
        if self._public_name:
            raise NothingRestricted(self._public_name)
        return self._access.asker(metadata_of(context), f"/linxin.v1.TradeService/{method}")

    async def _read(self, method: str, work: Callable[[Context, Asker, _Q], _R], request: _Q, context: Call) -> _R:
        """The answer of `work`, computed beside the making of blocks."""
        asker = self._asker(method, context)
        return await self._reads.call(
            self._chain.snapshot, lambda stepped: work(context_at(stepped, self._genesis), asker, request)
        )
