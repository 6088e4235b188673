"""Campaigns, lines, statements and instructions as a real validator shows them: contents, pages, live, bounds."""

import asyncio
from pathlib import Path
from typing import Any, get_args

import grpc
import pytest
from linxin.v1 import ledger_pb2, trade_pb2

from client import trade as reading
from client.connection import Connection
from client.failures import Remote
from ledger.modules.claims.messages import Cause
from ledger.modules.claims.state import CLAIM_TRANSITIONS
from ledger.modules.claims.words import WORDS as CLAIM_WORDS
from ledger.modules.groupbuy.messages import Draft
from ledger.modules.groupbuy.state import CAMPAIGN_TRANSITIONS, LINE_TRANSITIONS
from ledger.modules.groupbuy.words import WORDS as GROUPBUY_WORDS
from ledger.modules.payments.ports import Why
from ledger.modules.payments.state import INSTRUCTION_TRANSITIONS
from ledger.modules.payments.words import WORDS as PAYMENT_WORDS
from tests.network.market import FORMED, HOUR_MS, OPEN, UNITS, Market, buyer_key, order_of
from tests.network.nodes import AUDITOR, FARM, HUB, PLATFORM, Client, key_of, now_ms, refusal_of
from tests.network.test_observer_process import make_observer, reached
from tests.trace.world import BERRY, KG

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("market")]

LIN = key_of("lin")


async def test_a_campaign_tells_all_its_terms_in_words_and_how_it_stands(connection: Connection) -> None:
    shown = await reading.get_campaign(connection, FORMED)
    terms = shown.terms
    assert (shown.state, shown.state_zh, shown.state_en) == ("arrived", "已到自提点", "arrived")
    assert (shown.first_leader, shown.leader, shown.orders, shown.units) == ("lin", "lin", 3, 6)
    assert (shown.price_fen, shown.price_now_fen, shown.units_to_next, shown.allocated) == (900, 900, 0, 6)
    assert [(each.lot, each.quantity) for each in shown.lots] == [(f"{BERRY}/L1", 3 * KG)]
    assert (terms.product_zh, terms.product_en, terms.measure) == ("草莓", "Strawberry", "kg")
    assert (terms.seller.id, terms.custodian.id, terms.adjudicator.id) == ("farm", "bank", "court")
    assert [(tier.units, tier.price_fen) for tier in terms.ladder] == [(1, 1_000), (5, 900)]
    assert (terms.leader_bp, terms.platform_bp, terms.logistics_bp, terms.tolerance_bp) == (1_000, 500, 800, 500)
    assert shown.arrived_ms <= shown.time_ms
    assert list(shown.shipments) == ["truck-1"]


async def test_a_campaign_that_is_open_tells_what_the_next_price_takes(connection: Connection) -> None:
    shown = await reading.get_campaign(connection, OPEN)
    assert not shown.HasField("price_fen")
    assert (shown.price_now_fen, shown.units_to_next) == (1_000, 5 - shown.units)
    assert shown.units <= 1, "as last published"


def test_states_causes_and_purposes_have_words() -> None:
    assert {*CAMPAIGN_TRANSITIONS, *LINE_TRANSITIONS} <= GROUPBUY_WORDS.values.keys()
    assert {*CLAIM_TRANSITIONS, *get_args(Cause)} <= CLAIM_WORDS.values.keys()
    assert {*INSTRUCTION_TRANSITIONS, *get_args(Why)} <= PAYMENT_WORDS.values.keys()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [FORMED, OPEN]),
        ({"community": "garden", "pickup": "gate-3"}, [FORMED, OPEN]),
        ({"state": "open"}, [OPEN]),
        ({"leader": "lin"}, [FORMED]),
        ({"seller": "rival"}, [OPEN]),
        ({"seller": "rival", "leader": "lin"}, []),
        ({"community": "orchard"}, []),
    ],
)
async def test_campaigns_are_filtered(connection: Connection, asked: dict[str, str], found: list[str]) -> None:
    assert [each.id async for each in reading.list_campaigns(connection, **asked)] == found


async def test_campaigns_come_in_pages(teller: Client) -> None:
    first = await teller.trade.ListCampaigns(trade_pb2.ListCampaignsRequest(page_size=1), timeout=5)
    assert ([each.id for each in first.campaigns], first.next_page_token) == ([FORMED], FORMED)
    again = trade_pb2.ListCampaignsRequest(page_size=1, page_token=first.next_page_token)
    second = await teller.trade.ListCampaigns(again, timeout=5)
    assert ([each.id for each in second.campaigns], second.next_page_token) == ([OPEN], "")


async def test_the_last_campaign_is_cloned(market: Market, connection: Connection) -> None:
    last = await reading.last_campaign(connection, "lin")
    assert last is not None
    cutoff_ms = now_ms() + HOUR_MS
    clone = reading.clone_campaign(last, "berries-3", cutoff_ms)
    expected = market.draft("berries-3", "farm", "planting:berry", cutoff_ms)
    assert isinstance(clone, Draft)
    assert clone == expected
    assert await reading.last_campaign(connection, "nobody") is None


async def test_an_order_shows_its_buyer_where_its_money_is(market: Market, connection: Connection) -> None:
    order = await reading.get_order(connection, buyer_key("bo"))
    line, money, ties = order.line, order.money, order.ties
    assert (line.order, line.campaign, line.number, line.units, line.allotted) == (order_of("bo"), FORMED, 2, 2, 2)
    assert (line.nominal_grams, line.packed_grams, line.state, line.state_zh) == (1_000, 960, "ready", "待自提")
    lighter_fen = 1_800 * 40 // 1_000
    assert (money.paid_fen, money.charged_fen) == (2_000, 1_800 - lighter_fen)
    assert ties.receipt == market.receipts[f"order:{order_of('bo')}"]
    assert (ties.receipt_fen, ties.instructed_back_fen) == (2_000, 200 + lighter_fen)
    assert (ties.account.balance_fen, ties.account.held_fen) == (200 + lighter_fen, 200 + lighter_fen)
    assert not money.HasField("collected_ms")


@pytest.mark.parametrize("page_size", [1, 2, 500])
async def test_lines_and_packing_lists_come_in_pages(teller: Client, page_size: int) -> None:
    lines: list[Any] = []
    packed: list[Any] = []
    for method, request, into in (
        ("ListLines", trade_pb2.ListLinesRequest(campaign=FORMED, page_size=page_size), lines),
        ("PackingList", trade_pb2.PackingListRequest(campaign=FORMED, page_size=page_size), packed),
        ("PackingList", trade_pb2.PackingListRequest(pickup="gate-3", page_size=page_size), packed),
    ):
        asked: Any = request
        while True:
            metadata = teller.signature(FARM, f"TradeService/{method}", asked)
            page: Any = await getattr(teller.trade, method)(asked, timeout=5, metadata=metadata)
            found = [entry.line for entry in page.entries] if method == "ListLines" else list(page.lines)
            assert len(found) <= page_size
            into += found
            asked.page_token = page.next_page_token
            if not page.next_page_token:
                break
    assert [(line.number, line.units) for line in lines] == list(enumerate(UNITS.values(), 1))
    assert packed == lines * 2


async def test_claims_come_in_pages(teller: Client) -> None:
    request = trade_pb2.ListClaimsRequest(campaign=FORMED, include_closed=True, page_size=1)
    found: list[str] = []
    while True:
        metadata = teller.signature(FARM, "TradeService/ListClaims", request)
        page = await teller.trade.ListClaims(request, timeout=5, metadata=metadata)
        assert len(page.claims) <= 1
        found += [claim.order for claim in page.claims]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == [order_of("anna"), order_of("chen")]


async def test_a_packing_list_has_neither_money_nor_keys() -> None:
    fields = {field.name for field in trade_pb2.Line.DESCRIPTOR.fields}
    assert not any(word in name for name in fields for word in ("fen", "key", "receipt", "ticket", "code"))


async def test_a_statement_adds_up_and_can_be_asked_for_by_time(connection: Connection) -> None:
    whole = await reading.get_statement(connection, PLATFORM, "bank/organisation:platform")
    assert [entry.why for entry in whole.entries] == ["deposit", "move", "move"]
    assert (whole.opening_fen, whole.in_fen, whole.out_fen, whole.closing_fen) == (0, 900_000, 120_000, 780_000)
    last = whole.entries[-1]
    part = await reading.get_statement(connection, PLATFORM, "bank/organisation:platform", last.time_ms)
    assert part.entries[-1] == last
    assert part.opening_fen == whole.closing_fen - sum(entry.change_fen for entry in part.entries)
    before = await reading.get_statement(connection, PLATFORM, "bank/organisation:platform", 0, last.time_ms)
    assert before.entries + part.entries == whole.entries
    assert before.closing_fen == part.opening_fen
    later = await reading.get_statement(connection, PLATFORM, "bank/organisation:platform", last.time_ms + 1)
    assert (later.opening_fen, later.closing_fen, later.entries) == (780_000, 780_000, ())


async def test_a_statement_comes_in_pages_and_one_that_lies_is_found(
    teller: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = trade_pb2.GetStatementRequest(account=f"bank/campaign:{FORMED}", page_size=2)
    numbers: list[int] = []
    while True:
        metadata = teller.signature(FARM, "TradeService/GetStatement", request)
        page = await teller.trade.GetStatement(request, timeout=5, metadata=metadata)
        assert page.in_fen - page.out_fen == sum(entry.change_fen for entry in page.entries)
        numbers += [entry.number for entry in page.entries]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert numbers == list(range(1, page.entries_in_all + 1))
    assert page.closing_fen == page.account.balance_fen > 0

    real = connection.call

    async def lying(*asked: Any, **more: Any) -> Any:
        answer = await real(*asked, **more)
        if isinstance(answer, trade_pb2.GetStatementResponse):
            answer.entries[0].change_fen += 1
        return answer

    monkeypatch.setattr(connection, "call", lying)
    with pytest.raises(reading.StatementDiffers):
        await reading.get_statement(connection, FARM, f"bank/campaign:{FORMED}")


async def test_a_claim_tells_how_it_stands_and_closed_ones_are_asked_for(connection: Connection) -> None:
    waiting = await reading.get_claim(connection, buyer_key("anna"))
    assert (waiting.number, waiting.fen, waiting.state, waiting.cause_zh) == (1, 700, "adjudicating", "损坏")
    assert waiting.due_ms > waiting.opened_ms
    assert not waiting.HasField("award_fen")
    done = await reading.get_claim(connection, LIN, order_of("chen"), 1)
    assert (done.state, done.liable, done.award_fen, done.leader, done.paid_fen) == ("decided", "hub", 500, "lin", 200)
    assert done.money.compensated_fen == 500
    assert (done.reasons, len(done.evidence)) == (done.evidence[0], 1)
    listed = [each.order async for each in reading.list_claims(connection, FARM, campaign=FORMED)]
    assert listed == [order_of("anna")]
    both = reading.list_claims(connection, FARM, campaign=FORMED, include_closed=True)
    assert [each.order async for each in both] == [order_of("anna"), order_of("chen")]
    own = reading.list_claims(connection, buyer_key("chen"), include_closed=True)
    assert [each.award_fen async for each in own] == [500]


SIGNED_BADLY: list[tuple[str, Any, str]] = [
    ("GetOrder", trade_pb2.GetOrderRequest(order="xyz"), "$.order"),
    ("GetOrder", trade_pb2.GetOrderRequest(), "$.order"),
    ("GetOrder", trade_pb2.GetOrderRequest(order="0" * 32), ""),
    ("ListLines", trade_pb2.ListLinesRequest(campaign="none"), ""),
    ("ListLines", trade_pb2.ListLinesRequest(campaign=FORMED, page_size=501), "$.page_size"),
    ("ListLines", trade_pb2.ListLinesRequest(campaign=FORMED, page_token="-1"), "$.page_token"),
    ("PackingList", trade_pb2.PackingListRequest(), "$.pickup"),
    ("PackingList", trade_pb2.PackingListRequest(campaign=FORMED, page_token=f"{OPEN}/1"), "$.page_token"),
    ("GetAccount", trade_pb2.GetAccountRequest(account="bank/organisation:none"), ""),
    ("GetAccount", trade_pb2.GetAccountRequest(account="x" * 500), "$.account"),
    ("ListAccounts", trade_pb2.ListAccountsRequest(prefix="bank/", page_token="x/"), "$.page_token"),
    ("GetStatement", trade_pb2.GetStatementRequest(account="bank/custodian"), "$.account"),
    ("GetStatement", trade_pb2.GetStatementRequest(account="bank/float:lin", page_token="9"), "$.page_token"),
    ("GetStatement", trade_pb2.GetStatementRequest(account="bank/float:lin", from_ms=-1), "$.from_ms"),
    ("ListInstructions", trade_pb2.ListInstructionsRequest(), "$.custodian"),
    ("GetClaim", trade_pb2.GetClaimRequest(order=order_of("bo")), ""),
    ("GetClaim", trade_pb2.GetClaimRequest(order=order_of("anna"), number=5), "$.number"),
    ("ListClaims", trade_pb2.ListClaimsRequest(), "$.order"),
    ("ListClaims", trade_pb2.ListClaimsRequest(campaign="none"), ""),
    ("ListClaims", trade_pb2.ListClaimsRequest(campaign=FORMED, page_size=101), "$.page_size"),
    ("ListClaims", trade_pb2.ListClaimsRequest(campaign=FORMED, page_token="1"), "$.page_token"),
    ("ListInstructions", trade_pb2.ListInstructionsRequest(custodian="bank", page_token="x"), "$.page_token"),
]


@pytest.mark.parametrize(("method", "request_", "path"), SIGNED_BADLY)
async def test_a_wrong_question_is_refused_with_its_path(teller: Client, method: str, request_: Any, path: str) -> None:
    metadata = teller.signature(AUDITOR, f"TradeService/{method}", request_)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(teller.trade, method)(request_, timeout=5, metadata=metadata)
    expected = grpc.StatusCode.INVALID_ARGUMENT if path else grpc.StatusCode.NOT_FOUND
    assert (caught.value.code(), refusal_of(caught.value).path) == (expected, path)


@pytest.mark.parametrize(
    "asked",
    [{"page_size": 101}, {"state": "boiled"}, {"community": "x" * 65}, {"page_token": "x" * 65}],
)
async def test_a_wrong_filter_is_refused(teller: Client, asked: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await teller.trade.ListCampaigns(trade_pb2.ListCampaignsRequest(**asked), timeout=5)
    assert refusal_of(caught.value).path == f"$.{next(iter(asked))}"


async def test_an_unknown_campaign_is_not_watched(connection: Connection) -> None:
    with pytest.raises(Remote) as caught:
        [each async for each in reading.watch_campaign(connection, "none")]
    assert caught.value.number == 121


async def test_a_public_observer_shows_campaigns_and_holds_nothing_else(market: Market, tmp_path: Path) -> None:
    observer = make_observer(market.network, tmp_path, overseer=False)
    await asyncio.to_thread(observer.start)
    teller, here = Client.of(market.network), Client.of(observer)
    try:
        status = await teller.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=5)
        await reached(here, status.height)
        shown = await here.trade.GetCampaign(trade_pb2.GetCampaignRequest(campaign=FORMED), timeout=5)
        assert shown.state == "arrived"
        watching: Any = here.trade.WatchCampaign(trade_pb2.WatchCampaignRequest(campaign=FORMED), timeout=10)
        assert (await watching.read()).id == FORMED
        watching.cancel()
        for method, request in (
            ("GetOrder", trade_pb2.GetOrderRequest(order=order_of("anna"))),
            ("ListLines", trade_pb2.ListLinesRequest(campaign=FORMED)),
            ("PackingList", trade_pb2.PackingListRequest(pickup="gate-3")),
            ("ListAccounts", trade_pb2.ListAccountsRequest()),
            ("ListInstructions", trade_pb2.ListInstructionsRequest(custodian="bank")),
            ("GetClaim", trade_pb2.GetClaimRequest(order=order_of("anna"))),
        ):
            metadata = here.signature(AUDITOR, f"TradeService/{method}", request)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await getattr(here.trade, method)(request, timeout=5, metadata=metadata)
            assert refusal_of(caught.value).number == 139, "NothingRestricted"
        for one in (teller, here):
            await one.channel.close(None)
        assert await asyncio.to_thread(observer.stop) == 0, observer.log()
    finally:
        observer.kill()


async def test_an_observer_with_an_overseers_key_answers_the_parties(market: Market, tmp_path: Path) -> None:
    observer = make_observer(market.network, tmp_path, overseer=True)
    await asyncio.to_thread(observer.start)
    teller, here = Client.of(market.network), Client.of(observer)
    try:
        status = await teller.ledger.GetStatus(ledger_pb2.GetStatusRequest(), timeout=5)
        await reached(here, status.height)
        request = trade_pb2.GetOrderRequest(order=order_of("anna"))
        for key, allowed in ((buyer_key("anna"), True), (buyer_key("bo"), False), (LIN, True), (HUB, True)):
            metadata = here.signature(key, "TradeService/GetOrder", request)
            if allowed:
                assert (await here.trade.GetOrder(request, timeout=5, metadata=metadata)).line.number == 1
                continue
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await here.trade.GetOrder(request, timeout=5, metadata=metadata)
            assert refusal_of(caught.value).number == 123, "NotAllowed"
        for one in (teller, here):
            await one.channel.close(None)
    finally:
        observer.kill()


async def test_a_client_passes_over_an_observer_that_holds_nothing(market: Market, tmp_path: Path) -> None:
    observer = make_observer(market.network, tmp_path, overseer=False)
    await asyncio.to_thread(observer.start)
    network = market.network
    try:
        async with Connection([observer.address, network.address], network.authority, network.chain_id) as both:
            assert [line.number async for line in reading.packing_list(both, HUB, campaign=FORMED)] == [1, 2, 3]
            assert [line.number async for line in reading.packing_list(both, LIN, pickup="gate-3")] == [1, 2, 3]
    finally:
        observer.kill()
