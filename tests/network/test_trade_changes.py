"""Campaigns and instructions that change while they are looked at; after the other tests of the market, which count."""

import asyncio

import pytest

from client import trade as reading
from client.connection import Connection
from ledger.modules.groupbuy.messages import Cancel, CancelOrder, Order
from ledger.modules.payments.messages import Confirm, Confirmed
from tests.network.market import HOUR_MS, Market, buyer_key
from tests.network.nodes import Client, key_of, now_ms

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("market")]


async def test_watching_shows_what_is_published_and_no_single_order(market: Market, connection: Connection) -> None:
    teller = Client.of(market.network)
    live = Market(market.network, teller)
    name = "watched"
    await live.open(name, "mei", "rival", "planting:rival-berry", now_ms() + 10 * HOUR_MS)
    watching = reading.watch_campaign(connection, name)
    seen = [await anext(watching)]
    for buyer in ("w1", "w2"):
        await live.place(buyer, 2, name)
    while seen[-1].orders < 2:  # the second may come after the first was published
        seen.append(await asyncio.wait_for(anext(watching), 10))
    await live.do(buyer_key("w2"), Order(name), CancelOrder())
    while seen[-1].orders > 1:
        seen.append(await asyncio.wait_for(anext(watching), 10))
    await live.do(key_of("rival"), Cancel(name, "霜冻"))
    ended = [each async for each in watching]
    assert {each.state for each in seen} == {"open"}
    assert len(seen) <= 4, "the public sees what was published, not each order"
    assert {each.state for each in ended} == {"cancelled"}
    assert ended[-1].lines_left == 0
    await teller.channel.close(None)


async def test_a_custodian_sees_what_is_open_and_what_was(market: Market, connection: Connection) -> None:
    bank = key_of("bank")
    waiting = [each async for each in reading.list_instructions(connection, bank, "bank")]
    assert {each.state for each in waiting} == {"issued"}
    teller = Client.of(market.network)
    await Market(market.network, teller).do(bank, Confirm(), Confirmed((waiting[0].id,)))
    await teller.channel.close(None)
    left = [each.id async for each in reading.list_instructions(connection, bank, "bank")]
    assert left == [each.id for each in waiting[1:]]
    everything = [each async for each in reading.list_instructions(connection, bank, "bank", include_closed=True)]
    (done,) = (each for each in everything if each.id == waiting[0].id)
    assert (done.state, done.closed_ms >= done.issued_ms) == ("confirmed", True)
    for closed in (False, True):
        others = reading.list_instructions(connection, key_of("bank-2"), "bank-2", include_closed=closed)
        assert [each async for each in others] == []
